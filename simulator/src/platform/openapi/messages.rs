//! Messages that are there: read, edit, patch, recall, forward.

use std::time::Duration;

use serde_json::{Value, json};

use super::call::{Answer, Call, Outcome, Refusal, invalid_field, refuse};
use super::check::check_length;
use super::code;
use super::paging::Pages;
use crate::platform::Platform;
use crate::platform::card;
use crate::platform::events::insert;
use crate::platform::message::{Change, ChatMessage};
use crate::platform::people::{Actor, IdType};

/// Edits of one message (official documentation; field reports).
const MOST_EDITS: u32 = 20;
const DAY: Duration = Duration::from_secs(24 * 3600);

const HISTORY: Pages =
    Pages { usual: 20, most: 50, bad_size: code::message::INVALID, bad_token: code::message::PAGE_TOKEN };
const READERS: Pages =
    Pages { usual: 20, most: 100, bad_size: code::message::INVALID, bad_token: code::message::INVALID };

impl Platform {
    /// `GET /im/v1/messages/:message_id`
    pub(super) fn read_message(&mut self, call: &Call<'_>) -> Outcome {
        let ids = call.id_type("user_id_type", code::message::INVALID)?;
        let message = self.present(call.part(0))?;
        self.caller_chat(call, &message.chat_id, code::message::NOT_IN_CHAT)?;
        Ok(Answer::Data(json!({"items": [self.history_view(call, &message, ids)]})))
    }

    /// `GET /im/v1/messages`
    pub(super) fn list_messages(&mut self, call: &Call<'_>) -> Outcome {
        let container = call.query("container_id");
        let second = |name: &str| match call.query(name).as_str() {
            "" => Ok(None),
            text => match text.parse::<u64>() {
                Ok(seconds) => Ok(Some(seconds.saturating_mul(1000))),
                Err(_) => refuse(code::message::INVALID, format!("{name} is not a number of seconds")),
            },
        };
        let (start, end) = (second("start_time")?, second("end_time")?);
        let in_thread = match call.query("container_id_type").as_str() {
            "chat" => false,
            "thread" if start.is_some() || end.is_some() => {
                return refuse(code::message::INVALID, "a thread takes no start_time and no end_time");
            }
            "thread" => true,
            _ => return invalid_field("container_id_type", "must be chat or thread"),
        };
        let only_roots = call.flag("only_thread_root_messages");
        let chat_id = if in_thread {
            let known = self.messages().find(|message| message.thread_id.as_ref() == Some(&container));
            match known {
                Some(message) => message.chat_id.clone(),
                None => return refuse(code::message::THREAD_INVISIBLE, "the thread is unknown or not visible"),
            }
        } else {
            container.clone()
        };
        self.caller_chat(call, &chat_id, code::message::NOT_IN_CHAT)?;
        let wanted = |message: &&ChatMessage| {
            let here = match in_thread {
                true => message.thread_id.as_ref() == Some(&container) && message.is_in_thread(),
                false => message.chat_id == chat_id && !message.is_in_thread(),
            };
            // Seconds: a message of the last one counts as well.
            let at = message.create_ms;
            here && start.is_none_or(|start| at >= start)
                && end.is_none_or(|end| at < end.saturating_add(1000))
                && (!only_roots || message.thread_id.is_some())
        };
        let view = |message: &ChatMessage| (message.message_id.clone(), self.history_view(call, message, IdType::Open));
        let mut all: Vec<(String, Value)> = self.messages().filter(wanted).map(view).collect();
        match call.query("sort_type").as_str() {
            "" | "ByCreateTimeAsc" => {}
            "ByCreateTimeDesc" => all.reverse(),
            _ => return refuse(code::message::INVALID, "sort_type is unknown"),
        }
        let mut page = HISTORY.of(call, all)?;
        if page.get("has_more") == Some(&Value::Bool(false))
            && let Some(members) = page.as_object_mut()
        {
            members.remove("page_token");
        }
        Ok(Answer::Data(page))
    }

    /// A message in the form of its card that is asked for, and with the sender's name if that is.
    fn history_view(&self, call: &Call<'_>, message: &ChatMessage, ids: IdType) -> Value {
        let mut view = self.message_view(message, ids, call.app);
        let shown = message.card.as_ref().filter(|_| !message.recalled);
        let content = match (call.query("card_msg_content_type").as_str(), shown) {
            ("raw_card_content", Some(card)) => {
                let schema = if card::is_v2(card) { 2 } else { 1 };
                let raw = json!({"json_card": card.to_string(), "json_attachment": "{}", "card_schema": schema});
                Some(raw.to_string())
            }
            ("user_card_content", Some(card)) => Some(card.to_string()),
            _ => None,
        };
        if let Some(content) = content {
            insert(&mut view, "body", json!({"content": content}));
        }
        if call.flag("with_sender_name")
            && let Some(sender) = view.get_mut("sender")
        {
            insert(sender, "sender_name", json!(self.name_of(&message.sender)));
        }
        view
    }

    /// `PUT /im/v1/messages/:message_id`: an edit. It raises no event (field reports).
    pub(super) fn update_message(&mut self, call: &Call<'_>) -> Outcome {
        call.object(code::message::INVALID)?;
        let msg_type = call.text("msg_type");
        if !["text", "post"].contains(&msg_type) {
            return refuse(code::message::INVALID, "only text and post can be edited");
        }
        check_length(msg_type, call.text("content"))?;
        let mut message = self.standing_message(call.part(0))?;
        self.caller_chat(call, &message.chat_id, code::message::NOT_IN_CHAT)?;
        if message.sender != call.caller {
            return refuse(code::message::UPDATE_NOT_SENDER, "The operator is not the sender of the message.");
        }
        if message.msg_type != msg_type {
            return refuse(code::message::TYPE_NOT_SUPPORTED, "msg_type is not that of the message");
        }
        if message.edited >= MOST_EDITS {
            return refuse(
                code::message::EDITS_USED_UP,
                "The message has reached the number of times it can be edited.",
            );
        }
        if self.is_older(&message, self.profile.change_window) {
            return refuse(code::message::EDIT_WINDOW, "The message has exceeded the time limit for editing.");
        }
        message.content = call.text("content").to_owned();
        self.fill(call, &mut message)?;
        let id = message.message_id.clone();
        self.rewrite(message);
        let message = self.present(&id)?;
        Ok(Answer::Data(self.message_view(&message, IdType::Open, call.app)))
    }

    /// `PATCH /im/v1/messages/:message_id`: another card in a message.
    pub(super) fn patch_message(&mut self, call: &Call<'_>) -> Outcome {
        call.object(code::message::INVALID)?;
        let content = call.text("content");
        check_length("interactive", content)?;
        let mut message = self.standing_message(call.part(0))?;
        if message.msg_type != "interactive" || message.sender != call.caller {
            return refuse(code::message::INVALID, "This message is NOT a card of this app.");
        }
        if self.is_older(&message, DAY.saturating_mul(14)) {
            return refuse(code::message::PATCH_WINDOW, "The message is older than 14 days.");
        }
        self.rate_message(&message.message_id)?;
        let was_shared = message.card.as_ref().is_some_and(card::is_shared);
        message.content = content.to_owned();
        self.fill(call, &mut message)?;
        if !was_shared || !message.card.as_ref().is_some_and(card::is_shared) {
            let text = "config.update_multi must be true when a card is sent and when it is patched";
            return Err(Refusal::card(card::CardError::new(card::sub_code::NOT_SHARED, text)));
        }
        self.show_card(&message.message_id.clone(), message);
        Ok(Answer::done())
    }

    /// `DELETE /im/v1/messages/:message_id`: takes a message back.
    pub(super) fn delete_message(&mut self, call: &Call<'_>) -> Outcome {
        let message = self.present(call.part(0))?;
        self.caller_chat(call, &message.chat_id, code::message::NOT_IN_CHAT)?;
        if message.recalled {
            return refuse(code::message::DELETED, "The message has been deleted.");
        }
        let own = message.sender == call.caller;
        let owner = self.chat(&message.chat_id).is_some_and(|chat| chat.owner.as_ref() == Some(&call.caller));
        if !own && !owner {
            return refuse(code::message::NO_RECALL_PERMISSION, "No permission to recall this message.");
        }
        let window = if own { self.profile.change_window } else { DAY.saturating_mul(365) };
        if self.is_older(&message, window) {
            return refuse(code::message::RECALL_TOO_LATE, "The message has exceeded the time limit for recalling.");
        }
        self.take_back(&message, &call.caller, if own { "message_owner" } else { "group_owner" });
        Ok(Answer::done())
    }

    /// `POST /im/v1/messages/:message_id/forward`
    pub(super) fn forward_message(&mut self, call: &Call<'_>) -> Outcome {
        let kind = call.query("receive_id_type");
        if !["chat_id", "open_id", "union_id", "user_id", "email", "thread_id"].contains(&kind.as_str()) {
            return invalid_field("receive_id_type", "is missing or unknown");
        }
        call.object(code::message::INVALID)?;
        let uuid = call.query("uuid");
        // "At most one success per uuid and target within 1 h" (source of the Go SDK).
        let key = if uuid.is_empty() { uuid } else { format!("{uuid} to {}", call.text("receive_id")) };
        if let Some(answer) = self.sent_once.again(self.now, call.app, &key) {
            return Ok(Answer::Data(answer));
        }
        let message = match self.messages.get(call.part(0)) {
            Some(message) if message.recalled => {
                return refuse(code::message::DELETED, "The message has been deleted.");
            }
            Some(message) => message.clone(),
            None => return refuse(code::message::INVISIBLE, "The message is unknown or not visible."),
        };
        self.caller_chat(call, &message.chat_id, code::message::INVISIBLE)?;
        if message.msg_type == "system" || message.streaming {
            return refuse(code::message::TYPE_NOT_SUPPORTED, "This message cannot be forwarded.");
        }
        let receive_id = call.text("receive_id");
        let (chat_id, root) = match kind.as_str() {
            "thread_id" => {
                let is_root = |message: &&ChatMessage| {
                    message.thread_id.as_deref() == Some(receive_id) && !message.is_in_thread()
                };
                match self.messages().find(is_root).cloned() {
                    Some(root) => (root.chat_id.clone(), Some(root)),
                    None => return refuse(code::message::THREAD_MISSING, "The thread does not exist."),
                }
            }
            kind => (self.receiver(call, kind, receive_id)?, None),
        };
        self.rate_chat(&chat_id)?;
        let mut copy = self.new_message(&chat_id, call.caller.clone(), &message.msg_type, &message.content);
        (copy.shown, copy.mentions, copy.card) = (message.shown, message.mentions, message.card);
        copy.card_bytes = message.card_bytes;
        if let Some(root) = root {
            (copy.root_id, copy.thread_id) = (Some(root.message_id), root.thread_id);
        }
        let copy = self.post_as_caller(call, copy);
        let answer = self.message_view(&copy, IdType::Open, call.app);
        self.sent_once.keep(self.now, call.app, &key, &answer, self.profile.records);
        Ok(Answer::Data(answer))
    }

    /// `GET /im/v1/messages/:message_id/read_users`
    pub(super) fn read_users(&mut self, call: &Call<'_>) -> Outcome {
        if call.query("user_id_type").is_empty() {
            return invalid_field("user_id_type", "is missing");
        }
        let ids = call.id_type("user_id_type", code::message::INVALID)?;
        let message = self.standing_message(call.part(0))?;
        self.caller_chat(call, &message.chat_id, code::message::NOT_IN_CHAT)?;
        if message.sender != call.caller || !matches!(call.caller, Actor::App(_)) {
            return refuse(code::message::NOT_SENDER, "Bot is NOT the sender of the message.");
        }
        if self.is_older(&message, DAY.saturating_mul(7)) {
            return refuse(code::message::READ_WINDOW, "The message is older than 7 days.");
        }
        let reader = |(name, at_ms): &(String, u64)| {
            let person = self.people.get(name)?;
            let view = json!({
                "user_id_type": ids.as_str(),
                "user_id": self.id_in(person, ids, call.app),
                "timestamp": at_ms.to_string(),
                "tenant_key": self.profile.tenant_key,
            });
            Some((name.clone(), view))
        };
        Ok(Answer::Data(READERS.of(call, message.readers.iter().filter_map(reader).collect())?))
    }

    /// A message that is still kept, recalled or not.
    fn present(&self, message_id: &str) -> Result<ChatMessage, Refusal> {
        let message = self.messages.get(message_id).cloned();
        message.ok_or_else(|| Refusal::new(code::message::RECALLED, "The message was withdrawn, or never existed."))
    }

    /// A message that is still kept and not recalled.
    pub(super) fn standing_message(&self, message_id: &str) -> Result<ChatMessage, Refusal> {
        match self.present(message_id)? {
            message if message.recalled => refuse(code::message::RECALLED, "The message was withdrawn."),
            message => Ok(message),
        }
    }

    fn is_older(&self, message: &ChatMessage, than: Duration) -> bool {
        u128::from(self.unix_ms().saturating_sub(message.create_ms)) > than.as_millis()
    }

    /// Gives a message the card, and the content, of `changed`.
    pub(super) fn show_card(&mut self, message_id: &str, changed: ChatMessage) {
        let now = self.unix_ms();
        self.change_message(message_id, Change::Card, |message| {
            (message.content, message.shown) = (changed.content, changed.shown);
            (message.card, message.card_bytes, message.card_id) = (changed.card, changed.card_bytes, changed.card_id);
            (message.streaming, message.update_ms) = (changed.streaming, now);
        });
    }
}
