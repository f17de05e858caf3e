//! The members of groups.

use serde_json::{Value, json};

use super::call::{Answer, Call, Outcome, Refusal, refuse};
use super::chats::{MOST_BOTS, MOST_USERS};
use super::code;
use super::paging::Pages;
use crate::platform::Platform;
use crate::platform::chat::MOST_MEMBERS;
use crate::platform::people::{Actor, IdType};

const PAGES: Pages = Pages { usual: 20, most: 100, bad_size: code::chat::INVALID, bad_token: code::chat::INVALID };

impl Platform {
    /// `POST /im/v1/chats/:chat_id/members`
    pub(super) fn create_members(&mut self, call: &Call<'_>) -> Outcome {
        let (known, unknown) = self.listed(call)?;
        let chat = self.group_of(call)?;
        let lenient = match call.query("succeed_type").as_str() {
            "" | "0" | "2" => false,
            "1" => true,
            _ => return refuse(code::chat::INVALID, "succeed_type must be 0, 1 or 2"),
        };
        if !lenient && !unknown.is_empty() {
            return refuse(code::chat::NOT_VISIBLE, format!("users cannot see the app, or do not exist: {unknown:?}"));
        }
        if chat.members.len().saturating_add(known.len()) > MOST_MEMBERS {
            return refuse(code::chat::MEMBER_LIMIT, "The chat has reached the limit of its members.");
        }
        self.join(&chat.chat_id, &call.caller, known);
        Ok(Answer::Data(json!({
            "invalid_id_list": unknown,
            "not_existed_id_list": [],
            "pending_approval_id_list": [],
        })))
    }

    /// `DELETE /im/v1/chats/:chat_id/members`
    pub(super) fn delete_members(&mut self, call: &Call<'_>) -> Outcome {
        let (known, unknown) = self.listed(call)?;
        let chat = self.group_of(call)?;
        let only_self = known.iter().all(|member| *member == call.caller);
        if !only_self && chat.owner.as_ref() != Some(&call.caller) {
            return refuse(code::chat::NOT_OWNER, "The caller is not the owner of the chat.");
        }
        self.leave(&chat.chat_id, &call.caller, &known);
        Ok(Answer::Data(json!({"invalid_id_list": unknown})))
    }

    /// Those whom `id_list` names, and the ids that name nobody.
    fn listed(&self, call: &Call<'_>) -> Result<(Vec<Actor>, Vec<String>), Refusal> {
        call.object(code::chat::INVALID)?;
        let kind = call.query("member_id_type");
        let bots = kind == "app_id";
        let ids = if bots { IdType::Open } else { call.id_type("member_id_type", code::chat::ID_TYPE)? };
        let list = call.texts("id_list");
        if list.is_empty() {
            return refuse(code::chat::NO_VALID_MEMBERS, "id_list is empty");
        }
        if list.len() > if bots { MOST_BOTS } else { MOST_USERS } {
            return refuse(code::chat::INVALID, "id_list has more than 50 users or 5 bots");
        }
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for id in list {
            let member = match bots {
                true => self.apps.find(&id).map(|_| Actor::App(id.clone())),
                false => self.person_by(ids, &id, call.app).map(|person| Actor::User(person.name.clone())),
            };
            match member {
                Some(member) => known.push(member),
                None => unknown.push(id),
            }
        }
        Ok((known, unknown))
    }

    /// `GET /im/v1/chats/:chat_id/members`: people only.
    pub(super) fn list_members(&mut self, call: &Call<'_>) -> Outcome {
        let ids = call.id_type("member_id_type", code::chat::ID_TYPE)?;
        let chat = self.chat_of(call, call.part(0))?;
        let people = chat.people().filter_map(|name| self.people.get(name));
        let all: Vec<(String, Value)> = people
            .map(|person| {
                let member_id = self.id_in(person, ids, call.app);
                let view = json!({
                    "member_id_type": ids.as_str(),
                    "member_id": member_id,
                    "name": person.name,
                    "tenant_key": self.profile.tenant_key,
                });
                (member_id, view)
            })
            .collect();
        let total = all.len();
        let mut page = PAGES.of(call, all)?;
        crate::platform::events::insert(&mut page, "member_total", json!(total));
        Ok(Answer::Data(page))
    }

    /// `GET /im/v1/chats/:chat_id/members/is_in_chat`: about the caller.
    pub(super) fn is_in_chat(&mut self, call: &Call<'_>) -> Outcome {
        match self.chats.get(call.part(0)) {
            None => refuse(code::chat::CHAT_ID, "chat_id is invalid"),
            Some(chat) => Ok(Answer::Data(json!({"is_in_chat": chat.has(&call.caller) && !chat.dissolved}))),
        }
    }
}
