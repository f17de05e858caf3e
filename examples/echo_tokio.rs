//! An echo bot on tokio.
//!
//! With `LARK_APP_ID` and `LARK_APP_SECRET` set it connects to the real platform; `LARK_DOMAIN` names another one than
//! open.feishu.cn. Without them it starts a simulated platform in this process and lets somebody say something there;
//! `--stay` keeps it running then. Ctrl-C stops it politely.

use std::env::{args, var};
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use larkwire::event::im::v1::MessageReceiveV1;
use larkwire::{ApiError, Bot, Config, Ctx, Domain, Handle, Router, Stop};
use larkwire_sim::Sim;

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
    tracing_subscriber::fmt().with_target(false).without_time().init();
    let sim = if var("LARK_APP_ID").is_err() { Some(Sim::start().await) } else { None };
    let (mut config, domain) = match &sim {
        Some(sim) => (Config::new(sim.app_id(), sim.app_secret()), Domain::Custom(sim.domain())),
        None => (
            Config::new(var("LARK_APP_ID")?, var("LARK_APP_SECRET").map_err(|_| "LARK_APP_SECRET is not set")?),
            var("LARK_DOMAIN").map_or(Domain::Feishu, Domain::Custom),
        ),
    };
    config.domain = domain;

    let bot = Bot::new(config, Router::builder().on(echo).build()?);
    let handle = bot.handle();
    tokio::spawn(stop_on_ctrl_c(bot.handle()));
    let running = tokio::spawn(bot.run());
    if let Some(sim) = &sim {
        println!("LARK_APP_ID is not set: this is a simulated platform, in this process");
        let patience = Duration::from_secs(10);
        let said = sim.user("alice").dm("hello").await;
        println!("reply: {:?}", sim.next_reply(patience).await?.text());
        let ack = said.acked(patience).await?;
        println!("ack:   {} after {:.1} ms of 3000 ms", ack.code, ack.delay.as_secs_f64() * 1e3);
        if args().all(|arg| arg != "--stay") {
            handle.shutdown(Duration::from_secs(3));
        }
    }
    Ok(if running.await? == Stop::Shutdown { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn stop_on_ctrl_c(bot: Handle) {
    if tokio::signal::ctrl_c().await.is_ok() {
        bot.shutdown(Duration::from_secs(3));
    }
}
