//! Stopping without losing anything: after Ctrl-C, or when the service manager asks, handlers that run may finish, their
//! acks are sent, and the platform is told goodbye.

mod demo;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use larkwire::event::im::v1::MessageReceiveV1;
use larkwire::{Bot, BoxError, Handle, Router, State};
use larkwire_sim::Sim;
use tokio::sync::Notify;

use demo::{Demo, PATIENCE};

/// The longest time for the handlers that run.
const DRAIN: Duration = Duration::from_secs(20);

/// Work that takes as long as it takes.
async fn slow(work: State<Arc<Work>>, _: MessageReceiveV1) -> Result<(), BoxError> {
    work.begun.notify_one();
    work.done.notified().await;
    println!("the handler has finished");
    Ok(())
}

#[derive(Default)]
struct Work {
    begun: Notify,
    done: Notify,
}

async fn stop_when_asked(bot: Handle) {
    if tokio::signal::ctrl_c().await.is_ok() {
        println!("stopping; again to stop at once");
        bot.shutdown(DRAIN);
    }
    if tokio::signal::ctrl_c().await.is_ok() {
        bot.shutdown(Duration::ZERO);
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, BoxError> {
    let demo = Demo::start().await?;
    let work = Arc::new(Work::default());
    let router = Router::builder().state(Arc::clone(&work)).on(slow).build()?;
    let bot = Bot::new(demo.config.clone(), router);
    let handle = bot.handle();
    tokio::spawn(stop_when_asked(handle.clone()));
    demo.play(&handle, bot.run(), async |sim: &Sim| story(sim, &handle, &work).await).await
}

/// The bot is asked to stop while a handler runs.
async fn story(sim: &Sim, bot: &Handle, work: &Work) -> Result<(), BoxError> {
    let said = sim.user("alice").dm("take your time").await;
    work.begun.notified().await;
    bot.shutdown(DRAIN);
    work.done.notify_one();
    println!("ack: {}", said.acked(PATIENCE).await?.code);
    Ok(())
}
