//! An echo bot on tokio: on a simulated platform, or on a real one if `LARK_APP_ID` and `LARK_APP_SECRET` are set. Ctrl-C
//! stops it politely.

mod demo;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use larkwire::event::im::v1::MessageReceiveV1;
use larkwire::{ApiError, Bot, Ctx, Handle, Router, Stop};

use demo::Demo;

async fn echo(ctx: Ctx, event: MessageReceiveV1) -> Result<(), ApiError> {
    let text = event.text();
    if let (Some(text), Some(id)) = (text, event.message.and_then(|message| message.message_id)) {
        println!("event: {} {text:?}", ctx.event_type().map_or("?", |kind| kind.name));
        ctx.api().reply_text(&id, &format!("echo: {text}")).await?;
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let demo = Demo::start().await?;
    let bot = Bot::new(demo.config.clone(), Router::builder().on(echo).build()?);
    let handle = bot.handle();
    tokio::spawn(stop_on_ctrl_c(handle.clone()));
    let (stop, talked) = tokio::join!(bot.run(), demo.talk(&handle));
    talked?;
    Ok(if stop == Stop::Shutdown { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn stop_on_ctrl_c(bot: Handle) {
    if tokio::signal::ctrl_c().await.is_ok() {
        bot.shutdown(Duration::from_secs(3));
    }
}
