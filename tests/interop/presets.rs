//! The presets: situations of life, in which several things go wrong. The platform's clock goes ten times as fast as those of
//! the clients.
//!
//! A day is ten messages. Each of them has to be handled at least once, by our client exactly once, and when all is well
//! again another one has to be handled and acked.

use std::time::Duration;

use larkwire_sim::{Entry, FaultChange, Outcome, Platform, Preset, What};

use crate::clients::Kind;
use crate::expected::{Failures, Symptom, differences};
use crate::story::{SOON, Story, platform};

const SPEED: u32 = 10;
const MESSAGES: usize = 10;
/// For all messages together, with their redeliveries.
const DAY: Duration = Duration::from_secs(40);

/// The names of all situations of this file.
pub(crate) fn situations() -> impl Iterator<Item = String> {
    Preset::all().into_iter().map(|preset| situation(preset.name))
}

fn situation(preset: &str) -> String {
    format!("preset {preset}")
}

macro_rules! presets {
    ($($preset:ident)*) => {
        $(
            #[test]
            #[ignore = "needs: the official SDKs in tests/interop/python/.venv and tests/interop/node/node_modules (.ci/run installs them)"]
            fn $preset() {
                live_through(&[(Kind::Python, stringify!($preset)), (Kind::Node, stringify!($preset))]);
            }
        )*

        #[test]
        fn every_preset_is_met() {
            let names: Vec<&str> = Preset::all().iter().map(|preset| preset.name).collect();
            assert_eq!(names, [$(stringify!($preset)),*]);
        }
    };
}

presets! { coffee_shop_wifi laptop_lid platform_rollout noisy_neighbour storm everything }

#[test]
fn our_client_survives_every_preset() {
    let presets = Preset::all();
    let days: Vec<_> = presets.iter().map(|preset| (Kind::Ours, preset.name)).collect();
    live_through(&days);
}

/// All at the same time, each with a platform of its own.
fn live_through(days: &[(Kind, &str)]) {
    let differences: Vec<String> = std::thread::scope(|scope| {
        let told: Vec<_> =
            days.iter().map(|(kind, preset)| scope.spawn(|| differences(*kind, &day(*kind, preset)))).collect();
        told.into_iter().flat_map(|day| day.join().expect("a day that comes to its end")).collect()
    });
    assert!(differences.is_empty(), "not as in expected_failures.json: {differences:#?}");
}

fn day(kind: Kind, preset: &str) -> Failures {
    let sim = platform().speed(f64::from(SPEED)).profile(|profile| {
        profile.ticket_life *= SPEED;
        if preset == "everything" && kind != Kind::Ours {
            // A ping more or less would change what the seed decides, and some of it is the end of an SDK.
            profile.client_config.ping_interval = 3600;
        }
    });
    let mut story = Story::start(kind, sim);
    let mut pushed = vec![story.say("before")];
    story.sim.faults().preset(preset);
    for _ in 0..MESSAGES {
        if !story.connects(SOON) {
            break;
        }
        pushed.push(story.say(preset));
    }
    // What was damaged or unanswered comes again.
    let settled = |platform: &Platform| {
        let waits = |outcome: &Outcome| matches!(outcome, Outcome::Pending | Outcome::Redelivering { .. });
        (!platform.push_records().any(|push| waits(&push.outcome))).then_some(())
    };
    story.sees(DAY, settled);
    story.sim.clear_faults();
    let happened = |entry: &Entry| matches!(entry.what, What::Fault { change: FaultChange::Happened, .. });
    assert!(story.sim.transcript().iter().any(happened), "{preset} was no different from any other day");
    story.answers();
    for (text, push) in &pushed {
        let record = push.record().expect("a push that is remembered");
        story.judge(text, &record);
    }
    let mut symptoms = story.symptoms();
    if kind != Kind::Ours {
        // They leave it to handlers to know an event that comes again (official page), and an ack that comes after the next
        // connection goes there. How often that happens here is chance; in `faults.rs` it is not.
        symptoms.retain(|symptom| !matches!(symptom, Symptom::Twice | Symptom::RefusedAck));
    }
    Failures::from([(situation(preset), symptoms)])
}
