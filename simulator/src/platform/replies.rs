//! What bots said, in order, for those who wait for it.

use serde::Serialize;
use serde_json::Value;

use super::Platform;
use super::message::ChatMessage;
use super::newest::Newest;

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
    /// The text of a `text` message; the lines of a `post`; of a card, the texts in it, one per line; for other types, the
    /// content as it is.
    pub fn text(&self) -> String {
        if let Some(card) = &self.card {
            return super::card::texts(card);
        }
        super::content::plain(&self.content).unwrap_or_else(|| self.content.clone())
    }
}

/// Bytes of messages that are kept.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// The newest of them.
#[derive(Clone, Debug)]
pub(crate) struct Replies {
    /// By number.
    newest: Newest<u64, BotMessage>,
    made: u64,
}

impl Default for Replies {
    fn default() -> Replies {
        Replies { newest: Newest::new(MOST_BYTES), made: 0 }
    }
}

impl Platform {
    /// Messages that bots sent, from the one with this number on.
    pub fn bot_messages(&self, from: u64) -> impl Iterator<Item = &BotMessage> {
        self.replies.newest.iter().filter(move |message| message.number >= from)
    }

    pub(super) fn keep_reply(&mut self, message: &ChatMessage, app_id: &str) {
        let number = self.replies.made;
        self.replies.made = number.saturating_add(1);
        let reply = BotMessage {
            number,
            at_ms: self.at_ms(),
            message_id: message.message_id.clone(),
            app_id: app_id.to_owned(),
            chat_id: message.chat_id.clone(),
            msg_type: message.msg_type.clone(),
            content: message.content.clone(),
            replied_to: message.parent_id.clone(),
            card: message.card.clone(),
        };
        self.replies.newest.add(number, reply, message.bytes(), self.profile.records);
    }
}
