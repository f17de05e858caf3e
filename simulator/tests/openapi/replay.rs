//! The requests that the official Python and Node clients were recorded sending: each is accepted, and answered in the form
//! that these clients read.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use larkwire_sim::{CardAction, Draft, FileKind, Request, Response, Shape};
use serde_json::{Value, json};

use super::common::Bench;

const APP: (&str, &str) = ("cli_a1b2c3d4e5f60718", "s3cr3tS3cr3tS3cr3tS3cr3tS3cr3tAB");
const TOKEN: &str = "t-g1044fake7tenantAccessTokenValue0001";
const ADA: &str = "ou_7c1e2d3f4a5b6c7d8e9f0a1b2c3d4e5f";
const CHAT: &str = "oc_5f1c0a7d3b9e4c2a8d6f7e1b2c3d4e5f";
const MESSAGE: &str = "om_x100b5c8d9e0f1a2b3c4d5e6f7a8b9c0d";
const FILE: &str = "file_v3_00ab_456a92d6-c6ea-4de4-ac3f-7afcf44ac78g";
const REACTION: &str = "ZCaCIjUBVVWSrm5L-3ZTw0000";
const CARD: &str = "7355372766134157313";
const UPDATE: &str = "c-295ee57216a5dc9de90fefd0aadb4b1d7d0000";

fn recordings() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/data/openapi")
}

/// A platform on which everything is there that the recorded requests name, and what is called how there.
fn stage(name: &str) -> (Bench, BTreeMap<&'static str, String>) {
    let mut bench = Bench::with(|profile| {
        (profile.app_id, profile.app_secret) = (APP.0.into(), APP.1.into());
        // The recorded history asks for this hour.
        profile.unix_ms = 1_767_196_800_123;
    });
    let ada = bench.platform.person("Ada");
    let token = bench.token();
    let chat = bench.done("POST", "im/v1/chats", &json!({"name": "release", "user_id_list": [ada.open_id]}));
    let chat_id = chat["chat_id"].as_str().unwrap().to_owned();
    let now = bench.now;
    let file = bench.platform.upload("Ada", FileKind::File, "clip.mp4", "MP4-BYTES");
    let message_id = match name {
        "message_get" => {
            let image = bench.platform.upload("Ada", FileKind::Image, "a.png", "PNG-BYTES");
            let draft = Draft::new("image", &json!({"image_key": image})).in_chat(&chat_id);
            bench.platform.post(now, "Ada", draft).unwrap().message_id
        }
        "message_resource_get" => {
            let draft = Draft::new("media", &json!({"file_key": file})).in_chat(&chat_id);
            bench.platform.post(now, "Ada", draft).unwrap().message_id
        }
        _ => {
            let (kind, content) = match name {
                "message_patch" | "card_delayed_update" => {
                    ("interactive", json!({"config": {"update_multi": true}, "elements": []}))
                }
                _ => ("text", json!({"text": "build 42"})),
            };
            let body = json!({"receive_id": chat_id, "msg_type": kind, "content": content.to_string()});
            let sent = bench.done("POST", "im/v1/messages?receive_id_type=chat_id", &body);
            sent["message_id"].as_str().unwrap().to_owned()
        }
    };
    bench.platform.read(now, "Ada", &chat_id).unwrap();
    let mut reaction_id = String::new();
    if ["reaction_delete", "reaction_list"].contains(&name) {
        let body = json!({"reaction_type": {"emoji_type": "OK"}});
        let made = bench.done("POST", &format!("im/v1/messages/{message_id}/reactions"), &body);
        reaction_id = made["reaction_id"].as_str().unwrap().to_owned();
    }
    let card = json!({
        "schema": "2.0",
        "config": {"streaming_mode": true},
        "body": {"elements": [{"tag": "markdown", "element_id": "md_body", "content": "..."}]},
    });
    let card = bench.done("POST", "cardkit/v1/cards", &json!({"type": "card_json", "data": card.to_string()}));
    let mut update = String::new();
    if name == "card_delayed_update" {
        let click = CardAction::button(json!({}));
        bench.connect();
        bench.platform.act_on_card(now, "Ada", &message_id, &click, Shape::default()).unwrap();
        update = Bench::events(&bench.drain())[0].1["token"].as_str().unwrap().to_owned();
    }
    let names = BTreeMap::from([
        (TOKEN, token),
        (ADA, ada.open_id),
        (CHAT, chat_id),
        (MESSAGE, message_id),
        (FILE, file),
        (REACTION, reaction_id),
        (CARD, card["card_id"].as_str().unwrap().to_owned()),
        (UPDATE, update),
    ]);
    (bench, names)
}

/// A recorded request, in which everything is called as it is on the stage.
fn request(recorded: &str, names: &BTreeMap<&str, String>) -> Request {
    let text = names.iter().fold(recorded.to_owned(), |text, (recorded, here)| text.replace(recorded, here));
    let (head, body) = text.split_once("\n\n").unwrap();
    let mut lines = head.lines();
    let mut words = lines.next().unwrap().split(' ');
    let (method, target) = (words.next().unwrap().to_owned(), words.next().unwrap().to_owned());
    let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap();
    Request { method, target, headers: lines.map(header).collect(), body: Bytes::copy_from_slice(body.as_bytes()) }
}

/// Whether everything in `recorded` is also in `ours`, with the same type. Of a list, the first item speaks for all.
fn has_form(recorded: &Value, ours: &Value, at: &str) {
    match (recorded, ours) {
        (Value::Object(recorded), Value::Object(ours)) => {
            for (name, value) in recorded {
                // It is there only if there is another page.
                let optional = name == "page_token" && !ours.contains_key("page_token");
                if !optional {
                    has_form(value, ours.get(name).unwrap_or(&Value::Null), &format!("{at}.{name}"));
                }
            }
        }
        (Value::Array(recorded), Value::Array(ours)) => {
            if let Some(first) = recorded.first() {
                has_form(first, ours.first().unwrap_or(&Value::Null), &format!("{at}[0]"));
            }
        }
        (Value::String(_), Value::String(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::Bool(_), Value::Bool(_))
        | (Value::Null, _) => {}
        _ => panic!("{at}: recorded {recorded}, ours {ours}"),
    }
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

// fidelity: Calls | the requests that the official Python and Node clients were recorded sending are accepted and
//   answered | recordings of these clients
#[test]
fn what_official_clients_send_is_accepted_and_answered_in_the_form_that_they_read() {
    let mut replayed = 0;
    for entry in fs::read_dir(recordings()).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap();
        let Some((name, _)) = file.split_once('.').filter(|_| file.ends_with(".http")) else { continue };
        let (mut bench, names) = stage(name);
        let request = request(&fs::read_to_string(&path).unwrap(), &names);
        let response = bench.try_request(request).unwrap();
        let recorded = fs::read_to_string(recordings().join(format!("{name}.response.json"))).unwrap();
        let recorded: Value = serde_json::from_str(&recorded).unwrap();
        assert_eq!(response.status, 200, "{file}: {}", String::from_utf8_lossy(&response.body));
        for (name, value) in recorded["headers"].as_object().unwrap() {
            let ours = header(&response, name).unwrap_or_else(|| panic!("{file}: no header {name}"));
            assert!(!name.starts_with("Content") || value == ours, "{file}: {name} is {ours:?}, recorded {value}");
        }
        match recorded.get("binary") {
            Some(binary) => assert_eq!(response.body, binary.as_str().unwrap()),
            None => has_form(&recorded["body"], &serde_json::from_slice(&response.body).unwrap(), file),
        }
        assert_eq!(bench.platform.stats().not_simulated.len(), 0, "{file}");
        replayed += 1;
    }
    assert_eq!(replayed, 69);
}
