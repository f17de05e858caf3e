//! Events and callbacks that no person causes here: by name, from a sample body, or as whole payloads.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::call::{Call, json_answer};
use super::problem::Problem;
use super::shape::ShapeSpec;
use crate::platform::Push;
use crate::server::body::Answer;

/// An event or a callback with a sample of its body. Names, titles and fields: lark-oapi 1.7.5 and node-sdk 1.74.0; the
/// values are made up.
#[derive(Debug, Deserialize, Serialize)]
struct Sample {
    title: Value,
    #[serde(default)]
    callback: bool,
    event: Value,
}

static CATALOGUE: LazyLock<BTreeMap<String, Sample>> =
    LazyLock::new(|| serde_json::from_str(include_str!("catalogue.json")).unwrap_or_default());

/// `GET /catalogue`
pub(super) fn catalogue(_: &Call) -> Result<Answer, Problem> {
    let samples = CATALOGUE.iter();
    let events: Vec<Value> = samples
        .map(|(name, sample)| {
            json!({"type": name, "title": sample.title, "callback": sample.callback, "event": sample.event})
        })
        .collect();
    Ok(json_answer(&json!({ "events": events })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewEvent {
    #[serde(default)]
    r#type: String,
    /// What takes the place of members of the sample.
    event: Option<Value>,
    /// A whole payload: JSON, or a text that is sent as it is.
    raw: Option<Value>,
    callback: Option<bool>,
    app_id: Option<String>,
    #[serde(default)]
    shape: ShapeSpec,
}

/// `POST /events`
pub(super) fn push(call: &Call) -> Result<Answer, Problem> {
    let NewEvent { r#type, event, raw, callback, app_id, shape } = call.json()?;
    let named = raw.as_ref().and_then(|raw| raw.pointer("/header/event_type")?.as_str()).unwrap_or(&r#type);
    let sample = CATALOGUE.get(named);
    let callback = callback.unwrap_or(sample.is_some_and(|sample| sample.callback));
    let push = match raw {
        Some(raw) => {
            let payload = raw.as_str().map_or_else(|| raw.to_string(), str::to_owned);
            if callback { Push::callback_payload(payload) } else { Push::payload(payload) }
        }
        None if r#type.is_empty() => {
            return Err(Problem::invalid("there is neither type nor raw", "say which event, or give its payload"));
        }
        None => {
            let mut body = sample.map_or_else(|| json!({}), |sample| sample.event.clone());
            merge(&mut body, event.unwrap_or_else(|| json!({})));
            if callback { Push::callback(r#type, body) } else { Push::event(r#type, body) }
        }
    };
    let push = match app_id {
        Some(app_id) => push.app(app_id),
        None => push,
    };
    let push = push.shaped(shape.into());
    Ok(json_answer(&json!({"push": call.hub.act(|platform, now| platform.push(now, push))})))
}

/// Members of objects one by one, everything else as a whole.
fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                match into.get_mut(&name) {
                    Some(member) => merge(member, value),
                    None => drop(into.insert(name, value)),
                }
            }
        }
        (into, from) => *into = from,
    }
}
