//! Groups, their members, and people.

use larkwire_sim::{AppProfile, ChatMode};
use serde_json::{Value, json};

use super::common::Bench;

const OTHER: (&str, &str) = ("cli_51a0000000000002", "other-secret-not-real");

fn ids(bench: &mut Bench, names: &[&str]) -> Vec<String> {
    names.iter().map(|name| bench.platform.person(name).open_id).collect()
}

// fidelity: Groups | a bot makes groups and owns them, once per `uuid` | official documentation, field reports
#[test]
fn a_bot_makes_a_group_once_per_key_and_owns_it() {
    let mut bench = Bench::new();
    let people = ids(&mut bench, &["alice", "bob"]);
    let path = "im/v1/chats?user_id_type=open_id&set_bot_manager=False&uuid=c-1";
    let body = json!({"name": "release", "description": "d", "user_id_list": people});
    let made = bench.done("POST", path, &body);
    assert_eq!(bench.done("POST", path, &body)["chat_id"], made["chat_id"]);
    let path = format!("im/v1/chats/{}", made["chat_id"].as_str().unwrap());
    let read = bench.done("GET", &path, &json!({}));
    assert_eq!((&read["user_count"], &read["bot_count"], &read["owner_id"]), (&json!("2"), &json!("1"), &json!("")));
    assert_eq!((&read["chat_mode"], &read["chat_status"]), (&json!("group"), &json!("normal")));
    assert_eq!(bench.done("PUT", &path, &json!({"name": "v2", "edit_permission": "only_owner"})), json!({}));
    let read = bench.done("GET", &path, &json!({}));
    assert_eq!((&read["name"], &read["edit_permission"]), (&json!("v2"), &json!("only_owner")));
    let listed = bench.done("GET", "im/v1/chats", &json!({}))["items"].clone();
    assert_eq!(listed.as_array().unwrap().len(), 1, "chats of one person are not listed");
    assert_eq!(bench.done("DELETE", &path, &Value::Null), json!({}));
    assert_eq!(bench.done("GET", &path, &json!({}))["chat_status"], "dissolved");
    assert_eq!(bench.api("PUT", &path, &json!({"name": "v3"})).0, 232_009);
}

#[test]
fn members_come_and_go() {
    let mut bench = Bench::new();
    let people = ids(&mut bench, &["alice", "bob"]);
    let made = bench.done("POST", "im/v1/chats", &json!({"name": "ops", "user_id_list": [people[0]]}));
    let path = format!("im/v1/chats/{}/members", made["chat_id"].as_str().unwrap());
    let add = json!({"id_list": [people[1], "ou_nobody"]});
    assert_eq!(bench.api("POST", &path, &add).0, 232_024, "succeed_type 0: one bad id fails all");
    let added = bench.done("POST", &format!("{path}?member_id_type=open_id&succeed_type=1"), &add);
    assert_eq!(added["invalid_id_list"], json!(["ou_nobody"]));
    let listed = bench.done("GET", &format!("{path}?page_size=1"), &json!({}));
    assert_eq!((&listed["member_total"], &listed["has_more"]), (&json!(2), &json!(true)));
    let next = format!("{path}?page_size=1&page_token={}", listed["page_token"].as_str().unwrap());
    assert_eq!(bench.done("GET", &next, &json!({}))["items"][0]["name"], "bob");
    assert_eq!(bench.done("DELETE", &path, &json!({"id_list": [people[1]]}))["invalid_id_list"], json!([]));
    assert_eq!(bench.done("GET", &path, &json!({}))["member_total"], 1);
    assert_eq!(bench.done("GET", &format!("{path}/is_in_chat"), &json!({}))["is_in_chat"], true);
    let bot = bench.credentials().0;
    bench.done("DELETE", &format!("{path}?member_id_type=app_id"), &json!({"id_list": [bot]}));
    assert_eq!(bench.done("GET", &format!("{path}/is_in_chat"), &json!({}))["is_in_chat"], false);
    assert_eq!(bench.api("GET", &path, &json!({})).0, 232_011);
}

#[test]
fn groups_are_refused_in_the_platforms_words() {
    let mut bench = Bench::new();
    let alice = bench.platform.person("alice");
    let group = bench.platform.group(bench.now, "hers", ["alice", &bench.credentials().0]);
    let path = format!("im/v1/chats/{}", group.chat_id);
    let members = format!("{path}/members");
    let p2p = format!("im/v1/chats/{}", alice.chat_id);
    for (method, path, body, code) in [
        ("POST", "im/v1/chats", json!({"user_id_list": ["ou_nobody"]}), 232_043),
        ("POST", "im/v1/chats", json!({"name": "x".repeat(61)}), 232_001),
        ("POST", "im/v1/chats", json!({"chat_mode": "topic"}), 232_001),
        ("POST", "im/v1/chats?user_id_type=email", json!({}), 232_015),
        ("GET", "im/v1/chats/oc_x", json!({}), 232_006),
        ("PUT", &path, json!({"edit_permission": "only_owner"}), 232_016),
        ("DELETE", &path, Value::Null, 232_017),
        ("DELETE", &members, json!({"id_list": [alice.open_id]}), 232_017),
        ("POST", &members, json!({"id_list": []}), 232_027),
        ("PUT", &p2p, json!({"name": "x"}), 232_008),
    ] {
        assert_eq!(bench.api(method, path, &body).0, code, "{method} {path} {body}");
    }
    assert_eq!(bench.api("PUT", &path, &json!({"name": "ours"})).0, 0, "a member may rename");
    assert_eq!(bench.platform.chat(&alice.chat_id).unwrap().mode, ChatMode::P2p);
}

#[test]
fn another_bot_is_told_what_a_bot_does_to_a_group() {
    let mut bench = Bench::with(|profile| profile.apps.push(AppProfile::new(OTHER.0, OTHER.1)));
    let people = ids(&mut bench, &["alice"]);
    bench.connect();
    let there = bench.connect_as(OTHER.0, OTHER.1);
    let body = json!({"name": "both", "user_id_list": people, "bot_id_list": [OTHER.0]});
    let token = bench.token();
    let response = bench.call(&token, "/open-apis/im/v1/chats", body).1;
    assert_eq!(response["code"], 0);
    // The outputs of the call went with its answer: what was pushed stands in the records.
    let pushed: Vec<(String, String)> =
        bench.platform.push_records().map(|record| (record.event_type.to_string(), record.app_id.clone())).collect();
    assert_eq!(pushed, [("im.chat.member.bot.added_v1".to_owned(), OTHER.0.to_owned())]);
    assert_eq!(bench.platform.push_records().next().unwrap().deliveries[0].connection, Some(there));
}

#[test]
fn people_are_found_by_every_id_and_by_mail() {
    let mut bench = Bench::with(|profile| profile.apps.push(AppProfile::new(OTHER.0, OTHER.1)));
    let ada = bench.platform.person("Ada");
    for (id, kind) in [(&ada.open_id, "open_id"), (&ada.union_id, "union_id"), (&ada.user_id, "user_id")] {
        let user = bench.done("GET", &format!("contact/v3/users/{id}?user_id_type={kind}"), &json!({}))["user"].clone();
        assert_eq!((&user["name"], &user["open_id"]), (&json!("Ada"), &json!(ada.open_id)));
    }
    for (kind, code) in [("open_id", 99_992_351), ("union_id", 99_992_381), ("user_id", 99_992_364)] {
        assert_eq!(bench.api("GET", &format!("contact/v3/users/x?user_id_type={kind}"), &json!({})).0, code);
    }
    let batch = format!("contact/v3/users/batch?user_ids={}&user_ids=ou_x&user_ids={0}", ada.open_id);
    assert_eq!(bench.done("GET", &batch, &json!({}))["items"].as_array().unwrap().len(), 2);
    assert_eq!(bench.api("GET", "contact/v3/users/batch", &json!({})).0, 40_001);
    let token = bench.token_as(OTHER.0, OTHER.1);
    let path = format!("contact/v3/users/{}", ada.open_id);
    assert_eq!(bench.api_as(&token, "GET", &path, &json!({})).0, 99_992_361);
    let body = json!({"emails": ["ada@example.com", "x@example.com"], "mobiles": [format!("+86{}", ada.mobile)]});
    let list = bench.done("POST", "contact/v3/users/batch_get_id", &body)["user_list"].clone();
    let found: Vec<Option<&str>> = list.as_array().unwrap().iter().map(|entry| entry["user_id"].as_str()).collect();
    assert_eq!(found, [Some(ada.open_id.as_str()), None, Some(ada.open_id.as_str())]);
}

#[test]
fn a_person_can_call_too_and_then_the_bot_hears_of_it() {
    let mut bench = Bench::new();
    bench.connect();
    let alice = bench.platform.person("alice");
    let token = bench.platform.user_token(bench.now, "alice");
    let content = json!({"text": "as myself"}).to_string();
    let body = json!({"receive_id": alice.chat_id, "msg_type": "text", "content": content});
    let (code, sent) = bench.api_as(&token, "POST", "im/v1/messages?receive_id_type=chat_id", &body);
    assert_eq!((code, &sent["data"]["sender"]["id"]), (0, &json!(alice.open_id)));
    assert_eq!(bench.platform.push_records().next().unwrap().event_type.as_ref(), "im.message.receive_v1");
    assert_eq!(bench.api_as(&token, "GET", "bot/v3/info", &json!({})).0, 99_991_668, "only for the bot");
}

#[test]
fn the_bot_knows_itself_and_its_connections() {
    let mut bench = Bench::new();
    let answer = bench.api("GET", "bot/v3/info", &json!({})).1;
    assert_eq!((&answer["msg"], &answer["bot"]["app_name"]), (&json!("ok"), &json!("Bot")));
    assert_eq!(answer["bot"]["open_id"], bench.platform.apps().next().unwrap().open_id);
    let id = bench.credentials().0;
    let app = bench.done("GET", &format!("application/v6/applications/{id}?lang=zh_cn"), &json!({}))["app"].clone();
    assert_eq!((&app["app_id"], &app["app_name"]), (&json!(id), &json!("Bot")));
    assert_eq!(bench.api("GET", "application/v6/applications/cli_x", &json!({})).0, 10_003);
    assert_eq!(bench.done("GET", "event/v1/connection", &json!({}))["online_instance_cnt"], 0);
    bench.connect();
    bench.connect();
    assert_eq!(bench.done("GET", "event/v1/connection", &json!({}))["online_instance_cnt"], 2);
    // The other instance of the app, which takes events away, has one as well.
    bench.platform.inject_preset(bench.now, "noisy_neighbour");
    assert_eq!(bench.done("GET", "event/v1/connection", &json!({}))["online_instance_cnt"], 3);
}

// fidelity: Calls | 99991672 names the permission that is missing | official documentation
#[test]
fn a_permission_that_is_missing_is_named() {
    let mut bench = Bench::with(|profile| profile.denied_scopes.push("im:chat".into()));
    let (code, answer) = bench.api("GET", "im/v1/chats", &json!({}));
    assert_eq!(code, 99_991_672);
    assert_eq!(answer["error"]["permission_violations"][0]["subject"], "im:chat");
}
