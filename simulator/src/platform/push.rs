//! Events and callbacks on their way to a client: what is pushed, in which form, and what became of it.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use larkwire_core::Time;
use serde::Serialize;
use serde_json::Value;

use super::connection::Disconnect;
use super::envelope::Identity;
use super::vocabulary::ConnectionId;

/// Names one pushed event or callback, over all its deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct PushId(pub u64);

/// Whether the platform waits for a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PushKind {
    /// Pushed again if it is not acked.
    Event,
    /// Its ack carries a result for a waiting user. Never pushed again (official callback overview).
    Callback,
}

/// An event or a callback to be pushed.
#[derive(Clone, Debug)]
pub struct Push {
    pub(crate) kind: PushKind,
    pub(crate) content: Content,
    pub(crate) shape: Shape,
    pub(crate) app_id: Option<String>,
    pub(crate) connection: Option<ConnectionId>,
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// The `event` member of a version 2.0 envelope.
    Body { event_type: String, event: Value },
    /// The `event` member of a version 1.0 envelope, without its `type`.
    OldBody { event_type: String, event: Value },
    /// A payload, byte for byte.
    Payload { payload: Bytes, identity: Identity },
}

impl Content {
    /// Read here and not when it is pushed, so that nobody waits for it, and only once if it is pushed again and again.
    fn payload(payload: Bytes) -> Content {
        let identity = Identity::of(&payload);
        Content::Payload { payload, identity }
    }
}

impl Push {
    /// An event of this type with this body, in a version 2.0 envelope with a new `event_id`.
    pub fn event(event_type: impl Into<String>, event: Value) -> Push {
        Push::new(PushKind::Event, Content::Body { event_type: event_type.into(), event })
    }

    /// An event in a version 1.0 envelope with a new `uuid`; `type`, `app_id` and `tenant_key` are added to its body.
    pub fn old_event(event_type: impl Into<String>, event: Value) -> Push {
        Push::new(PushKind::Event, Content::OldBody { event_type: event_type.into(), event })
    }

    /// A callback of this type with this body.
    pub fn callback(event_type: impl Into<String>, event: Value) -> Push {
        Push::new(PushKind::Callback, Content::Body { event_type: event_type.into(), event })
    }

    /// An event whose payload is sent as it is: a whole envelope, or anything else.
    pub fn payload(payload: impl Into<Bytes>) -> Push {
        Push::new(PushKind::Event, Content::payload(payload.into()))
    }

    /// A callback whose payload is sent as it is.
    pub fn callback_payload(payload: impl Into<Bytes>) -> Push {
        Push::new(PushKind::Callback, Content::payload(payload.into()))
    }

    /// The same push in this form.
    #[must_use]
    pub fn shaped(mut self, shape: Shape) -> Push {
        self.shape = shape;
        self
    }

    /// The same push for this app; without it, for the first one. One for an app that is not there goes nowhere.
    #[must_use]
    pub fn app(mut self, app_id: impl Into<String>) -> Push {
        self.app_id = Some(app_id.into());
        self
    }

    /// The same push to this connection, and for its app; redeliveries go where the routing says.
    #[must_use]
    pub fn to(mut self, connection: ConnectionId) -> Push {
        self.connection = Some(connection);
        self
    }

    fn new(kind: PushKind, content: Content) -> Push {
        Push { kind, content, shape: Shape::default(), app_id: None, connection: None }
    }
}

/// Into how many frames a payload goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Split {
    /// One frame.
    #[default]
    Whole,
    /// So many parts of about the same size; they may be empty if there are more than bytes. At most 10,000.
    Parts(usize),
    /// Parts of at most so many bytes; at most 10,000 parts.
    Size(usize),
}

/// Which parts are sent, and in which order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Order {
    /// Each once, from the first to the last.
    #[default]
    InOrder,
    /// Each once, at random.
    Shuffled,
    /// These, counted from 0: an index can be missing, or stand here more than once.
    Parts(Vec<usize>),
}

/// The form in which a push is delivered. Redeliveries are split in the same way, and otherwise regular.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shape {
    /// Into how many frames the payload goes.
    pub split: Split,
    /// Which parts are sent, and in which order.
    pub order: Order,
    /// How many times the event is delivered at once: each has its own `message_id`, all have the same `event_id`.
    pub copies: usize,
    /// How late the event is pushed.
    pub delay: Duration,
    /// Header `type`: `event`, or `card` as some apps see (field reports).
    pub frame_type: Cow<'static, str>,
    /// Delivered once more so long after the first time, whatever became of that.
    pub again: Option<Duration>,
    /// Held back until the next push of its app or for a second, and then sent frame by frame in turn with it.
    pub interleave: bool,
    /// What is wrong with its frames.
    pub damage: Vec<Damage>,
    /// Another instance of the app gets it, and acks it.
    pub elsewhere: bool,
    /// How its connection ends once it is out.
    pub then: Option<Disconnect>,
    /// How long its connection stands still once it is out.
    pub stall: Option<Duration>,
}

/// What can be wrong with the frames of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Damage {
    /// A header has another value, or is missing.
    Header {
        /// Its key.
        name: String,
        /// Its value; none: no such header.
        value: Option<String>,
    },
    /// One of several frames does not go out.
    MissingPart,
    /// Their bytes are cut short.
    Protobuf,
    /// The payload is cut short before it is split.
    Json,
}

impl Default for Shape {
    fn default() -> Shape {
        Shape {
            split: Split::Whole,
            order: Order::InOrder,
            copies: 1,
            delay: Duration::ZERO,
            frame_type: "event".into(),
            again: None,
            interleave: false,
            damage: Vec::new(),
            elsewhere: false,
            then: None,
            stall: None,
        }
    }
}

impl Shape {
    /// Split like this.
    pub fn split(split: Split) -> Shape {
        Shape { split, ..Shape::default() }
    }

    /// The same shape with its parts in this order.
    #[must_use]
    pub fn ordered(mut self, order: Order) -> Shape {
        self.order = order;
        self
    }

    /// Delivered so many times at once.
    pub fn copies(copies: usize) -> Shape {
        Shape { copies, ..Shape::default() }
    }

    /// Delivered so late.
    pub fn delayed(delay: Duration) -> Shape {
        Shape { delay, ..Shape::default() }
    }

    /// Delivered in frames of this type.
    pub fn frame_type(frame_type: impl Into<Cow<'static, str>>) -> Shape {
        Shape { frame_type: frame_type.into(), ..Shape::default() }
    }

    /// More than one frame, so that there is something to do with them.
    pub(crate) fn at_least_two(&mut self) {
        if matches!(self.split, Split::Whole | Split::Parts(0 | 1)) {
            self.split = Split::Parts(3);
        }
    }

    /// The shape of a redelivery.
    pub(crate) fn again(&self) -> Shape {
        Shape { split: self.split, frame_type: self.frame_type.clone(), ..Shape::default() }
    }

    /// How many parts a payload of this length has; never none.
    pub(crate) fn parts(&self, length: usize) -> usize {
        const MOST: usize = 10_000;
        let count = match self.split {
            Split::Whole => 1,
            Split::Parts(count) => count,
            Split::Size(size) => length.div_ceil(size.max(1)),
        };
        count.clamp(1, MOST)
    }

    /// The part of `payload` at this index, of `count`.
    pub(crate) fn part<'a>(&self, payload: &'a [u8], index: usize, count: usize) -> &'a [u8] {
        let length = payload.len();
        let size = match self.split {
            Split::Size(size) if size.saturating_mul(count) >= length => size,
            _ => length.div_ceil(count.max(1)),
        };
        let at = |part: usize| part.saturating_mul(size).min(length);
        payload.get(at(index)..at(index.saturating_add(1))).unwrap_or_default()
    }
}

/// What became of a push.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// Held back, or sent and not answered yet.
    Pending,
    /// Acked with code 200 in time.
    Acked,
    /// The last delivery failed; the next one comes at this many ms after the machine's origin of time.
    Redelivering {
        /// When.
        at_ms: u64,
    },
    /// An event was given up after the last redelivery.
    GivenUp,
    /// A callback failed: the user sees an error with this code (200340; field reports).
    UserSawError {
        /// The code.
        code: i64,
    },
}

/// One delivery of a push.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Delivery {
    /// Header `message_id`.
    pub message_id: Arc<str>,
    /// Where it went; none if no connection was open.
    pub connection: Option<ConnectionId>,
    /// When it went out.
    pub at: Time,
    /// The ack that counts for it.
    pub ack: Option<AckRecord>,
    /// Whether it can no longer succeed: late, refused with a code other than 200, or its connection is gone.
    pub failed: bool,
}

/// An ack that was accepted.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct AckRecord {
    /// Where it came from.
    pub connection: ConnectionId,
    /// When.
    pub at: Time,
    /// How long after the delivery.
    pub delay: Duration,
    /// `code`.
    pub code: i64,
    /// `data`, decoded.
    pub data: Option<Value>,
    /// Header `biz_rt` in ms, if it is a number.
    pub biz_rt: Option<i64>,
    /// Whether it came before the deadline.
    pub on_time: bool,
}

/// Everything about one push.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PushRecord {
    /// Names it.
    pub id: PushId,
    /// The app that it is for.
    pub app_id: String,
    /// Event or callback.
    pub kind: PushKind,
    /// `header.event_id` or `uuid`; empty if the payload has none.
    pub event_id: Arc<str>,
    /// `header.event_type` or `event.type`; empty if the payload has none.
    pub event_type: Arc<str>,
    /// The message that it is about: `om_...`.
    pub subject: Option<Arc<str>>,
    /// Its deliveries so far.
    pub deliveries: Vec<Delivery>,
    /// What became of it.
    pub outcome: Outcome,
}

impl PushRecord {
    /// The first ack that was accepted.
    pub fn ack(&self) -> Option<&AckRecord> {
        self.deliveries.iter().find_map(|delivery| delivery.ack.as_ref())
    }

    /// Whether nothing more will happen to it, apart from late acks.
    pub fn is_settled(&self) -> bool {
        !matches!(self.outcome, Outcome::Pending | Outcome::Redelivering { .. })
    }
}
