//! A message that the application has to answer.

use alloc::borrow::{Cow, ToOwned};
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;

use bytes::Bytes;
use serde::de::{IgnoredAny, MapAccess};

use crate::Time;
use crate::ack::Ack;
use crate::event::{Envelope, EventType, Schema, unix_ms};
use crate::frame::{RawFrame, key};
use crate::json;
use crate::lenient::{Fields, Members, Text};
use crate::vocabulary::{Attempt, DeliveryId};

/// An event or a callback, as the platform pushed it.
///
/// Answer it with [`Client::reply`](crate::Client::reply); the platform waits for 3 s. It can be cloned at the price of a
/// reference count.
#[derive(Clone)]
pub struct Delivery(Arc<Contents>);

struct Contents {
    arrival: Arrival,
    frame: Arc<RawFrame>,
    payload: Bytes,
    envelope: Spans,
}

/// How a payload came.
pub(crate) struct Arrival {
    pub(crate) id: DeliveryId,
    pub(crate) attempt: Attempt,
    pub(crate) received: Time,
    pub(crate) answer_by: Time,
    pub(crate) seen_before: bool,
    /// It was put together of parts, in a buffer of its own.
    pub(crate) joined: bool,
}

/// Payloads up to this are copied out of the read buffer: a slice would keep 16 KiB alive for each waiting message. Larger
/// ones are the better part of their buffer anyway.
const COPIED: usize = 8 * 1024;

impl Delivery {
    /// The delivery of a payload whose envelope was read. `frame` is the one that completed the message.
    pub(crate) fn new(arrival: Arrival, frame: &RawFrame, payload: Bytes, envelope: &Envelope<'_>) -> Delivery {
        let envelope = Spans::of(envelope, &payload);
        let (frame, payload) = if arrival.joined || payload.len() > COPIED {
            (frame.without_payload(), payload)
        } else {
            let frame = frame.detached();
            let payload = frame.payload().unwrap_or_default();
            (frame, payload)
        };
        Delivery(Arc::new(Contents { arrival, frame: Arc::new(frame), payload, envelope }))
    }

    /// What its ack is made of.
    pub(crate) fn ack(&self) -> Ack {
        Ack { frame: Arc::clone(&self.0.frame), received: self.0.arrival.received }
    }

    /// Bytes that it keeps: of its payload, and of the frame for the ack.
    pub(crate) fn bytes(&self) -> usize {
        let apart = if self.0.frame.payload_bytes().is_none() { self.0.payload.len() } else { 0 };
        self.0.frame.size().saturating_add(apart)
    }

    /// Names it in [`Client::reply`](crate::Client::reply).
    pub fn id(&self) -> DeliveryId {
        self.0.arrival.id
    }

    /// The connection that brought it.
    pub fn attempt(&self) -> Attempt {
        self.0.arrival.attempt
    }

    /// `message_id` of the frame: names this push, not the event.
    pub fn message_id(&self) -> Option<&str> {
        self.0.frame.header(key::MESSAGE_ID)
    }

    /// `trace_id` of the frame: names this push in the platform's logs.
    pub fn trace_id(&self) -> Option<&str> {
        self.0.frame.header(key::TRACE_ID)
    }

    /// All headers of the frame that completed the message.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.frame.headers()
    }

    /// The payload: JSON, as it came.
    pub fn payload(&self) -> Bytes {
        self.0.payload.clone()
    }

    /// The envelope, borrowed from the payload. It was read when the message came, and costs nothing now.
    pub fn envelope(&self) -> Envelope<'_> {
        self.0.envelope.envelope(&self.0.payload)
    }

    /// The type of the event, if the envelope is a known one.
    pub fn event_type(&self) -> Option<EventType<'_>> {
        let name = self.text(&self.0.envelope.event_type)?;
        Some(EventType { schema: self.0.envelope.schema?, name })
    }

    /// The id of the event: the same in each redelivery.
    pub fn event_id(&self) -> Option<&str> {
        self.text(&self.0.envelope.event_id)
    }

    /// When the event happened, in ms since 1970: see [`Envelope::created_unix_ms`].
    pub fn created_unix_ms(&self) -> Option<u64> {
        unix_ms(self.text(&self.0.envelope.create_time)?)
    }

    /// The body, raw JSON.
    pub fn body(&self) -> Option<&str> {
        self.text(&self.0.envelope.event)
    }

    /// Whether a person waits for the answer.
    pub fn is_callback(&self) -> bool {
        self.event_type().is_some_and(|event_type| event_type.is_callback())
    }

    /// The chat that it is about, if the body names one: as `chat_id` or `open_chat_id`, by itself, in its `message` or in
    /// the `context` of a callback. Reads the body.
    pub fn chat_id(&self) -> Option<Cow<'_, str>> {
        let body: Fields<Body<'_>> = json::from_str(self.body()?).ok()?;
        let Body { chat, part } = body.0?;
        chat.0.or_else(|| part.0?.0.0)
    }

    /// When the message was complete.
    pub fn received(&self) -> Time {
        self.0.arrival.received
    }

    /// When the answer should be on its way.
    pub fn answer_by(&self) -> Time {
        self.0.arrival.answer_by
    }

    /// Whether the same event was delivered before and not handled: it failed, or was given up.
    pub fn seen_before(&self) -> bool {
        self.0.arrival.seen_before
    }

    /// A text of the envelope. Cheaper than the whole envelope, whose body would have to be looked through.
    fn text<'a>(&'a self, span: &'a Span) -> Option<&'a str> {
        span.text(&self.0.payload)
    }
}

/// Shows no payload and no token.
impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("id", &self.id())
            .field("attempt", &self.attempt())
            .field("message_id", &self.message_id())
            .field("envelope", &self.envelope())
            .field("payload_bytes", &self.0.payload.len())
            .field("received", &self.received())
            .finish_non_exhaustive()
    }
}

/// An [`Envelope`] without its borrow: where each text is in the payload.
struct Spans {
    schema_text: Span,
    schema: Option<Schema>,
    event_type: Span,
    event_id: Span,
    create_time: Span,
    app_id: Span,
    tenant_key: Span,
    token: Span,
    event: Span,
}

/// A text of the payload; `Owned` if escapes had to be undone.
enum Span {
    Absent,
    At { start: usize, end: usize },
    Owned(Box<str>),
}

impl Spans {
    fn of(envelope: &Envelope<'_>, payload: &[u8]) -> Spans {
        let span = |text: &Option<Cow<'_, str>>| match text {
            None => Span::Absent,
            Some(Cow::Borrowed(text)) => Span::of(text, payload),
            Some(Cow::Owned(text)) => Span::Owned(text.as_str().into()),
        };
        Spans {
            schema_text: span(&envelope.schema_text),
            schema: envelope.schema,
            event_type: span(&envelope.event_type),
            event_id: span(&envelope.event_id),
            create_time: span(&envelope.create_time),
            app_id: span(&envelope.app_id),
            tenant_key: span(&envelope.tenant_key),
            token: span(&envelope.token),
            event: envelope.event.map_or(Span::Absent, |event| Span::of(event, payload)),
        }
    }

    fn envelope<'a>(&'a self, payload: &'a [u8]) -> Envelope<'a> {
        let text = |span: &'a Span| span.text(payload).map(Cow::Borrowed);
        Envelope {
            schema_text: text(&self.schema_text),
            schema: self.schema,
            event_type: text(&self.event_type),
            event_id: text(&self.event_id),
            create_time: text(&self.create_time),
            app_id: text(&self.app_id),
            tenant_key: text(&self.tenant_key),
            token: text(&self.token),
            event: self.event.text(payload),
        }
    }
}

impl Span {
    /// Where a borrowed text lies in what it was borrowed from; a copy if it lies elsewhere.
    fn of(text: &str, payload: &[u8]) -> Span {
        let start = text.as_ptr().addr().checked_sub(payload.as_ptr().addr());
        let end = start.and_then(|start| start.checked_add(text.len())).filter(|end| *end <= payload.len());
        match start.zip(end) {
            Some((start, end)) => Span::At { start, end },
            None => Span::Owned(text.to_owned().into()),
        }
    }

    fn text<'a>(&'a self, payload: &'a [u8]) -> Option<&'a str> {
        match self {
            Span::Absent => None,
            // It was UTF-8 as a part of the payload, which has not changed.
            Span::At { start, end } => core::str::from_utf8(payload.get(*start..*end)?).ok(),
            Span::Owned(text) => Some(text),
        }
    }
}

/// Where bodies name the chat that they are about.
#[derive(Default)]
struct Body<'a> {
    chat: Text<'a>,
    part: Fields<Part<'a>>,
}

/// The `message` of a message event, or the `context` of a callback.
#[derive(Default)]
struct Part<'a>(Text<'a>);

impl<'de> Members<'de> for Body<'de> {
    fn take<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "chat_id" | "open_chat_id" => self.chat = map.next_value()?,
            "message" | "context" => self.part = map.next_value()?,
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }
}

impl<'de> Members<'de> for Part<'de> {
    fn take<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "chat_id" | "open_chat_id" => self.0 = map.next_value()?,
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
