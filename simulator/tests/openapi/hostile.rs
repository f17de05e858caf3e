//! Whatever a client calls, and whatever people do meanwhile: every call is answered as the platform answers, nothing grows
//! without end, and nothing panics.

use std::time::Duration;

use bytes::Bytes;
use larkwire_sim::{CardAction, Draft, Request, Shape};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::common::Bench;

const CALLS: [(&str, &str); 46] = [
    ("POST", "auth/v3/tenant_access_token/internal"),
    ("POST", "im/v1/messages?receive_id_type=chat_id"),
    ("POST", "im/v1/messages?receive_id_type=open_id"),
    ("GET", "im/v1/messages?container_id_type=chat&container_id=*"),
    ("GET", "im/v1/messages?container_id_type=thread&container_id=*"),
    ("GET", "im/v1/messages/*"),
    ("PUT", "im/v1/messages/*"),
    ("PATCH", "im/v1/messages/*"),
    ("DELETE", "im/v1/messages/*"),
    ("POST", "im/v1/messages/*/reply"),
    ("POST", "im/v1/messages/*/forward?receive_id_type=chat_id"),
    ("POST", "im/v1/messages/*/forward?receive_id_type=thread_id"),
    ("GET", "im/v1/messages/*/read_users?user_id_type=open_id"),
    ("POST", "im/v1/messages/*/reactions"),
    ("GET", "im/v1/messages/*/reactions"),
    ("DELETE", "im/v1/messages/*/reactions/*"),
    ("GET", "im/v1/messages/*/resources/*?type=file"),
    ("POST", "im/v1/images"),
    ("GET", "im/v1/images/*"),
    ("POST", "im/v1/files"),
    ("GET", "im/v1/files/*"),
    ("POST", "im/v1/chats"),
    ("GET", "im/v1/chats?page_size=1&page_token=*"),
    ("GET", "im/v1/chats/*"),
    ("PUT", "im/v1/chats/*"),
    ("DELETE", "im/v1/chats/*"),
    ("POST", "im/v1/chats/*/members?succeed_type=1"),
    ("GET", "im/v1/chats/*/members"),
    ("DELETE", "im/v1/chats/*/members"),
    ("DELETE", "im/v1/chats/*/members?member_id_type=app_id"),
    ("GET", "im/v1/chats/*/members/is_in_chat"),
    ("GET", "contact/v3/users/*"),
    ("GET", "contact/v3/users/batch?user_ids=*"),
    ("POST", "contact/v3/users/batch_get_id"),
    ("POST", "cardkit/v1/cards"),
    ("POST", "cardkit/v1/cards/id_convert"),
    ("PUT", "cardkit/v1/cards/*"),
    ("PATCH", "cardkit/v1/cards/*/settings"),
    ("POST", "cardkit/v1/cards/*/batch_update"),
    ("POST", "cardkit/v1/cards/*/elements"),
    ("PUT", "cardkit/v1/cards/*/elements/*"),
    ("PATCH", "cardkit/v1/cards/*/elements/*"),
    ("DELETE", "cardkit/v1/cards/*/elements/*"),
    ("PUT", "cardkit/v1/cards/*/elements/*/content"),
    ("POST", "interactive/v1/card/update"),
    ("POST", "event/v1/connections/*/bind_user"),
];

const FIELDS: [&str; 30] = [
    "receive_id",
    "msg_type",
    "content",
    "uuid",
    "reply_in_thread",
    "reaction_type",
    "name",
    "description",
    "owner_id",
    "user_id_list",
    "bot_id_list",
    "id_list",
    "group_message_type",
    "edit_permission",
    "emails",
    "type",
    "data",
    "card",
    "settings",
    "sequence",
    "actions",
    "elements",
    "element",
    "partial_element",
    "target_element_id",
    "token",
    "message_id",
    "app_id",
    "app_secret",
    "channel_tag",
];

/// What stands for an id or a value: one that the platform gave, or one of these.
fn value(pick: usize, known: &[String]) -> Value {
    let card = r#"{"schema":"2.0","config":{"streaming_mode":true},"body":{"elements":[{"tag":"markdown","element_id":"e","content":"x"},{"tag":"column_set","element_id":"c","columns":[{"tag":"column","elements":[]}]}]}}"#;
    let junk = [
        Value::Null,
        json!(true),
        json!(-1),
        json!(1),
        json!(7),
        json!(u64::MAX),
        json!(""),
        json!("text"),
        json!("post"),
        json!("interactive"),
        json!("card_json"),
        json!("template"),
        json!("append"),
        json!("insert_before"),
        json!("e"),
        json!("c"),
        json!("thread"),
        json!("{}"),
        json!("[]"),
        json!("{\"text\":\"<at user_id=\\\"all\\\"></at> <at\"}"),
        json!("{\"zh_cn\":{\"content\":[[{\"tag\":\"at\",\"user_id\":\"x\"},{\"tag\":\"md\",\"text\":7},9]]}}"),
        json!(card),
        json!(
            "{\"elements\":[{\"tag\":\"action\",\"actions\":[{\"tag\":\"button\",\"value\":{}}]}],\"config\":{\"update_multi\":true}}"
        ),
        json!("{\"config\":{\"streaming_mode\":false},\"card_link\":{}}"),
        json!(
            "[{\"action\":\"delete_elements\",\"params\":{\"element_ids\":[\"e\",\"c\"]}},{\"action\":\"add_elements\",\"params\":{\"type\":\"append\",\"elements\":[{\"tag\":\"hr\"}]}}]"
        ),
        json!("[{\"tag\":\"markdown\",\"element_id\":\"e\",\"content\":\"y\"}]"),
        json!({"emoji_type": "OK"}),
        json!({"type": "card_json", "data": card}),
        json!(["x", 7, null]),
        json!([known.last(), known.first()]),
        json!("x".repeat(200)),
    ];
    match known.get(pick / 2 % known.len().max(1)) {
        Some(id) if pick.is_multiple_of(2) => json!(id),
        _ => junk[pick / 2 % junk.len()].clone(),
    }
}

#[derive(Clone, Debug)]
enum Step {
    Call { call: usize, ids: Vec<usize>, fields: Vec<(usize, usize)>, token: usize, raw: Option<Vec<u8>> },
    Person { act: usize, ids: Vec<usize> },
    Pass(u32),
}

fn step() -> impl Strategy<Value = Step> {
    let ids = || proptest::collection::vec(any::<usize>(), 3);
    let fields = proptest::collection::vec((any::<usize>(), any::<usize>()), 0..5);
    let raw = prop_oneof![9 => Just(None), 1 => proptest::collection::vec(any::<u8>(), 0..64).prop_map(Some)];
    let call = (0..CALLS.len(), ids(), fields, any::<usize>(), raw);
    prop_oneof![
        6 => call.prop_map(|(call, ids, fields, token, raw)| Step::Call { call, ids, fields, token, raw }),
        2 => (any::<usize>(), ids()).prop_map(|(act, ids)| Step::Person { act, ids }),
        1 => (0_u32..900_000).prop_map(Step::Pass),
    ]
}

/// Ids in an answer, for later calls.
fn harvest(answer: &Value, known: &mut Vec<String>) {
    match answer {
        Value::Object(members) => {
            for (name, member) in members {
                match member.as_str() {
                    Some(id) if name.ends_with("_id") || name.ends_with("_key") || name.ends_with("token") => {
                        known.push(id.to_owned());
                    }
                    _ => harvest(member, known),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| harvest(item, known)),
        _ => {}
    }
}

fn person(bench: &mut Bench, act: usize, ids: &[usize], known: &[String]) {
    let text = |index: usize| value(ids[index], known).as_str().unwrap_or("om_x").to_owned();
    let (now, id) = (bench.now, text(0));
    let platform = &mut bench.platform;
    let name = ["alice", "bob"][ids[1] % 2];
    match act % 10 {
        0 => drop(platform.say(now, name, &text(1))),
        1 => drop(platform.post(now, name, Draft::text(&text(1)).in_chat(id).mention("all"))),
        2 => drop(platform.post(now, name, Draft::new(text(1), &json!({"x": id})).reply_to(text(2)).in_thread())),
        3 => drop(platform.edit(now, name, &id, &text(1))),
        4 => drop(platform.recall(now, name, &id)),
        5 => drop(platform.react(now, name, &id, "OK")),
        6 => drop(platform.read(now, name, &id)),
        7 => drop(platform.act_on_card(now, name, &id, &CardAction::button(json!(id)), Shape::default())),
        8 => drop(platform.add_members(now, name, &id, [text(1), "carol".into()])),
        _ => drop(platform.remove_members(now, name, &id, [name])),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_call_is_answered(steps in proptest::collection::vec(step(), 1..100)) {
        let mut bench = Bench::with(|profile| (profile.records, profile.rate_limits) = (20, true));
        bench.connect();
        let alice = bench.platform.person("alice");
        let group = bench.platform.group(bench.now, "ops", ["alice", "bob", &bench.credentials().0]);
        let said = bench.platform.say(bench.now, "alice", "hi").message_id;
        let mut known = vec![bench.token(), alice.open_id, alice.chat_id, group.chat_id, said, bench.credentials().0];
        known.push(bench.platform.user_token(bench.now, "bob"));
        for step in steps {
            match step {
                Step::Pass(ms) => drop(bench.pass(Duration::from_millis(ms.into()))),
                Step::Person { act, ids } => {
                    person(&mut bench, act, &ids, &known);
                    bench.drain();
                }
                Step::Call { call, ids, fields, token, raw } => {
                    let (method, path) = CALLS[call];
                    let mut ids = ids.into_iter();
                    let mut target = "/open-apis/".to_owned();
                    for (index, part) in path.split('*').enumerate() {
                        if index > 0 {
                            target.push_str(value(ids.next().unwrap_or(0), &known).as_str().unwrap_or("x"));
                        }
                        target.push_str(part);
                    }
                    let field = |(name, pick): (usize, usize)| (FIELDS[name % FIELDS.len()].to_owned(), value(pick, &known));
                    let body: Value = Value::Object(fields.into_iter().map(field).collect());
                    let body = raw.map_or_else(|| Bytes::from(body.to_string()), Bytes::from);
                    let token = if token % 8 == 0 { "t-x".to_owned() } else if token % 8 == 1 { known[6].clone() } else { bench.token() };
                    let headers = vec![("Authorization".to_owned(), format!("Bearer {token}"))];
                    let request = Request { method: method.into(), target: target.clone(), headers, body };
                    let response = bench.try_request(request).unwrap();
                    let typed = response.headers.iter().any(|(name, value)| {
                        name == "Content-Type" && value.starts_with("application/json")
                    });
                    if typed || response.status != 200 {
                        let answer: Value = serde_json::from_slice(&response.body).unwrap();
                        prop_assert!(answer["code"].is_i64() && answer["msg"].is_string(), "{} {}", target, answer);
                        prop_assert_eq!(answer["code"] == 0, response.status == 200);
                        harvest(&answer["data"], &mut known);
                    }
                    let excess = known.len().saturating_sub(200);
                    known.drain(7..7 + excess);
                }
            }
            let platform = &bench.platform;
            prop_assert!(platform.messages().count() <= 20 && platform.people().count() <= 20);
            prop_assert!(platform.chats().count() <= 50 && platform.bot_messages(0).count() <= 20);
        }
    }
}
