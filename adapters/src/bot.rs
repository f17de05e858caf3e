//! A bot: a driver and a router, run together, and a handle to watch and stop them.

mod handle;
mod log;

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::FutureExt;
use larkwire_core::{Assertion, AssertionError, Config, DeliveryId, Notice, Reply, Stop};
use tracing::debug;

use crate::api::ApiClient;
use crate::driver::{AssertionProvider, Driver};
use crate::egress::Egress;
use crate::router::dispatch::Dispatch;
use crate::router::{Ctx, Router, Surroundings};
use crate::runtime::Runtime;
pub use handle::{BotStats, Handle, NotReady, Watch};

/// So many handlers run at a time: enough to wait for slow calls, few enough for the rate limits of the platform.
const HANDLERS: usize = 64;

/// A bot: it keeps one connection, and runs a handler for each event. The front page of this crate has an example.
///
/// It ends when it is told to, by [`Handle::shutdown`], or when going on makes no sense; [`Stop`] says why. Dropping it, or
/// the future of [`run`](Bot::run), ends the connection and all handlers at once.
pub struct Bot {
    config: Config,
    router: Router,
    egress: Egress,
    handlers: usize,
    assertions: Option<AssertionProvider>,
    shared: handle::Shared,
}

impl Bot {
    /// A bot that runs nothing yet.
    pub fn new(config: Config, router: Router) -> Bot {
        Bot {
            config,
            router,
            egress: Egress::new(),
            handlers: HANDLERS,
            assertions: None,
            shared: handle::Shared::default(),
        }
    }

    /// With another way out than the usual one.
    #[must_use]
    pub fn egress(mut self, egress: Egress) -> Bot {
        self.egress = egress;
        self
    }

    /// With at most so many handlers at a time, instead of 64. The others wait; beyond
    /// [`Limits::unanswered`](larkwire_core::Limits::unanswered) nothing more is read, and TCP tells the platform.
    #[must_use]
    pub fn handlers(mut self, most: usize) -> Bot {
        self.handlers = most;
        self
    }

    /// With a provider of client assertions: see [`Driver::assertions`].
    #[must_use]
    pub fn assertions<F>(mut self, provider: impl Fn(String) -> F + Send + Sync + 'static) -> Bot
    where
        F: Future<Output = Result<Assertion, AssertionError>> + Send + 'static,
    {
        self.assertions = Some(Box::new(move |audience| provider(audience).boxed()));
        self
    }

    /// A handle to watch and stop the bot, from anywhere.
    pub fn handle(&self) -> Handle {
        self.shared.handle()
    }

    /// Runs the bot on the tokio runtime that this is called in, until it stops.
    #[cfg(feature = "tokio")]
    pub async fn run(self) -> Stop {
        self.run_on(Arc::new(crate::tokio::Tokio)).await
    }

    /// Runs the bot on this runtime, until it stops. Handlers that wait become tasks of the runtime; all else happens in
    /// the future itself. A handler that blocks the thread blocks the connection too.
    pub async fn run_on(self, runtime: Arc<dyn Runtime>) -> Stop {
        let mut session = Session::new(self, runtime);
        loop {
            match poll_fn(|cx| session.poll(cx)).await {
                Step::Shutdown(drain) => session.driver.shutdown(drain),
                Step::Ended(id, reply) => session.reply(id, reply),
                Step::Notice(notice) => {
                    if let Some(stop) = session.take(notice) {
                        return stop;
                    }
                }
            }
        }
    }
}

impl fmt::Debug for Bot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bot").field("config", &self.config).field("router", &self.router).finish_non_exhaustive()
    }
}

/// A bot that runs.
struct Session {
    driver: Driver,
    dispatch: Dispatch,
    router: Arc<Router>,
    around: Arc<Surroundings>,
    shared: handle::Shared,
}

/// What a session has to do next.
#[expect(clippy::large_enum_variant, reason = "there is one at a time, and it does not stay")]
enum Step {
    Shutdown(Duration),
    Ended(DeliveryId, Reply),
    Notice(Notice),
}

impl Session {
    fn new(bot: Bot, runtime: Arc<dyn Runtime>) -> Session {
        let Bot { config, router, egress, handlers, assertions, shared } = bot;
        let router = Arc::new(router);
        let around = Surroundings {
            app_id: config.app_id.clone(),
            api: ApiClient::new(&config, Arc::clone(&runtime), &egress),
            runtime: Arc::clone(&runtime),
        };
        let driver = Driver::new(config, Arc::clone(&runtime), &egress).with_assertions(assertions);
        let dispatch = Dispatch::new(Arc::clone(&router), runtime, handlers);
        Session { driver, dispatch, router, around: Arc::new(around), shared }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        if let Poll::Ready(drain) = self.shared.poll_shutdown(cx) {
            return Poll::Ready(Step::Shutdown(drain));
        }
        // Answers go first, so that those of one wake leave in one packet.
        if let Poll::Ready((id, reply)) = self.dispatch.poll_ended(cx) {
            return Poll::Ready(Step::Ended(id, reply));
        }
        if let Poll::Ready(Some(notice)) = self.driver.poll_next(cx) {
            return Poll::Ready(Step::Notice(notice));
        }
        self.publish();
        Poll::Pending
    }

    fn publish(&self) {
        let stats = BotStats { connection: self.driver.stats(), handlers: self.router.stats() };
        self.shared.publish(self.driver.status(), stats);
    }

    fn reply(&mut self, id: DeliveryId, reply: Reply) {
        match self.driver.reply(id, reply) {
            Ok(replied) => debug!(delivery = %id, ?replied, "answered"),
            Err(error) => debug!(delivery = %id, %error, "answered too late"),
        }
    }

    /// Does what a notice asks for; gives the reason if it was the last.
    fn take(&mut self, notice: Notice) -> Option<Stop> {
        log::notice(&notice, &self.around.app_id, self.driver.time());
        match notice {
            Notice::Delivery(delivery) => {
                let answer_by = self.driver.instant(delivery.answer_by());
                self.dispatch.take(Ctx::new(delivery, answer_by, Arc::clone(&self.around)));
            }
            Notice::Abandoned { id } => self.dispatch.give_up(id),
            Notice::Stopped(stop) => {
                self.publish();
                self.shared.stopped(stop.clone());
                return Some(stop);
            }
            _ => {}
        }
        None
    }
}
