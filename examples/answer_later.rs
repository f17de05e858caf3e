//! Answering later and from elsewhere: a click on a card is handed to a worker, which answers when it is done. If that takes
//! longer than the platform waits, the person gets a neutral answer in time, and the worker updates the card instead.

mod demo;

use std::process::ExitCode;
use std::time::Duration;

use larkwire::api::interactive::v1::card;
use larkwire::event::card::{ActionReply, ActionTrigger, Toast};
use larkwire::message::Card;
use larkwire::{ApiClient, Bot, BoxError, Replied, Responder, Router, State};
use larkwire_sim::Sim;
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use demo::{Demo, PATIENCE};

/// What the worker gets.
struct Job {
    api: ApiClient,
    click: ActionTrigger,
    answer: Responder,
}

/// The handler ends at once. The delivery is answered by whoever has its responder; if nobody does, it fails.
async fn clicked(
    jobs: State<UnboundedSender<Job>>,
    api: ApiClient,
    answer: Responder,
    click: ActionTrigger,
) -> Result<(), &'static str> {
    jobs.send(Job { api, click, answer }).map_err(|_| "the worker is gone")
}

async fn work(mut jobs: UnboundedReceiver<Job>) {
    while let Some(Job { api, click, answer }) = jobs.recv().await {
        let seconds = click.action.and_then(|action| action.value["seconds"].as_u64()).unwrap_or_default();
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        let done = format!("done in {seconds} s");
        match (answer.reply(ActionReply::from(Toast::success(&done))).await, click.token) {
            (Ok(Replied::AlreadyAnswered), Some(token)) => {
                let card = Card::default_card("The work", &done);
                let updated = api.send(card::Update::new(token.expose(), card)).await;
                println!("worker: too late for a toast; the card is updated: {updated:?}");
            }
            (replied, _) => println!("worker: {replied:?}"),
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, BoxError> {
    let demo = Demo::start().await?;
    let (jobs, queue) = unbounded_channel();
    let router = Router::builder().state(jobs).on_callback(clicked).build()?;
    let bot = Bot::new(demo.config.clone(), router);
    tokio::spawn(work(queue));
    demo.play(&bot.handle(), bot.run(), story).await
}

async fn story(sim: &Sim) -> Result<(), BoxError> {
    for seconds in [1, 4] {
        let click = sim.user("alice").click("om_1", json!({"seconds": seconds})).await;
        let ack = click.acked(PATIENCE).await?;
        let seen = ack.data.unwrap_or("nothing".into());
        println!("alice:  clicks, and sees {seen} after {:.1} s", ack.delay.as_secs_f64());
    }
    // The worker has a second to go.
    tokio::time::sleep(Duration::from_secs(2)).await;
    Ok(())
}
