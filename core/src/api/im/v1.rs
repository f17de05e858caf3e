//! `im.v1`: messages and chats.
//!
//! ```
//! use larkwire_core::api::im::v1::{ReceiveIdType, message};
//! use larkwire_core::message::Text;
//!
//! let text = Text::new("build 42 passed, ").mention("ou_7c1e2d3f4a5b6c7d8e9f0a1b2c3d4e5f");
//! let send = message::Create::new(ReceiveIdType::ChatId, "oc_5f1c0a7d3b9e4c2a8d6f7e1b2c3d4e5f", text);
//! let reply = message::Reply::new("om_x100b5c8d9e0f1a2b3c4d5e6f7a8b9c0d", "thanks").in_thread();
//! # let _ = (send, reply);
//! ```

use alloc::string::String;
use alloc::vec::Vec;

use super::super::read::answer;

pub mod chat;
pub mod chat_members;
pub mod file;
pub mod image;
pub mod message;
pub mod message_reaction;
pub mod message_resource;

/// Largest file that can be downloaded: 100 MB, by the documentation.
const MOST_DOWNLOAD: usize = 100 * 1024 * 1024;

/// What the id of a receiver is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReceiveIdType {
    /// `oc_…`: a chat.
    ChatId,
    /// `ou_…`: a person, in this app.
    OpenId,
    /// `on_…`: a person, in all apps of a vendor.
    UnionId,
    /// A person, in the tenant. Needs a permission.
    UserId,
    /// A person, by mail address.
    Email,
    /// `omt_…`: a thread. Only for forwarding.
    ThreadId,
}

impl ReceiveIdType {
    /// As in the query.
    pub const fn as_str(self) -> &'static str {
        match self {
            ReceiveIdType::ChatId => "chat_id",
            ReceiveIdType::OpenId => "open_id",
            ReceiveIdType::UnionId => "union_id",
            ReceiveIdType::UserId => "user_id",
            ReceiveIdType::Email => "email",
            ReceiveIdType::ThreadId => "thread_id",
        }
    }
}

/// What the id of a person is, or of a member of a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UserIdType {
    /// `ou_…`: in this app.
    OpenId,
    /// `on_…`: in all apps of a vendor.
    UnionId,
    /// In the tenant. Needs a permission.
    UserId,
    /// `cli_…`: a bot. Only for members of a chat.
    AppId,
}

impl UserIdType {
    /// As in the query.
    pub const fn as_str(self) -> &'static str {
        match self {
            UserIdType::OpenId => "open_id",
            UserIdType::UnionId => "union_id",
            UserIdType::UserId => "user_id",
            UserIdType::AppId => "app_id",
        }
    }
}

answer! {
    /// A message. Its content differs from what was sent: mentions have become placeholders, cards come back simplified.
    pub struct Message {
        /// `om_…`
        pub message_id: String,
        /// The first message of the chain of replies.
        pub root_id: Option<String>,
        /// The message that it replies to.
        pub parent_id: Option<String>,
        /// `omt_…`
        pub thread_id: Option<String>,
        /// `text`, `post`, `image`, `file`, `interactive`, …
        pub msg_type: Option<String>,
        /// When it was written: ms since 1970.
        pub create_time: Option<i64>,
        /// When it was last changed: ms since 1970.
        pub update_time: Option<i64>,
        /// Whether it was recalled or deleted.
        pub deleted: Option<bool>,
        /// Whether it was edited.
        pub updated: Option<bool>,
        /// `oc_…`. Of a message to a person: the chat of the two.
        pub chat_id: Option<String>,
        /// Who wrote.
        pub sender: Option<Sender>,
        /// The content.
        pub body: Option<MessageBody>,
        /// Who is mentioned.
        pub mentions: Vec<Mention>,
        /// The forwarded bundle of messages that it is in.
        pub upper_message_id: Option<String>,
        /// A link that opens it.
        pub message_app_link: Option<String>,
        /// Its number in the chat.
        pub message_position: Option<i64>,
        /// Its number in the thread.
        pub thread_message_position: Option<i64>,
    }
}

impl Message {
    /// The content: JSON in a string, of a form that depends on the type.
    pub fn content(&self) -> Option<&str> {
        self.body.as_ref()?.content.as_deref()
    }
}

answer! {
    /// The content of a message.
    pub struct MessageBody {
        /// JSON in a string, of a form that depends on the type.
        pub content: Option<String>,
    }
}

answer! {
    /// The sender of a message.
    pub struct Sender {
        /// Its id; empty for the system.
        pub id: Option<String>,
        /// `open_id` or `app_id`, …
        pub id_type: Option<String>,
        /// `user`, `app`, `anonymous`, `unknown`.
        pub sender_type: Option<String>,
        /// Its tenant.
        pub tenant_key: Option<String>,
        /// Its name, if that was asked for.
        pub sender_name: Option<String>,
        /// `ou_…` of a bot.
        pub open_bot_id: Option<String>,
    }
}

answer! {
    /// A mention in a message.
    pub struct Mention {
        /// The placeholder in the text, such as `@_user_1`.
        pub key: Option<String>,
        /// Who.
        pub id: Option<String>,
        /// What kind of id that is.
        pub id_type: Option<String>,
        /// The name as shown.
        pub name: Option<String>,
        /// Its tenant.
        pub tenant_key: Option<String>,
    }
}
