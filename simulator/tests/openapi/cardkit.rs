//! Card entities, streaming, and the update of a card by token.

use std::time::Duration;

use larkwire_sim::{CardAction, Shape};
use serde_json::{Value, json};

use super::common::{Bench, ack, frames};

fn card() -> Value {
    json!({
        "schema": "2.0",
        "config": {"streaming_mode": true},
        "body": {"elements": [
            {"tag": "markdown", "element_id": "text", "content": "..."},
            {"tag": "button", "element_id": "stop", "text": {"tag": "plain_text", "content": "Stop"}},
        ]},
    })
}

/// An entity in alice's chat: its id and its message.
fn shown(bench: &mut Bench, card: &Value) -> (String, String) {
    let made = bench.done("POST", "cardkit/v1/cards", &json!({"type": "card_json", "data": card.to_string()}));
    let card_id = made["card_id"].as_str().unwrap().to_owned();
    let content = json!({"type": "card", "data": {"card_id": card_id}}).to_string();
    let open_id = bench.platform.person("alice").open_id;
    let body = json!({"receive_id": open_id, "msg_type": "interactive", "content": content});
    let sent = bench.done("POST", "im/v1/messages?receive_id_type=open_id", &body);
    (card_id, sent["message_id"].as_str().unwrap().to_owned())
}

fn content(bench: &mut Bench, card_id: &str, text: &str, sequence: i64) -> i64 {
    let body = json!({"content": text, "sequence": sequence, "uuid": format!("{sequence} {text}")});
    bench.api("PUT", &format!("cardkit/v1/cards/{card_id}/elements/text/content"), &body).0
}

// fidelity: Streaming | a text is typed into a card as it grows, each change with a larger `sequence` | official
//   documentation | python node
#[test]
fn a_text_is_typed_into_a_card_until_streaming_is_switched_off() {
    let mut bench = Bench::new();
    let (card_id, message_id) = shown(&mut bench, &card());
    assert!(bench.platform.chat_message(&message_id).unwrap().streaming);
    assert_eq!(content(&mut bench, &card_id, "Hel", 1), 0);
    assert_eq!(content(&mut bench, &card_id, "Hello", 2), 0);
    assert_eq!(bench.platform.chat_message(&message_id).unwrap().text(), "Hello\nStop");
    assert_eq!(content(&mut bench, &card_id, "back", 2), 300_317);
    assert_eq!(content(&mut bench, &card_id, "", 3), 10_002);
    let settings = json!({"config": {"streaming_mode": false, "summary": {"content": "done"}}}).to_string();
    let body = json!({"settings": settings, "sequence": 4, "uuid": "s"});
    let path = format!("cardkit/v1/cards/{card_id}/settings");
    assert_eq!(bench.done("PATCH", &path, &body), json!({}));
    assert_eq!(bench.api("PATCH", &path, &json!({"settings": settings, "sequence": 5, "uuid": "s"})).0, 200_770);
    assert!(!bench.platform.chat_message(&message_id).unwrap().streaming);
    assert_eq!(content(&mut bench, &card_id, "more", 6), 300_309);
}

// fidelity: Streaming | it ends by itself after 10 min | official documentation
#[test]
fn streaming_ends_by_itself_after_ten_minutes() {
    let mut bench = Bench::new();
    let (card_id, message_id) = shown(&mut bench, &card());
    bench.pass(Duration::from_secs(599));
    assert_eq!(content(&mut bench, &card_id, "still", 1), 0);
    bench.pass(Duration::from_secs(1));
    assert!(!bench.platform.chat_message(&message_id).unwrap().streaming);
    assert_eq!(content(&mut bench, &card_id, "too late", 2), 200_850);
    // Switched on again, it lasts for another ten minutes.
    let settings = json!({"config": {"streaming_mode": true}}).to_string();
    bench.done("PATCH", &format!("cardkit/v1/cards/{card_id}/settings"), &json!({"settings": settings, "sequence": 3}));
    bench.pass(Duration::from_secs(599));
    assert_eq!(content(&mut bench, &card_id, "again", 4), 0);
}

// fidelity: Streaming | elements are added, changed and removed one by one | official documentation
#[test]
fn elements_are_added_changed_and_removed() {
    let mut bench = Bench::new();
    let (card_id, message_id) = shown(&mut bench, &card());
    let path = format!("cardkit/v1/cards/{card_id}");
    let mark = |id: &str| json!([{"tag": "markdown", "element_id": id, "content": id}]).to_string();
    let mut sequence = 0;
    let mut run = |bench: &mut Bench, method: &str, path: &str, mut body: Value| {
        sequence += 1;
        body["sequence"] = json!(sequence);
        bench.api(method, path, &body).0
    };
    let elements = format!("{path}/elements");
    for (position, id) in [("insert_before", "a"), ("insert_after", "b"), ("append", "c")] {
        let target = if position == "append" { "" } else { "text" };
        let body = json!({"type": position, "target_element_id": target, "elements": mark(id)});
        assert_eq!(run(&mut bench, "POST", &elements, body), 0, "{position}");
    }
    let texts = |bench: &Bench| bench.platform.chat_message(&message_id).unwrap().text();
    assert_eq!(texts(&bench), "a\n...\nb\nStop\nc");
    let twice = json!({"type": "append", "elements": mark("a")});
    assert_eq!(run(&mut bench, "POST", &elements, twice), 300_301);
    let nowhere = json!({"type": "insert_after", "target_element_id": "x", "elements": mark("d")});
    assert_eq!(run(&mut bench, "POST", &elements, nowhere), 300_315);

    let element = json!({"element": json!({"tag": "markdown", "element_id": "a", "content": "A"}).to_string()});
    assert_eq!(run(&mut bench, "PUT", &format!("{elements}/a"), element), 0);
    let partial = |text: &str| json!({"partial_element": json!({"content": text}).to_string()});
    assert_eq!(run(&mut bench, "PATCH", &format!("{elements}/b"), partial("B")), 0);
    assert_eq!(run(&mut bench, "PATCH", &format!("{elements}/x"), partial("B")), 300_313);
    let other_tag = json!({"partial_element": json!({"tag": "hr"}).to_string()});
    assert_eq!(run(&mut bench, "PATCH", &format!("{elements}/b"), other_tag), 300_312);
    assert_eq!(run(&mut bench, "DELETE", &format!("{elements}/stop"), json!({})), 0);
    assert_eq!(run(&mut bench, "DELETE", &format!("{elements}/stop"), json!({})), 300_314);
    assert_eq!(texts(&bench), "A\n...\nB\nc");

    let actions = |last: &str| {
        json!({"actions": json!([
            {"action": "partial_update_element", "params": {"element_id": "a", "partial_element": {"content": "1"}}},
            {"action": "delete_elements", "params": {"element_ids": ["b", last]}},
            {"action": "partial_update_setting", "params": {"settings": {"config": {"streaming_mode": false}}}},
        ]).to_string()})
    };
    assert_eq!(run(&mut bench, "POST", &format!("{path}/batch_update"), actions("unknown")), 300_314);
    assert_eq!(texts(&bench), "A\n...\nB\nc", "all or nothing");
    assert_eq!(run(&mut bench, "POST", &format!("{path}/batch_update"), actions("c")), 0);
    assert_eq!(texts(&bench), "1\n...");
    let whole = json!({"schema": "2.0", "body": {"elements": [{"tag": "markdown", "content": "done"}]}}).to_string();
    let replaced = json!({"card": {"type": "card_json", "data": whole}});
    assert_eq!(run(&mut bench, "PUT", &path, replaced), 0);
    assert_eq!(texts(&bench), "done");
}

#[test]
fn an_entity_is_refused_if_it_is_no_card_of_the_second_kind() {
    let mut bench = Bench::new();
    for (data, code) in [
        (json!({"elements": []}), 300_303),
        (json!({}), 300_307),
        (json!({"schema": "2.0", "config": {"update_multi": false}}), 300_302),
        (json!({"schema": "2.0", "body": {"elements": vec![json!({"tag": "hr"}); 201]}}), 300_305),
        (json!({"schema": "2.0", "x": "x".repeat(31 * 1024)}), 200_860),
    ] {
        let body = json!({"type": "card_json", "data": data.to_string()});
        assert_eq!(bench.api("POST", "cardkit/v1/cards", &body).0, code);
    }
    assert_eq!(bench.api("POST", "cardkit/v1/cards", &json!({"type": "card_json", "data": "{"})).0, 10_002);
    assert_eq!(content(&mut bench, "1", "x", 1), 200_740);
}

// fidelity: Streaming | a card entity is sent once and lives for 14 days | official documentation | python node
#[test]
fn an_entity_is_sent_once_and_lives_fourteen_days() {
    let mut bench = Bench::new();
    let (card_id, message_id) = shown(&mut bench, &card());
    let content_of = json!({"type": "card", "data": {"card_id": card_id}}).to_string();
    let open_id = bench.platform.person("bob").open_id;
    let body = json!({"receive_id": open_id, "msg_type": "interactive", "content": content_of});
    assert_eq!(bench.api("POST", "im/v1/messages?receive_id_type=open_id", &body).0, 230_099);
    let converted = bench.done("POST", "cardkit/v1/cards/id_convert", &json!({"message_id": message_id}));
    assert_eq!(converted["card_id"], card_id);
    bench.pass(Duration::from_secs(14 * 24 * 3600 + 1));
    assert_eq!(content(&mut bench, &card_id, "x", 1), 200_750);
}

// fidelity: Callbacks | the token of a click updates its card twice within 30 min | official documentation; older
//   pages say three times
#[test]
fn a_card_is_updated_twice_by_the_token_of_a_click() {
    let mut bench = Bench::new();
    let connection = bench.connect();
    let open_id = bench.platform.person("alice").open_id;
    let old = json!({"config": {"update_multi": true}, "elements": [{"tag": "markdown", "content": "0"}]});
    let body = json!({"receive_id": open_id, "msg_type": "interactive", "content": old.to_string()});
    let sent = bench.done("POST", "im/v1/messages?receive_id_type=open_id", &body);
    let message_id = sent["message_id"].as_str().unwrap().to_owned();
    let click = |bench: &mut Bench| {
        let click = CardAction::button(json!({}));
        bench.platform.act_on_card(bench.now, "alice", &message_id, &click, Shape::default()).unwrap();
        let outputs = bench.drain();
        bench.receive(connection, ack(&frames(&outputs)[0].1, r#"{"code":200}"#));
        Bench::events(&outputs)[0].1["token"].as_str().unwrap().to_owned()
    };
    let token = click(&mut bench);
    let update = |bench: &mut Bench, token: &str, text: &str| {
        let card = json!({"config": {"update_multi": true}, "elements": [{"tag": "markdown", "content": text}]});
        bench.api("POST", "interactive/v1/card/update", &json!({"token": token, "card": card}))
    };
    assert_eq!(update(&mut bench, &token, "1").1.get("data"), None);
    assert_eq!(update(&mut bench, &token, "2").0, 0);
    assert_eq!(bench.platform.chat_message(&message_id).unwrap().text(), "2");
    assert_eq!(update(&mut bench, &token, "3").0, 300_040);
    assert_eq!(update(&mut bench, "x-1", "3").0, 300_020);
    assert_eq!(update(&mut bench, "c-1", "3").0, 300_030);
    let token = click(&mut bench);
    bench.pass(Duration::from_secs(30 * 60));
    assert_eq!(update(&mut bench, &token, "3").0, 300_030);
}
