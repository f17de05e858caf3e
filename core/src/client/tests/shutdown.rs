//! The end, and that nothing follows it.

use super::*;

#[test]
fn without_open_deliveries_a_shutdown_says_goodbye_at_once() {
    let mut story = Story::ready(config());
    story.shutdown(secs(10));
    assert_eq!(story.closes(), Close::Graceful { code: 1000, reason: "" });
    assert_eq!(story.client.status(), Status::Closing);
    story.close(1000, "bye");
    assert_eq!(story.stopped(), Stop::Shutdown);
}

#[test]
fn while_draining_answers_are_sent_and_new_messages_are_neither_delivered_nor_acked() {
    let mut story = Story::ready(config());
    let first = story.delivered("m1", "e1");
    let second = story.delivered("m2", "e2");
    story.shutdown(secs(10));
    assert_eq!(story.client.status(), Status::Draining);
    story.event("m3", "e3");
    assert_eq!(story.dropped(), (DropReason::ShuttingDown, 1));
    assert_eq!((story.deliveries(), story.sends()), (0, 0));
    assert_eq!(story.reply(first, Reply::ok()), Ok(Replied::Sent));
    assert_eq!(story.client.status(), Status::Draining);
    assert_eq!(story.reply(second, Reply::ok()), Ok(Replied::Sent));
    // Both acks before the goodbye.
    for message_id in ["m1", "m2"] {
        assert_eq!(story.sent().header("message_id"), Some(message_id));
    }
    assert_eq!(story.closes(), Close::Graceful { code: 1000, reason: "" });
}

#[test]
fn a_handler_that_outlasts_the_drain_is_not_waited_for() {
    let mut story = Story::ready(config());
    let id = story.delivered("m1", "e1");
    story.shutdown(secs(2));
    assert_eq!(story.pass_to_deadline(), secs(2));
    assert_eq!(story.closes(), Close::Graceful { code: 1000, reason: "" });
    assert_eq!(story.reply(id, Reply::ok()), Ok(Replied::ConnectionLost));
    assert_eq!(story.sends(), 0);
    assert_eq!(story.pass_to_deadline(), secs(5));
    assert_eq!(story.closes(), Close::Abort);
    assert_eq!(story.stopped(), Stop::Shutdown);
}

#[test]
fn a_second_shutdown_can_only_shorten_the_first() {
    let mut story = Story::ready(config());
    story.delivered("m1", "e1");
    story.shutdown(secs(2));
    story.shutdown(secs(60));
    story.pass(secs(1));
    assert_eq!(story.client.status(), Status::Draining);
    story.shutdown(Duration::ZERO);
    assert_eq!(story.client.status(), Status::Closing);
    story.shutdown(secs(1));
    story.close(1000, "");
    assert_eq!(story.stopped(), Stop::Shutdown);
    story.shutdown(secs(1));
    assert!(story.said.is_empty());
}

#[test]
fn a_connection_that_is_lost_while_draining_or_closing_is_not_replaced() {
    for drained in [false, true] {
        let mut story = Story::ready(config());
        let id = story.delivered("m1", "e1");
        story.shutdown(secs(60));
        if drained {
            story.reply(id, Reply::ok()).unwrap();
        }
        story.fail(LinkErrorKind::Reset);
        if !drained {
            assert_eq!(story.client.status(), Status::Draining, "the handler may end");
            assert_eq!(story.reply(id, Reply::ok()), Ok(Replied::ConnectionLost));
        }
        story.said.retain(|output| matches!(output, Output::Notice(Notice::Stopped(_))));
        assert_eq!(story.stopped(), Stop::Shutdown);
    }
}

#[test]
fn without_a_connection_a_shutdown_waits_for_the_handlers_as_long_as_with_one() {
    for ends in [true, false] {
        let mut story = Story::ready(config());
        let id = story.delivered("m1", "e1");
        story.close(1006, "");
        story.shutdown(secs(10));
        assert_eq!(story.client.status(), Status::Draining);
        story.pass(secs(9));
        assert_eq!(story.client.status(), Status::Draining);
        match ends {
            true => assert_eq!(story.reply(id, Reply::ok()), Ok(Replied::ConnectionLost)),
            false => story.pass(secs(1)),
        }
        story.said.retain(|output| matches!(output, Output::Notice(Notice::Stopped(_))));
        assert_eq!(story.stopped(), Stop::Shutdown);
    }
}

#[test]
fn the_connection_limit_while_draining_is_only_another_way_to_lose_the_connection() {
    let mut story = Story::ready(config());
    let id = story.delivered("m1", "e1");
    story.shutdown(secs(10));
    story.close(3001, "");
    story.reply(id, Reply::ok()).unwrap();
    story.said.retain(|output| matches!(output, Output::Notice(Notice::Stopped(_))));
    assert_eq!(story.stopped(), Stop::Shutdown);
}

#[test]
fn while_closing_the_close_of_the_peer_is_read_however_much_is_unanswered() {
    let mut config = config();
    config.limits.unanswered = 1;
    let mut story = Story::ready(config);
    story.delivered("m1", "e1");
    assert!(!story.client.wants_input());
    story.shutdown(Duration::ZERO);
    assert_eq!(story.client.status(), Status::Closing);
    assert!(story.client.wants_input());
}

#[test]
fn silence_while_draining_ends_it() {
    let mut story = Story::ready(config());
    story.delivered("m1", "e1");
    story.shutdown(secs(3600));
    story.pass(secs(140));
    assert_eq!(story.closes(), Close::Abort);
    story.pass(secs(160));
    assert!(story.client.stats().abandoned == 1, "its five minutes are over");
    story.said.retain(|output| matches!(output, Output::Notice(Notice::Stopped(_))));
    assert_eq!(story.stopped(), Stop::Shutdown);
}

#[test]
fn without_a_connection_a_shutdown_ends_what_is_going_on() {
    let mut discovering = Story::new(config());
    let mut connecting = Story::new(config());
    connecting.discovered();
    let mut waiting = Story::new(config());
    waiting.fail(LinkErrorKind::Dns);
    for (story, aborts) in [(&mut discovering, 1), (&mut connecting, 1), (&mut waiting, 0)] {
        story.said.clear();
        story.shutdown(secs(10));
        assert_eq!(story.count(|output| matches!(output, Output::Close { how: Close::Abort, .. })), aborts);
        story.said.retain(|output| matches!(output, Output::Notice(Notice::Stopped(_))));
        assert_eq!(story.stopped(), Stop::Shutdown);
    }
}

#[test]
fn a_shutdown_while_a_too_large_message_is_being_refused_ends_the_client() {
    let mut story = Story::ready(config());
    story.fail(LinkErrorKind::TooLarge);
    story.shutdown(secs(1));
    story.close(1009, "");
    story.said.retain(|output| matches!(output, Output::Notice(Notice::Stopped(_))));
    assert_eq!(story.stopped(), Stop::Shutdown);
}

#[test]
fn nothing_wakes_a_client_that_has_stopped() {
    let mut story = Story::ready(config());
    let attempt = story.attempt;
    let id = story.delivered("m1", "e1");
    story.shutdown(Duration::ZERO);
    story.close(1000, "");
    story.stopped();

    story.event("m2", "e2");
    story.pong("");
    story.discovered();
    story.opened();
    story.input(Input::Wall { unix_ms: 1 });
    story.input(Input::Wall { unix_ms: 1 << 40 });
    story.input(Input::Resumed);
    story.input(Input::Alive { attempt, kind: AliveKind::Pong });
    story.fail(LinkErrorKind::Io);
    story.pass(secs(100_000));
    story.client.abandon(story.now, DeliveryId::new(id.number() + 1));
    assert_eq!(story.reply(id, Reply::ok()), Ok(Replied::ConnectionLost));
    let left: Vec<&Output> =
        story.said.iter().filter(|output| !matches!(output, Output::Notice(Notice::Stopped(_)))).collect();
    assert!(left.is_empty(), "{left:?}");
}
