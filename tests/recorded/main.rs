//! Our codec on frames that official SDKs sent (`tests/vectors/`).

use bytes::Bytes;
use larkwire_core::frame::{Frame, FrameLimits, METHOD_CONTROL, METHOD_DATA};

const PYTHON: &str = include_str!("../vectors/lark-oapi-1.7.5.hex");
const NODE: &str = include_str!("../vectors/node-sdk-1.74.0.hex");

const LIMITS: FrameLimits = FrameLimits { headers: 64, header_bytes: 4096 };

fn frames(recording: &str) -> impl Iterator<Item = (Bytes, Frame)> {
    recording.lines().map(|line| {
        let digit = |digit: u8| char::from(digit).to_digit(16).expect("a hexadecimal digit") as u8;
        let bytes: Bytes = line.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect();
        let frame = Frame::from_bytes(bytes.clone(), &LIMITS).expect("a frame");
        (bytes, frame)
    })
}

#[test]
fn every_recorded_frame_is_complete_and_comes_back_byte_for_byte() {
    for recording in [PYTHON, NODE] {
        assert_eq!(frames(recording).count(), 11);
        for (bytes, frame) in frames(recording) {
            assert!(frame.is_complete());
            assert_eq!(frame.to_bytes(), bytes);
        }
    }
}

#[test]
fn each_sdk_sent_one_ping_and_ten_acks_with_a_code_of_200() {
    for recording in [PYTHON, NODE] {
        let of = |method| frames(recording).map(|(_, frame)| frame).filter(move |frame| frame.method() == method);
        let pings: Vec<Frame> = of(METHOD_CONTROL).collect();
        assert_eq!(pings.len(), 1);
        assert_eq!((pings[0].header("type"), pings[0].service(), pings[0].log_id()), (Some("ping"), 33_554_678, 0));
        for ack in of(METHOD_DATA) {
            let answer: serde_json::Value = serde_json::from_slice(ack.payload()).expect("JSON");
            assert_eq!((&answer["code"], ack.header("type")), (&200.into(), Some("event")));
        }
    }
}

#[test]
fn the_ack_of_a_split_message_carries_the_headers_of_the_part_that_came_last() {
    for recording in [PYTHON, NODE] {
        let split =
            frames(recording).find(|(_, frame)| frame.header("sum") == Some("3")).expect("one in three parts").1;
        assert_eq!(split.header("seq"), Some("1"));
    }
}

#[test]
fn python_keeps_ids_of_64_bits_and_node_rounds_them_to_what_a_double_can_hold() {
    let rounded =
        |recording| frames(recording).filter(|(_, frame)| frame.log_id() as f64 as u64 == frame.log_id()).count();
    // The ping has the id 0, which needs no rounding.
    assert_eq!((rounded(PYTHON), rounded(NODE)), (1, 11));
}
