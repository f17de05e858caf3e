//! People, their chats with the bot, and the messages in them.

use std::collections::BTreeMap;

use larkwire_core::Time;
use serde::Serialize;
use serde_json::{Value, json};

use super::Platform;
use super::app::AppKey;
use super::dice::Dice;
use super::push::{Push, PushId, Shape};

/// A user of the tenant, with one chat: that with the bot.
///
/// All ids follow from the name, so that they are the same in every run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Person {
    /// The name, which also tells people apart.
    pub name: String,
    /// `ou_` and 32 hexadecimal digits.
    pub open_id: String,
    /// `on_` and 32 hexadecimal digits.
    pub union_id: String,
    /// 8 hexadecimal digits.
    pub user_id: String,
    /// The chat with the bot: `oc_` and 32 hexadecimal digits.
    pub chat_id: String,
}

impl Person {
    fn named(name: &str) -> Person {
        let mut dice = Dice::of(name);
        Person {
            name: name.to_owned(),
            open_id: format!("ou_{}", dice.hex(32)),
            union_id: format!("on_{}", dice.hex(32)),
            user_id: dice.hex(8),
            chat_id: format!("oc_{}", dice.hex(32)),
        }
    }

    fn ids(&self) -> Value {
        json!({"open_id": self.open_id, "union_id": self.union_id, "user_id": self.user_id})
    }
}

/// What a person did: a message or a click, and the push that tells the bot.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Said {
    /// The message; of a click, the message with the card.
    pub message_id: String,
    /// The push.
    pub push: PushId,
}

/// A message that the bot sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct BotMessage {
    /// Counts the bot's messages from 0.
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
}

impl BotMessage {
    /// The text of a `text` message; for other types, the content as it is.
    pub fn text(&self) -> String {
        let content = serde_json::from_str::<Value>(&self.content).unwrap_or_default();
        content.get("text").and_then(Value::as_str).map_or_else(|| self.content.clone(), str::to_owned)
    }
}

/// What is kept of any message.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) chat_id: String,
    /// The first message of its chain of replies, if it is not that itself.
    pub(crate) root_id: Option<String>,
    pub(crate) thread_id: Option<String>,
}

/// People, chats, messages.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chats {
    /// By name.
    people: BTreeMap<String, Person>,
    pub(crate) messages: BTreeMap<String, Stored>,
    /// Message ids in the order of their making; the oldest are forgotten first.
    order: std::collections::VecDeque<String>,
    /// Messages per chat.
    positions: BTreeMap<String, u64>,
    pub(crate) bot: std::collections::VecDeque<BotMessage>,
    pub(crate) bot_messages: u64,
    /// Answers by app and idempotency key, each with its end.
    pub(crate) done: BTreeMap<(AppKey, String), (Time, Value)>,
}

impl Chats {
    pub(crate) fn person(&mut self, name: &str) -> &Person {
        self.people.entry(name.to_owned()).or_insert_with(|| Person::named(name))
    }

    pub(crate) fn people(&self) -> impl Iterator<Item = &Person> {
        self.people.values()
    }

    /// Keeps a message; the result is its position in the chat.
    pub(crate) fn store(&mut self, message_id: &str, stored: Stored, limit: usize) -> u64 {
        while self.order.len() >= limit.max(1) {
            if let Some(oldest) = self.order.pop_front() {
                self.messages.remove(&oldest);
            }
        }
        let position = self.positions.entry(stored.chat_id.clone()).or_default();
        *position = position.saturating_add(1);
        self.order.push_back(message_id.to_owned());
        self.messages.insert(message_id.to_owned(), stored);
        *position
    }
}

impl Platform {
    /// A person of this name, who exists from now on.
    pub fn person(&mut self, name: &str) -> Person {
        self.chats.person(name).clone()
    }

    /// A person sends the bot a text in their chat.
    pub fn say(&mut self, now: Time, name: &str, text: &str) -> Said {
        self.say_shaped(now, name, text, Shape::default())
    }

    /// A person sends the bot a text; the event is delivered in this shape.
    pub fn say_shaped(&mut self, now: Time, name: &str, text: &str, shape: Shape) -> Said {
        self.advance(now);
        let person = self.person(name);
        let message_id = self.message_id();
        let chat_id = person.chat_id.clone();
        let stored = Stored { chat_id, root_id: None, thread_id: None };
        self.chats.store(&message_id, stored, self.profile.records);
        let create_time = self.unix_ms().to_string();
        let event = json!({
            "sender": {
                "sender_id": person.ids(),
                "sender_type": "user",
                "tenant_key": self.profile.tenant_key,
            },
            "message": {
                "message_id": message_id,
                "create_time": create_time,
                "update_time": create_time,
                "chat_id": person.chat_id,
                "chat_type": "p2p",
                "message_type": "text",
                "content": json!({"text": text}).to_string(),
                "user_agent": "larkwire-sim",
                "lark_agent_context": {"active_chat_id": person.chat_id},
            },
        });
        let push = self.push(now, Push::event("im.message.receive_v1", event).shaped(shape));
        Said { message_id, push }
    }

    /// A person clicks a button with this value on the card of a message.
    pub fn click(&mut self, now: Time, name: &str, message_id: &str, value: Value) -> Said {
        self.advance(now);
        let person = self.person(name);
        let known = self.chats.messages.get(message_id);
        let chat_id = known.map_or_else(|| person.chat_id.clone(), |message| message.chat_id.clone());
        let mut operator = person.ids();
        if let Some(members) = operator.as_object_mut() {
            members.insert("tenant_key".into(), json!(self.profile.tenant_key));
        }
        let event = json!({
            "operator": operator,
            "token": format!("c-{}", self.dice.hex(32)),
            "action": {"value": value, "tag": "button", "timezone": "Asia/Shanghai"},
            "host": "im_message",
            "context": {"open_message_id": message_id, "open_chat_id": chat_id},
        });
        let push = self.push(now, Push::callback("card.action.trigger", event));
        Said { message_id: message_id.to_owned(), push }
    }

    /// All people who exist, in the order of their names.
    pub fn people(&self) -> impl Iterator<Item = &Person> {
        self.chats.people()
    }

    /// Messages that the bot sent, from the one with this number on.
    pub fn bot_messages(&self, from: u64) -> impl Iterator<Item = &BotMessage> {
        self.chats.bot.iter().filter(move |message| message.number >= from)
    }

    pub(super) fn message_id(&mut self) -> String {
        format!("om_{}", self.dice.hex(32))
    }
}
