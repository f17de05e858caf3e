//! The states: one struct each, with only what that state needs. Moving on consumes it.
//!
//! ```text
//!   Discovering ──▶ Connecting ──▶ Open ──▶ Draining ──▶ Closing ──▶ Stopped
//!     ▲  │              │           │ │ too large           ▲ │
//!     │  │ failed       │ refused   │ └─────────────────────┘ │ then
//!     │  ▼              ▼           ▼ lost                    │ reconnect
//!     └─────────────────── Backoff ◀──────────────────────────┘
//! ```
//!
//! `Stopped` is reached from each: refused for good, tries used up, or shut down without a connection; in that case by way of
//! `Leaving` if handlers still run.

use alloc::vec::Vec;

use crate::endpoint::Endpoint;
use crate::failure::Failure;
use crate::reassembly::Reassembly;
use crate::stats::Status;
use crate::vocabulary::Attempt;
use crate::{Secret, Time};

#[derive(Debug)]
pub(crate) enum State {
    Discovering(Discovering),
    Connecting(Connecting),
    Open(Connection),
    Draining(Connection),
    Leaving,
    Closing(Closing),
    Backoff(Backoff),
    Stopped,
}

/// Asking the platform where to connect to.
#[derive(Debug)]
pub(crate) struct Discovering {
    pub(crate) attempt: Attempt,
    pub(crate) step: Step,
}

#[derive(Debug)]
pub(crate) enum Step {
    /// Waiting for a client assertion.
    Assertion,
    /// Waiting for the answer to a request that carried this assertion, if any.
    Response(Option<Secret>),
}

/// Opening the WebSocket.
#[derive(Debug)]
pub(crate) struct Connecting {
    pub(crate) attempt: Attempt,
    pub(crate) endpoint: Endpoint,
}

/// A WebSocket that is open.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) attempt: Attempt,
    pub(crate) service_id: i32,
    /// The parts of its URL that must not be shown.
    pub(crate) secrets: Vec<Secret>,
    pub(crate) opened: Time,
    pub(crate) last_heard: Time,
    /// Whether the platform has answered.
    pub(crate) ready: bool,
    pub(crate) last_ping: Time,
    /// Whether the pong to the last ping has come.
    pub(crate) ponged: bool,
    /// Since when a ping waits for any sign of life.
    pub(crate) awaiting: Option<Time>,
    /// When the first part came of a message that is not complete yet.
    pub(crate) message_begun: Option<Time>,
    /// We slept, and have asked whether it still lives.
    pub(crate) probed: bool,
    pub(crate) last_websocket_ping: Time,
    pub(crate) reassembly: Reassembly,
    pub(crate) bad: Bad,
}

impl Connection {
    pub(crate) fn new(attempt: Attempt, endpoint: &Endpoint, now: Time) -> Connection {
        Connection {
            attempt,
            service_id: endpoint.service_id.unwrap_or_default(),
            secrets: endpoint.secrets(),
            opened: now,
            last_heard: now,
            ready: false,
            last_ping: now,
            ponged: false,
            awaiting: None,
            message_begun: None,
            probed: false,
            last_websocket_ping: now,
            reassembly: Reassembly::default(),
            bad: Bad { since: now, messages: 0 },
        }
    }
}

/// How many messages made no sense, in the present minute.
#[derive(Debug)]
pub(crate) struct Bad {
    pub(crate) since: Time,
    pub(crate) messages: u32,
}

/// Our Close is sent; the peer's is awaited.
#[derive(Debug)]
pub(crate) struct Closing {
    pub(crate) attempt: Attempt,
    /// Why a reconnect follows; none for the end.
    pub(crate) failure: Option<Failure>,
}

/// Waiting for the next attempt.
#[derive(Debug)]
pub(crate) struct Backoff {
    pub(crate) until: Time,
}

impl State {
    /// The attempt that something outside works for.
    pub(crate) fn attempt(&self) -> Option<Attempt> {
        match self {
            State::Discovering(Discovering { attempt, .. })
            | State::Connecting(Connecting { attempt, .. })
            | State::Open(Connection { attempt, .. })
            | State::Draining(Connection { attempt, .. })
            | State::Closing(Closing { attempt, .. }) => Some(*attempt),
            State::Leaving | State::Backoff(_) | State::Stopped => None,
        }
    }

    /// What must not be shown, besides the app secret.
    pub(crate) fn secrets(&self) -> Vec<Secret> {
        match self {
            State::Discovering(Discovering { step: Step::Response(Some(assertion)), .. }) => [assertion.clone()].into(),
            State::Connecting(Connecting { endpoint, .. }) => endpoint.secrets(),
            State::Open(connection) | State::Draining(connection) => connection.secrets.clone(),
            _ => Vec::new(),
        }
    }

    /// The connection that messages come and go on.
    pub(crate) fn connection(&self) -> Option<&Connection> {
        match self {
            State::Open(connection) | State::Draining(connection) => Some(connection),
            _ => None,
        }
    }

    /// The connection that messages come and go on.
    pub(crate) fn connection_mut(&mut self) -> Option<&mut Connection> {
        match self {
            State::Open(connection) | State::Draining(connection) => Some(connection),
            _ => None,
        }
    }

    pub(crate) fn status(&self) -> Status {
        match self {
            State::Discovering(state) => Status::Discovering { attempt: state.attempt },
            State::Connecting(state) => Status::Connecting { attempt: state.attempt },
            State::Open(state) => Status::Open { attempt: state.attempt, ready: state.ready },
            State::Draining(_) | State::Leaving => Status::Draining,
            State::Closing(_) => Status::Closing,
            State::Backoff(state) => Status::BackingOff { until: state.until },
            State::Stopped => Status::Stopped,
        }
    }
}
