//! A card with buttons, and what happens when somebody presses one: a toast, and another card in its place.

mod demo;

use std::process::ExitCode;

use larkwire::api::im::v1::message;
use larkwire::event::card::{ActionReply, ActionTrigger, ToastKind};
use larkwire::event::im::v1::MessageReceiveV1;
use larkwire::message::{Button, Card};
use larkwire::{ApiClient, ApiError, Bot, BoxError, Router};
use larkwire_sim::Sim;
use serde_json::json;

use demo::{Demo, PATIENCE};

async fn ask(api: ApiClient, event: MessageReceiveV1) -> Result<(), ApiError> {
    let Some(id) = event.message.and_then(|message| message.message_id) else { return Ok(()) };
    let card = Card::new().title("Deploy to staging?").color("blue").buttons([
        Button::new("Approve").primary().value(json!({"decision": "approved"})),
        Button::new("Reject").danger().value(json!({"decision": "rejected"})),
    ]);
    api.send(message::Reply::new(id, card)).await.map(drop)
}

/// The answer has to be there within 3 s; one that is late gets a neutral one in its stead.
async fn decide(click: ActionTrigger) -> Result<ActionReply, BoxError> {
    let action = click.action.ok_or("a click on nothing")?;
    let decision =
        action.value.get("decision").and_then(|decision| decision.as_str()).ok_or("not one of our buttons")?;
    let card = Card::new().title("Deploy to staging").markdown(format!("**{decision}**"));
    Ok(ActionReply::new().toast(ToastKind::Success, decision).card(card))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, BoxError> {
    let demo = Demo::start().await?;
    let bot = Bot::new(demo.config.clone(), Router::builder().on(ask).on_callback(decide).build()?);
    demo.play(&bot.handle(), bot.run(), story).await
}

async fn story(sim: &Sim) -> Result<(), BoxError> {
    let alice = sim.user("alice");
    alice.dm("deploy").await;
    let card = sim.next_reply(PATIENCE).await?;
    println!("card:  {:?}", card.text());
    println!("seen:  {:?}", alice.press(&card.message_id, "Approve").await?.answered().await?);
    let now = sim.message(&card.message_id).ok_or("the card is gone")?;
    println!("card:  {:?}", now.text());
    Ok(())
}
