//! What a message says, as values: text, posts, cards, files.
//!
//! A [`Content`] goes into `im.v1.message.create`, `reply`, `update` and `patch` of [`api`](crate::api::im::v1::message).

use alloc::borrow::Cow;
use alloc::string::{String, ToString};

use serde_json::{Value, json};

mod card;
mod post;
mod template;
mod text;

pub use card::{Button, Card, escape_markdown};
pub use post::{Node, Post};
pub use template::Template;
pub use text::Text;

/// What a message says: its type, and JSON in a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    msg_type: Cow<'static, str>,
    json: String,
}

impl Content {
    /// Content of any type, in the form that the platform has for it.
    pub fn new(msg_type: impl Into<Cow<'static, str>>, content: impl Into<Value>) -> Content {
        Content { msg_type: msg_type.into(), json: content.into().to_string() }
    }

    /// An image, by the key that its upload gave.
    pub fn image(image_key: &str) -> Content {
        Content::new("image", json!({"image_key": image_key}))
    }

    /// A file, by the key that its upload gave.
    pub fn file(file_key: &str) -> Content {
        Content::new("file", json!({"file_key": file_key}))
    }

    /// Sound, by the key that its upload as `opus` gave.
    pub fn audio(file_key: &str) -> Content {
        Content::new("audio", json!({"file_key": file_key}))
    }

    /// A film, by the key that its upload as `mp4` gave, with an image for the time before it plays.
    pub fn media(file_key: &str, image_key: &str) -> Content {
        Content::new("media", json!({"file_key": file_key, "image_key": image_key}))
    }

    /// A sticker that the bot has received.
    pub fn sticker(file_key: &str) -> Content {
        Content::new("sticker", json!({"file_key": file_key}))
    }

    /// The card of a chat that the bot is in.
    pub fn share_chat(chat_id: &str) -> Content {
        Content::new("share_chat", json!({"chat_id": chat_id}))
    }

    /// The card of a person, by the open id.
    pub fn share_user(open_id: &str) -> Content {
        Content::new("share_user", json!({"user_id": open_id}))
    }

    /// A card entity of [`cardkit.v1`](crate::api::cardkit::v1). It can be sent once.
    pub fn card_entity(card_id: &str) -> Content {
        Content::new("interactive", json!({"type": "card", "data": {"card_id": card_id}}))
    }

    /// The type: `text`, `post`, `interactive`, …
    pub fn msg_type(&self) -> &str {
        &self.msg_type
    }

    /// The content itself.
    pub fn json(&self) -> &str {
        &self.json
    }
}

/// Text that says just that: see [`Text::new`].
impl From<&str> for Content {
    fn from(text: &str) -> Content {
        Text::new(text).into()
    }
}

/// Text that says just that: see [`Text::new`].
impl From<String> for Content {
    fn from(text: String) -> Content {
        Text::new(&text).into()
    }
}

/// Text that says just that: see [`Text::new`].
impl From<&String> for Content {
    fn from(text: &String) -> Content {
        Text::new(text).into()
    }
}

impl From<Text> for Content {
    fn from(text: Text) -> Content {
        Content::new("text", json!({"text": text.as_str()}))
    }
}

impl From<Post> for Content {
    fn from(post: Post) -> Content {
        Content::new("post", post)
    }
}

impl From<Card> for Content {
    fn from(card: Card) -> Content {
        Content::new("interactive", card)
    }
}

#[cfg(test)]
mod tests;
