//! Frames of every kind, and the one counter that each of them ends in.

use super::*;

/// What a frame was counted as: (delivered, duplicate, malformed, refused, expired, ignored, control).
fn counted(story: &Story, before: Frames) -> [u64; 7] {
    let now = story.client.stats().frames;
    [
        now.delivered - before.delivered,
        now.duplicate - before.duplicate,
        now.malformed - before.malformed,
        now.refused - before.refused,
        now.expired - before.expired,
        now.ignored - before.ignored,
        now.control - before.control,
    ]
}

fn count_of(frame: Frame) -> ([u64; 7], usize) {
    let mut story = Story::ready(config());
    let before = story.client.stats().frames;
    story.frame(&frame);
    (counted(&story, before), story.sends())
}

const DELIVERED: [u64; 7] = [1, 0, 0, 0, 0, 0, 0];
const MALFORMED: [u64; 7] = [0, 0, 1, 0, 0, 0, 0];
const REFUSED: [u64; 7] = [0, 0, 0, 1, 0, 0, 0];
const IGNORED: [u64; 7] = [0, 0, 0, 0, 0, 1, 0];
const CONTROL: [u64; 7] = [0, 0, 0, 0, 0, 0, 1];

fn with_header(key: &str, value: Option<&str>) -> Frame {
    let mut frame = data("m1", &event("e1", "im.message.receive_v1"));
    frame.headers.retain(|header| header.key() != key);
    frame.headers.extend(value.map(|value| Header::new(key, value)));
    frame
}

#[test]
fn a_data_frame_is_known_by_its_type_and_unknown_ones_get_no_ack() {
    assert_eq!(count_of(with_header("type", Some("event"))), (DELIVERED, 0));
    for kind in [Some("ping"), Some("pong"), Some("Event"), Some(""), None] {
        assert_eq!(count_of(with_header("type", kind)), (IGNORED, 0), "{kind:?}");
    }
}

#[test]
fn methods_and_control_types_that_nobody_knows_are_ignored() {
    for method in [2, -1, i32::MAX] {
        assert_eq!(count_of(Frame { method: Some(method), ..data("m1", "{}") }), (IGNORED, 0));
    }
    for kind in ["event", "hello", ""] {
        let headers = [Header::new("type", kind)].into();
        assert_eq!(count_of(Frame { method: Some(0), headers, ..Frame::default() }), (IGNORED, 0));
    }
}

#[test]
fn pings_and_pongs_are_control() {
    let control = |kind| Frame { method: Some(0), headers: [Header::new("type", kind)].into(), ..Frame::default() };
    assert_eq!(count_of(control("pong")), (CONTROL, 0));
    assert_eq!(count_of(control("ping")), (CONTROL, 1));
}

#[test]
fn text_and_bytes_that_are_no_frame_do_no_harm_to_the_event_behind_them() {
    let mut story = Story::ready(config());
    let before = story.client.stats().frames;
    story.input(Input::Message { attempt: story.attempt, kind: MessageKind::Text, data: Bytes::from_static(b"hello") });
    story.binary(Bytes::from_static(&[0x0a, 0xff]));
    story.binary(Bytes::from_static(&[0xff; 40]));
    story.event("m1", "e1");
    assert_eq!(counted(&story, before), [1, 0, 2, 0, 0, 1, 0]);
    story.delivery();
}

#[test]
fn an_empty_message_is_a_frame_with_nothing_in_it() {
    let mut story = Story::ready(config());
    let before = story.client.stats();
    story.binary(Bytes::new());
    assert_eq!(counted(&story, before.frames), IGNORED);
    assert_eq!(story.client.stats().oddities.incomplete_frames, 1);
}

#[test]
fn a_frame_without_required_fields_is_taken_and_answered_with_them() {
    let mut story = Story::ready(config());
    let frame =
        Frame { seq_id: None, log_id: None, service: None, ..data("m1", &event("e1", "im.message.receive_v1")) };
    story.binary(prost::Message::encode_to_vec(&frame).into());
    let id = story.delivery().id();
    story.reply(id, Reply::ok()).unwrap();
    let ack = story.sent();
    assert_eq!((ack.seq_id, ack.log_id, ack.service, ack.method), (Some(0), Some(0), Some(0), Some(1)));
    assert_eq!(story.client.stats().oddities.incomplete_frames, 1);
}

#[test]
fn neither_a_message_id_nor_a_trace_id_is_needed_for_a_whole_message() {
    assert_eq!(count_of(with_header("message_id", None)), (DELIVERED, 0));
    assert_eq!(count_of(with_header("trace_id", None)), (DELIVERED, 0));
}

#[test]
fn without_a_usable_sum_a_message_is_whole() {
    for sum in [None, Some("1"), Some("0"), Some("-5"), Some("many"), Some("")] {
        assert_eq!(count_of(with_header("sum", sum)), (DELIVERED, 0), "{sum:?}");
    }
}

#[test]
fn the_first_of_two_equal_header_keys_counts() {
    let mut frame = data("m1", &event("e1", "im.message.receive_v1"));
    frame.headers.push(Header::new("type", "card"));
    frame.headers.push(Header::new("sum", "9"));
    assert_eq!(count_of(frame), (DELIVERED, 0));
}

#[test]
fn a_huge_number_of_parts_is_refused_before_it_sizes_anything() {
    for sum in ["1025", "2147483647", "4294967296", "99999999999999999999999999"] {
        assert_eq!(count_of(with_header("sum", Some(sum))), (REFUSED, 0), "{sum}");
    }
}

#[test]
fn a_part_out_of_range_or_without_a_name_is_malformed() {
    for seq in ["2", "-1", "x", "4294967296"] {
        let mut frame = with_header("sum", Some("2"));
        frame.headers.retain(|header| header.key() != "seq");
        frame.headers.push(Header::new("seq", seq));
        assert_eq!(count_of(frame), (MALFORMED, 0), "{seq}");
    }
    let mut nameless = with_header("sum", Some("2"));
    nameless.headers.retain(|header| header.key() != "message_id");
    assert_eq!(count_of(nameless), (MALFORMED, 0));
}

#[test]
fn a_card_frame_with_a_known_envelope_is_delivered_and_acked() {
    let mut story = Story::ready(config());
    let mut frame = data("m1", &event("e1", "card.action.trigger"));
    frame.headers[0] = Header::new("type", "card");
    story.frame(&frame);
    let id = story.delivery().id();
    story.reply(id, Reply::json("{}")).unwrap();
    assert_eq!(story.sent().header("type"), Some("card"));
}

#[test]
fn another_card_frame_is_dropped_with_advice_and_without_ack() {
    for payload in [r#"{"open_id":"ou_1","action":{"tag":"button"}}"#, "not json", ""] {
        let mut story = Story::ready(config());
        let mut frame = data("m1", payload);
        frame.headers[0] = Header::new("type", "card");
        story.frame(&frame);
        assert_eq!(story.dropped(), (DropReason::CardFrame, 1));
        assert_eq!((story.deliveries(), story.sends()), (0, 0));
        assert!(DropReason::CardFrame.to_string().contains("developer console"));
    }
}

#[test]
fn card_frames_can_be_switched_off() {
    let mut config = config();
    config.card_frames = false;
    let mut story = Story::ready(config);
    let mut frame = data("m1", &event("e1", "card.action.trigger"));
    frame.headers[0] = Header::new("type", "card");
    story.frame(&frame);
    assert_eq!(story.dropped(), (DropReason::CardFrame, 1));
}

#[test]
fn an_event_for_another_app_is_delivered_and_counted() {
    let mut story = Story::ready(config());
    story.frame(&data("m1", &event("e1", "im.message.receive_v1").replace(APP, "cli_ffffffffffffffff")));
    story.delivery();
    assert_eq!(story.client.stats().oddities.foreign_app, 1);
}

#[test]
fn too_many_or_too_long_headers_are_refused() {
    let mut many = data("m1", "{}");
    many.headers.extend((0..61).map(|n| Header::new(format!("h{n}"), "")));
    assert_eq!(count_of(many), (REFUSED, 0));
    let mut long = data("m1", "{}");
    long.headers.push(Header::new("h", "x".repeat(4096)));
    assert_eq!(count_of(long), (REFUSED, 0));
}

#[test]
fn parts_are_counted_with_their_message_and_every_frame_once() {
    let mut story = Story::ready(config());
    let before = story.client.stats().frames;
    let payload = event("e1", "im.message.receive_v1").into_bytes();
    story.frame(&part("m1", 3, 0, &payload[..10]));
    story.frame(&part("m1", 3, 2, &payload[30..]));
    story.frame(&part("m1", 3, 2, &payload[30..]));
    story.frame(&part("m1", 3, 2, b"something else"));
    assert_eq!(story.client.stats().parts_waiting, 2);
    assert_eq!(counted(&story, before), [0, 2, 0, 0, 0, 0, 0]);
    story.frame(&part("m1", 3, 1, &payload[10..30]));
    assert_eq!(counted(&story, before), [3, 2, 0, 0, 0, 0, 0]);
    assert_eq!(story.client.stats().oddities.conflicting_parts, 1);
    assert_eq!(story.delivery().payload(), payload);
}

#[test]
fn parts_whose_others_do_not_come_expire_by_the_timer_ten_seconds_after_the_first() {
    let mut story = Story::ready(config());
    story.frame(&part("m1", 3, 0, b"a"));
    story.pass(secs(9));
    story.frame(&part("m1", 3, 1, b"b"));
    story.pass(secs(1));
    assert_eq!(story.dropped(), (DropReason::Incomplete, 2));
    let stats = story.client.stats();
    assert_eq!((stats.frames.expired, stats.parts_waiting, stats.parts_bytes), (2, 0, 0));
}

#[test]
fn a_message_that_begins_anew_with_another_number_of_parts_gives_the_old_ones_up() {
    let mut story = Story::ready(config());
    let payload = event("e1", "im.message.receive_v1").into_bytes();
    story.frame(&part("m1", 5, 0, b"old"));
    story.frame(&part("m1", 2, 0, &payload[..10]));
    assert_eq!(story.dropped(), (DropReason::Restarted, 1));
    story.frame(&part("m1", 2, 1, &payload[10..]));
    assert_eq!(story.delivery().payload(), payload);
}

#[test]
fn parts_do_not_outlive_their_connection() {
    let mut story = Story::ready(config());
    let payload = event("e1", "im.message.receive_v1").into_bytes();
    story.frame(&part("m1", 2, 0, &payload[..10]));
    story.close(1001, "");
    assert_eq!(story.dropped(), (DropReason::ConnectionLost, 1));
    story.pass_to_deadline();
    story.connect();
    story.frame(&part("m1", 2, 1, &payload[10..]));
    assert_eq!((story.deliveries(), story.client.stats().parts_waiting), (0, 1));
}

#[test]
fn a_character_that_is_cut_by_a_split_is_whole_again() {
    let mut story = Story::ready(config());
    let payload = event("e1", "中.message.receive_v1").into_bytes();
    let cut = payload.windows(3).position(|bytes| bytes == "中".as_bytes()).unwrap() + 1;
    story.frame(&part("m1", 2, 0, &payload[..cut]));
    story.frame(&part("m1", 2, 1, &payload[cut..]));
    assert_eq!(story.delivery().event_type().unwrap().name, "中.message.receive_v1");
}

#[test]
fn copies_of_parts_that_come_after_their_message_are_duplicates_and_disturb_nobody() {
    let mut story = Story::ready(config());
    let payload = event("e1", "im.message.receive_v1").into_bytes();
    story.frame(&part("m1", 2, 0, &payload[..10]));
    story.frame(&part("m1", 2, 1, &payload[10..]));
    let id = story.delivery().id();
    story.reply(id, Reply::ok()).unwrap();
    story.said.clear();
    story.frame(&part("m1", 2, 1, &payload[10..]));
    story.pass(secs(11));
    assert_eq!(story.client.stats().frames.duplicate, 1);
    assert!(
        !story.said.iter().any(|output| matches!(output, Output::Notice(Notice::Dropped { .. }))),
        "{:?}",
        story.said
    );
}

#[test]
fn a_split_message_that_is_pushed_again_under_the_same_name_is_handled_again_if_it_failed() {
    let mut story = Story::ready(config());
    let payload = event("e1", "im.message.receive_v1").into_bytes();
    for attempt in 0..2 {
        story.frame(&part("m1", 2, 0, &payload[..10]));
        story.frame(&part("m1", 2, 1, &payload[10..]));
        let delivery = story.delivery();
        assert_eq!(delivery.seen_before(), attempt == 1);
        story.reply(delivery.id(), Reply::failed()).unwrap();
        story.pass(secs(2));
    }
}
