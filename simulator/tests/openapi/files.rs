//! Images and files.

use bytes::Bytes;
use larkwire_sim::{Draft, FileKind, Request, Response};
use serde_json::{Value, json};

use super::common::Bench;

fn upload(bench: &mut Bench, path: &str, fields: &[(&str, &str)], file: (&str, &[u8])) -> (u16, Value) {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
    }
    body.extend(format!("--b\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n", file.0).bytes());
    body.extend(file.1);
    body.extend(b"\r\n--b--\r\n");
    let token = bench.token();
    let authorization = format!("Bearer {token}");
    let headers = [("Authorization", authorization.as_str()), ("Content-Type", "multipart/form-data; boundary=b")];
    bench.post(&format!("/open-apis/{path}"), &headers, body)
}

fn get(bench: &mut Bench, path: &str) -> Response {
    let headers = vec![("Authorization".to_owned(), format!("Bearer {}", bench.token()))];
    let request = Request { method: "GET".into(), target: format!("/open-apis/{path}"), headers, body: Bytes::new() };
    bench.try_request(request).unwrap()
}

// fidelity: Files | what a bot uploads it can send and fetch | official documentation
#[test]
fn what_a_bot_uploads_it_can_send_and_get_back() {
    let mut bench = Bench::new();
    let alice = bench.platform.person("alice");
    let (_, image) = upload(&mut bench, "im/v1/images", &[("image_type", "message")], ("image", b"\x89PNG..."));
    let key = image["data"]["image_key"].as_str().unwrap().to_owned();
    assert!(key.starts_with("img_v3_"), "{key}");
    let response = get(&mut bench, &format!("im/v1/images/{key}"));
    assert_eq!((response.status, response.body.as_ref()), (200, &b"\x89PNG..."[..]));
    let fields = [("file_type", "mp4"), ("file_name", "片 1.mp4"), ("duration", "3000")];
    let (_, file) = upload(&mut bench, "im/v1/files", &fields, ("file", b"film"));
    let key = file["data"]["file_key"].as_str().unwrap().to_owned();
    let response = get(&mut bench, &format!("im/v1/files/{key}"));
    let disposition = response.headers.iter().find(|(name, _)| name == "Content-Disposition").unwrap();
    assert_eq!(disposition.1, "attachment; filename=\"__1.mp4\"; filename*=UTF-8''%E7%89%87%201.mp4");
    let send = "im/v1/messages?receive_id_type=chat_id";
    let body = |kind: &str| json!({"receive_id": alice.chat_id, "msg_type": kind, "content": json!({"file_key": key}).to_string()});
    let sent = bench.done("POST", send, &body("media"));
    let shown: Value = serde_json::from_str(sent["body"]["content"].as_str().unwrap()).unwrap();
    assert_eq!(shown, json!({"file_key": key, "file_name": "片 1.mp4", "duration": 3000}));
    assert_eq!(bench.api("POST", send, &body("audio")).0, 230_055, "sound must be opus");
}

// fidelity: Files | what a person sent is fetched with the id of its message | official documentation
#[test]
fn what_a_person_sends_is_fetched_through_its_message() {
    let mut bench = Bench::new();
    bench.platform.person("alice");
    let key = bench.platform.upload("alice", FileKind::File, "notes.txt", "some notes");
    let draft = Draft::new("file", &json!({"file_key": key}));
    let message_id = bench.platform.post(bench.now, "alice", draft).unwrap().message_id;
    let shown: Value = serde_json::from_str(&bench.platform.chat_message(&message_id).unwrap().shown).unwrap();
    assert_eq!(shown, json!({"file_key": key, "file_name": "notes.txt"}));
    let response = get(&mut bench, &format!("im/v1/messages/{message_id}/resources/{key}?type=file"));
    assert_eq!((response.status, response.body.as_ref()), (200, &b"some notes"[..]));
    let code = |response: Response| serde_json::from_slice::<Value>(&response.body).unwrap()["code"].clone();
    let mut refused = |path: &str| code(get(&mut bench, path));
    assert_eq!(refused(&format!("im/v1/files/{key}")), 234_008, "only what the app uploaded itself");
    assert_eq!(refused(&format!("im/v1/messages/{message_id}/resources/file_x?type=file")), 234_003);
    assert_eq!(refused(&format!("im/v1/messages/{message_id}/resources/{key}?type=image")), 234_003);
    assert_eq!(refused(&format!("im/v1/messages/{message_id}/resources/{key}")), 234_001);
    assert_eq!(refused(&format!("im/v1/messages/om_x/resources/{key}?type=file")), 234_001);
}

// fidelity: Files | images to 10 MB, files to 30 MB, none of them empty | official documentation
#[test]
fn an_upload_that_is_empty_too_large_or_no_form_is_refused() {
    let mut bench = Bench::new();
    let large = vec![0; 10 * 1024 * 1024 + 1];
    let form = [("image_type", "message")];
    for (fields, file, code) in [
        (&form[..], ("image", &b""[..]), 234_010),
        (&form[..], ("image", &large[..]), 234_006),
        (&form[..], ("picture", &b"x"[..]), 234_001),
        (&[], ("image", &b"x"[..]), 234_001),
    ] {
        assert_eq!(upload(&mut bench, "im/v1/images", fields, file).1["code"], code, "{fields:?} {}", file.0);
    }
    assert_eq!(bench.api("POST", "im/v1/files", &json!({"file": "x"})).0, 234_001);
    let nameless = upload(&mut bench, "im/v1/files", &[("file_type", "stream")], ("file", b"x"));
    assert_eq!(nameless.1["code"], 234_001);
}
