//! Why an attempt or a connection ended, and why a client stops: who is at fault, and what to do next.

use alloc::string::String;
use core::fmt;
use core::time::Duration;

use crate::api::codes::explain;
use crate::config::ConfigError;
use crate::url::UrlError;
use crate::vocabulary::AssertionError;

/// What went wrong on the way to the platform. Told by the driver.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LinkError {
    /// Of which kind.
    pub kind: LinkErrorKind,
    /// The words of whoever noticed it. Contains no secrets.
    pub detail: String,
}

impl LinkError {
    /// An error of a kind, in somebody's words.
    pub fn new(kind: LinkErrorKind, detail: impl Into<String>) -> LinkError {
        LinkError { kind, detail: detail.into() }
    }
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.detail)
    }
}

impl core::error::Error for LinkError {}

/// The kind of a [`LinkError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LinkErrorKind {
    /// The name could not be resolved.
    Dns,
    /// No TCP connection.
    Connect,
    /// The proxy refused, or answered something else than a proxy does.
    Proxy,
    /// The TLS handshake failed: certificate, protocol, provider.
    Tls,
    /// The answer to the upgrade, or to the request, is not HTTP.
    Upgrade,
    /// A phase took too long.
    Timeout(Phase),
    /// A message or a body is larger than was allowed.
    TooLarge,
    /// The connection was reset, or ended without the closing handshake.
    Reset,
    /// The peer broke the WebSocket or HTTP protocol.
    Protocol,
    /// Anything else.
    Io,
}

/// A phase with a time limit of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Name resolution and TCP.
    Tcp,
    /// The proxy's answer.
    Proxy,
    /// The TLS handshake.
    Tls,
    /// The WebSocket upgrade.
    Upgrade,
    /// A write that made no progress.
    Write,
}

impl fmt::Display for LinkErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LinkErrorKind::Dns => "name resolution failed",
            LinkErrorKind::Connect => "connection failed",
            LinkErrorKind::Proxy => "the proxy failed",
            LinkErrorKind::Tls => "TLS failed",
            LinkErrorKind::Upgrade => "the answer is not HTTP",
            LinkErrorKind::Timeout(Phase::Tcp) => "connecting took too long",
            LinkErrorKind::Timeout(Phase::Proxy) => "the proxy took too long",
            LinkErrorKind::Timeout(Phase::Tls) => "the TLS handshake took too long",
            LinkErrorKind::Timeout(Phase::Upgrade) => "the WebSocket upgrade took too long",
            LinkErrorKind::Timeout(Phase::Write) => "the peer stopped reading",
            LinkErrorKind::TooLarge => "more was sent than is accepted",
            LinkErrorKind::Reset => "the connection was cut",
            LinkErrorKind::Protocol => "the peer broke the protocol",
            LinkErrorKind::Io => "input or output failed",
        })
    }
}

/// Why an attempt failed or a connection ended. Another attempt follows, unless the client stops.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The way to the platform failed.
    Link(LinkError),
    /// Endpoint discovery took longer than [`Deadlines::discovery`](crate::Deadlines::discovery).
    DiscoveryTimeout,
    /// Connecting took longer than [`Deadlines::connect`](crate::Deadlines::connect).
    ConnectTimeout,
    /// No client assertion.
    Assertion(AssertionError),
    /// Endpoint discovery got another HTTP status than 200. Never fatal by itself: every SDK tries again.
    HttpStatus {
        /// The status.
        status: u16,
        /// The platform's `msg`, or the beginning of the body.
        message: String,
    },
    /// The platform refused endpoint discovery.
    Refused(Refusal),
    /// The answer of endpoint discovery makes no sense: not JSON, or no URL in it.
    BadAnswer(&'static str),
    /// The connection URL of the platform is not one to connect to.
    BadUrl(UrlError),
    /// The platform refused the WebSocket upgrade.
    Handshake(Rejection),
    /// The platform closed the connection.
    Closed {
        /// WebSocket close code; 1005 if none was given.
        code: u16,
        /// WebSocket close reason.
        reason: String,
    },
    /// The app has too many connections. Fatal unless [`Reconnect::at_connection_limit`](crate::Reconnect::at_connection_limit) is set.
    ConnectionLimit {
        /// Which of the three signals of the limit it was.
        signal: LimitSignal,
        /// The platform's words.
        message: String,
    },
    /// Nothing came for [`Liveness::pong_timeout`](crate::Liveness::pong_timeout) after a ping: half-open.
    Silent,
    /// More than [`Limits::bad_per_minute`](crate::Limits::bad_per_minute) bad messages came in a minute.
    TooManyBadMessages,
    /// A message over [`Limits::payload`](crate::Limits::payload) came. It was refused with close code 1009.
    MessageTooLarge,
}

/// How the platform tells that an app has too many connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LimitSignal {
    /// Code 1000040350 on endpoint discovery (field reports).
    Discovery,
    /// Handshake-Status 514 with Handshake-Autherrcode 1000040350 (all SDK sources).
    Handshake,
    /// Close code 3001 just after the upgrade (field report).
    Close,
}

/// A refusal in the body of endpoint discovery.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// The platform's code.
    pub code: i64,
    /// The platform's words.
    pub message: String,
}

/// A refused WebSocket upgrade.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejection {
    /// The HTTP status.
    pub status: u16,
    /// `Handshake-Status`, if there is one.
    pub handshake_status: Option<i64>,
    /// `Handshake-Autherrcode`, if there is one.
    pub auth_code: Option<i64>,
    /// `Handshake-Msg`, or the beginning of the body.
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Link(error) => error.fmt(f),
            Failure::DiscoveryTimeout => f.write_str("endpoint discovery took too long"),
            Failure::ConnectTimeout => f.write_str("connecting took too long"),
            Failure::Assertion(error) => error.fmt(f),
            Failure::HttpStatus { status, message } => {
                write!(f, "endpoint discovery got HTTP status {status}{}", Words(": ", message))
            }
            Failure::Refused(refusal) => refusal.fmt(f),
            Failure::BadAnswer(what) => write!(f, "the answer of endpoint discovery is of no use: {what}"),
            Failure::BadUrl(error) => write!(f, "the platform gave a connection URL that is not usable: {error}"),
            Failure::Handshake(rejection) => rejection.fmt(f),
            Failure::Closed { code, reason } => {
                write!(f, "the platform closed the connection: {code}{}", Words(" ", reason))
            }
            Failure::ConnectionLimit { message, .. } => {
                write!(f, "the app has too many connections{}", Words(": ", message))
            }
            Failure::Silent => f.write_str("the connection is dead: nothing came after a ping"),
            Failure::TooManyBadMessages => f.write_str("too many messages made no sense"),
            Failure::MessageTooLarge => f.write_str("a message was larger than the limit"),
        }
    }
}

impl core::error::Error for Failure {}

impl Failure {
    /// Whether the other failure is of the same kind: what counts for [`Notice::Degraded`](crate::Notice::Degraded).
    pub(crate) fn resembles(&self, other: &Failure) -> bool {
        match (self, other) {
            (Failure::Link(a), Failure::Link(b)) => a.kind == b.kind,
            (Failure::HttpStatus { status: a, .. }, Failure::HttpStatus { status: b, .. }) => a == b,
            (Failure::Refused(a), Failure::Refused(b)) => a.code == b.code,
            (Failure::Handshake(a), Failure::Handshake(b)) => {
                (a.status, a.handshake_status, a.auth_code) == (b.status, b.handshake_status, b.auth_code)
            }
            (Failure::Closed { code: a, .. }, Failure::Closed { code: b, .. }) => a == b,
            (a, b) => core::mem::discriminant(a) == core::mem::discriminant(b),
        }
    }
}

/// The platform's words with what goes before them; nothing if it had none.
struct Words<'a>(&'static str, &'a str);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Words(before, words) = self;
        if words.is_empty() { Ok(()) } else { write!(f, "{before}{words}") }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the platform refused endpoint discovery: {}{}", self.code, Words(" ", &self.message))
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the platform refused the WebSocket: HTTP status {}", self.status)?;
        if let Some(status) = self.handshake_status {
            write!(f, ", handshake status {status}")?;
        }
        if let Some(code) = self.auth_code {
            write!(f, ", auth code {code}")?;
        }
        Words(" ", &self.message).fmt(f)
    }
}

/// Why a client stopped for good.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stop {
    /// The application asked for it.
    Shutdown,
    /// The configuration cannot work. The application's to mend.
    Config(ConfigError),
    /// App id and secret do not fit (code 1000040345).
    Credentials(Refusal),
    /// The app seems to belong to the other brand (code 1000040351).
    WrongBrand(Refusal),
    /// The platform refused for another reason that will not go away.
    Refused(Refusal),
    /// The platform refused the WebSocket for good.
    Forbidden(Rejection),
    /// The app has too many connections.
    ConnectionLimit {
        /// Which of the three signals of the limit it was.
        signal: LimitSignal,
        /// The platform's words.
        message: String,
    },
    /// The client assertion cannot be had or used.
    Assertion(AssertionError),
    /// So many attempts failed in a row.
    TriesUsedUp {
        /// How many.
        attempts: u32,
        /// The last failure.
        last: Failure,
    },
}

impl Stop {
    /// The platform's code, if it was the platform that refused.
    pub fn code(&self) -> Option<i64> {
        match self {
            Stop::Credentials(refusal) | Stop::WrongBrand(refusal) | Stop::Refused(refusal) => Some(refusal.code),
            Stop::Forbidden(rejection) => rejection.handshake_status.or(Some(i64::from(rejection.status))),
            Stop::ConnectionLimit { .. } => Some(crate::endpoint::code::CONNECTION_LIMIT),
            _ => None,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Stop::Shutdown => "nothing: the application asked for it",
            Stop::Config(_) => "correct the configuration",
            Stop::Credentials(_) => "copy app id and app secret again from the developer console, page Credentials",
            Stop::WrongBrand(_) => {
                "this app seems to belong to the other brand: use Domain::Lark for larksuite.com, Domain::Feishu for feishu.cn"
            }
            Stop::Refused(refusal) => explain(refusal.code, "connection").map_or(
                "look the code up in the platform's documentation; is the app a self-built one, and enabled?",
                |code| code.hint,
            ),
            Stop::Forbidden(_) => "the app must be self-built, enabled, and use the long connection for events",
            Stop::ConnectionLimit { .. } => {
                "an app has at most 50 connections, one per client: stop others, or set Reconnect::at_connection_limit"
            }
            Stop::Assertion(_) => "see to the provider of the client assertion",
            Stop::TriesUsedUp { .. } => "see the last failure; without max_attempts the client would go on",
        }
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stop::Shutdown => f.write_str("shut down as asked"),
            Stop::Config(error) => error.fmt(f),
            Stop::Credentials(refusal) | Stop::WrongBrand(refusal) | Stop::Refused(refusal) => refusal.fmt(f),
            Stop::Forbidden(rejection) => rejection.fmt(f),
            Stop::ConnectionLimit { message, .. } => {
                write!(f, "the app has too many connections{}", Words(": ", message))
            }
            Stop::Assertion(error) => error.fmt(f),
            Stop::TriesUsedUp { attempts, last } => {
                write!(f, "{attempts} attempts failed in a row, the last one: {last}")
            }
        }?;
        match self {
            Stop::Shutdown => Ok(()),
            _ => write!(f, " ({})", self.hint()),
        }
    }
}

impl core::error::Error for Stop {}

/// Shortest wait at the connection limit.
pub(crate) const CONNECTION_LIMIT_WAIT: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests;
