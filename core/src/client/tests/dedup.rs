//! The platform delivers at least once; the application handles at most once at a time, and until it succeeded.

use super::*;

#[test]
fn a_redelivery_of_a_handled_event_is_acked_without_asking_again() {
    let mut story = Story::ready(config());
    let id = story.delivered("m1", "e1");
    story.reply(id, Reply::ok()).unwrap();
    for (hours, message_id) in [(0, "m2"), (1, "m3"), (6, "m4")] {
        story.now = story.now.after(secs(hours * 3600));
        story.said.clear();
        story.event(message_id, "e1");
        let ack = story.ack();
        assert_eq!((text(&ack), ack.header("message_id")), (r#"{"code":200}"#, Some(message_id)));
        assert_eq!(story.deliveries(), 0);
    }
    assert_eq!(story.client.stats().frames.duplicate, 3);
}

#[test]
fn after_the_window_an_event_is_new_again() {
    let mut story = Story::ready(config());
    let id = story.delivered("m1", "e1");
    story.reply(id, Reply::ok()).unwrap();
    story.now = story.now.after(secs(7 * 3600 + 1800 + 5));
    story.event("m2", "e1");
    story.delivery();
}

#[test]
fn a_redelivery_of_a_failed_event_is_handled_again_and_says_so() {
    let mut story = Story::ready(config());
    let id = story.delivered("m1", "e1");
    story.reply(id, Reply::failed()).unwrap();
    story.event("m2", "e1");
    let again = story.delivery();
    assert!(again.seen_before());
    assert_ne!(again.id(), id);
    story.reply(again.id(), Reply::ok()).unwrap();
    story.event("m3", "e1");
    assert_eq!(story.deliveries(), 0);
}

#[test]
fn a_duplicate_of_a_running_event_waits_for_the_same_outcome() {
    for (reply, code) in [(Reply::ok(), r#"{"code":200}"#), (Reply::failed(), r#"{"code":500}"#)] {
        let mut story = Story::ready(config());
        let id = story.delivered("m1", "e1");
        story.pass(ms(10));
        story.event("m2", "e1");
        assert_eq!((story.deliveries(), story.sends()), (0, 0));
        story.pass(ms(5));
        story.reply(id, reply).unwrap();
        let (first, second) = (story.sent(), story.sent());
        assert_eq!((first.header("message_id"), first.header("biz_rt"), text(&first)), (Some("m1"), Some("15"), code));
        assert_eq!(
            (second.header("message_id"), second.header("biz_rt"), text(&second)),
            (Some("m2"), Some("5"), code)
        );
    }
}

#[test]
fn an_outcome_counts_even_when_its_connection_is_gone_and_answers_the_duplicate_on_the_duplicates_own() {
    let mut story = Story::ready(config());
    story.frame(&data("m1", &event("e1", "card.action.trigger")));
    let id = story.delivery().id();
    story.pass(ms(10));
    story.fail(LinkErrorKind::Reset);
    // A connection that was no success: the next one comes after two minutes and more, within the handler's time.
    story.pass_to_attempt();
    story.connect();
    let second = story.attempt;
    story.frame(&data("m2", &event("e1", "card.action.trigger")));
    story.said.clear();
    assert_eq!(story.reply(id, Reply::json(r#"{"a":1}"#)), Ok(Replied::ConnectionLost));
    let (attempt, ack) = story.expect("an ack", |output| match output {
        Output::Send { attempt, data } => Some((*attempt, decode(data))),
        _ => None,
    });
    assert_eq!((attempt, ack.header("message_id")), (second, Some("m2")));
    assert_eq!(text(&ack), r#"{"code":200,"data":"eyJhIjoxfQ=="}"#);
    assert_eq!(story.sends(), 0);
}

#[test]
fn a_duplicate_whose_connection_is_gone_gets_no_ack_on_the_next_one() {
    let mut story = Story::ready(config());
    let id = story.delivered("m1", "e1");
    story.event("m2", "e1");
    story.fail(LinkErrorKind::Reset);
    story.pass_to_attempt();
    story.connect();
    story.said.clear();
    assert_eq!(story.client.stats().unanswered, 1);
    assert_eq!(story.reply(id, Reply::ok()), Ok(Replied::ConnectionLost));
    assert_eq!(story.sends(), 0);
}

#[test]
fn an_event_of_version_1_is_known_by_its_uuid() {
    let p1 =
        r#"{"uuid":"u1","ts":"1502199207.7171419","token":"","type":"event_callback","event":{"type":"out_approval"}}"#;
    let mut story = Story::ready(config());
    story.frame(&data("m1", p1));
    let delivery = story.delivery();
    assert_eq!(delivery.event_type(), Some(event::EventType::p1("out_approval")));
    story.reply(delivery.id(), Reply::ok()).unwrap();
    story.frame(&data("m2", p1));
    assert_eq!(story.deliveries(), 0);
    // The same id in version 2.0 names another event.
    story.event("m3", "u1");
    assert_eq!(story.deliveries(), 1);
}

#[test]
fn without_an_id_every_push_is_an_event_of_its_own() {
    let mut story = Story::ready(config());
    for message_id in ["m1", "m2"] {
        story.event(message_id, "");
    }
    assert_eq!(story.deliveries(), 2);
}

#[test]
fn switched_off_it_asks_every_time() {
    let mut config = config();
    config.dedup = false;
    let mut story = Story::ready(config);
    let id = story.delivered("m1", "e1");
    story.event("m2", "e1");
    story.reply(id, Reply::ok()).unwrap();
    story.event("m3", "e1");
    assert_eq!(story.client.stats().deliveries, 3);
}

#[test]
fn a_handler_that_never_answers_is_given_up_after_five_minutes_so_that_a_redelivery_is_handled() {
    let mut story = Story::ready(config());
    let id = story.delivered("m1", "e1");
    story.event("m2", "e1");
    for _ in 0..10 {
        story.pass(secs(30));
        story.pong("");
    }
    story.expect("given up", |output| {
        matches!(output, Output::Notice(Notice::Abandoned { id: found }) if *found == id).then_some(())
    });
    assert_eq!(story.reply(id, Reply::ok()), Err(UnknownDelivery));
    assert_eq!(story.client.stats().unanswered, 0);
    story.event("m3", "e1");
    assert!(story.delivery().seen_before());
}

#[test]
fn an_abandoned_delivery_is_handled_again_when_it_comes_again() {
    let mut story = Story::ready(config());
    let id = story.delivered("m1", "e1");
    story.client.abandon(story.now, id);
    story.listen();
    assert_eq!(story.sends(), 0);
    story.event("m2", "e1");
    story.delivery();
    assert_eq!(story.client.stats().abandoned, 1);
}

#[test]
fn at_the_bound_the_oldest_handled_event_is_forgotten_and_a_running_one_never() {
    let mut config = config();
    config.limits.dedup_entries = 2;
    let mut story = Story::ready(config);
    let running = story.delivered("m0", "e0");
    for event_id in ["e1", "e2", "e3"] {
        let id = story.delivered("m", event_id);
        story.reply(id, Reply::ok()).unwrap();
    }
    story.said.clear();
    for event_id in ["e0", "e2", "e3"] {
        story.event("again", event_id);
    }
    assert_eq!(story.deliveries(), 0);
    story.event("again", "e1");
    assert_eq!(story.deliveries(), 1);
    assert_eq!(story.client.stats().dedup_evicted, 1);
    story.reply(running, Reply::ok()).unwrap();
}
