//! What can go wrong on purpose.
//!
//! A [`Fault`] is what the machine does instead of its duty: full values, for tests that want one thing exactly. Those
//! that people ask for by name, on a command line, at the page or in a test, are [`named`]; [`preset`] puts some of them
//! together. [`script`] holds those that wait for their moment, and [`incident`] has those that happen to everybody.

mod catalogue;
mod incident;
mod named;
mod preset;
mod script;

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

pub use self::catalogue::{FaultError, FaultKind, Occasion};
pub(crate) use self::incident::Asleep;
pub use self::incident::{Incident, Wake};
pub use self::named::{DropHow, NamedFault};
pub use self::preset::Preset;
pub(crate) use self::script::Faults;
pub use self::script::{ActiveFault, FaultId, Times};
use super::connection::Disconnect;
use super::push::Shape;
use super::vocabulary::{Pace, Response};

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
    /// Of the delivery of an event or a callback: changes one thing about it. Several may change the same delivery.
    Delivery(DeliveryFault),
    /// Of an OpenAPI call.
    Api(ApiFault),
    /// Of everything, when an event or a callback is pushed.
    Incident(Incident),
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
    /// Accepts, and then reads and writes at this pace.
    Pace(Pace),
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
    /// Answers correctly, but ends the connection after half of the body. The effect is immediate.
    Truncate,
    /// All tokens are invalid from now on, so that the call finds out. Asking for a token is no such call.
    ExpireTokens,
    /// A message that is read shows a card of a template, whatever was sent (a field report: larksuite/cli#2759).
    TemplateCard,
}

/// One thing about a delivery that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeliveryFault {
    /// It goes out late: by this, and at random by up to that.
    Delay(Duration, Duration),
    /// It goes out so many times at once.
    Copies(usize),
    /// It goes out once more after so long, with the same `event_id`.
    Again(Duration),
    /// It goes out in so many frames.
    Split(usize),
    /// Its frames go out in random order.
    Shuffle,
    /// Its frames go out in turn with those of the next push.
    Interleave,
    /// One of its frames does not go out.
    MissingPart,
    /// A header of its frames has this value, or is missing.
    Header(String, Option<String>),
    /// Its frames are not valid protobuf.
    BadProtobuf,
    /// Its payload is not valid JSON.
    BadJson,
    /// Another instance of the app gets it, and acks it.
    Elsewhere,
    /// Once it is out, its connection ends like this.
    Then(Disconnect),
    /// Once it is out, the platform neither reads nor writes on its connection for so long.
    Stall(Duration),
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

into_fault!(
    Discovery(DiscoveryFault),
    Upgrade(UpgradeFault),
    Pong(PongFault),
    Push(Shape),
    Delivery(DeliveryFault),
    Api(ApiFault),
    Incident(Incident)
);
