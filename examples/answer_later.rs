//! Answering later and from elsewhere: a click on a card is handed to a worker, which answers when it is done. If that takes
//! longer than the platform waits, the person gets a neutral answer in time, and the worker is told that its own came late.

mod demo;

use std::error::Error;
use std::time::Duration;

use larkwire::event::card::{ActionReply, ActionTrigger, Toast};
use larkwire::{Bot, Replied, Responder, Router, State};
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use demo::Demo;

/// What the worker gets.
struct Job {
    click: ActionTrigger,
    answer: Responder,
}

/// The handler ends at once. The delivery is answered by whoever has its responder; if nobody does, it fails.
async fn clicked(
    jobs: State<UnboundedSender<Job>>,
    answer: Responder,
    click: ActionTrigger,
) -> Result<(), &'static str> {
    jobs.send(Job { click, answer }).map_err(|_| "the worker is gone")
}

async fn work(mut jobs: UnboundedReceiver<Job>) {
    while let Some(Job { click, answer }) = jobs.recv().await {
        let minutes = click.action.and_then(|action| action.value["minutes"].as_u64()).unwrap_or_default();
        // A minute of a person is a second of ours.
        tokio::time::sleep(Duration::from_secs(minutes)).await;
        match answer.reply(ActionReply::from(Toast::success(format!("done in {minutes} minutes")))).await {
            Ok(Replied::Sent) => println!("worker: the person sees it"),
            Ok(Replied::AlreadyAnswered) => {
                println!("worker: too late for a toast; the card can be updated: {:?}", click.token)
            }
            Ok(_) => println!("worker: the connection is gone"),
            Err(error) => println!("worker: {error}"),
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let demo = Demo::start().await?;
    let (jobs, queue) = unbounded_channel();
    let router = Router::builder().state(jobs).on_callback(clicked).build()?;
    let bot = Bot::new(demo.config.clone(), router);
    let handle = bot.handle();
    tokio::spawn(work(queue));
    let story = async {
        let Some(sim) = &demo.sim else { return };
        for minutes in [1, 4] {
            let click = sim.user("alice").click("om_1", json!({"minutes": minutes})).await;
            let ack = click.acked(Duration::from_secs(10)).await.expect("an answer");
            println!(
                "alice:  clicks, and sees {} after {:.1} s",
                ack.data.unwrap_or("nothing".into()),
                ack.delay.as_secs_f64()
            );
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
        handle.shutdown(Duration::from_secs(3));
    };
    let (stop, ()) = tokio::join!(bot.run(), story);
    println!("{stop}");
    Ok(())
}
