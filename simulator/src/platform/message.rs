//! The messages of all chats, in one store: what people and bots sent, and what became of it.

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::Platform;
use super::newest::Newest;
use super::people::Actor;
use super::transcript::What;

/// Bytes of content that are kept; then the oldest messages go, however few they are.
pub(crate) const MOST_BYTES: usize = 64 * 1024 * 1024;
/// Reactions of one message.
pub(crate) const MOST_REACTIONS: usize = 1000;

/// A message of a chat.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChatMessage {
    /// `om_` and 32 hexadecimal digits.
    pub message_id: String,
    /// Where it stands.
    pub chat_id: String,
    /// Who sent it.
    pub sender: Actor,
    /// `text`, `post`, `interactive`, ...
    pub msg_type: String,
    /// JSON text, as it was sent.
    pub content: String,
    /// JSON text, as it is received: with placeholders for mentions, and with a simplified card.
    pub shown: String,
    /// Who is mentioned. Everyone is not among them: that is `@_all` in the text.
    pub mentions: Vec<Mention>,
    /// The first message of its chain of replies, if it is not that itself.
    pub root_id: Option<String>,
    /// The message that it replies to.
    pub parent_id: Option<String>,
    /// `omt_` and 16 hexadecimal digits, of a message in a thread and of its first message.
    pub thread_id: Option<String>,
    /// When it was sent, in ms since 1970.
    pub create_ms: u64,
    /// When it was last changed, in ms since 1970.
    pub update_ms: u64,
    /// How often it was edited.
    pub edited: u32,
    /// Whether it was taken back.
    pub recalled: bool,
    /// In the order in which they came.
    #[serde(serialize_with = "grouped")]
    pub reactions: Vec<Reaction>,
    /// Of a card: the card JSON that is shown now, also for templates and card entities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card: Option<Value>,
    /// Whether its card is being typed.
    pub streaming: bool,
    /// Who has read it and when, in ms since 1970.
    #[serde(skip)]
    pub(crate) readers: Vec<(String, u64)>,
    /// The card entity that it shows.
    #[serde(skip)]
    pub(crate) card_id: Option<String>,
    /// Length of its card as text.
    #[serde(skip)]
    pub(crate) card_bytes: usize,
    /// Its number in the chat, from 1.
    #[serde(skip)]
    pub(crate) position: u64,
    /// Its number in the thread, from 1, if it is not the first message of it.
    #[serde(skip)]
    pub(crate) thread_position: Option<u64>,
}

impl ChatMessage {
    /// The text of a `text` message; the lines of a `post`; of a card, the texts in it, one per line; for other types, the
    /// content as it is received.
    pub fn text(&self) -> String {
        if let Some(card) = &self.card {
            return super::card::texts(card);
        }
        super::content::plain(&self.shown).unwrap_or_else(|| self.shown.clone())
    }

    /// Whether it is a reply in a thread: the history of the chat shows the first message of a thread only.
    pub(crate) fn is_in_thread(&self) -> bool {
        self.thread_id.is_some() && self.root_id.is_some()
    }

    /// How much memory it takes, about.
    pub(crate) fn bytes(&self) -> usize {
        // The rest of it is small.
        self.content.len().saturating_add(self.shown.len()).saturating_add(self.card_bytes).saturating_add(256)
    }
}

/// A mention in a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Mention {
    /// The placeholder: `@_user_1`, `@_user_2`, ...
    pub key: String,
    /// The name as shown.
    pub name: String,
    /// Who.
    #[serde(flatten)]
    pub who: Actor,
}

/// An emoji on a message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reaction {
    /// Names it.
    pub reaction_id: String,
    /// `OK`, `SMILE`, `THUMBSUP`, ...
    pub emoji: String,
    /// Whose it is.
    pub by: Actor,
    /// Since when, in ms since 1970.
    pub at_ms: u64,
}

/// `[{"emoji": "OK", "by": ["alice", "cli_…"]}]`
fn grouped<S: Serializer>(reactions: &[Reaction], serializer: S) -> Result<S::Ok, S::Error> {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for reaction in reactions {
        match groups.iter_mut().find(|(emoji, _)| *emoji == reaction.emoji) {
            Some((_, by)) => by.push(reaction.by.id()),
            None => groups.push((&reaction.emoji, vec![reaction.by.id()])),
        }
    }
    serializer.collect_seq(groups.into_iter().map(|(emoji, by)| json!({"emoji": emoji, "by": by})))
}

/// Why an entry of the transcript shows a message again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// Its content was edited.
    Edited,
    /// It was taken back.
    Recalled,
    /// A reaction came or went.
    Reactions,
    /// Its card shows something else.
    Card,
    /// It became the first message of a thread.
    Thread,
}

/// The newest messages, by id.
pub(crate) type Messages = Newest<String, ChatMessage>;

impl Platform {
    /// The messages that are still kept, the oldest first.
    pub fn messages(&self) -> impl DoubleEndedIterator<Item = &ChatMessage> {
        self.messages.iter()
    }

    /// One message as it is now; none if it was forgotten for newer ones.
    pub fn chat_message(&self, message_id: &str) -> Option<&ChatMessage> {
        self.messages.get(message_id)
    }

    pub(super) fn message_id(&mut self) -> String {
        format!("om_{}", self.dice.hex(32))
    }

    /// Puts a message into its chat: gives it its place in chat and thread, and keeps it.
    pub(super) fn place(&mut self, mut message: ChatMessage) {
        if let Some(chat) = self.chats.get_mut(&message.chat_id) {
            chat.positions = chat.positions.saturating_add(1);
            message.position = chat.positions;
        }
        if message.is_in_thread() {
            let others = self.messages.iter().filter(|other| other.thread_id == message.thread_id);
            let last = others.filter_map(|other| other.thread_position).max().unwrap_or(0);
            message.thread_position = Some(last.saturating_add(1));
        }
        self.write(What::Message { message: Box::new(message.clone()) });
        let bytes = message.bytes();
        self.messages.add(message.message_id.clone(), message, bytes, self.profile.records);
    }

    /// Where a reply to `parent` stands: its root and, if it belongs to one, its thread. A thread that it opens shows in
    /// its first message from now on.
    pub(super) fn reply_place(&mut self, parent: &ChatMessage, in_thread: bool) -> (String, Option<String>) {
        let root_id = parent.root_id.clone().unwrap_or_else(|| parent.message_id.clone());
        let topics = self.chats.get(&parent.chat_id).is_some_and(|chat| chat.topics);
        let root_thread = self.messages.get(&root_id).and_then(|root| root.thread_id.clone());
        // "In topic groups, and for a message already in a thread, every reply is a thread reply" (field reports).
        let wanted = in_thread || topics || parent.thread_id.is_some();
        if !wanted {
            return (root_id, None);
        }
        if let Some(thread_id) = parent.thread_id.clone().or(root_thread) {
            return (root_id, Some(thread_id));
        }
        let thread_id = format!("omt_{}", self.dice.hex(16));
        let opened = Some(thread_id.clone());
        self.change_message(&root_id, Change::Thread, |root| root.thread_id = opened);
        (root_id, Some(thread_id))
    }

    /// Changes a message, and writes down what it has become.
    pub(super) fn change_message(&mut self, message_id: &str, change: Change, make: impl FnOnce(&mut ChatMessage)) {
        if let Some(message) = self.messages.get_mut(message_id) {
            make(message);
            let message = Box::new(message.clone());
            self.messages.weigh(message_id, message.bytes());
            self.write(What::MessageUpdated { change, message });
        }
    }
}
