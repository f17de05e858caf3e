//! What a bot measures, through the facade `metrics`: install the recorder of your monitoring system in place of this one,
//! which keeps the numbers in memory. A health check asks the handle, and costs no API call.

mod demo;

use std::process::ExitCode;

use larkwire::event::im::v1::MessageReceiveV1;
use larkwire::{ApiError, Bot, BoxError, Ctx, Handle, Router, Status};
use larkwire_sim::Sim;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

use demo::{Demo, say_hello};

async fn echo(ctx: Ctx, event: MessageReceiveV1) -> Result<(), ApiError> {
    let text = event.text();
    if let (Some(text), Some(id)) = (text, event.message.and_then(|message| message.message_id)) {
        ctx.api().reply_text(&id, &format!("echo: {text}")).await?;
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, BoxError> {
    let recorder = DebuggingRecorder::new();
    let numbers = recorder.snapshotter();
    recorder.install()?;
    larkwire::metrics::describe();
    let demo = Demo::start().await?;
    let bot = Bot::new(demo.config.clone(), Router::builder().on(echo).build()?);
    let handle = bot.handle();
    let story = async |sim: &Sim| {
        say_hello(sim).await?;
        show(&numbers, &handle);
        Ok(())
    };
    demo.play(&handle, bot.run(), story).await
}

fn show(numbers: &Snapshotter, bot: &Handle) {
    let ready = matches!(bot.status(), Some(Status::Open { ready: true, .. }));
    println!("ready: {ready}, last event {:?} ago", bot.since_last_event().unwrap_or_default());
    for (key, _, _, value) in numbers.snapshot().into_vec() {
        let labels: Vec<_> = key.key().labels().map(|label| format!("{}={:?}", label.key(), label.value())).collect();
        let value = match value {
            DebugValue::Counter(value) => value.to_string(),
            DebugValue::Gauge(value) => value.to_string(),
            DebugValue::Histogram(values) => format!("{} values, the last {:?}", values.len(), values.last()),
        };
        println!("{}{{{}}} {value}", key.key().name(), labels.join(","));
    }
}
