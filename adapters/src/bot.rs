//! A bot: a driver and a router, run together, and a handle to watch and stop them.

mod handle;
mod log;
mod user;

use std::collections::hash_map::RandomState;
use std::fmt;
use std::future::poll_fn;
use std::hash::{BuildHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::channel::mpsc::unbounded;
use futures::channel::oneshot;
use futures::future::{Either, FutureExt, select};
use larkwire_core::{
    AckMode, Assertion, AssertionError, Config, Delivery, DeliveryId, LateCallback, Notice, Replied, Reply, Stop, Time,
};
use tracing::{debug, error, warn};

use crate::api::ApiClient;
use crate::driver::{AssertionProvider, Driver};
use crate::egress::Egress;
#[cfg(feature = "metrics")]
use crate::metrics::Meter;
use crate::router::dispatch::{Dispatch, Due, Rules};
use crate::router::{Ctx, Order, RespondError, Router, Surroundings};
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

/// A bot that runs.
struct Session {
    driver: Driver,
    dispatch: Dispatch,
    router: Router,
    around: Arc<Surroundings>,
    /// When deliveries are acked whose route says nothing else. The machine is told each time.
    ack_mode: AckMode,
    late_callback: LateCallback,
    shared: handle::Shared,
    listener: Option<Listener>,
    connection_id: Option<Arc<str>>,
    #[cfg(feature = "metrics")]
    meter: Meter,
}

/// What a session has to do next.
#[expect(clippy::large_enum_variant, reason = "there is one at a time, and it does not stay")]
enum Step {
    Shutdown(Duration),
    Due(Due),
    Notice(Notice),
}

impl Session {
    fn new(bot: Bot, runtime: Arc<dyn Runtime>) -> Session {
        let Bot { mut config, router, egress, handlers, queue, order, assertions, listener, payloads, shared, .. } =
            bot;
        if let Some((most, WhenFull::StopReading)) = queue {
            let unanswered = &mut config.limits.unanswered;
            *unanswered = handlers.saturating_add(most).min(*unanswered);
        }
        let queue = queue.filter(|(_, when_full)| *when_full == WhenFull::Refuse).map(|(most, _)| most);
        let rules = Rules { most: handlers, queue, order, limit: config.handler_limit };
        let (ack_mode, late_callback) = (std::mem::take(&mut config.ack_mode), config.late_callback);
        let egress = egress.unwrap_or_default();
        let api = ApiClient::new(&config, Arc::clone(&runtime), &egress);
        let (tell, said) = unbounded();
        let (app_id, channel_tag) = (config.app_id.clone(), config.channel_tag.clone());
        let around = Arc::new(Surroundings::new(&router, app_id, api.clone(), Arc::clone(&runtime), tell));
        let driver = Driver::new(config, Arc::clone(&runtime), &egress);
        let driver = driver.with_assertions(assertions).trace_payloads(payloads);
        let origin = driver.instant(Time::ZERO);
        shared.started(Ground { origin, runtime, api, channel_tag });
        Session {
            driver,
            dispatch: Dispatch::new(Arc::clone(&around), rules, said),
            router,
            ack_mode,
            late_callback,
            shared,
            listener,
            connection_id: None,
            #[cfg(feature = "metrics")]
            meter: Meter::new(&around.app_id),
            around,
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        if let Poll::Ready(drain) = self.shared.poll_shutdown(cx) {
            return Poll::Ready(Step::Shutdown(drain));
        }
        // Answers go first, so that those of one wake leave in one packet.
        let span = self.driver.span();
        if let Poll::Ready(due) = span.in_scope(|| self.dispatch.poll(cx)) {
            return Poll::Ready(Step::Due(due));
        }
        if let Poll::Ready(Some(notice)) = self.driver.poll_next(cx) {
            return Poll::Ready(Step::Notice(notice));
        }
        self.publish();
        Poll::Pending
    }

    fn publish(&mut self) {
        let stats = BotStats {
            connection: self.driver.stats(),
            handlers: self.router.stats(),
            running: self.dispatch.running(),
            waiting: self.dispatch.waiting(),
        };
        #[cfg(feature = "metrics")]
        self.meter.rest(self.driver.time(), &stats);
        self.shared.publish(self.driver.status(), stats, self.connection_id.as_deref());
    }

    fn carry_out(&mut self, due: Due) {
        match due {
            Due::Reply(id, reply, told) => self.reply(id, reply, told),
            Due::Acknowledge(id) => self.acknowledge(id),
        }
    }

    fn reply(&mut self, id: DeliveryId, reply: Reply, told: Option<oneshot::Sender<Result<Replied, RespondError>>>) {
        #[cfg(feature = "metrics")]
        self.meter.answered(id, self.driver.time());
        let has_data = reply.data().is_some();
        let replied = self.driver.reply(id, reply);
        match replied {
            Ok(Replied::AlreadyAnswered) if has_data => {
                self.router.late_reply();
                warn!(
                    delivery = %id,
                    "this reply came after the neutral answer and is not shown; a card can still be updated by the token of \
                     its callback (POST /open-apis/interactive/v1/card/update)"
                );
            }
            Ok(replied) => debug!(delivery = %id, ?replied, "answered"),
            Err(error) => debug!(delivery = %id, %error, "answered too late"),
        }
        if let Some(told) = told {
            // An error means that nobody wants to know.
            let _ = told.send(replied.map_err(|_| RespondError::Over));
        }
    }

    fn acknowledge(&mut self, id: DeliveryId) {
        match self.driver.acknowledge(id) {
            Ok(replied) => debug!(delivery = %id, ?replied, "acked before its answer"),
            Err(error) => debug!(delivery = %id, %error, "acked too late"),
        }
    }

    /// Does what a notice asks for; gives the reason if it was the last.
    fn take(&mut self, notice: Notice) -> Option<Stop> {
        self.driver.span().in_scope(|| log::notice(&notice, self.driver.time()));
        #[cfg(feature = "metrics")]
        self.meter.notice(&notice);
        self.tell(&notice);
        match notice {
            Notice::Connected { connection_id, .. } => self.connection_id = connection_id.map(Arc::from),
            Notice::Delivery(delivery) => self.deliver(delivery),
            Notice::Overdue { id, answered } => self.overdue(id, answered),
            Notice::Abandoned { id } => self.dispatch.give_up(id),
            Notice::Stopped(stop) => {
                self.dispatch.end();
                self.publish();
                self.shared.stopped(stop.clone());
                return Some(stop);
            }
            _ => {}
        }
        None
    }

    fn overdue(&mut self, id: DeliveryId, mut answered: bool) {
        let Some((ctx, waits_for)) = self.dispatch.find(id) else { return };
        // The machine knows callbacks by their names, and has seen to those.
        if !answered && self.late_callback == LateCallback::Neutral && ctx.is_callback() {
            answered = self.driver.acknowledge(id) == Ok(Replied::Sent);
        }
        self.driver.span().in_scope(|| ctx.overdue(waits_for, answered));
    }

    fn deliver(&mut self, delivery: Delivery) {
        let id = delivery.id();
        let span = self.driver.span().clone();
        let _entered = span.enter();
        let route = match self.router.find(&delivery) {
            Ok(route) => route,
            Err(reply) => return self.reply(id, reply, None),
        };
        let at_once = route.ack_mode(self.ack_mode, &delivery) == AckMode::OnReceived;
        let answer_by = self.driver.instant(delivery.answer_by());
        let around = Arc::clone(&self.around);
        let ctx = Ctx::new(delivery, route, answer_by, self.connection_id.clone(), around);
        match self.dispatch.take(ctx) {
            Some(refusal) => self.reply(id, refusal, None),
            None if at_once => self.acknowledge(id),
            None => {}
        }
    }

    fn tell(&mut self, notice: &Notice) {
        if let Some(listener) = &mut self.listener
            && catch_unwind(AssertUnwindSafe(|| listener(notice))).is_err()
        {
            error!(app_id = self.around.app_id, "the listener of the bot panicked");
        }
    }
}
