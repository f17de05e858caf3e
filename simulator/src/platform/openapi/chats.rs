//! Chats: groups are made, read, changed and dissolved.

use serde_json::{Map, Value, json};

use super::call::{Answer, Call, Outcome, Refusal, refuse};
use super::code;
use super::paging::Pages;
use crate::platform::Platform;
use crate::platform::app::AppKey;
use crate::platform::chat::{Chat, ChatMode};
use crate::platform::events::insert;
use crate::platform::people::{Actor, IdType};

/// Settings that a chat has, with their values where nobody chose others (official documentation of chat.create).
const SETTINGS: [(&str, &str); 12] = [
    ("add_member_permission", "all_members"),
    ("share_card_permission", "allowed"),
    ("at_all_permission", "all_members"),
    ("edit_permission", "all_members"),
    ("chat_type", "private"),
    ("join_message_visibility", "all_members"),
    ("leave_message_visibility", "all_members"),
    ("membership_approval", "no_approval_required"),
    ("moderation_permission", "all_members"),
    ("urgent_setting", "all_members"),
    ("video_conference_setting", "all_members"),
    ("hide_member_count_setting", "all_members"),
];
/// What a member may change who does not own the chat (official documentation).
const ANYBODYS: [&str; 4] = ["avatar", "name", "description", "i18n_names"];
/// What can be set in a chat, apart from the above.
const OTHERS: [&str; 6] =
    ["labels", "toolkit_ids", "restricted_mode_setting", "group_message_type", "pin_manage_setting", "owner_id"];
/// Users and bots in one call (official documentation).
pub(super) const MOST_USERS: usize = 50;
pub(super) const MOST_BOTS: usize = 5;

const PAGES: Pages = Pages { usual: 20, most: 100, bad_size: code::chat::INVALID, bad_token: code::chat::INVALID };

impl Platform {
    /// `POST /im/v1/chats`
    pub(super) fn create_chat(&mut self, call: &Call<'_>) -> Outcome {
        let ids = call.id_type("user_id_type", code::chat::ID_TYPE)?;
        let body = if call.request.body.is_empty() { Map::new() } else { call.object(code::chat::INVALID)?.clone() };
        let uuid = call.query("uuid");
        let key = if uuid.is_empty() { uuid } else { format!("{uuid} of {}", call.text("owner_id")) };
        if let Some(answer) = self.chats_once.again(self.now, call.app, &key) {
            return Ok(Answer::Data(answer));
        }
        if !matches!(call.text("chat_mode"), "" | "group") {
            return refuse(code::chat::INVALID, "chat_mode can only be group");
        }
        if !matches!(call.text("chat_type"), "" | "private" | "public") {
            return refuse(code::chat::INVALID, "chat_type must be private or public");
        }
        check_names(&body)?;
        let (users, bots) = (call.texts("user_id_list"), call.texts("bot_id_list"));
        if users.len() > MOST_USERS || bots.len() > MOST_BOTS {
            return refuse(code::chat::MEMBER_LIMIT, "at most 50 users and 5 bots can be named in one call");
        }
        if self.chats.len() >= self.profile.records.max(1) {
            return refuse(code::chat::MEMBER_LIMIT, "there are too many chats");
        }
        let mut members = vec![call.caller.clone()];
        let mut owner = call.caller.clone();
        if !call.text("owner_id").is_empty() {
            owner = self.invited(ids, call.text("owner_id"), call.app)?;
            members.push(owner.clone());
        }
        for id in &users {
            members.push(self.invited(ids, id, call.app)?);
        }
        for id in bots {
            match self.apps.find(&id) {
                Some(_) => members.push(Actor::App(id)),
                None => return refuse(code::chat::INVALID, format!("the bot {id:?} is unknown")),
            }
        }
        let chat_id = format!("oc_{}", self.dice.hex(32));
        let mut chat = self.new_chat(chat_id.clone(), ChatMode::Group, call.text("name"), Vec::new(), Some(owner));
        chat.description = call.text("description").to_owned();
        chat.topics = call.text("group_message_type") == "thread";
        chat.settings = body.into_iter().filter(|(name, _)| is_setting(name) && name != "owner_id").collect();
        self.keep_chat(chat);
        self.join(&chat_id, &call.caller, members);
        let chat = self.chat_of(call, &chat_id)?;
        let mut answer = self.chat_view(&chat, ids, call.app);
        insert(&mut answer, "chat_id", json!(chat_id));
        self.chats_once.keep(self.now, call.app, &key, &answer, self.profile.records);
        Ok(Answer::Data(answer))
    }

    /// `GET /im/v1/chats/:chat_id`
    pub(super) fn read_chat(&mut self, call: &Call<'_>) -> Outcome {
        let ids = call.id_type("user_id_type", code::chat::ID_TYPE)?;
        let Some(chat) = self.chats.get(call.part(0)) else {
            return refuse(code::chat::CHAT_ID, "chat_id is invalid");
        };
        let mut view = self.chat_view(chat, ids, call.app);
        let status = if chat.dissolved { "dissolved" } else { "normal" };
        let more = [
            ("user_count", json!(chat.people().count().to_string())),
            ("bot_count", json!(chat.bots().count().to_string())),
            ("user_manager_id_list", json!([])),
            ("bot_manager_id_list", json!([])),
            ("chat_status", json!(status)),
        ];
        for (name, value) in more {
            insert(&mut view, name, value);
        }
        // "Outside the chat only name, avatar, counts and status" (official documentation).
        if !chat.has(&call.caller)
            && let Some(members) = view.as_object_mut()
        {
            let public = ["name", "avatar", "user_count", "bot_count", "chat_status"];
            members.retain(|name, _| public.contains(&name.as_str()));
        }
        Ok(Answer::Data(view))
    }

    /// `GET /im/v1/chats`: the groups of the caller.
    pub(super) fn list_chats(&mut self, call: &Call<'_>) -> Outcome {
        let ids = call.id_type("user_id_type", code::chat::ID_TYPE)?;
        let types = call.query("types");
        let wants = |mode: ChatMode| match types.as_str() {
            "" => mode == ChatMode::Group,
            types => types.split(',').any(|kind| kind == mode.as_str()),
        };
        let mut chats: Vec<&Chat> =
            self.chats().filter(|chat| chat.has(&call.caller) && wants(chat.mode) && !chat.dissolved).collect();
        match call.query("sort_type").as_str() {
            "" | "ByCreateTimeAsc" => chats.sort_by_key(|chat| chat.create_ms),
            "ByActiveTimeDesc" => {
                let active = |chat: &Chat| {
                    self.messages().rev().find(|message| message.chat_id == chat.chat_id).map(|last| last.create_ms)
                };
                chats.sort_by_key(|chat| std::cmp::Reverse(active(chat).unwrap_or(chat.create_ms)));
            }
            _ => return refuse(code::chat::INVALID, "sort_type is unknown"),
        }
        let view = |chat: &Chat| {
            let (owner_id, owner_id_type) = self.owner_view(chat, ids, call.app);
            let view = json!({
                "chat_id": chat.chat_id,
                "avatar": avatar(chat),
                "name": chat.name,
                "description": chat.description,
                "owner_id": owner_id,
                "owner_id_type": owner_id_type,
                "external": false,
                "tenant_key": self.profile.tenant_key,
                "chat_status": "normal",
                "chat_mode": chat.mode.as_str(),
            });
            (chat.chat_id.clone(), view)
        };
        Ok(Answer::Data(PAGES.of(call, chats.into_iter().map(view).collect())?))
    }

    /// `PUT /im/v1/chats/:chat_id`
    pub(super) fn update_chat(&mut self, call: &Call<'_>) -> Outcome {
        let ids = call.id_type("user_id_type", code::chat::ID_TYPE)?;
        let body = call.object(code::chat::INVALID)?.clone();
        let chat = self.group_of(call)?;
        check_names(&body)?;
        let change: Map<String, Value> = body
            .into_iter()
            .filter(|(name, _)| is_setting(name) || ANYBODYS.contains(&name.as_str()) || name == "owner_id")
            .collect();
        let owns = chat.owner.as_ref() == Some(&call.caller);
        if !owns {
            if change.keys().any(|name| !ANYBODYS.contains(&name.as_str())) {
                return refuse(code::chat::OWNERS_FIELD, "Only the owner can edit this.");
            }
            if chat.settings.get("edit_permission").and_then(Value::as_str) == Some("only_owner") {
                return refuse(code::chat::OWNER_ONLY, "Only the owner or an administrator can edit the chat.");
            }
        }
        let new_owner = match call.text("owner_id") {
            "" => None,
            id => {
                let owner = self.invited(ids, id, call.app)?;
                if !chat.has(&owner) {
                    return refuse(code::chat::NEW_OWNER, "The new owner is not in the chat.");
                }
                Some(owner)
            }
        };
        if let (Some(owner), Some(chat)) = (new_owner, self.chats.get_mut(&chat.chat_id)) {
            chat.owner = Some(owner);
        }
        if let (Some(kind), Some(chat)) =
            (change.get("group_message_type").and_then(Value::as_str), self.chats.get_mut(&chat.chat_id))
        {
            chat.topics = kind == "thread";
        }
        let change = change.into_iter().filter(|(name, _)| name != "owner_id").collect();
        self.change_chat(&chat.chat_id, &call.caller, change);
        Ok(Answer::done())
    }

    /// `DELETE /im/v1/chats/:chat_id`
    pub(super) fn delete_chat(&mut self, call: &Call<'_>) -> Outcome {
        let chat = self.group_of(call)?;
        if chat.owner.as_ref() != Some(&call.caller) {
            return refuse(code::chat::NOT_OWNER, "The caller is not the owner of the chat.");
        }
        self.dissolve(&chat.chat_id, &call.caller);
        Ok(Answer::done())
    }

    /// A group of the caller, which is the first variable part of the path.
    pub(super) fn group_of(&self, call: &Call<'_>) -> Result<Chat, Refusal> {
        let chat = self.chat_of(call, call.part(0))?;
        match chat.mode {
            ChatMode::Group => Ok(chat),
            ChatMode::P2p => refuse(code::chat::WRONG_TYPE, "This is not possible in a chat of this kind."),
        }
    }

    /// A chat of the caller.
    pub(super) fn chat_of(&self, call: &Call<'_>, chat_id: &str) -> Result<Chat, Refusal> {
        match self.chats.get(chat_id) {
            None => refuse(code::chat::CHAT_ID, "chat_id is invalid"),
            Some(chat) if chat.dissolved => refuse(code::chat::DISSOLVED, "The chat was dissolved."),
            Some(chat) if !chat.has(&call.caller) => {
                refuse(code::chat::NOT_IN_CHAT, "Operator can NOT be out of the chat.")
            }
            Some(chat) => Ok(chat.clone()),
        }
    }

    /// Somebody who is to come into a chat. "One listed user who cannot see the bot fails the whole call" (source of the
    /// official command line).
    fn invited(&self, ids: IdType, id: &str, app: AppKey) -> Result<Actor, Refusal> {
        match self.person_by(ids, id, app) {
            Some(person) => Ok(Actor::User(person.name.clone())),
            None => refuse(code::chat::BOT_INVISIBLE, format!("Bot is invisible to user ids: [{id}].")),
        }
    }

    fn chat_view(&self, chat: &Chat, ids: IdType, app: AppKey) -> Value {
        let (owner_id, owner_id_type) = self.owner_view(chat, ids, app);
        let mut view = json!({
            "avatar": avatar(chat),
            "name": chat.name,
            "description": chat.description,
            "owner_id": owner_id,
            "owner_id_type": owner_id_type,
            "chat_mode": chat.mode.as_str(),
            "group_message_type": if chat.topics { "thread" } else { "chat" },
            "chat_tag": "inner",
            "external": false,
            "tenant_key": self.profile.tenant_key,
        });
        for (name, usual) in SETTINGS {
            insert(&mut view, name, chat.settings.get(name).cloned().unwrap_or_else(|| json!(usual)));
        }
        for name in ["i18n_names", "labels", "toolkit_ids", "restricted_mode_setting", "pin_manage_setting"] {
            if let Some(value) = chat.settings.get(name) {
                insert(&mut view, name, value.clone());
            }
        }
        view
    }

    /// "`owner_id` is empty when a bot owns the chat" (field reports).
    fn owner_view(&self, chat: &Chat, ids: IdType, app: AppKey) -> (String, &'static str) {
        match &chat.owner {
            Some(Actor::User(name)) => {
                let person = self.people.get(name);
                (person.map(|person| self.id_in(person, ids, app)).unwrap_or_default(), ids.as_str())
            }
            _ => (String::new(), ""),
        }
    }
}

fn avatar(chat: &Chat) -> Value {
    chat.settings.get("avatar").cloned().unwrap_or_else(|| json!(""))
}

fn is_setting(name: &str) -> bool {
    name == "avatar"
        || name == "i18n_names"
        || OTHERS.contains(&name)
        || SETTINGS.iter().any(|(known, _)| *known == name)
}

/// Names have 60 characters at most, descriptions 100 (source of the official command line).
fn check_names(body: &Map<String, Value>) -> Result<(), Refusal> {
    for (name, most) in [("name", 60), ("description", 100)] {
        match body.get(name) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) if text.chars().count() <= most => {}
            Some(_) => {
                return refuse(code::chat::INVALID, format!("{name} is not a text of at most {most} characters"));
            }
        }
    }
    Ok(())
}
