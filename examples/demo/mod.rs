//! What the bots have in common: which app they are, and somebody to talk to.

use std::env::{args, var};
use std::error::Error;
use std::time::Duration;

use larkwire::{Config, Domain, Handle};
use larkwire_sim::Sim;

/// The app to run as. With `LARK_APP_ID` and `LARK_APP_SECRET` set it is a real one; `LARK_DOMAIN` names another platform
/// than open.feishu.cn. Without them it is that of a simulated platform in this process.
pub struct Demo {
    pub config: Config,
    /// The simulated platform, if it is one.
    pub sim: Option<Sim>,
}

impl Demo {
    pub async fn start() -> Result<Demo, Box<dyn Error>> {
        tracing_subscriber::fmt().with_target(false).without_time().init();
        let Ok(id) = var("LARK_APP_ID") else {
            println!("LARK_APP_ID is not set: this is a simulated platform, in this process");
            let sim = Sim::start().await;
            let mut config = Config::new(sim.app_id(), sim.app_secret());
            config.domain = Domain::Custom(sim.domain());
            return Ok(Demo { config, sim: Some(sim) });
        };
        let mut config = Config::new(id, var("LARK_APP_SECRET").map_err(|_| "LARK_APP_SECRET is not set")?);
        config.domain = var("LARK_DOMAIN").map_or(Domain::Feishu, Domain::Custom);
        Ok(Demo { config, sim: None })
    }

    /// On the simulated platform, lets somebody say something to the bot and shows what comes of it. Then it stops the bot,
    /// unless the program was started with `--stay`.
    #[allow(dead_code, reason = "not every bot echoes")]
    pub async fn talk(&self, bot: &Handle) -> Result<(), Box<dyn Error>> {
        let Some(sim) = &self.sim else { return Ok(()) };
        let patience = Duration::from_secs(10);
        let said = sim.user("alice").dm("hello").await;
        println!("reply: {:?}", sim.next_reply(patience).await?.text());
        let ack = said.acked(patience).await?;
        println!("ack:   {} after {:.1} ms of 3000 ms", ack.code, ack.delay.as_secs_f64() * 1e3);
        if args().all(|arg| arg != "--stay") {
            bot.shutdown(Duration::from_secs(3));
        }
        Ok(())
    }
}
