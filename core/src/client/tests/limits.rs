//! What happens at each bound: never a bigger queue, never a silent loss.

use super::*;

#[test]
fn at_the_bound_of_unanswered_deliveries_reading_stops_and_goes_on_with_the_next_answer() {
    let mut config = config();
    config.limits.unanswered = 3;
    let mut story = Story::ready(config);
    let ids: Vec<DeliveryId> = (0..3).map(|n| story.delivered("m", &format!("e{n}"))).collect();
    assert!(!story.client.wants_input());
    story.reply(ids[1], Reply::ok()).unwrap();
    assert!(story.client.wants_input());
}

#[test]
fn unanswered_payloads_are_weighed_as_well_as_counted() {
    let mut config = config();
    config.limits.unanswered_bytes = 1_000;
    let mut story = Story::ready(config);
    let payload = event("e1", "im.message.receive_v1") + &" ".repeat(2_000);
    let frame = data("m1", &payload);
    story.frame(&frame);
    let id = story.delivery().id();
    assert!(!story.client.wants_input());
    assert_eq!(story.client.stats().unanswered_bytes, frame.to_bytes().len());
    story.event("m2", "e2");
    assert_eq!(story.dropped(), (DropReason::NoRoom, 1));
    story.reply(id, Reply::ok()).unwrap();
    assert!(story.client.wants_input());
    assert_eq!(story.client.stats().unanswered_bytes, 0);
}

#[test]
fn headers_are_weighed_with_the_payload_and_so_are_those_of_duplicates_that_wait() {
    let heavy = |message_id: &str, event_id: &str| {
        let mut frame = data(message_id, &event(event_id, "im.message.receive_v1"));
        frame.headers.extend((0..50).map(|n| Header::new(format!("key {n}"), "x".repeat(4_000))));
        frame
    };
    for end in 0..3 {
        let mut config = config();
        config.limits.unanswered_bytes = 1_000_000;
        let mut story = Story::ready(config);
        story.frame(&heavy("m0", "e1"));
        let id = story.delivery().id();
        for n in 1..5 {
            assert!(story.client.wants_input(), "after {n}");
            story.frame(&heavy(&format!("m{n}"), "e1"));
        }
        assert!(!story.client.wants_input(), "five times 200 kB");
        match end {
            0 => assert_eq!(story.reply(id, Reply::ok()), Ok(Replied::Sent)),
            1 => {
                assert_eq!(story.client.acknowledge(story.now, id), Ok(Replied::Sent));
                assert!((200_000..210_000).contains(&story.client.stats().unanswered_bytes));
                assert_eq!(story.reply(id, Reply::ok()), Ok(Replied::AlreadyAnswered));
            }
            _ => {
                story.fail(LinkErrorKind::Reset);
                assert!((200_000..210_000).contains(&story.client.stats().unanswered_bytes));
                assert_eq!(story.reply(id, Reply::ok()), Ok(Replied::ConnectionLost));
            }
        }
        assert_eq!(story.client.stats().unanswered_bytes, 0, "end {end}");
    }
}

#[test]
fn texts_that_an_ack_would_echo_are_limited() {
    for field in 0..3 {
        let mut frame = data("m1", &event("e1", "im.message.receive_v1"));
        let text = Some("x".repeat(4_097));
        match field {
            0 => frame.payload_encoding = text,
            1 => frame.payload_type = text,
            _ => frame.log_id_new = text,
        }
        let mut story = Story::ready(config());
        story.frame(&frame);
        assert_eq!(story.dropped(), (DropReason::TooLarge("bytes of a header"), 1));
        assert_eq!(story.deliveries(), 0);
    }
}

#[test]
fn a_driver_that_reads_on_regardless_loses_the_message_with_a_notice_and_without_ack() {
    let mut config = config();
    config.limits.unanswered = 1;
    let mut story = Story::ready(config);
    story.delivered("m1", "e1");
    story.event("m2", "e2");
    story.event("m3", "e1");
    assert_eq!(story.dropped(), (DropReason::NoRoom, 1));
    assert_eq!(story.dropped(), (DropReason::NoRoom, 1));
    assert_eq!((story.sends(), story.client.stats().frames.refused), (0, 2));
}

#[test]
fn waiting_duplicates_count_as_unanswered() {
    let mut config = config();
    config.limits.unanswered = 3;
    let mut story = Story::ready(config);
    let id = story.delivered("m1", "e1");
    story.event("m2", "e1");
    story.event("m3", "e1");
    assert!(!story.client.wants_input());
    story.reply(id, Reply::ok()).unwrap();
    assert_eq!((story.sends(), story.client.stats().unanswered), (3, 0));
}

#[test]
fn a_payload_over_the_limit_closes_with_1009_and_does_not_reset_the_backoff() {
    let mut config = config();
    config.limits.payload = 1_000;
    let mut story = Story::new(config);
    story.discovered_with(r#"{"ReconnectInterval":4,"ReconnectNonce":0}"#);
    let mut waits = Vec::new();
    for _ in 0..3 {
        story.opened();
        story.pass(secs(15));
        story.said.clear();
        story.frame(&data("poison", &" ".repeat(1_001)));
        assert_eq!(story.dropped().0, DropReason::TooLarge("bytes in a message"));
        assert_eq!(story.closes(), Close::Graceful { code: 1009, reason: "message too large" });
        assert_eq!(story.client.status(), Status::Closing);
        story.close(1009, "");
        let (failure, wait) = story.disconnected();
        assert_eq!(failure, Failure::MessageTooLarge);
        waits.push(wait.unwrap());
        story.pass_to_deadline();
        story.discovered_with("{}");
    }
    assert!(waits[0] < waits[1] && waits[1] < waits[2] && waits[2] >= secs(16), "{waits:?}");
}

#[test]
fn a_socket_that_gives_up_on_a_message_is_closed_with_1009_too() {
    let mut story = Story::ready(config());
    story.fail(LinkErrorKind::TooLarge);
    assert_eq!(story.closes(), Close::Graceful { code: 1009, reason: "message too large" });
    assert_eq!(story.pass_to_deadline(), secs(5));
    assert_eq!(story.closes(), Close::Abort);
    assert_eq!(story.disconnected().0, Failure::MessageTooLarge);
    assert_eq!(story.client.stats().frames.refused, 1);
}

#[test]
fn parts_that_are_too_large_together_are_given_up_and_the_next_event_is_not() {
    let mut config = config();
    config.limits.payload = 1_000;
    let mut story = Story::ready(config);
    story.frame(&part("m1", 3, 0, &[b' '; 600]));
    story.frame(&part("m1", 3, 1, &[b' '; 600]));
    assert_eq!(story.dropped(), (DropReason::TooLarge("bytes in a message"), 2));
    story.event("m2", "e2");
    story.delivery();
    assert_eq!(story.client.stats().frames.refused, 2);
}

#[test]
fn a_flood_of_half_messages_costs_bounded_memory_and_does_not_keep_a_whole_one_out() {
    let mut story = Story::ready(config());
    for n in 0..10_000 {
        story.frame(&part(&format!("flood-{n}"), 1_024, 7, &[0; 4_096]));
        story.said.clear();
        assert!(story.client.stats().parts_bytes <= 32 * 1024 * 1024);
    }
    assert_eq!(story.client.stats().parts_waiting, 256);
    let payload = event("e1", "im.message.receive_v1").into_bytes();
    story.frame(&part("m1", 2, 0, &payload[..10]));
    story.frame(&part("m1", 2, 1, &payload[10..]));
    story.delivery();
    let stats = story.client.stats();
    assert_eq!(stats.frames.total() + stats.parts_waiting, 1 + 10_000 + 2);
}

#[test]
fn empty_parts_take_room_as_well() {
    let mut config = config();
    config.limits.open_bytes = 64 * 1024;
    let mut story = Story::ready(config);
    for n in 0..10u32 {
        for seq in 0..1_000 {
            story.frame(&part(&format!("m{n}"), 1_001, seq, b""));
        }
    }
    // One message cannot be given up for itself; so the bound is met by the others.
    assert!(story.client.stats().parts_bytes <= 1_001 * 96 + 1_024);
}

#[test]
fn when_many_messages_expire_together_it_is_one_notice() {
    let mut story = Story::ready(config());
    for n in 0..200 {
        story.frame(&part(&format!("m{n}"), 2, 0, b"x"));
    }
    story.said.clear();
    story.pass(secs(10));
    assert_eq!(story.dropped(), (DropReason::Incomplete, 200));
    assert_eq!(story.count(|output| matches!(output, Output::Notice(Notice::Dropped { .. }))), 0);
}

#[test]
fn a_connection_on_which_nothing_makes_sense_is_replaced_after_ten_thousand_messages_in_a_minute() {
    let mut story = Story::ready(config());
    for _ in 0..10_000 {
        story.binary(Bytes::from_static(b"\xff"));
        story.said.clear();
    }
    assert!(matches!(story.client.status(), Status::Open { .. }));
    story.event("m1", "e1");
    story.delivery();
    story.binary(Bytes::from_static(b"\xff"));
    assert_eq!(story.closes(), Close::Abort);
    assert_eq!(story.disconnected().0, Failure::TooManyBadMessages);
}

#[test]
fn pongs_that_make_no_sense_are_bad_messages_too() {
    let mut story = Story::ready(config());
    for _ in 0..10_001 {
        story.pong("{");
    }
    assert_eq!(story.disconnected().0, Failure::TooManyBadMessages);
    assert_eq!(story.client.stats().oddities.bad_pongs, 10_001);
}

#[test]
fn bad_messages_that_are_spread_over_time_are_borne() {
    let mut story = Story::ready(config());
    for _ in 0..5 {
        for _ in 0..9_000 {
            story.binary(Bytes::from_static(b"\xff"));
        }
        story.said.clear();
        story.pass(secs(60));
    }
    assert!(matches!(story.client.status(), Status::Open { .. }));
}

#[test]
fn an_answer_of_discovery_over_the_limit_is_not_read() {
    let mut story = Story::new(config());
    story.answer(200, &" ".repeat(64 * 1024 + 1));
    assert_eq!(story.disconnected().0, Failure::BadAnswer("it is too long"));
}
