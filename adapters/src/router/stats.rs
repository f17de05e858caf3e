//! What becomes of deliveries, in numbers.

use std::sync::atomic::{AtomicU64, Ordering};

/// What a router has counted. Each delivery that has come to its end is in exactly one of the first eight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RouterStats {
    /// The handler ended well, or its responder answered.
    pub handled: u64,
    /// The handler gave an error, one of its arguments could not be had, or the body did not fit the type of the event.
    pub failed: u64,
    /// The handler panicked.
    pub panicked: u64,
    /// The reply to a callback had a form that the platform does not take.
    pub bad_replies: u64,
    /// The responder was dropped without an answer.
    pub dropped: u64,
    /// The queue was full: see [`WhenFull::Refuse`](crate::WhenFull::Refuse).
    pub refused: u64,
    /// No answer came in [`Config::handler_limit`](larkwire_core::Config::handler_limit), or before the bot stopped.
    pub given_up: u64,
    /// There was no handler.
    pub unknown: u64,

    /// Deliveries that were neither answered nor acked when [`Ctx::answer_by`](crate::Ctx::answer_by) came.
    pub overdue: u64,
    /// Replies to callbacks that came after the neutral answer, and were not shown to anybody.
    pub late_replies: u64,
}

impl RouterStats {
    /// Deliveries that have come to their end.
    pub fn total(&self) -> u64 {
        self.ends().iter().fold(0, |total, (_, count)| total.saturating_add(*count))
    }

    /// The first eight, by name.
    pub(crate) fn ends(&self) -> [(&'static str, u64); 8] {
        [
            ("handled", self.handled),
            ("failed", self.failed),
            ("panicked", self.panicked),
            ("bad_replies", self.bad_replies),
            ("dropped", self.dropped),
            ("refused", self.refused),
            ("given_up", self.given_up),
            ("unknown", self.unknown),
        ]
    }
}

/// The end of a delivery.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    Handled,
    Failed,
    Panicked,
    BadReply,
    Dropped,
    Refused,
    GivenUp,
    Unknown,
}

#[derive(Default)]
pub(super) struct Counters {
    handled: AtomicU64,
    failed: AtomicU64,
    panicked: AtomicU64,
    bad_replies: AtomicU64,
    dropped: AtomicU64,
    refused: AtomicU64,
    given_up: AtomicU64,
    unknown: AtomicU64,
    overdue: AtomicU64,
    late_replies: AtomicU64,
}

impl Counters {
    pub(super) fn count(&self, end: End) {
        add(match end {
            End::Handled => &self.handled,
            End::Failed => &self.failed,
            End::Panicked => &self.panicked,
            End::BadReply => &self.bad_replies,
            End::Dropped => &self.dropped,
            End::Refused => &self.refused,
            End::GivenUp => &self.given_up,
            End::Unknown => &self.unknown,
        });
    }

    pub(super) fn overdue(&self) {
        add(&self.overdue);
    }

    pub(super) fn late_reply(&self) {
        add(&self.late_replies);
    }

    pub(super) fn read(&self) -> RouterStats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        RouterStats {
            handled: read(&self.handled),
            failed: read(&self.failed),
            panicked: read(&self.panicked),
            bad_replies: read(&self.bad_replies),
            dropped: read(&self.dropped),
            refused: read(&self.refused),
            given_up: read(&self.given_up),
            unknown: read(&self.unknown),
            overdue: read(&self.overdue),
            late_replies: read(&self.late_replies),
        }
    }
}

fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
