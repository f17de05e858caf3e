//! Pings, pongs, closes, and frames that are none.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::time::Duration;

use bytes::Bytes;
use common::{BARE_PONG, Bench, GO_PING, INCOMPLETE_PING, PING, PONG, hex, to_hex};
use larkwire_sim::{
    ClientConfig, ConnectionId, Disconnect, Input, Message, Output, Phase, PongFault, Rule, Strictness, Times,
};

fn sent(outputs: &[Output]) -> Vec<String> {
    outputs
        .iter()
        .map(|output| match output {
            Output::Send { message: Message::Binary(data), .. } => to_hex(data),
            other => panic!("not a binary message: {other:?}"),
        })
        .collect()
}

fn rules(bench: &Bench) -> Vec<Rule> {
    bench.platform.violations().map(|violation| violation.rule).collect()
}

fn closed(bench: &mut Bench, connection: ConnectionId, code: Option<u16>) -> Vec<Output> {
    bench.input(Input::Closed { connection, code, reason: String::new() })
}

// fidelity: Pings | a ping is answered with a pong of the same `service`, whose payload is `ClientConfig` | SDK
//   sources (all) | python node
#[test]
fn a_ping_is_answered_with_the_settings() {
    let mut bench = Bench::new();
    let connection = bench.connect();
    for ping in [PING, GO_PING] {
        assert_eq!(sent(&bench.receive(connection, hex(ping))), [PONG]);
    }
    assert_eq!(rules(&bench), []);
    assert_eq!(bench.platform.connection(connection).unwrap().pings, 2);
}

// fidelity: Frames | SeqID, LogID, service, method and both fields of a header are present, even when zero | SDK
//   sources (proto2, required) | python node
#[test]
fn a_ping_without_its_required_fields_is_a_violation() {
    let mut bench = Bench::new();
    let connection = bench.connect();
    assert_eq!(bench.receive(connection, hex(INCOMPLETE_PING)), []);
    assert_eq!(rules(&bench), [Rule::RequiredField]);
}

// fidelity: Closes | on request a breach of the protocol ends the connection with 1002 | assumed: a help for tests
#[test]
fn a_strict_platform_can_close_on_a_violation() {
    let mut bench = Bench::with(|profile| profile.strictness = Strictness::Close);
    let connection = bench.connect();
    let outputs = bench.receive(connection, hex(INCOMPLETE_PING));
    assert!(matches!(outputs[..], [Output::Close { code: 1002, .. }]), "{outputs:?}");
}

// fidelity: Frames | clients send binary messages with frames of method 0 or 1, and nothing else | SDK sources (all);
//   that others are passed over: assumed | python node
#[test]
fn what_is_not_a_ping_is_named() {
    let mut bench = Bench::new();
    let connection = bench.connect();
    bench.receive(connection, hex("ffff"));
    bench.input(Input::Message { connection, message: Message::Text("hello".into()) });
    // Service 0 instead of the URL's.
    bench.receive(connection, hex("08001000180020002a0c0a0474797065120470696e67"));
    // Type "pint".
    bench.receive(connection, hex("0800100018f681801020002a0c0a0474797065120470696e74"));
    // The vector of the maxima: a data frame without headers.
    bench.receive(connection, hex("08ffffffffffffffffff0110ffffffffffffffffff0118ffffffff072001"));
    let expected = [Rule::NotAFrame, Rule::NotBinary, Rule::Service, Rule::ControlType, Rule::UnknownMessage];
    assert_eq!(rules(&bench), expected);
    assert!(bench.platform.violations().all(|violation| !violation.explanation.is_empty()));
}

// fidelity: Pings | on request: no pong, a late one, one without payload or with settings of any form | assumed |
//   python node
#[test]
fn pongs_can_fail_in_every_way() {
    let mut bench = Bench::new();
    let connection = bench.connect();
    let mut ping = |fault: PongFault, pass: u64| {
        bench.platform.inject(fault, Times::Next(1));
        let mut outputs = bench.receive(connection, hex(PING));
        outputs.extend(bench.pass(Duration::from_secs(pass)));
        sent(&outputs)
    };
    assert_eq!(ping(PongFault::Mute, 3600), [""; 0]);
    assert_eq!(ping(PongFault::NoPayload, 0), [BARE_PONG]);
    assert_eq!(ping(PongFault::Payload(Bytes::new()), 0), [format!("{BARE_PONG}4200")]);
    assert_eq!(ping(PongFault::Payload(Bytes::from_static(b"{")), 0), [format!("{BARE_PONG}42017b")]);
    assert_eq!(ping(PongFault::Delay(Duration::from_secs(20)), 19), [""; 0]);
    assert_eq!(ping(PongFault::Mute, 1), [PONG]);
}

// fidelity: Pings | settings may change with any pong, and a pong may come unasked | SDK sources, which take both;
//   that it occurs: assumed | python node
#[test]
fn settings_can_be_changed_and_pushed() {
    let mut bench = Bench::new();
    let connection = bench.connect();
    bench.platform.set_client_config(ClientConfig { ping_interval: 5, ..ClientConfig::default() });
    bench.platform.push_settings(bench.now, connection);
    let outputs = bench.drain();
    let frames = common::frames(&outputs);
    assert_eq!(frames[0].1.header("type"), Some("pong"));
    let payload = frames[0].1.payload.clone().unwrap();
    let expected = r#"{"ReconnectCount":-1,"ReconnectInterval":120,"ReconnectNonce":30,"PingInterval":5}"#;
    assert_eq!(payload, expected);
    assert_eq!(bench.discover()["data"]["ClientConfig"]["PingInterval"], 5);
}

// fidelity: Pings | on request the platform sends pings, and expects no answer | SDK sources: all but one ignore
//   them; that it occurs: assumed
#[test]
fn the_platform_can_ping() {
    let mut bench = Bench::new();
    let connection = bench.connect();
    bench.platform.send_ping(bench.now, connection);
    assert_eq!(sent(&bench.drain()), [PING]);
    // The answer of a client that answers.
    assert_eq!(bench.receive(connection, hex(BARE_PONG)), []);
    bench.platform.send(bench.now, connection, Message::Ping(Bytes::new()));
    assert_eq!(bench.drain(), [Output::Send { connection, message: Message::Ping(Bytes::new()) }]);
    assert_eq!(rules(&bench), []);
}

// fidelity: Closes | a client's 1000 is answered with 1000 and "bye" | field reports
#[test]
fn a_client_that_closes_gets_a_close_frame() {
    for (code, answer, reason) in [(Some(1000), 1000, "bye"), (None, 1000, "bye"), (Some(1001), 1001, "")] {
        let mut bench = Bench::new();
        let connection = bench.connect();
        let outputs = closed(&mut bench, connection, code);
        assert_eq!(outputs, [Output::Close { connection, code: answer, reason: reason.into() }]);
        assert_eq!(bench.receive(connection, hex(PING)), []);
        bench.input(Input::Lost { connection });
        assert_eq!(bench.platform.connections().count(), 0);
    }
}

#[test]
fn a_close_frame_is_not_answered_twice() {
    let mut bench = Bench::new();
    let connection = bench.connect();
    bench.platform.drop_connections(bench.now, &Disconnect::Close { code: 1001, reason: "rollout".into() });
    assert_eq!(bench.drain(), [Output::Close { connection, code: 1001, reason: "rollout".into() }]);
    assert_eq!(closed(&mut bench, connection, Some(1001)), []);
}

// fidelity: Closes | on request a connection stays open and silent (half-open) | field reports | python node
#[test]
fn a_frozen_connection_gets_nothing() {
    let mut bench = Bench::new();
    let connection = bench.connect();
    bench.platform.drop_connection(bench.now, connection, Disconnect::Freeze);
    assert_eq!(bench.drain(), [Output::Freeze { connection }]);
    assert_eq!(bench.receive(connection, hex(PING)), []);
    bench.platform.push_settings(bench.now, connection);
    assert_eq!(bench.drain(), []);
    assert_eq!(bench.platform.connection(connection).unwrap().phase, Phase::Frozen);
}
