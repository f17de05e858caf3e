//! Cassettes: taking one of this run, loading one, playing it.

use std::sync::Arc;

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::call::{Call, json_answer, typed_answer};
use super::problem::Problem;
use crate::cassette::{self, Tape};
use crate::platform::Platform;
use crate::replay::{ReplaySpeed, absent, play};
use crate::server::body::Answer;

/// `GET /export`: what the transcript still has, as lines of JSON.
pub(super) fn export(call: &Call) -> Result<Answer, Problem> {
    let lines = call.hub.look(|platform| {
        let lines = platform.transcript().map(|entry| cassette::line(platform, entry));
        std::iter::once(cassette::head(platform)).chain(lines).map(|line| line + "\n").collect::<String>()
    });
    Ok(typed_answer("application/jsonl; charset=utf-8", lines))
}

/// `POST /import`
pub(super) fn import(call: &Call) -> Result<Answer, Problem> {
    let hint = "a cassette comes from GET /_sim/v1/export or larkwire sim --record";
    let text = std::str::from_utf8(&call.body).map_err(|error| Problem::invalid(error.to_string(), hint))?;
    let tape = Tape::read(text).map_err(|error| Problem::invalid(error.to_string(), hint))?;
    let (pushes, acks) = (tape.pushes.len(), tape.pushes.iter().filter(|push| push.ack.is_some()).count());
    call.hub.load(tape);
    Ok(json_answer(&json!({"pushes": pushes, "acks": acks})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Replay {
    #[serde(default)]
    speed: ReplaySpeed,
}

/// `POST /replay`: answers when all events of the cassette were answered, or will not be.
pub(super) async fn replay(call: Call) -> Result<Answer, Problem> {
    let Replay { speed } = call.json()?;
    let Some(tape) = call.hub.tape() else {
        let text = "no cassette is loaded";
        return Err(Problem::new(StatusCode::CONFLICT, "no_cassette", text, "POST /_sim/v1/import loads one"));
    };
    let apps = tape.apps();
    if let Some(app) = call.hub.look(|platform| absent(platform, &apps)) {
        let text = format!("no bot of {app} is connected");
        return Err(Problem::new(StatusCode::CONFLICT, "no_bot", text, "start one, and try again"));
    }
    let hub = Arc::clone(&call.hub);
    Ok(json_answer(&play(&hub, &tape, speed).await))
}

/// `POST /reset`
pub(super) fn reset(call: &Call) -> Result<Answer, Problem> {
    call.hub.act(Platform::reset);
    Ok(json_answer(&json!({})))
}
