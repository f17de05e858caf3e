//! A bot: a driver and a router, run together, and a handle to watch and stop them.

mod handle;
mod log;
mod session;
mod user;

use std::collections::hash_map::RandomState;
use std::fmt;
use std::future::poll_fn;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use futures::future::{Either, FutureExt, select};
use larkwire_core::{Assertion, AssertionError, Config, Delivery, Notice, Stop};

use crate::driver::AssertionProvider;
use crate::egress::Egress;
use crate::router::{Order, Router};
use crate::runtime::{Runtime, later};
pub use handle::{BotStats, Handle, NotReady, Watch};
use session::{Session, Step};
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
    queue: Option<(usize, WhenFull)>,
    order: Option<Order>,
    assertions: Option<AssertionProvider>,
    listener: Option<Listener>,
    start_within: Duration,
    payloads: bool,
    shared: handle::Shared,
}

/// What happens to deliveries when too many wait for a handler: see [`Bot::queue`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhenFull {
    /// Nothing more is read, and TCP tells the platform. What waits there comes late, and nothing is lost.
    #[default]
    StopReading,
    /// They are refused with a failure: the platform pushes an event again in 15 s, 5 min, 1 h and 6 h, perhaps to another
    /// instance, and a person sees an error at once instead of later.
    Refuse,
}

impl Bot {
    /// A bot that runs nothing yet.
    pub fn new(config: Config, router: Router) -> Bot {
        Bot {
            config,
            router,
            egress: None,
            handlers: HANDLERS,
            queue: None,
            order: None,
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

    /// With at most so many handlers at a time, instead of 64. The others wait: see [`queue`](Bot::queue).
    #[must_use]
    pub fn handlers(mut self, most: usize) -> Bot {
        self.handlers = most;
        self
    }

    /// With at most so many deliveries that wait for a handler. Without this as many wait as
    /// [`Limits::unanswered`](larkwire_core::Limits::unanswered) has room for, then nothing more is read.
    ///
    /// With [`WhenFull::StopReading`] those count whose handler has left the answer to a responder, too.
    #[must_use]
    pub fn queue(mut self, most: usize, when_full: WhenFull) -> Bot {
        self.queue = Some((most, when_full));
        self
    }

    /// With events about the same chat handled one after the other, in the order of their coming, and those of different
    /// chats at the same time. Callbacks, and events about no chat, wait for nobody.
    ///
    /// The next handler begins when the one before it has ended, and not earlier, even if it has acked or answered.
    #[must_use]
    pub fn in_order_by_chat(mut self) -> Bot {
        self.order = Some(Order::by_chat());
        self
    }

    /// With deliveries of the same key handled one after the other, as [`in_order_by_chat`](Bot::in_order_by_chat) does it
    /// with chats. Those without a key wait for nobody.
    ///
    /// ```
    /// # use larkwire::{Bot, Config, Router};
    /// # let bot = Bot::new(Config::new("cli_0123456789abcdef", "secret"), Router::builder().build()?);
    /// let bot = bot.in_order_by(|delivery| delivery.envelope().tenant_key.map(|key| key.into_owned()));
    /// # Ok::<(), larkwire::RouterError>(())
    /// ```
    #[must_use]
    pub fn in_order_by<K: Hash>(mut self, key: impl Fn(&Delivery) -> Option<K> + Send + Sync + 'static) -> Bot {
        self.order = Some(Order::by(key));
        self
    }

    /// With a provider of client assertions: see [`Driver::assertions`](crate::Driver::assertions).
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

    /// Logs the payloads of all messages: see [`Driver::trace_payloads`](crate::Driver::trace_payloads).
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
                Step::Due(due) => session.carry_out(due),
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
