#![allow(clippy::arithmetic_side_effects)]

use alloc::format;
use alloc::string::ToString;
use alloc::vec;

use super::*;

const LIMITS: FrameLimits = FrameLimits { headers: 3, header_bytes: 40 };
/// A frame with the four required fields and nothing else: 1, 2, 3, 1.
const PLAIN: [u8; 8] = [0x08, 1, 0x10, 2, 0x18, 3, 0x20, 1];

fn decode(data: &[u8]) -> Result<Frame, FrameError> {
    Frame::from_bytes(Bytes::copy_from_slice(data), &LIMITS)
}

/// The plain frame with these bytes behind it.
fn with(more: &[u8]) -> Result<Frame, FrameError> {
    decode(&[&PLAIN, more].concat())
}

fn plain() -> Frame {
    Frame { seq_id: Some(1), log_id: Some(2), service: Some(3), method: Some(1), ..Frame::default() }
}

#[track_caller]
fn malformed(result: Result<Frame, FrameError>) {
    assert!(matches!(result, Err(FrameError::Malformed(_))), "{result:?}");
}

/// Field 5 with a header of this content.
fn header(content: &[u8]) -> Vec<u8> {
    [&[0x2a, content.len() as u8], content].concat()
}

#[test]
fn no_bytes_at_all_are_a_frame_of_zeros() {
    let frame = decode(&[]).unwrap();
    assert_eq!(frame, Frame::default());
    assert!(!frame.is_complete());
    assert_eq!((frame.seq_id(), frame.log_id(), frame.service(), frame.method()), (0, 0, 0, METHOD_CONTROL));
}

#[test]
fn a_varint_of_more_than_ten_bytes_is_malformed() {
    malformed(decode(&[0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]));
    malformed(decode(&[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]));
    malformed(decode(&[0x08, 0xff]));
    malformed(decode(&[0x08]));
}

#[test]
fn a_known_field_of_the_wrong_wire_type_is_malformed() {
    for field in 1..=4u8 {
        malformed(decode(&[field << 3 | 2, 0]));
        malformed(decode(&[field << 3 | 1, 0, 0, 0, 0, 0, 0, 0, 0]));
        malformed(decode(&[field << 3 | 5, 0, 0, 0, 0]));
        malformed(decode(&[field << 3 | 3, field << 3 | 4]));
    }
    for field in 5..=9u8 {
        malformed(decode(&[field << 3, 0]));
        malformed(decode(&[field << 3 | 1, 0, 0, 0, 0, 0, 0, 0, 0]));
        malformed(decode(&[field << 3 | 5, 0, 0, 0, 0]));
        malformed(decode(&[field << 3 | 3, field << 3 | 4]));
    }
    malformed(with(&header(&[0x08, 0])));
    malformed(with(&header(&[0x10, 0])));
}

#[test]
fn a_wire_type_that_does_not_exist_is_malformed() {
    malformed(with(&[0xf8 | 6, 0x07, 0]));
    malformed(with(&[0xf8 | 7, 0x07, 0]));
    malformed(with(&[0x00, 0]));
}

#[test]
fn text_that_is_not_utf8_is_malformed_but_a_payload_may_be_anything() {
    for field in [0x32, 0x3a, 0x4a] {
        malformed(with(&[field, 1, 0xff]));
        malformed(with(&[field, 2, 0xe4, 0xb8]));
    }
    malformed(with(&header(&[0x0a, 1, 0x80, 0x12, 0])));
    malformed(with(&header(&[0x0a, 1, b'k', 0x12, 1, 0x80])));
    assert_eq!(with(&[0x42, 2, 0xff, 0x00]).unwrap().payload.as_deref(), Some(&[0xff, 0x00][..]));
}

#[test]
fn a_length_beyond_the_end_is_malformed() {
    for field in [0x2a, 0x32, 0x3a, 0x42, 0x4a] {
        malformed(with(&[field, 1]));
        malformed(with(&[field]));
    }
    // 2^63 and 2^64-1 bytes: nothing of that size is tried.
    for field in [0x32, 0x3a, 0x42, 0x4a, 0x7a] {
        malformed(with(&[field, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]));
        malformed(with(&[field, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0]));
    }
    // Inside a header the end is that of the header.
    malformed(with(&[&[0x2a, 3, 0x0a, 4, b'k'][..], b"eys"].concat()));
}

#[test]
fn unknown_fields_of_every_kind_are_skipped() {
    assert_eq!(with(&[0x50, 0xff, 0x01]), Ok(plain()));
    assert_eq!(with(&[0x51, 1, 2, 3, 4, 5, 6, 7, 8]), Ok(plain()));
    assert_eq!(with(&[0x55, 1, 2, 3, 4]), Ok(plain()));
    assert_eq!(with(&[0x52, 2, 0xff, 0xff]), Ok(plain()));
    // The largest field number there is, 2^29-1.
    assert_eq!(with(&[0xf8, 0xff, 0xff, 0xff, 0x0f, 0]), Ok(plain()));
    let in_header = header(&[0x0a, 1, b'k', 0x18, 5, 0x12, 1, b'v', 0x23, 0x24]);
    assert_eq!(with(&in_header).unwrap().headers, [Header::new("k", "v")]);
}

#[test]
fn unknown_groups_are_skipped_nested_ones_too_unless_they_never_end() {
    assert_eq!(with(&[0x53, 0x54]), Ok(plain()));
    // Field 10 holds field 11 holds a number, a text and, of no consequence here, something numbered like a header.
    assert_eq!(with(&[0x53, 0x5b, 0x08, 1, 0x2a, 1, b'x', 0x5c, 0x08, 0x02, 0x54, 0x20, 5]).unwrap().method(), 5);
    malformed(with(&[0x53]));
    malformed(with(&[0x53, 0x5b, 0x54]));
    malformed(with(&[0x53, 0x5c]));
    malformed(with(&[0x54]));
}

#[test]
fn groups_that_are_nested_without_end_do_not_exhaust_the_stack() {
    malformed(decode(&vec![0x53; 1_000_000]));
    malformed(with(&header(&[0x53; 35])));
    let deep = [vec![0x53; 50_000], vec![0x54; 50_000]].concat();
    malformed(decode(&deep));
}

#[test]
fn presence_of_the_optional_texts_is_preserved() {
    for (tag, text) in [(0x32u8, &b""[..]), (0x3a, b""), (0x4a, b""), (0x32, b"gzip"), (0x3a, b"json"), (0x4a, b"7")] {
        let bytes = [&PLAIN[..], &[tag, text.len() as u8], text].concat();
        let frame = decode(&bytes).unwrap();
        let present = [&frame.payload_encoding, &frame.payload_type, &frame.log_id_new];
        assert_eq!(present.into_iter().flatten().count(), 1);
        assert_eq!(frame.to_bytes(), bytes);
    }
    assert_eq!(decode(&PLAIN).unwrap().to_bytes(), &PLAIN[..]);
}

#[test]
fn ids_have_all_64_bits() {
    for id in [0, 1, (1 << 53) + 1, u64::MAX - 1, u64::MAX] {
        let frame = Frame { seq_id: Some(id), log_id: Some(!id), ..plain() };
        let again = decode(&frame.to_bytes()).unwrap();
        assert_eq!((again.seq_id(), again.log_id()), (id, !id));
    }
}

#[test]
fn a_negative_service_takes_ten_bytes() {
    let frame = Frame { service: Some(-1), ..plain() };
    let bytes = [0x08, 1, 0x10, 2, 0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x20, 1];
    assert_eq!(frame.to_bytes(), &bytes[..]);
    assert_eq!(decode(&bytes).unwrap().service(), -1);
    assert_eq!(decode(&Frame { service: Some(i32::MIN), ..plain() }.to_bytes()).unwrap().service(), i32::MIN);
}

#[test]
fn what_proto2_requires_is_always_written() {
    assert_eq!(Frame::default().to_bytes(), &[0x08, 0, 0x10, 0, 0x18, 0, 0x20, 0][..]);
    let bare = Frame { headers: vec![Header { key: None, value: None }], ..Frame::default() };
    assert_eq!(bare.to_bytes(), &[0x08, 0, 0x10, 0, 0x18, 0, 0x20, 0, 0x2a, 4, 0x0a, 0, 0x12, 0][..]);
    let zeros = Frame { seq_id: Some(0), log_id: Some(0), service: Some(0), method: Some(0), ..Frame::default() };
    assert_eq!(zeros.to_bytes(), &[0x08, 0, 0x10, 0, 0x18, 0, 0x20, 0][..]);
}

#[test]
fn a_frame_is_complete_only_with_all_required_fields_of_its_headers() {
    assert!(plain().is_complete());
    let with_header = |key: Option<&str>, value: Option<&str>| {
        let header = Header { key: key.map(ToString::to_string), value: value.map(ToString::to_string) };
        Frame { headers: vec![header], ..plain() }.is_complete()
    };
    assert!(with_header(Some(""), Some("")));
    assert!(!with_header(Some("type"), None));
    assert!(!with_header(None, Some("ping")));
    assert!(!Frame { seq_id: None, ..plain() }.is_complete());
    assert!(!Frame { log_id: None, ..plain() }.is_complete());
    assert!(!Frame { service: None, ..plain() }.is_complete());
    assert!(!Frame { method: None, ..plain() }.is_complete());
}

#[test]
fn of_a_repeated_header_the_first_counts_and_names_are_case_sensitive() {
    let headers = vec![Header::new("Type", "no"), Header::new("type", "event"), Header::new("type", "ping")];
    let frame = Frame { headers, ..plain() };
    assert_eq!(frame.header("type"), Some("event"));
    assert_eq!(frame.header("Type"), Some("no"));
    assert_eq!(frame.header("TYPE"), None);
    assert_eq!(decode(&frame.to_bytes()).unwrap(), frame);
}

#[test]
fn a_header_that_is_there_but_empty_is_not_an_absent_one() {
    let frame = with(&header(&[0x0a, 1, b'k'])).unwrap();
    assert_eq!(frame.header("k"), Some(""));
    assert_eq!(frame.headers[0].value, None);
    assert_eq!(frame.header(""), None);
}

#[test]
fn headers_up_to_the_limit_are_read_and_one_more_is_too_many() {
    let three = header(&[]).repeat(3);
    assert_eq!(with(&three).unwrap().headers.len(), 3);
    assert_eq!(with(&[three, header(&[])].concat()), Err(FrameError::TooManyHeaders));
    // Other fields between them make no difference.
    let scattered = [header(&[]), vec![0x20, 1]].concat().repeat(4);
    assert_eq!(decode(&scattered), Err(FrameError::TooManyHeaders));
}

#[test]
fn a_header_up_to_the_limit_is_read_and_a_longer_one_is_not() {
    let with_value = |length: u8| header(&[&[0x0a, 1, b'k', 0x12, length][..], &vec![b'v'; length.into()]].concat());
    assert_eq!(with(&with_value(35)).unwrap().headers[0].value().len(), 35);
    assert_eq!(with(&with_value(36)), Err(FrameError::HeaderTooLong));
    // It is refused by what it claims, before a byte of it is looked at.
    assert_eq!(with(&[0x2a, 41]), Err(FrameError::HeaderTooLong));
    let huge = [0x2a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    assert_eq!(with(&huge), Err(FrameError::HeaderTooLong));
    assert_eq!(with(&[0x2a, 40]).map_err(|error| matches!(error, FrameError::Malformed(_))), Err(true));
}

#[test]
fn limits_come_before_what_is_malformed_further_on() {
    let flood = [header(&[]).repeat(4), vec![0xff]].concat();
    assert_eq!(decode(&flood), Err(FrameError::TooManyHeaders));
}

#[test]
fn the_payload_is_a_slice_of_what_came() {
    let data = Bytes::from([&PLAIN[..], &[0x42, 3, b'a', b'b', b'c']].concat());
    let frame = Frame::from_bytes(data.clone(), &LIMITS).unwrap();
    let payload = frame.payload.unwrap();
    assert_eq!(payload.as_ptr(), data[10..].as_ptr());
    assert_eq!(payload, "abc");
}

#[test]
fn debug_shows_the_length_of_the_payload_and_nothing_of_it() {
    let shown = format!("{:?}", Frame { payload: Some("private words".into()), ..plain() });
    assert!(shown.contains("payload_bytes: Some(13)"), "{shown}");
    assert!(!shown.contains("private"), "{shown}");
}

#[test]
fn errors_say_what_the_peer_did() {
    assert_eq!(FrameError::TooManyHeaders.to_string(), "the peer sent a frame with too many headers");
    assert_eq!(FrameError::HeaderTooLong.to_string(), "the peer sent a frame with an oversized header");
    let error = decode(&[0x08]).unwrap_err().to_string();
    assert!(error.starts_with("the peer sent bytes that are not a frame: "), "{error}");
}

#[test]
fn the_headers_behind_those_of_another_frame_are_told_only_if_the_frame_begins_with_them() {
    let raw = |names: &[&str]| {
        let headers = names.iter().map(|name| Header::new(*name, "v")).collect();
        RawFrame::from(&Frame { headers, ..plain() })
    };
    let added = |of: &[&str], first: &[&str]| {
        raw(of).headers_after(&raw(first)).map(|added| added.map(|(key, _)| key.to_string()).collect::<Vec<_>>())
    };
    assert_eq!(added(&["a", "b", "c"], &["a", "b"]).unwrap(), ["c"]);
    assert_eq!(added(&["a", "b"], &["a", "b"]).unwrap().len(), 0);
    assert_eq!(added(&["a", "b"], &[]).unwrap(), ["a", "b"]);
    assert_eq!(added(&["b", "a"], &["a"]), None);
    assert_eq!(added(&["a"], &["a", "b"]), None);
}

#[test]
fn a_raw_data_frame_has_the_bytes_that_the_codec_writes() {
    for (service, payload) in [(33_554_678, &b"{}"[..]), (0, b""), (-1, &[7; 300])] {
        let headers = [("type", "event"), ("empty", "")];
        let raw = RawFrame::data(u64::MAX, 0, service, &headers, payload);
        let frame = Frame {
            seq_id: Some(u64::MAX),
            log_id: Some(0),
            service: Some(service),
            method: Some(METHOD_DATA),
            headers: headers.iter().map(|(key, value)| Header::new(*key, *value)).collect(),
            payload: Some(Bytes::copy_from_slice(payload)),
            ..Frame::default()
        };
        assert_eq!(raw.to_bytes(), frame.to_bytes());
        assert_eq!(raw.clone().into_bytes(), frame.to_bytes());
        assert_eq!(raw.payload_bytes(), Some(payload));
        assert_eq!(raw.headers().collect::<Vec<_>>(), headers);
        assert_eq!(raw.without_payload().to_bytes(), Frame { payload: None, ..frame }.to_bytes());
    }
}
