//! What can be asked of a client at any time: where it is, and what it has counted.

use core::time::Duration;

use crate::Time;
use crate::vocabulary::Attempt;

/// Where a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// It asks the platform where to connect to.
    Discovering {
        /// Which attempt it is.
        attempt: Attempt,
    },
    /// It opens the WebSocket.
    Connecting {
        /// Which attempt it is.
        attempt: Attempt,
    },
    /// The WebSocket is open.
    Open {
        /// Which attempt it is.
        attempt: Attempt,
        /// Whether the platform has answered yet.
        ready: bool,
    },
    /// It waits for the next attempt.
    BackingOff {
        /// When that begins.
        until: Time,
    },
    /// It shuts down, and waits for the answers to what it has delivered, with a connection or without.
    Draining,
    /// It has said goodbye, and waits for the platform to do so.
    Closing,
    /// It has ended.
    Stopped,
}

/// What a client has counted since its start. Messages end in exactly one of the counters of [`Frames`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// What became of the messages that came.
    pub frames: Frames,
    /// Parts that wait for the rest of their message, and are in none of the counters yet.
    pub parts_waiting: u64,
    /// Bytes that those parts take.
    pub parts_bytes: usize,
    /// Oddities that did no harm.
    pub oddities: Oddities,
    /// Events and callbacks given to the application.
    pub deliveries: u64,
    /// Deliveries and waiting duplicates without an answer.
    pub unanswered: usize,
    /// Bytes that they keep: their payloads and headers.
    pub unanswered_bytes: usize,
    /// Deliveries given up after [`Config::handler_limit`](crate::Config::handler_limit), or abandoned.
    pub abandoned: u64,
    /// Deliveries that were neither answered nor acked in [`Config::answer_within`](crate::Config::answer_within).
    pub overdue: u64,
    /// Acks handed out for sending.
    pub acks: u64,
    /// Of these, those later than the platform's 3 s.
    pub acks_late: u64,
    /// Answers whose connection was gone.
    pub acks_lost: u64,
    /// Events that are remembered as handled.
    pub dedup_entries: usize,
    /// Events that were forgotten before their time, since there were too many.
    pub dedup_evicted: u64,
    /// Pings sent.
    pub pings: u64,
    /// Pongs received.
    pub pongs: u64,
    /// Between the last ping that was answered and its pong.
    pub round_trip: Option<Duration>,
    /// Attempts begun.
    pub attempts: u64,
    /// Connections opened.
    pub connections: u64,
    /// Attempts that failed and connections that were lost.
    pub failures: u64,
    /// When the last message or sign of life came.
    pub last_heard: Option<Time>,
    /// When the last event or callback came.
    pub last_event: Option<Time>,
}

/// What became of the messages that came: each ends in exactly one of these, parts of a message with that message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Frames {
    /// Given to the application.
    pub delivered: u64,
    /// Of an event that was known already, or a copy of a part.
    pub duplicate: u64,
    /// Not a frame, or not JSON where it had to be.
    pub malformed: u64,
    /// Beyond a limit, or while shutting down.
    pub refused: u64,
    /// Parts whose message never became complete.
    pub expired: u64,
    /// Text, unknown methods and types, and what belongs to an older connection.
    pub ignored: u64,
    /// Pings and pongs.
    pub control: u64,
}

impl Frames {
    /// All of them.
    pub fn total(&self) -> u64 {
        [self.delivered, self.duplicate, self.malformed, self.refused, self.expired, self.ignored, self.control]
            .into_iter()
            .fold(0, u64::saturating_add)
    }
}

/// Oddities that did no harm; the messages themselves are counted in [`Frames`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Oddities {
    /// Frames without a field that proto2 requires.
    pub incomplete_frames: u64,
    /// Parts that came twice with different bytes. The first counted.
    pub conflicting_parts: u64,
    /// Events for another app.
    pub foreign_app: u64,
    /// Pongs whose payload is not a JSON object.
    pub bad_pongs: u64,
    /// Connection URLs without a usable `service_id`.
    pub no_service_id: u64,
    /// Answers and signs of life of an attempt that is over.
    pub stale_inputs: u64,
}

/// Adds one.
pub(crate) fn count(counter: &mut u64) {
    *counter = counter.saturating_add(1);
}
