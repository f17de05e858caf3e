//! What is logged, at the most talkative level: no secrets, and by us not what people write either.

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use larkwire::event::im::v1::MessageReceiveV1;
use larkwire::{Bot, BoxError, Ctx, ReceiveIdType, Router};
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
