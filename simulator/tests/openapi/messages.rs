//! Messages that are there: history, edits, recalls, cards, threads.

use std::time::Duration;

use larkwire_sim::{Change, Draft, What};
use serde_json::{Value, json};

use super::common::Bench;

const DAY: Duration = Duration::from_secs(24 * 3600);
const SEND: &str = "im/v1/messages?receive_id_type=chat_id";

fn text(text: &str) -> Value {
    json!({"msg_type": "text", "content": json!({"text": text}).to_string()})
}

/// Sends to alice's chat with the bot; the id is the result.
fn send(bench: &mut Bench, msg_type: &str, content: &Value) -> String {
    let chat_id = bench.platform.person("alice").chat_id;
    let body = json!({"receive_id": chat_id, "msg_type": msg_type, "content": content.to_string()});
    bench.done("POST", SEND, &body)["message_id"].as_str().unwrap().to_owned()
}

fn edit(bench: &mut Bench, id: &str, new: &str) -> i64 {
    bench.api("PUT", &format!("im/v1/messages/{id}"), &text(new)).0
}

// fidelity: Messages | a text is edited at most 20 times, within 24 h | official documentation, field reports
#[test]
fn an_edit_changes_the_message_and_twenty_are_enough() {
    let mut bench = Bench::new();
    bench.connect();
    let id = send(&mut bench, "text", &json!({"text": "one"}));
    bench.pass(Duration::from_secs(60));
    let answer = bench.done("PUT", &format!("im/v1/messages/{id}"), &text("two"));
    assert_eq!((&answer["updated"], &answer["body"]["content"]), (&json!(true), &json!(r#"{"text":"two"}"#)));
    assert_ne!(answer["update_time"], answer["create_time"]);
    let changed = bench.platform.transcript().rev().find_map(|entry| match &entry.what {
        What::MessageUpdated { change, message } => Some((*change, message.shown.clone())),
        _ => None,
    });
    assert_eq!(changed, Some((Change::Edited, r#"{"text":"two"}"#.to_owned())));
    assert_eq!(bench.drain(), [], "an edit raises no event");
    for _ in 1..20 {
        assert_eq!(edit(&mut bench, &id, "again"), 0);
    }
    assert_eq!(edit(&mut bench, &id, "one too many"), 230_072);
}

#[test]
fn an_edit_is_refused_for_what_cannot_be_edited() {
    let mut bench = Bench::new();
    let id = send(&mut bench, "text", &json!({"text": "one"}));
    let said = bench.platform.say(bench.now, "alice", "mine").message_id;
    let post = json!({"msg_type": "post", "content": json!({"zh_cn": {"content": [[]]}}).to_string()});
    assert_eq!(edit(&mut bench, &said, "yours"), 230_071);
    assert_eq!(bench.api("PUT", &format!("im/v1/messages/{id}"), &post).0, 230_054);
    let image = json!({"msg_type": "image", "content": "{}"});
    assert_eq!(bench.api("PUT", &format!("im/v1/messages/{id}"), &image).0, 230_001);
    bench.pass(DAY + Duration::from_secs(1));
    assert_eq!(edit(&mut bench, &id, "too late"), 230_075);
    assert_eq!(edit(&mut bench, "om_unknown", "x"), 230_011);
}

// fidelity: Messages | a recalled message is gone, within 24 h of its sending | official documentation
#[test]
fn a_recalled_message_is_gone_for_everybody() {
    let mut bench = Bench::new();
    let id = send(&mut bench, "text", &json!({"text": "oops"}));
    let path = format!("im/v1/messages/{id}");
    assert_eq!(bench.done("DELETE", &path, &Value::Null), json!({}));
    assert_eq!(bench.api("DELETE", &path, &Value::Null).0, 230_110);
    assert_eq!(edit(&mut bench, &id, "x"), 230_011);
    assert_eq!(bench.api("POST", &format!("{path}/reply"), &text("x")).0, 230_011);
    let items = &bench.done("GET", &path, &json!({}))["items"];
    assert_eq!(items[0]["deleted"], true);
    assert!(!items[0]["body"]["content"].as_str().unwrap().contains("oops"));
    let said = bench.platform.say(bench.now, "alice", "mine").message_id;
    assert_eq!(bench.api("DELETE", &format!("im/v1/messages/{said}"), &Value::Null).0, 230_026);
    let id = send(&mut bench, "text", &json!({"text": "old"}));
    bench.pass(DAY + Duration::from_secs(1));
    assert_eq!(bench.api("DELETE", &format!("im/v1/messages/{id}"), &Value::Null).0, 230_009);
}

// fidelity: Cards | a card is patched for 14 days if it is shared by all | official documentation | python node
#[test]
fn a_card_is_patched_for_fourteen_days_if_all_see_the_same() {
    let mut bench = Bench::new();
    let card = |text: &str, shared: bool| json!({"config": {"update_multi": shared}, "elements": [{"tag": "markdown", "content": text}]});
    let id = send(&mut bench, "interactive", &card("building", true));
    let path = format!("im/v1/messages/{id}");
    let patch = |card: &Value| json!({"content": card.to_string()});
    assert_eq!(bench.done("PATCH", &path, &patch(&card("passed", true))), json!({}));
    let message = bench.platform.chat_message(&id).unwrap();
    assert_eq!((message.text().as_str(), message.edited), ("passed", 0));
    let refused = bench.api("PATCH", &path, &patch(&card("mine alone", false)));
    assert_eq!(refused.0, 230_099);
    assert_eq!(bench.platform.chat_message(&id).unwrap().text(), "passed");
    let alone = send(&mut bench, "interactive", &card("mine alone", false));
    assert_eq!(bench.api("PATCH", &format!("im/v1/messages/{alone}"), &patch(&card("x", true))).0, 230_099);
    let words = send(&mut bench, "text", &json!({"text": "no card"}));
    assert_eq!(bench.api("PATCH", &format!("im/v1/messages/{words}"), &patch(&card("x", true))).0, 230_001);
    bench.pass(14 * DAY + Duration::from_secs(1));
    assert_eq!(bench.api("PATCH", &path, &patch(&card("late", true))).0, 230_031);
}

// fidelity: Cards | a card that is read is simplified | official documentation
#[test]
fn a_card_is_received_simplified_and_as_it_is_if_asked_for() {
    let mut bench = Bench::new();
    let card = json!({
        "schema": "2.0",
        "header": {"title": {"tag": "plain_text", "content": "Deploy?"}},
        "body": {"elements": [
            {"tag": "markdown", "content": "to staging"},
            {"tag": "button", "text": {"tag": "plain_text", "content": "Approve"}, "type": "primary"},
        ]},
    });
    let id = send(&mut bench, "interactive", &card);
    let mut content = |query: &str| {
        let items = bench.done("GET", &format!("im/v1/messages/{id}{query}"), &json!({}))["items"].clone();
        serde_json::from_str::<Value>(items[0]["body"]["content"].as_str().unwrap()).unwrap()
    };
    let expected = json!({"title": "Deploy?", "elements": [
        [{"tag": "text", "text": "to staging"}],
        [{"tag": "button", "text": "Approve", "type": "primary"}],
    ]});
    assert_eq!(content(""), expected);
    let raw = content("?card_msg_content_type=raw_card_content");
    assert_eq!(serde_json::from_str::<Value>(raw["json_card"].as_str().unwrap()).unwrap(), card);
    assert_eq!(raw["card_schema"], 2);
    assert_eq!(content("?card_msg_content_type=user_card_content"), card);
}

// fidelity: Cards | a bad card is refused with 230099 and the cause in the text | official documentation; wording:
//   field reports
#[test]
fn a_bad_card_is_refused_with_its_cause_in_the_text() {
    let mut bench = Bench::new();
    let chat_id = bench.platform.person("alice").chat_id;
    let many: Vec<Value> = (0..201).map(|_| json!({"tag": "hr"})).collect();
    let tables: Vec<Value> = (0..6).map(|_| json!({"tag": "table"})).collect();
    for (card, cause) in [
        (json!({"elements": many}), "ErrCode: 11310; ErrMsg: element exceeds the limit"),
        (json!({"elements": tables}), "ErrCode: 11310; ErrMsg: card table number over limit"),
        (json!({"schema": "2.0", "body": {"elements": [{"tag": "note"}]}}), "ErrCode: 200861"),
        (json!({"schema": "2.0", "config": {"update_multi": false}}), "ErrCode: 300302"),
        (json!({}), "ErrCode: 200621"),
        (json!({"type": "card", "data": {"card_id": "1"}}), "ErrCode: 200740"),
    ] {
        let body = json!({"receive_id": chat_id, "msg_type": "interactive", "content": card.to_string()});
        let (code, answer) = bench.api("POST", SEND, &body);
        assert_eq!(code, 230_099, "{card}");
        assert!(answer["msg"].as_str().unwrap().contains(cause), "{answer}");
    }
}

// fidelity: Threads | the history of a chat has the first message of a thread, that of the thread the rest | official
//   documentation
#[test]
fn the_history_shows_the_first_message_of_a_thread_and_the_thread_the_rest() {
    let mut bench = Bench::new();
    let chat_id = bench.platform.person("alice").chat_id;
    let root = bench.platform.say(bench.now, "alice", "build?").message_id;
    let mut reply = text("on it");
    reply["reply_in_thread"] = json!(true);
    let first = bench.done("POST", &format!("im/v1/messages/{root}/reply"), &reply);
    let thread_id = first["thread_id"].as_str().unwrap().to_owned();
    assert_eq!(first["thread_message_position"], "1");
    let draft = Draft::text("thanks").reply_to(first["message_id"].as_str().unwrap());
    bench.platform.post(bench.now, "alice", draft).unwrap();
    send(&mut bench, "text", &json!({"text": "elsewhere"}));

    let mut texts = |query: &str| -> Vec<String> {
        let data = bench.done("GET", &format!("im/v1/messages?{query}"), &json!({}));
        assert_eq!(data["has_more"], false);
        let content = |item: &Value| serde_json::from_str::<Value>(item["body"]["content"].as_str().unwrap()).unwrap();
        let text = |item: &Value| content(item)["text"].as_str().unwrap().to_owned();
        data["items"].as_array().unwrap().iter().map(text).collect()
    };
    let chat = format!("container_id_type=chat&container_id={chat_id}");
    assert_eq!(texts(&chat), ["build?", "elsewhere"]);
    assert_eq!(texts(&format!("{chat}&sort_type=ByCreateTimeDesc")), ["elsewhere", "build?"]);
    assert_eq!(texts(&format!("{chat}&only_thread_root_messages=True")), ["build?"]);
    assert_eq!(texts(&format!("container_id_type=thread&container_id={thread_id}")), ["on it", "thanks"]);
    for (query, code) in [
        (format!("container_id_type=thread&container_id={thread_id}&start_time=1"), 230_001),
        ("container_id_type=thread&container_id=omt_x".into(), 230_073),
        ("container_id_type=chat&container_id=oc_x".into(), 230_002),
        ("container_id_type=room&container_id=oc_x".into(), 99_992_402),
        (format!("{chat}&page_size=51"), 230_001),
        (format!("{chat}&page_token=x"), 230_003),
        (format!("{chat}&start_time=soon"), 230_001),
    ] {
        assert_eq!(bench.api("GET", &format!("im/v1/messages?{query}"), &json!({})).0, code, "{query}");
    }
}

#[test]
fn the_history_comes_in_pages_that_miss_nothing() {
    let mut bench = Bench::new();
    let chat_id = bench.platform.person("alice").chat_id;
    let ids: Vec<String> = (0..7).map(|n| send(&mut bench, "text", &json!({"text": n.to_string()}))).collect();
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let query = format!("container_id_type=chat&container_id={chat_id}&page_size=3&page_token={token}");
        let data = bench.done("GET", &format!("im/v1/messages?{query}"), &json!({}));
        let items = data["items"].as_array().unwrap();
        found.extend(items.iter().map(|item| item["message_id"].as_str().unwrap().to_owned()));
        if data["has_more"] == false {
            assert_eq!(data.get("page_token"), None);
            break;
        }
        token = data["page_token"].as_str().unwrap().to_owned();
    }
    assert_eq!(found, ids);
    // Times are seconds, and both ends count.
    let second = bench.platform.chat_message(&ids[0]).unwrap().create_ms / 1000;
    for (start, end, count) in [(second, second, 7), (second + 1, second + 9, 0), (second - 9, second - 1, 0)] {
        let query = format!("container_id_type=chat&container_id={chat_id}&start_time={start}&end_time={end}");
        let data = bench.done("GET", &format!("im/v1/messages?{query}"), &json!({}));
        assert_eq!(data["items"].as_array().unwrap().len(), count);
    }
}

#[test]
fn a_message_is_forwarded_once_per_key_and_target() {
    let mut bench = Bench::new();
    let said = bench.platform.say(bench.now, "alice", "look").message_id;
    let bob = bench.platform.person("bob");
    let path = format!("im/v1/messages/{said}/forward?receive_id_type=open_id&uuid=f-1");
    let first = bench.done("POST", &path, &json!({"receive_id": bob.open_id}));
    let again = bench.done("POST", &path, &json!({"receive_id": bob.open_id}));
    assert_eq!((&first["chat_id"], &first["body"]["content"]), (&json!(bob.chat_id), &json!(r#"{"text":"look"}"#)));
    assert_eq!(first["message_id"], again["message_id"]);
    assert_eq!(bench.api("POST", &path, &json!({"receive_id": "ou_x"})).0, 230_034);
    let unknown = "im/v1/messages/om_x/forward?receive_id_type=open_id";
    assert_eq!(bench.api("POST", unknown, &json!({"receive_id": bob.open_id})).0, 230_050);
}

#[test]
fn a_bot_learns_who_read_its_message_for_seven_days() {
    let mut bench = Bench::new();
    let alice = bench.platform.person("alice");
    let id = send(&mut bench, "text", &json!({"text": "hi"}));
    let path = format!("im/v1/messages/{id}/read_users?user_id_type=open_id");
    assert_eq!(bench.done("GET", &path, &json!({}))["items"], json!([]));
    bench.connect();
    bench.platform.read(bench.now, "alice", &alice.chat_id).unwrap();
    let events = Bench::events(&bench.drain());
    assert_eq!(events[0].0, "im.message.message_read_v1");
    assert_eq!(events[0].1["message_id_list"], json!([id]));
    assert_eq!(events[0].1["reader"]["reader_id"]["open_id"], alice.open_id);
    bench.platform.read(bench.now, "alice", &alice.chat_id).unwrap();
    assert_eq!(bench.drain(), [], "there is nothing new to read");
    assert_eq!(bench.done("GET", &path, &json!({}))["items"][0]["user_id"], alice.open_id);
    let said = bench.platform.say(bench.now, "alice", "mine").message_id;
    let theirs = format!("im/v1/messages/{said}/read_users?user_id_type=open_id");
    assert_eq!(bench.api("GET", &theirs, &json!({})).0, 230_012);
    bench.pass(7 * DAY + Duration::from_secs(1));
    assert_eq!(bench.api("GET", &path, &json!({})).0, 230_033);
}

#[test]
fn a_post_is_received_with_its_mentions_as_placeholders_and_read_as_lines() {
    let mut bench = Bench::new();
    let alice = bench.platform.person("alice");
    let bot = bench.platform.apps().next().unwrap().open_id.clone();
    let content = json!({
        "en_us": {"title": "Build", "content": [[{"tag": "text", "text": "in English"}]]},
        "zh_cn": {"title": "构建", "content": [
            [{"tag": "at", "user_id": alice.open_id}, {"tag": "text", "text": " done, "}, {"tag": "at", "user_id": "all"}],
            [{"tag": "md", "text": format!("**ask** <at user_id=\"{bot}\"></at>")}],
            [{"tag": "img", "image_key": "img_1"}, {"tag": "emotion", "emoji_type": "OK"}, {"tag": "hr"}],
        ]},
    });
    let id = send(&mut bench, "post", &content);
    let message = bench.platform.chat_message(&id).unwrap();
    let shown: Value = serde_json::from_str(&message.shown).unwrap();
    let at = json!({"tag": "at", "user_id": "@_user_1", "user_name": "alice", "style": []});
    assert_eq!(shown["content"][0][0], at);
    assert_eq!(shown["content"][1], json!([{"tag": "text", "text": "**ask** @_user_2", "style": []}]));
    let names: Vec<&str> = message.mentions.iter().map(|mention| mention.name.as_str()).collect();
    assert_eq!(names, ["alice", "Bot"]);
    assert_eq!(message.text(), "构建\n@alice done, @_all\n**ask** @_user_2\n[img][OK]---");
    let sent = bench.platform.bot_messages(0).next().unwrap().text();
    assert!(sent.starts_with("构建\n") && sent.contains("**ask** <at"), "{sent}");
}

#[test]
fn contents_are_checked_type_by_type() {
    let mut bench = Bench::new();
    let chat_id = bench.platform.person("alice").chat_id;
    let group = bench.platform.group(bench.now, "ops", ["alice"]);
    for (msg_type, content, code) in [
        ("image", json!({"image_key": "img_x"}), 230_001),
        ("file", json!({"file_key": "file_x"}), 230_001),
        ("sticker", json!({"file_key": "file_x"}), 230_001),
        ("share_chat", json!({"chat_id": group.chat_id}), 230_001),
        ("share_chat", json!({"chat_id": chat_id}), 0),
        ("share_user", json!({"user_id": "ou_x"}), 230_001),
        ("share_user", json!({"user_id": bench.platform.person("bob").open_id}), 0),
        ("system", json!({"type": "divider", "params": {"divider_text": {"text": "new"}}}), 0),
        ("system", json!({"type": "other"}), 230_001),
        ("post", json!({"zh_cn": {"title": "no content"}}), 230_001),
        ("text", json!({"words": "no text"}), 230_001),
        ("hologram", json!({}), 230_001),
    ] {
        let body = json!({"receive_id": chat_id, "msg_type": msg_type, "content": content.to_string()});
        assert_eq!(bench.api("POST", SEND, &body).0, code, "{msg_type} {content}");
    }
}

// fidelity: Rate limits | 50/s and 1000/min of one call, 5/s to one chat, 5/s for one message, 10/s for one card; off
//   by default | official documentation; the header: field reports
#[test]
fn limits_of_frequency_are_told_with_the_time_to_wait() {
    let mut bench = Bench::with(|profile| profile.rate_limits = true);
    let alice = bench.platform.person("alice");
    let token = bench.token();
    let mut body = text("hi");
    body["receive_id"] = json!(alice.chat_id);
    for _ in 0..5 {
        assert_eq!(bench.api_as(&token, "POST", SEND, &body).0, 0);
    }
    assert_eq!(bench.api_as(&token, "POST", SEND, &body).0, 230_020, "five messages a second to one chat");
    for _ in 6..50 {
        bench.api_as(&token, "POST", SEND, &body);
    }
    let (status, answer) = bench.call(&token, &format!("/open-apis/{SEND}"), body.clone());
    assert_eq!((status, &answer["code"]), (429, &json!(99_991_400)));
    bench.pass(Duration::from_secs(1));
    assert_eq!(bench.api_as(&token, "POST", SEND, &body).0, 0);
}
