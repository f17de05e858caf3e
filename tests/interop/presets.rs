//! Official SDKs, and larkwire, under the fault presets: do they come back, and is every event handled in the end?
//!
//! Where an SDK does not, the failure is its own, and stands in [`EXPECTED`] with its version and the reason. A failure that
//! is not expected fails the test; so does an expected one that does not happen, unless it depends on chance.
#![allow(clippy::print_stdout, reason = "known failures are told, so that nobody forgets them")]

use std::process::Command;
use std::time::{Duration, Instant};

use futures::executor::block_on;
use larkwire::{Bot as Larkwire, Ctx, Delivery, Reply, Router};
use larkwire_sim::{ClientConfig, Outcome, Platform, Preset, PushRecord, Rule, Sim};

use crate::{Bot, START, here};

/// The faults strike as this seed decides.
const SEED: u64 = 42;
/// Events that are pushed while they do, and how long that may take if there is no connection.
const EVENTS: usize = 25;
const UNDER_FAULTS: Duration = Duration::from_secs(30);
/// From the end of the faults on, so long a client has to come back. The pings of all come every two seconds.
const RECOVERY: Duration = Duration::from_secs(40);

/// What is asked of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Check {
    /// An event after the faults is acked.
    Recovers,
    /// Every event is acked with 200 at some time, redeliveries included.
    LosesNothing,
    /// No rule of the protocol is broken.
    KeepsTheRules,
}

/// A failure that is known.
struct Expected {
    sdk: &'static str,
    preset: &'static str,
    check: Check,
    reason: &'static str,
    /// Whether it happens each time.
    always: bool,
}

/// Of the versions that `python/requirements.txt` and `node/package.json` name.
const EXPECTED: &[Expected] = &[
    Expected {
        sdk: PYTHON,
        preset: "everything",
        check: Check::Recovers,
        reason: "it only logs pongs, and so never notices a connection that is half-open",
        always: false,
    },
    Expected {
        sdk: NODE,
        preset: "platform_rollout",
        check: Check::Recovers,
        reason: "it gives up for good when discovery answers code 1 (busy): only 1000040343 is tried again",
        always: true,
    },
    Expected {
        sdk: NODE,
        preset: "storm",
        check: Check::Recovers,
        reason: "it gives up for good when discovery answers code 1 (busy): only 1000040343 is tried again",
        always: true,
    },
    Expected {
        sdk: NODE,
        preset: "everything",
        check: Check::Recovers,
        reason: "a frame with a huge sum makes it fill an array of that size until the memory is used up",
        always: false,
    },
    Expected {
        sdk: NODE,
        preset: "everything",
        check: Check::LosesNothing,
        reason: "a frame with a huge sum makes it fill an array of that size until the memory is used up",
        always: false,
    },
];

const PYTHON: &str = "lark-oapi 1.7.5";
const NODE: &str = "node-sdk 1.74.0";
const OURS: &str = "larkwire";

#[test]
#[ignore = "needs: Python 3 with lark-oapi in tests/interop/python/.venv (.ci/run installs it)"]
fn the_python_sdk_under_each_preset() {
    each_preset(PYTHON, 2, |sim| {
        Bot::start(sim, Command::new(here("python/.venv/bin/python")).arg(here("python/bot.py")))
    });
}

#[test]
#[ignore = "needs: Node.js with @larksuiteoapi/node-sdk in tests/interop/node/node_modules (.ci/run installs it)"]
fn the_node_sdk_under_each_preset() {
    each_preset(NODE, 2, |sim| Bot::start(sim, node().arg(here("node/bot.js"))));
}

#[test]
fn larkwire_under_each_preset() {
    async fn handle(_: Ctx, _: Delivery) -> Result<Reply, std::convert::Infallible> {
        Ok(Reply::ok())
    }
    each_preset(OURS, 6, |sim| {
        let mut config = sim.config();
        // What hangs here, hangs by the seed, not by the network.
        (config.deadlines.discovery, config.deadlines.connect) = (Duration::from_secs(2), Duration::from_secs(2));
        let bot = Larkwire::new(config, Router::builder().on_other(handle).build().expect("one handler"));
        let handle = bot.handle();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        std::thread::spawn(move || runtime.block_on(bot.run()));
        Stop(handle)
    });
}

/// A little memory is enough for a bot; what takes more should end soon.
fn node() -> Command {
    let mut node = Command::new("node");
    node.env("NODE_OPTIONS", "--max-old-space-size=256");
    node
}

/// Ends our bot when it is dropped.
struct Stop(larkwire::Handle);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.shutdown(Duration::ZERO);
    }
}

/// So many presets at a time, each with a platform and a bot of its own.
fn each_preset<T>(sdk: &'static str, at_a_time: usize, start: impl Fn(&Sim) -> T + Sync) {
    let presets = Preset::all();
    let run = |preset: &Preset| surprises(sdk, preset.name, &block_on(under(preset.name, &start)));
    let mut surprises: Vec<String> = Vec::new();
    for pair in presets.chunks(at_a_time) {
        std::thread::scope(|scope| {
            let runs: Vec<_> = pair.iter().map(|preset| scope.spawn(|| run(preset))).collect();
            surprises.extend(runs.into_iter().flat_map(|run| run.join().expect("a run")));
        });
    }
    assert!(surprises.is_empty(), "{sdk}:\n{}", surprises.join("\n"));
}

fn surprises(sdk: &str, preset: &str, failures: &[(Check, String)]) -> Vec<String> {
    let expected: Vec<&Expected> = EXPECTED.iter().filter(|one| (one.sdk, one.preset) == (sdk, preset)).collect();
    let mut surprises = Vec::new();
    for (check, what) in failures {
        match expected.iter().find(|one| one.check == *check) {
            Some(known) => println!("{sdk}, {preset}, {check:?}: as expected: {} ({what})", known.reason),
            None => surprises.push(format!("{preset}, {check:?}: {what}")),
        }
    }
    let failed = |check: Check| failures.iter().any(|(failed, _)| *failed == check);
    for one in expected.iter().filter(|one| one.always && !failed(one.check)) {
        surprises.push(format!("{preset}, {:?}: passes, although it is expected not to: {}", one.check, one.reason));
    }
    surprises
}

/// What fails under a preset.
async fn under<T>(preset: &str, start: &impl Fn(&Sim) -> T) -> Vec<(Check, String)> {
    let settings = |profile: &mut larkwire_sim::Profile| {
        let mut config = ClientConfig::default();
        (config.reconnect_interval, config.reconnect_nonce, config.ping_interval) = (1, 1, 2);
        profile.client_config = config;
    };
    let sim =
        Sim::builder().seed(SEED).profile(settings).patience(Duration::from_secs(5)).start().await.expect("a platform");
    let _bot = start(&sim);
    let pinged = |platform: &Platform| platform.connections().any(|connection| connection.pings > 0).then_some(());
    sim.wait("a ping", START, pinged).await.expect("a ping");

    sim.faults().preset(preset);
    let alice = sim.user("alice");
    let began = Instant::now();
    for n in 0..EVENTS {
        if began.elapsed() > UNDER_FAULTS {
            break;
        }
        let push = alice.dm(&format!("event {n}")).await;
        // Most are answered by then; the others are waited for below.
        let _ = push.acked(Duration::from_millis(200)).await;
    }
    sim.clear_faults();

    let mut failures = Vec::new();
    let end = Instant::now() + RECOVERY;
    let mut after = alice.dm("afterwards").await;
    loop {
        if after.acked(Duration::from_secs(1)).await.is_ok() {
            break;
        }
        if Instant::now() > end {
            let connections = sim.connections().len();
            let text = format!("no ack {RECOVERY:?} after the faults; {connections} connections");
            failures.push((Check::Recovers, text));
            return failures;
        }
        after = alice.dm("afterwards").await;
    }
    let lost = redelivered_to_the_end(&sim).await;
    if !lost.is_empty() {
        let first = lost.first();
        let text = format!("{} of {} events were never acked, the first: {first:?}", lost.len(), sim.pushes().len());
        failures.push((Check::LosesNothing, text));
    }
    let broken: Vec<Rule> = sim.violations().into_iter().map(|violation| violation.rule).collect();
    if !broken.is_empty() {
        failures.push((Check::KeepsTheRules, format!("{broken:?}")));
    }
    failures
}

/// Lets the platform push again what was not acked, until it gives up; those that it gave up are the
/// result.
async fn redelivered_to_the_end(sim: &Sim) -> Vec<PushRecord> {
    let answered =
        |platform: &Platform| (!platform.push_records().any(|push| push.outcome == Outcome::Pending)).then_some(());
    // 15 s, 5 min, 1 h, 6 h; a lost redelivery waits for the next one.
    for pause in [15, 15, 300, 300, 3600, 6 * 3600] {
        // Three seconds after each delivery it is decided.
        let _ = sim.wait("all answers", Duration::from_secs(5), answered).await;
        if sim.pushes().iter().all(|push| push.outcome == Outcome::Acked) {
            return Vec::new();
        }
        let connected = |platform: &Platform| platform.open_connections().next().map(drop);
        let _ = sim.wait("a connection", Duration::from_secs(10), connected).await;
        sim.advance(Duration::from_secs(pause));
    }
    let _ = sim.wait("all answers", Duration::from_secs(5), answered).await;
    sim.pushes().into_iter().filter(|push| push.outcome != Outcome::Acked).collect()
}
