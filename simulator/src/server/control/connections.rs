//! Long connections: which there are, and ending them.

use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{Call, json_answer};
use super::problem::Problem;
use crate::platform::{Abort, Connection, ConnectionId, Disconnect, Message, Phase, millis};
use crate::server::body::Answer;

pub(super) fn view(connection: &Connection) -> Value {
    json!({
        "id": connection.id,
        "phase": connection.phase,
        "app_id": connection.app_id,
        "device_id": connection.device_id,
        "target": connection.target,
        "headers": connection.headers,
        "opened_ms": connection.opened.map(millis),
        "pings": connection.pings,
        "user_agent": connection.header("User-Agent"),
        "frozen": connection.phase == Phase::Frozen || connection.asleep,
        "last_ping_ms": connection.last_ping.map(millis),
        "unacked": connection.unacked.len(),
    })
}

/// `GET /connections`
pub(super) fn list(call: &Call) -> Result<Answer, Problem> {
    let connections: Vec<Value> = call.hub.look(|platform| platform.connections().map(view).collect());
    Ok(json_answer(&json!({ "connections": connections })))
}

#[derive(Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
enum Drop {
    Close {
        #[serde(default = "going_away")]
        code: u16,
        #[serde(default)]
        reason: String,
    },
    Reset,
    Eof,
    Freeze,
    Thaw,
}

fn going_away() -> u16 {
    1001
}

/// `POST /connections/{connection}/drop`
pub(super) fn drop_one(call: &Call) -> Result<Answer, Problem> {
    let id = ConnectionId(call.id()?);
    let how = match call.json()? {
        Drop::Close { code, reason } => Some(Disconnect::Close { code, reason }),
        Drop::Reset => Some(Disconnect::Abort(Abort::Reset)),
        Drop::Eof => Some(Disconnect::Abort(Abort::EndOfStream)),
        Drop::Freeze => Some(Disconnect::Freeze),
        Drop::Thaw => None,
    };
    let known = call.hub.act(|platform, now| {
        let known = platform.connection(id).is_some();
        match how {
            Some(how) => platform.drop_connection(now, id, how),
            None => platform.thaw_connection(now, id),
        }
        known
    });
    if !known {
        return Err(Problem::not_found(format!("there is no connection {}", id.0), "see GET /_sim/v1/connections"));
    }
    Ok(json_answer(&json!({})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFrame {
    hex: String,
}

/// `POST /connections/{connection}/frames`: sends these bytes as a binary message, whatever they are.
pub(super) fn send_frame(call: &Call) -> Result<Answer, Problem> {
    let id = ConnectionId(call.id()?);
    let RawFrame { hex } = call.json()?;
    let data =
        unhex(&hex).ok_or_else(|| Problem::invalid("hex is not bytes", "two hexadecimal digits for each byte"))?;
    call.hub.act(|platform, now| platform.send(now, id, Message::Binary(data.into())));
    Ok(json_answer(&json!({})))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|digit| u8::try_from(digit.to_digit(16)?).ok()).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| (byte << 4) | digit)).collect())
}
