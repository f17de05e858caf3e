//! How often each step allocates, and how much. An ordinary test: neither depends on the machine.
#![allow(missing_docs)]

use allocation_counter::measure;
use bytes::Bytes;
use larkwire_benches::pushes::Pushes;
use larkwire_benches::samples;
use larkwire_benches::station::Station;
use larkwire_core::event::{Envelope, Event};
use larkwire_core::frame::{FrameLimits, RawFrame};
use larkwire_events::im::v1::MessageReceiveV1;

/// What one message costs a machine that has run for a while, from its frames to the ack. The mean over many, since
/// collections grow now and then.
fn per_message(bytes: usize, parts: usize) -> (f64, f64) {
    const MESSAGES: u32 = 1_000;
    let mut station = Station::open(|config| config.limits.dedup_entries = 500);
    let mut pushes = Pushes::new(bytes, parts);
    let (mut count, mut total) = (0, 0);
    for number in 0..3 * MESSAGES {
        let frames: Vec<Bytes> = pushes.next_push().map(Bytes::copy_from_slice).collect();
        let cost = measure(|| {
            let sent = frames.into_iter().filter_map(|data| station.take(data)).count();
            assert_eq!(sent, 1);
        });
        if number >= 2 * MESSAGES {
            count += cost.count_total;
            total += cost.bytes_total;
        }
    }
    (count as f64 / f64::from(MESSAGES), total as f64 / f64::from(MESSAGES))
}

#[track_caller]
fn assert_at_most(what: &str, measured: (f64, f64), most: (f64, f64)) {
    println!("{what}: {:.2} allocations, {:.0} bytes", measured.0, measured.1);
    assert!(measured.0 <= most.0 && measured.1 <= most.1, "{what}: {measured:?} is more than {most:?}");
}

#[test]
fn an_envelope_borrows_all_its_texts() {
    let event = samples::event(1, 1024);
    let cost = measure(|| assert!(Envelope::parse(event.as_bytes()).is_ok()));
    assert_eq!((cost.count_total, cost.bytes_total), (0, 0));
}

#[test]
fn a_long_text_is_read_into_the_room_that_it_needs() {
    let event = samples::event(1, 64 * 1024);
    let body = Envelope::parse(event.as_bytes()).unwrap().event.unwrap();
    let cost = measure(|| assert!(MessageReceiveV1::parse(body).is_ok()));
    // 18 texts and a list.
    assert!(cost.count_total <= 19 && cost.bytes_total <= 66 * 1024, "{cost:?}");
}

#[test]
fn a_frame_becomes_its_ack_with_two_allocations() {
    for bytes in [64, 1024, 64 * 1024] {
        let data = samples::frame(1, (0, 1), &vec![b'x'; bytes]);
        let limits = FrameLimits { headers: 64, header_bytes: 4 * 1024 };
        let cost = measure(|| {
            let frame = RawFrame::from_bytes(data.clone(), &limits).unwrap();
            assert!(frame.answer("biz_rt", "3", br#"{"code":200}"#).len() < 400);
        });
        // The ack, and the count of references that the first clone of the bytes makes.
        assert!(cost.count_total <= 2 && cost.bytes_total <= 320, "{cost:?}");
    }
}

#[test]
fn a_message_through_the_whole_machine() {
    assert_at_most("1 KiB", per_message(1024, 1), (6.0, 2_000.0));
    assert_at_most("64 KiB", per_message(64 * 1024, 1), (6.0, 950.0));
    assert_at_most("8 KiB in 4 parts", per_message(8 * 1024, 4), (10.0, 15_400.0));
}
