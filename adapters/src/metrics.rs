//! Metrics, through the facade crate [`metrics`](https://docs.rs/metrics): install a recorder of your choice, before the first bot runs.
//!
//! Every metric has the label `app_id`.
//!
//! | name | kind | further labels | what |
//! | --- | --- | --- | --- |
//! | `larkwire_frames_total` | counter | `outcome`: the fields of [`Frames`] | messages that came |
//! | `larkwire_deliveries_total` | counter | `outcome`: the first fields of [`RouterStats`](crate::RouterStats) | deliveries that came to their end |
//! | `larkwire_handler_seconds` | histogram | `handler`: its name or pattern; `outcome`: `ok`, `failed` | from the start of a handler to its end |
//! | `larkwire_overdue_total` | counter | `handler` | deliveries that were neither answered nor acked in 2.8 s |
//! | `larkwire_late_replies_total` | counter | | replies to callbacks that came too late to be shown |
//! | `larkwire_ack_seconds` | histogram | | from the receipt of a delivery to its answer; the platform waits 3 s |
//! | `larkwire_deliveries_in_flight` | gauge | | deliveries without an answer, of all connections of the app |
//! | `larkwire_deliveries_waiting` | gauge | | of these, those that wait for a handler |
//! | `larkwire_api_seconds` | histogram | `endpoint`: as `im.v1.message.reply`; `outcome`: `ok`, `refused`, `failed` | an API call, each try for itself |
//! | `larkwire_connections_total` | counter | | connections opened |
//! | `larkwire_disconnects_total` | counter | `reason`, `was_open` | attempts that failed and connections that were lost |
//! | `larkwire_round_trip_seconds` | histogram | | from a ping to its pong |
//! | `larkwire_last_event_age_seconds` | gauge | | since the last event, looked at whenever a bot wakes, every 15 s at least |
//!
//! The last one is that of the connection that woke last, where an app has several.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use larkwire_core::{Delivery, DeliveryId, Failure, Frames, LinkErrorKind, Notice, Time};

use crate::api::ApiError;
use crate::bot::BotStats;
use crate::router::Ctx;

const FRAMES: &str = "larkwire_frames_total";
const DELIVERIES: &str = "larkwire_deliveries_total";
const HANDLER: &str = "larkwire_handler_seconds";
const OVERDUE: &str = "larkwire_overdue_total";
const LATE_REPLIES: &str = "larkwire_late_replies_total";
const ACK: &str = "larkwire_ack_seconds";
const IN_FLIGHT: &str = "larkwire_deliveries_in_flight";
const WAITING: &str = "larkwire_deliveries_waiting";
const API: &str = "larkwire_api_seconds";
const CONNECTIONS: &str = "larkwire_connections_total";
const DISCONNECTS: &str = "larkwire_disconnects_total";
const ROUND_TRIP: &str = "larkwire_round_trip_seconds";
const LAST_EVENT: &str = "larkwire_last_event_age_seconds";

/// Tells the installed recorder what the metrics mean. Optional.
pub fn describe() {
    describe_counter!(FRAMES, Unit::Count, "Messages that came, by what became of them.");
    describe_counter!(DELIVERIES, Unit::Count, "Deliveries that came to their end, by how they did.");
    describe_histogram!(HANDLER, Unit::Seconds, "From the start of a handler to its end.");
    describe_counter!(OVERDUE, Unit::Count, "Deliveries that were neither answered nor acked in time.");
    describe_counter!(LATE_REPLIES, Unit::Count, "Replies to callbacks that came too late to be shown.");
    describe_histogram!(ACK, Unit::Seconds, "From the receipt of a delivery to its answer.");
    describe_gauge!(IN_FLIGHT, Unit::Count, "Deliveries without an answer.");
    describe_gauge!(WAITING, Unit::Count, "Deliveries that wait for a handler.");
    describe_histogram!(API, Unit::Seconds, "An API call, each try for itself.");
    describe_counter!(CONNECTIONS, Unit::Count, "Connections opened.");
    describe_counter!(DISCONNECTS, Unit::Count, "Attempts that failed and connections that were lost.");
    describe_histogram!(ROUND_TRIP, Unit::Seconds, "From a ping to its pong.");
    describe_gauge!(LAST_EVENT, Unit::Seconds, "Since the last event.");
}

/// A handler has ended, well or not; it began then.
pub(crate) fn handled(ctx: &Ctx, well: bool, begun: Instant) {
    let took = ctx.runtime().now().saturating_duration_since(begun);
    let (app_id, handler) = (ctx.app_id().to_owned(), Arc::clone(&ctx.route().name));
    let outcome = if well { "ok" } else { "failed" };
    histogram!(HANDLER, "app_id" => app_id, "handler" => handler, "outcome" => outcome).record(took);
}

/// A delivery is overdue.
pub(crate) fn overdue(ctx: &Ctx) {
    let (app_id, handler) = (ctx.app_id().to_owned(), Arc::clone(&ctx.route().name));
    counter!(OVERDUE, "app_id" => app_id, "handler" => handler).increment(1);
}

/// A try of an API call has ended.
pub(crate) fn called(app_id: &str, endpoint: &str, error: Option<&ApiError>, took: Duration) {
    let outcome = match error {
        None => "ok",
        Some(ApiError::Refused(_)) => "refused",
        Some(_) => "failed",
    };
    let (app_id, endpoint) = (app_id.to_owned(), endpoint.to_owned());
    histogram!(API, "app_id" => app_id, "endpoint" => endpoint, "outcome" => outcome).record(took);
}

/// Turns what one bot counts into metrics.
pub(crate) struct Meter {
    app_id: String,
    /// What was told already.
    told: BotStats,
    /// Since when deliveries wait for their answers.
    waiting: HashMap<DeliveryId, Time>,
}

impl Meter {
    pub(crate) fn new(app_id: &str) -> Meter {
        Meter { app_id: app_id.to_owned(), told: BotStats::default(), waiting: HashMap::new() }
    }

    /// The bot came to rest.
    pub(crate) fn rest(&mut self, now: Time, stats: &BotStats) {
        let BotStats { connection, handlers, waiting, .. } = stats;
        let told = std::mem::replace(&mut self.told, *stats);
        self.count(FRAMES, outcomes(&connection.frames), outcomes(&told.connection.frames));
        self.count(DELIVERIES, handlers.ends(), told.handlers.ends());
        if handlers.late_replies > told.handlers.late_replies {
            let late = handlers.late_replies - told.handlers.late_replies;
            counter!(LATE_REPLIES, "app_id" => self.app_id.clone()).increment(late);
        }
        if *waiting != told.waiting {
            gauge!(WAITING, "app_id" => self.app_id.clone()).increment(*waiting as f64 - told.waiting as f64);
        }
        if let Some(round_trip) = connection.round_trip.filter(|_| connection.pongs > told.connection.pongs) {
            histogram!(ROUND_TRIP, "app_id" => self.app_id.clone()).record(round_trip);
        }
        if let Some(last_event) = connection.last_event {
            gauge!(LAST_EVENT, "app_id" => self.app_id.clone()).set(now.since(last_event));
        }
    }

    /// Adds what has come to counters of the same name.
    fn count<const N: usize>(&self, name: &'static str, now: [(&'static str, u64); N], told: [(&'static str, u64); N]) {
        for ((outcome, count), (_, before)) in now.into_iter().zip(told) {
            if count > before {
                counter!(name, "app_id" => self.app_id.clone(), "outcome" => outcome).increment(count - before);
            }
        }
    }

    pub(crate) fn notice(&mut self, notice: &Notice) {
        match notice {
            Notice::Connected { .. } => counter!(CONNECTIONS, "app_id" => self.app_id.clone()).increment(1),
            Notice::Delivery(delivery) => self.delivered(delivery),
            Notice::Abandoned { id } => drop(self.settled(*id)),
            Notice::Disconnected { failure, was_open, .. } => {
                let (reason, was_open) = (reason(failure), if *was_open { "true" } else { "false" });
                let app_id = self.app_id.clone();
                counter!(DISCONNECTS, "app_id" => app_id, "reason" => reason, "was_open" => was_open).increment(1);
            }
            _ => {}
        }
    }

    /// A delivery was answered.
    pub(crate) fn answered(&mut self, id: DeliveryId, now: Time) {
        if let Some(received) = self.settled(id) {
            histogram!(ACK, "app_id" => self.app_id.clone()).record(now.since(received));
        }
    }

    fn delivered(&mut self, delivery: &Delivery) {
        self.waiting.insert(delivery.id(), delivery.received());
        self.in_flight().increment(1);
    }

    fn settled(&mut self, id: DeliveryId) -> Option<Time> {
        let received = self.waiting.remove(&id)?;
        self.in_flight().decrement(1);
        Some(received)
    }

    fn in_flight(&self) -> ::metrics::Gauge {
        gauge!(IN_FLIGHT, "app_id" => self.app_id.clone())
    }
}

/// A bot that ends has nothing in flight.
impl Drop for Meter {
    fn drop(&mut self) {
        self.in_flight().decrement(self.waiting.len() as f64);
        gauge!(WAITING, "app_id" => self.app_id.clone()).decrement(self.told.waiting as f64);
    }
}

fn outcomes(frames: &Frames) -> [(&'static str, u64); 7] {
    [
        ("delivered", frames.delivered),
        ("duplicate", frames.duplicate),
        ("malformed", frames.malformed),
        ("refused", frames.refused),
        ("expired", frames.expired),
        ("ignored", frames.ignored),
        ("control", frames.control),
    ]
}

/// A name for the kind of a failure. There are few of them, whatever the peer does.
fn reason(failure: &Failure) -> &'static str {
    match failure {
        Failure::Link(error) => match error.kind {
            LinkErrorKind::Dns => "dns",
            LinkErrorKind::Connect => "connect",
            LinkErrorKind::Proxy => "proxy",
            LinkErrorKind::Tls => "tls",
            LinkErrorKind::Timeout(_) => "timeout",
            LinkErrorKind::Reset => "reset",
            LinkErrorKind::Protocol | LinkErrorKind::Upgrade => "protocol",
            LinkErrorKind::TooLarge => "too_large",
            _ => "io",
        },
        Failure::DiscoveryTimeout | Failure::ConnectTimeout => "timeout",
        Failure::Assertion(_) => "assertion",
        Failure::HttpStatus { .. } | Failure::BadAnswer(_) | Failure::BadUrl(_) => "discovery",
        Failure::Refused(_) | Failure::Handshake(_) => "refused",
        Failure::Closed { .. } => "closed",
        Failure::ConnectionLimit { .. } => "connection_limit",
        Failure::Silent => "silent",
        Failure::TooManyBadMessages => "bad_messages",
        Failure::MessageTooLarge => "too_large",
        _ => "other",
    }
}
