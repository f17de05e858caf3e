//! An echo bot on smol: on a simulated platform, or on a real one if `LARK_APP_ID` and `LARK_APP_SECRET` are set.
//!
//! smol runs tasks on one thread, unless the environment variable `SMOL_THREADS` asks for more.

mod demo;

use std::process::ExitCode;

use larkwire::event::im::v1::MessageReceiveV1;
use larkwire::smol::Smol;
use larkwire::{ApiError, Bot, BoxError, Ctx, Router};

use demo::{Demo, say_hello};

async fn echo(ctx: Ctx, event: MessageReceiveV1) -> Result<(), ApiError> {
    let text = event.text();
    if let (Some(text), Some(id)) = (text, event.message.and_then(|message| message.message_id)) {
        println!("event: {} {text:?}", ctx.event_type().map_or("?", |kind| kind.name));
        ctx.api().reply_text(&id, &format!("echo: {text}")).await?;
    }
    Ok(())
}

fn main() -> Result<ExitCode, BoxError> {
    smol::block_on(async {
        let demo = Demo::start().await?;
        let bot = Bot::new(demo.config.clone(), Router::builder().on(echo).build()?);
        demo.play(&bot.handle(), bot.run_on(Smol), say_hello).await
    })
}
