//! What the examples have in common: which app they are, and somebody to talk to.

#![allow(dead_code, reason = "each example uses its part")]

use std::env::{args, var};
use std::process::ExitCode;
use std::time::Duration;

use larkwire::{BoxError, Config, Domain, Handle, Stop};
use larkwire_sim::Sim;

/// How long the people of the simulated platform wait for a bot.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// The app to run as. With `LARK_APP_ID` and `LARK_APP_SECRET` set it is a real one; `LARK_DOMAIN` names another platform
/// than open.feishu.cn. Without them it is that of a simulated platform in this process.
pub struct Demo {
    pub config: Config,
    sim: Option<Sim>,
}

impl Demo {
    pub async fn start() -> Result<Demo, BoxError> {
        tracing_subscriber::fmt().with_target(false).without_time().init();
        let Ok(id) = var("LARK_APP_ID") else {
            println!("LARK_APP_ID is not set: this is a simulated platform, in this process");
            let sim = Sim::start().await;
            return Ok(Demo { config: sim.config(), sim: Some(sim) });
        };
        let mut config = Config::new(id, var("LARK_APP_SECRET").map_err(|_| "LARK_APP_SECRET is not set")?);
        config.domain = var("LARK_DOMAIN").map_or(Domain::Feishu, Domain::Custom);
        Ok(Demo { config, sim: None })
    }

    /// Runs a bot to its end: `running` is the future of its `run`. On the simulated platform the story happens meanwhile;
    /// at its end the bot is stopped, unless the program was started with `--stay`. Then there is a page to chat with it on.
    pub async fn play(
        &self,
        bot: &Handle,
        running: impl Future<Output = Stop>,
        story: impl AsyncFnOnce(&Sim) -> Result<(), BoxError>,
    ) -> Result<ExitCode, BoxError> {
        let told = async {
            let Some(sim) = &self.sim else { return Ok(()) };
            let outcome = story(sim).await;
            if outcome.is_ok() && args().any(|arg| arg == "--stay") {
                println!("chat with the bot on {}; Ctrl-C ends it", sim.page());
            } else {
                bot.shutdown(Duration::from_secs(3));
            }
            outcome
        };
        let (stop, told) = futures::join!(running, told);
        told?;
        Ok(if stop == Stop::Shutdown { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Somebody says hello to an echo bot.
pub async fn say_hello(sim: &Sim) -> Result<(), BoxError> {
    let said = sim.user("alice").dm("hello").await;
    println!("reply: {:?}", sim.next_reply(PATIENCE).await?.text());
    let ack = said.acked(PATIENCE).await?;
    println!("ack:   {} after {:.1} ms of 3000 ms", ack.code, ack.delay.as_secs_f64() * 1e3);
    Ok(())
}
