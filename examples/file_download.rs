//! A file that somebody sends to the bot: fetched, counted, and a file sent back.

mod demo;

use std::process::ExitCode;

use larkwire::api::im::v1::{file, message, message_resource};
use larkwire::event::im::v1::MessageReceiveV1;
use larkwire::message::Content;
use larkwire::{ApiClient, Bot, BoxError, Router};
use larkwire_sim::{Draft, FileKind, Sim};
use serde::Deserialize;
use serde_json::json;

use demo::{Demo, PATIENCE};

/// The content of a `file` message: JSON inside a string.
#[derive(Deserialize)]
struct FileContent {
    file_key: String,
}

async fn count_lines(api: ApiClient, event: MessageReceiveV1) -> Result<(), BoxError> {
    let message = event.message.ok_or("no message")?;
    if message.message_type.as_deref() != Some("file") {
        return Ok(());
    }
    let id = message.message_id.ok_or("a message without an id")?;
    let content: FileContent = serde_json::from_str(&message.content.ok_or("a message without content")?)?;
    let file = api.send(message_resource::Get::file(&id, content.file_key)).await?;
    let lines = file.content.split(|byte| *byte == b'\n').count();
    println!("{}: {} bytes, {lines} lines", file.name.as_deref().unwrap_or("a file"), file.content.len());
    let report = format!("{lines} lines\n");
    let uploaded = api.send(file::Create::new("report.txt", report)).await?;
    api.send(message::Reply::new(id, Content::file(&uploaded))).await?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, BoxError> {
    let demo = Demo::start().await?;
    let bot = Bot::new(demo.config.clone(), Router::builder().on(count_lines).build()?);
    demo.play(&bot.handle(), bot.run(), story).await
}

async fn story(sim: &Sim) -> Result<(), BoxError> {
    let key = sim.act(|platform, _| platform.upload("alice", FileKind::File, "notes.txt", "one\ntwo\nthree"));
    sim.user("alice").post(Draft::new("file", &json!({"file_key": key}))).await?;
    let reply = sim.next_reply(PATIENCE).await?;
    println!("reply: {} {}", reply.msg_type, reply.content);
    Ok(())
}
