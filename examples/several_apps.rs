//! Two apps in one process, each with its own connection and identity. They share the way out, and begin a little apart.

mod demo;

use std::process::ExitCode;
use std::time::Duration;

use larkwire::event::im::v1::MessageReceiveV1;
use larkwire::{ApiError, Bot, BoxError, Config, Ctx, Domain, Egress, Router, Stop};
use larkwire_sim::{Draft, Sim};

use demo::PATIENCE;

async fn introduce(ctx: Ctx, event: MessageReceiveV1) -> Result<(), ApiError> {
    if let Some(id) = event.message.and_then(|message| message.message_id) {
        // The client speaks for the app whose event this is, always.
        ctx.api().reply_text(&id, &format!("this is {}", ctx.app_id())).await?;
    }
    Ok(())
}

const APPS: [(&str, &str); 2] =
    [("cli_51a0000000000001", "the-secret-of-the-first-one"), ("cli_51a0000000000002", "the-secret-of-the-second")];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, BoxError> {
    let [(first, secret), (second, other_secret)] = APPS;
    let sim = Sim::builder().app(first, secret).app(second, other_secret).start().await?;
    let egress = Egress::new();
    let bots = APPS.map(|(id, secret)| {
        let mut config = Config::new(id, secret);
        config.domain = Domain::Custom(sim.domain());
        let router = Router::builder().on(introduce).build();
        router.map(|router| Bot::new(config, router).egress(egress.clone()).start_within(Duration::from_millis(100)))
    });
    let [one, two] = bots;
    let (one, two) = (one?, two?);
    let handles = [one.handle(), two.handle()];
    let (stop, other_stop, told) = futures::join!(one.run(), two.run(), async {
        let told = story(&sim).await;
        for bot in &handles {
            bot.shutdown(Duration::from_secs(3));
        }
        told
    });
    told?;
    Ok(if [stop, other_stop] == [Stop::Shutdown, Stop::Shutdown] { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn story(sim: &Sim) -> Result<(), BoxError> {
    sim.wait_connected(2).await?;
    for (app, _) in APPS {
        sim.user("alice").post(Draft::text("who are you?").to_app(app)).await?;
        println!("reply: {:?}", sim.next_reply(PATIENCE).await?.text());
    }
    Ok(())
}
