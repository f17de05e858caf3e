//! The content of messages: what it must be, type by type, and what others see of it.

use serde_json::{Value, json};

use super::call::{Call, Refusal, refuse};
use super::code::message as code;
use crate::platform::Platform;
use crate::platform::card::CardError;
use crate::platform::content;
use crate::platform::files::FileKind;
use crate::platform::message::ChatMessage;
use crate::platform::people::IdType;

/// Largest content of a text (official documentation).
const TEXT_BYTES: usize = 150 * 1024;
/// Largest content of anything else (official documentation; more was seen to pass).
pub(super) const CARD_BYTES: usize = 30 * 1024;

impl Platform {
    /// Checks the content of a message, and fills in what others see of it.
    pub(super) fn fill(&self, call: &Call<'_>, message: &mut ChatMessage) -> Result<(), Refusal> {
        let content: Value = serde_json::from_str(&message.content).unwrap_or_default();
        let text = |name: &str| content.get(name).and_then(Value::as_str).unwrap_or_default();
        let malformed = "content is not the JSON text that msg_type asks for";
        if !content.is_object() {
            return refuse(code::INVALID, malformed);
        }
        let find = |id: &str| {
            let who = self.actor_by_any(id, call.app)?;
            let name = self.name_of(&who);
            Some((who, name))
        };
        match message.msg_type.as_str() {
            "text" if content.get("text").is_some_and(Value::is_string) => {
                (message.shown, message.mentions) = content::text(text("text"), find);
            }
            "post" => match content::post(&content, find) {
                Some((shown, mentions)) => (message.shown, message.mentions) = (shown, mentions),
                None => return refuse(code::INVALID, malformed),
            },
            "interactive" => {
                let resolved = self.resolve(&content, call.app).map_err(Refusal::card)?;
                Platform::show(message, resolved);
            }
            "image" => self.check_key(call, FileKind::Image, text("image_key"), None)?,
            "file" | "audio" | "media" => {
                let wanted = match message.msg_type.as_str() {
                    "audio" => Some("opus"),
                    "media" => Some("mp4"),
                    _ => None,
                };
                self.check_key(call, FileKind::File, text("file_key"), wanted)?;
                if !text("image_key").is_empty() {
                    self.check_key(call, FileKind::Image, text("image_key"), None)?;
                }
                message.shown = self.file_shown(&message.msg_type, &content);
            }
            "sticker" => {
                // "Only one received before" (official documentation).
                let quoted = json!(text("file_key")).to_string();
                let mut stickers = self.messages().filter(|message| message.msg_type == "sticker");
                if !stickers.any(|message| message.content.contains(&quoted)) {
                    return refuse(code::INVALID, "the sticker is unknown: only one that was received can be sent");
                }
            }
            "share_chat" => self.caller_chat(call, text("chat_id"), code::INVALID)?,
            "share_user" => {
                if self.person_by(IdType::Open, text("user_id"), call.app).is_none() {
                    return refuse(code::INVALID, "user_id is not the open_id of a person");
                }
            }
            "system" => {
                if text("type") != "divider" || !self.is_p2p(&message.chat_id) {
                    return refuse(code::INVALID, "only a divider can be sent, and only to one person");
                }
                message.shown = divider(&content);
            }
            _ => return refuse(code::INVALID, malformed),
        }
        Ok(())
    }

    /// Refuses a key that is unknown, of another kind, or not the caller's. What another app uploaded is as unknown as what
    /// nobody did.
    fn check_key(&self, call: &Call<'_>, kind: FileKind, key: &str, file_type: Option<&str>) -> Result<(), Refusal> {
        let Some(file) = self.file(key).filter(|file| file.kind == kind) else {
            return refuse(code::INVALID, format!("the key {key:?} is unknown, or of another kind"));
        };
        if file.owner != call.caller {
            return refuse(code::NOT_RESOURCE_OWNER, "Bot is NOT the owner of the resource.");
        }
        if file_type.is_some_and(|wanted| file.file_type != wanted) {
            return refuse(code::FILE_TYPE_MISMATCH, "The type of the file does not match the type of the message.");
        }
        Ok(())
    }

    /// Whether a chat is one of a person with a bot.
    fn is_p2p(&self, chat_id: &str) -> bool {
        self.chat(chat_id).is_some_and(|chat| chat.mode == crate::platform::chat::ChatMode::P2p)
    }

    /// Refuses with `code` unless the caller is in this chat.
    pub(super) fn caller_chat(&self, call: &Call<'_>, chat_id: &str, code: i64) -> Result<(), Refusal> {
        match self.chat(chat_id) {
            Some(chat) if chat.dissolved => refuse(super::code::chat::DISSOLVED, "The chat was dissolved."),
            Some(chat) if chat.has(&call.caller) => Ok(()),
            _ => refuse(code, "Bot/User can NOT be out of the chat."),
        }
    }
}

fn divider(content: &Value) -> String {
    let text = content.pointer("/params/divider_text").cloned().unwrap_or_default();
    json!({"template": "{divider_text}", "divider_text": text}).to_string()
}

/// Refuses a content that is too long for its type.
pub(super) fn check_length(msg_type: &str, content: &str) -> Result<(), Refusal> {
    let limit = if msg_type == "text" { TEXT_BYTES } else { CARD_BYTES };
    if content.len() > limit {
        return refuse(code::TOO_LONG, "The length of the message content reaches its limit.");
    }
    Ok(())
}

impl Refusal {
    /// A card is refused with one code; the cause stands in the text.
    pub(super) fn card(error: CardError) -> Refusal {
        let CardError { code: cause, text } = error;
        let msg = format!("Failed to create card content, ext=ErrCode: {cause}; ErrMsg: {text}; ErrorValue: ; ");
        Refusal::new(code::CARD, msg)
    }
}
