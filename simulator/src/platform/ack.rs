//! Reading an ack as strictly as the protocol allows: each deviation becomes a finding with an explanation.
//!
//! All shapes that official SDKs send are accepted: `headers` and `data` absent or null, unknown members, any JSON
//! white space, empty optional strings where the pushed frame had none (Go), no `biz_rt` on failures (Python),
//! negative `biz_rt` and rounded 64-bit ids (Node).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use larkwire_core::frame::{RawFrame, key};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::pushes::Sent;
use super::verdict::{Finding, Rule};
use super::vocabulary::ConnectionId;

/// What an ack says, and what is wrong with it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ack {
    /// None if there is no readable code; then the ack can never count.
    pub(crate) code: Option<i64>,
    pub(crate) data: Option<Value>,
    pub(crate) biz_rt: Option<i64>,
    pub(crate) findings: Vec<Finding>,
}

/// Compares `frame`, which arrived on `connection`, with what was sent under its `message_id`.
pub(crate) fn read(frame: &RawFrame, connection: ConnectionId, sent: &Sent) -> Ack {
    let mut findings = Vec::new();
    if connection != sent.connection {
        findings.push(Finding::violation(
            Rule::WrongConnection,
            format!("the ack came on connection {}, the message went out on {}", connection.0, sent.connection.0),
        ));
    }
    if frame.service() != sent.service {
        findings.push(Finding::violation(
            Rule::Service,
            format!("the ack has service {}, the message had {}", frame.service(), sent.service),
        ));
    }
    let biz_rt = check_echo(frame, sent, &mut findings);
    let biz_rt = read_biz_rt(biz_rt, &mut findings);
    let (code, data) = read_payload(frame, &mut findings);
    Ack { code, data, biz_rt, findings }
}

/// Headers, SeqID and LogID are those of the frame that completed the message. The result is the header `biz_rt`, which is
/// among those behind them.
fn check_echo<'a>(frame: &'a RawFrame, sent: &Sent, findings: &mut Vec<Finding>) -> Option<&'a str> {
    let completing = sent.completing.and_then(|index| sent.parts.get(index));
    if completing.is_none() {
        let text = "the message was acked although not all of its parts were sent";
        findings.push(Finding::violation(Rule::Premature, text));
    }
    let echoed = |part| frame.headers_after(part).map(|added| (part, added));
    let (part, added) = match completing.and_then(echoed) {
        Some(found) => found,
        None => {
            let Some(found) = sent.parts.iter().rev().find_map(echoed) else {
                let expected = completing.or(sent.parts.last()).map(names).unwrap_or_default();
                let text = format!("the ack has headers {}, it must begin with {expected}", names(frame));
                findings.push(Finding::violation(Rule::Headers, text));
                return frame.header(key::BIZ_RT);
            };
            let text = "the ack has the headers of a part that did not complete the message";
            findings.push(Finding::note(Rule::Headers, text));
            found
        }
    };
    let mut biz_rt = None;
    for (name, value) in added {
        if name == key::BIZ_RT {
            biz_rt = biz_rt.or(Some(value));
        } else {
            findings.push(Finding::note(Rule::Headers, format!("the ack adds the header {name:?}")));
        }
    }
    if (frame.seq_id(), frame.log_id()) != (part.seq_id(), part.log_id()) {
        let text = format!(
            "the ack has SeqID {} and LogID {}, the message had {} and {}",
            frame.seq_id(),
            frame.log_id(),
            part.seq_id(),
            part.log_id()
        );
        findings.push(Finding::note(Rule::Ids, text));
    }
    biz_rt
}

fn read_biz_rt(text: Option<&str>, findings: &mut Vec<Finding>) -> Option<i64> {
    let Some(text) = text else {
        findings.push(Finding::note(Rule::BizRt, "the ack has no biz_rt"));
        return None;
    };
    let value = text.parse().ok();
    if value.is_none_or(|value: i64| value < 0) {
        findings.push(Finding::note(Rule::BizRt, format!("biz_rt is {text:?}, not a whole number from 0")));
    }
    value
}

fn read_payload(frame: &RawFrame, findings: &mut Vec<Finding>) -> (Option<i64>, Option<Value>) {
    let payload = frame.payload_bytes().unwrap_or_default();
    let Ok(Payload { code, data }) = serde_json::from_slice(payload) else {
        let text = format!("the payload of the ack is not a JSON object: {:?}", String::from_utf8_lossy(payload));
        findings.push(Finding::violation(Rule::AckPayload, text));
        return (None, None);
    };
    if code.as_i64().is_none() {
        findings.push(Finding::violation(Rule::AckCode, format!("code is {code}, not an integer")));
    }
    let data = match data {
        Value::Null => None,
        data => {
            let decoded = data
                .as_str()
                .and_then(|text| STANDARD.decode(text).ok())
                .and_then(|json| serde_json::from_slice(&json).ok());
            if decoded.is_none() {
                let text = format!("data is {data}, not the standard base64 (with padding) of JSON");
                findings.push(Finding::violation(Rule::AckData, text));
            }
            decoded
        }
    };
    (code.as_i64(), data)
}

/// The payload of an ack: any JSON object, and of a member that is there twice the last. Not simply a [`Value`], because an
/// ack comes with every push, and no derived struct, because that would be read from an array as well.
#[derive(Default)]
struct Payload {
    code: Value,
    data: Value,
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Payload, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Payload;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Payload, A::Error> {
        #[derive(Deserialize)]
        #[serde(field_identifier, rename_all = "lowercase")]
        enum Name {
            Code,
            Data,
            #[serde(other)]
            Other,
        }
        let mut payload = Payload::default();
        while let Some(name) = members.next_key()? {
            let value = members.next_value()?;
            match name {
                Name::Code => payload.code = value,
                Name::Data => payload.data = value,
                Name::Other => {}
            }
        }
        Ok(payload)
    }
}

fn names(frame: &RawFrame) -> String {
    let pairs: Vec<String> = frame.headers().map(|(key, value)| format!("{key}={value}")).collect();
    format!("[{}]", pairs.join(", "))
}
