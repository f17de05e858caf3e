//! Events of messages, version 1 of their API.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::event::{Event, EventType};

/// `im.message.receive_v1`: somebody wrote to the bot, or in a chat that it may read.
///
/// Every member is optional, since the platform leaves out what an app has no permission for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct MessageReceiveV1 {
    /// Who wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender: Option<EventSender>,
    /// What was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<EventMessage>,
}

impl Event for MessageReceiveV1 {
    const TYPE: EventType<'static> = EventType::p2("im.message.receive_v1");
}

impl MessageReceiveV1 {
    /// The text of a text message, its mentions still as placeholders such as `@_user_1`. None for other message types.
    pub fn text(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct Content {
            text: String,
        }
        let message = self.message.as_ref()?;
        if message.message_type.as_deref() != Some("text") {
            return None;
        }
        serde_json::from_str::<Content>(message.content.as_deref()?).ok().map(|content| content.text)
    }
}

/// The sender of a message.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct EventSender {
    /// Its ids.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender_id: Option<UserId>,
    /// `user` or `app`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender_type: Option<String>,
    /// Its tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_key: Option<String>,
}

/// The three ids of a person.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct UserId {
    /// `on_…`: the same in all apps of a vendor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub union_id: Option<String>,
    /// The id in the tenant. Needs a permission.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// `ou_…`: the id in this app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_id: Option<String>,
}

/// A message.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct EventMessage {
    /// `om_…`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// The first message of the chain of replies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_id: Option<String>,
    /// The message that it replies to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<String>,
    /// When it was written: ms since 1970, as text on the wire.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "crate::lenient::text")]
    pub create_time: Option<String>,
    /// When it was last changed: ms since 1970, as text on the wire.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "crate::lenient::text")]
    pub update_time: Option<String>,
    /// `oc_…`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat_id: Option<String>,
    /// `omt_…`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<String>,
    /// `p2p` or `group`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat_type: Option<String>,
    /// `text`, `post`, `image`, `file`, `interactive`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_type: Option<String>,
    /// The content: JSON inside a string, of a form that depends on the type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Who is mentioned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mentions: Option<Vec<MentionEvent>>,
    /// The program that it was written with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// Where the sender is when it talks to an agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lark_agent_context: Option<LarkAgentContext>,
}

/// Where the sender of a message is when it talks to an agent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct LarkAgentContext {
    /// `oc_…` of the chat that is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active_chat_id: Option<String>,
}

/// A mention in a message.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct MentionEvent {
    /// The placeholder in the text, such as `@_user_1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Who.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<UserId>,
    /// `user` or `bot`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mentioned_type: Option<String>,
    /// The name as shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_key: Option<String>,
}
