//! What goes into the machine and what comes out of it.

use std::time::Duration;

use bytes::Bytes;
use larkwire_core::Time;
use serde::Serialize;

/// Names one HTTP exchange. Chosen by whoever carries the bytes; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ExchangeId(pub u64);

/// Names one long connection, from its upgrade request on. Chosen by whoever carries the bytes; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ConnectionId(pub u64);

/// An HTTP request, read to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The method, in upper case.
    pub method: String,
    /// Path and query, as on the request line.
    pub target: String,
    /// Headers in the order of the wire.
    pub headers: Vec<(String, String)>,
    /// The body, without any transfer coding.
    pub body: Bytes,
}

impl Request {
    /// The value of the first header named `name`, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The part of the target before `?`.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The first query parameter `name`, decoded as forms are: `+` is a space.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        self.parameters(name).next()
    }

    /// All query parameters `name`: lists repeat it.
    pub(crate) fn parameters(&self, name: &str) -> impl Iterator<Item = String> {
        let query = self.target.split_once('?').map(|(_, query)| query).unwrap_or_default();
        let pairs = form_urlencoded::parse(query.as_bytes());
        pairs.filter(move |(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// The values of the query parameter `name`, not decoded.
    pub fn query(&self, name: &str) -> Option<&str> {
        let (_, query) = self.target.split_once('?')?;
        query.split('&').find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name).map(|(_, value)| value))
    }
}

/// An HTTP answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Headers; the length of the body is not among them.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

impl Response {
    /// An answer with this status and an empty body.
    pub fn status(status: u16) -> Response {
        Response { status, headers: Vec::new(), body: Bytes::new() }
    }

    /// An answer with a JSON body, typed as the platform types it.
    pub fn json(status: u16, body: impl Into<Bytes>) -> Response {
        Response::status(status).with_header("Content-Type", "application/json; charset=utf-8").with_body(body)
    }

    /// The same answer with one more header.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Response {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The same answer with this body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Bytes>) -> Response {
        self.body = body.into();
        self
    }
}

/// One WebSocket message.
///
/// Answering a Ping with a Pong is left to the WebSocket library on either side, as RFC 6455 has it; the machine only
/// sees that one came.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message {
    /// A binary message: one frame of the platform's protocol, if the peer behaves.
    Binary(Bytes),
    /// A text message, which nobody should send here.
    Text(String),
    /// A WebSocket Ping.
    Ping(Bytes),
    /// A WebSocket Pong.
    Pong(Bytes),
}

/// What happened outside.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Input {
    /// Only time passed.
    Timeout,
    /// A client sent an HTTP request.
    Request {
        /// Names the exchange; the answer carries it.
        exchange: ExchangeId,
        /// What it sent.
        request: Request,
    },
    /// A client asks for a WebSocket.
    Upgrade {
        /// Names the connection from now on.
        connection: ConnectionId,
        /// The upgrade request.
        request: Request,
    },
    /// A message arrived on a connection.
    Message {
        /// Where.
        connection: ConnectionId,
        /// What.
        message: Message,
    },
    /// The client sent a Close frame.
    Closed {
        /// Where.
        connection: ConnectionId,
        /// Its code, if it gave one.
        code: Option<u16>,
        /// Its reason, often empty.
        reason: String,
    },
    /// The connection is gone: end of stream, a socket error, or the end of a closing handshake.
    Lost {
        /// Which.
        connection: ConnectionId,
    },
}

/// What is to be done outside.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Output {
    /// Answer an HTTP request.
    Respond {
        /// Which.
        exchange: ExchangeId,
        /// The answer.
        response: Response,
    },
    /// Answer an upgrade request with 101.
    Accept {
        /// Which.
        connection: ConnectionId,
    },
    /// Answer an upgrade request with something else.
    Refuse {
        /// Which.
        connection: ConnectionId,
        /// The answer.
        response: Response,
    },
    /// Send one message.
    Send {
        /// Where.
        connection: ConnectionId,
        /// What.
        message: Message,
    },
    /// Send a Close frame, then end the connection.
    Close {
        /// Which.
        connection: ConnectionId,
        /// The close code.
        code: u16,
        /// The reason.
        reason: String,
    },
    /// End the connection without a Close frame.
    Abort {
        /// Which.
        connection: ConnectionId,
        /// Whether the peer sees an orderly end of stream (FIN) or a reset.
        how: Abort,
    },
    /// Stop reading and writing, and keep the connection open: the peer sees silence. What is to be sent afterwards waits.
    Freeze {
        /// Which.
        connection: ConnectionId,
    },
    /// Read and write again on a connection that was frozen, first what waited.
    Thaw {
        /// Which.
        connection: ConnectionId,
    },
    /// Read and write at this pace from now on.
    Pace {
        /// Where.
        connection: ConnectionId,
        /// How.
        pace: Pace,
    },
    /// Answer an HTTP request, and end its connection in the middle of the body.
    RespondHalf {
        /// Which.
        exchange: ExchangeId,
        /// The whole answer.
        response: Response,
    },
    /// Let the clock jump ahead: the times of inputs are later by this from now on, [`Input::Timeout`] at once.
    Jump {
        /// How far.
        by: Duration,
    },
    /// Nothing more until this moment, or until an input.
    Wait(Option<Time>),
}

/// How slowly the platform reads and writes. What is none is as fast as it can be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pace {
    /// Bytes read in a second.
    pub read_per_second: Option<u32>,
    /// Size of the receive buffer, which bounds the window that the client sees.
    pub window: Option<u32>,
    /// Bytes written at once.
    pub write_at_once: Option<u32>,
}

/// How a connection ends without a Close frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Abort {
    /// The stream ends (FIN), as most disconnections in the field do.
    EndOfStream,
    /// The stream is reset (RST).
    Reset,
}
