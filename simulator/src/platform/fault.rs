//! What can go wrong on purpose, as values: the same ones for a test, a command line and a page.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use super::push::Shape;
use super::vocabulary::Response;

/// One fault. It is used up by the next exchange, upgrade, ping or push that it fits.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Fault {
    /// Of endpoint discovery.
    Discovery(DiscoveryFault),
    /// Of a WebSocket upgrade.
    Upgrade(UpgradeFault),
    /// Of the answer to an application ping.
    Pong(PongFault),
    /// Of the delivery of an event or a callback: replaces the shape it was pushed with.
    Push(Shape),
    /// Of an OpenAPI call.
    Api(ApiFault),
}

/// The forms of a `data` member that carries nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoData {
    /// `"data":{}`, which older Node builds imply for errors.
    #[default]
    Empty,
    /// No such key.
    Absent,
    /// `"data":null`.
    Null,
}

/// What endpoint discovery does instead of its duty.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum DiscoveryFault {
    /// Answers HTTP 200 with this code and text.
    Code {
        /// `code`; 1, 403, 514 and 1000040343 to 1000040351 have a meaning to clients. 0 is possible, too.
        code: i64,
        /// `msg`.
        msg: String,
        /// The form of `data`.
        data: NoData,
    },
    /// Answers this, whatever was asked: other HTTP statuses, bodies that are not JSON.
    Answer(Response),
    /// Never answers.
    Hang,
    /// Answers correctly, but late.
    Delay(Duration),
    /// Answers correctly, except for the URL.
    Url(UrlForm),
    /// Answers correctly, except for `ClientConfig`: this value, or no such key.
    Config(Option<Value>),
}

impl DiscoveryFault {
    /// A refusal with `"data":{}`.
    pub fn code(code: i64, msg: impl Into<String>) -> DiscoveryFault {
        DiscoveryFault::Code { code, msg: msg.into(), data: NoData::Empty }
    }

    /// An HTTP error with a JSON body that has a `msg`.
    pub fn http(status: u16) -> DiscoveryFault {
        DiscoveryFault::Answer(Response::json(status, format!(r#"{{"code":{status},"msg":"http status {status}"}}"#)))
    }

    /// An answer with status 200 whose body is a web page.
    pub fn not_json() -> DiscoveryFault {
        let page = Response::status(200).with_header("Content-Type", "text/html");
        DiscoveryFault::Answer(page.with_body("<html>sign in to this network</html>"))
    }
}

/// Forms of the URL in a discovery answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlForm {
    /// `"URL":""`.
    Empty,
    /// This text.
    Literal(String),
    /// A working URL with only these query parameters, in this order.
    Query(Vec<String>),
    /// A working URL whose parameter values are percent-encoded, letter by letter.
    PercentEncoded,
}

/// What an upgrade does instead of its duty.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UpgradeFault {
    /// Refuses with this status and these `Handshake-*` headers.
    Refuse {
        /// The HTTP status; which one the platform uses is not known.
        status: u16,
        /// `Handshake-Status`: 514 authentication failed, 403 forbidden.
        handshake_status: Option<i64>,
        /// `Handshake-Msg`.
        msg: Option<String>,
        /// `Handshake-Autherrcode`.
        autherrcode: Option<i64>,
    },
    /// Never answers.
    Hang,
    /// Accepts, but late.
    Delay(Duration),
    /// Accepts and sends a Close frame at once.
    Close {
        /// The close code; 3001 is too many connections.
        code: u16,
        /// The reason.
        reason: String,
    },
}

impl UpgradeFault {
    /// A refusal with this HTTP status and no `Handshake-*` header.
    pub fn http(status: u16) -> UpgradeFault {
        UpgradeFault::Refuse { status, handshake_status: None, msg: None, autherrcode: None }
    }
}

/// What the platform does with an application ping instead of answering it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PongFault {
    /// Sends nothing.
    Mute,
    /// Sends a pong without the payload field.
    NoPayload,
    /// Sends a pong with this payload: empty, not JSON, a part of the settings.
    Payload(Bytes),
    /// Sends a correct pong, but late.
    Delay(Duration),
}

/// What an OpenAPI call does instead of its duty.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ApiFault {
    /// Answers this. The call has no effect.
    Answer(Response),
    /// Never answers. The call has no effect.
    Hang,
    /// Answers correctly, but late. The effect is immediate.
    Delay(Duration),
}

/// How often a fault happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Times {
    /// The next so many times.
    Next(usize),
    /// Until the faults are cleared.
    Always,
}

macro_rules! into_fault {
    ($($of:ident($fault:ty)),*) => {$(
        impl From<$fault> for Fault {
            fn from(fault: $fault) -> Fault {
                Fault::$of(fault)
            }
        }
    )*};
}

into_fault!(Discovery(DiscoveryFault), Upgrade(UpgradeFault), Pong(PongFault), Push(Shape), Api(ApiFault));

/// The faults that are waiting for their moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    pub(crate) discovery: Script<DiscoveryFault>,
    pub(crate) upgrade: Script<UpgradeFault>,
    pub(crate) pong: Script<PongFault>,
    pub(crate) push: Script<Shape>,
    pub(crate) api: Script<ApiFault>,
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault, times: Times) {
        match fault {
            Fault::Discovery(fault) => self.discovery.add(fault, times),
            Fault::Upgrade(fault) => self.upgrade.add(fault, times),
            Fault::Pong(fault) => self.pong.add(fault, times),
            Fault::Push(shape) => self.push.add(shape, times),
            Fault::Api(fault) => self.api.add(fault, times),
        }
    }
}

/// Faults of one kind in order, each with the times it is still to happen.
#[derive(Clone, Debug)]
pub(crate) struct Script<T> {
    steps: VecDeque<(T, Times)>,
}

impl<T> Default for Script<T> {
    fn default() -> Script<T> {
        Script { steps: VecDeque::new() }
    }
}

impl<T: Clone> Script<T> {
    fn add(&mut self, fault: T, times: Times) {
        self.steps.push_back((fault, times));
    }

    /// The fault of this time, if there is one.
    pub(crate) fn take(&mut self) -> Option<T> {
        loop {
            let (fault, times) = self.steps.front_mut()?;
            match times {
                Times::Always => return Some(fault.clone()),
                Times::Next(0) => {}
                Times::Next(left) => {
                    *left = left.saturating_sub(1);
                    return Some(fault.clone());
                }
            }
            self.steps.pop_front();
        }
    }
}
