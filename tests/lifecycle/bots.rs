//! What the stories need: a platform, and bots that run on it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use larkwire::{Bot, Config, Domain, Handle, Notice, Router, Status, Stop};
use larkwire_sim::{ClientConfig, Entry, Push, Sim};
use serde_json::json;
use tokio::task::JoinHandle;

/// Longer than anything here takes on a busy machine; a test that waits so long has failed.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// Lets clients come back at once.
pub(crate) fn eager() -> ClientConfig {
    ClientConfig { reconnect_interval: 0, reconnect_nonce: 0, ..ClientConfig::default() }
}

/// A platform that lets its clients come back at once.
pub(crate) async fn platform() -> Sim {
    let sim = Sim::start().await;
    sim.set_client_config(eager());
    sim
}

/// A configuration for the app of this platform, which counts each connection as a success and comes back at once.
pub(crate) fn config(sim: &Sim) -> Config {
    at(sim, Config::new(sim.app_id(), sim.app_secret()))
}

pub(crate) fn at(sim: &Sim, mut config: Config) -> Config {
    config.domain = Domain::Custom(sim.domain());
    config.reconnect.stable_after = Duration::ZERO;
    config.reconnect.floor = Duration::ZERO;
    config
}

pub(crate) fn acking() -> Router {
    Router::builder().on_other(|| async {}).build().unwrap()
}

/// Whether an event comes through.
pub(crate) async fn works(sim: &Sim) {
    let push = sim.push(Push::event("t", json!({}))).await;
    assert_eq!(push.acked(LIMIT).await.unwrap().code, 200);
}

/// Waits for an entry of the platform's transcript.
pub(crate) async fn seen(sim: &Sim, what: &str, is_it: impl Fn(&Entry) -> bool) {
    let look = |platform: &larkwire_sim::Platform| platform.transcript().any(&is_it).then_some(());
    sim.wait(what, LIMIT, look).await.unwrap();
}

/// A bot that runs.
pub(crate) struct Running {
    pub(crate) handle: Handle,
    pub(crate) task: JoinHandle<Stop>,
}

impl Running {
    pub(crate) fn start(bot: Bot) -> Running {
        Running { handle: bot.handle(), task: tokio::spawn(bot.run()) }
    }

    /// A bot that is ready.
    pub(crate) async fn ready(bot: Bot) -> Running {
        let running = Running::start(bot);
        within(running.handle.ready()).await.expect("a bot that becomes ready");
        running
    }

    /// Waits until the bot has so many connections behind it and is ready.
    pub(crate) async fn connections(&self, count: u64) {
        let mut watch = self.handle.watch();
        let enough = || self.handle.stats().connection.connections >= count;
        while !enough() || !matches!(self.handle.status(), Some(Status::Open { ready: true, .. })) {
            within(watch.changed()).await.expect("a bot that goes on");
        }
    }

    /// Why it ended.
    pub(crate) async fn ended(self) -> Stop {
        within(self.task).await.expect("a bot does not panic")
    }
}

/// Notices as they came, in the words of their `Debug`, deliveries and settings left out.
#[derive(Clone, Default)]
pub(crate) struct Diary(Arc<Mutex<Vec<String>>>);

impl Diary {
    pub(crate) fn listener(&self) -> impl FnMut(&Notice) + Send + 'static {
        let lines = Arc::clone(&self.0);
        move |notice| {
            if !matches!(notice, Notice::Delivery(_) | Notice::Settings(_)) {
                lines.lock().unwrap().push(format!("{notice:?}"));
            }
        }
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// Fails a test that hangs.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, future).await.expect("this does not take so long")
}
