//! Sending messages: create and reply.

use serde_json::{Value, json};

use super::call::{Answer, Call, Outcome, Refusal, invalid_field, refuse};
use super::check::check_length;
use super::code;
use crate::platform::Platform;
use crate::platform::app::AppKey;
use crate::platform::events::insert;
use crate::platform::message::ChatMessage;
use crate::platform::people::{Actor, IdType};

/// Longest idempotency key, in characters.
const UUID_LENGTH: usize = 50;

impl Platform {
    /// `POST /im/v1/messages?receive_id_type=`
    pub(super) fn create_message(&mut self, call: &Call<'_>) -> Outcome {
        let kind = call.query("receive_id_type");
        if !["chat_id", "open_id", "union_id", "user_id", "email"].contains(&kind.as_str()) {
            return invalid_field("receive_id_type", "is missing or unknown");
        }
        call.object(code::message::INVALID)?;
        check_envelope(call)?;
        if let Some(answer) = self.sent_once.again(self.now, call.app, call.text("uuid")) {
            return Ok(Answer::Data(answer));
        }
        let chat_id = self.receiver(call, &kind, call.text("receive_id"))?;
        self.send_message(call, chat_id, None)
    }

    /// `POST /im/v1/messages/:message_id/reply`
    pub(super) fn reply_message(&mut self, call: &Call<'_>) -> Outcome {
        call.object(code::message::INVALID)?;
        check_envelope(call)?;
        if let Some(answer) = self.sent_once.again(self.now, call.app, call.text("uuid")) {
            return Ok(Answer::Data(answer));
        }
        let Some(parent) = self.messages.get(call.part(0)).filter(|message| !message.recalled).cloned() else {
            return refuse(code::message::RECALLED, "The message was withdrawn, or never existed.");
        };
        self.caller_chat(call, &parent.chat_id, code::message::NOT_IN_CHAT)?;
        self.send_message(call, parent.chat_id.clone(), Some(parent))
    }

    /// The chat that an id means; that of a person and the caller's bot exists from now on.
    pub(super) fn receiver(&mut self, call: &Call<'_>, kind: &str, id: &str) -> Result<String, Refusal> {
        if kind == "chat_id" {
            self.caller_chat(call, id, code::message::NOT_IN_CHAT)?;
            return Ok(id.to_owned());
        }
        let person = match IdType::named(kind) {
            Some(kind) => self.person_by(kind, id, call.app),
            None => self.people().find(|person| person.email == id),
        };
        match person.cloned() {
            Some(person) => Ok(self.p2p(&person, call.app)),
            None if self.is_open_id_elsewhere(id, call.app) => {
                refuse(code::contact::OPEN_ID_OF_ANOTHER_APP, "open_id cross app")
            }
            None => refuse(code::message::RECEIVE_ID_INVALID, "receive_id is unknown or of another kind"),
        }
    }

    fn send_message(&mut self, call: &Call<'_>, chat_id: String, parent: Option<ChatMessage>) -> Outcome {
        let (msg_type, content) = (call.text("msg_type"), call.text("content"));
        let mut message = self.new_message(&chat_id, call.caller.clone(), msg_type, content);
        self.fill(call, &mut message)?;
        self.rate_chat(&chat_id)?;
        if let Some(parent) = &parent {
            let in_thread = call.body.get("reply_in_thread").and_then(Value::as_bool).unwrap_or(false);
            let (root_id, thread_id) = self.reply_place(parent, in_thread);
            message.parent_id = Some(parent.message_id.clone());
            (message.root_id, message.thread_id) = (Some(root_id), thread_id);
        }
        let message = self.post_as_caller(call, message);
        if let Some(entity) = message.card_id.as_ref().and_then(|card_id| self.entities.get_mut(card_id)) {
            entity.message_id = Some(message.message_id.clone());
        }
        let answer = self.message_view(&message, IdType::Open, call.app);
        self.sent_once.keep(self.now, call.app, call.text("uuid"), &answer, self.profile.records);
        Ok(Answer::Data(answer))
    }

    /// Puts a message of the caller into its chat. A person's message is told to bots, a bot's own is not.
    pub(super) fn post_as_caller(&mut self, call: &Call<'_>, message: ChatMessage) -> ChatMessage {
        let id = message.message_id.clone();
        self.place(message.clone());
        let message = self.messages.get(&id).cloned().unwrap_or(message);
        match &call.caller {
            Actor::App(app_id) => self.keep_reply(&message, app_id),
            Actor::User(_) => {
                if let Some(chat) = self.chats.get(&message.chat_id).cloned() {
                    self.tell_message(&message, &chat, &Default::default());
                }
            }
        }
        message
    }

    /// A message as the API shows it to an app.
    pub(super) fn message_view(&self, message: &ChatMessage, ids: IdType, app: AppKey) -> Value {
        let tenant_key = &self.profile.tenant_key;
        let person = |name: &str| self.people.get(name).map(|person| self.id_in(person, ids, app)).unwrap_or_default();
        let (id, id_type, sender_type) = match &message.sender {
            Actor::App(app_id) => (app_id.clone(), "app_id", "app"),
            Actor::User(name) => (person(name), ids.as_str(), "user"),
        };
        let mut view = json!({
            "message_id": message.message_id,
            "msg_type": message.msg_type,
            "create_time": message.create_ms.to_string(),
            "update_time": message.update_ms.to_string(),
            "deleted": message.recalled,
            "updated": message.edited > 0,
            "chat_id": message.chat_id,
            "sender": {"id": id, "id_type": id_type, "sender_type": sender_type, "tenant_key": tenant_key},
            "body": {"content": if message.recalled { "This message was recalled" } else { &message.shown }},
            "message_position": message.position.to_string(),
        });
        let optional = [
            ("root_id", message.root_id.clone()),
            ("parent_id", message.parent_id.clone()),
            ("thread_id", message.thread_id.clone()),
            ("thread_message_position", message.thread_position.map(|position| position.to_string())),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                insert(&mut view, name, json!(value));
            }
        }
        if !message.mentions.is_empty() {
            let mention = |mention: &crate::platform::message::Mention| {
                let id = match &mention.who {
                    Actor::User(name) => person(name),
                    Actor::App(app_id) => {
                        self.apps.find(app_id).map(|app| self.apps.get(app).open_id.clone()).unwrap_or_default()
                    }
                };
                json!({"key": mention.key, "id": id, "id_type": ids.as_str(), "name": mention.name, "tenant_key": tenant_key})
            };
            insert(&mut view, "mentions", message.mentions.iter().map(mention).collect());
        }
        view
    }
}

fn check_envelope(call: &Call<'_>) -> Result<(), Refusal> {
    const TYPES: [&str; 11] = [
        "text",
        "post",
        "image",
        "file",
        "audio",
        "media",
        "sticker",
        "interactive",
        "share_chat",
        "share_user",
        "system",
    ];
    let msg_type = call.text("msg_type");
    if !TYPES.contains(&msg_type) {
        return refuse(code::message::INVALID, format!("msg_type {msg_type:?} is unknown"));
    }
    check_length(msg_type, call.text("content"))?;
    if call.text("uuid").chars().count() > UUID_LENGTH {
        return invalid_field("uuid", "has more than 50 characters");
    }
    Ok(())
}
