//! From the platform to a handler, and the answer back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use larkwire::event::card::{ActionReply, ActionTrigger, ToastKind};
use larkwire::event::im::v1::MessageReceiveV1;
use larkwire::{ApiError, BoxError, Ctx, Delivery, Reply, Router};
use larkwire_sim::{Order, Outcome, Push, Shape, Split};
use serde_json::{Value, json};

use crate::bots::{LIMIT, Running, config, platform};

async fn echo(ctx: Ctx, event: MessageReceiveV1) -> Result<(), ApiError> {
    let text = event.text();
    if let (Some(text), Some(id)) = (text, event.message.and_then(|message| message.message_id)) {
        ctx.api().reply_text(&id, &format!("echo: {text}")).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_message_is_answered_in_its_chat_and_acked() {
    let sim = platform().await;
    let _bot = Running::ready(config(&sim), Router::builder().on(echo).build().unwrap()).await;
    let said = sim.user("alice").dm("hi \"there\", 你好").await;
    let reply = sim.expect_reply().await;
    assert_eq!(reply.text(), "echo: hi \"there\", 你好");
    assert_eq!(reply.replied_to.as_deref(), said.message_id());
    assert_eq!(said.acked(LIMIT).await.unwrap().code, 200);
    sim.assert_no_violations();
}

#[tokio::test]
async fn a_long_message_in_many_parts_out_of_order_arrives_whole() {
    let sim = platform().await;
    let _bot = Running::ready(config(&sim), Router::builder().on(echo).build().unwrap()).await;
    let long = "长".repeat(30_000);
    let shape = Shape::split(Split::Parts(200)).ordered(Order::Shuffled);
    let said = sim.user("alice").dm_shaped(&long, shape).await;
    assert_eq!(sim.expect_reply().await.text(), format!("echo: {long}"));
    assert_eq!(said.acked(LIMIT).await.unwrap().code, 200);
    sim.assert_no_violations();
}

#[tokio::test]
async fn events_of_fifteen_megabytes_arrive_whole_and_in_parts() {
    let sim = platform().await;
    let router = Router::builder()
        .on_raw_callback("big", |delivery: Delivery| async move {
            Reply::json(format!(r#"{{"length":{}}}"#, delivery.payload().len()))
        })
        .build()
        .unwrap();
    let bot = Running::ready(config(&sim), router).await;
    let body = json!({"text": "x".repeat(15 * 1024 * 1024)});
    for split in [Split::Whole, Split::Parts(1_000)] {
        let push = sim.push(Push::event("big", body.clone()).shaped(Shape::split(split))).await;
        let length = push.acked(LIMIT).await.unwrap().data.and_then(|data| data["length"].as_u64()).unwrap();
        assert!(length > 15 * 1024 * 1024, "{length}");
    }
    assert_eq!(bot.handle.stats().connection.connections, 1);
    sim.assert_no_violations();
}

#[tokio::test]
async fn a_click_gets_its_toast() {
    let sim = platform().await;
    let router = Router::builder()
        .on_callback(|click: ActionTrigger| async move {
            let choice = click.action.map(|action| action.value["choice"].clone());
            let text = choice.as_ref().and_then(Value::as_str).unwrap_or("nothing").to_owned();
            Ok::<_, BoxError>(ActionReply::new().toast(ToastKind::Success, text))
        })
        .build()
        .unwrap();
    let _bot = Running::ready(config(&sim), router).await;
    let click = sim.user("alice").click("om_1", json!({"choice": "吃饭"})).await;
    let body = json!({"action": {"tag": "button", "value": {"choice": "吃饭"}}});
    let in_a_card_frame = Push::callback("card.action.trigger", body).shaped(Shape::frame_type("card"));
    for click in [click, sim.push(in_a_card_frame).await] {
        let ack = click.acked(LIMIT).await.unwrap();
        assert_eq!(ack.data, Some(json!({"toast": {"type": "success", "content": "吃饭"}})));
    }
    sim.assert_no_violations();
}

#[tokio::test]
async fn an_error_and_a_panic_are_told_with_500_and_the_next_event_is_handled() {
    let sim = platform().await;
    let router = Router::builder()
        .on_raw("fails", || async { Err::<(), _>("the database is gone") })
        .on_raw("panics", || async { panic!("on purpose") as () })
        .on_raw("works", || async {})
        .build()
        .unwrap();
    let bot = Running::ready(config(&sim), router).await;
    for (kind, code) in [("fails", 500), ("panics", 500), ("works", 200)] {
        let push = sim.push(Push::event(kind, json!({}))).await;
        assert_eq!(push.acked(LIMIT).await.unwrap().code, code, "{kind}");
    }
    let handlers = bot.handle.stats().handlers;
    assert_eq!((handlers.handled, handlers.failed, handlers.panicked), (1, 1, 1));
    sim.assert_no_violations();
}

#[tokio::test]
async fn a_failed_event_comes_again_and_is_handled_once_it_works() {
    let sim = platform().await;
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&tries);
    let router = Router::builder()
        .on_raw("flaky", move |ctx: Ctx| {
            let first = counted.fetch_add(1, Ordering::SeqCst) == 0;
            async move {
                assert_eq!(ctx.redelivered(), !first);
                if first { Err("not yet") } else { Ok(()) }
            }
        })
        .build()
        .unwrap();
    let _bot = Running::ready(config(&sim), router).await;
    let push = sim.push(Push::event("flaky", json!({}))).await;
    assert_eq!(push.acked(LIMIT).await.unwrap().code, 500);
    sim.advance(Duration::from_secs(15));
    assert!(matches!(push.settled().await.unwrap().outcome, Outcome::Acked));
    assert_eq!(tries.load(Ordering::SeqCst), 2);
    sim.assert_no_violations();
}

#[tokio::test]
async fn an_unknown_event_is_acked_and_an_unknown_callback_is_not() {
    let sim = platform().await;
    let bot = Running::ready(config(&sim), Router::builder().on(echo).build().unwrap()).await;
    let event = sim.push(Push::event("nobody.asked_v1", json!({}))).await;
    let old = sim.push(Push::old_event("out_approval", json!({}))).await;
    let callback = sim.push(Push::callback("profile.view.get", json!({}))).await;
    assert_eq!(event.acked(LIMIT).await.unwrap().code, 200);
    assert_eq!(old.acked(LIMIT).await.unwrap().code, 200);
    assert_eq!(callback.acked(LIMIT).await.unwrap().code, 500);
    assert_eq!(bot.handle.stats().handlers.unknown, 3);
    sim.assert_no_violations();
}

#[tokio::test]
async fn old_and_new_events_of_one_name_have_handlers_of_their_own() {
    let sim = platform().await;
    let (told, mut tells) = futures::channel::mpsc::unbounded();
    let tell = |which: u8| {
        let told = told.clone();
        move || {
            told.unbounded_send(which).unwrap();
            async {}
        }
    };
    let router =
        Router::builder().on_raw("message", tell(2)).on_custom("message", tell(1)).on_other(tell(0)).build().unwrap();
    let _bot = Running::ready(config(&sim), router).await;
    for (push, expected) in [
        (Push::event("message", json!({})), 2),
        (Push::old_event("message", json!({})), 1),
        (Push::event("anything", json!({})), 0),
    ] {
        let ack = sim.push(push).await.acked(LIMIT).await.unwrap();
        assert_eq!((ack.code, tells.try_recv()), (200, Ok(expected)));
    }
}

#[tokio::test]
async fn a_thousand_events_at_once_are_all_handled_with_at_most_sixty_four_handlers_at_a_time() {
    let sim = platform().await;
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (now, peak) = (Arc::clone(&running), Arc::clone(&most));
    let router = Router::builder()
        .on_raw("t", move || {
            let (now, peak) = (Arc::clone(&now), Arc::clone(&peak));
            async move {
                peak.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                now.fetch_sub(1, Ordering::SeqCst);
            }
        })
        .build()
        .unwrap();
    let bot = Running::ready(config(&sim), router).await;
    let mut pushes = Vec::new();
    for n in 0..1_000 {
        pushes.push(sim.push(Push::event("t", json!({"n": n}))).await);
    }
    for push in &pushes {
        assert_eq!(push.acked(LIMIT).await.unwrap().code, 200);
    }
    assert!((2..=64).contains(&most.load(Ordering::SeqCst)), "{most:?}");
    assert_eq!(bot.handle.stats().connection.frames.delivered, 1_000);
    sim.assert_no_violations();
}

#[tokio::test]
async fn a_handler_that_waits_holds_up_neither_the_others_nor_the_pings() {
    let sim = platform().await;
    let (release, wait) = futures::channel::oneshot::channel::<()>();
    let wait = Arc::new(tokio::sync::Mutex::new(Some(wait)));
    let router = Router::builder()
        .on_raw("slow", move || {
            let wait = Arc::clone(&wait);
            async move {
                if let Some(wait) = wait.lock().await.take() {
                    let _ = wait.await;
                }
            }
        })
        .on_raw("fast", || async {})
        .build()
        .unwrap();
    let _bot = Running::ready(config(&sim), router).await;
    let slow = sim.push(Push::event("slow", json!({}))).await;
    let fast = sim.push(Push::event("fast", json!({}))).await;
    assert_eq!(fast.acked(LIMIT).await.unwrap().code, 200);
    assert!(slow.record().unwrap().ack().is_none());
    release.send(()).unwrap();
    assert_eq!(slow.acked(LIMIT).await.unwrap().code, 200);
}
