//! The Node sample of the official page, in Rust: each message is answered in its chat with the default card, titled
//! "回复： …". `docs/OFFICIAL_SAMPLES.md` has them side by side.

mod demo;

use std::process::ExitCode;

use larkwire::api::im::v1::{ReceiveIdType, message};
use larkwire::event::im::v1::MessageReceiveV1;
use larkwire::message::Card;
use larkwire::{ApiClient, ApiError, Bot, BoxError, Router};
use larkwire_sim::Sim;

use demo::{Demo, PATIENCE};

async fn reply(api: ApiClient, event: MessageReceiveV1) -> Result<(), ApiError> {
    let text = event.text();
    if let (Some(text), Some(chat_id)) = (text, event.message.and_then(|message| message.chat_id)) {
        let card = Card::default_card(format!("回复： {text}"), "新年好");
        api.send(message::Create::new(ReceiveIdType::ChatId, chat_id, card)).await?;
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, BoxError> {
    let demo = Demo::start().await?;
    let bot = Bot::new(demo.config.clone(), Router::builder().on(reply).build()?);
    demo.play(&bot.handle(), bot.run(), story).await
}

async fn story(sim: &Sim) -> Result<(), BoxError> {
    sim.user("alice").dm("你好").await;
    println!("card: {}", sim.next_reply(PATIENCE).await?.content);
    Ok(())
}
