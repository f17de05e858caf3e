//! What people do with groups: found them, join, leave, rename and dissolve them.

use larkwire_core::Time;
use serde_json::{Map, Value, json};

use super::Platform;
use super::chat::{Chat, ChatMode, MOST_MEMBERS};
use super::dice::Dice;
use super::draft::ActError;
use super::people::Actor;
use super::push::{PushId, Shape};

impl Platform {
    /// A group of this name with at least these members, people by name and bots by app id, that has been there before:
    /// no event tells of it. The same name gives the same group.
    pub fn group<S: AsRef<str>>(&mut self, now: Time, name: &str, members: impl IntoIterator<Item = S>) -> Chat {
        self.advance(now);
        let members: Vec<Actor> = members.into_iter().map(|member| self.member(member.as_ref())).collect();
        let chat_id = format!("oc_{}", Dice::of(&format!("the group {name}")).hex(32));
        let chat = match self.chats.get(&chat_id).filter(|chat| !chat.dissolved) {
            Some(chat) => chat.clone(),
            None => {
                let owner = members.iter().find(|member| matches!(member, Actor::User(_))).cloned();
                self.new_chat(chat_id, ChatMode::Group, name, Vec::new(), owner)
            }
        };
        let chat = with_members(chat, &members);
        self.keep_chat(chat.clone());
        chat
    }

    /// A person founds a group. The bots in it are told that they were added.
    ///
    /// # Errors
    /// When there are as many chats as [`Profile::records`](super::Profile::records) allows.
    pub fn found_group<S: AsRef<str>>(
        &mut self,
        now: Time,
        founder: &str,
        name: &str,
        members: impl IntoIterator<Item = S>,
    ) -> Result<Chat, ActError> {
        self.advance(now);
        if self.chats.len() >= self.profile.records.max(1) {
            return Err(ActError::NotPossible("there are too many chats already".into()));
        }
        let founder = self.member(founder);
        let mut all = vec![founder.clone()];
        all.extend(members.into_iter().map(|member| self.member(member.as_ref())));
        let chat_id = format!("oc_{}", self.dice.hex(32));
        let chat = self.new_chat(chat_id, ChatMode::Group, name, Vec::new(), Some(founder.clone()));
        let chat = with_members(chat, &all);
        self.keep_chat(chat.clone());
        self.tell_bots_of_members(&chat, &founder, &chat.members, true);
        Ok(chat)
    }

    /// A person adds others to a group: people by name, bots by app id.
    ///
    /// # Errors
    /// When there is no such group, or `name` is not in it.
    pub fn add_members<S: AsRef<str>>(
        &mut self,
        now: Time,
        name: &str,
        chat_id: &str,
        members: impl IntoIterator<Item = S>,
    ) -> Result<Vec<PushId>, ActError> {
        self.advance(now);
        self.own_group(name, chat_id)?;
        let members: Vec<Actor> = members.into_iter().map(|member| self.member(member.as_ref())).collect();
        Ok(self.join(chat_id, &Actor::User(name.to_owned()), members))
    }

    /// A person removes others, or themselves, from a group.
    ///
    /// # Errors
    /// When there is no such group, or `name` is not in it.
    pub fn remove_members<S: AsRef<str>>(
        &mut self,
        now: Time,
        name: &str,
        chat_id: &str,
        members: impl IntoIterator<Item = S>,
    ) -> Result<Vec<PushId>, ActError> {
        self.advance(now);
        self.own_group(name, chat_id)?;
        let members: Vec<Actor> = members.into_iter().map(|member| self.member(member.as_ref())).collect();
        Ok(self.leave(chat_id, &Actor::User(name.to_owned()), &members))
    }

    /// A person gives a group another name.
    ///
    /// # Errors
    /// When there is no such group, or `name` is not in it.
    pub fn rename_group(
        &mut self,
        now: Time,
        name: &str,
        chat_id: &str,
        new_name: &str,
    ) -> Result<Vec<PushId>, ActError> {
        self.advance(now);
        self.own_group(name, chat_id)?;
        let change = Map::from_iter([("name".to_owned(), json!(new_name))]);
        Ok(self.change_chat(chat_id, &Actor::User(name.to_owned()), change))
    }

    /// A person dissolves a group.
    ///
    /// # Errors
    /// When there is no such group, or `name` is not in it.
    pub fn dissolve_group(&mut self, now: Time, name: &str, chat_id: &str) -> Result<Vec<PushId>, ActError> {
        self.advance(now);
        self.own_group(name, chat_id)?;
        Ok(self.dissolve(chat_id, &Actor::User(name.to_owned())))
    }

    /// A bot if there is an app of this id, otherwise a person, who exists from now on.
    fn member(&mut self, name: &str) -> Actor {
        match self.apps.find(name) {
            Some(_) => Actor::App(name.to_owned()),
            None => Actor::User(self.person(name).name),
        }
    }

    fn own_group(&self, name: &str, chat_id: &str) -> Result<Chat, ActError> {
        let chat = self.member_chat(name, chat_id)?;
        match chat.mode {
            ChatMode::Group => Ok(chat),
            ChatMode::P2p => Err(ActError::NotPossible("this is a chat of one person with one bot".into())),
        }
    }

    /// Lets those join who are not in the chat yet.
    pub(super) fn join(&mut self, chat_id: &str, by: &Actor, members: Vec<Actor>) -> Vec<PushId> {
        let Some(chat) = self.chats.get_mut(chat_id) else { return Vec::new() };
        let before = chat.members.len();
        *chat = with_members(chat.clone(), &members);
        let (chat, new) = (chat.clone(), chat.members.get(before..).unwrap_or_default().to_vec());
        self.chat_changed(chat_id);
        self.tell_bots_of_members(&chat, by, &new, true)
    }

    /// Lets those leave who are in the chat.
    pub(super) fn leave(&mut self, chat_id: &str, by: &Actor, members: &[Actor]) -> Vec<PushId> {
        let Some(chat) = self.chats.get_mut(chat_id) else { return Vec::new() };
        let before = chat.clone();
        chat.members.retain(|member| !members.contains(member));
        let gone: Vec<Actor> = before.members.iter().filter(|member| !chat.has(member)).cloned().collect();
        self.chat_changed(chat_id);
        // Bots that leave are told, too.
        self.tell_bots_of_members(&before, by, &gone, false)
    }

    /// Tells the bots of a chat who came or went: a bot of itself, all others of people.
    fn tell_bots_of_members(&mut self, chat: &Chat, by: &Actor, members: &[Actor], came: bool) -> Vec<PushId> {
        let mut pushes = Vec::new();
        let (mut people, bots): (Vec<Actor>, Vec<Actor>) =
            members.iter().cloned().partition(|member| matches!(member, Actor::User(_)));
        people.retain(|person| !came || person != by);
        let (bot_event, user_event) = match came {
            true => ("im.chat.member.bot.added_v1", "im.chat.member.user.added_v1"),
            false => ("im.chat.member.bot.deleted_v1", "im.chat.member.user.deleted_v1"),
        };
        for bot in bots.iter().filter(|bot| *bot != by) {
            if let Some(app) = self.apps.find(bot.id()) {
                let body = self.chat_body(chat, by, app);
                pushes.push(self.tell_app(app, bot_event, body, Shape::default()));
            }
        }
        if !people.is_empty() {
            let mut audience = chat.clone();
            audience.members.retain(|member| matches!(member, Actor::App(_)) && !members.contains(member));
            pushes.extend(
                self.tell_bots(&audience, by, user_event, |platform, app| {
                    platform.members_body(chat, by, &people, app)
                }),
            );
        }
        pushes
    }

    /// Sets the fields of `change` that a chat has.
    pub(super) fn change_chat(&mut self, chat_id: &str, by: &Actor, change: Map<String, Value>) -> Vec<PushId> {
        let Some(chat) = self.chats.get_mut(chat_id) else { return Vec::new() };
        let mut before = Map::new();
        let after = change.clone();
        for (field, value) in change {
            let text = value.as_str().unwrap_or_default().to_owned();
            let old = match field.as_str() {
                "name" => json!(std::mem::replace(&mut chat.name, text)),
                "description" => json!(std::mem::replace(&mut chat.description, text)),
                _ => chat.settings.insert(field.clone(), value).unwrap_or_default(),
            };
            before.insert(field, old);
        }
        let chat = chat.clone();
        self.chat_changed(chat_id);
        self.tell_bots(&chat, by, "im.chat.updated_v1", |platform, app| {
            platform.updated_body(&chat, by, before.clone(), after.clone(), app)
        })
    }

    pub(super) fn dissolve(&mut self, chat_id: &str, by: &Actor) -> Vec<PushId> {
        let Some(chat) = self.chats.get_mut(chat_id) else { return Vec::new() };
        chat.dissolved = true;
        let chat = chat.clone();
        self.chat_changed(chat_id);
        self.tell_bots(&chat, by, "im.chat.disbanded_v1", |platform, app| platform.chat_body(&chat, by, app))
    }
}

/// The chat with these members as well, as far as there is room.
fn with_members(mut chat: Chat, members: &[Actor]) -> Chat {
    for member in members {
        if !chat.has(member) && chat.members.len() < MOST_MEMBERS {
            chat.members.push(member.clone());
        }
    }
    chat
}
