//! What a handler is told beside the event.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use larkwire_core::Delivery;
use larkwire_core::event::EventType;

use crate::api::ApiClient;
use crate::runtime::Runtime;

/// An event is pushed for the second time after 15 s (official documentation).
const FIRST_REDELIVERY: Duration = Duration::from_secs(15);

/// The circumstances of a delivery.
#[derive(Clone)]
pub struct Ctx {
    delivery: Delivery,
    age: Option<Duration>,
    answer_by: Instant,
    around: Arc<Surroundings>,
}

/// What all deliveries of a bot have in common.
pub(crate) struct Surroundings {
    pub(crate) app_id: String,
    pub(crate) api: ApiClient,
    pub(crate) runtime: Arc<dyn Runtime>,
}

impl Ctx {
    /// The context of a delivery that came just now.
    pub(crate) fn new(delivery: Delivery, answer_by: Instant, around: Arc<Surroundings>) -> Ctx {
        let created = delivery.envelope().created_unix_ms();
        let age = created.map(|created| Duration::from_millis(around.runtime.unix_ms().saturating_sub(created)));
        Ctx { delivery, age, answer_by, around }
    }

    /// The delivery itself, with its headers and its raw payload.
    pub fn delivery(&self) -> &Delivery {
        &self.delivery
    }

    /// The type of the event, if its envelope is a known one.
    pub fn event_type(&self) -> Option<EventType<'_>> {
        self.delivery.event_type()
    }

    /// The id of the event: the same in each redelivery.
    pub fn event_id(&self) -> Option<Cow<'_, str>> {
        self.delivery.envelope().event_id
    }

    /// The tenant it happened in.
    pub fn tenant_key(&self) -> Option<Cow<'_, str>> {
        self.delivery.envelope().tenant_key
    }

    /// Our own app.
    pub fn app_id(&self) -> &str {
        &self.around.app_id
    }

    /// How old the event was when it came, by the wall clocks of the platform and of this machine. Zero if they disagree;
    /// none if the platform does not say.
    pub fn age(&self) -> Option<Duration> {
        self.age
    }

    /// Whether the event was probably pushed before: it was seen here, or is older than the 15 s after which the platform
    /// pushes again. A guess: another instance may have handled it, or the platform was slow.
    pub fn redelivered(&self) -> bool {
        self.delivery.seen_before() || self.age.is_some_and(|age| age > FIRST_REDELIVERY)
    }

    /// When the answer should be on its way: the platform waits 3 s.
    pub fn answer_by(&self) -> Instant {
        self.answer_by
    }

    /// How long that is from now; zero if it is over.
    pub fn time_left(&self) -> Duration {
        self.answer_by.saturating_duration_since(self.around.runtime.now())
    }

    /// The runtime that the bot runs on.
    pub(crate) fn runtime(&self) -> &Arc<dyn Runtime> {
        &self.around.runtime
    }

    /// API calls in the name of the app.
    pub fn api(&self) -> &ApiClient {
        &self.around.api
    }
}

impl fmt::Debug for Ctx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ctx").field("delivery", &self.delivery).field("age", &self.age).finish_non_exhaustive()
    }
}
