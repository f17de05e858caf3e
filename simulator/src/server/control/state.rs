//! Everything that is to be known of the platform at this moment, for a page that has just been opened.

use serde_json::{Value, json};

use super::call::{Call, json_answer, typed_answer};
use super::problem::Problem;
use super::{clock, connections, faults};
use crate::platform::{App, Platform};
use crate::server::body::Answer;

/// `GET /readyz` and `GET /livez`: who hears this is served.
pub(super) fn ready(_: &Call) -> Result<Answer, Problem> {
    Ok(typed_answer("text/plain; charset=utf-8", "ok"))
}

/// Messages of a snapshot: the newest.
const MOST_MESSAGES: usize = 500;

/// `GET /state`
pub(super) fn snapshot(call: &Call) -> Result<Answer, Problem> {
    let (speed, now) = call.hub.clock();
    let state = call.hub.look(|platform| {
        let profile = platform.profile();
        let connections: Vec<Value> = platform.connections().map(connections::view).collect();
        let not_simulated = platform.stats().not_simulated.iter();
        let not_simulated: Vec<Value> =
            not_simulated.map(|(call, count)| json!({"call": call, "count": count})).collect();
        let apps: Vec<Value> = platform.apps().map(|app| view(platform, app)).collect();
        let mut messages: Vec<_> = platform.messages().rev().take(MOST_MESSAGES).collect();
        messages.reverse();
        let mut state = clock::view(platform, speed, now);
        let more = json!({
            "domain": format!("http://{}", call.host),
            "seq": platform.transcript_seq(),
            "seed": platform.seed(),
            "apps": apps,
            "people": platform.people().collect::<Vec<_>>(),
            "chats": platform.chats().collect::<Vec<_>>(),
            "messages": messages,
            "connections": connections,
            "faults": faults::view(platform),
            "stats": platform.stats(),
            "not_simulated": not_simulated,
            "limits": {"frames": profile.records},
        });
        if let (Value::Object(state), Value::Object(more)) = (&mut state, more) {
            state.extend(more);
        }
        state
    });
    Ok(json_answer(&state))
}

fn view(platform: &Platform, app: &App) -> Value {
    let open = platform.open_count(app);
    json!({"app_id": app.id, "name": app.name, "open_id": app.open_id, "connections": open})
}
