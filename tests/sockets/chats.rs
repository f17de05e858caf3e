//! A bot among people: groups, threads, cards that are clicked, and texts that are typed.

use larkwire::api::cardkit::v1::{Create, Writer};
use larkwire::api::im::v1::{ReceiveIdType, message};
use larkwire::event::card::{ActionReply, ActionTrigger, ToastKind};
use larkwire::event::im::v1::MessageReceiveV1;
use larkwire::message::{Button, Card, Content};
use larkwire::{ApiError, BoxError, Ctx, Router};
use larkwire_sim::ClickResult;
use serde_json::json;

use crate::bots::{Running, config, platform, within};

/// Replies in a thread, deploys with a card, and types what it is asked to.
async fn answer(ctx: Ctx, event: MessageReceiveV1) -> Result<(), ApiError> {
    let text = event.text().unwrap_or_default();
    let message = event.message.unwrap_or_default();
    let (id, chat_id) = (message.message_id.unwrap_or_default(), message.chat_id.unwrap_or_default());
    let api = ctx.api();
    if text.ends_with("deploy") {
        let approve = Button::new("Approve").value(json!({"build": 42}));
        let card = Card::new().markdown("Deploy?").buttons([approve]);
        api.send(message::Create::new(ReceiveIdType::ChatId, chat_id, card)).await?;
    } else if text == "type" {
        let card = Card::new().streaming("typing").markdown_id("text", "…");
        let mut card = Writer::new(api.send(Create::new(card)).await?);
        let shown = Content::card_entity(card.card_id());
        api.send(message::Create::new(ReceiveIdType::ChatId, chat_id, shown)).await?;
        for typed in ["one", "one, two", "one, two, three"] {
            api.send(card.content("text", typed)).await?;
        }
        api.send(card.finish("typed")).await?;
    } else {
        api.send(message::Reply::new(id, format!("echo: {text}")).in_thread()).await?;
    }
    Ok(())
}

async fn approve(click: ActionTrigger) -> Result<ActionReply, BoxError> {
    let build = click.action.map(|action| action.value["build"].clone()).unwrap_or_default();
    let done = json!({"schema": "2.0", "body": {"elements": [{"tag": "markdown", "content": "Deployed"}]}});
    Ok(ActionReply::new().toast(ToastKind::Success, format!("build {build}")).card(done))
}

#[tokio::test]
async fn a_bot_among_people() {
    let sim = platform().await;
    let router = Router::builder().on(answer).on_callback(approve).build().unwrap();
    let bot = Running::ready(config(&sim), router).await;
    let (alice, ops) = (sim.user("alice"), sim.group("ops", ["alice", "bob"]));

    assert_eq!(alice.say(&ops, "morning").await.unwrap().pushes.len(), 0, "nobody asked the bot");
    let asked = alice.mention(&ops, "ready?").await.unwrap();
    let reply = sim.expect_reply().await;
    assert_eq!((reply.text(), reply.chat_id.as_str()), ("echo: @_user_1 ready?".into(), ops.chat_id()));
    let thread = sim.message(&reply.message_id).unwrap().thread_id;
    assert!(thread.is_some() && thread == sim.message(&asked.message_id).unwrap().thread_id);

    alice.mention(&ops, "deploy").await.unwrap();
    let shown = sim.expect_reply().await;
    assert_eq!(shown.text(), "Deploy?\nApprove");
    let click = sim.user("bob").press(&shown.message_id, "Approve").await.unwrap();
    match click.answered().await.unwrap() {
        ClickResult::Answered { toast: Some(toast), card: true } => assert_eq!(toast.text, "build 42"),
        other => panic!("{other:?}"),
    }
    assert_eq!(sim.message(&shown.message_id).unwrap().text(), "Deployed");

    alice.dm("type").await;
    let typed = sim.expect_reply().await;
    let message = sim.wait_message(&typed.message_id, |message| !message.streaming).await.unwrap();
    assert_eq!(message.text(), "one, two, three");

    alice.react(&typed.message_id, "OK").await.unwrap();
    alice.recall(&asked.message_id).await.unwrap();
    within(sim.settle()).await.assert_no_more_replies();
    sim.assert_no_violations();
    drop(bot);
}
