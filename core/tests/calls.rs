//! Each typed call against the catalogue of the platform's calls: `data/openapi/endpoints.json`, from the sources of two official
//! clients and from the documentation. `openapi.rs` compares those calls byte for byte of which there is a recording.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::BTreeSet;

use bytes::Bytes;
use larkwire_core::api::cardkit::v1::{Create as CreateCard, Writer};
use larkwire_core::api::contact::v3::user;
use larkwire_core::api::im::v1::{
    ReceiveIdType, UserIdType, chat, chat_members, file, image, message, message_reaction, message_resource,
};
use larkwire_core::api::interactive::v1::card;
use larkwire_core::api::{
    Answer, ApiError, Body, Call, Identity, Method, Paged, Part, Repeat, Request, UuidPlace, bot, event,
};
use larkwire_core::message::{Card, Template};
use serde_json::{Value, json};

const CHAT: &str = "oc_5f1c0a7d3b9e4c2a8d6f7e1b2c3d4e5f";
const ADA: &str = "ou_7c1e2d3f4a5b6c7d8e9f0a1b2c3d4e5f";
const MESSAGE: &str = "om_x100b5c8d9e0f1a2b3c4d5e6f7a8b9c0d";
const CARD: &str = "7355372766134157313";

/// Calls that have no type: they are made with `Writer::any` and with a request of one's own. Tokens are the client's to fetch.
const WITHOUT_TYPE: [&str; 5] = [
    "auth.v3.app_access_token.internal",
    "auth.v3.tenant_access_token.internal",
    "cardkit.v1.card.batch_update",
    "cardkit.v1.card.id_convert",
    "cardkit.v1.card_element.patch",
];

/// Calls that change something and have no `uuid`: nobody makes them again unasked.
const ONCE: [&str; 15] = [
    "cardkit.v1.card.create",
    "event.v1.connections.bind_user",
    "event.v1.connections.unbind_user",
    "im.v1.chat.delete",
    "im.v1.chat.update",
    "im.v1.chat_members.create",
    "im.v1.chat_members.delete",
    "im.v1.file.create",
    "im.v1.image.create",
    "im.v1.message.delete",
    "im.v1.message.patch",
    "im.v1.message.update",
    "im.v1.message_reaction.create",
    "im.v1.message_reaction.delete",
    "interactive.v1.card.update",
];

fn catalogue() -> Vec<Value> {
    serde_json::from_str(include_str!("data/openapi/endpoints.json")).unwrap()
}

/// All typed calls, with all that can be set.
fn calls() -> Vec<Request> {
    let ids = UserIdType::UnionId;
    let thread = message::List::thread("omt_1").from(1).to(2).newest_first().raw_cards().page_size(50).page("pt_1");
    let group = chat::Create::new("release").description("d").owner(ADA).users([ADA]).bots(["cli_a1b2c3d4e5f60718"]);
    let group = group.set("labels", json!(["1"])).ids(ids).managed_by_bot(true).uuid("c-1");
    let mut writer = Writer::new(CARD);
    let mut calls = vec![
        writer.content("md", "text").request(),
        writer.finish("done").request(),
        writer.update(Card::new()).request(),
        writer.append(&json!([])).request(),
        writer.element("md", &json!({})).request(),
        writer.remove("md").request(),
    ];
    calls.extend([
        message::Create::new(ReceiveIdType::Email, "ada@example.com", "hello").uuid("m-1").request(),
        message::Reply::new(MESSAGE, "hello").in_thread().uuid("m-2").request(),
        message::Update::new(MESSAGE, "hello").request(),
        message::Patch::new(MESSAGE, Card::new()).request(),
        message::Delete::new(MESSAGE).request(),
        message::Get::new(MESSAGE).ids(ids).raw_cards().request(),
        thread.request(),
        message::ReadUsers::new(MESSAGE, ids).page_size(100).page("pt_1").request(),
        message::Forward::new(MESSAGE, ReceiveIdType::ThreadId, "omt_1").request(),
        message_reaction::Create::new(MESSAGE, "OK").request(),
        message_reaction::Delete::new(MESSAGE, "r_1").request(),
        message_reaction::List::new(MESSAGE).emoji("OK").page_size(50).page("pt_1").request(),
        message_resource::Get::image(MESSAGE, "img_1").request(),
        image::Create::new("a.png", "PNG").avatar().request(),
        image::Get::new("img_1").request(),
        file::Create::new("a.pdf", "PDF").duration_ms(1).request(),
        file::Get::new("file_1").request(),
        group.request(),
        chat::Get::new(CHAT).ids(ids).request(),
        chat::List::new().recently_active_first().page_size(100).page("pt_1").request(),
        chat::Update::new(CHAT).name("n").set("description", "d").request(),
        chat::Delete::new(CHAT).request(),
    ]);
    calls.extend([
        chat_members::Get::new(CHAT).ids(ids).page_size(100).page("pt_1").request(),
        chat_members::Create::new(CHAT, UserIdType::AppId, ["cli_a1b2c3d4e5f60718"]).whom_possible().request(),
        chat_members::Delete::new(CHAT, UserIdType::UserId, ["ada"]).request(),
        chat_members::IsInChat::new(CHAT).request(),
        user::Get::new(ADA).ids(ids).department_ids("department_id").request(),
        user::BatchGetId::new().email("ada@example.com").ids(ids).include_resigned().request(),
        bot::v3::Info.request(),
        event::v1::Connections.request(),
        event::v1::BindUser::new("d 1", Some("tag".into())).request(),
        event::v1::UnbindUser::new("d 1", Some("tag".into())).request(),
        CreateCard::new(Card::new()).request(),
        card::Update::new("c-1", Card::new()).request(),
    ]);
    calls
}

/// Checks that all `given` are in the list of the catalogue with a value that it allows, and that nothing is missing.
fn agrees(name: &str, listed: &Value, given: &[(&str, Option<&str>)]) {
    let listed = listed.as_array().map(Vec::as_slice).unwrap_or_default();
    for (field, value) in given {
        let Some(found) = listed.iter().find(|listed| listed["name"] == *field) else {
            panic!("{name}: the platform knows no {field}");
        };
        if let (Some(values), Some(value)) = (found["enum"].as_array(), value) {
            let mut values = values.iter().map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned));
            assert!(values.any(|one| one == *value), "{name}: {field} cannot be {value}");
        }
    }
    for needed in listed.iter().filter(|listed| listed["required"] == true) {
        assert!(given.iter().any(|(field, _)| needed["name"] == *field), "{name}: {} is missing", needed["name"]);
    }
}

#[test]
fn each_call_is_one_of_the_catalogue_and_carries_what_it_has_to() {
    let catalogue = catalogue();
    let mut seen = BTreeSet::from(WITHOUT_TYPE.map(str::to_owned));
    for call in calls() {
        let name = &*call.endpoint;
        let entry = catalogue.iter().find(|entry| entry["name"] == name).unwrap_or_else(|| panic!("{name}: unknown"));
        assert_eq!((call.method.as_str(), &*call.template), (text(&entry["method"]), text(&entry["path"])), "{name}");
        assert_eq!(call.template.matches("/:").count(), call.segments.len(), "{name}");
        let identity = match text(&entry["token"]) {
            "tenant" => Identity::App,
            "user" => Identity::User,
            _ => Identity::Either,
        };
        assert_eq!(call.identity, identity, "{name}");

        let query: Vec<_> = call.query.iter().map(|(name, value)| (&**name, Some(value.as_str()))).collect();
        agrees(name, &entry["query"], &query);
        match &call.body {
            Body::Json(body) => {
                let members = body.as_object().unwrap().iter();
                let members: Vec<_> = members.map(|(name, value)| (name.as_str(), value.as_str())).collect();
                agrees(name, &entry["body"], &members);
            }
            Body::Multipart(parts) => {
                let fields = parts.iter().map(|part| {
                    let value = part.file_name.is_none().then(|| std::str::from_utf8(&part.content).unwrap());
                    (part.name, value)
                });
                agrees(name, &entry["multipart"], &fields.collect::<Vec<_>>());
            }
            _ => assert!(entry.get("body").or(entry.get("multipart")).is_none(), "{name}: it has a body"),
        }
        assert_eq!(call.repeat == Repeat::Unsafe, ONCE.contains(&name), "{name}");
        seen.insert(name.to_owned());
    }
    let known: BTreeSet<String> = catalogue.iter().map(|entry| text(&entry["name"]).to_owned()).collect();
    assert_eq!(seen, known);
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn answered(status: u16, body: impl Into<Bytes>) -> Answer {
    let headers = vec![("Content-Type".to_owned(), "application/octet-stream".to_owned())];
    Answer::new("im.v1.test", status, headers, body.into())
}

fn answer(data: &Value) -> Answer {
    answered(200, json!({"code": 0, "msg": "success", "data": data}).to_string())
}

/// What a call sends: method, path with query, and JSON body.
fn sent(call: &impl Call) -> (Method, String, Value) {
    let request = call.request();
    let body = match &request.body {
        Body::Json(body) => body.clone(),
        _ => Value::Null,
    };
    (request.method, request.path_and_query().unwrap(), body)
}

#[test]
fn a_message_is_forwarded_to_a_thread() {
    let call = message::Forward::new(MESSAGE, ReceiveIdType::ThreadId, "omt_1");
    let path = format!("/open-apis/im/v1/messages/{MESSAGE}/forward?receive_id_type=thread_id");
    assert_eq!(sent(&call), (Method::Post, path, json!({"receive_id": "omt_1"})));
    assert_eq!(call.request().repeat, Repeat::Uuid(UuidPlace::Query));
    let copy = call.read(&answer(&json!({"message_id": "om_2", "body": {"content": "{}"}}))).unwrap();
    assert_eq!((copy.message_id.as_str(), copy.content()), ("om_2", Some("{}")));
    let error = call.read(&answer(&json!({"msg_type": "text"}))).unwrap_err();
    assert!(matches!(error, ApiError::BadAnswer { what: "no message_id", .. }), "{error:?}");
}

#[test]
fn a_group_is_renamed_and_dissolved() {
    let path = format!("/open-apis/im/v1/chats/{CHAT}");
    let rename = chat::Update::new(CHAT).name("night").set("labels", json!(["1"]));
    assert_eq!(sent(&rename), (Method::Put, path.clone(), json!({"name": "night", "labels": ["1"]})));
    rename.read(&answer(&json!({}))).unwrap();
    let dissolve = chat::Delete::new(CHAT);
    assert_eq!(sent(&dissolve), (Method::Delete, path, Value::Null));
    dissolve.read(&answer(&json!({}))).unwrap();
    let refused = answered(400, json!({"code": 232_009, "msg": "dissolved"}).to_string());
    assert_eq!(dissolve.read(&refused).unwrap_err().code(), Some(232_009));
    assert_eq!(rename.read(&refused).unwrap_err().code(), Some(232_009));
}

#[test]
fn a_bot_asks_whether_it_is_in_a_chat() {
    let call = chat_members::IsInChat::new(CHAT);
    let path = format!("/open-apis/im/v1/chats/{CHAT}/members/is_in_chat");
    assert_eq!(sent(&call), (Method::Get, path, Value::Null));
    assert!(call.read(&answer(&json!({"is_in_chat": true}))).unwrap());
    let error = call.read(&answer(&json!({}))).unwrap_err();
    assert!(matches!(error, ApiError::BadAnswer { what: "no is_in_chat", .. }), "{error:?}");
}

#[test]
fn a_group_of_people_and_bots_is_made() {
    let call = chat::Create::new("night").owner("on_1").users(["on_1", "on_2"]).bots(["cli_a1b2c3d4e5f60718"]);
    let call = call.ids(UserIdType::UnionId).managed_by_bot(true);
    let body = json!({"name": "night", "chat_mode": "group", "chat_type": "private", "owner_id": "on_1",
        "user_id_list": ["on_1", "on_2"], "bot_id_list": ["cli_a1b2c3d4e5f60718"]});
    let path = "/open-apis/im/v1/chats?user_id_type=union_id&set_bot_manager=true".to_owned();
    assert_eq!(sent(&call), (Method::Post, path, body));
}

#[test]
fn the_pages_of_each_list_follow_one_another() {
    fn next(list: impl Paged) -> String {
        list.page("pt_2=").request().path_and_query().unwrap()
    }
    let message = format!("/open-apis/im/v1/messages/{MESSAGE}");
    let list = message::List::chat(CHAT);
    let path = format!("/open-apis/im/v1/messages?container_id_type=chat&container_id={CHAT}&page_token=pt_2%3D");
    assert_eq!(next(list), path);
    assert_eq!(next(chat::List::new()), "/open-apis/im/v1/chats?page_token=pt_2%3D");
    assert_eq!(next(chat_members::Get::new(CHAT)), format!("/open-apis/im/v1/chats/{CHAT}/members?page_token=pt_2%3D"));
    assert_eq!(next(message_reaction::List::new(MESSAGE)), format!("{message}/reactions?page_token=pt_2%3D"));
    let readers = message::ReadUsers::new(MESSAGE, UserIdType::UserId);
    assert_eq!(next(readers), format!("{message}/read_users?user_id_type=user_id&page_token=pt_2%3D"));
    let page = chat::List::new().read(&answer(&json!({"items": [{"chat_id": CHAT}], "page_token": "pt_3"}))).unwrap();
    assert_eq!((page.items[0].chat_id.as_deref(), page.next.as_deref()), (Some(CHAT), Some("pt_3")));
}

#[test]
fn a_file_is_to_the_platform_what_its_ending_says() {
    let field = |call: &file::Create, name: &str| {
        let Body::Multipart(parts) = call.request().body else { panic!("no form") };
        parts.into_iter().find(|part| part.name == name)
    };
    let kinds = [
        ("song.opus", "opus"),
        ("clip.MP4", "mp4"),
        ("a.pdf", "pdf"),
        ("a.docx", "doc"),
        ("a.xlsx", "xls"),
        ("a.b.ppt", "ppt"),
        ("a.tar.gz", "stream"),
        ("pdf", "stream"),
    ];
    for (name, kind) in kinds {
        let call = file::Create::new(name, "x");
        assert_eq!(field(&call, "file_type"), Some(Part::text("file_type", kind)), "{name}");
        assert_eq!(field(&call, "file"), Some(Part::file("file", name, "x")), "{name}");
        assert_eq!(field(&call, "duration"), None);
    }
    let call = file::Create::new("a.bin", "x").file_type(file::FileType::Pdf);
    assert_eq!(field(&call, "file_type"), Some(Part::text("file_type", "pdf")));
    assert_eq!(call.read(&answer(&json!({"file_key": "file_1"}))).unwrap(), "file_1");
    let error = call.read(&answer(&json!({}))).unwrap_err();
    assert!(matches!(error, ApiError::BadAnswer { what: "no file_key", .. }), "{error:?}");
}

#[test]
fn files_and_images_are_downloaded_by_their_keys() {
    let (file, image) = (file::Get::new("file_v3_1"), image::Get::new("img_v3/1"));
    assert_eq!(sent(&file), (Method::Get, "/open-apis/im/v1/files/file_v3_1".to_owned(), Value::Null));
    assert_eq!(sent(&image), (Method::Get, "/open-apis/im/v1/images/img_v3%2F1".to_owned(), Value::Null));
    let in_message = message_resource::Get::image(MESSAGE, "img_1");
    let path = format!("/open-apis/im/v1/messages/{MESSAGE}/resources/img_1?type=image");
    assert_eq!(sent(&in_message), (Method::Get, path, Value::Null));
    let bytes = answered(200, "BYTES");
    for read in [file.read(&bytes), image.read(&bytes), in_message.read(&bytes)] {
        assert_eq!(read.unwrap().content, "BYTES");
    }
    let gone = answered(400, json!({"code": 234_003, "msg": "File not in msg."}).to_string());
    for read in [file.read(&gone), image.read(&gone), in_message.read(&gone)] {
        assert!(read.is_err());
    }
}

#[test]
fn each_change_of_a_card_has_a_number_and_a_uuid_of_its_own() {
    let mut writer = Writer::after(CARD, 6);
    assert_eq!((writer.card_id(), writer.sequence()), (CARD, 6));
    let card = format!("/open-apis/cardkit/v1/cards/{CARD}");
    let elements = json!([{"tag": "hr"}]);
    let body = json!({"type": "append", "elements": r#"[{"tag":"hr"}]"#, "sequence": 7, "uuid": format!("a_{CARD}_7")});
    assert_eq!(sent(&writer.append(&elements)), (Method::Post, format!("{card}/elements"), body));
    let body = json!({"element": r#"{"tag":"hr"}"#, "sequence": 8, "uuid": format!("e_{CARD}_8")});
    assert_eq!(sent(&writer.element("md", &json!({"tag": "hr"}))), (Method::Put, format!("{card}/elements/md"), body));
    let body =
        json!({"settings": r#"{"config":{"streaming_mode":true}}"#, "sequence": 9, "uuid": format!("s_{CARD}_9")});
    let settings = json!({"config": {"streaming_mode": true}});
    assert_eq!(sent(&writer.settings(&settings)), (Method::Patch, format!("{card}/settings"), body));
    let body = json!({"actions": "[]", "sequence": 10, "uuid": format!("x_{CARD}_10")});
    let path = "/open-apis/cardkit/v1/cards/:card_id/batch_update";
    let change = writer.any(Method::Post, path, json!({"actions": "[]"}));
    assert_eq!(sent(&change), (Method::Post, format!("{card}/batch_update"), body));
}

#[test]
fn a_change_of_a_card_that_was_made_before_has_succeeded() {
    let mut writer = Writer::new(CARD);
    let change = writer.content("md", "text");
    change.read(&answered(400, json!({"code": 200_770, "msg": "uuid used"}).to_string())).unwrap();
    let error = change.read(&answered(400, json!({"code": 300_317, "msg": "sequence"}).to_string())).unwrap_err();
    assert_eq!(error.code(), Some(300_317));
}

#[test]
fn a_card_is_made_of_a_template() {
    let call = CreateCard::template(Template::new("AAq1").variable("name", "Ada"));
    let data = r#"{"template_id":"AAq1","template_variable":{"name":"Ada"}}"#;
    let path = "/open-apis/cardkit/v1/cards".to_owned();
    assert_eq!(sent(&call), (Method::Post, path, json!({"type": "template", "data": data})));
    assert_eq!(call.read(&answer(&json!({"card_id": 7}))).unwrap(), "7");
    assert!(matches!(call.read(&answer(&json!({}))), Err(ApiError::BadAnswer { what: "no card_id", .. })));
}

#[test]
fn a_card_that_was_clicked_is_changed_for_some_only() {
    let call = card::Update::new("c-1", json!({"elements": []})).only_for([ADA]);
    let body = json!({"token": "c-1", "card": {"elements": [], "open_ids": [ADA]}});
    assert_eq!(sent(&call), (Method::Post, "/open-apis/interactive/v1/card/update".to_owned(), body));
    assert!(!format!("{call:?} {:?}", call.request()).contains("c-1"), "the token is a secret");
    call.read(&answered(200, r#"{"code":0,"msg":"ok"}"#)).unwrap();
}

#[test]
fn a_user_is_bound_to_a_connection_and_unbound() {
    let path = |verb: &str| format!("/open-apis/event/v1/connections/76%2F1/{verb}");
    let bind = event::v1::BindUser::new("76/1", Some("blue".into()));
    assert_eq!(sent(&bind), (Method::Post, path("bind_user"), json!({"channel_tag": "blue"})));
    let unbind = event::v1::UnbindUser::new("76/1", None);
    assert_eq!(sent(&unbind), (Method::Post, path("unbind_user"), json!({})));
    // The Go SDK leaves an empty tag out.
    let untagged = event::v1::BindUser::new("76/1", Some(String::new()));
    assert_eq!(sent(&untagged), (Method::Post, path("bind_user"), json!({})));
    bind.read(&answer(&json!({}))).unwrap();
    unbind.read(&answer(&json!({}))).unwrap();
    let refused = answered(400, json!({"code": 99_991_668, "msg": "Invalid access token"}).to_string());
    assert_eq!(bind.read(&refused).unwrap_err().code(), Some(99_991_668));
    assert_eq!(unbind.read(&refused).unwrap_err().code(), Some(99_991_668));
}
