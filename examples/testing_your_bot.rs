//! How to test a bot: against a platform in the same process, with a fault on purpose. `cargo test --example
//! testing_your_bot` runs it as the test that it is; `cargo run --example testing_your_bot` runs the same story.

use std::time::Duration;

use larkwire_sim::Sim;

/// The bot under test: your code, unchanged.
mod my_bot {
    use larkwire::event::im::v1::MessageReceiveV1;
    use larkwire::{ApiError, Bot, Config, Ctx, Router};
    use tokio::task::JoinHandle;

    async fn echo(ctx: Ctx, event: MessageReceiveV1) -> Result<(), ApiError> {
        let text = event.text();
        if let (Some(text), Some(id)) = (text, event.message.and_then(|message| message.message_id)) {
            ctx.api().reply_text(&id, &format!("echo: {text}")).await?;
        }
        Ok(())
    }

    pub fn spawn(config: Config) -> JoinHandle<()> {
        tokio::spawn(async {
            let router = Router::builder().on(echo).build().expect("one handler for each type");
            Bot::new(config, router).run().await;
        })
    }
}

async fn one_reply_even_if_the_event_is_pushed_twice() {
    let sim = Sim::start().await; // a random port; stops when it is dropped
    let _bot = my_bot::spawn(sim.config());
    let alice = sim.user("alice");
    sim.faults().duplicate().next(1);
    alice.dm("hi").await;
    assert_eq!(sim.expect_reply().await.text(), "echo: hi");
    sim.settle().await.assert_no_more_replies().assert_all_acked_within(Duration::from_secs(3));
}

#[cfg(test)]
#[tokio::test]
async fn the_story() {
    one_reply_even_if_the_event_is_pushed_twice().await;
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    one_reply_even_if_the_event_is_pushed_twice().await;
    println!("pushed twice, replied to once, both acked");
}
