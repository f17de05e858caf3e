//! What goes into the machine and what comes out of it.
//!
//! *Event* is the platform's word for what an app subscribes to. What the machine tells the application is a [`Notice`], a
//! pushed message is a [`Delivery`], and its decoded body is an event.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use bytes::Bytes;

use crate::config::Deadlines;
use crate::delivery::Delivery;
use crate::failure::{Failure, LinkError, Stop};
use crate::settings::Settings;
use crate::url::Url;
use crate::{Secret, Time};

/// One try to be connected: it begins with endpoint discovery and ends with the loss of the connection it led to.
///
/// Whatever answers an [`Output`] names its attempt, so that an answer which comes too late is recognised and ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attempt(u64);

impl Attempt {
    /// The attempt with this number, counted from 1 in each client. For replaying a recording; a driver passes on what it got.
    pub const fn new(number: u64) -> Attempt {
        Attempt(number)
    }

    /// Its number.
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Names a [`Delivery`] within its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryId(u64);

impl DeliveryId {
    /// The delivery with this number, counted from 1 in each client. For replaying a recording.
    pub const fn new(number: u64) -> DeliveryId {
        DeliveryId(number)
    }

    /// Its number.
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// HTTP headers in their order.
pub type Headers = Vec<(String, String)>;

/// What happened outside.
#[non_exhaustive]
pub enum Input {
    /// Only time passed.
    Timeout,
    /// Messages are not read for now, for a reason of the driver's own, such as too much that waits to be sent: silence
    /// proves nothing until [`Input::Resumed`].
    Held,
    /// Messages are read again, after [`Client::wants_input`](crate::Client::wants_input) had become false or
    /// [`Input::Held`].
    Resumed,
    /// What the wall clock shows, in ms since 1970. Told at each wake, and at least every 15 s: a jump against the other
    /// clock means that the machine slept, and that the connection has to prove itself at once.
    Wall {
        /// Milliseconds since 1970.
        unix_ms: u64,
    },
    /// Answers [`Output::Assertion`].
    Assertion {
        /// As in the output.
        attempt: Attempt,
        /// The assertion, or why there is none.
        result: Result<Assertion, AssertionError>,
    },
    /// Answers [`Output::Request`].
    Response {
        /// As in the output.
        attempt: Attempt,
        /// The HTTP status.
        status: u16,
        /// All headers of the answer.
        headers: Headers,
        /// The body, at most as long as the request allows.
        body: Bytes,
    },
    /// Answers [`Output::Connect`]: the upgrade succeeded with status 101.
    Opened {
        /// As in the output.
        attempt: Attempt,
        /// All headers of the answer.
        headers: Headers,
    },
    /// Answers [`Output::Connect`]: the upgrade got another status.
    Rejected {
        /// As in the output.
        attempt: Attempt,
        /// The HTTP status.
        status: u16,
        /// All headers of the answer; the platform says why in `Handshake-*`.
        headers: Headers,
        /// The beginning of the body.
        body: Bytes,
    },
    /// A WebSocket message arrived.
    Message {
        /// The connection's.
        attempt: Attempt,
        /// Binary or text.
        kind: MessageKind,
        /// The whole message.
        data: Bytes,
    },
    /// A WebSocket ping or pong arrived, or a part of a message. Answering a ping is the transport's duty.
    Alive {
        /// The connection's.
        attempt: Attempt,
        /// Which of them.
        kind: AliveKind,
    },
    /// The WebSocket was closed by the peer, with the closing handshake.
    Closed {
        /// The connection's.
        attempt: Attempt,
        /// The peer's code; 1005 if it gave none.
        code: u16,
        /// The peer's reason.
        reason: String,
    },
    /// The request, the connect or the connection failed.
    Failed {
        /// Whose.
        attempt: Attempt,
        /// How.
        error: LinkError,
    },
}

/// Shows sizes and names in place of bodies, values and messages.
impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::Timeout => f.write_str("Timeout"),
            Input::Held => f.write_str("Held"),
            Input::Resumed => f.write_str("Resumed"),
            Input::Wall { unix_ms } => f.debug_struct("Wall").field("unix_ms", unix_ms).finish(),
            Input::Assertion { attempt, result } => {
                f.debug_struct("Assertion").field("attempt", attempt).field("result", result).finish()
            }
            Input::Response { attempt, status, headers, body } => f
                .debug_struct("Response")
                .field("attempt", attempt)
                .field("status", status)
                .field("headers", &names(headers))
                .field("body_bytes", &body.len())
                .finish(),
            Input::Opened { attempt, headers } => {
                f.debug_struct("Opened").field("attempt", attempt).field("headers", &names(headers)).finish()
            }
            Input::Rejected { attempt, status, headers, body } => f
                .debug_struct("Rejected")
                .field("attempt", attempt)
                .field("status", status)
                .field("headers", &names(headers))
                .field("body_bytes", &body.len())
                .finish(),
            Input::Message { attempt, kind, data } => f
                .debug_struct("Message")
                .field("attempt", attempt)
                .field("kind", kind)
                .field("bytes", &data.len())
                .finish(),
            Input::Alive { attempt, kind } => {
                f.debug_struct("Alive").field("attempt", attempt).field("kind", kind).finish()
            }
            Input::Closed { attempt, code, reason } => f
                .debug_struct("Closed")
                .field("attempt", attempt)
                .field("code", code)
                .field("reason_bytes", &reason.len())
                .finish(),
            Input::Failed { attempt, error } => {
                f.debug_struct("Failed").field("attempt", attempt).field("error", &error.kind).finish()
            }
        }
    }
}

/// The kind of a WebSocket message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// Frames are binary messages.
    Binary,
    /// The platform has no use for text; it is ignored and counted.
    Text,
}

/// What shows that the peer lives, although it is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AliveKind {
    /// The peer's ping.
    Ping,
    /// The answer to [`Output::Ping`].
    Pong,
    /// Bytes of a message that is not complete yet. To be told from time to time while a large message comes over a slow line,
    /// or it would be taken for silence.
    Part,
}

/// What has to be done outside.
#[derive(Debug)]
#[non_exhaustive]
pub enum Output {
    /// Get a client assertion for this audience (`host[:port]`), answer with [`Input::Assertion`].
    Assertion {
        /// To be named in the answer.
        attempt: Attempt,
        /// The host whose assertion is wanted, with a port if it is not 443.
        audience: String,
    },
    /// Make this HTTP request, answer with [`Input::Response`] or [`Input::Failed`].
    Request {
        /// To be named in the answer.
        attempt: Attempt,
        /// The request.
        request: Box<Request>,
    },
    /// Open this WebSocket, answer with [`Input::Opened`], [`Input::Rejected`] or [`Input::Failed`].
    Connect {
        /// To be named in the answer, and in all that comes from the connection.
        attempt: Attempt,
        /// What to open.
        connect: Box<Connect>,
    },
    /// Send one binary message: an ack, a ping or a pong.
    Send {
        /// The connection's.
        attempt: Attempt,
        /// The message.
        data: Bytes,
    },
    /// Send a WebSocket ping.
    Ping {
        /// The connection's.
        attempt: Attempt,
    },
    /// End the request, the connect or the connection of this attempt.
    Close {
        /// Whose.
        attempt: Attempt,
        /// In which way.
        how: Close,
    },
    /// Tell the application.
    Notice(Notice),
    /// Nothing more, until this time or an input. `None`: until an input.
    Wait(Option<Time>),
}

/// How to end a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Close {
    /// Send what is queued and a Close frame, then go on reading until [`Input::Closed`] or [`Input::Failed`].
    Graceful {
        /// WebSocket close code.
        code: u16,
        /// WebSocket close reason.
        reason: &'static str,
    },
    /// Drop it now, without an answer.
    Abort,
}

/// An HTTP request as a value.
#[derive(Clone)]
#[non_exhaustive]
pub struct Request {
    /// `POST`, `GET`, …
    pub method: &'static str,
    /// Where.
    pub url: Url,
    /// All headers but Host and Content-Length.
    pub headers: Headers,
    /// The body. Carries the app secret or an assertion on endpoint discovery.
    pub body: Bytes,
    /// Most bytes of the answer's body; more is [`LinkErrorKind::TooLarge`](crate::LinkErrorKind::TooLarge).
    pub max_body: usize,
    /// How long each phase may take.
    pub deadlines: Deadlines,
}

/// Shows neither the values of headers nor the body.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("url", &self.url)
            .field("headers", &names(&self.headers))
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// A WebSocket to open, as a value.
#[derive(Clone)]
#[non_exhaustive]
pub struct Connect {
    /// Where; its query is the authentication.
    pub url: Url,
    /// Extra headers of the upgrade.
    pub headers: Headers,
    /// Largest WebSocket message and frame to accept, in bytes; more is [`LinkErrorKind::TooLarge`](crate::LinkErrorKind::TooLarge).
    pub max_message: usize,
    /// Most bytes of a refusal's body that are of interest.
    pub max_rejected_body: usize,
    /// How long each phase may take.
    pub deadlines: Deadlines,
}

/// Shows neither the values of headers nor those of the query.
impl fmt::Debug for Connect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connect")
            .field("url", &self.url)
            .field("headers", &names(&self.headers))
            .finish_non_exhaustive()
    }
}

fn names(headers: &Headers) -> Vec<&str> {
    headers.iter().map(|(name, _)| name.as_str()).collect()
}

/// A client assertion.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Assertion {
    /// The signed token; opaque.
    pub value: Secret,
    /// Where to send the discovery instead, if not to the domain.
    pub target: Option<Target>,
}

impl Assertion {
    /// An assertion for the domain itself.
    pub fn new(value: impl Into<Secret>) -> Assertion {
        Assertion { value: value.into(), target: None }
    }
}

/// The service that endpoint discovery goes to instead of the domain (`target_info` of the official SDKs).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Target {
    /// Host, with or without `https://`.
    pub service: String,
    /// Path that goes before that of the discovery.
    pub prefix: String,
}

impl Target {
    /// A service at this host, without a prefix.
    pub fn new(service: impl Into<String>) -> Target {
        Target { service: service.into(), prefix: String::new() }
    }
}

/// Why there is no client assertion.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AssertionError {
    /// It can be had later: the attempt fails and is repeated.
    Unavailable(String),
    /// It cannot be had: the client stops.
    Denied(String),
    /// The provider gave an empty one (local code 7101 of the official SDKs): the client stops.
    Empty,
    /// Its target is not an `https` host, or its path leads elsewhere: the client stops.
    BadTarget,
}

impl fmt::Display for AssertionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AssertionError::Unavailable(why) => write!(f, "no client assertion could be had now: {why}"),
            AssertionError::Denied(why) => write!(f, "no client assertion can be had: {why}"),
            AssertionError::Empty => f.write_str("the provider gave an empty client assertion"),
            AssertionError::BadTarget => f.write_str("the client assertion names a target that is not an https host"),
        }
    }
}

impl core::error::Error for AssertionError {}

/// What the application is told.
#[derive(Debug)]
#[non_exhaustive]
pub enum Notice {
    /// The WebSocket is open.
    Connected {
        /// Which attempt it was.
        attempt: Attempt,
        /// `device_id` of the URL: the platform's name for the connection.
        connection_id: Option<String>,
        /// Where to. Shows no secrets.
        url: Url,
    },
    /// The platform has answered: events can come.
    Ready {
        /// Whether this is the first time since the start.
        first: bool,
        /// When nothing could come, if it is not.
        gap: Option<Gap>,
    },
    /// An event or a callback. It wants a [`reply`](crate::Client::reply).
    Delivery(Delivery),
    /// This delivery has been neither answered nor acked in [`Config::answer_within`](crate::Config::answer_within).
    Overdue {
        /// Which.
        id: DeliveryId,
        /// Whether a neutral answer was sent in its stead.
        answered: bool,
    },
    /// This delivery was given up: no answer came in [`Config::handler_limit`](crate::Config::handler_limit), or it was
    /// [abandoned](crate::Client::abandon). Its answer will be refused, and a redelivery of the event is handled again.
    Abandoned {
        /// Which.
        id: DeliveryId,
    },
    /// Something that arrived will not be delivered.
    Dropped {
        /// Why.
        reason: DropReason,
        /// How many frames it was.
        frames: u64,
        /// The message it belonged to, if one and known.
        message_id: Option<String>,
    },
    /// The same failure happened five times in a row, or a multiple of it. The attempts go on.
    Degraded {
        /// What happens again and again.
        failure: Failure,
        /// How often in a row.
        times: u32,
    },
    /// The platform changed the settings.
    Settings(Settings),
    /// An attempt failed, or the connection was lost.
    Disconnected {
        /// Why.
        failure: Failure,
        /// Whether there had been a connection.
        was_open: bool,
        /// When the next attempt begins; none if the client stops.
        retry_at: Option<Time>,
    },
    /// The end. Nothing follows.
    Stopped(Stop),
}

/// A time without connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gap {
    /// The last sign of life on the lost connection.
    pub last_heard: Time,
    /// When the loss was noticed.
    pub lost: Time,
    /// When the platform answered again.
    pub ready: Time,
}

impl Gap {
    pub(crate) fn new(last_heard: Time, lost: Time, ready: Time) -> Gap {
        Gap { last_heard, lost, ready }
    }

    /// Events of this time may come late, by redelivery, or never.
    pub fn length(&self) -> Duration {
        self.ready.since(self.last_heard)
    }
}

/// Why something that arrived is not delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DropReason {
    /// The bytes are not a frame, or the text of a message is not JSON. The peer's fault.
    Malformed(String),
    /// A frame, message or number over one of our [`Limits`](crate::Limits).
    TooLarge(&'static str),
    /// No more incomplete messages, or waiting duplicates, could be kept.
    NoRoom,
    /// The client is shutting down.
    ShuttingDown,
    /// Parts of a message whose other parts did not come in time.
    Incomplete,
    /// Parts of a message that began anew with another number of parts.
    Restarted,
    /// Parts of a message when the connection was lost.
    ConnectionLost,
    /// A data frame of a type that is not delivered.
    UnknownType(String),
    /// A `card` frame. If cards do not work: subscribe to `card.action.trigger` on the callback page of the developer
    /// console, choose the long connection there, and publish a version (field reports).
    CardFrame,
    /// An encrypted payload. Payloads of a long connection are plain text; this one belongs to a webhook.
    Encrypted,
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DropReason::Malformed(why) => write!(f, "malformed: {why}"),
            DropReason::TooLarge(what) => write!(f, "over the limit of {what}"),
            DropReason::NoRoom => f.write_str("too much is waiting already"),
            DropReason::ShuttingDown => f.write_str("the client is shutting down"),
            DropReason::Incomplete => f.write_str("the other parts did not come in time"),
            DropReason::Restarted => f.write_str("the message began anew with another number of parts"),
            DropReason::ConnectionLost => f.write_str("the connection was lost before the other parts came"),
            DropReason::UnknownType(kind) => write!(f, "data frame of unknown type {kind:?}"),
            DropReason::CardFrame => f.write_str(
                "card frame; subscribe to card.action.trigger by long connection in the developer console and publish",
            ),
            DropReason::Encrypted => f.write_str("encrypted payload; encryption is for webhooks"),
        }
    }
}

/// What became of a [`Reply`](crate::Reply).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Replied {
    /// The ack is on its way.
    Sent,
    /// The connection that brought the delivery is gone, and its ack with it. The platform will push the event again; the
    /// outcome is remembered and answers it then.
    ConnectionLost,
    /// An ack had been sent already, by [`AckMode::OnReceived`](crate::AckMode::OnReceived) or because the callback was late. The outcome is remembered.
    AlreadyAnswered,
}

/// There is no such delivery: it was answered, abandoned, or never existed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownDelivery;

impl fmt::Display for UnknownDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such delivery: it was answered or given up already")
    }
}

impl core::error::Error for UnknownDelivery {}

#[cfg(test)]
mod tests;
