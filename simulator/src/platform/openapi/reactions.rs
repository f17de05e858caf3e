//! Reactions to messages.

use serde_json::{Value, json};

use super::call::{Answer, Call, Outcome, Refusal, refuse};
use super::code;
use super::paging::Pages;
use crate::platform::Platform;
use crate::platform::app::AppKey;
use crate::platform::message::{ChatMessage, Reaction};
use crate::platform::people::{Actor, IdType};

const PAGES: Pages =
    Pages { usual: 20, most: 50, bad_size: code::reaction::PAGE_TOKEN, bad_token: code::reaction::PAGE_TOKEN };

impl Platform {
    /// `POST /im/v1/messages/:message_id/reactions`
    pub(super) fn create_reaction(&mut self, call: &Call<'_>) -> Outcome {
        let emoji = call.body.pointer("/reaction_type/emoji_type").and_then(Value::as_str).unwrap_or_default();
        check_emoji(emoji)?;
        let message = self.reactable(call)?;
        if message.msg_type == "system" {
            return refuse(code::reaction::TYPE_NOT_SUPPORTED, "System messages take no reactions.");
        }
        let (reaction, _) = self.add_reaction(&message, call.caller.clone(), emoji);
        Ok(Answer::Data(self.reaction_view(&reaction, IdType::Open, call.app)))
    }

    /// `DELETE /im/v1/messages/:message_id/reactions/:reaction_id`
    pub(super) fn delete_reaction(&mut self, call: &Call<'_>) -> Outcome {
        let message = self.reactable(call)?;
        let Some(reaction) = message.reactions.iter().find(|reaction| reaction.reaction_id == call.part(1)) else {
            return refuse(code::reaction::MESSAGE_MISSING, "The reaction does not exist.");
        };
        if reaction.by != call.caller {
            return refuse(code::reaction::NOT_OWN, "The reaction was not added by the caller.");
        }
        self.remove_reaction(&message, reaction);
        Ok(Answer::Data(self.reaction_view(reaction, IdType::Open, call.app)))
    }

    /// `GET /im/v1/messages/:message_id/reactions`
    pub(super) fn list_reactions(&mut self, call: &Call<'_>) -> Outcome {
        let ids = call.id_type("user_id_type", code::reaction::USER_ID_TYPE)?;
        let emoji = call.query("reaction_type");
        if !emoji.is_empty() {
            check_emoji(&emoji)?;
        }
        let message = self.reactable(call)?;
        let wanted = message.reactions.iter().filter(|reaction| emoji.is_empty() || reaction.emoji == emoji);
        let all = wanted
            .map(|reaction| (reaction.reaction_id.clone(), self.reaction_view(reaction, ids, call.app)))
            .collect();
        Ok(Answer::Data(PAGES.of(call, all)?))
    }

    fn reactable(&self, call: &Call<'_>) -> Result<ChatMessage, Refusal> {
        let Some(message) = self.messages.get(call.part(0)).filter(|message| !message.recalled) else {
            return refuse(code::reaction::MESSAGE_MISSING, "The message is unknown or was recalled.");
        };
        self.caller_chat(call, &message.chat_id, code::reaction::NOT_IN_CHAT)?;
        Ok(message.clone())
    }

    fn reaction_view(&self, reaction: &Reaction, ids: IdType, app: AppKey) -> Value {
        let (id, kind) = match &reaction.by {
            Actor::App(app_id) => (app_id.clone(), "app"),
            Actor::User(name) => {
                (self.people.get(name).map(|person| self.id_in(person, ids, app)).unwrap_or_default(), "user")
            }
        };
        json!({
            "reaction_id": reaction.reaction_id,
            "operator": {"operator_id": id, "operator_type": kind},
            "action_time": reaction.at_ms.to_string(),
            "reaction_type": {"emoji_type": reaction.emoji},
        })
    }
}

/// The set of emoji is open; what cannot be the name of one is refused.
fn check_emoji(emoji: &str) -> Result<(), Refusal> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if emoji.is_empty() || emoji.len() > 64 || !emoji.bytes().all(is_name) {
        return refuse(code::reaction::EMOJI, format!("emoji_type {emoji:?} is invalid"));
    }
    Ok(())
}
