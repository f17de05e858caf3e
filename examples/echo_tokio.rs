//! An echo bot on tokio: on a simulated platform, or on a real one if `LARK_APP_ID` and `LARK_APP_SECRET` are set. Ctrl-C
//! stops it politely.

mod demo;

use std::process::ExitCode;
use std::time::Duration;

use larkwire::event::im::v1::MessageReceiveV1;
use larkwire::{ApiError, Bot, BoxError, Ctx, Handle, Router};

use demo::{Demo, say_hello};

async fn echo(ctx: Ctx, event: MessageReceiveV1) -> Result<(), ApiError> {
    let text = event.text();
    if let (Some(text), Some(id)) = (text, event.message.and_then(|message| message.message_id)) {
        println!("event: {} {text:?}", ctx.event_type().map_or("?", |kind| kind.name));
        ctx.api().reply_text(&id, &format!("echo: {text}")).await?;
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, BoxError> {
    let demo = Demo::start().await?;
    let bot = Bot::new(demo.config.clone(), Router::builder().on(echo).build()?);
    tokio::spawn(stop_on_ctrl_c(bot.handle()));
    demo.play(&bot.handle(), bot.run(), say_hello).await
}

async fn stop_on_ctrl_c(bot: Handle) {
    if tokio::signal::ctrl_c().await.is_ok() {
        bot.shutdown(Duration::from_secs(3));
    }
}
