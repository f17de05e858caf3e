//! What bots said, in order, for those who wait for it.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::Value;

use super::Platform;
use super::message::ChatMessage;

/// A message that a bot sent, as it was then. For what has become of it, see [`Platform::chat_message`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct BotMessage {
    /// Counts the messages of all bots from 0.
    pub number: u64,
    /// When, in ms after the machine's origin of time.
    pub at_ms: u64,
    /// `om_` and 32 hexadecimal digits.
    pub message_id: String,
    /// The app whose bot sent it.
    pub app_id: String,
    /// The chat it was sent to.
    pub chat_id: String,
    /// `text`, `post`, `interactive`, ...
    pub msg_type: String,
    /// JSON text, as the bot sent it.
    pub content: String,
    /// The message it replies to.
    pub replied_to: Option<String>,
    /// Of a card: the card JSON that was shown at first, also for templates and card entities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card: Option<Value>,
}

impl BotMessage {
    pub(crate) fn of(message: &ChatMessage, app_id: &str) -> BotMessage {
        BotMessage {
            number: 0,
            at_ms: 0,
            message_id: message.message_id.clone(),
            app_id: app_id.to_owned(),
            chat_id: message.chat_id.clone(),
            msg_type: message.msg_type.clone(),
            content: message.content.clone(),
            replied_to: message.parent_id.clone(),
            card: message.card.clone(),
        }
    }

    /// The text of a `text` message; the lines of a `post`; of a card, the texts in it, one per line; for other types, the
    /// content as it is.
    pub fn text(&self) -> String {
        if let Some(card) = &self.card {
            return super::card::texts(card);
        }
        super::content::plain(&self.content).unwrap_or_else(|| self.content.clone())
    }
}

/// The newest of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Replies {
    list: VecDeque<BotMessage>,
    made: u64,
}

impl Platform {
    /// Messages that bots sent, from the one with this number on.
    pub fn bot_messages(&self, from: u64) -> impl Iterator<Item = &BotMessage> {
        self.replies.list.iter().filter(move |message| message.number >= from)
    }

    pub(super) fn keep_reply(&mut self, message: BotMessage) {
        let (number, at_ms) = (self.replies.made, self.at_ms());
        self.replies.made = number.saturating_add(1);
        while self.replies.list.len() >= self.profile.records.max(1) {
            self.replies.list.pop_front();
        }
        self.replies.list.push_back(BotMessage { number, at_ms, ..message });
    }
}
