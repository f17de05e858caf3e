//! The platform's clock: reading it, letting it jump, changing its speed.

use std::time::Duration;

use larkwire_core::Time;
use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{Call, json_answer};
use super::problem::Problem;
use crate::platform::{Platform, millis};
use crate::server::body::Answer;

pub(super) fn view(platform: &Platform, speed: f64, now: Time) -> Value {
    json!({"now_ms": millis(now), "unix_ms": platform.unix_ms_at(now), "speed": speed})
}

/// `GET /clock`
pub(super) fn show(call: &Call) -> Result<Answer, Problem> {
    let (speed, now) = call.hub.clock();
    Ok(json_answer(&call.hub.look(|platform| view(platform, speed, now))))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Turn {
    #[serde(default)]
    advance_ms: u64,
    speed: Option<f64>,
}

/// `POST /clock`: jumps first, then goes on at the new speed; 0 lets it stand still.
pub(super) fn turn(call: &Call) -> Result<Answer, Problem> {
    let Turn { advance_ms, speed } = call.json()?;
    if speed.is_some_and(|speed| !(speed.is_finite() && speed >= 0.0)) {
        return Err(Problem::invalid("speed is not a number from 0", "1 is real time, 0 stands still"));
    }
    call.hub.turn_clock(Duration::from_millis(advance_ms), speed);
    show(call)
}
