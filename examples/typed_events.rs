//! Several kinds of events, each with a type of its own; what they have in common; and state that handlers share.

mod demo;

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use larkwire::event::im::v1::{ChatMemberBotAddedV1, MessageReactionCreatedV1, MessageReceiveV1};
use larkwire::{Bot, BoxError, Ctx, Router, State};
use larkwire_sim::Sim;

use demo::{Demo, PATIENCE};

#[derive(Default)]
struct Seen(AtomicU64);

/// What a handler needs are its arguments, in any order but for the event, which is the last.
async fn message(ctx: Ctx, seen: State<Seen>, event: MessageReceiveV1) -> Result<(), BoxError> {
    let count = seen.0.0.fetch_add(1, Ordering::Relaxed) + 1;
    // Every member is optional: the platform leaves out what the app has no permission for.
    let sender = event.sender.as_ref().and_then(|sender| sender.sender_id.as_ref()?.open_id.as_deref());
    println!("message {count} from {:?}: {:?}", sender.unwrap_or("somebody"), event.text());
    println!("  event {:?}, {:?} old, redelivered: {}", ctx.event_id(), ctx.age(), ctx.redelivered());
    Ok(())
}

async fn reaction(event: MessageReactionCreatedV1) -> Result<(), BoxError> {
    let emoji = event.reaction_type.and_then(|reaction| reaction.emoji_type);
    println!("reaction {emoji:?} to {:?}", event.message_id);
    Ok(())
}

async fn added_to_a_chat(event: ChatMemberBotAddedV1) -> Result<(), BoxError> {
    println!("the bot is in the chat {:?} now", event.name);
    Ok(())
}

/// All others of this kind, without a type: the raw JSON is at hand.
async fn other(ctx: Ctx) -> Result<(), BoxError> {
    println!("{:?}: {:?}", ctx.event_type().map(|of| of.name), ctx.delivery().envelope().event);
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, BoxError> {
    let demo = Demo::start().await?;
    let router = Router::builder()
        .state(Seen::default())
        .on(message)
        .on(reaction)
        .on(added_to_a_chat)
        .on_raw("im.message.*", other)
        .build()?;
    let bot = Bot::new(demo.config.clone(), router);
    demo.play(&bot.handle(), bot.run(), story).await
}

async fn story(sim: &Sim) -> Result<(), BoxError> {
    let alice = sim.user("alice");
    let said = alice.dm("hello").await;
    said.acked(PATIENCE).await?;
    let message = said.message_id().ok_or("a message without an id")?;
    alice.react(message, "THUMBSUP").await?;
    sim.act(|platform, now| {
        let bot = platform.profile().app_id.clone();
        platform.found_group(now, "alice", "ops", [bot])
    })?;
    // For this one there is no handler but that of the pattern.
    alice.recall(message).await?;
    sim.settle().await.assert_all_acked_within(PATIENCE);
    Ok(())
}
