//! When handlers run: in order, so many at a time, and not for ever.

use std::sync::atomic::{AtomicUsize, Ordering};

use larkwire::event::card::ActionTrigger;
use larkwire::{Bot, BoxError, Ctx, Delivery, Reply, Responder, Router, RouterBuilder, WhenFull};
use serde_json::json;
use tokio::sync::Semaphore;

use super::*;
use crate::bot::{MESSAGE, start, start_with};

/// Somebody says something in a chat.
fn said(chat: &str, id: &str) -> Value {
    event(MESSAGE, id, json!({"message": {"chat_id": chat, "message_id": id}}))
}

/// A handler that notes when it begins and ends, and takes a second.
fn slow(notes: &Notes) -> RouterBuilder {
    let notes = notes.clone();
    Router::builder().on_other(move |ctx: Ctx| {
        let (notes, id) = (notes.clone(), ctx.event_id().unwrap().into_owned());
        async move {
            notes.add(format!("{id} begins"));
            tokio::time::sleep(SECOND).await;
            notes.add(format!("{id} ends"));
        }
    })
}

#[tokio::test(start_paused = true)]
async fn in_order_by_chat_the_events_of_one_wait_for_each_other_and_for_no_other_chat() {
    let notes = Notes::default();
    let (_bot, handle, mut gateway, _peers) = start_with(slow(&notes), config(), |bot| bot.in_order_by_chat()).await;
    for (chat, id) in [("oc_a", "a1"), ("oc_a", "a2"), ("oc_b", "b1"), ("oc_a", "a3"), ("oc_b", "b2")] {
        gateway.push(&said(chat, id)).await;
    }
    gateway.push(&event("contact.user.created_v3", "no chat", json!({}))).await;
    // A click in a chat that is busy.
    gateway.push(&event("card.action.trigger", "click", json!({"context": {"open_chat_id": "oc_a"}}))).await;
    tokio::time::sleep(SECOND / 2).await;
    let mut first = notes.taken();
    first.sort();
    assert_eq!(first, ["a1 begins", "b1 begins", "click begins", "no chat begins"]);
    assert_eq!((stats(&handle).await.running, stats(&handle).await.waiting), (4, 3));
    tokio::time::sleep(SECOND).await;
    let mut second = notes.taken();
    second.sort();
    let expected = ["a1 ends", "a2 begins", "b1 ends", "b2 begins", "click ends", "no chat ends"];
    assert_eq!(second, expected);
    for _ in 0..7 {
        assert_eq!(gateway.ack().await["code"], 200);
    }
    assert_eq!(notes.taken(), ["a2 ends", "b2 ends", "a3 begins", "a3 ends"]);
    assert_eq!(stats(&handle).await.handlers.handled, 7);
}

#[tokio::test(start_paused = true)]
async fn any_function_of_the_delivery_gives_an_order_and_a_panic_in_it_gives_none() {
    let notes = Notes::default();
    let by_tenant = |delivery: &Delivery| {
        assert_ne!(delivery.envelope().event_id.as_deref(), Some("3"), "the function panics");
        delivery.envelope().tenant_key.map(|key| key.into_owned())
    };
    let (_bot, _handle, mut gateway, _peers) =
        start_with(slow(&notes), config(), |bot| bot.in_order_by(by_tenant)).await;
    for id in ["1", "2", "3"] {
        gateway.push(&said(id, id)).await;
    }
    for _ in 0..3 {
        assert_eq!(gateway.ack().await["code"], 200);
    }
    assert_eq!(notes.taken(), ["1 begins", "3 begins", "1 ends", "3 ends", "2 begins", "2 ends"]);
}

#[tokio::test(start_paused = true)]
async fn whatever_becomes_of_a_handler_the_next_of_its_chat_has_its_turn() {
    let router = Router::builder().on_other(|ctx: Ctx| async move {
        match ctx.event_id().as_deref() {
            Some("panic") => panic!("on purpose"),
            Some("fail") => Err("no"),
            Some("hang") => std::future::pending().await,
            _ => Ok(()),
        }
    });
    let mut config = config();
    config.handler_limit = SECOND * 60;
    let (_bot, handle, mut gateway, _peers) = start_with(router, config, |bot| bot.in_order_by_chat()).await;
    gateway.pong().await;
    for id in ["panic", "fail", "hang", "work"] {
        gateway.push(&said("oc_a", id)).await;
        tokio::time::sleep(SECOND).await;
    }
    assert_eq!(stats(&handle).await.waiting, 1);
    let acks =
        [gateway.ack().await["code"].clone(), gateway.ack().await["code"].clone(), gateway.ack().await["code"].clone()];
    assert_eq!(acks, [500, 500, 200]);
    let handlers = stats(&handle).await.handlers;
    assert_eq!((handlers.panicked, handlers.failed, handlers.given_up, handlers.handled), (1, 1, 1, 1));
    assert_eq!(handlers.overdue, 2, "the one that hung, and the one that waited for it");
}

#[tokio::test(start_paused = true)]
async fn deliveries_that_wait_for_their_turn_are_given_up_as_well() {
    let router = Router::builder().on_other(|_: Ctx| std::future::pending::<()>());
    let mut config = config();
    config.handler_limit = SECOND * 60;
    let many = |bot: Bot| bot.handlers(1).in_order_by_chat();
    let (_bot, handle, mut gateway, _peers) = start_with(router, config, many).await;
    gateway.pong().await;
    for (chat, id) in [("oc_a", "1"), ("oc_a", "2"), ("oc_b", "3"), ("oc_b", "4")] {
        gateway.push(&said(chat, id)).await;
    }
    tokio::time::sleep(SECOND).await;
    assert_eq!((stats(&handle).await.running, handle.stats().waiting), (1, 3));
    tokio::time::sleep(SECOND * 60).await;
    let stats = stats(&handle).await;
    assert_eq!((stats.handlers.given_up, stats.running, stats.waiting), (4, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_refuses_what_comes() {
    let gate = Arc::new(Semaphore::new(0));
    let wait = Arc::clone(&gate);
    let router = Router::builder().on_other(move || {
        let gate = Arc::clone(&wait);
        async move { gate.acquire().await.map(|permit| permit.forget()) }
    });
    let small = |bot: Bot| bot.handlers(2).queue(1, WhenFull::Refuse);
    let (_bot, handle, mut gateway, _peers) = start_with(router, config(), small).await;
    for id in ["1", "2", "3", "4", "5"] {
        gateway.push(&event("t", id, json!({}))).await;
    }
    for _ in 0..2 {
        assert_eq!(gateway.ack().await["code"], 500);
    }
    assert_eq!((stats(&handle).await.running, handle.stats().waiting), (2, 1));
    gate.add_permits(4);
    for _ in 0..3 {
        assert_eq!(gateway.ack().await["code"], 200);
    }
    gateway.push(&event("t", "4", json!({}))).await;
    assert_eq!(gateway.ack().await["code"], 200, "the platform pushes it again, and now there is room");
    let handlers = stats(&handle).await.handlers;
    assert_eq!((handlers.handled, handlers.refused), (4, 2));
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_stops_the_reading_until_there_is_room() {
    let begun = Arc::new(AtomicUsize::new(0));
    let gate = Arc::new(Semaphore::new(0));
    let state = (Arc::clone(&begun), Arc::clone(&gate));
    let router = Router::builder().on_other(move || {
        let (begun, gate) = state.clone();
        async move {
            begun.fetch_add(1, Ordering::SeqCst);
            gate.acquire().await.map(|permit| permit.forget())
        }
    });
    let small = |bot: Bot| bot.handlers(2).queue(1, WhenFull::StopReading);
    let (_bot, handle, mut gateway, _peers) = start_with(router, config(), small).await;
    for id in 0..6 {
        gateway.push(&event("t", &id.to_string(), json!({}))).await;
    }
    let stats_now = stats(&handle).await;
    assert_eq!((stats_now.connection.deliveries, stats_now.running, stats_now.waiting), (3, 2, 1));
    gate.add_permits(6);
    for _ in 0..6 {
        assert_eq!(gateway.ack().await["code"], 200);
    }
    assert_eq!(begun.load(Ordering::SeqCst), 6);
}

#[tokio::test(start_paused = true)]
async fn callbacks_go_before_events_that_wait() {
    let notes = Notes::default();
    let (_bot, _handle, mut gateway, _peers) = start_with(slow(&notes), config(), |bot| bot.handlers(1)).await;
    for id in ["1", "2"] {
        gateway.push(&event("t", id, json!({}))).await;
    }
    gateway.push(&click("click")).await;
    for _ in 0..3 {
        assert_eq!(gateway.ack().await["code"], 200);
    }
    let begun: Vec<String> = notes.taken().into_iter().filter(|note| note.ends_with("begins")).collect();
    assert_eq!(begun, ["1 begins", "click begins", "2 begins"]);
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_still_runs_when_the_platform_stops_waiting_is_counted_and_still_answers() {
    let router = Router::builder().on_raw("slow", || async { tokio::time::sleep(SECOND * 5).await }).on_callback(
        |_: ActionTrigger| async {
            tokio::time::sleep(SECOND * 5).await;
            Ok::<(), BoxError>(())
        },
    );
    let (_bot, handle, mut gateway, _peers) = start(router).await;
    gateway.push(&event("slow", "1", json!({}))).await;
    gateway.push(&click("2")).await;
    tokio::time::sleep(SECOND * 2).await;
    assert_eq!(stats(&handle).await.handlers.overdue, 0);
    tokio::time::sleep(SECOND).await;
    assert_eq!(stats(&handle).await.handlers.overdue, 2);
    assert_eq!(gateway.frame().await.header("message_id"), Some("message of \"2\""), "the neutral answer");
    assert_eq!(gateway.frame().await.header("message_id"), Some("message of \"1\""), "late is better than never");
    let handlers = stats(&handle).await.handlers;
    assert_eq!((handlers.handled, handlers.late_replies), (2, 0), "it had nothing to say");
}

/// On a single thread a handler is polled in place first, and elsewhere it is a task from the beginning.
#[tokio::test(start_paused = true)]
async fn a_handler_ends_in_the_same_ways_in_place_and_as_a_task() {
    for spawns in [false, true] {
        let (give, mut given) = tokio::sync::mpsc::unbounded_channel();
        let router = Router::builder()
            .on_raw("ok", || async {})
            .on_raw("waits", || tokio::time::sleep(SECOND))
            .on_raw("fails", || async { Err::<(), _>("no") })
            .on_raw("panics", || async { panic!("on purpose") as () })
            .on_raw("panics at once", || -> std::future::Ready<()> { panic!("on purpose") })
            .on_raw("drops", |_: Responder| async {})
            .on_raw("acks", |responder: Responder| async move { responder.acknowledge() })
            .on_raw("replies", |responder: Responder| async move { responder.reply(()).await.map(drop) })
            .on_raw("gives away", move |responder: Responder| {
                give.send(responder).unwrap();
                async {}
            })
            .on_raw_callback("is wrong", || async { Reply::json("1") });
        let (mut wire, mut peers) = Wire::new();
        wire.spawns = spawns;
        let bot = Bot::new(config(), router.build().unwrap()).in_order_by(|_| Some(1)).handlers(1);
        let handle = bot.handle();
        let _bot = tokio::spawn(bot.run_on(Arc::new(wire)));
        let mut gateway = peers.open().await;
        for (kind, code) in [
            ("ok", 200),
            ("waits", 200),
            ("fails", 500),
            ("panics", 500),
            ("panics at once", 500),
            ("drops", 500),
            ("acks", 200),
            ("replies", 200),
            ("is wrong", 500),
            ("unknown", 200),
        ] {
            gateway.push(&event(kind, kind, json!({}))).await;
            assert_eq!(gateway.ack().await["code"], code, "{kind}, spawns: {spawns}");
        }
        gateway.push(&event("gives away", "1", json!({}))).await;
        assert_eq!(given.recv().await.unwrap().fail().await, Ok(larkwire::Replied::Sent));
        assert_eq!(gateway.ack().await["code"], 500);
        let stats = stats(&handle).await;
        assert_eq!((stats.running, stats.waiting, stats.connection.unanswered), (0, 0, 0), "spawns: {spawns}");
        let ends = stats.handlers;
        assert_eq!((ends.handled, ends.failed, ends.panicked, ends.unknown), (4, 2, 2, 1), "spawns: {spawns}");
        assert_eq!((ends.dropped, ends.bad_replies, ends.total()), (1, 1, 11), "spawns: {spawns}");
    }
}
