//! Long connections: which there are, and ending them.

use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{Answer, Call, json_answer};
use super::problem::Problem;
use crate::platform::{Abort, Connection, ConnectionId, Disconnect, millis};

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
}

fn going_away() -> u16 {
    1001
}

/// `POST /connections/{connection}/drop`
pub(super) fn drop_one(call: &Call) -> Result<Answer, Problem> {
    let id = ConnectionId(call.id()?);
    let how = match call.json()? {
        Drop::Close { code, reason } => Disconnect::Close { code, reason },
        Drop::Reset => Disconnect::Abort(Abort::Reset),
        Drop::Eof => Disconnect::Abort(Abort::EndOfStream),
        Drop::Freeze => Disconnect::Freeze,
    };
    let known = call.hub.act(|platform, now| {
        let known = platform.connection(id).is_some();
        platform.drop_connection(now, id, how);
        known
    });
    if !known {
        return Err(Problem::not_found(format!("there is no connection {}", id.0), "see GET /_sim/v1/connections"));
    }
    Ok(json_answer(&json!({})))
}
