//! What a person is about to do, what came of it, and why it cannot be done.

use serde_json::{Value, json};

use super::push::{PushId, Shape};

/// What a person did: a message or a click, and the push that tells the bot.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Said {
    /// The message; of a click, the message with the card.
    pub message_id: String,
    /// The push.
    pub push: PushId,
}

/// A message that a person sent, and the pushes that tell bots: none in a group where no bot may read it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Posted {
    /// The message.
    pub message_id: String,
    /// One for each bot that gets it.
    pub pushes: Vec<PushId>,
}

/// A message that a person is about to send.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Draft {
    /// `text`, `post`, `image`, ...
    pub msg_type: String,
    /// JSON text. In a `text`, `@Name` mentions somebody of the chat, `@all` everyone.
    pub content: String,
    /// Where to; without it, to the chat of the message it replies to, or else to the chat with the bot.
    pub chat_id: Option<String>,
    /// Whose bot's chat that is; without it, the first app's.
    pub app_id: Option<String>,
    /// Who is mentioned, by name, app id or `all`, even if the text does not say so.
    pub mentions: Vec<String>,
    /// The message that it replies to.
    pub reply_to: Option<String>,
    /// Whether the reply opens a thread.
    pub in_thread: bool,
    /// The form in which its events are delivered.
    pub shape: Shape,
}

impl Draft {
    /// A text.
    pub fn text(text: &str) -> Draft {
        Draft::new("text", &json!({"text": text}))
    }

    /// A message of this type with this content.
    pub fn new(msg_type: impl Into<String>, content: &Value) -> Draft {
        Draft { msg_type: msg_type.into(), content: content.to_string(), ..Draft::default() }
    }

    /// The same message for this chat.
    #[must_use]
    pub fn in_chat(mut self, chat_id: impl Into<String>) -> Draft {
        self.chat_id = Some(chat_id.into());
        self
    }

    /// The same message for the chat with this app's bot.
    #[must_use]
    pub fn to_app(mut self, app_id: impl Into<String>) -> Draft {
        self.app_id = Some(app_id.into());
        self
    }

    /// The same message with one more mention: a name, an app id, or `all`.
    #[must_use]
    pub fn mention(mut self, who: impl Into<String>) -> Draft {
        self.mentions.push(who.into());
        self
    }

    /// The same message as a reply.
    #[must_use]
    pub fn reply_to(mut self, message_id: impl Into<String>) -> Draft {
        self.reply_to = Some(message_id.into());
        self
    }

    /// The same message as a reply that opens or joins a thread.
    #[must_use]
    pub fn in_thread(mut self) -> Draft {
        self.in_thread = true;
        self
    }

    /// The same message, its events delivered in this form.
    #[must_use]
    pub fn shaped(mut self, shape: Shape) -> Draft {
        self.shape = shape;
        self
    }
}

/// Why a person cannot do something.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ActError {
    /// There is no such app.
    NoSuchApp(String),
    /// There is no such chat, or it was dissolved.
    NoSuchChat(String),
    /// There is no such message any more: it never was, was recalled, or was forgotten for newer ones.
    NoSuchMessage(String),
    /// The person is not in the chat.
    NotAMember {
        /// Who.
        name: String,
        /// Where.
        chat_id: String,
    },
    /// The message is somebody else's.
    NotTheSender,
    /// Only texts and posts can be edited.
    NotEditable,
    /// The content is not the JSON that the message type asks for.
    BadContent,
    /// The message has no card, or its card no such element.
    NoSuchElement(String),
    /// The card does not let the person do this now; the text says why.
    NotPossible(String),
}

impl std::fmt::Display for ActError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ActError::NoSuchApp(id) => write!(f, "there is no app {id:?}"),
            ActError::NoSuchChat(id) => write!(f, "there is no chat {id:?}"),
            ActError::NoSuchMessage(id) => write!(f, "there is no message {id:?} any more"),
            ActError::NotAMember { name, chat_id } => write!(f, "{name:?} is not in the chat {chat_id}"),
            ActError::NotTheSender => f.write_str("only the sender of a message can do this"),
            ActError::NotEditable => f.write_str("only texts and posts can be edited"),
            ActError::BadContent => f.write_str("the content is not the JSON that the message type asks for"),
            ActError::NoSuchElement(what) => write!(f, "the card has no element {what:?}"),
            ActError::NotPossible(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for ActError {}
