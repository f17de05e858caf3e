//! Whatever a client sends, in whatever order and at whatever time: the machine comes to rest, and stays small.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing)]

mod common;

use std::time::Duration;

use bytes::Bytes;
use common::{Bench, PING, ack, frames, hex};
use larkwire_core::Time;
use larkwire_core::frame::{Frame, FrameLimits};
use larkwire_sim::{Disconnect, ExchangeId, Input, Message, NamedFault, Output, Push, Request, Shape, Split, Times};
use proptest::prelude::*;
use serde_json::{Value, json};

/// One step of a client that knows no rules, or of the platform's operator.
#[derive(Clone, Debug)]
enum Step {
    Connect,
    Bytes(Vec<u8>),
    /// An ack of an earlier frame with a few bytes changed.
    Ack(Vec<(usize, u8)>),
    Ping,
    Text(String),
    Close(Option<u16>),
    Lost,
    Post(String, Vec<u8>),
    Push(u8),
    Freeze,
    /// Any of the catalogue, once, always or by chance, everywhere or on the last connection.
    Fault(proptest::sample::Index, Times, bool),
    ClearFaults,
    Reset,
    Pass(u32),
    Back,
}

fn step() -> impl Strategy<Value = Step> {
    let bytes = proptest::collection::vec(any::<u8>(), 0..64);
    let target = prop_oneof![
        Just("/callback/ws/endpoint".to_owned()),
        Just("/open-apis/im/v1/messages?receive_id_type=chat_id".to_owned()),
        Just("/open-apis/auth/v3/tenant_access_token/internal".to_owned()),
        ".{0,40}",
    ];
    let times = prop_oneof![(0..3usize).prop_map(Times::Next), Just(Times::Always), Just(Times::Probability(0.5))];
    prop_oneof![
        Just(Step::Connect),
        bytes.clone().prop_map(Step::Bytes),
        proptest::collection::vec((any::<usize>(), any::<u8>()), 0..3).prop_map(Step::Ack),
        Just(Step::Ping),
        ".{0,20}".prop_map(Step::Text),
        any::<Option<u16>>().prop_map(Step::Close),
        Just(Step::Lost),
        (target, bytes).prop_map(|(target, body)| Step::Post(target, body)),
        any::<u8>().prop_map(Step::Push),
        Just(Step::Freeze),
        (any::<proptest::sample::Index>(), times, any::<bool>())
            .prop_map(|(kind, times, here)| Step::Fault(kind, times, here)),
        Just(Step::ClearFaults),
        Just(Step::Reset),
        any::<u32>().prop_map(Step::Pass),
        Just(Step::Back),
    ]
}

/// Where to connect, if discovery says so.
fn target(bench: &mut Bench) -> Option<String> {
    let (id, secret) = bench.credentials();
    let body = json!({"AppID": id, "AppSecret": secret}).to_string().into();
    let target = "/callback/ws/endpoint".into();
    let answer = bench.try_request(Request { method: "POST".into(), target, body, ..Request::default() })?;
    let answer: Value = serde_json::from_slice(&answer.body).ok()?;
    answer["data"]["URL"].as_str()?.strip_prefix("ws://127.0.0.1:9380").map(str::to_owned)
}

/// The frame that goes out, unless a fault has cut it short.
fn whole(output: &Output) -> Option<Frame> {
    let Output::Send { message: Message::Binary(data), .. } = output else { return None };
    Frame::from_bytes(data.clone(), &FrameLimits { headers: 64, header_bytes: 4096 }).ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_machine_comes_to_rest(steps in proptest::collection::vec(step(), 0..80)) {
        let mut bench = Bench::with(|profile| profile.records = 50);
        let mut connection = bench.connect();
        let mut last = hex(PING);
        let catalogue = NamedFault::catalogue();
        for step in steps {
            let outputs = match step {
                Step::Connect => {
                    let target = target(&mut bench).unwrap_or_default();
                    let (id, outputs) = bench.upgrade(&target);
                    connection = id;
                    outputs
                }
                Step::Bytes(bytes) => bench.receive(connection, bytes),
                Step::Ack(changes) => {
                    let mut bytes = last.to_vec();
                    let length = bytes.len();
                    for (index, byte) in changes {
                        bytes[index % length] = byte;
                    }
                    bench.receive(connection, bytes)
                }
                Step::Ping => bench.receive(connection, hex(PING)),
                Step::Text(text) => bench.input(Input::Message { connection, message: Message::Text(text) }),
                Step::Close(code) => bench.input(Input::Closed { connection, code, reason: "x".into() }),
                Step::Lost => bench.input(Input::Lost { connection }),
                Step::Post(target, body) => {
                    let request = Request { method: "POST".into(), target, body: body.into(), ..Request::default() };
                    bench.input(Input::Request { exchange: ExchangeId(0), request })
                }
                Step::Push(parts) => {
                    let shape = Shape::split(Split::Parts(parts.into()));
                    bench.platform.push(bench.now, Push::event("x", json!({})).shaped(shape));
                    bench.drain()
                }
                Step::Freeze => {
                    bench.platform.drop_connection(bench.now, connection, Disconnect::Freeze);
                    bench.drain()
                }
                Step::Fault(kind, times, here) => {
                    let (fault, _) = NamedFault::parse(&kind.get(&catalogue).name).unwrap();
                    let only = here.then_some(connection);
                    let there = !here || bench.platform.connection(connection).is_some();
                    let possible = there && (!here || kind.get(&catalogue).per_connection) && times != Times::Next(0);
                    let taken = bench.platform.inject_named(bench.now, &fault, times, only);
                    prop_assert_eq!(taken.is_ok(), possible);
                    bench.drain()
                }
                Step::ClearFaults => {
                    bench.platform.clear_faults();
                    bench.drain()
                }
                Step::Reset => {
                    bench.platform.reset(bench.now);
                    bench.drain()
                }
                Step::Pass(ms) => bench.pass(Duration::from_millis(ms.into())),
                Step::Back => {
                    bench.platform.handle_input(Time::ZERO, Input::Timeout);
                    bench.drain()
                }
            };
            if let Some(frame) = outputs.iter().rev().find_map(whole) {
                last = ack(&frame, r#"{"code":200}"#);
            }
            match bench.platform.poll_output() {
                Output::Wait(next) => prop_assert!(next.is_none_or(|next| next > bench.now)),
                output => prop_assert!(false, "not at rest: {output:?}"),
            }
            prop_assert!(bench.platform.transcript().count() <= 50);
            prop_assert!(bench.platform.push_records().count() <= 50);
            prop_assert!(bench.platform.violations().count() + bench.platform.notes().count() <= 50);
        }
    }
}

#[test]
fn every_prefix_of_an_ack_is_survived() {
    let mut bench = Bench::new();
    let connection = bench.connect();
    let id = bench.platform.push(bench.now, Push::event("x", json!({})));
    let (_, frame) = frames(&bench.drain()).pop().unwrap();
    let whole = ack(&frame, r#"{"code":200}"#);
    for length in 0..whole.len() {
        bench.receive(connection, whole.slice(..length));
        assert!(bench.platform.push_record(id).unwrap().ack().is_none(), "{length}");
    }
    bench.receive(connection, whole.clone());
    assert!(bench.platform.push_record(id).unwrap().ack().is_some());
    bench.receive(connection, Bytes::from([whole.as_ref(), b"\xff"].concat()));
}
