//! Chats: those of one person with one bot, and groups of people and bots.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::Platform;
use super::app::AppKey;
use super::dice::Dice;
use super::people::{Actor, Person};
use super::transcript::What;

/// Most members of a group (official documentation).
pub(crate) const MOST_MEMBERS: usize = 5000;

/// What kind of chat it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ChatMode {
    /// One person and one bot.
    P2p,
    /// A group.
    Group,
}

impl ChatMode {
    /// As in `chat_mode` of the OpenAPI and `chat_type` of events.
    pub const fn as_str(self) -> &'static str {
        match self {
            ChatMode::P2p => "p2p",
            ChatMode::Group => "group",
        }
    }
}

/// A chat.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Chat {
    /// `oc_` and 32 hexadecimal digits.
    pub chat_id: String,
    /// Its kind.
    pub mode: ChatMode,
    /// Its name; of a p2p chat, that of the bot.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// People and bots, in the order in which they came.
    pub members: Vec<Actor>,
    /// Whom it belongs to.
    pub owner: Option<Actor>,
    /// Whether every message begins a thread (`group_message_type` is `thread`).
    pub topics: bool,
    /// When it was made, in ms since 1970.
    pub create_ms: u64,
    /// Whether it is no more.
    pub dissolved: bool,
    /// Its settings, as the bot gave them.
    #[serde(skip)]
    pub(crate) settings: Map<String, Value>,
    /// Messages so far.
    #[serde(skip)]
    pub(crate) positions: u64,
}

impl Chat {
    /// Whether somebody is in it.
    pub fn has(&self, actor: &Actor) -> bool {
        self.members.contains(actor)
    }

    /// The people in it, by name.
    pub fn people(&self) -> impl Iterator<Item = &str> {
        self.members.iter().filter_map(|member| match member {
            Actor::User(name) => Some(name.as_str()),
            Actor::App(_) => None,
        })
    }

    /// The bots in it, by the ids of their apps.
    pub fn bots(&self) -> impl Iterator<Item = &str> {
        self.members.iter().filter_map(|member| match member {
            Actor::App(id) => Some(id.as_str()),
            Actor::User(_) => None,
        })
    }
}

/// All chats.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chats {
    all: BTreeMap<String, Chat>,
    /// The chat of each person with each bot.
    p2p: BTreeMap<(String, AppKey), String>,
}

impl Chats {
    pub(crate) fn get(&self, chat_id: &str) -> Option<&Chat> {
        self.all.get(chat_id)
    }

    pub(crate) fn get_mut(&mut self, chat_id: &str) -> Option<&mut Chat> {
        self.all.get_mut(chat_id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Chat> {
        self.all.values()
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn add(&mut self, chat: Chat) {
        self.all.insert(chat.chat_id.clone(), chat);
    }
}

impl Platform {
    /// All chats, in the order of their ids.
    pub fn chats(&self) -> impl Iterator<Item = &Chat> {
        self.chats.iter()
    }

    /// One chat.
    pub fn chat(&self, chat_id: &str) -> Option<&Chat> {
        self.chats.get(chat_id)
    }

    /// The chat of a person with the bot of an app, which exists from now on.
    pub(super) fn p2p(&mut self, person: &Person, app: AppKey) -> String {
        let key = (person.name.clone(), app);
        if let Some(chat_id) = self.chats.p2p.get(&key) {
            return chat_id.clone();
        }
        let bot = self.apps.get(app);
        let chat_id = match app {
            AppKey::FIRST => person.chat_id.clone(),
            _ => format!("oc_{}", Dice::of(&format!("{} and {}", person.name, bot.id)).hex(32)),
        };
        let members = vec![Actor::User(person.name.clone()), Actor::App(bot.id.clone())];
        let chat = self.new_chat(chat_id.clone(), ChatMode::P2p, &bot.name, members, None);
        // Who is not remembered has no chat that is.
        let most = self.profile.records.max(1).saturating_mul(10);
        if self.people.get(&person.name).is_some() && self.chats.len() < most {
            self.chats.p2p.insert(key, chat_id.clone());
            self.keep_chat(chat);
        }
        chat_id
    }

    /// A chat that is not kept yet.
    pub(super) fn new_chat(
        &self,
        chat_id: String,
        mode: ChatMode,
        name: &str,
        members: Vec<Actor>,
        owner: Option<Actor>,
    ) -> Chat {
        Chat {
            chat_id,
            mode,
            name: name.to_owned(),
            description: String::new(),
            members,
            owner,
            topics: false,
            create_ms: self.unix_ms(),
            dissolved: false,
            settings: Map::new(),
            positions: 0,
        }
    }

    pub(super) fn keep_chat(&mut self, chat: Chat) {
        self.write(What::Chat { chat: Box::new(chat.clone()) });
        self.chats.add(chat);
    }

    /// Writes down what a chat has become.
    pub(super) fn chat_changed(&mut self, chat_id: &str) {
        if let Some(chat) = self.chats.get(chat_id) {
            let chat = Box::new(chat.clone());
            self.write(What::Chat { chat });
        }
    }
}
