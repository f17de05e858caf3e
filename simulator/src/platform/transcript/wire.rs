//! Messages as they were on the wire, kept as short as they are shown.

use bytes::Bytes;
use larkwire_core::frame::Frame;
use serde::Serialize;

use crate::platform::FRAME_LIMITS;
use crate::platform::vocabulary::Message;

/// Most bytes of a body or a payload that are kept.
const SHOWN_BYTES: usize = 4096;

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
            Message::Binary(data) => match Frame::from_bytes(data.clone(), &FRAME_LIMITS) {
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

/// The beginning of what may be text.
pub(super) fn text(data: &[u8]) -> String {
    let shown = data.get(..SHOWN_BYTES).unwrap_or(data);
    let mut text = String::from_utf8_lossy(shown).into_owned();
    if shown.len() < data.len() {
        text.push('…');
    }
    text
}
