//! What people do with cards.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::call::{Call, json_answer};
use super::problem::Problem;
use super::shape::ShapeSpec;
use crate::platform::{CardAction, ClickResult, Platform, Shape};
use crate::server::body::Answer;

/// Longest real time until the platform has decided; it decides after 3 s of its own.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Act {
    r#as: String,
    message_id: String,
    action: CardAction,
    /// The type of the frame: `event` as today, or `card` as older clients got it.
    frame: Option<String>,
    #[serde(default)]
    shape: ShapeSpec,
}

/// `POST /card-actions`: answers when the bot has, or when its time is over.
pub(super) async fn act(call: Call) -> Result<Answer, Problem> {
    let Act { r#as, message_id, action, frame, shape } = call.json()?;
    let mut shape = Shape::from(shape);
    if let Some(frame) = frame {
        shape.frame_type = frame.into();
    }
    let said = call.hub.act(|platform, now| platform.act_on_card(now, &r#as, &message_id, &action, shape))?;
    let decided = |platform: &Platform| {
        let result = &platform.click_result(said.push)?.result;
        (*result != ClickResult::Pending).then(|| result.clone())
    };
    let mut answer = match call.hub.wait(PATIENCE, decided).await {
        None | Some(ClickResult::Pending) => json!({"outcome": "pending"}),
        Some(ClickResult::Answered { toast, card }) => json!({"outcome": "ok", "toast": toast, "card": card}),
        Some(ClickResult::Failed { code, message }) => {
            json!({"outcome": "failed", "error": {"code": code, "message": message}})
        }
    };
    if let Some(members) = answer.as_object_mut() {
        members.insert("push".into(), json!(said.push));
    }
    Ok(json_answer(&answer))
}
