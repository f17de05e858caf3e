//! Events on their way to the application, and their acks on the way back.

use std::time::Duration;

use larkwire::event::card::{ActionReply, ToastKind};
use larkwire_core::{Notice, Reply};
use larkwire_sim::{Abort, Disconnect, LinkProfile, Order, Outcome, Push, PushKind, Shape, Split};
use serde_json::json;

use crate::pair::Pair;

const SECOND: Duration = Duration::from_secs(1);

fn ready() -> Pair {
    let mut pair = Pair::new(LinkProfile::lossy(Duration::from_millis(60), 0.0));
    pair.until_ready();
    pair
}

#[track_caller]
fn no_violations(pair: &Pair) {
    let violations: Vec<_> = pair.platform.violations().collect();
    assert!(violations.is_empty(), "{violations:#?}");
}

#[test]
fn a_message_of_a_user_is_handled_and_acked_as_the_platform_wants_it() {
    let mut pair = ready();
    let said = pair.platform.say(pair.now, "alice", "hi");
    pair.pass(SECOND);
    let record = pair.platform.push_record(said.push).unwrap();
    let ack = record.ack().expect("an ack");
    assert_eq!((ack.code, ack.biz_rt), (200, Some(0)));
    assert_eq!(pair.handled.len(), 1);
    no_violations(&pair);
}

#[test]
fn an_event_in_any_number_of_parts_and_any_order_is_handled_once() {
    let mut pair = ready();
    let body = json!({"text": "中文 ".repeat(500)});
    for parts in [2, 3, 7, 64, 1_000] {
        for order in [Order::InOrder, Order::Shuffled] {
            let shape = Shape::split(Split::Parts(parts)).ordered(order);
            pair.platform.push(pair.now, Push::event("im.message.receive_v1", body.clone()).shaped(shape));
            pair.pass(SECOND);
        }
    }
    assert_eq!(pair.handled.len(), 10);
    assert!(pair.platform.push_records().all(|push| push.ack().is_some_and(|ack| ack.code == 200)));
    assert_eq!(pair.client.stats().frames.delivered, 2 * (2 + 3 + 7 + 64 + 1_000));
    no_violations(&pair);
}

#[test]
fn messages_whose_parts_are_interleaved_do_not_mix() {
    let mut pair = ready();
    let push = |n: usize| Push::event("t", json!({"n": n})).shaped(Shape::split(Split::Parts(5)));
    pair.platform.push_interleaved(pair.now, (0..20).map(push).collect());
    pair.pass(SECOND);
    assert_eq!(pair.handled.len(), 20);
    no_violations(&pair);
}

#[test]
fn an_event_that_loses_a_part_is_handled_when_it_is_pushed_again() {
    let mut pair = ready();
    let shape = Shape::split(Split::Parts(3)).ordered(Order::Parts(vec![0, 2]));
    let push = pair.platform.push(pair.now, Push::event("t", json!({})).shaped(shape));
    pair.pass(SECOND * 30);
    assert_eq!(pair.handled.len(), 1);
    assert!(pair.platform.push_record(push).unwrap().ack().is_some());
    assert_eq!(pair.client.stats().frames.expired, 2);
}

#[test]
fn an_event_that_comes_twice_at_once_is_handled_once_and_acked_twice() {
    let mut pair = ready();
    pair.handler = Box::new(|_| (Duration::from_millis(300), Reply::ok()));
    pair.platform.push(pair.now, Push::event("t", json!({})).shaped(Shape::copies(2)));
    pair.pass(SECOND);
    assert_eq!(pair.handled.len(), 1);
    assert_eq!(pair.client.stats().acks, 2);
    no_violations(&pair);
}

#[test]
fn a_failed_event_is_pushed_again_and_handled_again_until_it_succeeds() {
    let mut pair = ready();
    let mut tries = 0;
    pair.handler = Box::new(move |_| {
        tries += 1;
        (Duration::ZERO, if tries < 3 { Reply::failed() } else { Reply::ok() })
    });
    let push = pair.platform.push(pair.now, Push::event("t", json!({})));
    pair.pass(SECOND * 16);
    assert_eq!(pair.handled.len(), 2, "15 s after the first");
    pair.pass(SECOND * 300);
    assert_eq!(pair.handled.len(), 3, "5 min after the second");
    pair.pass(SECOND * 8 * 3600);
    assert_eq!(pair.handled.len(), 3, "it succeeded");
    assert!(matches!(pair.platform.push_record(push).unwrap().outcome, Outcome::Acked));
    no_violations(&pair);
}

#[test]
fn an_event_whose_ack_was_lost_with_its_connection_is_not_handled_again() {
    let mut pair = ready();
    pair.pass(SECOND * 30);
    pair.handler = Box::new(|_| (Duration::from_millis(500), Reply::ok()));
    pair.platform.push(pair.now, Push::event("t", json!({})));
    pair.pass(Duration::from_millis(100));
    pair.platform.drop_connections(pair.now, &Disconnect::Abort(Abort::Reset));
    pair.pass(SECOND * 3600);
    assert_eq!(pair.handled.len(), 1);
    assert!(pair.platform.push_records().all(|push| push.ack().is_some_and(|ack| ack.code == 200)));
    assert_eq!(pair.client.stats().acks_lost, 1);
    no_violations(&pair);
}

#[test]
fn an_event_that_is_pushed_again_hours_later_is_still_known() {
    let mut pair = ready();
    let payload = json!({"schema": "2.0", "header": {"event_id": "e1", "event_type": "t"}, "event": {}}).to_string();
    for hours in [0, 1, 6] {
        pair.pass(SECOND * 3600 * hours);
        pair.platform.push(pair.now, Push::payload(payload.clone()));
        pair.pass(SECOND);
    }
    assert_eq!(pair.handled, ["e1"]);
    no_violations(&pair);
}

#[test]
fn a_callback_gets_its_answer_and_a_late_one_a_neutral_answer_in_time() {
    let mut pair = ready();
    for (takes, expected) in [(100, Some("success")), (4_000, None)] {
        pair.handler = Box::new(move |delivery| {
            assert!(delivery.is_callback());
            (Duration::from_millis(takes), ActionReply::new().toast(ToastKind::Success, "done").into())
        });
        let push = pair.platform.push(pair.now, Push::callback("card.action.trigger", json!({"action": {}})));
        pair.pass(SECOND * 5);
        let record = pair.platform.push_record(push).unwrap();
        assert_eq!(record.kind, PushKind::Callback);
        let ack = record.ack().expect("an ack in time");
        let kind = ack.data.as_ref().and_then(|data| data["toast"]["type"].as_str());
        assert_eq!((ack.code, kind), (200, expected));
        assert!(matches!(record.outcome, Outcome::Acked), "{:?}", record.outcome);
    }
    no_violations(&pair);
}

#[test]
fn a_card_frame_is_answered_like_an_event() {
    let mut pair = ready();
    let push = Push::callback("card.action.trigger", json!({"action": {}})).shaped(Shape::frame_type("card"));
    let push = pair.platform.push(pair.now, push);
    pair.pass(SECOND);
    assert!(pair.platform.push_record(push).unwrap().ack().is_some());
    no_violations(&pair);
}

#[test]
fn a_thousand_events_under_a_slow_handler_are_all_handled_and_nothing_is_refused() {
    let mut pair = Pair::with(LinkProfile::perfect(), |config| config.limits.unanswered = 50, |_| {});
    pair.until_ready();
    pair.handler = Box::new(|_| (Duration::from_millis(20), Reply::ok()));
    for n in 0..1_000 {
        pair.platform.push(pair.now, Push::event("t", json!({"n": n})));
    }
    pair.pass(SECOND * 60);
    assert_eq!(pair.handled.len(), 1_000);
    assert_eq!(pair.client.stats().frames.refused, 0);
    assert_eq!(pair.losses(), 0);
}

#[test]
fn a_shutdown_waits_for_the_running_handler_acks_it_and_leaves_politely() {
    let mut pair = ready();
    pair.handler = Box::new(|_| (SECOND, Reply::ok()));
    let push = pair.platform.push(pair.now, Push::event("t", json!({})));
    pair.pass(Duration::from_millis(100));
    pair.client.shutdown(pair.now, SECOND * 10);
    pair.pass(SECOND * 2);
    assert!(pair.platform.push_record(push).unwrap().ack().is_some());
    assert!(matches!(pair.notices.last(), Some((_, Notice::Stopped(larkwire_core::Stop::Shutdown)))));
    assert_eq!(pair.platform.connections().count(), 0);
    no_violations(&pair);
}
