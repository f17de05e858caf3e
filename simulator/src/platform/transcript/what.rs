//! The kinds of things that happen.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::wire::Wire;
use crate::platform::chat::Chat;
use crate::platform::fault::ActiveFault;
use crate::platform::message::{Change, ChatMessage};
use crate::platform::people::Person;
use crate::platform::push::PushId;
use crate::platform::verdict::Rule;
use crate::platform::vocabulary::{ConnectionId, ExchangeId};

/// What happened.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum What {
    /// An HTTP request came.
    Request {
        /// Names the exchange.
        exchange: ExchangeId,
        /// The method.
        method: String,
        /// Path and query.
        target: String,
        /// All headers.
        headers: Vec<(String, String)>,
        /// The body as text, cut at 4 KiB.
        body: String,
    },
    /// It was answered.
    Response {
        /// Names the exchange.
        exchange: ExchangeId,
        /// The HTTP status.
        status: u16,
        /// The body as text, cut at 4 KiB.
        body: String,
    },
    /// An upgrade request came.
    Upgrade {
        /// Names the connection.
        connection: ConnectionId,
        /// Path and query.
        target: String,
        /// All headers.
        headers: Vec<(String, String)>,
    },
    /// It was answered with 101.
    Accepted {
        /// Names the connection.
        connection: ConnectionId,
        /// Whose it is.
        app_id: String,
    },
    /// It was answered with something else.
    Refused {
        /// Names the connection.
        connection: ConnectionId,
        /// The HTTP status.
        status: u16,
        /// All headers of the answer.
        headers: Vec<(String, String)>,
    },
    /// A message came from the client.
    Received {
        /// Where.
        connection: ConnectionId,
        /// What.
        message: Wire,
    },
    /// A message went to the client.
    Sent {
        /// Where.
        connection: ConnectionId,
        /// What.
        message: Wire,
    },
    /// The client sent a Close frame.
    Closed {
        /// Where.
        connection: ConnectionId,
        /// Its code, if it gave one.
        code: Option<u16>,
        /// Its reason.
        reason: String,
    },
    /// The connection is gone.
    Lost {
        /// Which.
        connection: ConnectionId,
    },
    /// The platform sent a Close frame.
    Closing {
        /// Where.
        connection: ConnectionId,
        /// The code.
        code: u16,
        /// The reason.
        reason: String,
    },
    /// The platform ended the connection without a Close frame.
    Aborted {
        /// Which.
        connection: ConnectionId,
    },
    /// The platform stopped reading and writing.
    Frozen {
        /// Which.
        connection: ConnectionId,
    },
    /// An event or a callback goes out; its frames follow.
    Push {
        /// Names the push.
        push: PushId,
        /// `header.event_type` or `event.type`; empty if the payload has none.
        event_type: Arc<str>,
        /// `header.event_id` or `uuid`; empty if the payload has none.
        event_id: Arc<str>,
        /// The message that it is about: `om_...`.
        subject: Option<Arc<str>>,
        /// Where it goes; none if no connection was open.
        connection: Option<ConnectionId>,
        /// 1 for the first delivery, one more for each redelivery.
        attempt: usize,
        /// Deliveries at most, copies not counted.
        of: usize,
        /// Frames that it goes in.
        parts: usize,
        /// Header `message_id` of the frames.
        message_id: Arc<str>,
        /// Length of the payload.
        bytes: usize,
    },
    /// An ack was accepted.
    Ack {
        /// Of which push.
        push: PushId,
        /// Of which delivery.
        message_id: Arc<str>,
        /// Where it came from.
        connection: ConnectionId,
        /// `code`.
        code: i64,
        /// Header `biz_rt` in ms, if it is a number.
        biz_rt: Option<i64>,
        /// How long after the delivery, in ms.
        delay_ms: u64,
        /// Whether it came before the deadline.
        on_time: bool,
        /// `data`, decoded.
        #[serde(skip_serializing_if = "Option::is_none")]
        data: Option<Value>,
    },
    /// A delivery got no ack in time, or its connection went before.
    AckMissed {
        /// Of which push.
        push: PushId,
        /// Of which delivery.
        message_id: Arc<str>,
    },
    /// An event failed and will be pushed again.
    RedeliveryDue {
        /// Which push.
        push: PushId,
        /// When, in ms after the machine's origin of time.
        due_ms: u64,
    },
    /// An event failed for the last time.
    GivenUp {
        /// Which push.
        push: PushId,
    },
    /// A callback failed: its user sees an error.
    CallbackFailed {
        /// Which push.
        push: PushId,
        /// The code of the error (200340; field reports).
        code: i64,
        /// What is wrong, for the bot's developer.
        message: String,
        /// The message with the card, if somebody clicked one.
        message_id: Option<String>,
        /// Who did, and sees the error.
        person: Option<String>,
    },
    /// An OpenAPI call was answered.
    Api {
        /// Names the exchange.
        exchange: ExchangeId,
        /// The method.
        method: String,
        /// The path, without the query.
        path: String,
        /// The HTTP status.
        status: u16,
        /// `code` of the answer.
        code: i64,
        /// How late it was answered, in ms.
        ms: u64,
        /// The app whose token it carried.
        app_id: Option<String>,
        /// Whether there is no such call here.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        not_simulated: bool,
    },
    /// A person exists from now on.
    Person {
        /// Who.
        person: Person,
    },
    /// A chat is new, or changed.
    Chat {
        /// As it is now.
        chat: Box<Chat>,
    },
    /// A message was sent.
    Message {
        /// As it is now.
        message: Box<ChatMessage>,
    },
    /// A person sees a short text for a moment: the answer to a click.
    Toast {
        /// The message with the card.
        message_id: String,
        /// Who sees it.
        person: String,
        /// `info`, `success`, `error` or `warning`.
        level: String,
        /// What it says.
        text: String,
    },
    /// A message changed.
    MessageUpdated {
        /// What happened to it.
        change: Change,
        /// As it is now.
        message: Box<ChatMessage>,
    },
    /// A client broke a rule.
    Violation {
        /// Where.
        connection: Option<ConnectionId>,
        /// Which rule.
        rule: Rule,
        /// What was seen and what was expected, for people.
        explanation: String,
    },
    /// A client did something unusual.
    Note {
        /// Where.
        connection: Option<ConnectionId>,
        /// About which rule.
        rule: Rule,
        /// What was seen and what was expected, for people.
        explanation: String,
    },
    /// It reads and writes again.
    Thawed {
        /// Which.
        connection: ConnectionId,
    },
    /// A fault was added, happened, or is gone.
    Fault {
        /// Which of these.
        change: FaultChange,
        /// The fault, as it is afterwards.
        fault: ActiveFault,
        /// What its random choices follow from.
        seed: u64,
    },
    /// Everything before is forgotten, but for apps and connections.
    Reset,
    /// Somebody changed the machine's time.
    Clock {
        /// How far it jumped, in ms.
        advanced_ms: u64,
        /// How many times as fast as the real clock it goes from now on.
        speed: f64,
    },
}

impl What {
    /// Bytes of what is kept whole, however large it is: chat messages, and what acks carry.
    pub(super) fn large(&self) -> usize {
        match self {
            What::Message { message } | What::MessageUpdated { message, .. } => message.bytes(),
            What::Ack { data: Some(data), .. } => data.to_string().len(),
            _ => 0,
        }
    }

    /// The name of its kind, as in the JSON form.
    pub fn kind(&self) -> &'static str {
        match self {
            What::Request { .. } => "request",
            What::Response { .. } => "response",
            What::Upgrade { .. } => "upgrade",
            What::Accepted { .. } => "accepted",
            What::Refused { .. } => "refused",
            What::Received { .. } => "received",
            What::Sent { .. } => "sent",
            What::Closed { .. } => "closed",
            What::Lost { .. } => "lost",
            What::Closing { .. } => "closing",
            What::Aborted { .. } => "aborted",
            What::Frozen { .. } => "frozen",
            What::Push { .. } => "push",
            What::Ack { .. } => "ack",
            What::AckMissed { .. } => "ack_missed",
            What::RedeliveryDue { .. } => "redelivery_due",
            What::GivenUp { .. } => "given_up",
            What::CallbackFailed { .. } => "callback_failed",
            What::Api { .. } => "api",
            What::Person { .. } => "person",
            What::Chat { .. } => "chat",
            What::Message { .. } => "message",
            What::Toast { .. } => "toast",
            What::MessageUpdated { .. } => "message_updated",
            What::Violation { .. } => "violation",
            What::Note { .. } => "note",
            What::Thawed { .. } => "thawed",
            What::Fault { .. } => "fault",
            What::Reset => "reset",
            What::Clock { .. } => "clock",
        }
    }
}

/// What became of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FaultChange {
    /// It waits for its moment.
    Added,
    /// It happened.
    Happened,
    /// It will not happen again, since it happened often enough.
    UsedUp,
    /// Somebody took it away.
    Removed,
}
