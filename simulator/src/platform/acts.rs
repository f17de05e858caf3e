//! What people do in their chats: write, edit, recall, react, read.

use larkwire_core::Time;
use serde_json::{Value, json};

use super::Platform;
use super::chat::{Chat, ChatMode};
use super::content;
use super::draft::{ActError, Draft, Posted, Said};
use super::message::{Change, ChatMessage, MOST_REACTIONS, Reaction};
use super::people::Actor;
use super::push::{PushId, Shape};

impl Platform {
    /// A person sends the bot a text in their chat.
    pub fn say(&mut self, now: Time, name: &str, text: &str) -> Said {
        self.say_shaped(now, name, text, Shape::default())
    }

    /// A person sends the bot a text; the event is delivered in this shape.
    pub fn say_shaped(&mut self, now: Time, name: &str, text: &str, shape: Shape) -> Said {
        self.advance(now);
        let (person, app) = (self.person(name), self.usual_app());
        let chat_id = self.p2p(&person, app);
        let (message, chat) = self.send_as(name, &Draft::text(text).in_chat(chat_id), None);
        let body = self.receive_body(&message, &chat, app);
        let push = self.tell_app(app, "im.message.receive_v1", body, shape);
        Said { message_id: message.message_id, push }
    }

    /// A person sends a message.
    ///
    /// # Errors
    /// When the chat or the message that it replies to is not there, or the person is not in the chat.
    pub fn post(&mut self, now: Time, name: &str, draft: Draft) -> Result<Posted, ActError> {
        self.advance(now);
        let person = self.person(name);
        let parent = match &draft.reply_to {
            Some(id) => Some(self.standing(id)?),
            None => None,
        };
        let chat_id = match (&draft.chat_id, &parent, &draft.app_id) {
            (Some(chat_id), _, _) => chat_id.clone(),
            (None, Some(parent), _) => parent.chat_id.clone(),
            (None, None, Some(id)) => {
                let app = self.apps.find(id).ok_or_else(|| ActError::NoSuchApp(id.clone()))?;
                self.p2p(&person, app)
            }
            (None, None, None) => {
                let app = self.usual_app();
                self.p2p(&person, app)
            }
        };
        self.member_chat(name, &chat_id)?;
        if parent.as_ref().is_some_and(|parent| parent.chat_id != chat_id) {
            return Err(ActError::NoSuchMessage(draft.reply_to.unwrap_or_default()));
        }
        if !serde_json::from_str::<Value>(&draft.content).is_ok_and(|content| content.is_object()) {
            return Err(ActError::BadContent);
        }
        let draft = draft.in_chat(chat_id);
        let (message, chat) = self.send_as(name, &draft, parent);
        let pushes = self.tell_message(&message, &chat, &draft.shape);
        Ok(Posted { message_id: message.message_id, pushes })
    }

    /// Puts the message of a person into the chat of its draft.
    fn send_as(&mut self, name: &str, draft: &Draft, parent: Option<ChatMessage>) -> (ChatMessage, Chat) {
        let chat_id = draft.chat_id.clone().unwrap_or_default();
        let sender = Actor::User(name.to_owned());
        let mut message = self.new_message(&chat_id, sender, &draft.msg_type, &draft.content);
        self.show_spoken(&mut message, &draft.mentions);
        if ["file", "audio", "media"].contains(&draft.msg_type.as_str()) {
            let content = serde_json::from_str(&draft.content).unwrap_or_default();
            message.shown = self.file_shown(&draft.msg_type, &content);
        }
        let topics = self.chats.get(&chat_id).is_some_and(|chat| chat.topics);
        if let Some(parent) = parent {
            let (root_id, thread_id) = self.reply_place(&parent, draft.in_thread);
            message.parent_id = Some(parent.message_id);
            (message.root_id, message.thread_id) = (Some(root_id), thread_id);
        } else if topics {
            message.thread_id = Some(format!("omt_{}", self.dice.hex(16)));
        }
        self.place(message.clone());
        let message = self.messages.get(&message.message_id).cloned().unwrap_or(message);
        let chat = self.chats.get(&chat_id).cloned();
        let chat = chat.unwrap_or_else(|| self.new_chat(chat_id, ChatMode::P2p, "", Vec::new(), None));
        (message, chat)
    }

    /// What others see of a text that a person wrote, with its mentions.
    fn show_spoken(&self, message: &mut ChatMessage, wanted: &[String]) {
        let content = serde_json::from_str::<Value>(&message.content).unwrap_or_default();
        let Some(text) = content.get("text").and_then(Value::as_str).filter(|_| message.msg_type == "text") else {
            return;
        };
        let members = self.chats.get(&message.chat_id).map(|chat| chat.members.as_slice()).unwrap_or_default();
        let known: Vec<(String, Actor)> = members.iter().map(|member| (self.name_of(member), member.clone())).collect();
        let (shown, mentions) = content::spoken(text, &known, wanted);
        (message.shown, message.mentions) = (json!({"text": shown}).to_string(), mentions);
    }

    /// A message without a place in its chat.
    pub(super) fn new_message(&mut self, chat_id: &str, sender: Actor, msg_type: &str, content: &str) -> ChatMessage {
        let now = self.unix_ms();
        ChatMessage {
            message_id: self.message_id(),
            chat_id: chat_id.to_owned(),
            sender,
            msg_type: msg_type.to_owned(),
            content: content.to_owned(),
            shown: content.to_owned(),
            mentions: Vec::new(),
            root_id: None,
            parent_id: None,
            thread_id: None,
            create_ms: now,
            update_ms: now,
            edited: 0,
            recalled: false,
            reactions: Vec::new(),
            card: None,
            streaming: false,
            readers: Vec::new(),
            card_id: None,
            card_bytes: 0,
            position: 0,
            thread_position: None,
        }
    }

    /// A person edits a text of their own. No event tells the bot (field reports).
    ///
    /// # Errors
    /// When the message is not there, not a text, or somebody else's.
    pub fn edit(&mut self, now: Time, name: &str, message_id: &str, text: &str) -> Result<(), ActError> {
        self.advance(now);
        let mut message = self.own(name, message_id)?;
        if message.msg_type != "text" {
            return Err(ActError::NotEditable);
        }
        message.content = json!({"text": text}).to_string();
        self.show_spoken(&mut message, &[]);
        self.rewrite(message);
        Ok(())
    }

    /// Gives a message the content of `edited`.
    pub(super) fn rewrite(&mut self, edited: ChatMessage) {
        let (id, now) = (edited.message_id, self.unix_ms());
        self.change_message(&id, Change::Edited, |message| {
            (message.content, message.shown, message.mentions) = (edited.content, edited.shown, edited.mentions);
            message.update_ms = now;
            message.edited = message.edited.saturating_add(1);
        });
    }

    /// A person takes a message back.
    ///
    /// # Errors
    /// When the message is not there, or somebody else's.
    pub fn recall(&mut self, now: Time, name: &str, message_id: &str) -> Result<Vec<PushId>, ActError> {
        self.advance(now);
        let message = self.own(name, message_id)?;
        Ok(self.take_back(&message, &Actor::User(name.to_owned()), "message_owner"))
    }

    pub(super) fn take_back(&mut self, message: &ChatMessage, by: &Actor, recall_type: &str) -> Vec<PushId> {
        let (id, now) = (&message.message_id, self.unix_ms());
        self.change_message(id, Change::Recalled, |message| (message.recalled, message.update_ms) = (true, now));
        let Some(chat) = self.chats.get(&message.chat_id).cloned() else { return Vec::new() };
        let body = self.recalled_body(message, recall_type);
        self.tell_bots(&chat, by, "im.message.recalled_v1", |_, _| body.clone())
    }

    /// A person puts an emoji on a message. Again the same one changes nothing.
    ///
    /// # Errors
    /// When the message is not there, or the person not in its chat.
    pub fn react(&mut self, now: Time, name: &str, message_id: &str, emoji: &str) -> Result<Vec<PushId>, ActError> {
        self.advance(now);
        let message = self.visible(name, message_id)?;
        Ok(self.add_reaction(&message, Actor::User(name.to_owned()), emoji).1)
    }

    /// The reaction, which may have been there before, and the pushes that tell of it.
    pub(super) fn add_reaction(&mut self, message: &ChatMessage, by: Actor, emoji: &str) -> (Reaction, Vec<PushId>) {
        let there = message.reactions.iter().find(|reaction| reaction.by == by && reaction.emoji == emoji);
        if let Some(there) = there {
            return (there.clone(), Vec::new());
        }
        let reaction_id = self.dice.hex(24);
        let reaction = Reaction { reaction_id, emoji: emoji.to_owned(), by, at_ms: self.unix_ms() };
        let new = reaction.clone();
        self.change_message(&message.message_id, Change::Reactions, |message| {
            if message.reactions.len() < MOST_REACTIONS {
                message.reactions.push(new);
            }
        });
        let pushes = self.tell_reaction(message, &reaction, "im.message.reaction.created_v1");
        (reaction, pushes)
    }

    /// A person takes an emoji off a message.
    ///
    /// # Errors
    /// When the message is not there. An emoji that is not there changes nothing.
    pub fn unreact(&mut self, now: Time, name: &str, message_id: &str, emoji: &str) -> Result<Vec<PushId>, ActError> {
        self.advance(now);
        let message = self.visible(name, message_id)?;
        let by = Actor::User(name.to_owned());
        let there = message.reactions.iter().find(|reaction| reaction.by == by && reaction.emoji == emoji);
        Ok(there.map(|there| self.remove_reaction(&message, there)).unwrap_or_default())
    }

    pub(super) fn remove_reaction(&mut self, message: &ChatMessage, gone: &Reaction) -> Vec<PushId> {
        self.change_message(&message.message_id, Change::Reactions, |message| {
            message.reactions.retain(|reaction| reaction.reaction_id != gone.reaction_id);
        });
        let gone = Reaction { at_ms: self.unix_ms(), ..gone.clone() };
        self.tell_reaction(message, &gone, "im.message.reaction.deleted_v1")
    }

    fn tell_reaction(&mut self, message: &ChatMessage, reaction: &Reaction, event_type: &str) -> Vec<PushId> {
        let Some(chat) = self.chats.get(&message.chat_id).cloned() else { return Vec::new() };
        let id = &message.message_id;
        self.tell_bots(&chat, &reaction.by, event_type, |platform, app| platform.reaction_body(id, reaction, app))
    }

    /// A person reads all messages of bots in a chat. In their own chat, the bot learns which.
    ///
    /// # Errors
    /// When the chat is not there, or the person not in it.
    pub fn read(&mut self, now: Time, name: &str, chat_id: &str) -> Result<Vec<PushId>, ActError> {
        self.advance(now);
        let chat = self.member_chat(name, chat_id)?;
        let unread = |message: &&ChatMessage| {
            let theirs = message.chat_id == chat_id && matches!(message.sender, Actor::App(_));
            theirs && !message.recalled && message.readers.iter().all(|(reader, _)| reader != name)
        };
        let ids: Vec<String> = self.messages.iter().filter(unread).map(|message| message.message_id.clone()).collect();
        let at_ms = self.unix_ms();
        for id in &ids {
            if let Some(message) = self.messages.get_mut(id) {
                message.readers.push((name.to_owned(), at_ms));
            }
        }
        if ids.is_empty() || chat.mode != ChatMode::P2p {
            return Ok(Vec::new());
        }
        let reader = Actor::User(name.to_owned());
        Ok(self.tell_bots(&chat, &reader, "im.message.message_read_v1", |platform, app| {
            platform.read_body(&reader, &ids, app)
        }))
    }

    /// A person opens the chat with a bot, which learns of it.
    ///
    /// # Errors
    /// When the chat is not there, the person not in it, or it is a group.
    pub fn enter(&mut self, now: Time, name: &str, chat_id: &str) -> Result<Vec<PushId>, ActError> {
        self.advance(now);
        let chat = self.member_chat(name, chat_id)?;
        if chat.mode != ChatMode::P2p {
            return Err(ActError::NotPossible("bots learn of people in their own chats only".into()));
        }
        let last = self.messages.iter().rev().find(|message| message.chat_id == chat_id);
        let last = last.map(|message| (message.message_id.clone(), message.create_ms.to_string()));
        let person = Actor::User(name.to_owned());
        Ok(self.tell_bots(&chat, &person, "im.chat.access_event.bot_p2p_chat_entered_v1", |platform, app| {
            platform.entered_body(chat_id, &person, last.clone(), app)
        }))
    }

    /// A message that is neither forgotten nor recalled.
    pub(super) fn standing(&self, message_id: &str) -> Result<ChatMessage, ActError> {
        let message = self.messages.get(message_id).filter(|message| !message.recalled);
        message.cloned().ok_or_else(|| ActError::NoSuchMessage(message_id.to_owned()))
    }

    /// A message in a chat of this person.
    pub(super) fn visible(&self, name: &str, message_id: &str) -> Result<ChatMessage, ActError> {
        let message = self.standing(message_id)?;
        self.member_chat(name, &message.chat_id)?;
        Ok(message)
    }

    fn own(&self, name: &str, message_id: &str) -> Result<ChatMessage, ActError> {
        let message = self.standing(message_id)?;
        match &message.sender {
            Actor::User(sender) if sender == name => Ok(message),
            _ => Err(ActError::NotTheSender),
        }
    }

    pub(super) fn member_chat(&self, name: &str, chat_id: &str) -> Result<Chat, ActError> {
        let chat = self.chats.get(chat_id).filter(|chat| !chat.dissolved);
        let chat = chat.ok_or_else(|| ActError::NoSuchChat(chat_id.to_owned()))?;
        if !chat.people().any(|member| member == name) {
            return Err(ActError::NotAMember { name: name.to_owned(), chat_id: chat_id.to_owned() });
        }
        Ok(chat.clone())
    }
}
