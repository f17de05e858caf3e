//! What happened, in both directions, for people and for tests.
//!
//! Secrets never enter it: they are replaced by name (`AppSecret`, `ticket`, `Authorization`, ...), so that a real
//! secret pasted into a test does not leak either, and the apps' own secrets are replaced wherever they stand.

use std::collections::VecDeque;

use bytes::Bytes;
use larkwire_core::frame::Frame;
use serde::Serialize;
use serde_json::Value;

use super::verdict::Violation;
use super::vocabulary::{ConnectionId, ExchangeId, Message};

/// What stands in place of a secret.
const REDACTED: &str = "***";

/// Most bytes of a body or a payload that are kept.
const SHOWN_BYTES: usize = 4096;

/// One thing that happened.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Entry {
    /// Counts from 0 and never repeats, also when old entries have gone.
    pub number: u64,
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
        message: Shown,
    },
    /// A message went to the client.
    Sent {
        /// Where.
        connection: ConnectionId,
        /// What.
        message: Shown,
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
    /// A client broke a rule, or did something unusual.
    Breach(Violation),
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
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
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
    number: u64,
}

impl Transcript {
    pub(crate) fn new(limit: usize) -> Transcript {
        Transcript { entries: VecDeque::new(), limit: limit.max(1), number: 0 }
    }

    pub(crate) fn add(&mut self, at_ms: u64, what: What) {
        while self.entries.len() >= self.limit {
            self.entries.pop_front();
        }
        self.entries.push_back(Entry { number: self.number, at_ms, what });
        self.number = self.number.saturating_add(1);
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
                        "appsecret" | "app_secret" | "clientassertion" => hide(member),
                        name if name.ends_with("_token") => hide(member),
                        _ => self.json(member),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.json(item)),
            _ => {}
        }
    }

    fn plain(&self, text: &str) -> String {
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
