//! The Go, Python and Java samples of the official page, in Rust: print the messages that come, and an event of version 1.0
//! that is known by its key only. `docs/OFFICIAL_SAMPLES.md` has them side by side.

mod demo;

use std::process::ExitCode;

use larkwire::event::im::v1::MessageReceiveV1;
use larkwire::{Bot, BoxError, Delivery, Router};
use larkwire_sim::{Push, Sim};
use serde_json::json;

use demo::{Demo, PATIENCE};

async fn message(event: MessageReceiveV1) -> Result<(), BoxError> {
    println!("[ im.message.receive_v1 ] {event:#?}");
    Ok(())
}

async fn customized(delivery: Delivery) -> Result<(), BoxError> {
    println!("[ out_approval ] {}", String::from_utf8_lossy(&delivery.payload()));
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, BoxError> {
    let demo = Demo::start().await?;
    let router = Router::builder().on(message).on_custom("out_approval", customized).build()?;
    let bot = Bot::new(demo.config.clone(), router);
    demo.play(&bot.handle(), bot.run(), story).await
}

async fn story(sim: &Sim) -> Result<(), BoxError> {
    sim.user("alice").dm("hello").await.acked(PATIENCE).await?;
    let approval = json!({"instance_code": "81D31358-93AF-92D6-7425-01A5D67C4E71", "out_reason": "a customer"});
    sim.push(Push::old_event("out_approval", approval)).await.acked(PATIENCE).await?;
    Ok(())
}
