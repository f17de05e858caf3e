//! Random bytes for the properties, on every build.

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

#[test]
fn frame() {
    check("frame", 2_000, prop_oneof![noise(), mutated("frame")]);
}

#[test]
fn reassembly() {
    check("reassembly", 300, prop_oneof![noise(), mutated("reassembly")]);
}

#[test]
fn url() {
    check("url", 2_000, prop_oneof!["[!-~]{0,40}".prop_map(String::into_bytes), mutated("url")]);
}
