//! `im.v1.message_reaction`: emoji on messages.

use alloc::string::{String, ToString};

use serde_json::{Value, json};

use crate::api::read::{Read, answer, member};
use crate::api::{Answer, ApiError, Call, Page, Paged, Request};

const ALL: &str = "/open-apis/im/v1/messages/:message_id/reactions";

/// An emoji on a message.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Reaction {
    /// What removes it.
    pub reaction_id: String,
    /// Which one, such as `OK`.
    pub emoji_type: Option<String>,
    /// Who.
    pub operator: Option<Operator>,
    /// When: ms since 1970.
    pub action_time: Option<i64>,
}

answer! {
    /// Who has reacted.
    pub struct Operator {
        /// The app id of an app, the open id of a person.
        pub operator_id: Option<String>,
        /// `app` or `user`.
        pub operator_type: Option<String>,
    }
}

impl Read for Reaction {
    fn read(value: &Value) -> Result<Reaction, &'static str> {
        Ok(Reaction {
            reaction_id: member(value, "reaction_id", "no reaction_id")?,
            emoji_type: value.get("reaction_type").and_then(|kind| member(kind, "emoji_type", "").ok()),
            operator: member(value, "operator", "")?,
            action_time: member(value, "action_time", "")?,
        })
    }
}

/// `im.v1.message_reaction.create`: puts an emoji on a message.
#[derive(Clone, Debug)]
pub struct Create {
    message_id: String,
    emoji_type: String,
}

impl Create {
    /// This one, such as `OK`, `THUMBSUP`, `DONE`, on the message of this id.
    pub fn new(message_id: impl Into<String>, emoji_type: impl Into<String>) -> Create {
        Create { message_id: message_id.into(), emoji_type: emoji_type.into() }
    }
}

impl Call for Create {
    type Answer = Reaction;

    fn request(&self) -> Request {
        Request::post(ALL)
            .named("im.v1.message_reaction.create")
            .segment(&self.message_id)
            .json(json!({"reaction_type": {"emoji_type": self.emoji_type}}))
    }

    fn read(&self, answer: &Answer) -> Result<Reaction, ApiError> {
        answer.read()
    }
}

/// `im.v1.message_reaction.delete`: takes an emoji of the caller's own from a message.
#[derive(Clone, Debug)]
pub struct Delete {
    message_id: String,
    reaction_id: String,
}

impl Delete {
    /// The reaction of this id, from the message of this id.
    pub fn new(message_id: impl Into<String>, reaction_id: impl Into<String>) -> Delete {
        Delete { message_id: message_id.into(), reaction_id: reaction_id.into() }
    }
}

impl Call for Delete {
    /// The reaction that was.
    type Answer = Reaction;

    fn request(&self) -> Request {
        Request::delete("/open-apis/im/v1/messages/:message_id/reactions/:reaction_id")
            .named("im.v1.message_reaction.delete")
            .segment(&self.message_id)
            .segment(&self.reaction_id)
    }

    fn read(&self, answer: &Answer) -> Result<Reaction, ApiError> {
        answer.read()
    }
}

/// `im.v1.message_reaction.list`: the emoji on a message, page by page.
#[derive(Clone, Debug)]
pub struct List {
    message_id: String,
    emoji_type: Option<String>,
    page_size: Option<u32>,
    page_token: Option<String>,
}

impl List {
    /// On the message of this id.
    pub fn new(message_id: impl Into<String>) -> List {
        List { message_id: message_id.into(), emoji_type: None, page_size: None, page_token: None }
    }

    /// Of this emoji only.
    #[must_use]
    pub fn emoji(mut self, emoji_type: impl Into<String>) -> List {
        self.emoji_type = Some(emoji_type.into());
        self
    }

    /// So many on a page.
    #[must_use]
    pub fn page_size(mut self, size: u32) -> List {
        self.page_size = Some(size);
        self
    }
}

impl Call for List {
    type Answer = Page<Reaction>;

    fn request(&self) -> Request {
        Request::get(ALL)
            .named("im.v1.message_reaction.list")
            .segment(&self.message_id)
            .maybe("reaction_type", self.emoji_type.as_deref())
            .maybe("page_size", self.page_size.map(|size| size.to_string()))
            .maybe("page_token", self.page_token.as_deref())
    }

    fn read(&self, answer: &Answer) -> Result<Page<Reaction>, ApiError> {
        answer.read()
    }
}

impl Paged for List {
    type Item = Reaction;

    fn page(mut self, token: impl Into<String>) -> List {
        self.page_token = Some(token.into());
        self
    }
}
