//! Reading events: how much each step costs for an `im.message.receive_v1` of 1 KiB.
#![allow(missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use larkwire_benches::samples;
use larkwire_core::event::{Envelope, Event, EventType};
use larkwire_events::im::v1::MessageReceiveV1;
use serde::Deserialize;
use serde_json::Value;

/// What a handler declares that wants to know less.
#[derive(Deserialize)]
struct Content {
    message: Option<Message>,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
}

impl Event for Content {
    const TYPE: EventType<'static> = EventType::p2("im.message.receive_v1");
}

fn body<E: Event>(payload: &[u8]) -> Option<E> {
    let envelope = Envelope::parse(payload).ok()?;
    E::parse(envelope.event?).ok()
}

fn reading(criterion: &mut Criterion) {
    let payload = samples::event(1, 1024);
    let payload = payload.as_bytes();
    let mut group = criterion.benchmark_group("event of 1 KiB");
    group.throughput(Throughput::Bytes(payload.len() as u64));
    // What deduplication and routing need, and all that a raw handler pays: the body is a part of the payload.
    group.bench_function("envelope, body raw", |bencher| {
        bencher.iter(|| Envelope::parse(black_box(payload)).ok().and_then(|envelope| envelope.event.map(str::len)));
    });
    group.bench_function("envelope and typed body", |bencher| {
        bencher.iter(|| body::<MessageReceiveV1>(black_box(payload)));
    });
    group.bench_function("envelope and a type with one member", |bencher| {
        bencher.iter(|| body::<Content>(black_box(payload)).and_then(|content| content.message?.content));
    });
    // The alternative: everything that is there, whether somebody wants it or not.
    group.bench_function("whole payload as serde_json::Value", |bencher| {
        bencher.iter(|| serde_json::from_slice::<Value>(black_box(payload)));
    });
    group.finish();
}

criterion_group!(events, reading);
criterion_main!(events);
