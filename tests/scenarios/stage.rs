//! What the stories need: a platform, a way there, and bots on a runtime that the story does not know.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::channel::oneshot;
use futures::future::{Either, FutureExt, select};
use larkwire::runtime::{Runtime, Task};
use larkwire::{Bot, Config, Domain, Handle, Router, Status, Stop};
use larkwire_sim::{ClientConfig, Push, Sim};
use serde_json::json;

use crate::support::{Front, Kind};

/// Longer than anything here takes on a busy machine; a test that waits so long has failed.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// Running a future on each of the runtimes. The caller's thread waits for it; bots run where the runtime runs its tasks.
pub(crate) mod on {
    use std::sync::Arc;

    use larkwire::async_std::AsyncStd;
    use larkwire::runtime::Runtime;
    use larkwire::smol::Smol;
    use larkwire::tokio::Tokio;
    use tokio::runtime::Builder;

    pub(crate) fn tokio_current_thread<T>(story: impl AsyncFnOnce(Arc<dyn Runtime>) -> T) -> T {
        Builder::new_current_thread().enable_all().build().unwrap().block_on(story(Arc::new(Tokio)))
    }

    pub(crate) fn tokio_multi_thread<T>(story: impl AsyncFnOnce(Arc<dyn Runtime>) -> T) -> T {
        let runtime = Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
        runtime.block_on(story(Arc::new(Tokio)))
    }

    pub(crate) fn smol<T>(story: impl AsyncFnOnce(Arc<dyn Runtime>) -> T) -> T {
        ::smol::block_on(story(Arc::new(Smol)))
    }

    pub(crate) fn async_std<T>(story: impl AsyncFnOnce(Arc<dyn Runtime>) -> T) -> T {
        ::async_std::task::block_on(story(Arc::new(AsyncStd)))
    }
}

/// Plays a story on a stage of its own. No story makes the client break the protocol.
pub(crate) async fn play(runtime: Arc<dyn Runtime>, way: Kind, story: impl AsyncFnOnce(&Stage)) {
    let stage = Stage::new(runtime, way).await;
    story(&stage).await;
    stage.sim.assert_no_violations();
}

pub(crate) struct Stage {
    pub(crate) sim: Sim,
    front: Front,
    runtime: Arc<dyn Runtime>,
}

impl Stage {
    /// A platform that lets its clients come back at once, and the way there.
    pub(crate) async fn new(runtime: Arc<dyn Runtime>, way: Kind) -> Stage {
        let sim = Sim::start().await;
        sim.set_client_config(eager());
        let front = Front::start(&sim, way).await;
        Stage { sim, front, runtime }
    }

    /// A configuration for the app of this platform, which counts each connection as a success.
    pub(crate) fn config(&self) -> Config {
        let mut config = Config::new(self.sim.app_id(), self.sim.app_secret());
        config.domain = Domain::Custom(self.front.domain());
        config.reconnect.stable_after = Duration::ZERO;
        config.reconnect.floor = Duration::ZERO;
        config
    }

    pub(crate) fn start(&self, config: Config, router: Router) -> Running {
        let bot = Bot::new(config, router).egress(self.front.egress());
        let handle = bot.handle();
        let (tell, stop) = oneshot::channel();
        let running = bot.run_on(Arc::clone(&self.runtime)).map(|stop| drop(tell.send(stop)));
        Running { handle, stop, _task: self.runtime.spawn(running.boxed()), runtime: Arc::clone(&self.runtime) }
    }

    /// A bot that is ready.
    pub(crate) async fn ready(&self, config: Config, router: Router) -> Running {
        let bot = self.start(config, router);
        self.within(bot.handle.ready()).await.expect("a bot that becomes ready");
        bot
    }

    /// Pushes an event, and waits for the ack.
    pub(crate) async fn works(&self) {
        let push = self.sim.push(Push::event("t", json!({}))).await;
        assert_eq!(push.acked(LIMIT).await.unwrap().code, 200);
    }

    /// Fails a test that hangs.
    pub(crate) async fn within<T>(&self, future: impl Future<Output = T>) -> T {
        within(self.runtime.as_ref(), future).await
    }
}

/// A bot that runs; dropping it drops the bot.
pub(crate) struct Running {
    pub(crate) handle: Handle,
    stop: oneshot::Receiver<Stop>,
    _task: Task,
    runtime: Arc<dyn Runtime>,
}

impl Running {
    /// Waits until the bot has been connected so many times, and is ready.
    pub(crate) async fn connections(&self, count: u64) {
        let mut watch = self.handle.watch();
        let ready = || matches!(self.handle.status(), Some(Status::Open { ready: true, .. }));
        while self.handle.stats().connection.connections < count || !ready() {
            within(self.runtime.as_ref(), watch.changed()).await.expect("a bot that goes on");
        }
    }

    /// Waits until the bot is there.
    pub(crate) async fn status(&self, wanted: Status) {
        let mut watch = self.handle.watch();
        while self.handle.status() != Some(wanted) {
            within(self.runtime.as_ref(), watch.changed()).await.expect("a bot that goes on");
        }
    }

    /// Why it ended.
    pub(crate) async fn ended(self) -> Stop {
        within(self.runtime.as_ref(), self.stop).await.expect("a bot does not panic")
    }
}

/// Settings with which a client comes back at once.
pub(crate) fn eager() -> ClientConfig {
    ClientConfig { reconnect_interval: 0, reconnect_nonce: 0, ..ClientConfig::default() }
}

/// A router that acks all events.
pub(crate) fn acking() -> Router {
    Router::builder().on_other(|| async {}).build().unwrap()
}

async fn within<T>(runtime: &dyn Runtime, future: impl Future<Output = T>) -> T {
    match select(Box::pin(future), runtime.sleep_until(Instant::now() + LIMIT)).await {
        Either::Left((outcome, _)) => outcome,
        Either::Right(_) => panic!("this does not take so long"),
    }
}
