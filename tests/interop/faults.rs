//! Each fault of a connection by itself. What a client makes of it is always the same, so that each failure of an SDK can be
//! named.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use futures::executor::block_on;
use larkwire_core::frame::{Frame, Header, METHOD_DATA, key};
use larkwire_sim::{
    DiscoveryFault, NamedFault, NoData, Occasion, Platform, PongFault, Push, Rule, Shape, Sim, Times, UpgradeFault,
};
use serde_json::json;

use crate::clients::Kind;
use crate::expected::{Failures, Symptom, differences};
use crate::story::{SOON, Story, platform};

/// What happens in a situation.
type Act = fn(&mut Story);

/// Those of the catalogue have its names.
const SITUATIONS: &[(&str, Act)] = &[
    ("calm", calm),
    // On the way of an event.
    ("drop", |story| message(story, &["drop@1"])),
    ("ack_after_reconnect", ack_after_reconnect),
    ("stall", |story| message(story, &["stall:for_ms=300@1"])),
    ("delay", |story| message(story, &["delay:by_ms=200@1"])),
    ("duplicate", |story| message(story, &["duplicate@1"])),
    ("late_repush", late_repush),
    ("split", |story| message(story, &["split@1"])),
    ("reorder", |story| message(story, &["reorder@1"])),
    ("interleave", interleave),
    ("missing_part", |story| message(story, &["missing_part@1"])),
    ("wrong_seq", |story| message(story, &["split:parts=2@1", "wrong_seq@1"])),
    ("negative_seq", negative_seq),
    ("wrong_sum", |story| message(story, &["split:parts=2@1", "wrong_sum@1"])),
    ("missing_header", |story| message(story, &["missing_header@1"])),
    ("missing_trace_id", missing_trace_id),
    ("unknown_type", |story| message(story, &["unknown_type@1"])),
    ("bad_protobuf", |story| message(story, &["bad_protobuf@1"])),
    ("bad_json", |story| message(story, &["bad_json@1"])),
    ("card_frame", |story| message(story, &["card_frame@1"])),
    ("click_in_a_card_frame", click_in_a_card_frame),
    ("routing_split", |story| message(story, &["routing_split@1"])),
    // Pongs and settings.
    ("mute_pong", |story| pongs(story, "mute_pong@2")),
    ("slow_pong", |story| pongs(story, "slow_pong:by_ms=300@1")),
    ("reconfigure", |story| pongs(story, "reconfigure:ping_interval=1@1")),
    // Coming back.
    ("discovery_slow", |story| reconnect(story, &["discovery_slow:by_ms=300@1"])),
    ("discovery_status", |story| reconnect(story, &["discovery_status@1"])),
    ("slow_reader", |story| slow_line(story, "slow_reader:bytes_per_second=3000@1")),
    ("tiny_window", |story| slow_line(story, "tiny_window@1")),
    ("byte_writes", |story| slow_line(story, "byte_writes@1")),
    // All at once.
    ("clock_skew", |story| message(story, &["clock_skew@1"])),
    ("laptop_sleep", |story| message(story, &["laptop_sleep:for_ms=300@1"])),
    ("laptop_sleep_and_reset", |story| message(story, &["laptop_sleep:for_ms=300,wake=reset@1"])),
    ("clock_freeze", |story| message(story, &["clock_freeze@1"])),
];

/// Those that are the end of an SDK, or a long silence. Each has a client of its own, several at the same time; the longest
/// come first.
const ENDINGS: &[(&str, Act)] = &[
    ("half_open", |story| silence(story, |story| message(story, &["half_open@1"]))),
    ("discovery_hang", |story| silence(story, |story| reconnect(story, &["discovery_hang@1"]))),
    ("upgrade_hang", |story| silence(story, |story| reconnect(story, &["upgrade_hang@1"]))),
    ("empty_settings", empty_settings),
    ("partial_settings", partial_settings),
    ("discovery_code", |story| reconnect(story, &["discovery_code@1"])),
    ("reconnect_storm", |story| message(story, &["reconnect_storm:for_ms=2000@1"])),
    ("reconnect_storm_and_code_1", |story| message(story, &["reconnect_storm:status=200,for_ms=2000@1"])),
    ("refuse_upgrade", |story| hopeless(story, limit_reached)),
    ("forbidden", |story| hopeless(story, |sim| sim.inject_times(forbidden(Some("forbidden")), Times::Always))),
    ("forbidden_without_msg", |story| hopeless(story, |sim| sim.inject_times(forbidden(None), Times::Always))),
    ("bad_credentials", |story| hopeless(story, |sim| sim.inject_times(bad_credentials(NoData::Empty), Times::Always))),
    ("bad_credentials_without_data", |story| {
        hopeless(story, |sim| sim.inject_times(bad_credentials(NoData::Absent), Times::Always))
    }),
    ("large_message", large_message),
    ("huge_sum", |story| message(story, &["huge_sum@1"])),
];

/// So many of them at the same time: each SDK takes a while to start.
const AT_ONCE: usize = 4;

/// Longer than the timeouts that SDKs have for a request, and shorter than the 40 s in which Python's library notices silence.
const SILENCE: Duration = Duration::from_secs(25);

/// The names of all situations of this file.
pub(crate) fn situations() -> impl Iterator<Item = String> {
    SITUATIONS.iter().chain(ENDINGS).map(|(name, _)| (*name).to_owned())
}

#[test]
#[ignore = "needs: Python 3 with lark-oapi in tests/interop/python/.venv (.ci/run installs it)"]
fn the_python_sdk_meets_each_fault_as_listed() {
    meet_each_fault(Kind::Python);
}

#[test]
#[ignore = "needs: Node.js with @larksuiteoapi/node-sdk in tests/interop/node/node_modules (.ci/run installs it)"]
fn the_node_sdk_meets_each_fault_as_listed() {
    meet_each_fault(Kind::Node);
}

#[test]
fn our_client_survives_each_fault() {
    meet_each_fault(Kind::Ours);
}

#[test]
fn every_fault_of_a_connection_is_met() {
    let here: Vec<String> = situations().collect();
    let catalogue = NamedFault::catalogue().into_iter().filter(|kind| kind.occasion != Occasion::Call);
    let missing: Vec<String> = catalogue.map(|kind| kind.name).filter(|name| !here.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

fn meet_each_fault(kind: Kind) {
    let mut seen = Failures::new();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let tell_some = || {
            let mut told = Failures::new();
            while let Some((name, act)) = ENDINGS.get(next.fetch_add(1, Relaxed)) {
                let mut story = Story::start(kind, platform());
                act(&mut story);
                told.insert((*name).to_owned(), story.symptoms());
            }
            told
        };
        let endings = [(); AT_ONCE].map(|()| scope.spawn(tell_some));
        let mut story = Story::start(kind, platform());
        for (name, act) in SITUATIONS {
            if story.spent {
                story = Story::start(kind, platform());
            }
            act(&mut story);
            story.sim.clear_faults();
            seen.insert((*name).to_owned(), story.symptoms());
        }
        seen.extend(endings.into_iter().flat_map(|told| told.join().expect("stories that come to their end")));
    });
    let differences = differences(kind, &seen);
    assert!(differences.is_empty(), "not as in expected_failures.json: {differences:#?}");
}

/// Nothing is wrong; an event and a click are acked as the protocol has it.
fn calm(story: &mut Story) {
    let (text, push) = story.say("slowly");
    drop(block_on(push.acked(SOON)));
    story.follow(&text, &push);
    if block_on(click(story, Shape::default()).acked(SOON)).is_err() {
        story.symptoms.insert(Symptom::Unanswered);
    }
    for note in story.sim.notes() {
        match note.rule {
            Rule::BizRt => story.symptoms.insert(Symptom::OddBizRt),
            Rule::Ids => story.symptoms.insert(Symptom::OtherIds),
            _ => panic!("{note:?}"),
        };
    }
}

/// A message under some faults.
fn message(story: &mut Story, faults: &[&str]) {
    story.inject(faults);
    if story.connects(story.patience) {
        let (text, push) = story.say("under a fault");
        story.follow(&text, &push);
    } else {
        story.symptoms.insert(Symptom::Deaf);
        story.spent = true;
    }
}

/// The connection ends, and faults are in the way back.
fn reconnect(story: &mut Story, faults: &[&str]) {
    story.inject(faults);
    story.drop_connections();
    message(story, &[]);
}

/// A new connection that is slow in some way, and then one that is not.
fn slow_line(story: &mut Story, fault: &str) {
    reconnect(story, &[fault]);
    reconnect(story, &[]);
}

/// Its last frame comes behind the next message.
fn interleave(story: &mut Story) {
    story.inject(&["interleave@1"]);
    let (text, push) = story.say("in turn");
    story.say("with this");
    drop(block_on(push.acked(SOON)));
    story.follow(&text, &push);
}

fn silence(story: &mut Story, act: Act) {
    story.patience = SILENCE;
    act(story);
}

/// The connection is lost while the handler is at work: its ack belongs there, and not to the next one.
fn ack_after_reconnect(story: &mut Story) {
    let (text, push) = story.say("very slowly");
    story.hears(&text, SOON);
    story.drop_connections();
    let acked = |platform: &Platform| (platform.stats().refused_acks > 0).then_some(());
    story.connects(SOON);
    story.sees(Duration::from_secs(3), acked);
    story.follow(&text, &push);
    // That it is handled again is what `drop` shows.
    story.symptoms.retain(|symptom| *symptom != Symptom::Twice || story.kind == Kind::Ours);
}

fn late_repush(story: &mut Story) {
    story.inject(&["late_repush@1"]);
    let (text, push) = story.say("to come again");
    if story.follow(&text, &push).is_some() {
        story.sim.advance(Duration::from_secs(7 * 3600));
        story.follow(&text, &push);
    }
}

/// All that is needed is there.
fn missing_trace_id(story: &mut Story) {
    story.inject(&["missing_header:header=trace_id@1"]);
    let (text, push) = story.say("without a trace");
    if let Some(record) = story.follow(&text, &push)
        && record.deliveries.first().is_none_or(|delivery| delivery.ack.is_none())
    {
        story.symptoms.insert(Symptom::NotAcked);
    }
}

/// Larger than what a library may take for the largest message, and smaller than what a platform may send.
fn large_message(story: &mut Story) {
    let (text, push) = story.say(&"long ".repeat(300_000));
    story.follow(&text, &push);
}

fn click(story: &Story, shape: Shape) -> larkwire_sim::PushHandle {
    let action = json!({
        "operator": {"open_id": "ou_1"},
        "token": "c-1",
        "action": {"value": {"approve": true}, "tag": "button"},
        "context": {"open_message_id": "om_1", "open_chat_id": "oc_1"},
    });
    block_on(story.sim.push(Push::callback("card.action.trigger", action).shaped(shape)))
}

fn click_in_a_card_frame(story: &mut Story) {
    let push = click(story, Shape::frame_type("card"));
    if story.answers() && push.record().is_none_or(|record| record.ack().is_none()) {
        story.symptoms.insert(Symptom::Unanswered);
    }
}

/// Two parts, of which the first says that it is number -2: together they are no message.
fn negative_seq(story: &mut Story) {
    let text = "nobody said this";
    let event = json!({
        "schema": "2.0",
        "header": {"event_id": "e-bogus", "event_type": "im.message.receive_v1", "create_time": "1767225600000",
            "token": "", "app_id": story.sim.app_id(), "tenant_key": "t"},
        "event": {"sender": {"sender_id": {"open_id": "ou_1"}, "sender_type": "user"},
            "message": {"message_id": "om_bogus", "chat_id": "oc_1", "chat_type": "p2p", "message_type": "text",
                "content": json!({"text": text}).to_string()}},
    });
    let event = event.to_string();
    let (head, tail) = event.split_at(event.len() / 2);
    let connection = story.sim.look(|platform| platform.open_connections().next()).expect("a connection");
    for (seq, part) in [("1", tail), ("-2", head)] {
        let headers = [
            (key::TYPE, "event"),
            (key::MESSAGE_ID, "m-bogus"),
            (key::SUM, "2"),
            (key::SEQ, seq),
            (key::TRACE_ID, "t-bogus"),
        ];
        let frame = Frame {
            seq_id: Some(1),
            log_id: Some(1),
            service: Some(33_554_678),
            method: Some(METHOD_DATA),
            headers: headers.iter().map(|(key, value)| Header::new(*key, *value)).collect(),
            payload: Some(part.to_owned().into()),
            ..Frame::default()
        };
        story.sim.push_raw(connection, frame.to_bytes());
    }
    if story.answers() && story.times_heard(text) > 0 {
        story.symptoms.insert(Symptom::Bogus);
    }
}

fn pings(platform: &Platform) -> u64 {
    platform.stats().pings
}

/// Waits until all faults have happened: those that happen once are gone then.
fn happened(story: &mut Story) {
    let all = |platform: &Platform| platform.faults().all(|fault| fault.times == Times::Always && fault.happened > 0);
    if !story.sees(SOON, |platform| all(platform).then_some(())) {
        story.symptoms.insert(Symptom::NoPings);
        story.spent = true;
    }
}

/// Pongs with a fault, and then a lost connection.
fn pongs(story: &mut Story, fault: &str) {
    story.inject(&[fault]);
    happened(story);
    message(story, &[]);
    reconnect(story, &[]);
    if story.kind == Kind::Node {
        // On a busy machine it gives a connection up for want of a pong while it handles a message, and sends the ack on the next.
        story.forget_refused();
    }
}

/// Settings without any value are no settings.
fn empty_settings(story: &mut Story) {
    story.sim.inject_times(PongFault::Payload("{}".into()), Times::Always);
    happened(story);
    let before = story.sim.look(pings);
    let since = move |count: u64| move |platform: &Platform| (pings(platform) >= before + count).then_some(());
    // One comes each second.
    if story.sees(Duration::from_millis(1500), since(20)) {
        story.symptoms.insert(Symptom::PingFlood);
    } else if !story.sees(Duration::from_secs(6), since(3)) {
        story.symptoms.insert(Symptom::NoPings);
    }
    reconnect(story, &[]);
    story.spent = true;
}

/// Settings with one value change only that.
fn partial_settings(story: &mut Story) {
    story.sim.inject(PongFault::Payload(r#"{"PingInterval":1}"#.into()));
    happened(story);
    story.inject(&["discovery_status@20"]);
    let before = story.sim.look(|platform| platform.stats().discoveries);
    story.drop_connections();
    let many = move |platform: &Platform| (platform.stats().discoveries >= before + 10).then_some(());
    if story.sees(Duration::from_millis(1500), many) {
        story.symptoms.insert(Symptom::DiscoveryFlood);
    }
    story.sim.clear_faults();
    message(story, &[]);
    story.spent = true;
}

fn limit_reached(sim: &Sim) {
    let (fault, times) = NamedFault::parse("refuse_upgrade").expect("a fault of the catalogue");
    sim.faults().any(fault).times(times);
}

fn forbidden(msg: Option<&str>) -> UpgradeFault {
    UpgradeFault::Refuse { status: 403, handshake_status: Some(403), msg: msg.map(str::to_owned), autherrcode: None }
}

fn bad_credentials(data: NoData) -> DiscoveryFault {
    DiscoveryFault::Code {
        code: larkwire_sim::code::BAD_CREDENTIALS,
        msg: "app_id or app_secret is invalid".into(),
        data,
    }
}

/// The connection ends, and the platform says that there is no way back: the client ends, so that its program learns of it.
fn hopeless(story: &mut Story, refuse: fn(&Sim)) {
    refuse(&story.sim);
    let before = story.sim.look(|platform| platform.stats().discoveries);
    story.drop_connections();
    let asks = move |platform: &Platform| (platform.stats().discoveries >= before + 3).then_some(());
    if story.sees(Duration::from_secs(6), asks) {
        story.symptoms.insert(Symptom::AsksOn);
    } else if !story.client.is_over() {
        story.symptoms.insert(Symptom::NeverEnds);
    }
    story.spent = true;
}
