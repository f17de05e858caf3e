//! Acks, replies to callbacks, and responders.

use larkwire::event::card::{ActionReply, ActionTrigger, NewCard, ToastKind};
use larkwire::event::im::v1::MessageReceiveV1;
use larkwire::router::Route;
use larkwire::{AckMode, BoxError, LateCallback, Replied, Reply, RespondError, Responder, Router, Stop};
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::*;
use crate::bot::{message, start, start_with};

/// A handler of the events `t` and of clicks that gives its responder away.
fn give_away() -> (larkwire::RouterBuilder, UnboundedReceiver<Responder>) {
    let (give, given) = unbounded_channel();
    let to = |give: UnboundedSender<Responder>| {
        move |responder: Responder| {
            give.send(responder).unwrap();
            async {}
        }
    };
    (Router::builder().on_raw("t", to(give.clone())).on_raw("card.action.trigger", to(give)), given)
}

fn toast() -> ActionReply {
    ActionReply::new().toast(ToastKind::Info, "ok")
}

/// `{"toast":{"type":"info","content":"ok"}}`
const TOAST: &str = "eyJ0b2FzdCI6eyJ0eXBlIjoiaW5mbyIsImNvbnRlbnQiOiJvayJ9fQ==";

#[tokio::test(start_paused = true)]
async fn a_raw_callback_answers_whatever_its_name_and_in_a_card_frame_as_well() {
    let router = Router::builder()
        .on_raw_callback("profile.view.get", || async { Reply::json("{}") })
        .on_raw_callback("some.new.callback", || async { Ok::<_, BoxError>(Reply::json("{}")) })
        .on_callback(|_: ActionTrigger| async { toast() });
    let (_bot, _handle, mut gateway, _peers) = start(router).await;
    for kind in ["profile.view.get", "some.new.callback"] {
        gateway.push(&event(kind, kind, json!({}))).await;
        assert_eq!(gateway.ack().await, json!({"code": 200, "data": "e30="}), "{kind}");
    }
    gateway.push_as("card", &click("1")).await;
    assert_eq!(gateway.ack().await, json!({"code": 200, "data": TOAST}));
}

#[tokio::test(start_paused = true)]
async fn a_blocking_callback_answers_with_what_it_returns_or_fails() {
    let refused = |click: ActionTrigger| {
        let asked = click.action.map(|action| action.value).unwrap_or_default();
        if asked["fail"] == true { Err(BoxError::from("the database is gone")) } else { Ok(toast()) }
    };
    let router = Router::builder().on_blocking_callback(refused);
    let (_bot, handle, mut gateway, _peers) = start_with(router, config(), |bot| bot).await;
    gateway.push(&click("1")).await;
    assert_eq!(gateway.ack().await, json!({"code": 200, "data": TOAST}));
    gateway
        .push(&event("card.action.trigger", "2", json!({"action": {"value": {"fail": true}, "tag": "button"}})))
        .await;
    assert_eq!(gateway.ack().await["code"], 500);
    let handlers = stats(&handle).await.handlers;
    assert_eq!((handlers.handled, handlers.failed), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_callback_is_waited_for_if_the_application_wants_that() {
    let late = || async {
        tokio::time::sleep(SECOND * 4).await;
        toast()
    };
    let router =
        Router::builder().on_raw_callback("some.new.callback", late).on_raw_callback("card.action.trigger", late);
    let mut config = config();
    config.late_callback = LateCallback::Wait;
    let (_bot, handle, mut gateway, _peers) = start_with(router, config, |bot| bot).await;
    for push in [click("1"), event("some.new.callback", "2", json!({}))] {
        gateway.push(&push).await;
        assert_eq!(gateway.ack().await["data"], TOAST);
    }
    let handlers = stats(&handle).await.handlers;
    assert_eq!((handlers.overdue, handlers.late_replies, handlers.handled), (2, 0, 2));
}

#[tokio::test(start_paused = true)]
async fn an_event_gets_no_answer_but_its_ack() {
    let answer = || async { Reply::json("{}") };
    let router = Router::builder().on_raw("t", answer).on_custom("t", answer).on_other(answer);
    let (_bot, handle, mut gateway, _peers) = start(router).await;
    let untyped = json!({"header": {"event_id": "0"}, "event": {}});
    for push in [untyped, event("t", "1", json!({})), old("t", "2"), event("else", "3", json!({}))] {
        gateway.push(&push).await;
        assert_eq!(gateway.ack().await, json!({"code": 200}));
    }
    gateway.push(&click("4")).await;
    assert_eq!(gateway.ack().await, json!({"code": 200, "data": "e30="}), "a known callback does");
    assert_eq!(stats(&handle).await.handlers.handled, 5);
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_people_would_see_as_an_error_is_not_sent() {
    let router = Router::builder()
        .on_callback(|_: ActionTrigger| async { Ok::<_, BoxError>(toast().card(NewCard::Raw(json!("not an object")))) })
        .on_raw_callback("profile.view.get", || async { Reply::json("[1]") });
    let (_bot, handle, mut gateway, _peers) = start(router).await;
    gateway.push(&click("1")).await;
    assert_eq!(gateway.ack().await, json!({"code": 500}));
    gateway.push(&event("profile.view.get", "2", json!({}))).await;
    assert_eq!(gateway.ack().await, json!({"code": 500}));
    assert_eq!(stats(&handle).await.handlers.bad_replies, 2);
}

#[tokio::test(start_paused = true)]
async fn a_late_reply_to_a_callback_is_counted_and_not_shown() {
    let late = || async {
        tokio::time::sleep(SECOND * 4).await;
        toast()
    };
    let router =
        Router::builder().on_callback(move |_: ActionTrigger| late()).on_raw_callback("some.new.callback", late);
    let (_bot, handle, mut gateway, _peers) = start(router).await;
    for push in [click("1"), event("some.new.callback", "2", json!({}))] {
        let begun = tokio::time::Instant::now();
        gateway.push(&push).await;
        assert_eq!(gateway.ack().await, json!({"code": 200}), "the neutral one");
        assert!(begun.elapsed() < SECOND * 3);
        tokio::time::sleep(SECOND * 2).await;
        assert_eq!(stats(&handle).await.connection.unanswered, 0, "it is settled");
        gateway.push(&push).await;
        assert_eq!(gateway.ack().await["data"], TOAST, "a duplicate gets what was said in the end");
    }
    let handlers = stats(&handle).await.handlers;
    assert_eq!((handlers.overdue, handlers.late_replies, handlers.handled), (2, 2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_acks_on_receipt_runs_as_long_as_it_likes() {
    let handler = |_: MessageReceiveV1| async {
        tokio::time::sleep(SECOND * 60).await;
        Err::<(), _>("in vain")
    };
    let patient = || async { tokio::time::sleep(SECOND).await };
    let router =
        Router::builder().route(Route::event(handler).ack(AckMode::OnReceived)).on_raw("t", patient).on_other(patient);
    let (_bot, handle, mut gateway, _peers) = start(router).await;
    gateway.push(&message("1", "hi")).await;
    assert_eq!(gateway.ack().await, json!({"code": 200}));
    let begun = tokio::time::Instant::now();
    gateway.push(&event("t", "2", json!({}))).await;
    assert_eq!(gateway.ack().await, json!({"code": 200}));
    assert!(begun.elapsed() >= SECOND, "the other one is acked when it has ended");
    tokio::time::sleep(SECOND * 61).await;
    let stats = stats(&handle).await;
    assert_eq!((stats.handlers.failed, stats.handlers.handled, stats.handlers.overdue), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_bot_that_acks_on_receipt_waits_where_a_route_says_so_and_for_callbacks() {
    let wait = || async { tokio::time::sleep(SECOND).await };
    let router = Router::builder()
        .route(Route::raw("careful", wait).ack(AckMode::OnHandled))
        .on_callback(|_: ActionTrigger| async {
            tokio::time::sleep(SECOND).await;
            Ok::<_, BoxError>(toast())
        })
        .on_other(wait);
    let mut config = config();
    config.ack_mode = AckMode::OnReceived;
    let (_bot, _handle, mut gateway, _peers) = start_with(router, config, |bot| bot).await;
    for (push, waits) in
        [(event("careful", "1", json!({})), true), (event("t", "2", json!({})), false), (click("3"), true)]
    {
        let begun = tokio::time::Instant::now();
        gateway.push(&push).await;
        assert_eq!(gateway.ack().await["code"], 200);
        assert_eq!(begun.elapsed() >= SECOND, waits, "{push}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_responder_answers_from_another_task_and_is_told_what_became_of_it() {
    let (router, mut given) = give_away();
    let (_bot, handle, mut gateway, _peers) = start(router).await;
    gateway.push(&click("1")).await;
    let responder = given.recv().await.unwrap();
    let told = tokio::spawn(async move {
        tokio::time::sleep(SECOND).await;
        responder.reply(toast()).await
    });
    assert_eq!(gateway.ack().await, json!({"code": 200, "data": TOAST}));
    assert_eq!(told.await.unwrap(), Ok(Replied::Sent));

    gateway.push(&event("t", "2", json!({}))).await;
    assert_eq!(given.recv().await.unwrap().fail().await, Ok(Replied::Sent));
    assert_eq!(gateway.ack().await, json!({"code": 500}));
    gateway.push(&event("t", "3", json!({}))).await;
    assert_eq!(given.recv().await.unwrap().reply(()).await, Ok(Replied::Sent));
    assert_eq!(gateway.ack().await, json!({"code": 200}));
    let handlers = stats(&handle).await.handlers;
    assert_eq!((handlers.handled, handlers.failed), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_responder_that_is_dropped_fails_its_delivery() {
    let router = Router::builder()
        .on_raw("at once", |_: Responder| async {})
        .on_raw("later", |responder: Responder| async move {
            tokio::spawn(async move {
                tokio::time::sleep(SECOND).await;
                drop(responder);
            });
        })
        .on_raw("error", |_: Responder| async { Err::<(), _>("no") })
        .on_raw_callback("data", |_: Responder| async { Reply::json("{}") });
    let (_bot, handle, mut gateway, _peers) = start(router).await;
    for kind in ["at once", "later", "error"] {
        gateway.push(&event(kind, kind, json!({}))).await;
        assert_eq!(gateway.ack().await, json!({"code": 500}), "{kind}");
    }
    gateway.push(&event("data", "4", json!({}))).await;
    assert_eq!(gateway.ack().await["data"], "e30=", "the handler has answered itself");
    let handlers = stats(&handle).await.handlers;
    assert_eq!((handlers.dropped, handlers.failed, handlers.handled), (2, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_responder_acks_early_and_the_delivery_is_settled_later() {
    let (router, mut given) = give_away();
    let (_bot, handle, mut gateway, _peers) = start(router).await;
    gateway.push(&event("t", "1", json!({}))).await;
    let responder = given.recv().await.unwrap();
    responder.acknowledge();
    responder.acknowledge();
    assert_eq!(gateway.ack().await, json!({"code": 200}));
    tokio::time::sleep(SECOND * 60).await;
    assert_eq!(stats(&handle).await.connection.unanswered, 1);
    assert_eq!(responder.fail().await, Ok(Replied::AlreadyAnswered));
    gateway.push(&event("t", "1", json!({}))).await;
    let again = given.recv().await.expect("it failed, and is handled again");
    again.acknowledge();
    drop(again);
    assert_eq!(gateway.ack().await, json!({"code": 200}));
    let stats = stats(&handle).await;
    assert_eq!((stats.handlers.failed, stats.handlers.handled, stats.handlers.overdue), (1, 1, 0));
    assert_eq!(stats.connection.unanswered, 0);
}

#[tokio::test(start_paused = true)]
async fn a_handler_acks_early_and_goes_on() {
    let router = Router::builder().on(|responder: Responder, event: MessageReceiveV1| async move {
        responder.acknowledge();
        tokio::time::sleep(SECOND * 30).await;
        event.text().filter(|text| text == "good").map(drop).ok_or("bad")
    });
    let (_bot, handle, mut gateway, _peers) = start(router).await;
    for text in ["good", "bad"] {
        gateway.push(&message(text, text)).await;
        assert_eq!(gateway.ack().await, json!({"code": 200}));
    }
    tokio::time::sleep(SECOND * 31).await;
    let stats = stats(&handle).await;
    assert_eq!((stats.handlers.handled, stats.handlers.failed, stats.connection.unanswered), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_responder_that_is_too_late_or_wrong_is_told_so() {
    let (router, mut given) = give_away();
    let mut config = config();
    config.handler_limit = SECOND * 60;
    config.late_callback = LateCallback::Neutral;
    let (bot, handle, mut gateway, _peers) = start_with(router, config, |bot| bot).await;
    gateway.pong().await;
    gateway.push(&click("late")).await;
    let late = given.recv().await.unwrap();
    assert_eq!(gateway.ack().await, json!({"code": 200}), "the neutral one, after 2.8 s");
    assert_eq!(late.reply(toast()).await, Ok(Replied::AlreadyAnswered));

    gateway.push(&click("wrong")).await;
    let wrong = given.recv().await.unwrap().reply(Reply::json(r#"{"toast":"thanks"}"#)).await;
    assert!(matches!(&wrong, Err(RespondError::BadReply(bad)) if bad.code() == 200_672), "{wrong:?}");
    assert!(wrong.unwrap_err().to_string().contains("200672"));
    assert_eq!(gateway.ack().await, json!({"code": 500}));

    gateway.push(&event("t", "given up", json!({}))).await;
    let forgotten = given.recv().await.unwrap();
    tokio::time::sleep(SECOND * 61).await;
    assert_eq!(forgotten.reply(()).await, Err(RespondError::Over));
    let handlers = stats(&handle).await.handlers;
    assert_eq!((handlers.handled, handlers.bad_replies, handlers.given_up), (1, 1, 1));
    assert_eq!((handlers.late_replies, handlers.overdue), (1, 2));

    gateway.push(&event("t", "at the end", json!({}))).await;
    let last = given.recv().await.unwrap();
    handle.shutdown(SECOND);
    drop(gateway);
    assert_eq!(bot.await.unwrap(), Stop::Shutdown);
    let over = last.reply(()).await.unwrap_err();
    assert!(over.to_string().contains("the bot has ended"), "{over}");
    assert_eq!(handle.stats().handlers.given_up, 2, "counted before the end");
}

#[tokio::test(start_paused = true)]
async fn a_handler_may_answer_by_its_responder_and_work_on_but_not_for_ever() {
    let router = Router::builder().on_raw("t", |responder: Responder| async move {
        assert_eq!(responder.reply(()).await, Ok(Replied::Sent));
        std::future::pending::<()>().await;
    });
    let mut config = config();
    config.handler_limit = SECOND * 60;
    let (_bot, handle, mut gateway, _peers) = start_with(router, config, |bot| bot.handlers(1)).await;
    gateway.pong().await;
    gateway.push(&event("t", "1", json!({}))).await;
    assert_eq!(gateway.ack().await, json!({"code": 200}));
    tokio::time::sleep(SECOND * 30).await;
    gateway.push(&event("t", "2", json!({}))).await;
    let stats = stats(&handle).await;
    assert_eq!((stats.handlers.handled, stats.running, stats.waiting), (1, 1, 1));
    let begun = tokio::time::Instant::now();
    assert_eq!(gateway.ack().await, json!({"code": 200}), "the first one was ended");
    assert!((SECOND * 29..SECOND * 31).contains(&begun.elapsed()), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_answer_whose_connection_is_gone_is_told() {
    let (router, mut given) = give_away();
    let (_bot, handle, mut gateway, mut peers) = start(router).await;
    gateway.push(&event("t", "1", json!({}))).await;
    let responder = given.recv().await.unwrap();
    drop(gateway);
    let mut gateway = peers.open().await;
    assert_eq!(responder.reply(()).await, Ok(Replied::ConnectionLost));
    gateway.push(&event("t", "1", json!({}))).await;
    assert_eq!(gateway.ack().await, json!({"code": 200}), "it was handled, and is not handled again");
    assert_eq!(handle.stats().connection.deliveries, 1);
}
