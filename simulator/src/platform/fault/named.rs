//! The faults that people ask for by name: one value each, the same for a flag, a button, a call and a test.
//!
//! Times are in milliseconds. What a fault does on the wire is written here; that clients have met it, in the reports that
//! `docs/FIDELITY.md` names.

use std::time::Duration;

use larkwire_core::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    ApiFault, DeliveryFault, DiscoveryFault, Fault, FaultError, FaultId, Incident, PongFault, Times, UpgradeFault, Wake,
};
use crate::platform::connection::Disconnect;
use crate::platform::profile::ClientConfig;
use crate::platform::vocabulary::{Abort, ConnectionId, Pace, Response};
use crate::platform::{Platform, code};

/// `msg` of code 1.
pub(super) const BUSY: &str = "system busy";

/// How the platform drops a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DropHow {
    /// The stream ends (FIN), without a Close frame, as most disconnections in the field do.
    #[default]
    Eof,
    /// The stream is reset (RST).
    Reset,
    /// With a Close frame.
    Close,
}

/// A fault of the catalogue, with its parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", content = "parameters", rename_all = "snake_case")]
#[allow(missing_docs, reason = "parameters are described in the catalogue, whose titles people read")]
#[non_exhaustive]
pub enum NamedFault {
    /// After an event went out, the connection ends.
    Drop { how: DropHow, code: u16, reason: String },
    /// After an event went out, the platform neither reads nor writes any more, and keeps the connection open.
    HalfOpen {},
    /// After an event went out, the platform neither reads nor writes for a while.
    Stall { for_ms: u64 },
    /// A ping is not answered.
    MutePong {},
    /// A ping is answered late.
    SlowPong { by_ms: u64 },
    /// The answer to a ping brings these settings (seconds, except the count).
    Reconfigure { reconnect_count: i64, reconnect_interval: i64, reconnect_nonce: i64, ping_interval: i64 },
    /// Endpoint discovery is not answered.
    DiscoveryHang {},
    /// Endpoint discovery is answered late.
    DiscoverySlow { by_ms: u64 },
    /// Endpoint discovery fails with an HTTP status.
    DiscoveryStatus { status: u16 },
    /// Endpoint discovery fails with a code of the platform, in an answer with status 200.
    DiscoveryCode { code: i64, msg: String },
    /// The upgrade is refused with `Handshake-*` headers; those that are 0 or empty are left away.
    RefuseUpgrade { status: u16, handshake_status: i64, msg: String, autherrcode: i64 },
    /// The upgrade is not answered.
    UpgradeHang {},
    /// The platform reads from new connections as slowly as this.
    SlowReader { bytes_per_second: u32 },
    /// The receive window of new connections is as small as this.
    TinyWindow { bytes: u32 },
    /// The platform writes to new connections so few bytes at a time.
    ByteWrites { bytes: u32 },
    /// An event goes out late.
    Delay { by_ms: u64, jitter_ms: u64 },
    /// An event goes out several times at once, with the same `event_id`.
    Duplicate { copies: usize },
    /// An event goes out once more after hours, although it was acked, with the same `event_id`.
    LateRepush { after_ms: u64 },
    /// An event goes out in several frames.
    Split { parts: usize },
    /// The frames of an event go out in random order.
    Reorder {},
    /// The frames of an event go out in turn with those of the next one.
    Interleave {},
    /// One frame of an event does not go out.
    MissingPart {},
    /// The frames of an event claim to be many.
    HugeSum { sum: i64 },
    /// The frames of an event have this `seq`.
    WrongSeq { seq: String },
    /// The frames of an event have this `sum`.
    WrongSum { sum: String },
    /// The frames of an event lack a header.
    MissingHeader { header: String },
    /// The frames of an event are of an unknown type.
    UnknownType { r#type: String },
    /// The frames of an event are cut short.
    BadProtobuf {},
    /// The payload of an event is cut short.
    BadJson {},
    /// An event goes out in frames of type `card`, as if the callback subscription was not in effect.
    CardFrame {},
    /// A message that is read shows a card of a template, whatever was sent.
    TemplateCard {},
    /// Another instance of the app gets the event.
    RoutingSplit {},
    /// All connections end at once, and for a while discovery answers a status that means busy; 200 is code 1.
    ReconnectStorm { how: DropHow, status: u16, for_ms: u64 },
    /// A call hits the rate limit.
    ApiRateLimit { reset_seconds: u64 },
    /// All tokens expire before a call.
    ApiTokenExpired {},
    /// A call fails with an HTTP status.
    ApiStatus { status: u16 },
    /// A call is answered late.
    ApiSlow { by_ms: u64 },
    /// A call is not answered.
    ApiHang {},
    /// The connection ends in the middle of an answer.
    ApiTruncated {},
    /// The platform's wall clock is off by this, until the faults are cleared.
    ClockSkew { by_ms: i64 },
    /// The clients' machine sleeps: nothing comes or goes for a while, and the platform's time goes on.
    LaptopSleep { for_ms: u64, wake: Wake },
    /// The clients' clock stands still: to them no time passes, and on the platform this much at once.
    ClockFreeze { for_ms: u64, wake: Wake },
}

impl NamedFault {
    /// Its name, as in the catalogue.
    pub fn name(&self) -> String {
        self.member("name").as_str().unwrap_or_default().to_owned()
    }

    /// Its parameters, by their names.
    pub fn parameters(&self) -> Value {
        self.member("parameters")
    }

    fn member(&self, name: &str) -> Value {
        let value = serde_json::to_value(self).unwrap_or_default();
        value.get(name).cloned().unwrap_or_default()
    }

    /// What it comes to.
    fn fault(&self) -> Fault {
        use NamedFault as Named;
        match self.clone() {
            Named::Drop { how, code, reason } => DeliveryFault::Then(disconnect(how, code, reason)).into(),
            Named::HalfOpen {} => DeliveryFault::Then(Disconnect::Freeze).into(),
            Named::Stall { for_ms } => DeliveryFault::Stall(ms(for_ms)).into(),
            Named::MutePong {} => PongFault::Mute.into(),
            Named::SlowPong { by_ms } => PongFault::Delay(ms(by_ms)).into(),
            Named::Reconfigure { reconnect_count, reconnect_interval, reconnect_nonce, ping_interval } => {
                let config = ClientConfig { reconnect_count, reconnect_interval, reconnect_nonce, ping_interval };
                PongFault::Payload(serde_json::to_vec(&config).unwrap_or_default().into()).into()
            }
            Named::DiscoveryHang {} => DiscoveryFault::Hang.into(),
            Named::DiscoverySlow { by_ms } => DiscoveryFault::Delay(ms(by_ms)).into(),
            Named::DiscoveryStatus { status } => DiscoveryFault::http(status).into(),
            Named::DiscoveryCode { code, msg } => DiscoveryFault::code(code, msg).into(),
            Named::RefuseUpgrade { status, handshake_status, msg, autherrcode } => {
                let present = |number: i64| Some(number).filter(|number| *number != 0);
                UpgradeFault::Refuse {
                    status,
                    handshake_status: present(handshake_status),
                    msg: Some(msg).filter(|msg| !msg.is_empty()),
                    autherrcode: present(autherrcode),
                }
                .into()
            }
            Named::UpgradeHang {} => UpgradeFault::Hang.into(),
            Named::SlowReader { bytes_per_second } => {
                UpgradeFault::Pace(Pace { read_per_second: Some(bytes_per_second), ..Pace::default() }).into()
            }
            Named::TinyWindow { bytes } => UpgradeFault::Pace(Pace { window: Some(bytes), ..Pace::default() }).into(),
            Named::ByteWrites { bytes } => {
                UpgradeFault::Pace(Pace { write_at_once: Some(bytes), ..Pace::default() }).into()
            }
            Named::Delay { by_ms, jitter_ms } => DeliveryFault::Delay(ms(by_ms), ms(jitter_ms)).into(),
            Named::Duplicate { copies } => DeliveryFault::Copies(copies).into(),
            Named::LateRepush { after_ms } => DeliveryFault::Again(ms(after_ms)).into(),
            Named::Split { parts } => DeliveryFault::Split(parts).into(),
            Named::Reorder {} => DeliveryFault::Shuffle.into(),
            Named::Interleave {} => DeliveryFault::Interleave.into(),
            Named::MissingPart {} => DeliveryFault::MissingPart.into(),
            Named::HugeSum { sum } => header("sum", sum.to_string()),
            Named::WrongSeq { seq } => header("seq", seq),
            Named::WrongSum { sum } => header("sum", sum),
            Named::MissingHeader { header } => DeliveryFault::Header(header, None).into(),
            Named::UnknownType { r#type } => header("type", r#type),
            Named::BadProtobuf {} => DeliveryFault::BadProtobuf.into(),
            Named::BadJson {} => DeliveryFault::BadJson.into(),
            Named::CardFrame {} => header("type", "card"),
            Named::TemplateCard {} => ApiFault::TemplateCard.into(),
            Named::RoutingSplit {} => DeliveryFault::Elsewhere.into(),
            Named::ApiRateLimit { reset_seconds } => {
                // Code and header: official documentation and field reports; Retry-After was not seen, but is what other
                // clients know.
                let body = r#"{"code":99991400,"msg":"request trigger frequency limit"}"#;
                let answer = Response::json(429, body).with_header("x-ogw-ratelimit-reset", reset_seconds.to_string());
                ApiFault::Answer(answer.with_header("Retry-After", reset_seconds.to_string())).into()
            }
            Named::ApiTokenExpired {} => ApiFault::ExpireTokens.into(),
            Named::ApiStatus { status } => {
                let body = format!(r#"{{"code":{status},"msg":"http status {status}"}}"#);
                ApiFault::Answer(Response::json(status, body)).into()
            }
            Named::ApiSlow { by_ms } => ApiFault::Delay(ms(by_ms)).into(),
            Named::ApiHang {} => ApiFault::Hang.into(),
            Named::ApiTruncated {} => ApiFault::Truncate.into(),
            Named::ReconnectStorm { how, status, for_ms } => {
                let busy = match status {
                    200 => DiscoveryFault::code(code::BUSY, BUSY),
                    status => DiscoveryFault::http(status),
                };
                Incident::Storm { how: disconnect(how, 1001, "storm".into()), busy, time: ms(for_ms) }.into()
            }
            Named::ClockSkew { by_ms } => Incident::Skew(by_ms).into(),
            Named::LaptopSleep { for_ms, wake } => Incident::Sleep(ms(for_ms), wake).into(),
            Named::ClockFreeze { for_ms, wake } => Incident::Jump(ms(for_ms), wake).into(),
        }
    }

    /// The fault of this answer of discovery, so that it can be seen while it lasts.
    pub(super) fn of_discovery(fault: &DiscoveryFault) -> Option<NamedFault> {
        match fault {
            DiscoveryFault::Code { code, msg, .. } => Some(NamedFault::DiscoveryCode { code: *code, msg: msg.clone() }),
            DiscoveryFault::Answer(answer) => Some(NamedFault::DiscoveryStatus { status: answer.status }),
            _ => None,
        }
    }
}

impl Platform {
    /// Makes a fault of the catalogue wait for its moment, on one connection or on all. Those whose moment is now happen
    /// at once if anybody is connected; what is left of their times waits for events. The id is none for one that is used up.
    ///
    /// # Errors
    /// When it cannot be for one connection, there is no such connection, or the times are never.
    pub fn inject_named(
        &mut self,
        now: Time,
        fault: &NamedFault,
        times: Times,
        connection: Option<ConnectionId>,
    ) -> Result<Option<FaultId>, FaultError> {
        if let Some(id) = connection {
            fault.can_be_for_one()?;
            if !self.connections.contains_key(&id) {
                return Err(FaultError::new(format!("there is no connection {}", id.0)));
            }
        }
        match times {
            Times::Next(0) => return Err(FaultError::new("0 times is never".into())),
            Times::Probability(chance) if !(0.0..=1.0).contains(&chance) => {
                return Err(FaultError::new(format!("{chance} is no probability: that is a number from 0 to 1")));
            }
            _ => {}
        }
        Ok(self.add_named(now, fault, times, connection))
    }

    pub(super) fn add_named(
        &mut self,
        now: Time,
        fault: &NamedFault,
        times: Times,
        connection: Option<ConnectionId>,
    ) -> Option<FaultId> {
        self.advance(now);
        let id = self.script(Some(fault), fault.fault(), times, connection);
        self.happen_now(id);
        self.faults().any(|active| active.id == id).then_some(id)
    }
}

fn header(name: &str, value: impl Into<String>) -> Fault {
    DeliveryFault::Header(name.to_owned(), Some(value.into())).into()
}

fn disconnect(how: DropHow, code: u16, reason: String) -> Disconnect {
    match how {
        DropHow::Eof => Disconnect::Abort(Abort::EndOfStream),
        DropHow::Reset => Disconnect::Abort(Abort::Reset),
        DropHow::Close => Disconnect::Close { code, reason },
    }
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}
