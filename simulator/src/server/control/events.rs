//! Events and callbacks that no person causes here: by type and body, or as whole payloads.

use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{Call, json_answer};
use super::problem::Problem;
use super::shape::ShapeSpec;
use crate::platform::Push;
use crate::server::body::Answer;

/// Those whose answer a user waits for (official callback overview).
const CALLBACKS: [&str; 2] = ["card.action.trigger", "url.preview.get"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewEvent {
    #[serde(default)]
    r#type: String,
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
    let callback = callback.unwrap_or_else(|| CALLBACKS.contains(&type_of(&r#type, raw.as_ref())));
    let push = match (raw, callback) {
        (Some(raw), callback) => {
            let payload = raw.as_str().map_or_else(|| raw.to_string(), str::to_owned);
            if callback { Push::callback_payload(payload) } else { Push::payload(payload) }
        }
        (None, _) if r#type.is_empty() => {
            return Err(Problem::invalid("there is neither type nor raw", "say which event, or give its payload"));
        }
        (None, true) => Push::callback(r#type, event.unwrap_or_else(|| json!({}))),
        (None, false) => Push::event(r#type, event.unwrap_or_else(|| json!({}))),
    };
    let push = match app_id {
        Some(app_id) => push.app(app_id),
        None => push,
    };
    let push = push.shaped(shape.into());
    Ok(json_answer(&json!({"push": call.hub.act(|platform, now| platform.push(now, push))})))
}

fn type_of<'a>(named: &'a str, raw: Option<&'a Value>) -> &'a str {
    raw.and_then(|raw| raw.pointer("/header/event_type")?.as_str()).unwrap_or(named)
}
