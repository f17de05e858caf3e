//! Whatever a client sends, in whatever order and at whatever time: the machine comes to rest, and stays small.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing)]

mod common;

use std::time::Duration;

use bytes::Bytes;
use common::{Bench, PING, ack, frames, hex};
use larkwire_core::Time;
use larkwire_sim::{Disconnect, ExchangeId, Input, Message, Output, Push, Request, Shape, Split};
use proptest::prelude::*;
use serde_json::json;

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
        any::<u32>().prop_map(Step::Pass),
        Just(Step::Back),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_machine_comes_to_rest(steps in proptest::collection::vec(step(), 0..80)) {
        let mut bench = Bench::with(|profile| profile.records = 50);
        let mut connection = bench.connect();
        let mut last = hex(PING);
        for step in steps {
            let outputs = match step {
                Step::Connect => {
                    let target = bench.fresh_target();
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
                Step::Pass(ms) => bench.pass(Duration::from_millis(ms.into())),
                Step::Back => {
                    bench.platform.handle_input(Time::ZERO, Input::Timeout);
                    bench.drain()
                }
            };
            if let Some((_, frame)) = frames(&outputs).pop() {
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
