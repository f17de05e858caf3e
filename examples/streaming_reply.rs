//! An answer that is typed while it is thought of, as chat bots of language models do it: a card entity whose text grows.

mod demo;

use std::process::ExitCode;

use larkwire::api::cardkit::v1::{Create, Writer};
use larkwire::api::im::v1::message;
use larkwire::event::im::v1::MessageReceiveV1;
use larkwire::message::{Card, Content};
use larkwire::{ApiClient, ApiError, Bot, BoxError, Responder, Router};
use larkwire_sim::Sim;

use demo::{Demo, PATIENCE};

const WORDS: [&str; 4] = ["A model", " of language", " would say", " more."];

/// Thinking takes longer than the 3 s that the platform waits: the event is acked first, and the work goes on.
async fn think(responder: Responder, api: ApiClient, event: MessageReceiveV1) -> Result<(), BoxError> {
    let id = event.message.and_then(|message| message.message_id).ok_or("a message without an id")?;
    responder.acknowledge();
    stream(&api, &id).await?;
    responder.reply(()).await?;
    Ok(())
}

async fn stream(api: &ApiClient, message_id: &str) -> Result<(), ApiError> {
    let card = Card::new().streaming("thinking …").markdown_id("answer", "…");
    // The writer numbers the changes, which the platform insists on.
    let mut writer = Writer::new(api.send(Create::new(card)).await?);
    api.send(message::Reply::new(message_id, Content::card_entity(writer.card_id()))).await?;
    let mut text = String::new();
    for word in WORDS {
        text.push_str(word);
        api.send(writer.content("answer", &text)).await?;
    }
    api.send(writer.finish("A model of language")).await?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, BoxError> {
    let demo = Demo::start().await?;
    let bot = Bot::new(demo.config.clone(), Router::builder().on(think).build()?);
    demo.play(&bot.handle(), bot.run(), story).await
}

async fn story(sim: &Sim) -> Result<(), BoxError> {
    let said = sim.user("alice").dm("what do you think?").await;
    println!("ack:   {}", said.acked(PATIENCE).await?.code);
    let card = sim.next_reply(PATIENCE).await?;
    let whole = WORDS.concat();
    let card = sim.wait_message(&card.message_id, |message| message.text() == whole && !message.streaming).await?;
    println!("reply: {:?}", card.text());
    Ok(())
}
