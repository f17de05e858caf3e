//! Faults by name: what there is, what waits for its moment, and asking for one.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::call::{Call, json_answer};
use super::problem::Problem;
use crate::platform::{ConnectionId, FaultError, FaultId, NamedFault, Platform, Preset, Times};
use crate::server::body::Answer;

pub(super) fn view(platform: &Platform) -> Value {
    json!({
        "active": platform.faults().collect::<Vec<_>>(),
        "presets": Preset::all(),
        "catalogue": NamedFault::catalogue(),
    })
}

/// `GET /faults`
pub(super) fn list(call: &Call) -> Result<Answer, Problem> {
    Ok(json_answer(&call.hub.look(view)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewFault {
    name: String,
    #[serde(default)]
    parameters: Map<String, Value>,
    #[serde(default = "once")]
    times: Times,
    connection: Option<u64>,
}

fn once() -> Times {
    Times::Next(1)
}

/// `POST /faults`: the `id` is null for a fault that is used up already.
pub(super) fn add(call: &Call) -> Result<Answer, Problem> {
    const HINT: &str = "GET /_sim/v1/faults has the catalogue";
    let NewFault { name, parameters, times, connection } = call.json()?;
    let refused = |error: FaultError| Problem::invalid(error.to_string(), HINT);
    let fault = NamedFault::new(&name, &parameters).map_err(refused)?;
    let connection = connection.map(ConnectionId);
    let id = call.hub.act(|platform, now| platform.inject_named(now, &fault, times, connection)).map_err(refused)?;
    Ok(json_answer(&json!({ "id": id })))
}

/// `DELETE /faults`
pub(super) fn clear(call: &Call) -> Result<Answer, Problem> {
    call.hub.act(|platform, _| platform.clear_faults());
    Ok(json_answer(&json!({})))
}

/// `DELETE /faults/{fault}`
pub(super) fn remove(call: &Call) -> Result<Answer, Problem> {
    let id = FaultId(call.id()?);
    match call.hub.act(|platform, _| platform.remove_fault(id)) {
        true => Ok(json_answer(&json!({}))),
        false => Err(Problem::not_found(format!("there is no fault {} any more", id.0), "see GET /_sim/v1/faults")),
    }
}

/// `POST /presets/{preset}`
pub(super) fn preset(call: &Call) -> Result<Answer, Problem> {
    let name = call.name();
    match call.hub.act(|platform, now| platform.inject_preset(now, name)) {
        true => Ok(json_answer(&json!({}))),
        false => {
            let names: Vec<&str> = Preset::all().iter().map(|preset| preset.name).collect();
            Err(Problem::not_found(format!("there is no preset {name:?}"), &format!("there are {}", names.join(", "))))
        }
    }
}
