//! Reactions to messages.

use serde_json::{Value, json};

use super::common::Bench;

fn emoji(name: &str) -> Value {
    json!({"reaction_type": {"emoji_type": name}})
}

// fidelity: Reactions | one of each emoji, taken back only by who put it | official documentation; the same one
//   twice: assumed
#[test]
fn a_bot_reacts_once_and_takes_back_its_own_only() {
    let mut bench = Bench::new();
    let alice = bench.platform.person("alice");
    let said = bench.platform.say(bench.now, "alice", "done?").message_id;
    bench.platform.react(bench.now, "alice", &said, "OK").unwrap();
    let path = format!("im/v1/messages/{said}/reactions");
    let mine = bench.done("POST", &path, &emoji("DONE"));
    assert_eq!(mine["operator"], json!({"operator_id": bench.credentials().0, "operator_type": "app"}));
    assert_eq!(bench.done("POST", &path, &emoji("DONE"))["reaction_id"], mine["reaction_id"]);

    let all = bench.done("GET", &path, &json!({}));
    let names: Vec<&str> = all["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["reaction_type"]["emoji_type"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["OK", "DONE"]);
    let hers = &bench.done("GET", &format!("{path}?reaction_type=OK"), &json!({}))["items"];
    assert_eq!(hers[0]["operator"], json!({"operator_id": alice.open_id, "operator_type": "user"}));

    let delete = |id: &Value| format!("{path}/{}", id.as_str().unwrap());
    assert_eq!(bench.api("DELETE", &delete(&hers[0]["reaction_id"]), &Value::Null).0, 231_007);
    assert_eq!(bench.done("DELETE", &delete(&mine["reaction_id"]), &Value::Null)["reaction_id"], mine["reaction_id"]);
    assert_eq!(bench.platform.chat_message(&said).unwrap().reactions.len(), 1);
}

#[test]
fn reactions_are_refused_where_there_is_nothing_to_react_to() {
    let mut bench = Bench::new();
    let said = bench.platform.say(bench.now, "alice", "x").message_id;
    let group = bench.platform.group(bench.now, "no bots", ["alice"]);
    let draft = larkwire_sim::Draft::text("psst").in_chat(group.chat_id);
    let unseen = bench.platform.post(bench.now, "alice", draft).unwrap().message_id;
    let react = |bench: &mut Bench, id: &str, body: &Value| {
        bench.api("POST", &format!("im/v1/messages/{id}/reactions"), body).0
    };
    assert_eq!(react(&mut bench, &said, &emoji("no such emoji!")), 231_001);
    assert_eq!(react(&mut bench, &said, &json!({})), 231_001);
    assert_eq!(react(&mut bench, "om_x", &emoji("OK")), 231_003);
    assert_eq!(react(&mut bench, &unseen, &emoji("OK")), 231_002);
    bench.platform.recall(bench.now, "alice", &said).unwrap();
    assert_eq!(react(&mut bench, &said, &emoji("OK")), 231_003);
}
