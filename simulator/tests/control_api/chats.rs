//! Chats through the control API: groups, mentions, changes, files, and the page itself.

use futures::executor::block_on;
use larkwire_sim::Sim;
use serde_json::{Value, json};

use super::http::{ask, call, get, try_call};

#[test]
fn a_group_talks_and_changes_what_it_said() {
    let sim = block_on(Sim::start());
    let group = call(&sim, "POST", "chats", &json!({"name": "ops", "members": [sim.app_id(), "alice", "bob"]}));
    assert_eq!(group["owner"], json!({"kind": "user", "id": "alice"}));

    let chat_id = &group["chat_id"];
    let said = call(&sim, "POST", "messages", &json!({"as": "bob", "chat_id": chat_id, "text": "@alice look"}));
    let id = said["message_id"].as_str().unwrap();
    let answer = json!({"as": "alice", "text": "where?", "reply_to": id, "in_thread": true});
    call(&sim, "POST", "messages", &answer);
    call(&sim, "PATCH", &format!("messages/{id}"), &json!({"as": "bob", "text": "look there"}));
    call(&sim, "POST", &format!("messages/{id}/reactions"), &json!({"as": "alice", "emoji": "OK"}));

    let state = get(&sim, "state");
    let of_group = |message: &&Value| message["chat_id"] == *chat_id;
    let messages: Vec<&Value> = state["messages"].as_array().unwrap().iter().filter(of_group).collect();
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[0]["edited"], 1);
    assert_eq!(messages[0]["reactions"], json!([{"emoji": "OK", "by": ["alice"]}]));
    assert_eq!((&messages[1]["parent_id"], &messages[1]["thread_id"]), (&json!(id), &messages[0]["thread_id"]));

    call(&sim, "DELETE", &format!("messages/{id}/reactions"), &json!({"as": "alice", "emoji": "OK"}));
    call(&sim, "DELETE", &format!("messages/{id}?as=bob"), &Value::Null);
    let entries = get(&sim, "transcript?kinds=message_updated");
    let changes: Vec<&str> =
        entries["entries"].as_array().unwrap().iter().map(|entry| entry["change"].as_str().unwrap()).collect();
    assert_eq!(changes, ["thread", "edited", "reactions", "reactions", "recalled"]);
}

#[test]
fn who_may_not_is_told_why() {
    let sim = block_on(Sim::start());
    let said = call(&sim, "POST", "messages", &json!({"as": "alice", "text": "mine"}));
    let path = format!("messages/{}", said["message_id"].as_str().unwrap());
    let refused = |method: &str, path: &str, body: Value| {
        let (status, answer) = try_call(&sim, method, path, &body);
        (status, answer["error"]["code"].as_str().unwrap().to_owned())
    };
    assert_eq!(refused("PATCH", &path, json!({"as": "bob", "text": "yours"})), (403, "forbidden".into()));
    assert_eq!(refused("PATCH", "messages/om_x", json!({"as": "bob", "text": "x"})), (404, "not_found".into()));
    assert_eq!(refused("POST", "messages", json!({"as": "bob"})), (400, "invalid".into()));
    assert_eq!(refused("POST", "chats", json!({"name": "nobody", "members": [sim.app_id()]})), (400, "invalid".into()));
    let click = json!({"as": "alice", "message_id": said["message_id"], "action": {"tag": "button"}});
    assert_eq!(refused("POST", "card-actions", click), (404, "not_found".into()));
}

#[test]
fn only_images_are_shown_by_the_origin_of_the_page() {
    let sim = block_on(Sim::start());
    let upload = |kind: &str, bytes: &[u8]| {
        let path = format!("/_sim/v1/files?as=alice&name=x.html&kind={kind}");
        let (status, answer) = ask(sim.address(), "POST", &path, "", bytes);
        assert_eq!(status, 200);
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        answer["key"].as_str().unwrap().to_owned()
    };
    let head_of = |key: &str| {
        let (head, body) = super::http::whole_answer(sim.address(), "GET", &format!("/_sim/v1/files/{key}"));
        (head.to_ascii_lowercase(), body)
    };
    let (head, body) = head_of(&upload("image", b"\x89PNG rest"));
    assert!(head.contains("content-type: image/png") && head.contains("x-content-type-options: nosniff"), "{head}");
    assert_eq!(body, b"\x89PNG rest");
    let (head, _) = head_of(&upload("file", b"<script>"));
    assert!(head.contains("application/octet-stream") && head.contains("content-disposition: attachment"), "{head}");
    assert_eq!(try_call(&sim, "GET", "files/img_x", &Value::Null).0, 404);
}

#[test]
fn the_page_runs_nothing_but_its_own_script() {
    let sim = block_on(Sim::start());
    for path in ["/_sim", "/_sim/"] {
        let (head, body) = super::http::whole_answer(sim.address(), "GET", path);
        let policy = head.lines().find_map(|line| line.strip_prefix("Content-Security-Policy: ")).unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        let page = String::from_utf8(body).unwrap();
        assert!(page.starts_with("<!doctype html>") && page.len() < 300 * 1024);
    }
    assert_eq!(ask(sim.address(), "GET", "/_sim/index.html", "", b"").0, 404);
    assert_eq!(ask(sim.address(), "GET", "/_sim", "Host: evil.example\r\n", b"").0, 403);
}
