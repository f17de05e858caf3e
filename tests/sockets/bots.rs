//! What the stories need: a platform, and bots that run on it.

use std::time::Duration;

use larkwire::{Bot, Config, Domain, Handle, Router, Stop};
use larkwire_sim::{ClientConfig, Sim};
use tokio::task::JoinHandle;

/// Longer than anything here takes on a busy machine; a test that waits so long has failed.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// A platform that lets its clients come back at once.
pub(crate) async fn platform() -> Sim {
    let sim = Sim::start().await;
    sim.set_client_config(eager());
    sim
}

pub(crate) fn eager() -> ClientConfig {
    ClientConfig { reconnect_interval: 0, reconnect_nonce: 0, ..ClientConfig::default() }
}

/// A configuration for the app of this platform, which counts each connection as a success and comes back at once.
pub(crate) fn config(sim: &Sim) -> Config {
    let mut config = Config::new(sim.app_id(), sim.app_secret());
    config.domain = Domain::Custom(sim.domain());
    config.reconnect.stable_after = Duration::ZERO;
    config.reconnect.floor = Duration::ZERO;
    config
}

/// A bot that runs.
pub(crate) struct Running {
    pub(crate) handle: Handle,
    task: JoinHandle<Stop>,
}

impl Running {
    pub(crate) fn start(config: Config, router: Router) -> Running {
        let bot = Bot::new(config, router);
        Running { handle: bot.handle(), task: tokio::spawn(bot.run()) }
    }

    /// A bot that is ready.
    pub(crate) async fn ready(config: Config, router: Router) -> Running {
        let running = Running::start(config, router);
        within(running.handle.ready()).await.expect("a bot that becomes ready");
        running
    }

    /// Why it ended.
    pub(crate) async fn ended(self) -> Stop {
        within(self.task).await.expect("a bot does not panic")
    }
}

/// Fails a test that hangs.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, future).await.expect("this does not take so long")
}
