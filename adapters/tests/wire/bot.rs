//! A bot as a whole: handlers, answers, and how it ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_tungstenite::tungstenite::Message;
use larkwire::event::card::{ActionReply, ActionTrigger, ToastKind};
use larkwire::event::im::v1::MessageReceiveV1;
use larkwire::{Bot, BoxError, Config, Ctx, Handle, NotReady, Router, RouterBuilder, Status, Stop};
use serde_json::json;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinHandle;

use crate::support::*;

pub(crate) const MESSAGE: &str = "im.message.receive_v1";

/// A bot with these handlers that runs, and the platform's end of its connection.
pub(crate) async fn start(router: RouterBuilder) -> (JoinHandle<Stop>, Handle, Gateway, Peers) {
    start_with(router, config(), |bot| bot).await
}

pub(crate) async fn start_with(
    router: RouterBuilder,
    config: Config,
    change: impl FnOnce(Bot) -> Bot,
) -> (JoinHandle<Stop>, Handle, Gateway, Peers) {
    let (wire, mut peers) = Wire::new();
    let bot = change(Bot::new(config, router.build().unwrap()));
    let handle = bot.handle();
    let running = tokio::spawn(bot.run_on(Arc::new(wire)));
    let gateway = peers.open().await;
    (running, handle, gateway, peers)
}

pub(crate) fn message(id: &str, text: &str) -> serde_json::Value {
    let content = json!({"text": text}).to_string();
    event(MESSAGE, id, json!({"message": {"message_id": "om_1/2", "message_type": "text", "content": content}}))
}

async fn ok(_: Ctx, _: MessageReceiveV1) -> Result<(), BoxError> {
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_echo_bot_replies_by_the_api_and_then_acks() {
    async fn echo(ctx: Ctx, event: MessageReceiveV1) -> Result<(), BoxError> {
        let text = event.text().ok_or("no text")?;
        let id = event.message.and_then(|message| message.message_id).ok_or("no id")?;
        ctx.api().reply_text(&id, &format!("echo: {text}")).await?;
        Ok(())
    }
    let (_running, _handle, mut gateway, mut peers) = start(Router::builder().on(echo)).await;
    gateway.push(&message("1", "hi \"you\"")).await;
    let mut api = peers.accept().await;
    assert!(api.request().await.contains("tenant_access_token/internal"));
    api.answer_json(200, &json!({"code": 0, "tenant_access_token": "t-1", "expire": 7200})).await;
    let request = api.request().await;
    assert!(request.starts_with("POST /open-apis/im/v1/messages/om_1%2F2/reply HTTP/1.1\r\n"), "{request}");
    assert!(request.contains(r#"{\"text\":\"echo: hi \\\"you\\\"\"}"#), "{request}");
    api.answer_json(200, &json!({"code": 0, "data": {"message_id": "om_2"}})).await;
    assert_eq!(gateway.ack().await, json!({"code": 200}));
}

#[tokio::test(start_paused = true)]
async fn whatever_a_handler_does_its_event_is_answered_and_the_next_one_is_handled() {
    let router = Router::builder().on(|event: MessageReceiveV1| async move {
        match event.text().as_deref() {
            Some("panic") => panic!("at the disco"),
            Some("panic later") => {
                tokio::task::yield_now().await;
                panic!("at the disco, later")
            }
            Some("fail") => Err("no way"),
            _ => Ok(()),
        }
    });
    let (_running, handle, mut gateway, _peers) = start(router).await;
    for (text, code) in [("panic", 500), ("panic later", 500), ("fail", 500), ("work", 200)] {
        gateway.push(&message(text, text)).await;
        assert_eq!(gateway.ack().await["code"], code, "{text}");
    }
    gateway.push(&event(MESSAGE, "odd", json!({"message": "not an object"}))).await;
    assert_eq!(gateway.ack().await["code"], 500);
    tokio::task::yield_now().await;
    let stats = handle.stats().handlers;
    assert_eq!((stats.handled, stats.failed, stats.panicked, stats.unknown), (1, 2, 2, 0));
}

/// What a panic may carry: something that panics again.
struct Bomb;

fn blow_up() {
    std::panic::panic_any(Bomb)
}

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("and again")
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_that_goes_off_again_when_it_is_dropped_harms_nobody() {
    let router =
        Router::builder().on(ok).on_raw("bomb", || async { blow_up() }).on_raw("destructor", || async { drop(Bomb) });
    let (running, handle, mut gateway, _peers) = start_with(router, config(), |bot| {
        let order = |_: &larkwire::Delivery| {
            blow_up();
            None::<u8>
        };
        bot.in_order_by(order).on_notice(|_| blow_up())
    })
    .await;
    for (kind, code) in [("bomb", 500), ("destructor", 500), (MESSAGE, 200)] {
        gateway.push(&event(kind, kind, json!({}))).await;
        assert_eq!(gateway.ack().await["code"], code, "{kind}");
    }
    tokio::task::yield_now().await;
    assert_eq!((handle.stats().handlers.panicked, running.is_finished()), (2, false));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_event_is_acked_and_an_unknown_callback_is_refused() {
    let (_running, _handle, mut gateway, _peers) = start(Router::builder().on(ok)).await;
    gateway.push(&event("im.chat.disbanded_v1", "1", json!({}))).await;
    assert_eq!(gateway.ack().await["code"], 200);
    gateway.push(&event("card.action.trigger", "2", json!({}))).await;
    assert_eq!(gateway.ack().await["code"], 500);
}

#[tokio::test(start_paused = true)]
async fn what_a_callback_returns_is_the_answer() {
    let router = Router::builder().on_callback(|click: ActionTrigger| async move {
        let value = click.action.ok_or("no action")?.value;
        Ok::<_, BoxError>(ActionReply::new().toast(ToastKind::Info, value["say"].as_str().unwrap_or_default()))
    });
    let (_running, _handle, mut gateway, _peers) = start(router).await;
    gateway.push(&event("card.action.trigger", "1", json!({"action": {"value": {"say": "ok"}}}))).await;
    // {"toast":{"type":"info","content":"ok"}}
    assert_eq!(gateway.ack().await["data"], "eyJ0b2FzdCI6eyJ0eXBlIjoiaW5mbyIsImNvbnRlbnQiOiJvayJ9fQ==");
}

#[tokio::test(start_paused = true)]
async fn a_slow_handler_holds_up_nobody_else() {
    let gate = Arc::new(Notify::new());
    let wait = Arc::clone(&gate);
    let router = Router::builder().on(move |event: MessageReceiveV1| {
        let wait = Arc::clone(&wait);
        async move {
            if event.text().as_deref() == Some("slow") {
                wait.notified().await;
                return Err("slow, and in vain");
            }
            Ok(())
        }
    });
    let (_running, _handle, mut gateway, _peers) = start(router).await;
    gateway.push(&message("1", "slow")).await;
    gateway.push(&message("2", "fast")).await;
    assert_eq!(gateway.ack().await["code"], 200);
    gate.notify_one();
    assert_eq!(gateway.ack().await["code"], 500);
}

#[tokio::test(start_paused = true)]
async fn no_more_handlers_run_at_a_time_than_are_allowed() {
    let running = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let gate = Arc::new(Semaphore::new(0));
    let state = (Arc::clone(&running), Arc::clone(&most), Arc::clone(&gate));
    let router = Router::builder().on(move |_: MessageReceiveV1| {
        let (running, most, gate) = state.clone();
        async move {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            gate.acquire().await?.forget();
            running.fetch_sub(1, Ordering::SeqCst);
            Ok::<_, BoxError>(())
        }
    });
    let (_bot, _handle, mut gateway, _peers) = start_with(router, config(), |bot| bot.handlers(3)).await;
    for id in 0..10 {
        gateway.push(&message(&id.to_string(), "work")).await;
    }
    // Until all is at rest.
    tokio::time::sleep(SECOND).await;
    assert_eq!(running.load(Ordering::SeqCst), 3);
    gate.add_permits(10);
    for _ in 0..10 {
        assert_eq!(gateway.ack().await["code"], 200);
    }
    assert_eq!(most.load(Ordering::SeqCst), 3);
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_hangs_loses_its_place_when_its_event_is_given_up() {
    let mut config = config();
    config.handler_limit = SECOND * 60;
    let router = Router::builder().on(|event: MessageReceiveV1| async move {
        if event.text().as_deref() == Some("hang") {
            std::future::pending::<()>().await;
        }
        Ok::<_, BoxError>(())
    });
    let (_bot, handle, mut gateway, _peers) = start_with(router, config, |bot| bot.handlers(1)).await;
    gateway.push(&message("1", "hang")).await;
    tokio::time::sleep(SECOND * 30).await;
    gateway.pong().await;
    gateway.push(&message("2", "work")).await;
    assert_eq!(gateway.ack().await["code"], 200);
    assert_eq!(handle.stats().connection.abandoned, 1);
}

#[tokio::test(start_paused = true)]
async fn a_handler_knows_the_circumstances() {
    let router = Router::builder().on(|ctx: Ctx, _: MessageReceiveV1| async move {
        assert_eq!((ctx.app_id(), ctx.event_id().as_deref(), ctx.tenant_key().as_deref()), (APP, Some("1"), Some("t")));
        assert_eq!(ctx.event_type().map(|of| of.name), Some(MESSAGE));
        assert_eq!(ctx.age(), Some(SECOND));
        assert!(!ctx.redelivered());
        let left = ctx.time_left();
        assert!(left > SECOND * 2 && left < SECOND * 3, "{left:?}");
        Ok::<_, BoxError>(())
    });
    let (_running, _handle, mut gateway, _peers) = start(router).await;
    gateway.push(&message("1", "hi")).await;
    assert_eq!(gateway.ack().await["code"], 200);
}

#[tokio::test(start_paused = true)]
async fn a_bot_is_ready_when_the_platform_has_answered() {
    let (running, handle, mut gateway, _peers) = start(Router::builder()).await;
    let mut watch = handle.watch();
    assert!(matches!(watch.changed().await, Some(Status::Open { ready: false, .. })));
    gateway.pong().await;
    handle.ready().await.unwrap();
    handle.ready().await.unwrap();
    assert!(matches!(watch.changed().await, Some(Status::Open { ready: true, .. })));
    assert!(!running.is_finished());
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_lets_the_running_handler_end_and_takes_no_new_event() {
    let router = Router::builder().on(|_: MessageReceiveV1| async {
        tokio::time::sleep(SECOND * 2).await;
        Ok::<_, BoxError>(())
    });
    let (running, handle, mut gateway, _peers) = start(router).await;
    gateway.push(&message("1", "hi")).await;
    gateway.pong().await;
    handle.ready().await.unwrap();
    handle.shutdown(SECOND * 10);
    handle.shutdown(SECOND * 20);
    tokio::task::yield_now().await;
    gateway.push(&message("2", "too late")).await;
    assert_eq!(gateway.frame().await.header("message_id"), Some("message of \"1\""));
    assert!(matches!(gateway.message().await, Message::Close(Some(_))));
    drop(gateway);
    assert_eq!(running.await.unwrap(), Stop::Shutdown);
    assert_eq!(handle.ready().await, Err(NotReady::Stopped(Stop::Shutdown)));
    assert_eq!(handle.status(), Some(Status::Stopped));
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_does_not_wait_for_ever() {
    let router = Router::builder().on(|_: MessageReceiveV1| std::future::pending::<Result<(), BoxError>>());
    let (running, handle, mut gateway, _peers) = start(router).await;
    gateway.push(&message("1", "hi")).await;
    gateway.pong().await;
    handle.ready().await.unwrap();
    let begun = tokio::time::Instant::now();
    handle.shutdown(SECOND * 10);
    assert_eq!(running.await.unwrap(), Stop::Shutdown);
    // And five for the peer's goodbye, which does not come.
    assert!((SECOND * 15..SECOND * 16).contains(&begun.elapsed()), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn dropping_a_bot_ends_its_handlers_and_tells_who_waits() {
    let alive = Arc::new(());
    let held = Arc::clone(&alive);
    let router = Router::builder().on(move |_: MessageReceiveV1| {
        let held = Arc::clone(&held);
        async move {
            let _held = held;
            std::future::pending::<Result<(), BoxError>>().await
        }
    });
    let (running, handle, mut gateway, _peers) = start(router).await;
    gateway.push(&message("1", "hi")).await;
    gateway.pong().await;
    handle.ready().await.unwrap();
    assert_eq!(Arc::strong_count(&alive), 3);
    let waiting = tokio::spawn(async move {
        let mut watch = handle.watch();
        while watch.changed().await.is_some() {}
        handle.ready().await
    });
    running.abort();
    assert_eq!(waiting.await.unwrap(), Err(NotReady::Dropped));
    tokio::task::yield_now().await;
    assert_eq!(Arc::strong_count(&alive), 1);
}

#[tokio::test(start_paused = true)]
async fn a_bot_without_a_chance_stops_and_says_why() {
    let (wire, _peers) = Wire::new();
    let bot = Bot::new(Config::new("", "secret"), Router::builder().build().unwrap());
    assert!(matches!(bot.run_on(Arc::new(wire)).await, Stop::Config(_)));
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_without_a_connection_lets_the_running_handler_end() {
    let done = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let flag = Arc::clone(&done);
    let router = Router::builder().on(move |_: MessageReceiveV1| {
        let flag = Arc::clone(&flag);
        async move {
            tokio::time::sleep(SECOND * 2).await;
            flag.store(true, std::sync::atomic::Ordering::SeqCst);
            Ok::<(), BoxError>(())
        }
    });
    let (running, handle, mut gateway, _peers) = start(router).await;
    gateway.push(&message("1", "hi")).await;
    gateway.pong().await;
    handle.ready().await.unwrap();
    drop(gateway);
    let mut watch = handle.watch();
    while matches!(handle.status(), Some(larkwire::Status::Open { .. })) {
        watch.changed().await.unwrap();
    }
    handle.shutdown(SECOND * 10);
    assert_eq!(running.await.unwrap(), Stop::Shutdown);
    assert!(done.load(std::sync::atomic::Ordering::SeqCst), "the handler was cut off");
}
