//! People and what they say, and what bots answer.

use serde::Deserialize;
use serde_json::json;

use super::call::{Call, json_answer};
use super::problem::Problem;
use crate::platform::BotMessage;
use crate::server::body::Answer;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPerson {
    name: String,
}

/// `POST /people`
pub(super) fn new_person(call: &Call) -> Result<Answer, Problem> {
    let NewPerson { name } = call.json()?;
    if name.trim().is_empty() {
        return Err(Problem::invalid("name is empty", "give the person a name"));
    }
    Ok(json_answer(&call.hub.act(|platform, _| platform.person(&name))))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewMessage {
    r#as: String,
    text: String,
}

/// `POST /messages`
pub(super) fn send(call: &Call) -> Result<Answer, Problem> {
    let NewMessage { r#as, text } = call.json()?;
    let said = call.hub.act(|platform, now| platform.say(now, &r#as, &text));
    Ok(json_answer(&json!({"message_id": said.message_id, "push": said.push})))
}

/// `GET /replies`: messages that bots sent, the oldest first. `after` is the `seq` of the answer before.
pub(super) async fn replies(call: Call) -> Result<Answer, Problem> {
    let after = call.query("after")?.unwrap_or(0);
    let look = |platform: &crate::Platform| {
        let replies: Vec<BotMessage> = platform.bot_messages(after).cloned().collect();
        (!replies.is_empty()).then_some(replies)
    };
    let replies = call.hub.wait(call.patience()?, look).await.unwrap_or_default();
    let seq = replies.last().map_or(after, |reply| reply.number.saturating_add(1));
    Ok(json_answer(&json!({"replies": replies, "seq": seq})))
}
