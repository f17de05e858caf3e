//! Which call is which function. `openapi.json` describes the same table for people and programs.

use futures::future::BoxFuture;
use hyper::{Method, StatusCode};

use super::call::Call;
use super::problem::Problem;
use super::{
    cards, cassette, chats, clock, connections, copy, description, events, faults, messages, metrics, state, stream,
    transcript,
};

/// What answers a call.
#[derive(Clone, Copy)]
pub(super) enum Handler {
    /// At once.
    Now(fn(&Call) -> Result<Answer, Problem>),
    /// When something has happened.
    Later(fn(Call) -> BoxFuture<'static, Result<Answer, Problem>>),
}

impl Handler {
    pub(super) async fn run(self, call: Call) -> Result<Answer, Problem> {
        match self {
            Handler::Now(answer) => answer(&call),
            Handler::Later(answer) => answer(call).await,
        }
    }
}

use crate::server::body::Answer;
use Handler::{Later, Now};

/// Method, path and function. `{…}` stands for one segment of the path.
const ROUTES: &[(&str, &str, Handler)] = &[
    ("GET", "readyz", Now(state::ready)),
    ("GET", "livez", Now(state::ready)),
    ("GET", "metrics", Now(metrics::show)),
    ("GET", "openapi.json", Now(description::show)),
    ("GET", "state", Now(state::snapshot)),
    ("POST", "people", Now(messages::new_person)),
    ("POST", "chats", Now(chats::found)),
    ("POST", "messages", Now(messages::send)),
    ("PATCH", "messages/{message}", Now(messages::edit)),
    ("DELETE", "messages/{message}", Now(messages::recall)),
    ("POST", "messages/{message}/reactions", Now(messages::react)),
    ("DELETE", "messages/{message}/reactions", Now(messages::unreact)),
    ("POST", "card-actions", Later(|call| Box::pin(cards::act(call)))),
    ("POST", "files", Now(chats::upload)),
    ("GET", "files/{key}", Now(chats::file)),
    ("GET", "catalogue", Now(events::catalogue)),
    ("POST", "events", Now(events::push)),
    ("GET", "replies", Later(|call| Box::pin(messages::replies(call)))),
    ("GET", "transcript", Later(|call| Box::pin(transcript::all(call)))),
    ("GET", "frames", Later(|call| Box::pin(transcript::frames(call)))),
    ("GET", "acks", Later(|call| Box::pin(transcript::acks(call)))),
    ("GET", "api-calls", Later(|call| Box::pin(transcript::api_calls(call)))),
    ("GET", "pushes/{push}", Now(transcript::push)),
    ("GET", "copy", Now(copy::copy)),
    ("GET", "stream", Now(stream::open)),
    ("GET", "connections", Now(connections::list)),
    ("POST", "connections/{connection}/frames", Now(connections::send_frame)),
    ("POST", "connections/{connection}/drop", Now(connections::drop_one)),
    ("GET", "faults", Now(faults::list)),
    ("POST", "faults", Now(faults::add)),
    ("DELETE", "faults", Now(faults::clear)),
    ("DELETE", "faults/{fault}", Now(faults::remove)),
    ("POST", "presets/{preset}", Now(faults::preset)),
    ("GET", "export", Now(cassette::export)),
    ("POST", "import", Now(cassette::import)),
    ("POST", "replay", Later(|call| Box::pin(cassette::replay(call)))),
    ("POST", "reset", Now(cassette::reset)),
    ("GET", "clock", Now(clock::show)),
    ("POST", "clock", Now(clock::turn)),
];

/// The function for a method and a path, and what stands in the path's `{…}`.
pub(super) fn find(method: &Method, path: &str) -> Result<(Handler, Vec<String>), Problem> {
    let mut other_methods = Vec::new();
    for (allowed, pattern, handler) in ROUTES {
        if let Some(parameters) = matched(pattern, path) {
            if method == allowed {
                return Ok((*handler, parameters));
            }
            other_methods.push(*allowed);
        }
    }
    if other_methods.is_empty() {
        return Err(Problem::not_found(format!("there is no call {path:?}"), "see /_sim/v1/openapi.json"));
    }
    let text = format!("{path:?} is not for {method}");
    let hint = format!("it is for {}", other_methods.join(", "));
    Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, "wrong_method", text, &hint))
}

fn matched(pattern: &str, path: &str) -> Option<Vec<String>> {
    let mut parameters = Vec::new();
    let mut segments = path.split('/');
    for wanted in pattern.split('/') {
        let segment = segments.next()?;
        if wanted.starts_with('{') && !segment.is_empty() {
            parameters.push(segment.to_owned());
        } else if wanted != segment {
            return None;
        }
    }
    segments.next().is_none().then_some(parameters)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::super::description;
    use super::ROUTES;

    #[test]
    fn the_description_has_these_calls_and_no_others() {
        let description: Value = serde_json::from_str(description::TEXT).unwrap_or_default();
        let paths = description.get("paths").and_then(Value::as_object).into_iter().flatten();
        let described: BTreeSet<String> = paths
            .flat_map(|(path, calls)| {
                let methods = calls.as_object().into_iter().flat_map(|calls| calls.keys());
                methods.map(move |method| format!("{} {}", method.to_uppercase(), path.trim_start_matches('/')))
            })
            .collect();
        let there: BTreeSet<String> = ROUTES.iter().map(|(method, path, _)| format!("{method} {path}")).collect();
        assert_eq!(described, there);
    }
}
