//! Events without a type in larkwire: one of version 1.0 as a type of your own, others by pattern, and raw ones.

mod demo;

use std::process::ExitCode;

use larkwire::event::{Event, EventType};
use larkwire::{Bot, BoxError, Ctx, Delivery, Router};
use larkwire_sim::{Push, Sim};
use serde_json::json;

use demo::{Demo, PATIENCE};

/// What this bot wants to know of an approval of somebody who is away. Other members are skipped.
#[derive(serde::Deserialize)]
struct OutApproval {
    instance_code: String,
    out_reason: String,
}

impl Event for OutApproval {
    const TYPE: EventType<'static> = EventType::p1("out_approval");
}

async fn approved(ctx: Ctx, event: OutApproval) {
    println!("typed:   {} ({}), {:?} old", event.out_reason, event.instance_code, ctx.age());
}

/// All that begins with `acme.` and has no handler of its own.
async fn acme(delivery: Delivery) -> Result<(), serde_json::Error> {
    let body: serde_json::Value = serde_json::from_str(delivery.envelope().event.unwrap_or("null"))?;
    println!("pattern: {} with {body}", delivery.event_type().map_or("?", |of| of.name));
    Ok(())
}

/// Nobody's: without this it is acked, counted, and logged once.
async fn other(delivery: Delivery) {
    println!("other:   {} bytes", delivery.payload().len());
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, BoxError> {
    let demo = Demo::start().await?;
    let router = Router::builder().on(approved).on_raw("acme.*", acme).on_other(other).build()?;
    let bot = Bot::new(demo.config.clone(), router);
    demo.play(&bot.handle(), bot.run(), story).await
}

async fn story(sim: &Sim) -> Result<(), BoxError> {
    let approval = json!({"instance_code": "81D3", "out_reason": "a day at the sea", "out_unit": "DAY"});
    for push in [
        Push::old_event("out_approval", approval),
        Push::event("acme.rooms.changed_v1", json!({"rooms": ["sun", "moon"]})),
        Push::event("contact.user.created_v3", json!({})),
    ] {
        println!("ack:     {}", sim.push(push).await.acked(PATIENCE).await?.code);
    }
    Ok(())
}
