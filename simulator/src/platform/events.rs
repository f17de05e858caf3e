//! The events that follow from what people do: to which bots they go, and their bodies (event catalogue, official samples).
//!
//! What the bot of an app does raises no event for that app itself, and none at all if it is a message (assumed).

use serde_json::{Map, Value, json};

use super::Platform;
use super::app::AppKey;
use super::chat::{Chat, ChatMode};
use super::message::{ChatMessage, Reaction};
use super::people::Actor;
use super::profile::GroupMessages;
use super::push::{Push, PushId, Shape};

impl Platform {
    /// Tells the bots that may read it of a new message of a person.
    pub(super) fn tell_message(&mut self, message: &ChatMessage, chat: &Chat, shape: &Shape) -> Vec<PushId> {
        let mut pushes = Vec::new();
        for app in self.bots_in(chat, &message.sender) {
            if !self.hears(app, message, chat) {
                continue;
            }
            let body = self.receive_body(message, chat, app);
            pushes.push(self.tell_app(app, "im.message.receive_v1", body, shape.clone()));
        }
        pushes
    }

    /// "In groups a bot without the all-messages scope gets only messages that mention it."
    fn hears(&self, app: AppKey, message: &ChatMessage, chat: &Chat) -> bool {
        let bot = Actor::App(self.apps.get(app).id.clone());
        chat.mode == ChatMode::P2p
            || self.profile.group_messages == GroupMessages::All
            || message.mentions.iter().any(|mention| mention.who == bot)
    }

    /// Tells the bots in a chat of something; the bot that did it knows already.
    pub(super) fn tell_bots(
        &mut self,
        chat: &Chat,
        by: &Actor,
        event_type: &str,
        body: impl Fn(&Platform, AppKey) -> Value,
    ) -> Vec<PushId> {
        let mut pushes = Vec::new();
        for app in self.bots_in(chat, by) {
            let body = body(self, app);
            pushes.push(self.tell_app(app, event_type, body, Shape::default()));
        }
        pushes
    }

    pub(super) fn tell_app(&mut self, app: AppKey, event_type: &str, body: Value, shape: Shape) -> PushId {
        let app_id = self.apps.get(app).id.clone();
        self.push(self.now, Push::event(event_type, body).app(app_id).shaped(shape))
    }

    fn bots_in(&self, chat: &Chat, except: &Actor) -> Vec<AppKey> {
        let others = chat.bots().filter(|id| !matches!(except, Actor::App(own) if own == id));
        others.filter_map(|id| self.apps.find(id)).collect()
    }

    pub(super) fn receive_body(&self, message: &ChatMessage, chat: &Chat, app: AppKey) -> Value {
        let tenant_key = &self.profile.tenant_key;
        let mut body = json!({
            "message_id": message.message_id,
            "create_time": message.create_ms.to_string(),
            "update_time": message.update_ms.to_string(),
            "chat_id": message.chat_id,
            "chat_type": chat.mode.as_str(),
            "message_type": message.msg_type,
            "content": message.shown,
            "user_agent": "larkwire-sim",
            "lark_agent_context": {"active_chat_id": message.chat_id},
        });
        let optional =
            [("root_id", &message.root_id), ("parent_id", &message.parent_id), ("thread_id", &message.thread_id)];
        for (name, id) in optional {
            if let Some(id) = id {
                insert(&mut body, name, json!(id));
            }
        }
        if !message.mentions.is_empty() {
            let mention = |mention: &super::message::Mention| {
                json!({
                    "key": mention.key,
                    "id": self.ids(&mention.who, app),
                    "mentioned_type": if matches!(mention.who, Actor::User(_)) { "user" } else { "bot" },
                    "name": mention.name,
                    "tenant_key": tenant_key,
                })
            };
            insert(&mut body, "mentions", message.mentions.iter().map(mention).collect());
        }
        json!({
            "sender": {
                "sender_id": self.ids(&message.sender, app),
                "sender_type": "user",
                "tenant_key": tenant_key,
            },
            "message": body,
        })
    }

    pub(super) fn recalled_body(&self, message: &ChatMessage, recall_type: &str) -> Value {
        json!({
            "message_id": message.message_id,
            "chat_id": message.chat_id,
            "recall_time": self.unix_ms().to_string(),
            "recall_type": recall_type,
        })
    }

    pub(super) fn reaction_body(&self, message_id: &str, reaction: &Reaction, app: AppKey) -> Value {
        let mut body = json!({
            "message_id": message_id,
            "reaction_type": {"emoji_type": reaction.emoji},
            "action_time": reaction.at_ms.to_string(),
        });
        let more = match &reaction.by {
            Actor::User(_) => {
                [("operator_type", json!("user")), ("user_id", self.ids(&reaction.by, app)), ("app_id", json!(""))]
                    .to_vec()
            }
            Actor::App(app_id) => [("operator_type", json!("app")), ("app_id", json!(app_id))].to_vec(),
        };
        for (name, value) in more {
            insert(&mut body, name, value);
        }
        body
    }

    pub(super) fn read_body(&self, reader: &Actor, message_ids: &[String], app: AppKey) -> Value {
        json!({
            "reader": {
                "reader_id": self.ids(reader, app),
                "read_time": self.unix_ms().to_string(),
                "tenant_key": self.profile.tenant_key,
            },
            "message_id_list": message_ids,
        })
    }

    pub(super) fn entered_body(
        &self,
        chat_id: &str,
        person: &Actor,
        last: Option<(String, String)>,
        app: AppKey,
    ) -> Value {
        let (last_message_id, last_message_create_time) = last.unwrap_or_default();
        json!({
            "chat_id": chat_id,
            "operator_id": self.ids(person, app),
            "last_message_id": last_message_id,
            "last_message_create_time": last_message_create_time,
        })
    }

    /// The body of the events about a chat as a whole, and the base of those about its members.
    pub(super) fn chat_body(&self, chat: &Chat, operator: &Actor, app: AppKey) -> Value {
        json!({
            "chat_id": chat.chat_id,
            "operator_id": self.ids(operator, app),
            "external": false,
            "operator_tenant_key": self.profile.tenant_key,
            "name": chat.name,
            "i18n_names": {"zh_cn": chat.name, "en_us": chat.name, "ja_jp": chat.name},
        })
    }

    pub(super) fn members_body(&self, chat: &Chat, operator: &Actor, people: &[Actor], app: AppKey) -> Value {
        let mut body = self.chat_body(chat, operator, app);
        let user = |user: &Actor| {
            json!({
                "name": self.name_of(user),
                "tenant_key": self.profile.tenant_key,
                "user_id": self.ids(user, app),
            })
        };
        insert(&mut body, "users", people.iter().map(user).collect());
        body
    }

    pub(super) fn updated_body(
        &self,
        chat: &Chat,
        operator: &Actor,
        before: Map<String, Value>,
        after: Map<String, Value>,
        app: AppKey,
    ) -> Value {
        json!({
            "chat_id": chat.chat_id,
            "operator_id": self.ids(operator, app),
            "external": false,
            "operator_tenant_key": self.profile.tenant_key,
            "before_change": before,
            "after_change": after,
        })
    }
}

/// Sets a member of a JSON object.
pub(crate) fn insert(object: &mut Value, name: &str, value: Value) {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}
