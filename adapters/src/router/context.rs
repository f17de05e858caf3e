//! What a handler is told beside the event, and how the delivery comes to its end.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::channel::mpsc::UnboundedSender;
use larkwire_core::event::EventType;
use larkwire_core::{BadReply, Delivery, Reply};
use tracing::{debug, error, warn};

use super::dispatch::Said;
use super::extract::States;
use super::observe::short;
use super::route::Route;
use super::say::{Say, Turn};
use super::stats::{Counters, End};
use crate::api::ApiClient;
use crate::runtime::Runtime;

/// An event is pushed for the second time after 15 s (official documentation).
const FIRST_REDELIVERY: Duration = Duration::from_secs(15);

/// The circumstances of a delivery. Cheap to clone.
#[derive(Clone)]
pub struct Ctx(Arc<Inner>);

struct Inner {
    delivery: Delivery,
    came: Instant,
    answer_by: Instant,
    connection_id: Option<Arc<str>>,
    route: Arc<Route>,
    around: Arc<Surroundings>,
    say: Say,
}

/// What all deliveries of a bot have in common.
pub(crate) struct Surroundings {
    pub(crate) app_id: String,
    pub(crate) api: ApiClient,
    pub(crate) runtime: Arc<dyn Runtime>,
    pub(crate) tell: UnboundedSender<Said>,
    pub(super) states: States,
    pub(super) counters: Arc<Counters>,
}

/// How a handler ended: with a reply, with an error in words, or with a panic in words.
pub(super) type HandlerEnd = Result<Result<Reply, String>, String>;

impl Ctx {
    /// The context of a delivery that came at this moment, on the connection of this name.
    pub(crate) fn new(
        delivery: Delivery,
        route: Arc<Route>,
        came: Instant,
        answer_by: Instant,
        connection_id: Option<Arc<str>>,
        around: Arc<Surroundings>,
    ) -> Ctx {
        Ctx(Arc::new(Inner { delivery, came, answer_by, connection_id, route, around, say: Say::default() }))
    }

    /// The delivery itself, with its headers and its raw payload.
    pub fn delivery(&self) -> &Delivery {
        &self.0.delivery
    }

    /// The type of the event, if its envelope is a known one.
    pub fn event_type(&self) -> Option<EventType<'_>> {
        self.0.delivery.event_type()
    }

    /// The id of the event: the same in each redelivery.
    pub fn event_id(&self) -> Option<Cow<'_, str>> {
        self.0.delivery.event_id().map(Cow::Borrowed)
    }

    /// The tenant it happened in.
    pub fn tenant_key(&self) -> Option<Cow<'_, str>> {
        self.0.delivery.envelope().tenant_key
    }

    /// Our own app.
    pub fn app_id(&self) -> &str {
        &self.0.around.app_id
    }

    /// The platform's name for the connection that brought it (`device_id`), if it gave one.
    pub fn connection_id(&self) -> Option<&str> {
        self.0.connection_id.as_deref()
    }

    /// How old the event was when it came, by the wall clocks of the platform and of this machine. Zero if they disagree;
    /// none if the platform does not say.
    pub fn age(&self) -> Option<Duration> {
        let created = self.0.delivery.created_unix_ms()?;
        let now = Duration::from_millis(self.runtime().unix_ms().saturating_sub(created));
        Some(now.saturating_sub(self.runtime().now().saturating_duration_since(self.0.came)))
    }

    /// Whether the event was probably pushed before: it was seen here, or is older than the 15 s after which the platform
    /// pushes again. A guess: another instance may have handled it, or the platform was slow.
    pub fn redelivered(&self) -> bool {
        self.0.delivery.seen_before() || self.age().is_some_and(|age| age > FIRST_REDELIVERY)
    }

    /// When the answer should be on its way: the platform waits 3 s.
    pub fn answer_by(&self) -> Instant {
        self.0.answer_by
    }

    /// How long that is from now; zero if it is over.
    pub fn time_left(&self) -> Duration {
        self.0.answer_by.saturating_duration_since(self.runtime().now())
    }

    /// API calls in the name of the app.
    pub fn api(&self) -> &ApiClient {
        &self.0.around.api
    }

    /// The runtime that the bot runs on.
    pub(crate) fn runtime(&self) -> &Arc<dyn Runtime> {
        &self.0.around.runtime
    }

    pub(crate) fn route(&self) -> &Arc<Route> {
        &self.0.route
    }

    pub(super) fn around(&self) -> &Surroundings {
        &self.0.around
    }

    pub(super) fn states(&self) -> &States {
        &self.0.around.states
    }

    pub(super) fn say(&self) -> &Say {
        &self.0.say
    }

    /// The handler has ended. Gives its answer; none if it is a responder's to give, or was given already.
    pub(super) fn ended(&self, end: HandlerEnd) -> Option<Reply> {
        match end {
            Ok(Ok(reply)) if reply == Reply::ok() => match self.0.say.handled() {
                Turn::Mine => self.settle(End::Handled, reply),
                Turn::Others => None,
                Turn::Nobodys => self.dropped(),
            },
            Ok(Ok(reply)) => {
                // What went wrong was logged, and there is nobody else to tell.
                self.answer(reply).unwrap_or_else(|_| Some(Reply::failed()))
            }
            Ok(Err(cause)) => {
                let (event_type, event_id) = (self.type_name(), self.logged_id());
                warn!(event_type, event_id, error = cause, "the handler failed");
                self.settle(End::Failed, Reply::failed())
            }
            Err(panic) => {
                let (event_type, event_id) = (self.type_name(), self.logged_id());
                error!(event_type, event_id, panic, "the handler panicked");
                self.settle(End::Panicked, Reply::failed())
            }
        }
    }

    /// Settles the delivery with this reply, if it has a form that the platform takes, and with a failure otherwise. None if
    /// it was settled already.
    ///
    /// # Errors
    /// The reply is wrong, and [`Reply::failed`] is to be sent instead.
    pub(super) fn answer(&self, reply: Reply) -> Result<Option<Reply>, BadReply> {
        if reply.is_failed() {
            return Ok(self.settle(End::Failed, reply));
        }
        let Some(data) = reply.data() else { return Ok(self.settle(End::Handled, reply)) };
        let Some(of) = self.event_type().filter(|_| self.is_callback()) else {
            let (event_type, bytes) = (self.type_name(), data.len());
            warn!(event_type, bytes, "events get no reply: it is not sent; callbacks have `on_raw_callback`");
            return Ok(self.settle(End::Handled, Reply::ok()));
        };
        match reply.check(of) {
            Ok(()) => Ok(self.settle(End::Handled, reply)),
            Err(bad) => {
                error!(event_type = short(of.name), error = %bad, "the reply of the handler is wrong, and not sent");
                match self.settle(End::BadReply, Reply::failed()) {
                    Some(_) => Err(bad),
                    None => Ok(None),
                }
            }
        }
    }

    /// Its responder is gone, and nobody has answered.
    pub(super) fn dropped(&self) -> Option<Reply> {
        let (event_type, event_id) = (self.type_name(), self.logged_id());
        warn!(event_type, event_id, handler = self.0.route.name(), "the responder was dropped without an answer");
        self.settle(End::Dropped, Reply::failed())
    }

    /// The end of the delivery, which comes once: the reply, if this is it.
    pub(super) fn settle(&self, end: End, reply: Reply) -> Option<Reply> {
        if !self.0.say.settle() {
            return None;
        }
        self.0.around.counters.count(end);
        debug!(event_type = self.type_name(), event_id = self.logged_id(), ?end, "settled");
        Some(reply)
    }

    /// It was neither answered nor acked in time; perhaps it got a neutral answer then.
    pub(crate) fn overdue(&self, waits_for: &'static str, answered: bool) {
        self.0.around.counters.overdue();
        #[cfg(feature = "metrics")]
        crate::metrics::overdue(self);
        let (delivery, event_type, event_id) = (self.0.delivery.id(), self.type_name(), self.logged_id());
        let handler = self.0.route.name();
        warn!(%delivery, event_type, event_id, handler, waits_for, answered, "the answer is late");
    }

    /// No answer will be taken any more.
    pub(super) fn given_up(&self, waits_for: &'static str) {
        self.settle(End::GivenUp, Reply::failed());
        let (delivery, event_type, event_id) = (self.0.delivery.id(), self.type_name(), self.logged_id());
        let handler = self.0.route.name();
        warn!(%delivery, event_type, event_id, handler, waits_for, "given up: no answer came");
    }

    /// Whether a person waits for the answer: so it is by its name, or its handler was registered for callbacks.
    pub(crate) fn is_callback(&self) -> bool {
        self.0.route.answers(&self.0.delivery)
    }

    fn type_name(&self) -> &str {
        self.event_type().map_or("none", |of| short(of.name))
    }

    fn logged_id(&self) -> Option<&str> {
        self.0.delivery.event_id().map(short)
    }
}

impl fmt::Debug for Ctx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ctx")
            .field("delivery", &self.0.delivery)
            .field("age", &self.age())
            .field("handler", &self.0.route.name())
            .finish_non_exhaustive()
    }
}
