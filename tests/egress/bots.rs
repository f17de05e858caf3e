//! A bot that goes out some way, and how it fares.

use std::sync::Arc;
use std::time::Duration;

use larkwire::event::im::v1::MessageReceiveV1;
use larkwire::tokio::Tokio;
use larkwire::{ApiError, Bot, Config, Ctx, Domain, Driver, Egress, Failure, LinkError, Notice, Router};
use larkwire_sim::Sim;

/// Longer than anything here takes on a busy machine; a test that waits so long has failed.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

pub(crate) fn config(sim: &Sim, domain: &str) -> Config {
    let mut config = Config::new(sim.app_id(), sim.app_secret());
    config.domain = Domain::Custom(domain.to_owned());
    config
}

async fn echo(ctx: Ctx, event: MessageReceiveV1) -> Result<(), ApiError> {
    if let Some(id) = event.message.and_then(|message| message.message_id) {
        ctx.api().reply_text(&id, "I hear you").await?;
    }
    Ok(())
}

/// Runs a bot until it has answered a message: endpoint discovery, the connection and API calls have found the way.
pub(crate) async fn answers(sim: &Sim, domain: &str, egress: Egress) {
    let router = Router::builder().on(echo).build().expect("a router");
    let bot = Bot::new(config(sim, domain), router).egress(egress);
    let handle = bot.handle();
    let running = tokio::spawn(bot.run());
    let story = async {
        handle.ready().await.expect("a bot that becomes ready");
        sim.user("alice").dm("hello?").await;
        sim.expect_reply().await;
        handle.shutdown(LIMIT);
        running.await.expect("a bot does not panic")
    };
    tokio::time::timeout(LIMIT, story).await.expect("this does not take so long");
    sim.assert_no_violations();
}

/// Why the first attempt fails.
pub(crate) async fn fails(sim: &Sim, domain: &str, egress: &Egress) -> LinkError {
    first_failure(config(sim, domain), egress).await
}

/// Why the first attempt with this configuration fails.
pub(crate) async fn first_failure(config: Config, egress: &Egress) -> LinkError {
    let mut driver = Driver::new(config, Arc::new(Tokio), egress);
    tokio::time::timeout(LIMIT, failure(&mut driver)).await.expect("this does not take so long")
}

/// Why the next thing that happens is a failure.
pub(crate) async fn failure(driver: &mut Driver) -> LinkError {
    loop {
        match driver.next().await.expect("a driver that goes on") {
            Notice::Disconnected { failure: Failure::Link(error), .. } => return error,
            Notice::Settings(_) => {}
            other => panic!("{other:?}"),
        }
    }
}
