//! People and what they say, and what bots answer.

use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{Call, json_answer};
use super::problem::Problem;
use super::shape::ShapeSpec;
use crate::platform::{BotMessage, Draft};
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
    text: Option<String>,
    msg_type: Option<String>,
    /// JSON text, or the JSON itself.
    content: Option<Value>,
    chat_id: Option<String>,
    app_id: Option<String>,
    #[serde(default)]
    mentions: Vec<String>,
    reply_to: Option<String>,
    #[serde(default)]
    in_thread: bool,
    #[serde(default)]
    shape: ShapeSpec,
}

impl NewMessage {
    fn draft(self) -> Result<Draft, Problem> {
        let mut draft = match (self.text, self.msg_type, self.content) {
            (Some(text), None, None) => Draft::text(&text),
            (None, Some(msg_type), Some(Value::String(content))) => {
                let mut draft = Draft::new(msg_type, &Value::Null);
                draft.content = content;
                draft
            }
            (None, Some(msg_type), Some(content)) => Draft::new(msg_type, &content),
            _ => {
                return Err(Problem::invalid("what is said is not clear", "give either text, or msg_type and content"));
            }
        };
        draft.chat_id = self.chat_id;
        draft.app_id = self.app_id;
        draft.mentions = self.mentions;
        draft.reply_to = self.reply_to;
        draft.in_thread = self.in_thread;
        Ok(draft.shaped(self.shape.into()))
    }
}

/// `POST /messages`: `push` is the first of `pushes`; there are several in a group with several bots, and none where no bot
/// may read the message.
pub(super) fn send(call: &Call) -> Result<Answer, Problem> {
    let message: NewMessage = call.json()?;
    let (name, draft) = (message.r#as.clone(), message.draft()?);
    let posted = call.hub.act(|platform, now| platform.post(now, &name, draft))?;
    let (first, all) = (posted.pushes.first(), &posted.pushes);
    Ok(json_answer(&json!({"message_id": posted.message_id, "push": first, "pushes": all})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    r#as: String,
    text: String,
}

/// `PATCH /messages/{message}`
pub(super) fn edit(call: &Call) -> Result<Answer, Problem> {
    let Edit { r#as, text } = call.json()?;
    call.hub.act(|platform, now| platform.edit(now, &r#as, call.name(), &text))?;
    Ok(json_answer(&json!({})))
}

/// `DELETE /messages/{message}?as=`
pub(super) fn recall(call: &Call) -> Result<Answer, Problem> {
    let name = call.text("as").ok_or_else(|| Problem::invalid("as is missing", "say who: ?as=alice"))?;
    let pushes = call.hub.act(|platform, now| platform.recall(now, name, call.name()))?;
    Ok(json_answer(&json!({ "pushes": pushes })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reacting {
    r#as: String,
    emoji: String,
}

/// `POST /messages/{message}/reactions`
pub(super) fn react(call: &Call) -> Result<Answer, Problem> {
    let Reacting { r#as, emoji } = call.json()?;
    let pushes = call.hub.act(|platform, now| platform.react(now, &r#as, call.name(), &emoji))?;
    Ok(json_answer(&json!({ "pushes": pushes })))
}

/// `DELETE /messages/{message}/reactions`
pub(super) fn unreact(call: &Call) -> Result<Answer, Problem> {
    let Reacting { r#as, emoji } = call.json()?;
    let pushes = call.hub.act(|platform, now| platform.unreact(now, &r#as, call.name(), &emoji))?;
    Ok(json_answer(&json!({ "pushes": pushes })))
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
