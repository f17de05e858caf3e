//! The faults of the catalogue: what each of them does on the wire.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod common;

use std::time::Duration;

use common::{Bench, PING, ack, frames, hex};
use larkwire_core::frame::Frame;
use larkwire_sim::{
    Abort, AppProfile, ConnectionId, Disconnect, Fault, Input, Message, NamedFault, Outcome, Output, Phase, Push,
    Request, Shape, Split, Times, What,
};
use serde_json::{Value, json};

fn inject(bench: &mut Bench, text: &str) {
    let (fault, times) = NamedFault::parse(text).unwrap();
    bench.platform.inject_named(bench.now, &fault, times, None).unwrap();
}

fn push(bench: &mut Bench) -> Vec<Output> {
    bench.platform.push(bench.now, Push::event("test.event_v1", json!({"n": 1})));
    bench.drain()
}

/// The frames of one push under this fault.
fn pushed(fault: &str) -> Vec<Frame> {
    let mut bench = Bench::new();
    bench.connect();
    inject(&mut bench, fault);
    frames(&push(&mut bench)).into_iter().map(|(_, frame)| frame).collect()
}

fn header(frame: &Frame, name: &str) -> Option<String> {
    frame.header(name).map(str::to_owned)
}

#[test]
fn frames_can_be_split_mixed_up_and_lost() {
    let parts = pushed("split:parts=4@1");
    let seqs: Vec<_> = parts.iter().map(|part| header(part, "seq").unwrap()).collect();
    assert_eq!(seqs, ["0", "1", "2", "3"]);
    assert!(parts.iter().all(|part| part.header("sum") == Some("4")));
    let mut mixed: Vec<_> = pushed("reorder@1").iter().map(|part| header(part, "seq").unwrap()).collect();
    mixed.sort_unstable();
    assert_eq!(mixed, ["0", "1", "2"]);
    assert_eq!(pushed("missing_part@1").len(), 2);
}

#[test]
fn frames_of_two_events_can_come_in_turn() {
    let mut bench = Bench::new();
    bench.connect();
    inject(&mut bench, "interleave@1");
    assert_eq!(push(&mut bench), []);
    inject(&mut bench, "split:parts=3@1");
    let ids: Vec<_> = frames(&push(&mut bench)).iter().map(|(_, part)| header(part, "message_id").unwrap()).collect();
    assert_eq!(ids.len(), 6);
    assert!(ids[0] != ids[1] && ids[0] == ids[2] && ids[1] == ids[3], "{ids:?}");
    // Without another event it goes out after a second.
    inject(&mut bench, "interleave@1");
    push(&mut bench);
    assert_eq!(frames(&bench.pass(Duration::from_secs(1))).len(), 3);
}

/// Header `message_id` of each frame, in the order of sending, with its connection.
fn senders(outputs: &[Output]) -> Vec<(ConnectionId, String)> {
    frames(outputs).iter().map(|(to, frame)| (*to, header(frame, "message_id").unwrap())).collect()
}

#[test]
fn what_else_is_wrong_with_two_events_in_turn_happens_too() {
    let mut bench = Bench::new();
    let connection = bench.connect();
    for fault in ["interleave@1", "late_repush:after_ms=60000@1", "duplicate@1", "drop@1"] {
        inject(&mut bench, fault);
    }
    push(&mut bench);
    inject(&mut bench, "delay:by_ms=400@1");
    assert_eq!(push(&mut bench), []);
    let outputs = bench.pass(Duration::from_millis(400));
    let ids: Vec<_> = senders(&outputs).into_iter().map(|(_, id)| id).collect();
    assert_eq!(ids.len(), 7, "two copies in three frames, and the other event in one");
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] == ids[3] && ids[1] == ids[4], "{ids:?}");
    assert_eq!(outputs.last(), Some(&Output::Abort { connection, how: Abort::EndOfStream }));
    bench.connect();
    assert_eq!(frames(&bench.pass(Duration::from_secs(60))).len(), 3 + 3 + 1, "once more, and both redelivered");
}

#[test]
fn an_event_that_is_late_waits_for_another_one_all_the_same() {
    let mut bench = Bench::new();
    bench.connect();
    inject(&mut bench, "delay:by_ms=5000@1");
    inject(&mut bench, "interleave@1");
    push(&mut bench);
    assert_eq!(bench.pass(Duration::from_secs(5)), []);
    assert_eq!(frames(&push(&mut bench)).len(), 4);
}

#[test]
fn only_events_of_one_app_and_for_one_connection_go_in_turn() {
    const OTHER: &str = "cli_00000000000000ff";
    let mut bench = Bench::with(|profile| profile.apps.push(AppProfile::new(OTHER, "another secret")));
    let (one, two) = (bench.connect(), bench.connect());
    let other = bench.connect_as(OTHER, "another secret");
    let send = |bench: &mut Bench, push: Push| {
        bench.platform.push(bench.now, push);
        let to: Vec<ConnectionId> = senders(&bench.drain()).into_iter().map(|(to, _)| to).collect();
        to
    };
    let event = || Push::event("test.event_v1", json!({}));
    inject(&mut bench, "interleave@1");
    assert_eq!(send(&mut bench, event().to(one)), []);
    assert_eq!(send(&mut bench, event().app(OTHER)), [other]);
    assert_eq!(send(&mut bench, event().to(two)), [two]);
    inject(&mut bench, "routing_split@1");
    assert_eq!(send(&mut bench, event()), []);
    assert_eq!(send(&mut bench, event()), [one; 4]);
    // Two apps, each with an event that waits.
    inject(&mut bench, "interleave@2");
    assert_eq!(send(&mut bench, event().to(two)), []);
    assert_eq!(send(&mut bench, event().app(OTHER)), []);
    assert_eq!(send(&mut bench, event()), [two; 4]);
    assert_eq!(send(&mut bench, event().app(OTHER)), [other; 4]);
}

#[test]
fn events_that_are_pushed_in_turn_by_hand_go_where_each_belongs() {
    const OTHER: &str = "cli_00000000000000ff";
    let mut bench = Bench::with(|profile| profile.apps.push(AppProfile::new(OTHER, "another secret")));
    let (one, two) = (bench.connect(), bench.connect());
    let other = bench.connect_as(OTHER, "another secret");
    let event = || Push::event("test.event_v1", json!({})).shaped(Shape::split(Split::Parts(2)));
    let pushes = vec![event(), event().app(OTHER), event().to(two), event().to(one)];
    bench.platform.push_interleaved(bench.now, pushes);
    let to: Vec<ConnectionId> = senders(&bench.drain()).into_iter().map(|(to, _)| to).collect();
    assert_eq!(to, [two, two, two, two, other, other, one, one]);
}

// fidelity: Frames | on request: wrong seq and sum, missing headers, unknown types | assumed | python node
#[test]
fn headers_can_lie_or_be_missing() {
    for (fault, name, value) in [
        ("huge_sum@1", "sum", Some("2147483647")),
        ("wrong_sum:sum=-1@1", "sum", Some("-1")),
        ("wrong_seq:seq=x@1", "seq", Some("x")),
        ("missing_header:header=type@1", "type", None),
        ("missing_header@1", "message_id", None),
        ("unknown_type@1", "type", Some("telegram")),
        ("card_frame@1", "type", Some("card")),
    ] {
        let frames = pushed(fault);
        assert_eq!(frames.len(), 1, "{fault}");
        assert_eq!(frames[0].header(name), value, "{fault}");
    }
}

#[test]
fn an_ack_of_a_frame_without_message_id_belongs_to_it() {
    let mut bench = Bench::new();
    let connection = bench.connect();
    inject(&mut bench, "missing_header@1");
    let frames = frames(&push(&mut bench));
    bench.receive(connection, ack(&frames[0].1, r#"{"code":200}"#));
    assert_eq!(bench.platform.push_records().next().unwrap().outcome, Outcome::Acked);
    assert_eq!(bench.platform.violations().count(), 0);
}

#[test]
fn of_two_events_without_message_id_each_comes_to_an_end() {
    let mut bench = Bench::new();
    bench.connect();
    inject(&mut bench, "missing_header@2");
    push(&mut bench);
    push(&mut bench);
    bench.pass(Duration::from_secs(3));
    let outcomes = bench.platform.push_records().map(|push| &push.outcome);
    assert!(outcomes.eq([&Outcome::Redelivering { at_ms: 15_000 }, &Outcome::Redelivering { at_ms: 15_000 }]));
}

// fidelity: Frames | on request: frames and payloads that are cut short | assumed | python node
#[test]
fn bytes_and_json_can_be_cut_short() {
    let mut bench = Bench::new();
    bench.connect();
    inject(&mut bench, "bad_protobuf@1");
    let outputs = push(&mut bench);
    let [Output::Send { message: Message::Binary(data), .. }] = &outputs[..] else { panic!("{outputs:?}") };
    let limits = larkwire_core::frame::FrameLimits { headers: 64, header_bytes: 4096 };
    assert!(Frame::from_bytes(data.clone(), &limits).is_err());

    let payload = pushed("bad_json@1")[0].payload.clone().unwrap();
    assert!(!payload.is_empty() && serde_json::from_slice::<Value>(&payload).is_err());
}

// fidelity: Redelivery | on request an acked event comes twice, or again hours later | field reports | python node
#[test]
fn an_event_can_come_twice_late_and_again_after_hours() {
    let twice = pushed("duplicate@1");
    assert_eq!(twice.len(), 2);
    assert_eq!(twice[0].payload, twice[1].payload);
    assert_ne!(header(&twice[0], "message_id"), header(&twice[1], "message_id"));

    let mut bench = Bench::new();
    let connection = bench.connect();
    inject(&mut bench, "delay:by_ms=900,jitter_ms=200@1");
    assert_eq!(push(&mut bench), []);
    assert_eq!(bench.pass(Duration::from_millis(899)), []);
    assert_eq!(frames(&bench.pass(Duration::from_millis(201))).len(), 1);

    inject(&mut bench, "late_repush@1");
    let first = frames(&push(&mut bench));
    bench.receive(connection, ack(&first[0].1, r#"{"code":200}"#));
    bench.pass(Duration::from_secs(7 * 3600 - 1));
    let again = frames(&bench.pass(Duration::from_secs(1)));
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].1.payload, first[0].1.payload);
}

// fidelity: Closes | on request a connection ends with FIN, RST or a Close frame | field reports: most end without a
//   Close frame | python node
#[test]
fn connections_end_or_fall_silent_after_an_event() {
    type Ending = fn(ConnectionId) -> Output;
    let endings: [(&str, Ending); 4] = [
        ("drop@1", |connection| Output::Abort { connection, how: Abort::EndOfStream }),
        ("drop:how=reset@1", |connection| Output::Abort { connection, how: Abort::Reset }),
        ("drop:how=close,code=1012,reason=bye@1", |connection| Output::Close {
            connection,
            code: 1012,
            reason: "bye".into(),
        }),
        ("half_open@1", |connection| Output::Freeze { connection }),
    ];
    for (fault, end) in endings {
        let mut bench = Bench::new();
        let connection = bench.connect();
        inject(&mut bench, fault);
        let outputs = push(&mut bench);
        assert!(matches!(&outputs[0], Output::Send { .. }), "{fault}: {outputs:?}");
        assert_eq!(outputs[1..], [end(connection)], "{fault}");
    }
}

#[test]
fn a_stalled_connection_goes_on_afterwards() {
    let mut bench = Bench::new();
    let connection = bench.connect();
    inject(&mut bench, "stall:for_ms=4000@1");
    push(&mut bench);
    assert_eq!(bench.platform.connection(connection).unwrap().phase, Phase::Frozen);
    assert_eq!(bench.pass(Duration::from_secs(4)), [Output::Thaw { connection }]);
    assert_eq!(frames(&bench.receive(connection, hex(PING))).len(), 1);
}

#[test]
fn pongs_can_be_mute_late_or_bring_new_settings() {
    let mut bench = Bench::new();
    let connection = bench.connect();
    for fault in ["mute_pong@1", "slow_pong:by_ms=2000@1", "reconfigure:ping_interval=7@1"] {
        inject(&mut bench, fault);
    }
    assert_eq!(bench.receive(connection, hex(PING)), []);
    assert_eq!(bench.receive(connection, hex(PING)), []);
    let settings = frames(&bench.receive(connection, hex(PING)))[0].1.payload.clone().unwrap();
    let expected = r#"{"ReconnectCount":1,"ReconnectInterval":1,"ReconnectNonce":1,"PingInterval":7}"#;
    assert_eq!(settings, expected);
    assert_eq!(frames(&bench.pass(Duration::from_secs(2))).len(), 1);
}

#[test]
fn discovery_and_upgrade_can_fail() {
    let mut bench = Bench::new();
    let request = || Request { method: "POST".into(), target: "/callback/ws/endpoint".into(), ..Request::default() };
    inject(&mut bench, "discovery_status:status=502@1");
    assert_eq!(bench.try_request(request()).unwrap().status, 502);
    inject(&mut bench, "discovery_code:code=1000040343@1");
    assert_eq!(bench.discover()["code"], 1_000_040_343);
    inject(&mut bench, "discovery_hang@1");
    assert_eq!(bench.try_request(request()), None);
    inject(&mut bench, "discovery_slow@1");
    assert_eq!(bench.try_request(request()), None);
    assert!(matches!(bench.pass(Duration::from_secs(3))[..], [Output::Respond { .. }]));

    inject(&mut bench, "refuse_upgrade:status=403,handshake_status=0,msg=no@1");
    let target = bench.fresh_target();
    let (_, outputs) = bench.upgrade(&target);
    let [Output::Refuse { response, .. }] = &outputs[..] else { panic!("{outputs:?}") };
    let headers: Vec<_> = response.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        (response.status, &headers[..]),
        (403, &[("Handshake-Msg", "no"), ("Handshake-Autherrcode", "1000040350")][..])
    );
    inject(&mut bench, "upgrade_hang@1");
    let target = bench.fresh_target();
    assert_eq!(bench.upgrade(&target).1, []);
    for fault in ["slow_reader@1", "tiny_window@1", "byte_writes@1"] {
        inject(&mut bench, fault);
        let target = bench.fresh_target();
        let (connection, outputs) = bench.upgrade(&target);
        assert!(
            matches!(outputs[..], [Output::Accept { .. }, Output::Pace { connection: of, .. }] if of == connection),
            "{fault}"
        );
    }
}

// fidelity: Calls | on request: 429 with `x-ogw-ratelimit-reset` and code 99991400, expired tokens, slow, cut or no
//   answers | official documentation, field reports; `Retry-After`: assumed
#[test]
fn calls_can_fail_and_tokens_expire() {
    let mut bench = Bench::new();
    let token = bench.token();
    bench.platform.say(bench.now, "alice", "hi");
    let person = bench.platform.person("alice");
    let body = json!({"receive_id": person.open_id, "msg_type": "text", "content": r#"{"text":"x"}"#});
    let target = "/open-apis/im/v1/messages?receive_id_type=open_id";
    let mut call = |fault: &str| {
        inject(&mut bench, fault);
        bench.call(&token, target, body.clone())
    };
    assert_eq!(call("api_rate_limit@1"), (429, json!({"code": 99_991_400, "msg": "request trigger frequency limit"})));
    assert_eq!(call("api_status:status=500@1").0, 500);
    assert_eq!(call("clock_skew:by_ms=-5000").0, 200);
    assert_eq!(call("api_token_expired@1").1["code"], 99_991_663);
    let request = || Request { method: "GET".into(), target: "/open-apis/none".into(), ..Request::default() };
    inject(&mut bench, "api_hang@1");
    assert_eq!(bench.try_request(request()), None);
    inject(&mut bench, "api_slow@1");
    assert_eq!(bench.try_request(request()), None);
    inject(&mut bench, "api_truncated@1");
    let exchange = larkwire_sim::ExchangeId(1_000_000);
    let outputs = bench.input(Input::Request { exchange, request: request() });
    assert!(matches!(outputs[..], [Output::RespondHalf { .. }]), "{outputs:?}");
}

#[test]
fn asking_for_a_token_does_not_use_up_an_expiry() {
    let mut bench = Bench::new();
    inject(&mut bench, "api_token_expired@1");
    bench.token();
    assert_eq!(bench.platform.faults().count(), 1);
}

// fidelity: Routing | another process with the same credentials takes its part of the events | field reports | python
//   node
#[test]
fn another_instance_can_take_events_away() {
    let mut bench = Bench::new();
    bench.connect();
    inject(&mut bench, "routing_split@1");
    assert_eq!(push(&mut bench), []);
    let record = bench.platform.push_records().next().unwrap();
    assert_eq!((&record.outcome, record.deliveries[0].connection), (&Outcome::Acked, None));
    assert_eq!(push(&mut bench).len(), 1);
}

#[test]
fn a_fault_can_be_for_one_connection_only() {
    let mut bench = Bench::new();
    let (one, two) = (bench.connect(), bench.connect());
    bench.platform.inject_named(bench.now, &NamedFault::HalfOpen {}, Times::Next(1), Some(two)).unwrap();
    let to = |bench: &mut Bench, connection| {
        bench.platform.push(bench.now, Push::event("test.event_v1", json!({})).to(connection));
        bench.drain().len()
    };
    assert_eq!((to(&mut bench, one), to(&mut bench, two)), (1, 2));
    // Routed at random, it comes to the other one at some time.
    bench.platform.inject_named(bench.now, &NamedFault::HalfOpen {}, Times::Next(1), Some(one)).unwrap();
    while bench.platform.connection(one).unwrap().phase == Phase::Open {
        assert!(push(&mut bench).len() <= 2);
    }
}

#[test]
fn several_faults_change_the_same_event_but_each_only_once() {
    let mut bench = Bench::new();
    bench.connect();
    for fault in ["split:parts=3@1", "duplicate@1", "card_frame@1", "duplicate:copies=5@1"] {
        inject(&mut bench, fault);
    }
    let first = frames(&push(&mut bench));
    assert_eq!(first.len(), 6);
    assert!(first.iter().all(|(_, frame)| frame.header("type") == Some("card")));
    assert_eq!(frames(&push(&mut bench)).len(), 5);
    assert_eq!(push(&mut bench).len(), 1);
}

#[test]
fn a_whole_shape_still_takes_the_place_of_another() {
    let mut bench = Bench::new();
    bench.connect();
    bench.platform.inject(Fault::Push(Shape::copies(3)), Times::Next(1));
    inject(&mut bench, "split:parts=2@1");
    assert_eq!(push(&mut bench).len(), 6);
}

#[test]
fn a_probability_follows_the_seed_and_is_met() {
    let happened = |seed: u64| -> Vec<bool> {
        let mut bench = Bench::with_seed(seed);
        bench.connect();
        inject(&mut bench, "duplicate@30%");
        (0..500).map(|_| push(&mut bench).len() == 2).collect()
    };
    assert_eq!(happened(1), happened(1));
    assert_ne!(happened(1), happened(2));
    let count = happened(1).into_iter().filter(|happened| *happened).count();
    assert!((110..190).contains(&count), "{count}");
}

#[test]
fn the_transcript_tells_what_became_of_a_fault() {
    let mut bench = Bench::new();
    bench.connect();
    inject(&mut bench, "duplicate@1");
    push(&mut bench);
    inject(&mut bench, "split@1");
    bench.platform.clear_faults();
    let faults: Vec<Value> = bench
        .platform
        .transcript()
        .filter(|entry| matches!(entry.what, What::Fault { .. }))
        .map(|entry| serde_json::to_value(entry).unwrap())
        .collect();
    let told: Vec<(&str, &str)> = faults
        .iter()
        .map(|entry| (entry["change"].as_str().unwrap(), entry["fault"]["name"].as_str().unwrap()))
        .collect();
    let expected = [
        ("added", "duplicate"),
        ("happened", "duplicate"),
        ("used_up", "duplicate"),
        ("added", "split"),
        ("removed", "split"),
    ];
    assert_eq!(told, expected);
    assert_eq!(faults[1]["seed"], 7);
    assert_eq!(faults[0]["fault"]["times"], json!({"next": 1}));
    assert_eq!(faults[0]["fault"]["parameters"], json!({"copies": 2}));
}

#[test]
fn a_frozen_connection_can_be_thawed_by_hand() {
    let mut bench = Bench::new();
    let connection = bench.connect();
    bench.platform.drop_connection(bench.now, connection, Disconnect::Freeze);
    bench.platform.thaw_connection(bench.now, connection);
    assert_eq!(bench.drain(), [Output::Freeze { connection }, Output::Thaw { connection }]);
}

#[test]
fn presets_are_made_of_faults_of_the_catalogue() {
    for preset in larkwire_sim::Preset::all() {
        let mut bench = Bench::new();
        bench.connect();
        assert!(bench.platform.inject_preset(bench.now, preset.name));
        for (fault, _) in &preset.faults {
            let parameters = fault.parameters();
            assert_eq!(NamedFault::new(&fault.name(), parameters.as_object().unwrap()).as_ref(), Ok(fault));
        }
    }
    let mut bench = Bench::new();
    assert!(!bench.platform.inject_preset(bench.now, "no such thing"));
}
