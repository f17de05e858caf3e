//! Random bytes for the properties, on every build.

use larkwire_core::frame::{Frame, Header};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::test_runner::{Config, TestRunner};

fn check(target: &str, cases: u32, bytes: impl Strategy<Value = Vec<u8>>) {
    let (_, property) = larkwire_properties::TARGETS.into_iter().find(|(name, _)| *name == target).unwrap();
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    runner
        .run(&bytes, |bytes| {
            property(&bytes);
            Ok(())
        })
        .unwrap();
}

/// A committed seed with some bytes changed: that reaches further than noise.
fn mutated(target: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let seeds: Vec<Vec<u8>> = larkwire_properties::seeds::all()
        .into_iter()
        .filter(|seed| seed.target == target)
        .map(|seed| seed.data)
        .collect();
    let changes = vec((any::<proptest::sample::Index>(), any::<u8>()), 0..6);
    (proptest::sample::select(seeds), changes).prop_map(|(mut bytes, changes)| {
        for (place, byte) in changes {
            if !bytes.is_empty() {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
        }
        bytes
    })
}

fn noise() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..600)
}

#[test]
fn answer() {
    check("answer", 1_000, prop_oneof![noise(), mutated("answer")]);
}

#[test]
fn calls() {
    check("calls", 1_000, prop_oneof![noise(), mutated("calls")]);
}

#[test]
fn client() {
    check("client", 500, prop_oneof![noise(), mutated("client")]);
}

#[test]
fn endpoint() {
    check("endpoint", 500, prop_oneof![noise(), mutated("endpoint")]);
}

#[test]
fn envelope() {
    check("envelope", 2_000, prop_oneof![noise(), mutated("envelope")]);
}

/// Frames that are right but for their fields: the form in which nearly all of them come.
fn encoded() -> impl Strategy<Value = Vec<u8>> {
    let text = || proptest::option::of("[a-z\u{e9}\u{4e2d}]{0,9}");
    let headers = vec((text(), text()), 0..5);
    let texts = (text(), text(), text(), proptest::option::of(vec(any::<u8>(), 0..200)));
    let numbers = (any::<Option<u64>>(), any::<Option<u64>>(), any::<Option<i32>>(), any::<Option<i32>>());
    (numbers, headers, texts).prop_map(|((seq_id, log_id, service, method), headers, texts)| {
        let headers = headers.into_iter().map(|(key, value)| Header { key, value }).collect();
        let (payload_encoding, payload_type, log_id_new, payload) = texts;
        let payload = payload.map(Into::into);
        let texts = Frame { payload_encoding, payload_type, log_id_new, ..Frame::default() };
        Frame { seq_id, log_id, service, method, headers, payload, ..texts }.to_bytes().to_vec()
    })
}

#[test]
fn frame() {
    check("frame", 6_000, prop_oneof![noise(), mutated("frame"), encoded()]);
}

#[test]
fn reassembly() {
    check("reassembly", 300, prop_oneof![noise(), mutated("reassembly")]);
}

#[test]
fn url() {
    check("url", 2_000, prop_oneof!["[!-~]{0,40}".prop_map(String::into_bytes), mutated("url")]);
}
