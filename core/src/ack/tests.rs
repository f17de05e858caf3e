#![allow(clippy::arithmetic_side_effects)]

use alloc::string::String;
use core::time::Duration;

use super::*;
use crate::frame::FrameLimits;
use crate::reply::Reply;

/// Bytes of other implementations.
const VECTORS: &str = include_str!("../../tests/data/frames.txt");
const LIMITS: FrameLimits = FrameLimits { headers: 64, header_bytes: 4096 };

fn vector(name: &str) -> Bytes {
    let hex = VECTORS.lines().skip_while(|line| *line != name).nth(2).unwrap();
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(byte).collect()
}

fn decode(data: Bytes) -> Frame {
    Frame::from_bytes(data, &LIMITS).unwrap()
}

fn raw(name: &str) -> RawFrame {
    RawFrame::from_bytes(vector(name), &LIMITS).unwrap()
}

/// The ack of a vector that came at 1 s, encoded so much later.
fn ack_of(name: &str, ms: u64, reply: Reply) -> Bytes {
    let now = Time::from_millis(1_000).after(Duration::from_millis(ms));
    let [whole, head] = [raw(name), raw(name).without_payload()]
        .map(|frame| encode(&frame, Time::from_millis(1_000), now, &reply.outcome));
    assert_eq!(whole, head, "the payload makes no difference");
    whole
}

fn text(data: Bytes) -> String {
    String::from_utf8(decode(data).payload.unwrap().into()).unwrap()
}

#[test]
fn our_ping_is_that_of_the_other_clients() {
    assert_eq!(ping(33_554_678, None), vector("ping"));
    assert_eq!(ping(0, None), vector("ping_service_0"));
    assert_eq!(ping(-1, None), vector("ping_negative"));
}

#[test]
fn a_channel_tag_goes_into_the_ping_after_the_type() {
    assert_eq!(ping(33_554_678, Some("trusted_channel")), vector("ping_channel_tag"));
}

#[test]
fn our_pong_has_the_bytes_of_the_platforms_with_the_ids_of_its_ping() {
    assert_eq!(pong(&raw("ping")), vector("pong_no_payload"));
    assert_eq!(pong(&raw("ping_go")), vector("pong_no_payload"));
    let ping = Frame { seq_id: Some(u64::MAX), log_id: Some(5), ..decode(vector("ping")) };
    let pong = decode(pong(&RawFrame::from(&ping)));
    assert_eq!((pong.seq_id(), pong.log_id(), pong.service()), (u64::MAX, 5, 33_554_678));
}

#[test]
fn a_ping_without_required_fields_gets_a_complete_pong() {
    assert_eq!(pong(&raw("ping_lc_rs")), vector("pong_no_payload"));
}

#[test]
fn our_ack_is_that_of_node_java_and_rust_clients() {
    assert_eq!(ack_of("event", 3, Reply::ok()), vector("ack"));
}

#[test]
fn the_ack_of_an_event_with_everything_changes_the_payload_and_appends_the_time() {
    let event = decode(vector("event_full"));
    let ack = decode(ack_of("event_full", 0, Reply::ok()));
    let mut headers = event.headers.clone();
    headers.push(Header::new("biz_rt", "0"));
    assert_eq!(ack, Frame { headers, payload: Some(r#"{"code":200}"#.into()), ..event });
}

#[test]
fn the_ack_of_a_split_message_carries_the_seq_of_the_part_that_completed_it() {
    let ack = decode(ack_of("part_1", 12, Reply::ok()));
    assert_eq!((ack.seq_id(), ack.log_id()), (11, 21));
    assert_eq!((ack.header("sum"), ack.header("seq"), ack.header("biz_rt")), (Some("3"), Some("1"), Some("12")));
}

#[test]
fn optional_texts_stay_absent_or_empty_as_they_came() {
    let of = |name| decode(ack_of(name, 0, Reply::ok()));
    assert_eq!((of("event").payload_type, of("event").log_id_new), (None, None));
    assert_eq!(of("ack_go").payload_type.as_deref(), Some(""));
    assert_eq!(of("event_full").log_id_new.as_deref(), Some("20201223201949010"));
}

#[test]
fn an_ack_of_an_incomplete_frame_is_complete() {
    let ack = decode(ack_of("ping_lc_rs", 0, Reply::ok()));
    assert!(ack.is_complete());
}

#[test]
fn the_data_of_an_answer_is_standard_base64_with_padding() {
    let data = |json: &'static str| text(ack_of("event", 0, Reply::json(json)));
    // From the Go SDK, and from RFC 4648 by way of its test vectors.
    assert_eq!(data("{}"), r#"{"code":200,"data":"e30="}"#);
    assert_eq!(data("foobar"), r#"{"code":200,"data":"Zm9vYmFy"}"#);
    assert_eq!(data("foob"), r#"{"code":200,"data":"Zm9vYg=="}"#);
    assert_eq!(data("???>>>"), r#"{"code":200,"data":"Pz8/Pj4+"}"#);
    assert_eq!(data("完成"), r#"{"code":200,"data":"5a6M5oiQ"}"#);
}

#[test]
fn nothing_to_say_is_no_data_and_a_failure_is_500() {
    assert_eq!(text(ack_of("event", 0, Reply::ok())), r#"{"code":200}"#);
    assert_eq!(text(ack_of("event", 0, Reply::failed())), r#"{"code":500}"#);
}

#[test]
fn a_failure_has_its_time_too() {
    assert_eq!(decode(ack_of("event", 2_900, Reply::failed())).header("biz_rt"), Some("2900"));
}

#[test]
fn the_time_is_whole_milliseconds_and_never_negative() {
    let at = |time: Time| decode(encode(&raw("event"), Time::from_millis(1_000), time, &Outcome::Done(None)));
    assert_eq!(at(Time::new(Duration::from_nanos(1_003_999_999))).header("biz_rt"), Some("3"));
    // Node swaps the operands, and sends negative times.
    assert_eq!(at(Time::ZERO).header("biz_rt"), Some("0"));
}
