//! Payloads: the envelopes that bodies of events and callbacks are put in, and what a payload says that it is.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Platform;
use super::push::{Content, PushKind};

impl Platform {
    /// The bytes that are pushed, and what they say that they are.
    pub(super) fn payload(&mut self, app_id: &str, kind: PushKind, content: Content) -> (Bytes, Identity) {
        let payload: Bytes = match content {
            Content::Payload { payload, identity } => return (payload, identity),
            Content::Body { event_type, event } => self.envelope(app_id, kind, &event_type, &event).into(),
            Content::OldBody { event_type, event } => self.old_envelope(app_id, event_type, event).into(),
        };
        let identity = Identity::of(&payload);
        (payload, identity)
    }

    fn envelope(&mut self, app_id: &str, kind: PushKind, event_type: &str, event: &Value) -> String {
        // Callbacks count in microseconds (official examples of card.action.trigger and url.preview.get).
        let create_time = match kind {
            PushKind::Event => self.unix_ms(),
            PushKind::Callback => self.unix_ms().saturating_mul(1000),
        };
        let text = |text: &str| Value::from(text);
        // By hand, because the platform sends the envelope in this order. On the long connection `token` is empty in
        // observed traffic.
        format!(
            r#"{{"schema":"2.0","header":{{"event_id":"{}","token":"","create_time":"{create_time}","event_type":{},"tenant_key":{},"app_id":{}}},"event":{event}}}"#,
            self.dice.hex(32),
            text(event_type),
            text(&self.profile.tenant_key),
            text(app_id),
        )
    }

    fn old_envelope(&mut self, app_id: &str, event_type: String, event: Value) -> String {
        let mut body = match event {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        let tenant_key = self.profile.tenant_key.clone();
        for (name, value) in [("type", event_type), ("app_id", app_id.to_owned()), ("tenant_key", tenant_key)] {
            body.insert(name.into(), Value::from(value));
        }
        // Seconds with a fraction of six digits.
        let unix_ms = self.unix_ms();
        let seconds = format!("{}.{:03}000", unix_ms / 1000, unix_ms % 1000);
        let body = Value::Object(body);
        format!(
            r#"{{"uuid":"{}","ts":"{seconds}","token":"","type":"event_callback","event":{body}}}"#,
            self.dice.hex(32)
        )
    }
}

/// What a payload says that it is.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) event_id: Arc<str>,
    pub(crate) event_type: Arc<str>,
    pub(crate) subject: Option<Arc<str>>,
}

impl Identity {
    /// As far as the payload has it, in the places of both versions of the envelope.
    pub(crate) fn of(payload: &[u8]) -> Identity {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Envelope<'a> {
            #[serde(borrow)]
            header: Header<'a>,
            #[serde(borrow)]
            uuid: Option<Cow<'a, str>>,
            #[serde(borrow)]
            event: Event<'a>,
        }
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Header<'a> {
            #[serde(borrow)]
            event_id: Option<Cow<'a, str>>,
            #[serde(borrow)]
            event_type: Option<Cow<'a, str>>,
        }
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Event<'a> {
            #[serde(borrow)]
            r#type: Option<Cow<'a, str>>,
            #[serde(borrow)]
            message_id: Option<Cow<'a, str>>,
            #[serde(borrow)]
            message: Message<'a>,
            #[serde(borrow)]
            context: Context<'a>,
        }
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Message<'a> {
            #[serde(borrow)]
            message_id: Option<Cow<'a, str>>,
        }
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Context<'a> {
            #[serde(borrow)]
            open_message_id: Option<Cow<'a, str>>,
        }
        // Text that is checked as a whole is read faster than string by string.
        let envelope = match std::str::from_utf8(payload) {
            Ok(text) => serde_json::from_str(text),
            Err(_) => serde_json::from_slice(payload),
        };
        let Envelope { header, uuid, event } = envelope.unwrap_or_default();
        let subject = event.message.message_id.or(event.context.open_message_id).or(event.message_id);
        Identity {
            event_id: header.event_id.or(uuid).unwrap_or_default().into(),
            event_type: header.event_type.or(event.r#type).unwrap_or_default().into(),
            subject: subject.map(Arc::from),
        }
    }
}
