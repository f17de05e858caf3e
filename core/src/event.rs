//! The envelope around every event and callback, in both versions, and the trait of the typed bodies.
//!
//! The envelope is read in one pass and borrows from the payload; the body stays raw JSON until a handler asks for a type.
//! Which version it is does not depend on the key or the `schema`: a `header` with an `event_type` makes it version 2.0,
//! else a `type` inside `event` makes it version 1.0. The bodies of the platform's own events are in `larkwire-events`.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

use serde::de::{DeserializeOwned, IgnoredAny, MapAccess};
use serde_json::value::RawValue;

use crate::json::{self, Cut};
use crate::lenient::{Fields, Members, Text};

/// The version of an envelope. The keys of the two versions are spaces of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Schema {
    /// Version 1.0: `uuid`, `ts`, and the type inside `event`.
    P1,
    /// Version 2.0: a `header` beside the `event`.
    P2,
}

/// What kind of event it is: a name such as `im.message.receive_v1`, in one of the two spaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventType<'a> {
    /// In which space.
    pub schema: Schema,
    /// The name.
    pub name: &'a str,
}

impl<'a> EventType<'a> {
    /// A type of version 2.0.
    pub const fn p2(name: &'a str) -> EventType<'a> {
        EventType { schema: Schema::P2, name }
    }

    /// A type of version 1.0.
    pub const fn p1(name: &'a str) -> EventType<'a> {
        EventType { schema: Schema::P1, name }
    }

    /// Whether it is a callback: a person waits for its answer, and it is never pushed again.
    ///
    /// `card.action.trigger` and `url.preview.get` are in every official SDK, `profile.view.get` in oapi-sdk-go of 2026.
    pub fn is_callback(&self) -> bool {
        self.schema == Schema::P2 && ["card.action.trigger", "url.preview.get", "profile.view.get"].contains(&self.name)
    }
}

impl fmt::Display for EventType<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The envelope of an event, borrowed from its payload. What the platform left out, or sent in another form than text or
/// number, is `None`.
#[derive(Clone)]
#[non_exhaustive]
pub struct Envelope<'a> {
    /// The `schema` member, `2.0` in version 2.0. For information.
    pub schema_text: Option<Cow<'a, str>>,
    /// Which version the envelope is, if its type is known.
    pub schema: Option<Schema>,
    /// `header.event_type`, or `event.type` in version 1.0.
    pub event_type: Option<Cow<'a, str>>,
    /// `header.event_id`, or `uuid` in version 1.0: the same in each redelivery.
    pub event_id: Option<Cow<'a, str>>,
    /// `header.create_time`: ms since 1970, for callbacks µs. In version 1.0 `ts`: seconds with a fraction.
    pub create_time: Option<Cow<'a, str>>,
    /// The app that the event is for.
    pub app_id: Option<Cow<'a, str>>,
    /// The tenant it happened in.
    pub tenant_key: Option<Cow<'a, str>>,
    /// The verification token. Empty on the long connection, as far as seen; never shown.
    pub token: Option<Cow<'a, str>>,
    /// The body, raw JSON.
    pub event: Option<&'a str>,
}

/// Why a payload is not an envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// There is no payload, or an empty one.
    Empty,
    /// Not UTF-8, or not JSON. Says where.
    NotJson(String),
    /// JSON, but not an object.
    NotAnObject,
    /// An encrypted payload, as webhooks have them.
    Encrypted,
}

impl fmt::Display for EnvelopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EnvelopeError::Empty => f.write_str("the payload is empty"),
            EnvelopeError::NotJson(at) => write!(f, "the payload is not JSON: {at}"),
            EnvelopeError::NotAnObject => f.write_str("the payload is not a JSON object"),
            EnvelopeError::Encrypted => f.write_str("the payload is encrypted"),
        }
    }
}

impl core::error::Error for EnvelopeError {}

impl<'a> Envelope<'a> {
    /// Reads an envelope of either version. Unknown members are skipped; of a repeated one the last counts.
    ///
    /// # Errors
    /// When the payload is not a JSON object, or encrypted. Never panics.
    pub fn parse(payload: &'a [u8]) -> Result<Envelope<'a>, EnvelopeError> {
        if payload.is_empty() {
            return Err(EnvelopeError::Empty);
        }
        let text = core::str::from_utf8(payload).map_err(|error| EnvelopeError::NotJson(error.to_string()))?;
        let outer = Outer::cut(text).map_or_else(|| Outer::read(text), Ok)?;
        let header = outer.header.0.unwrap_or_default();
        let mut envelope = Envelope {
            schema_text: outer.schema.0,
            schema: None,
            event_type: None,
            event_id: None,
            create_time: None,
            app_id: None,
            tenant_key: None,
            token: None,
            event: outer.event,
        };
        if header.event_type.0.as_ref().is_some_and(|name| !name.is_empty()) {
            envelope.schema = Some(Schema::P2);
            envelope.event_type = header.event_type.0;
            envelope.event_id = header.event_id.0;
            envelope.create_time = header.create_time.0;
            envelope.app_id = header.app_id.0;
            envelope.tenant_key = header.tenant_key.0;
            envelope.token = header.token.0;
            return Ok(envelope);
        }
        if outer.encrypted {
            return Err(EnvelopeError::Encrypted);
        }
        // The body was valid JSON a moment ago, so that an error here is none of the peer's.
        let body = outer.event.and_then(|event| json::from_str::<Fields<Body<'a>>>(event).ok()?.0).unwrap_or_default();
        if body.kind.0.as_ref().is_some_and(|name| !name.is_empty()) {
            envelope.schema = Some(Schema::P1);
            envelope.event_type = body.kind.0;
        }
        envelope.event_id = outer.uuid.0.or(header.event_id.0);
        envelope.create_time = outer.ts.0.or(header.create_time.0);
        envelope.app_id = body.app_id.0.or(header.app_id.0);
        envelope.tenant_key = body.tenant_key.0.or(header.tenant_key.0);
        envelope.token = outer.token.0.or(header.token.0);
        Ok(envelope)
    }

    /// The type, if the envelope is a known one.
    pub fn event_type(&self) -> Option<EventType<'_>> {
        Some(EventType { schema: self.schema?, name: self.event_type.as_deref()? })
    }

    /// When the event happened, in ms since 1970.
    ///
    /// The platform counts in ms for events, in µs for callbacks, and in seconds with a fraction in version 1.0 (official
    /// examples). The number of digits tells them apart.
    pub fn created_unix_ms(&self) -> Option<u64> {
        unix_ms(self.create_time.as_deref()?)
    }
}

/// A time of the platform, in ms since 1970.
pub(crate) fn unix_ms(text: &str) -> Option<u64> {
    if !text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    if let Some((seconds, fraction)) = text.split_once('.') {
        let ms = fraction.bytes().chain(*b"000").take(3).try_fold(0u64, |ms, digit| {
            let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
            ms.checked_mul(10)?.checked_add(u64::from(digit))
        })?;
        return seconds.parse::<u64>().ok()?.checked_mul(1_000)?.checked_add(ms);
    }
    let number: u64 = text.parse().ok()?;
    match text.len() {
        ..=11 => number.checked_mul(1_000),
        12..=14 => Some(number),
        15..=17 => number.checked_div(1_000),
        _ => None,
    }
}

/// Shows neither the token nor the body.
impl fmt::Debug for Envelope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("schema", &self.schema)
            .field("event_type", &self.event_type)
            .field("event_id", &self.event_id)
            .field("create_time", &self.create_time)
            .field("app_id", &self.app_id)
            .field("tenant_key", &self.tenant_key)
            .field("event_bytes", &self.event.map(str::len))
            .finish_non_exhaustive()
    }
}

/// A typed body of an event: which events it is for, and how it is read.
///
/// Implement it for your own types to receive events that larkwire does not know, or to read less of those it does.
///
/// ```
/// use larkwire_core::event::{Event, EventType};
///
/// #[derive(serde::Deserialize)]
/// struct OutApproval {
///     instance_code: String,
/// }
///
/// impl Event for OutApproval {
///     const TYPE: EventType<'static> = EventType::p1("out_approval");
/// }
///
/// let body = OutApproval::parse(r#"{"type":"out_approval","instance_code":"81D3"}"#)?;
/// assert_eq!(body.instance_code, "81D3");
/// # Ok::<(), larkwire_core::event::BodyError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the body of an event",
    label = "not the body of an event",
    note = "the last argument of a typed handler is the event; bodies of your own implement `Event`"
)]
pub trait Event: DeserializeOwned {
    /// The type of the events that it is the body of.
    const TYPE: EventType<'static>;

    /// Reads the body.
    ///
    /// # Errors
    /// When the JSON does not fit the type.
    fn parse(event: &str) -> Result<Self, BodyError> {
        json::from_str(event).map_err(|error| BodyError::new(&error))
    }
}

/// A body does not fit the type that a handler asked for. Says where; contains nothing of the body's text values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyError(String);

impl BodyError {
    /// serde's own words quote what was found, but for the name of a missing member: of the rest only the place is kept.
    fn new(error: &serde_json::Error) -> BodyError {
        let words = error.to_string();
        if words.starts_with("missing field") {
            return BodyError(words);
        }
        let what = if error.is_data() { "a member has another form" } else { "it is not JSON" };
        BodyError(format!("{what} at line {} column {}", error.line(), error.column()))
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the body does not fit its type: {}", self.0)
    }
}

impl core::error::Error for BodyError {}

#[derive(Default, PartialEq)]
struct Outer<'a> {
    schema: Text<'a>,
    header: Fields<Header<'a>>,
    event: Option<&'a str>,
    uuid: Text<'a>,
    ts: Text<'a>,
    token: Text<'a>,
    encrypted: bool,
}

#[derive(Default, PartialEq)]
struct Header<'a> {
    event_id: Text<'a>,
    event_type: Text<'a>,
    create_time: Text<'a>,
    token: Text<'a>,
    app_id: Text<'a>,
    tenant_key: Text<'a>,
}

#[derive(Default)]
struct Body<'a> {
    kind: Text<'a>,
    app_id: Text<'a>,
    tenant_key: Text<'a>,
}

impl<'a> Outer<'a> {
    /// As nearly all payloads can be read. None says nothing about this one.
    fn cut(text: &'a str) -> Option<Outer<'a>> {
        let mut outer = Outer::default();
        Cut::whole(text, |name, cut| {
            match name {
                "schema" => outer.schema = cut.text()?,
                "header" => outer.header = Header::cut(cut)?,
                "event" => outer.event = Some(cut.value()?),
                "uuid" => outer.uuid = cut.text()?,
                "ts" => outer.ts = cut.text()?,
                "token" => outer.token = cut.text()?,
                _ => {
                    outer.encrypted |= name == "encrypt";
                    cut.value()?;
                }
            }
            Some(())
        })?;
        Some(outer)
    }

    /// As all payloads can be read.
    fn read(text: &'a str) -> Result<Outer<'a>, EnvelopeError> {
        let outer: Fields<Outer<'a>> =
            serde_json::from_str(text).map_err(|error| EnvelopeError::NotJson(error.to_string()))?;
        outer.0.ok_or(EnvelopeError::NotAnObject)
    }
}

impl<'a> Header<'a> {
    fn cut(cut: &mut Cut<'a>) -> Option<Fields<Header<'a>>> {
        if !cut.is_at_object() {
            return cut.value().map(|_| Fields(None));
        }
        let mut header = Header::default();
        cut.members(|name, cut| {
            match name {
                "event_id" => header.event_id = cut.text()?,
                "event_type" => header.event_type = cut.text()?,
                "create_time" => header.create_time = cut.text()?,
                "token" => header.token = cut.text()?,
                "app_id" => header.app_id = cut.text()?,
                "tenant_key" => header.tenant_key = cut.text()?,
                _ => drop(cut.value()?),
            }
            Some(())
        })?;
        Some(Fields(Some(header)))
    }
}

impl<'de> Members<'de> for Outer<'de> {
    fn take<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "schema" => self.schema = map.next_value()?,
            "header" => self.header = map.next_value()?,
            "event" => self.event = Some(map.next_value::<&RawValue>()?.get()),
            "uuid" => self.uuid = map.next_value()?,
            "ts" => self.ts = map.next_value()?,
            "token" => self.token = map.next_value()?,
            _ => {
                self.encrypted |= name == "encrypt";
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

impl<'de> Members<'de> for Header<'de> {
    fn take<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "event_id" => self.event_id = map.next_value()?,
            "event_type" => self.event_type = map.next_value()?,
            "create_time" => self.create_time = map.next_value()?,
            "token" => self.token = map.next_value()?,
            "app_id" => self.app_id = map.next_value()?,
            "tenant_key" => self.tenant_key = map.next_value()?,
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }
}

impl<'de> Members<'de> for Body<'de> {
    fn take<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "type" => self.kind = map.next_value()?,
            "app_id" => self.app_id = map.next_value()?,
            "tenant_key" => self.tenant_key = map.next_value()?,
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
