//! People, and the bot itself.

use serde_json::{Value, json};

use super::call::{Answer, Call, Outcome, refuse};
use super::code;
use crate::platform::Platform;
use crate::platform::app::AppKey;
use crate::platform::people::{IdType, Person};

/// Addresses and numbers in one call (official documentation).
const MOST_ADDRESSES: usize = 50;

impl Platform {
    /// `GET /contact/v3/users/:user_id`
    pub(super) fn read_user(&mut self, call: &Call<'_>) -> Outcome {
        let ids = call.id_type("user_id_type", code::contact::INVALID)?;
        let id = call.part(0);
        let Some(person) = self.person_by(ids, id, call.app) else {
            return match ids {
                IdType::Open if self.is_open_id_elsewhere(id, call.app) => {
                    refuse(code::contact::OPEN_ID_OF_ANOTHER_APP, "open_id cross app")
                }
                IdType::Open => refuse(code::contact::OPEN_ID, "not a valid open_id"),
                IdType::Union => refuse(code::contact::UNION_ID, "not a valid union_id"),
                IdType::User => refuse(code::contact::USER_ID, "not a valid user_id"),
            };
        };
        Ok(Answer::Data(json!({"user": self.user_view(person, call.app)})))
    }

    /// `GET /contact/v3/users/batch?user_ids=…&user_ids=…`: those who exist.
    pub(super) fn read_users_at_once(&mut self, call: &Call<'_>) -> Outcome {
        let ids = call.id_type("user_id_type", code::contact::INVALID)?;
        let wanted: Vec<String> = call.request.parameters("user_ids").collect();
        if wanted.is_empty() || wanted.len() > MOST_ADDRESSES {
            return refuse(code::contact::INVALID, "user_ids must name 1 to 50 people");
        }
        let people = wanted.iter().filter_map(|id| self.person_by(ids, id, call.app));
        let items: Vec<Value> = people.map(|person| self.user_view(person, call.app)).collect();
        Ok(Answer::Data(json!({"items": items})))
    }

    fn user_view(&self, person: &Person, app: AppKey) -> Value {
        let picture = |size: &str| format!("https://example.com/avatar/{}/{size}.png", person.avatar);
        json!({
            "union_id": person.union_id,
            "user_id": person.user_id,
            "open_id": self.open_id_in(person, app),
            "name": person.name,
            "en_name": person.name,
            "email": person.email,
            "mobile": person.mobile,
            "mobile_visible": true,
            "gender": 0,
            "avatar": {
                "avatar_72": picture("72"),
                "avatar_240": picture("240"),
                "avatar_640": picture("640"),
                "avatar_origin": picture("origin"),
            },
            "status": status(),
            "department_ids": ["od-0"],
            "is_tenant_manager": false,
            "job_title": "",
            "join_time": self.profile.unix_ms / 1000,
        })
    }

    /// `POST /contact/v3/users/batch_get_id`
    pub(super) fn find_users(&mut self, call: &Call<'_>) -> Outcome {
        let ids = call.id_type("user_id_type", code::contact::INVALID)?;
        call.object(code::contact::INVALID)?;
        let (emails, mobiles) = (call.texts("emails"), call.texts("mobiles"));
        if emails.len() > MOST_ADDRESSES || mobiles.len() > MOST_ADDRESSES {
            return refuse(code::contact::INVALID, "at most 50 emails and 50 mobiles");
        }
        let entry = |name: &str, address: String, is: &dyn Fn(&Person) -> bool| {
            let mut entry = json!({name: address});
            // "An unknown address gives an entry without user_id" (official documentation).
            if let (Some(person), Some(members)) = (self.people().find(|person| is(person)), entry.as_object_mut()) {
                members.insert("user_id".into(), json!(self.id_in(person, ids, call.app)));
                members.insert("status".into(), status());
            }
            entry
        };
        let emails = emails.into_iter().map(|email| entry("email", email.clone(), &|person| person.email == email));
        let mobiles = mobiles.into_iter().map(|mobile| {
            // Numbers of other countries are asked for with their prefix.
            let digits = mobile.trim_start_matches("+86").to_owned();
            entry("mobile", mobile, &|person| person.mobile == digits)
        });
        let list: Vec<Value> = emails.chain(mobiles).collect();
        Ok(Answer::Data(json!({"user_list": list})))
    }

    /// `GET /application/v6/applications/:app_id`: only the app itself.
    pub(super) fn read_app(&mut self, call: &Call<'_>) -> Outcome {
        let app = self.apps.get(call.app);
        if call.part(0) != app.id {
            return refuse(code::INVALID_PARAMETER, "app_id is not that of the caller");
        }
        Ok(Answer::Data(json!({"app": {
            "app_id": app.id,
            "app_name": app.name,
            "avatar_url": "https://example.com/bot.png",
            "scene_type": 0,
            "status": 1,
        }})))
    }

    /// `GET /bot/v3/info`: the answer is flat.
    pub(super) fn read_bot(&mut self, call: &Call<'_>) -> Outcome {
        let bot = self.apps.get(call.app);
        Ok(Answer::Flat(json!({
            "code": 0,
            "msg": "ok",
            "bot": {
                "activate_status": 2,
                "app_name": bot.name,
                "avatar_url": "https://example.com/bot.png",
                "ip_white_list": [],
                "open_id": bot.open_id,
            },
        })))
    }
}

fn status() -> Value {
    json!({"is_frozen": false, "is_resigned": false, "is_activated": true, "is_exited": false, "is_unjoin": false})
}
