//! Reading an ack as strictly as the protocol allows: each deviation becomes a finding with an explanation.
//!
//! All shapes that official SDKs send are accepted: `headers` and `data` absent or null, unknown members, any JSON
//! white space, empty optional strings where the pushed frame had none (Go), no `biz_rt` on failures (Python),
//! negative `biz_rt` and rounded 64-bit ids (Node).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use larkwire_core::frame::{RawFrame, key};
use serde_json::Value;

use super::push::Sent;
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
    check_echo(frame, sent, &mut findings);
    let biz_rt = read_biz_rt(frame, &mut findings);
    let (code, data) = read_payload(frame, &mut findings);
    Ack { code, data, biz_rt, findings }
}

/// Headers, SeqID and LogID are those of the frame that completed the message.
fn check_echo(frame: &RawFrame, sent: &Sent, findings: &mut Vec<Finding>) {
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
                return;
            };
            let text = "the ack has the headers of a part that did not complete the message";
            findings.push(Finding::note(Rule::Headers, text));
            found
        }
    };
    for (name, _) in added {
        if name != key::BIZ_RT {
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
}

fn read_biz_rt(frame: &RawFrame, findings: &mut Vec<Finding>) -> Option<i64> {
    let Some(text) = frame.header(key::BIZ_RT) else {
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
    let Ok(Value::Object(members)) = serde_json::from_slice::<Value>(payload) else {
        let text = format!("the payload of the ack is not a JSON object: {:?}", String::from_utf8_lossy(payload));
        findings.push(Finding::violation(Rule::AckPayload, text));
        return (None, None);
    };
    let code = members.get("code").and_then(Value::as_i64);
    if code.is_none() {
        let text = format!("code is {}, not an integer", members.get("code").unwrap_or(&Value::Null));
        findings.push(Finding::violation(Rule::AckCode, text));
    }
    let data = match members.get("data") {
        None | Some(Value::Null) => None,
        Some(data) => {
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
    (code, data)
}

fn names(frame: &RawFrame) -> String {
    let pairs: Vec<String> = frame.headers().map(|(key, value)| format!("{key}={value}")).collect();
    format!("[{}]", pairs.join(", "))
}
