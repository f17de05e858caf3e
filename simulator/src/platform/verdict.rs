//! What clients did against the protocol.

use std::collections::VecDeque;

use serde::Serialize;

use super::vocabulary::ConnectionId;

/// How much a breach matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Against the protocol. An ack with a violation does not count.
    Violation,
    /// Unusual, but done by an official SDK or plainly harmless: the platform cannot depend on it.
    Note,
}

/// The rule that was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rule {
    /// A binary message must be a frame.
    NotAFrame,
    /// Clients send binary messages only.
    NotBinary,
    /// proto2 required fields must be present, even when they are zero.
    RequiredField,
    /// The method is 0 (control) or 1 (data).
    Method,
    /// `service` is the URL's `service_id`.
    Service,
    /// A control frame is a ping or a pong.
    ControlType,
    /// Pings carry SeqID 0 and LogID 0.
    PingIds,
    /// An ack belongs to a pushed message.
    UnknownMessage,
    /// An ack goes to the connection that brought the message.
    WrongConnection,
    /// A message is acked once.
    SecondAck,
    /// An ack comes after the whole message.
    Premature,
    /// An ack has the headers of the frame that completed the message, in the same order, and then `biz_rt`.
    Headers,
    /// `biz_rt` is a whole number of milliseconds, not negative. Python omits it on failure, Node sends negative ones.
    BizRt,
    /// An ack repeats SeqID and LogID. Node cannot, above 2^53.
    Ids,
    /// The payload of an ack is a JSON object.
    AckPayload,
    /// `code` is an integer.
    AckCode,
    /// `data` is the standard base64 of JSON.
    AckData,
    /// Every message is acked in time.
    Late,
}

/// One breach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Violation {
    /// When, in ms after the machine's origin of time.
    pub at_ms: u64,
    /// Where.
    pub connection: Option<ConnectionId>,
    /// How much it matters.
    pub severity: Severity,
    /// What was broken.
    pub rule: Rule,
    /// What was seen and what was expected, for people.
    pub explanation: String,
}

/// A breach before it is known when and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) severity: Severity,
    pub(crate) rule: Rule,
    pub(crate) explanation: String,
}

impl Finding {
    pub(crate) fn violation(rule: Rule, explanation: impl Into<String>) -> Finding {
        Finding { severity: Severity::Violation, rule, explanation: explanation.into() }
    }

    pub(crate) fn note(rule: Rule, explanation: impl Into<String>) -> Finding {
        Finding { severity: Severity::Note, rule, explanation: explanation.into() }
    }
}

/// The breaches so far; the oldest go when there are too many.
#[derive(Clone, Debug, Default)]
pub(crate) struct Verdicts {
    list: VecDeque<Violation>,
}

impl Verdicts {
    pub(crate) fn add(&mut self, violation: Violation, limit: usize) {
        while self.list.len() >= limit.max(1) {
            self.list.pop_front();
        }
        self.list.push_back(violation);
    }

    pub(crate) fn of(&self, severity: Severity) -> impl Iterator<Item = &Violation> {
        self.list.iter().filter(move |violation| violation.severity == severity)
    }
}
