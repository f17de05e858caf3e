//! What happened, in both directions, for people and for tests.
//!
//! Secrets never enter it: they are replaced by name (`AppSecret`, `ticket`, `Authorization`, ...), so that a real
//! secret pasted into a test does not leak either, and the apps' own secrets are replaced wherever they stand.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use larkwire_core::frame::Frame;
use serde::Serialize;
use serde_json::Value;

use super::chat::Chat;
use super::fault::ActiveFault;
use super::message::{Change, ChatMessage};
use super::people::Person;
use super::push::PushId;
use super::verdict::Rule;
use super::vocabulary::{ConnectionId, ExchangeId, Message};

/// What stands in place of a secret.
const REDACTED: &str = "***";

/// Most bytes of a body or a payload that are kept.
const SHOWN_BYTES: usize = 4096;

/// Bytes of chat messages and of the data of acks that are kept; then the oldest entries go, however few they are.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// One thing that happened.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Entry {
    /// Counts from 1 and never repeats, also when old entries have gone.
    pub seq: u64,
    /// When, in ms after the machine's origin of time.
    pub at_ms: u64,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// The kinds of things that happen.
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
    fn large(&self) -> usize {
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

/// A message as it was on the wire. Its fields are read when somebody looks at them, which is rare.
#[derive(Clone, PartialEq, Eq)]
pub struct Wire(Kept);

#[derive(Clone, PartialEq, Eq)]
enum Kept {
    Whole(Message),
    /// Of a long message, only what is shown.
    Cut(Box<Shown>),
}

impl Wire {
    /// What came from a client: often a piece of a large buffer that could not be given back, so it is copied.
    pub(crate) fn received(message: &Message) -> Wire {
        match message {
            Message::Binary(data) if data.len() <= SHOWN_BYTES => {
                Wire(Kept::Whole(Message::Binary(Bytes::copy_from_slice(data))))
            }
            _ => Wire::sent(message),
        }
    }

    pub(crate) fn sent(message: &Message) -> Wire {
        let length = match message {
            Message::Binary(data) | Message::Ping(data) | Message::Pong(data) => data.len(),
            Message::Text(text) => text.len(),
        };
        if length > SHOWN_BYTES {
            return Wire(Kept::Cut(Box::new(Shown::message(message))));
        }
        Wire(Kept::Whole(match message {
            Message::Ping(_) => Message::Ping(Bytes::new()),
            Message::Pong(_) => Message::Pong(Bytes::new()),
            Message::Binary(_) | Message::Text(_) => message.clone(),
        }))
    }

    /// The message, read.
    pub fn shown(&self) -> Shown {
        match &self.0 {
            Kept::Whole(message) => Shown::message(message),
            Kept::Cut(shown) => (**shown).clone(),
        }
    }
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.shown().fmt(f)
    }
}

impl Serialize for Wire {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.shown().serialize(serializer)
    }
}

/// A message as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "form", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Shown {
    /// A frame.
    Frame {
        /// Field 1, if present.
        seq_id: Option<u64>,
        /// Field 2, if present.
        log_id: Option<u64>,
        /// Field 3, if present.
        service: Option<i32>,
        /// Field 4, if present.
        method: Option<i32>,
        /// Field 5.
        headers: Vec<(String, String)>,
        /// Field 8 as text, if present, cut at 4 KiB.
        payload: Option<String>,
        /// The whole frame as it was on the wire, cut at 4 KiB.
        raw: Hex,
    },
    /// Binary, but not a frame.
    Binary {
        /// Its length.
        bytes: usize,
    },
    /// A text message.
    Text {
        /// The text, cut at 4 KiB.
        text: String,
    },
    /// A WebSocket Ping.
    Ping,
    /// A WebSocket Pong.
    Pong,
}

impl Shown {
    fn frame(frame: &Frame, raw: &[u8]) -> Shown {
        let header = |header: &larkwire_core::frame::Header| (header.key().to_owned(), header.value().to_owned());
        Shown::Frame {
            seq_id: frame.seq_id,
            log_id: frame.log_id,
            service: frame.service,
            method: frame.method,
            headers: frame.headers.iter().map(header).collect(),
            payload: frame.payload.as_ref().map(|payload| text(payload)),
            raw: Hex(Bytes::copy_from_slice(raw.get(..SHOWN_BYTES).unwrap_or(raw))),
        }
    }

    pub(crate) fn message(message: &Message) -> Shown {
        match message {
            Message::Binary(data) => match Frame::from_bytes(data.clone(), &super::FRAME_LIMITS) {
                Ok(frame) => Shown::frame(&frame, data),
                Err(_) => Shown::Binary { bytes: data.len() },
            },
            Message::Text(content) => Shown::Text { text: text(content.as_bytes()) },
            Message::Ping(_) => Shown::Ping,
            Message::Pong(_) => Shown::Pong,
        }
    }
}

/// Bytes that are shown, and serialised, as hexadecimal digits.
#[derive(Clone, PartialEq, Eq)]
pub struct Hex(pub Bytes);

impl std::fmt::Display for Hex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Not with `{:02x}`: a page that looks on gets megabytes of this every second.
        let digits = |byte: u8| [byte >> 4, byte & 0xf].map(|digit| char::from_digit(digit.into(), 16));
        let mut text = String::with_capacity(self.0.len().saturating_mul(2));
        text.extend(self.0.iter().flat_map(|byte| digits(*byte)).flatten());
        f.write_str(&text)
    }
}

impl std::fmt::Debug for Hex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl Serialize for Hex {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The newest entries.
#[derive(Clone, Debug)]
pub(crate) struct Transcript {
    entries: VecDeque<Entry>,
    limit: usize,
    /// Of what is large in the entries.
    bytes: usize,
    /// Of the newest entry, whether it is still there or not.
    seq: u64,
}

impl Transcript {
    pub(crate) fn new(limit: usize) -> Transcript {
        Transcript { entries: VecDeque::new(), limit: limit.max(1), bytes: 0, seq: 0 }
    }

    pub(crate) fn add(&mut self, at_ms: u64, what: What) {
        self.bytes = self.bytes.saturating_add(what.large());
        while self.entries.len() >= self.limit || (self.bytes > MOST_BYTES && !self.entries.is_empty()) {
            if let Some(entry) = self.entries.pop_front() {
                self.bytes = self.bytes.saturating_sub(entry.what.large());
            }
        }
        self.seq = self.seq.saturating_add(1);
        self.entries.push_back(Entry { seq: self.seq, at_ms, what });
    }

    /// Numbers the next entry as if this had been the last one.
    pub(crate) fn go_on_from(&mut self, seq: u64) {
        self.seq = self.seq.max(seq);
    }

    pub(crate) fn seq(&self) -> u64 {
        self.seq
    }

    /// The entries behind the one with this number. Their numbers have no gaps, so none of the others is touched.
    pub(crate) fn after(&self, seq: u64) -> impl DoubleEndedIterator<Item = &Entry> + ExactSizeIterator {
        let oldest = self.entries.front().map_or(0, |entry| entry.seq);
        let skipped = usize::try_from(seq.saturating_add(1).saturating_sub(oldest)).unwrap_or(usize::MAX);
        self.entries.range(skipped.min(self.entries.len())..)
    }

    pub(crate) fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter()
    }
}

/// Hides secrets in what is recorded.
#[derive(Clone)]
pub(crate) struct Redactor {
    secrets: Vec<String>,
}

/// Shows nothing: its only content are the secrets.
impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Redactor")
    }
}

impl Redactor {
    pub(crate) fn new(secrets: impl Iterator<Item = String>) -> Redactor {
        Redactor { secrets: secrets.filter(|secret| !secret.is_empty()).collect() }
    }

    pub(crate) fn headers(&self, headers: &[(String, String)]) -> Vec<(String, String)> {
        const SECRET: [&str; 4] = ["authorization", "cookie", "proxy-authorization", "set-cookie"];
        let hidden = |name: &str| SECRET.iter().any(|secret| name.eq_ignore_ascii_case(secret));
        let shown = |value: &str| self.plain(value);
        headers
            .iter()
            .map(|(name, value)| (name.clone(), if hidden(name) { REDACTED.to_owned() } else { shown(value) }))
            .collect()
    }

    /// A URL or its path and query.
    pub(crate) fn target(&self, target: &str) -> String {
        const SECRET: [&str; 3] = ["ticket=", "access_key=", "access_token="];
        let Some((path, query)) = target.split_once('?') else { return self.plain(target) };
        let shown: Vec<String> = query
            .split('&')
            .map(|pair| match SECRET.iter().find(|name| pair.starts_with(**name)) {
                Some(name) => format!("{name}{REDACTED}"),
                None => pair.to_owned(),
            })
            .collect();
        self.plain(&format!("{path}?{}", shown.join("&")))
    }

    /// The body of a request or an answer. What is not JSON is cut down to its length, for nobody knows what is in it.
    pub(crate) fn body(&self, body: &Bytes) -> String {
        if body.is_empty() {
            return String::new();
        }
        match serde_json::from_slice::<Value>(body) {
            Ok(mut value) => {
                self.json(&mut value);
                text(self.plain(&value.to_string()).as_bytes())
            }
            Err(_) => format!("{} bytes, not JSON", body.len()),
        }
    }

    fn json(&self, value: &mut Value) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    match name.to_ascii_lowercase().as_str() {
                        "url" => {
                            if let Value::String(url) = member {
                                *url = self.target(url);
                            }
                        }
                        "appsecret" | "app_secret" | "clientassertion" | "token" => hide(member),
                        name if name.ends_with("_token") => hide(member),
                        _ => self.json(member),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.json(item)),
            _ => {}
        }
    }

    pub(crate) fn plain(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, REDACTED))
    }
}

fn hide(member: &mut Value) {
    if member.as_str() != Some("") {
        *member = Value::from(REDACTED);
    }
}

fn text(data: &[u8]) -> String {
    let shown = data.get(..SHOWN_BYTES).unwrap_or(data);
    let mut text = String::from_utf8_lossy(shown).into_owned();
    if shown.len() < data.len() {
        text.push('…');
    }
    text
}
