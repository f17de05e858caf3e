//! Pushes, acks and redelivery, in virtual time.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::time::Duration;

use bytes::Bytes;
use common::{Bench, ack, frames, hex};
use larkwire_core::frame::{Frame, Header};
use larkwire_sim::{
    ConnectionId, Disconnect, Fault, Input, Order, Outcome, Platform, Push, PushId, Routing, Rule, Shape, Split,
    Strictness, Times,
};
use serde_json::{Value, json};

const OK: &str = r#"{"code":200}"#;

fn event() -> Push {
    Push::event("im.message.receive_v1", json!({"n": 1}))
}

fn push(bench: &mut Bench, push: Push) -> (PushId, Vec<(ConnectionId, Frame)>) {
    let id = bench.platform.push(bench.now, push);
    (id, frames(&bench.drain()))
}

fn rules(platform: &Platform) -> Vec<Rule> {
    platform.violations().map(|violation| violation.rule).collect()
}

fn noted(platform: &Platform) -> Vec<Rule> {
    platform.notes().map(|note| note.rule).collect()
}

fn outcome(bench: &Bench, id: PushId) -> Outcome {
    bench.platform.push_record(id).unwrap().outcome.clone()
}

fn payload(frame: &Frame) -> Value {
    serde_json::from_slice(frame.payload.as_ref().unwrap()).unwrap()
}

// fidelity: Frames | an event has the headers timestamp, type, message_id, sum, seq, trace_id, instance_id | SDK
//   sources, field reports; their order: assumed | python node
// fidelity: Frames | SeqID counts on each connection, LogID is a random number of 63 bits | field reports: both are
//   large numbers; the rule: assumed | python node
// fidelity: Frames | envelopes of version 2.0 have an empty `token` on the long connection | official documentation
//   (form); field reports (token) | python node
#[test]
fn an_event_has_the_envelope_and_the_headers_of_the_platform() {
    let mut bench = Bench::new();
    let connection = bench.connect();
    let (_, sent) = push(&mut bench, event());
    let [(to, frame)] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(*to, connection);
    let names: Vec<&str> = frame.headers.iter().map(Header::key).collect();
    assert_eq!(names, ["timestamp", "type", "message_id", "sum", "seq", "trace_id", "instance_id"]);
    assert_eq!((frame.header("type"), frame.header("sum"), frame.header("seq")), (Some("event"), Some("1"), Some("0")));
    assert_eq!((frame.seq_id(), frame.service(), frame.method()), (1, 33_554_678, 1));
    assert_eq!(frame.header("trace_id").unwrap().len(), 32);
    assert_eq!(frame.header("timestamp"), Some("1767225600000"));
    let envelope = payload(frame);
    assert_eq!(envelope["schema"], "2.0");
    assert_eq!(envelope["header"]["token"], "");
    assert_eq!(envelope["header"]["event_type"], "im.message.receive_v1");
    assert_eq!(envelope["header"]["app_id"], bench.platform.profile().app_id);
    let (_, second) = push(&mut bench, event());
    assert_eq!(second[0].1.seq_id(), 2);
}

// fidelity: Frames | envelopes of version 1.0 have `uuid`, `ts` in seconds and `type: event_callback` | official
//   documentation
#[test]
fn an_old_event_has_the_old_envelope() {
    let mut bench = Bench::new();
    bench.connect();
    bench.pass(Duration::from_millis(1234));
    let (id, sent) = push(&mut bench, Push::old_event("leave_approval", json!({"instance_code": "x"})));
    let envelope = payload(&sent[0].1);
    assert_eq!((&envelope["type"], &envelope["ts"]), (&json!("event_callback"), &json!("1767225601.234000")));
    assert_eq!(envelope["event"]["type"], "leave_approval");
    assert_eq!(bench.platform.push_record(id).unwrap().event_id.as_ref(), envelope["uuid"].as_str().unwrap());
}

// fidelity: Acks | `code` is what counts; `headers`, `data` and `biz_rt` may be missing or null | SDK sources (Go,
//   Python, Node, Java) | python node
#[test]
fn every_shape_of_ack_that_an_sdk_sends_is_accepted() {
    let shapes = [
        r#"{"code": 200}"#,
        r#"{"code":200}"#,
        r#"{"code":200,"headers":null,"data":null}"#,
        r#"{"code":200,"headers":{"biz_rt":"3"}}"#,
        r#"{"code":200,"data":"e30="}"#,
        r#"{"code":200,"headers":null,"data":"bnVsbA=="}"#,
    ];
    for shape in shapes {
        let mut bench = Bench::new();
        let connection = bench.connect();
        let (id, sent) = push(&mut bench, event());
        bench.pass(Duration::from_millis(40));
        bench.receive(connection, ack(&sent[0].1, shape));
        let record = bench.platform.push_record(id).unwrap();
        let ack = record.ack().unwrap();
        assert_eq!((ack.code, ack.biz_rt, ack.on_time), (200, Some(3), true), "{shape}");
        assert_eq!(ack.delay, Duration::from_millis(40));
        assert_eq!(record.outcome, Outcome::Acked);
        assert_eq!((rules(&bench.platform), noted(&bench.platform)), (vec![], vec![]), "{shape}");
    }
}

// fidelity: Acks | optional strings may be there and empty | SDK sources (Go)
#[test]
fn an_ack_with_the_empty_strings_of_go_is_accepted() {
    let mut bench = Bench::new();
    let connection = bench.connect();
    let (id, sent) = push(&mut bench, event());
    let mut frame = sent[0].1.clone();
    frame.payload_encoding = Some(String::new());
    frame.payload_type = Some(String::new());
    frame.log_id_new = Some(String::new());
    bench.receive(connection, ack(&frame, OK));
    assert_eq!(outcome(&bench, id), Outcome::Acked);
    assert_eq!(rules(&bench.platform), []);
}

// fidelity: Acks | `data` is the standard base64 of JSON | SDK sources (Go, Python, Node, Java) | python node
#[test]
fn the_data_of_an_ack_is_decoded() {
    let mut bench = Bench::new();
    let connection = bench.connect();
    let (id, sent) = push(&mut bench, Push::callback("card.action.trigger", json!({})));
    assert_eq!(payload(&sent[0].1)["header"]["create_time"], "1767225600000000");
    // {"toast": {"type": "success"}}, encoded with another tool.
    bench.receive(connection, ack(&sent[0].1, r#"{"code":200,"data":"eyJ0b2FzdCI6IHsidHlwZSI6ICJzdWNjZXNzIn19"}"#));
    let record = bench.platform.push_record(id).unwrap();
    assert_eq!(record.ack().unwrap().data, Some(json!({"toast": {"type": "success"}})));
}

// fidelity: Acks | an ack repeats the headers of its message in their order and adds `biz_rt`; one that breaks a rule
//   does not count | SDK sources (form); that the platform is so strict: assumed | python node
#[test]
fn an_ack_that_breaks_a_rule_does_not_count() {
    type Spoil = fn(&mut Frame);
    let cases: [(Rule, Spoil); 11] = [
        (Rule::Headers, |frame| frame.headers.swap(0, 1)),
        (Rule::Headers, |frame| drop(frame.headers.remove(6))),
        (Rule::Service, |frame| frame.service = Some(0)),
        (Rule::Method, |frame| frame.method = Some(2)),
        (Rule::AckPayload, |frame| frame.payload = None),
        (Rule::AckPayload, |frame| frame.payload = Some(Bytes::from_static(b"[200]"))),
        (Rule::AckPayload, |frame| frame.payload = Some(Bytes::from_static(br#"{"code":200,"more":{"n":1e999}}"#))),
        (Rule::AckCode, |frame| frame.payload = Some(Bytes::from_static(br#"{"code":"200"}"#))),
        // Of two members with one name the last one counts.
        (Rule::AckCode, |frame| frame.payload = Some(Bytes::from_static(br#"{"code":200,"code":null}"#))),
        // The base64 of {} without padding.
        (Rule::AckData, |frame| frame.payload = Some(Bytes::from_static(br#"{"code":200,"data":"e30"}"#))),
        (Rule::UnknownMessage, |frame| frame.headers[2].value = Some("other".into())),
    ];
    for (rule, spoil) in cases {
        let mut bench = Bench::new();
        let connection = bench.connect();
        let (id, sent) = push(&mut bench, event());
        let mut frame = common::frame(ack(&sent[0].1, OK));
        spoil(&mut frame);
        bench.receive(connection, frame.to_bytes());
        assert_eq!(rules(&bench.platform), [rule]);
        assert_eq!(outcome(&bench, id), Outcome::Pending, "{rule:?}");
    }
}

// fidelity: Acks | a negative or missing `biz_rt` and rounded ids are passed over | SDK sources (Python, Node):
//   production takes them | python node
#[test]
fn what_an_official_sdk_does_is_noted_and_counts() {
    type Spoil = fn(&mut Frame);
    let cases: [(Rule, Spoil); 4] = [
        // Python, on failures.
        (Rule::BizRt, |frame| drop(frame.headers.pop())),
        // Node: start minus end.
        (Rule::BizRt, |frame| frame.headers[7].value = Some("-2001".into())),
        // Node: 64 bits in a double.
        (Rule::Ids, |frame| frame.log_id = Some(7_046_029_254_386_353_152)),
        (Rule::Headers, |frame| frame.headers.push(Header::new("x", "y"))),
    ];
    for (rule, spoil) in cases {
        let mut bench = Bench::new();
        let connection = bench.connect();
        let (id, sent) = push(&mut bench, event());
        let mut frame = common::frame(ack(&sent[0].1, OK));
        spoil(&mut frame);
        bench.receive(connection, frame.to_bytes());
        assert_eq!((rules(&bench.platform), noted(&bench.platform)), (vec![], vec![rule]));
        assert_eq!(outcome(&bench, id), Outcome::Acked);
    }
}

#[test]
fn a_push_that_waits_is_remembered_while_newer_ones_are_forgotten() {
    let mut bench = Bench::with(|profile| profile.records = 3);
    let connection = bench.connect();
    let (waiting, of_waiting) = push(&mut bench, event());
    let newer: Vec<(PushId, Vec<(ConnectionId, Frame)>)> = (0..5)
        .map(|_| {
            let (id, sent) = push(&mut bench, event());
            bench.receive(connection, ack(&sent[0].1, OK));
            (id, sent)
        })
        .collect();
    let remembered: Vec<PushId> = bench.platform.push_records().map(|record| record.id).collect();
    assert_eq!(remembered, [waiting, newer[3].0, newer[4].0]);
    assert!(bench.platform.push_record(newer[2].0).is_none());
    bench.receive(connection, ack(&newer[2].1[0].1, OK));
    assert_eq!(rules(&bench.platform), [Rule::UnknownMessage]);
    bench.receive(connection, ack(&of_waiting[0].1, OK));
    assert_eq!([waiting, newer[4].0].map(|id| outcome(&bench, id)), [Outcome::Acked, Outcome::Acked]);
}

// fidelity: Acks | an ack counts once, and only on the connection that brought the message | assumed: SDKs send it on
//   any | node
#[test]
fn an_ack_belongs_to_the_connection_that_brought_the_message_and_comes_once() {
    let mut bench = Bench::new();
    let first = bench.connect();
    let second = bench.connect();
    let (id, sent) = push(&mut bench, event().to(first));
    bench.receive(second, ack(&sent[0].1, OK));
    assert_eq!(rules(&bench.platform), [Rule::WrongConnection]);
    bench.receive(first, ack(&sent[0].1, OK));
    assert_eq!(outcome(&bench, id), Outcome::Acked);
    bench.receive(first, ack(&sent[0].1, OK));
    assert_eq!(rules(&bench.platform), [Rule::WrongConnection, Rule::SecondAck]);
}

#[test]
fn a_lenient_platform_accepts_what_it_can_read() {
    let mut bench = Bench::with(|profile| profile.strictness = Strictness::Lenient);
    let first = bench.connect();
    let second = bench.connect();
    let (id, sent) = push(&mut bench, event().to(first));
    bench.receive(second, ack(&sent[0].1, OK));
    assert_eq!(outcome(&bench, id), Outcome::Acked);
    assert_eq!((rules(&bench.platform), noted(&bench.platform)), (vec![], vec![Rule::WrongConnection]));
}

// fidelity: Redelivery | an event comes again after 15 s, 5 min, 1 h and 6 h, with the same `event_id` and a new
//   `message_id` | official documentation; that these are pauses between the pushes: assumed | python node
#[test]
fn an_event_without_ack_comes_again_after_15_s_5_min_1_h_and_6_h() {
    let mut bench = Bench::new();
    bench.connect();
    let (id, sent) = push(&mut bench, event());
    let mut ids = vec![sent[0].1.header("message_id").unwrap().to_owned()];
    for pause in [15, 300, 3600, 21600] {
        assert_eq!(bench.pass(Duration::from_millis(pause * 1000 - 1)), []);
        let again = frames(&bench.pass(Duration::from_millis(1)));
        assert_eq!(again[0].1.payload, sent[0].1.payload);
        ids.push(again[0].1.header("message_id").unwrap().to_owned());
    }
    bench.pass(Duration::from_secs(1_000_000));
    assert_eq!(outcome(&bench, id), Outcome::GivenUp);
    let deliveries = &bench.platform.push_record(id).unwrap().deliveries;
    assert_eq!(deliveries.len(), 5);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 5);
}

// fidelity: Redelivery | the ack of a redelivery ends the redeliveries | official documentation | python node
#[test]
fn an_event_is_settled_by_the_ack_of_a_redelivery() {
    let mut bench = Bench::new();
    let connection = bench.connect();
    let (id, sent) = push(&mut bench, event());
    bench.receive(connection, ack(&sent[0].1, r#"{"code": 500}"#));
    assert_eq!(outcome(&bench, id), Outcome::Redelivering { at_ms: 15_000 });
    let again = frames(&bench.pass(Duration::from_secs(15)));
    bench.receive(connection, ack(&again[0].1, OK));
    assert_eq!(outcome(&bench, id), Outcome::Acked);
    assert_eq!(bench.pass(Duration::from_secs(1_000_000)), []);
}

// fidelity: Acks | 3 s are allowed for an ack | official documentation
// fidelity: Redelivery | a late ack does not stop the redelivery | assumed
#[test]
fn a_late_ack_is_recorded_and_does_not_stop_the_redelivery() {
    let mut bench = Bench::new();
    let connection = bench.connect();
    let (id, sent) = push(&mut bench, event());
    bench.pass(Duration::from_secs(3));
    bench.receive(connection, ack(&sent[0].1, OK));
    let record = bench.platform.push_record(id).unwrap();
    assert!(!record.ack().unwrap().on_time);
    assert_eq!(record.outcome, Outcome::Redelivering { at_ms: 15_000 });
    assert_eq!(noted(&bench.platform), [Rule::Late]);
    assert_eq!(frames(&bench.pass(Duration::from_secs(12))).len(), 1);
}

// fidelity: Redelivery | an event whose connection is lost before its ack comes again on another one | assumed |
//   python node
#[test]
fn an_event_on_a_lost_connection_comes_again_on_another() {
    for how in [Disconnect::Close { code: 1001, reason: String::new() }, Disconnect::Freeze] {
        let mut bench = Bench::new();
        let first = bench.connect();
        let (id, sent) = push(&mut bench, event());
        bench.platform.drop_connection(bench.now, first, how);
        bench.drain();
        let second = bench.connect();
        let again = frames(&bench.pass(Duration::from_secs(15)));
        assert_eq!((again[0].0, &again[0].1.payload), (second, &sent[0].1.payload));
        bench.receive(second, ack(&again[0].1, OK));
        assert_eq!(outcome(&bench, id), Outcome::Acked);
    }
}

// fidelity: Redelivery | an event that finds no connection waits for its redelivery | assumed
#[test]
fn without_a_connection_an_event_waits_for_its_redelivery() {
    let mut bench = Bench::new();
    let (id, sent) = push(&mut bench, event());
    assert_eq!(sent, []);
    assert_eq!(outcome(&bench, id), Outcome::Redelivering { at_ms: 15_000 });
    let connection = bench.connect();
    assert_eq!(frames(&bench.pass(Duration::from_secs(15)))[0].0, connection);
}

// fidelity: Callbacks | a callback never comes again; without an answer within 3 s the user sees 200340 | official
//   documentation (callbacks); the code: field reports
#[test]
fn a_failed_callback_is_shown_to_the_user_and_never_comes_again() {
    let mut bench = Bench::new();
    let connection = bench.connect();
    let (refused, sent) = push(&mut bench, Push::callback("card.action.trigger", json!({})));
    bench.receive(connection, ack(&sent[0].1, r#"{"code":500}"#));
    let (ignored, _) = push(&mut bench, Push::callback("card.action.trigger", json!({})));
    bench.pass(Duration::from_secs(3));
    for id in [refused, ignored] {
        assert_eq!(outcome(&bench, id), Outcome::UserSawError { code: 200_340 });
    }
    assert_eq!(bench.pass(Duration::from_secs(1_000_000)), []);
}

// fidelity: Splitting | the ack of a message in parts repeats the frame that completed it | SDK sources (Go, Python,
//   Node, Java) | python node
#[test]
fn a_split_message_is_acked_with_the_frame_that_completed_it() {
    let mut bench = Bench::new();
    let connection = bench.connect();
    let shape = Shape::split(Split::Parts(3)).ordered(Order::Parts(vec![2, 0, 0, 1, 2]));
    let (id, sent) = push(&mut bench, event().shaped(shape));
    let order: Vec<&str> = sent.iter().map(|(_, frame)| frame.header("seq").unwrap()).collect();
    assert_eq!(order, ["2", "0", "0", "1", "2"]);
    bench.receive(connection, ack(&sent[3].1, OK));
    assert_eq!(outcome(&bench, id), Outcome::Acked);
    assert_eq!((rules(&bench.platform), noted(&bench.platform)), (vec![], vec![]));
}

// fidelity: Splitting | a large payload goes in `sum` frames of one `message_id`, counted by `seq` from 0 | SDK
//   sources (all); when the platform splits: not known, therefore on request | python node
#[test]
fn the_parts_of_a_message_make_the_message() {
    let mut bench = Bench::new();
    bench.connect();
    for split in [Split::Parts(3), Split::Parts(2), Split::Size(7), Split::Size(100_000), Split::Parts(1000)] {
        let (_, sent) = push(&mut bench, event().shaped(Shape::split(split)));
        let sum = sent.len().to_string();
        assert!(sent.iter().all(|(_, frame)| frame.header("sum") == Some(&sum)), "{split:?}");
        let parts: Vec<Bytes> = sent.into_iter().map(|(_, frame)| frame.payload.unwrap()).collect();
        assert_eq!(serde_json::from_slice::<Value>(&parts.concat()).unwrap()["event"], json!({"n": 1}), "{split:?}");
    }
}

#[test]
fn an_ack_of_a_message_with_a_missing_part_is_a_violation() {
    let mut bench = Bench::new();
    let connection = bench.connect();
    let shape = Shape::split(Split::Parts(2)).ordered(Order::Parts(vec![0]));
    let (id, sent) = push(&mut bench, event().shaped(shape));
    bench.receive(connection, ack(&sent[0].1, OK));
    assert_eq!(rules(&bench.platform), [Rule::Premature]);
    // The redelivery has all its parts.
    assert_eq!(frames(&bench.pass(Duration::from_secs(15))).len(), 2);
    assert_eq!(outcome(&bench, id), Outcome::Pending);
}

// fidelity: Splitting | on request frames come in any order, mixed with those of other messages, twice or not at all
//   | SDK sources, which reckon with it; that it occurs: assumed | python node
#[test]
fn messages_can_be_interleaved() {
    let mut bench = Bench::new();
    bench.connect();
    let split = |parts| event().shaped(Shape::split(Split::Parts(parts)));
    let ids = bench.platform.push_interleaved(bench.now, vec![split(3), split(1), split(2)]);
    let order: Vec<String> = frames(&bench.drain())
        .iter()
        .map(|(_, frame)| {
            let message_id = frame.header("message_id").unwrap();
            let of =
                |id: &PushId| bench.platform.push_record(*id).unwrap().deliveries[0].message_id.as_ref() == message_id;
            format!("{}.{}", ids.iter().position(of).unwrap(), frame.header("seq").unwrap())
        })
        .collect();
    assert_eq!(order, ["0.0", "1.0", "2.0", "0.1", "2.1", "0.2"]);
}

#[test]
fn a_fault_duplicates_the_next_event_only() {
    let mut bench = Bench::new();
    let connection = bench.connect();
    bench.platform.inject(Fault::Push(Shape::copies(2)), Times::Next(1));
    let (id, sent) = push(&mut bench, event());
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0].1.payload, sent[1].1.payload);
    for (_, frame) in &sent {
        bench.receive(connection, ack(frame, OK));
    }
    assert_eq!(outcome(&bench, id), Outcome::Acked);
    assert_eq!(rules(&bench.platform), []);
    assert_eq!(push(&mut bench, event()).1.len(), 1);
}

#[test]
fn a_delayed_event_comes_late() {
    let mut bench = Bench::new();
    bench.connect();
    let (_, sent) = push(&mut bench, event().shaped(Shape::delayed(Duration::from_secs(9))));
    assert_eq!(sent, []);
    assert_eq!(frames(&bench.pass(Duration::from_secs(9))).len(), 1);
}

// fidelity: Routing | each push goes to one connection of its app, at random | official documentation (FAQ: cluster
//   mode); in turn, on request: assumed
#[test]
fn pushes_go_to_all_connections_at_random_or_in_turn() {
    let mut bench = Bench::new();
    let connections = [bench.connect(), bench.connect(), bench.connect()];
    let mut counts = [0_u32; 3];
    for _ in 0..300 {
        let (_, sent) = push(&mut bench, event());
        counts[connections.iter().position(|id| *id == sent[0].0).unwrap()] += 1;
    }
    assert!(counts.iter().all(|count| (70..130).contains(count)), "{counts:?}");

    let mut bench = Bench::with(|profile| profile.routing = Routing::RoundRobin);
    let connections = [bench.connect(), bench.connect()];
    let order: Vec<ConnectionId> = (0..4).map(|_| push(&mut bench, event()).1[0].0).collect();
    assert_eq!(order, [connections[0], connections[1], connections[0], connections[1]]);
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let run = || {
        let mut bench = Bench::new();
        bench.connect();
        bench.connect();
        let mut outputs = Vec::new();
        for _ in 0..10 {
            bench.platform.push(bench.now, event().shaped(Shape::split(Split::Parts(3)).ordered(Order::Shuffled)));
            outputs.extend(bench.pass(Duration::from_secs(20)));
        }
        outputs
    };
    assert_eq!(run(), run());
}

#[test]
fn the_records_are_bounded() {
    let mut bench = Bench::with(|profile| profile.records = 10);
    let connection = bench.connect();
    for _ in 0..100 {
        push(&mut bench, event());
        bench.receive(connection, hex("00"));
    }
    assert_eq!(bench.platform.push_records().count(), 10);
    assert_eq!(bench.platform.transcript().count(), 10);
    assert_eq!(bench.platform.violations().count(), 10);
    assert_eq!(bench.platform.stats().violations, 100);
    bench.input(Input::Lost { connection });
    assert_eq!(bench.platform.connections().count(), 0);
}
