//! Frames as other implementations write them, read and written back byte for byte. They are data, from outside.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use bytes::Bytes;
use larkwire_core::frame::{Frame, FrameError, FrameLimits, Header, METHOD_CONTROL, METHOD_DATA, key};

const VECTORS: &str = include_str!("data/frames.txt");
const LIMITS: FrameLimits = FrameLimits { headers: 64, header_bytes: 4096 };
const SERVICE: i32 = 33_554_678;

/// Of each vector its name and its bytes.
fn vectors() -> Vec<(&'static str, Bytes)> {
    let mut lines = VECTORS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut vectors = Vec::new();
    while let Some(name) = lines.next() {
        let hex = lines.nth(1).unwrap();
        let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        vectors.push((name, (0..hex.len()).step_by(2).map(byte).collect()));
    }
    vectors
}

fn bytes(name: &str) -> Bytes {
    vectors().into_iter().find(|(found, _)| *found == name).unwrap().1
}

fn frame(name: &str) -> Frame {
    Frame::from_bytes(bytes(name), &LIMITS).unwrap()
}

fn decode(data: &[u8]) -> Result<Frame, FrameError> {
    Frame::from_bytes(Bytes::copy_from_slice(data), &LIMITS)
}

fn headers(frame: &Frame) -> Vec<(&str, &str)> {
    frame.headers.iter().map(|header| (header.key(), header.value())).collect()
}

fn text(frame: &Frame) -> &str {
    str::from_utf8(frame.payload.as_deref().unwrap()).unwrap()
}

/// A frame with these numbers and nothing else.
fn numbers(seq_id: u64, log_id: u64, service: i32, method: i32) -> Frame {
    let (seq_id, log_id, service, method) = (Some(seq_id), Some(log_id), Some(service), Some(method));
    Frame { seq_id, log_id, service, method, ..Frame::default() }
}

fn control(service: i32, kind: &str) -> Frame {
    Frame { headers: vec![Header::new(key::TYPE, kind)], ..numbers(0, 0, service, METHOD_CONTROL) }
}

fn event(seq_id: u64, log_id: u64, headers: &[(&str, &str)], payload: &str) -> Frame {
    Frame {
        headers: headers.iter().map(|(key, value)| Header::new(*key, *value)).collect(),
        payload: Some(payload.to_owned().into()),
        ..numbers(seq_id, log_id, SERVICE, METHOD_DATA)
    }
}

#[test]
fn all_vectors_are_there() {
    assert_eq!(vectors().len(), 19);
    let sizes: Vec<usize> = vectors().iter().map(|(_, bytes)| bytes.len()).collect();
    assert_eq!(sizes, [25, 22, 31, 57, 111, 25, 27, 173, 108, 107, 140, 95, 464, 112, 112, 113, 31, 30, 19]);
}

#[test]
fn every_valid_vector_is_written_back_as_it_came() {
    for (name, bytes) in vectors() {
        let frame = frame(name);
        if name == "ping_lc_rs" {
            assert!(!frame.is_complete());
            continue;
        }
        assert!(frame.is_complete(), "{name}");
        assert_eq!(frame.to_bytes(), bytes, "{name}");
    }
}

#[test]
fn pings_have_the_fields_that_their_writers_gave_them() {
    assert_eq!(frame("ping"), control(SERVICE, "ping"));
    assert_eq!(frame("ping_service_0"), control(0, "ping"));
    assert_eq!(frame("ping_negative"), control(-1, "ping"));
    let mut tagged = control(SERVICE, "ping");
    tagged.headers.push(Header::new(key::CHANNEL_TAG, "trusted_channel"));
    assert_eq!(frame("ping_channel_tag"), tagged);
}

#[test]
fn optional_texts_that_go_writes_empty_are_present_and_empty() {
    let empty = Some(String::new());
    let go = Frame {
        payload_encoding: empty.clone(),
        payload_type: empty.clone(),
        log_id_new: empty,
        ..control(SERVICE, "ping")
    };
    assert_eq!(frame("ping_go"), go);
    assert_ne!(frame("ping_go"), frame("ping"));
}

#[test]
fn an_absent_payload_is_not_an_empty_one() {
    assert_eq!(frame("pong_no_payload"), control(SERVICE, "pong"));
    assert_eq!(frame("pong_empty_payload"), Frame { payload: Some(Bytes::new()), ..control(SERVICE, "pong") });
    let settings = r#"{"ReconnectCount":-1,"ReconnectInterval":120,"ReconnectNonce":30,"PingInterval":120}"#;
    assert_eq!(frame("pong"), Frame { payload: Some(settings.into()), ..control(SERVICE, "pong") });
}

const SMALL: [(&str, &str); 5] =
    [("type", "event"), ("message_id", "m1"), ("sum", "1"), ("seq", "0"), ("trace_id", "t1")];

#[test]
fn a_small_event_has_its_headers_in_order() {
    let payload = r#"{"schema":"2.0","header":{"event_id":"e1","event_type":"im.message.receive_v1"},"event":{}}"#;
    assert_eq!(frame("event"), event(1, 2, &SMALL, payload));
}

#[test]
fn acks_of_all_writers_are_the_event_with_another_payload() {
    let mut with_time = SMALL.to_vec();
    with_time.push(("biz_rt", "3"));
    assert_eq!(frame("ack"), event(1, 2, &with_time, r#"{"code":200}"#));
    assert_eq!(frame("ack_python"), event(1, 2, &with_time, r#"{"code": 200}"#));
    assert_eq!(frame("ack_500_python"), event(1, 2, &SMALL, r#"{"code": 500}"#));
    let empty = Some(String::new());
    let go = Frame {
        payload_encoding: empty.clone(),
        payload_type: empty.clone(),
        log_id_new: empty,
        ..event(1, 2, &with_time, r#"{"code":200,"headers":null,"data":null}"#)
    };
    assert_eq!(frame("ack_go"), go);
}

#[test]
fn an_event_with_everything_keeps_all_64_bits_of_its_log_id() {
    let frame = frame("event_full");
    // Node, whose numbers are doubles, makes 7046029254386353152 of it.
    assert_eq!((frame.seq_id(), frame.log_id(), frame.service(), frame.method()), (1, 7046029254386353131, SERVICE, 1));
    let expected = [
        ("timestamp", "1608725989123"),
        ("type", "event"),
        ("message_id", "6fd2a3c1-0d1e-4c1b-9a53-1f2e3d4c5b6a"),
        ("sum", "1"),
        ("seq", "0"),
        ("trace_id", "0123456789abcdef0123456789abcdef"),
        ("instance_id", "aW5zdA=="),
    ];
    assert_eq!(headers(&frame), expected);
    assert_eq!(frame.payload_encoding.as_deref(), Some(""));
    assert_eq!(frame.payload_type.as_deref(), Some(""));
    assert_eq!(frame.log_id_new.as_deref(), Some("20201223201949010"));
    assert!(text(&frame).starts_with(r#"{"schema":"2.0","header":{"event_id":"5e3702a84e847582be8db7fb73283c02""#));
    assert_eq!(frame.payload.as_ref().map(Bytes::len), Some(233));
}

#[test]
fn three_parts_make_one_message() {
    let parts: Vec<Frame> = ["part_0", "part_1", "part_2"].into_iter().map(frame).collect();
    for (seq, part) in parts.iter().enumerate() {
        let ids = (10 + seq as u64, 20 + seq as u64);
        assert_eq!((part.seq_id(), part.log_id()), ids);
        let seq = seq.to_string();
        let expected = [("type", "event"), ("message_id", "m2"), ("sum", "3"), ("seq", &seq), ("trace_id", "t2")];
        assert_eq!(headers(part), expected);
    }
    let whole: String = parts.iter().map(text).collect();
    let expected = r#"{"schema":"2.0","header":{"event_id":"e2","event_type":"im.message.receive_v1"},"event":{}}"#;
    assert_eq!(whole, expected);
}

#[test]
fn the_largest_numbers_are_exact() {
    assert_eq!(frame("maxima"), numbers(u64::MAX, u64::MAX, i32::MAX, METHOD_DATA));
}

#[test]
fn a_frame_without_required_fields_reads_as_zero_and_is_mended_when_written() {
    let frame = frame("ping_lc_rs");
    assert_eq!((frame.seq_id, frame.log_id, frame.service, frame.method), (None, None, Some(SERVICE), None));
    assert_eq!((frame.seq_id(), frame.log_id(), frame.method()), (0, 0, METHOD_CONTROL));
    assert_eq!(frame.header(key::TYPE), Some("ping"));
    assert_eq!(frame.to_bytes(), bytes("ping"));
}

#[test]
fn a_vector_that_is_cut_off_is_malformed_or_a_frame_with_less_in_it() {
    for (name, bytes) in vectors() {
        let whole = frame(name);
        let mut accepted = 0;
        for end in 0..bytes.len() {
            match decode(&bytes[..end]) {
                // A cut between two fields leaves a smaller frame, whose fields are as they were.
                Ok(less) => {
                    accepted += 1;
                    assert!(less.seq_id.is_none() || less.seq_id == whole.seq_id, "{name} {end}");
                    assert!(whole.headers.starts_with(&less.headers), "{name} {end}");
                    assert!(less.payload.is_none() || less.payload == whole.payload, "{name} {end}");
                }
                Err(FrameError::Malformed(_)) => {}
                Err(error) => panic!("{name} {end}: {error}"),
            }
        }
        // One for each top-level field: the cut before it.
        let fields = [whole.seq_id.is_some(), whole.log_id.is_some(), whole.service.is_some(), whole.method.is_some()];
        let texts = [whole.payload_encoding.is_some(), whole.payload_type.is_some(), whole.log_id_new.is_some()];
        let present = fields.iter().chain(&texts).filter(|present| **present).count();
        assert_eq!(accepted, present + whole.headers.len() + usize::from(whole.payload.is_some()), "{name}");
    }
}

#[test]
fn what_follows_a_vector_is_read_as_more_fields() {
    for (name, bytes) in vectors() {
        let with = |suffix: &[u8]| decode(&[&bytes[..], suffix].concat());
        // Half a key, half a varint, field number 0, the end of a group that never began, a length beyond the end.
        for bad in [&[0x80][..], &[0x08], &[0x00], &[0x02, 0x00], &[0x2c], &[0x42, 0x01], &[0x0f, 0x00]] {
            assert!(matches!(with(bad), Err(FrameError::Malformed(_))), "{name} {bad:?}");
        }
        // An unknown field is skipped; a field that comes again replaces the first, as protobuf has it.
        assert_eq!(with(&[0xf8, 0x07, 0x01]).unwrap(), frame(name), "{name}");
        assert_eq!(with(&[0x08, 0x07]).unwrap(), Frame { seq_id: Some(7), ..frame(name) }, "{name}");
        let doubled = with(&bytes).unwrap();
        assert_eq!(doubled.headers.len(), 2 * frame(name).headers.len(), "{name}");
        assert_eq!(Frame { headers: frame(name).headers, ..doubled }, frame(name), "{name}");
    }
}

#[test]
fn a_flipped_bit_never_panics_and_what_is_accepted_can_be_written_and_read_again() {
    let mut malformed = 0;
    for (name, bytes) in vectors() {
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            match decode(&flipped) {
                Ok(frame) => {
                    let again = decode(&frame.to_bytes()).unwrap();
                    assert!(again.is_complete(), "{name} bit {bit}");
                    let numbers = |frame: &Frame| (frame.seq_id(), frame.log_id(), frame.service(), frame.method());
                    assert_eq!(numbers(&again), numbers(&frame), "{name} bit {bit}");
                    assert_eq!(headers(&again), headers(&frame), "{name} bit {bit}");
                    assert_eq!(again.payload, frame.payload, "{name} bit {bit}");
                    assert_eq!(again.payload_encoding, frame.payload_encoding, "{name} bit {bit}");
                    assert_eq!(again.payload_type, frame.payload_type, "{name} bit {bit}");
                    assert_eq!(again.log_id_new, frame.log_id_new, "{name} bit {bit}");
                }
                Err(FrameError::Malformed(_)) => malformed += 1,
                Err(FrameError::HeaderTooLong) => {}
                Err(error) => panic!("{name} bit {bit}: {error}"),
            }
        }
    }
    assert!(malformed > 1_000, "{malformed}");
}
