//! A bot: a driver and a router, run together, and a handle to watch and stop them.

mod handle;
mod log;
mod user;

use std::collections::hash_map::RandomState;
use std::fmt;
use std::future::poll_fn;
use std::hash::{BuildHasher, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::{Either, FutureExt, select};
use larkwire_core::{Assertion, AssertionError, Config, DeliveryId, Notice, Reply, Stop, Time};
use tracing::{debug, error};

use crate::api::ApiClient;
use crate::driver::{AssertionProvider, Driver};
use crate::egress::Egress;
#[cfg(feature = "metrics")]
use crate::metrics::Meter;
use crate::router::dispatch::Dispatch;
use crate::router::{Ctx, Router, Surroundings};
use crate::runtime::{Runtime, later};
use handle::Ground;
pub use handle::{BotStats, Handle, NotReady, Watch};
pub use user::{BindError, UserBinding};

/// So many handlers run at a time: enough to wait for slow calls, few enough for the rate limits of the platform.
const HANDLERS: usize = 64;

/// Is told each notice.
type Listener = Box<dyn FnMut(&Notice) + Send>;

/// A bot: it keeps one connection, and runs a handler for each event. The front page of this crate has an example.
///
/// It ends when it is told to, by [`Handle::shutdown`], or when going on makes no sense; [`Stop`] says why. Dropping it, or
/// the future of [`run`](Bot::run), ends the connection and all handlers at once.
pub struct Bot {
    config: Config,
    router: Router,
    egress: Option<Egress>,
    handlers: usize,
    assertions: Option<AssertionProvider>,
    listener: Option<Listener>,
    start_within: Duration,
    payloads: bool,
    shared: handle::Shared,
}

impl Bot {
    /// A bot that runs nothing yet.
    pub fn new(config: Config, router: Router) -> Bot {
        Bot {
            config,
            router,
            egress: None,
            handlers: HANDLERS,
            assertions: None,
            listener: None,
            start_within: Duration::ZERO,
            payloads: false,
            shared: handle::Shared::default(),
        }
    }

    /// With another way out than the usual one. Bots that share one read the environment and the root certificates only once.
    #[must_use]
    pub fn egress(mut self, egress: Egress) -> Bot {
        self.egress = Some(egress);
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
        self.assertions = Some(Arc::new(move |audience| provider(audience).boxed()));
        self
    }

    /// Tells this function everything that happens, at once and in order: [`Notice::Connected`], [`Notice::Ready`] with the
    /// gap that it ends, [`Notice::Disconnected`] with why and when the next attempt begins, [`Notice::Stopped`] with the
    /// reason, and the rest. [`Handle::instant`] makes moments of their times.
    ///
    /// It is called where the connection is kept, and must not block; to wait for something, send it elsewhere. A panic in
    /// it is logged, and it is told the next notice all the same.
    #[must_use]
    pub fn on_notice(mut self, listener: impl FnMut(&Notice) + Send + 'static) -> Bot {
        self.listener = Some(Box::new(listener));
        self
    }

    /// Begins at a random moment within this time, instead of at once, so that many bots of one process do not ask the
    /// platform all together. Until then the bot has no status.
    #[must_use]
    pub fn start_within(mut self, spread: Duration) -> Bot {
        self.start_within = spread;
        self
    }

    /// Logs the payloads of all messages: see [`Driver::trace_payloads`].
    #[must_use]
    pub fn trace_payloads(mut self, on: bool) -> Bot {
        self.payloads = on;
        self
    }

    /// A handle to watch and stop the bot, from anywhere.
    pub fn handle(&self) -> Handle {
        self.shared.handle()
    }

    /// Runs the bot on the tokio runtime that this is called in, until it stops.
    #[cfg(feature = "tokio")]
    pub async fn run(self) -> Stop {
        self.run_on(crate::tokio::Tokio).await
    }

    /// Runs the bot on this runtime, until it stops. Handlers are tasks of the runtime, those that end without waiting only if
    /// it has several threads; all else happens in the future itself. On a single thread, handlers that block it belong to
    /// [`on_blocking`](crate::RouterBuilder::on_blocking).
    pub async fn run_on(self, runtime: impl Runtime) -> Stop {
        let runtime: Arc<dyn Runtime> = Arc::new(runtime);
        let stopped_before = hold_back(&self.shared, &*runtime, self.start_within).await;
        let mut session = Session::new(self, runtime);
        if let Some(drain) = stopped_before {
            session.driver.shutdown(drain);
        }
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

/// Waits for a random moment within `spread`, or for a shutdown that comes before that.
async fn hold_back(shared: &handle::Shared, runtime: &dyn Runtime, spread: Duration) -> Option<Duration> {
    if spread.is_zero() {
        return None;
    }
    // The standard library seeds its hash maps from the operating system.
    let part = RandomState::new().build_hasher().finish() as f64 / u64::MAX as f64;
    let wait = Duration::try_from_secs_f64(spread.as_secs_f64() * part).unwrap_or(spread);
    let begin = runtime.sleep_until(later(runtime.now(), wait));
    match select(begin, poll_fn(|cx| shared.poll_shutdown(cx))).await {
        Either::Left(_) => None,
        Either::Right((drain, _)) => Some(drain),
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
    listener: Option<Listener>,
    connection_id: Option<String>,
    #[cfg(feature = "metrics")]
    meter: Meter,
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
        let Bot { config, router, egress, handlers, assertions, listener, payloads, shared, .. } = bot;
        let (router, egress) = (Arc::new(router), egress.unwrap_or_default());
        let app_id = config.app_id.clone();
        let api = ApiClient::new(&config, Arc::clone(&runtime), &egress);
        let driver = Driver::new(config, Arc::clone(&runtime), &egress);
        let driver = driver.with_assertions(assertions).trace_payloads(payloads);
        shared.started(Ground { origin: driver.instant(Time::ZERO), runtime: Arc::clone(&runtime), api: api.clone() });
        Session {
            driver,
            dispatch: Dispatch::new(Arc::clone(&router), Arc::clone(&runtime), handlers),
            router,
            shared,
            listener,
            connection_id: None,
            #[cfg(feature = "metrics")]
            meter: Meter::new(&app_id),
            around: Arc::new(Surroundings { app_id, api, runtime }),
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        if let Poll::Ready(drain) = self.shared.poll_shutdown(cx) {
            return Poll::Ready(Step::Shutdown(drain));
        }
        // Answers go first, so that those of one wake leave in one packet.
        let span = self.driver.span();
        if let Poll::Ready((id, reply)) = span.in_scope(|| self.dispatch.poll_ended(cx)) {
            return Poll::Ready(Step::Ended(id, reply));
        }
        if let Poll::Ready(Some(notice)) = self.driver.poll_next(cx) {
            return Poll::Ready(Step::Notice(notice));
        }
        self.publish();
        Poll::Pending
    }

    fn publish(&mut self) {
        let stats = BotStats { connection: self.driver.stats(), handlers: self.router.stats() };
        #[cfg(feature = "metrics")]
        self.meter.rest(self.driver.time(), &stats.connection);
        self.shared.publish(self.driver.status(), stats, self.connection_id.as_deref());
    }

    fn reply(&mut self, id: DeliveryId, reply: Reply) {
        #[cfg(feature = "metrics")]
        self.meter.answered(id, self.driver.time());
        match self.driver.reply(id, reply) {
            Ok(replied) => debug!(delivery = %id, ?replied, "answered"),
            Err(error) => debug!(delivery = %id, %error, "answered too late"),
        }
    }

    /// Does what a notice asks for; gives the reason if it was the last.
    fn take(&mut self, notice: Notice) -> Option<Stop> {
        self.driver.span().in_scope(|| log::notice(&notice, self.driver.time()));
        #[cfg(feature = "metrics")]
        self.meter.notice(&notice);
        self.tell(&notice);
        match notice {
            Notice::Connected { connection_id, .. } => self.connection_id = connection_id,
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

    fn tell(&mut self, notice: &Notice) {
        if let Some(listener) = &mut self.listener
            && catch_unwind(AssertUnwindSafe(|| listener(notice))).is_err()
        {
            error!(app_id = self.around.app_id, "the listener of the bot panicked");
        }
    }
}
