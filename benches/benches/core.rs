//! The core, function by function.
#![allow(missing_docs)]

use std::hint::black_box;

use bytes::Bytes;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use larkwire_benches::pushes::Pushes;
use larkwire_benches::samples;
use larkwire_benches::station::Station;
use larkwire_core::event::Envelope;
use larkwire_core::frame::{Frame, FrameLimits, Header, RawFrame, key};

const LIMITS: FrameLimits = FrameLimits { headers: 64, header_bytes: 4 * 1024 };
const SIZES: [(&str, usize); 3] = [("64 B", 64), ("1 KiB", 1024), ("64 KiB", 64 * 1024)];

/// Frame to ack with the public codec, which decodes and encodes everything.
fn codec(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("frame to ack, codec");
    for (name, bytes) in SIZES {
        let data = samples::frame(1, (0, 1), &vec![b'x'; bytes]);
        group.throughput(Throughput::Elements(1));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut frame = Frame::from_bytes(black_box(data.clone()), &LIMITS).unwrap();
                frame.headers.push(Header::new(key::BIZ_RT, "3"));
                frame.payload = Some(Bytes::from_static(br#"{"code":200}"#));
                frame.to_bytes()
            });
        });
    }
}

/// The same the way that the machine goes.
fn raw(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("frame to ack, raw");
    for (name, bytes) in SIZES {
        let data = samples::frame(1, (0, 1), &vec![b'x'; bytes]);
        group.throughput(Throughput::Elements(1));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let frame = RawFrame::from_bytes(black_box(data.clone()), &LIMITS).unwrap();
                assert!(frame.header(key::TYPE).is_some() && frame.header(key::SUM).is_some());
                frame.answer(key::BIZ_RT, "3", br#"{"code":200}"#)
            });
        });
    }
}

fn envelope(criterion: &mut Criterion) {
    let event = samples::event(1, 1024);
    criterion.bench_function("envelope, 1 KiB", |bencher| {
        bencher.iter(|| Envelope::parse(black_box(event.as_bytes())).map(drop));
    });
}

/// From a message to the ack of its delivery, through the whole machine.
fn machine(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("message to ack, machine");
    let cases = [
        ("1 KiB", 1024, 1, true),
        ("1 KiB, no dedup", 1024, 1, false),
        ("64 KiB", 65_536, 1, true),
        ("8 KiB in 4 parts", 8_192, 4, true),
    ];
    for (name, bytes, parts, dedup) in cases {
        let mut station = Station::open(|config| config.dedup = dedup);
        let mut pushes = Pushes::new(bytes, parts);
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || pushes.next_push().map(Bytes::copy_from_slice).collect::<Vec<_>>(),
                |frames| frames.into_iter().filter_map(|data| station.take(data)).last(),
                BatchSize::SmallInput,
            );
        });
    }
}

criterion_group!(core, codec, raw, envelope, machine);
criterion_main!(core);
