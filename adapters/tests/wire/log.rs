//! What is logged, at the most talkative level: no secrets, and by us not what people write either.

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use larkwire::event::card::ActionTrigger;
use larkwire::event::im::v1::MessageReceiveV1;
use larkwire::{Bot, BoxError, Ctx, ReceiveIdType, Reply, Responder, Router};
use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::support::*;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<String>>);

impl Subscriber for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut self.clone());
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }
    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

impl Visit for Lines {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        writeln!(self.0.lock().unwrap(), "{field}={value:?}").unwrap();
    }
}

/// What our dependencies log, of this and all other tests.
static OTHERS: Mutex<String> = Mutex::new(String::new());

struct Others;

impl log::Log for Others {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }
    fn log(&self, record: &log::Record<'_>) {
        writeln!(OTHERS.lock().unwrap(), "{}", record.args()).unwrap();
    }
    fn flush(&self) {}
}

#[tokio::test(start_paused = true)]
async fn no_secret_reaches_the_log() {
    log::set_logger(&Others).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());

    let router = Router::builder().on(|ctx: Ctx, _: MessageReceiveV1| async move {
        ctx.api().send_text(ReceiveIdType::ChatId, "oc_1", "a secret of the bot").await?;
        Ok::<_, BoxError>(())
    });
    let (wire, mut peers) = Wire::new();
    let bot = Bot::new(config(), router.build().unwrap());
    let running = tokio::spawn(bot.run_on(Arc::new(wire)));
    let mut gateway = peers.open().await;
    gateway.push(&event("im.message.receive_v1", "1", json!({"message": {"content": "a secret of people"}}))).await;
    let mut api = peers.accept().await;
    api.request().await;
    api.answer_json(200, &json!({"code": 0, "tenant_access_token": "t-secret", "expire": 7200})).await;
    api.request().await;
    api.answer_json(400, &json!({"code": 230002, "msg": "not in the chat, says t-secret"})).await;
    assert_eq!(gateway.ack().await["code"], 500);
    running.abort();

    let ours = lines.0.lock().unwrap().clone();
    let others = OTHERS.lock().unwrap().clone();
    assert!(ours.contains("not in the chat") && others.contains("received frame"), "nothing was logged");
    for secret in ["hunter2hunter2", "TICKET", "access_key=KEY", "t-secret"] {
        assert!(!ours.contains(secret), "{secret} in {ours}");
        assert!(!others.contains(secret), "{secret} in the log of a dependency");
    }
    assert!(!ours.contains("a secret of"), "{ours}");
}

#[tokio::test(start_paused = true)]
async fn the_log_names_the_handler_that_is_late_or_wrong_and_says_what_to_do() {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let router = Router::builder()
        .on_raw("slow.*", |responder: Responder| async move {
            tokio::time::sleep(SECOND * 3).await;
            drop(responder);
        })
        .on_raw_callback("profile.view.get", || async {
            tokio::time::sleep(SECOND * 3).await;
            Reply::json("{}")
        })
        .on_callback(|_: ActionTrigger| async { Reply::json(r#"{"card":{"type":"raw"}}"#) })
        .on_raw("forgets", || async { Reply::json(r#"{"a secret of":"the bot"}"#) });
    let (wire, mut peers) = Wire::new();
    let bot = Bot::new(config(), router.build().unwrap());
    let _running = tokio::spawn(bot.run_on(Arc::new(wire)));
    let mut gateway = peers.open().await;
    let mut logged = async |kind: &str, expected: &[&str]| {
        gateway.push(&event(kind, kind, json!({}))).await;
        tokio::time::sleep(SECOND * 4).await;
        let log = std::mem::take(&mut *lines.0.lock().unwrap());
        for line in expected {
            assert!(log.contains(line), "no {line} in {log}");
        }
        assert!(!log.contains("a secret of"), "{log}");
    };
    let late =
        ["message=the answer is late", "handler=\"slow.*\"", "event_type=\"slow.one\"", "waits_for=\"its handler\""];
    logged("slow.one", &late).await;
    logged("slow.two", &["message=the responder was dropped without an answer"]).await;
    let token =
        ["answered=true", "message=this reply came after the neutral answer and is not shown; the card can still"];
    logged("profile.view.get", &token).await;
    logged("card.action.trigger", &["the platform does not take this reply", "it has no data", "200673"]).await;
    logged("forgets", &["message=events get no reply: it is not sent"]).await;
    logged("unknown", &["message=there is no handler for these events; said once"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_name_as_long_as_a_message_fills_neither_the_log_nor_the_memory() {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let router = Router::builder().on_raw("known.*", || async { Err::<(), _>("no") });
    let (wire, mut peers) = Wire::new();
    let bot = Bot::new(config(), router.build().unwrap());
    let _running = tokio::spawn(bot.run_on(Arc::new(wire)));
    let mut gateway = peers.open().await;
    for (kind, code) in [("known.", 500), ("unknown.", 200)] {
        gateway.push(&event(&(kind.to_owned() + &"长".repeat(100_000)), &"9".repeat(3_000), json!({}))).await;
        assert_eq!(gateway.ack().await["code"], code);
    }
    let log = std::mem::take(&mut *lines.0.lock().unwrap());
    assert!(log.contains("the handler failed") && log.contains("there is no handler for these events"), "{log}");
    assert!(log.contains(&format!("event_type=\"unknown.{}\"", "长".repeat(120))), "{log}");
    // At the level of debug, all of the envelope is shown once.
    let longest = log.lines().filter(|line| !line.contains("Envelope {")).max_by_key(|line| line.len()).unwrap();
    assert!(longest.len() < 5_000, "a header may have 4 KiB: {longest}");
}

#[tokio::test(start_paused = true)]
async fn the_log_doubts_an_app_id_of_another_form_and_the_bot_goes_on() {
    for (id, doubted) in [("cli_a1b2c3d4e5f60718", false), ("a1b2c3d4e5f60718", true)] {
        let lines = Lines::default();
        let _guard = tracing::subscriber::set_default(lines.clone());
        let mut config = config();
        config.app_id = id.into();
        let (wire, mut peers) = Wire::new();
        let bot = Bot::new(config, Router::builder().build().unwrap());
        let _running = tokio::spawn(bot.run_on(Arc::new(wire)));
        peers.open().await;
        let log = std::mem::take(&mut *lines.0.lock().unwrap());
        assert_eq!(log.contains("app ids are cli_ and 16 hexadecimal digits"), doubted, "{log}");
    }
}
