//! Calls as official clients make them, and the answers to them: 38 pairs, and what the Python and Node SDKs sent for them,
//! byte for byte. They are data, from outside: `data/openapi/NAME.{request,response}.json`, `NAME.{python,…,node}.http`.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::fs;
use std::path::PathBuf;

use bytes::Bytes;
use larkwire_core::api::cardkit::v1::{Create as CreateCard, Writer};
use larkwire_core::api::codes::Kind;
use larkwire_core::api::contact::v3::user;
use larkwire_core::api::im::v1::{
    ReceiveIdType, UserIdType, chat, chat_members, file, image, message, message_reaction, message_resource,
};
use larkwire_core::api::session::Session;
use larkwire_core::api::{Answer, ApiError, Call, Identity, Repeat, Request, bot, event, interactive};
use larkwire_core::message::{Card, Content, Node, Post, Text};
use larkwire_core::{Config, Secret, Time};
use serde_json::{Value, json};

const CHAT: &str = "oc_5f1c0a7d3b9e4c2a8d6f7e1b2c3d4e5f";
const ADA: &str = "ou_7c1e2d3f4a5b6c7d8e9f0a1b2c3d4e5f";
const BOB: &str = "ou_0f9e8d7c6b5a49382716051423324150";
const MESSAGE: &str = "om_x100b5c8d9e0f1a2b3c4d5e6f7a8b9c0d";
const CARD: &str = "7355372766134157313";
const FILE: &str = "file_v3_00ab_456a92d6-c6ea-4de4-ac3f-7afcf44ac78g";
const TOKEN: &str = "t-g1044fake7tenantAccessTokenValue0001";

/// Members of an answer that our types leave out.
const LEFT_OUT: [&str; 4] = ["has_more", "page_token", "member_total", "reaction_type"];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/openapi")
}

fn sample(name: &str, what: &str) -> Value {
    let path = folder().join(format!("{name}.{what}.json"));
    serde_json::from_str(&fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
        .unwrap()
}

/// What a call puts on the wire, in a form that can be compared.
#[derive(Debug, PartialEq)]
struct Sent {
    method: String,
    path: String,
    query: BTreeMap<String, String>,
    body: Form,
}

#[derive(Debug, PartialEq)]
enum Form {
    Nothing,
    Json(Value),
    /// Names, file names and contents.
    Multipart(Vec<(String, Option<String>, String)>),
}

/// As the sample says.
fn wanted(name: &str) -> (Sent, Option<String>) {
    let request = sample(name, "request");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let query = request["query"].as_object().unwrap().iter().map(|(name, value)| (name.clone(), text(value)));
    let part = |part: &Value| {
        let content = part.get("value").or(part.get("content")).unwrap();
        (text(&part["name"]), part.get("filename").map(text), text(content))
    };
    let body = match (request.get("body"), request.get("multipart")) {
        (Some(body), _) => Form::Json(unfolded(body)),
        (_, Some(parts)) => Form::Multipart(parts.as_array().unwrap().iter().map(part).collect()),
        _ => Form::Nothing,
    };
    let authorization = request["authorization"].as_str().map(str::to_owned);
    let sent = Sent { method: text(&request["method"]), path: text(&request["path"]), query: query.collect(), body };
    (sent, authorization)
}

/// From the head and body of an HTTP request.
fn parse(method: &str, target: &str, content_type: &str, body: &[u8]) -> Sent {
    let url = url::Url::parse(&format!("http://host{target}")).unwrap();
    let body = match content_type.split_once("boundary=") {
        Some((_, boundary)) => Form::Multipart(parts(std::str::from_utf8(body).unwrap(), boundary)),
        None if body.is_empty() => Form::Nothing,
        None => Form::Json(unfolded(&serde_json::from_slice(body).unwrap())),
    };
    Sent { method: method.into(), path: url.path().into(), query: url.query_pairs().into_owned().collect(), body }
}

/// JSON in texts as JSON, since the order of its members does not count.
fn unfolded(value: &Value) -> Value {
    match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), unfolded(value))).collect(),
        Value::String(text) if text.starts_with('{') => unfolded(&serde_json::from_str(text).unwrap()),
        other => other.clone(),
    }
}

fn parts(body: &str, boundary: &str) -> Vec<(String, Option<String>, String)> {
    let end = format!("--{boundary}--");
    let (body, _) = body.split_once(&end).expect("the form has no end");
    let begin = format!("--{boundary}\r\n");
    let parts = body.split(&begin).filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (head, content) = part.split_once("\r\n\r\n").unwrap();
            let parameter = |name: &str| {
                let (_, after) = head.split_once(&format!("; {name}=\""))?;
                after.split_once('"').map(|(value, _)| value.to_owned())
            };
            (parameter("name").unwrap(), parameter("filename"), content.strip_suffix("\r\n").unwrap().to_owned())
        })
        .collect()
}

fn config() -> Config {
    Config::new("cli_a1b2c3d4e5f60718", "s3cr3tS3cr3tS3cr3tS3cr3tS3cr3tAB")
}

/// What our call puts on the wire. A `uuid` that the client has given it is not in the sample, and taken out.
fn ours(request: &Request) -> (Sent, Option<String>) {
    let mut session = Session::new(&config(), 1);
    let token = (request.identity != Identity::Nobody).then(|| Secret::new(TOKEN));
    let course = session.begin(Time::ZERO, request.clone());
    let http = course.http(&session.site().unwrap(), token.as_ref()).unwrap();
    let header = |name: &str| http.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    assert_eq!(http.url.authority(), "open.feishu.cn");
    let content_type = header("Content-Type").unwrap_or_default();
    let mut sent = parse(http.method, &http.url.path_and_query(), &content_type, &http.body);
    let own = format!("{:?}", (&request.body, &request.query)).contains("uuid");
    if let (Repeat::Uuid(_), false, Form::Json(body)) = (request.repeat, own, &mut sent.body) {
        let uuid = body.as_object_mut().unwrap().remove("uuid").expect("no uuid was given");
        assert_eq!(uuid.as_str().unwrap().len(), 32);
    }
    (sent, header("Authorization"))
}

fn answer(name: &str) -> Answer {
    let response = sample(name, "response");
    let headers = response["headers"].as_object().unwrap().iter();
    let headers = headers.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
    let body = response.get("body").map(Value::to_string);
    let body = body.unwrap_or_else(|| response["binary"].as_str().unwrap().to_owned());
    let endpoint = sample(name, "request")["endpoint"].as_str().unwrap().to_owned();
    Answer::new(endpoint, u16::try_from(response["status"].as_u64().unwrap()).unwrap(), headers, Bytes::from(body))
}

/// Checks the call against the sample and all recordings of it, and reads the answer.
fn check<C: Call>(name: &str, call: &C) -> Result<C::Answer, ApiError> {
    let request = call.request();
    let (wanted, authorization) = wanted(name);
    let (sent, header) = ours(&request);
    assert_eq!((&sent, &header), (&wanted, &authorization), "{name}");
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Some(sdk) = file.strip_prefix(&format!("{name}.")).and_then(|rest| rest.strip_suffix(".http")) else {
            continue;
        };
        assert_eq!(sent, recorded(&fs::read(&path).unwrap(), sdk, &sent), "{file}");
    }
    call.read(&answer(name))
}

/// What an official SDK has sent, without the ways of its own that the platform has to take.
fn recorded(bytes: &[u8], sdk: &str, ours: &Sent) -> Sent {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let (head, body) = text.split_once("\n\n").unwrap();
    let mut lines = head.lines();
    let mut words = lines.next().unwrap().split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let content_type = lines.find_map(|line| line.strip_prefix("Content-Type: ")).unwrap_or_default();
    let mut sent = parse(method, target, content_type, body.as_bytes());
    match sdk {
        // It puts an empty object where there is no body.
        "node" if sent.body == Form::Json(json!({})) && ours.body == Form::Nothing => sent.body = Form::Nothing,
        "python" => {
            // Its booleans are Python's, and the files of the one without async have no names.
            sent.query.values_mut().for_each(|value| *value = value.replace("False", "false").replace("True", "true"));
            if let (Form::Multipart(parts), Form::Multipart(ours)) = (&mut sent.body, &ours.body) {
                parts.iter_mut().zip(ours).for_each(|(part, ours)| part.1 = ours.1.clone());
            }
        }
        _ => {}
    }
    sent
}

/// Checks that each leaf of the recorded answer has arrived in what we read.
fn arrives(name: &str, answer: &impl Debug) {
    let shown = format!("{answer:?}");
    let response = sample(name, "response");
    let body = &response["body"];
    leaves(name, "", body.get("data").unwrap_or(body), &shown);
}

fn leaves(name: &str, key: &str, value: &Value, shown: &str) {
    match value {
        Value::Object(members) => members.iter().for_each(|(key, value)| leaves(name, key, value, shown)),
        Value::Array(items) => items.iter().for_each(|item| leaves(name, key, item, shown)),
        _ if LEFT_OUT.contains(&key) || (key == "code" || key == "msg") => {}
        leaf => {
            let bare = leaf.as_str().map_or_else(|| leaf.to_string(), str::to_owned);
            let forms =
                [format!("{key}: Some({leaf:?})"), format!("{key}: Some({bare:?})"), format!("{key}: Some({bare})")];
            let plain = [format!("{key}: {bare:?}"), format!("{bare:?}"), bare.clone()];
            let found = forms.iter().any(|form| shown.contains(form)) || plain.iter().any(|form| shown.contains(form));
            assert!(found, "{name}: {key} {leaf} is not in {shown}");
        }
    }
}

#[track_caller]
fn succeeds<C: Call>(name: &str, call: C) -> C::Answer
where
    C::Answer: Debug,
{
    let answer = check(name, &call).unwrap();
    if std::any::type_name::<C::Answer>() != "()" {
        arrives(name, &answer);
    }
    answer
}

#[test]
fn messages() {
    let text = Text::default().mention_as(ADA, "Ada").text(" build 42 passed");
    let create = message::Create::new(ReceiveIdType::ChatId, CHAT, text).uuid("b-42-1");
    let sent = succeeds("message_create", create);
    assert_eq!((sent.message_position, sent.create_time), (Some(17), Some(1_767_196_800_123)));
    assert_eq!(sent.mentions[0].name.as_deref(), Some("Ada"));

    let line = [Node::text("see "), Node::link("ci", "https://example.com/42")];
    let post = Post::new().title("log").line(line);
    let reply = succeeds("message_reply", message::Reply::new(MESSAGE, post).in_thread().uuid("b-42-2"));
    assert_eq!(reply.thread_id.as_deref(), Some("omt_1a2b3c4d5e6f7081"));

    let update = message::Update::new(MESSAGE, "build 42 passed (edited)");
    assert_eq!(succeeds("message_update", update).updated, Some(true));

    let card = json!({
        "config": {"update_multi": true},
        "header": {"title": {"tag": "plain_text", "content": "Build 42"}, "template": "green"},
        "elements": [{"tag": "markdown", "content": "**passed**"}]});
    succeeds("message_patch", message::Patch::new(MESSAGE, Card::from(card)));

    succeeds("message_delete", message::Delete::new(MESSAGE));
    assert_eq!(succeeds("message_get", message::Get::new(MESSAGE).ids(UserIdType::OpenId)).len(), 1);
    let list = message::List::chat(CHAT).from(1_767_190_000).to(1_767_200_000).oldest_first().page_size(20);
    let page = succeeds("message_list", list);
    assert_eq!((page.items.len(), page.next.as_deref()), (2, Some("pt_AAAA==")));
    assert_eq!(page.items[1].sender.as_ref().unwrap().sender_type.as_deref(), Some("unknown"));
    let readers = succeeds("message_read_users", message::ReadUsers::new(MESSAGE, UserIdType::OpenId).page_size(20));
    assert_eq!((readers.items[0].timestamp, readers.next), (Some(1_767_196_900_000), None));
}

#[test]
fn reactions() {
    let reaction = succeeds("reaction_create", message_reaction::Create::new(MESSAGE, "OK"));
    assert_eq!(reaction.emoji_type.as_deref(), Some("OK"));
    succeeds("reaction_delete", message_reaction::Delete::new(MESSAGE, "ZCaCIjUBVVWSrm5L-3ZTw0000"));
    let page = succeeds("reaction_list", message_reaction::List::new(MESSAGE).emoji("OK").page_size(10));
    assert_eq!((page.items[0].action_time, page.next), (Some(1_767_196_801_000), None));
}

#[test]
fn files() {
    let key = succeeds("image_create", image::Create::new("a.png", "PNG-BYTES"));
    assert!(key.starts_with("img_v3_"));
    succeeds("file_create", file::Create::new("clip.mp4", "MP4-BYTES").duration_ms(3_000));
    let file = check("message_resource_get", &message_resource::Get::file(MESSAGE, FILE)).unwrap();
    assert_eq!((file.content.as_ref(), file.name.as_deref()), (&b"MP4-BYTES"[..], Some("clip.mp4")));
    assert_eq!(file.media_type.as_deref(), Some("video/mp4"));
}

#[test]
fn chats() {
    let create = chat::Create::new("release").description("d").users([ADA]);
    let create = create.ids(UserIdType::OpenId).managed_by_bot(false).uuid("c-1");
    assert_eq!(succeeds("chat_create", create).chat_id.as_deref(), Some(CHAT));
    let found = succeeds("chat_get", chat::Get::new(CHAT).ids(UserIdType::OpenId));
    assert_eq!((found.user_count, found.bot_count), (Some(2), Some(1)));
    assert_eq!(succeeds("chat_list", chat::List::new().page_size(20)).next, None);
    let create = chat_members::Create::new(CHAT, UserIdType::OpenId, [ADA, BOB]).whom_possible();
    assert_eq!(succeeds("chat_members_create", create).invalid_id_list, [BOB]);
    succeeds("chat_members_delete", chat_members::Delete::new(CHAT, UserIdType::OpenId, [ADA]));
    let members = succeeds("chat_members_get", chat_members::Get::new(CHAT).ids(UserIdType::OpenId).page_size(20));
    assert_eq!(members.items[0].name.as_deref(), Some("Ada"));
}

#[test]
fn people_and_the_bot() {
    let get = user::Get::new(ADA).ids(UserIdType::OpenId).department_ids("open_department_id");
    assert_eq!(succeeds("user_get", get).join_time, Some(1_615_381_058));
    let found = user::BatchGetId::new().email("ada@example.com").mobile("13800000000");
    let found = succeeds("user_batch_get_id", found.ids(UserIdType::OpenId).include_resigned());
    assert_eq!((found.len(), found[1].user_id.as_deref()), (2, None));
    assert_eq!(succeeds("bot_info", bot::v3::Info).app_name.as_deref(), Some("ci"));
    assert_eq!(succeeds("connection_get", event::v1::Connections), 2);
}

#[test]
fn cards() {
    let streaming =
        json!({"print_frequency_ms": {"default": 70}, "print_step": {"default": 1}, "print_strategy": "fast"});
    let card = Card::new().streaming("working").config("streaming_config", streaming).markdown_id("md_body", "...");
    assert_eq!(succeeds("card_create", CreateCard::new(card)), CARD);
    let entity = Content::card_entity(CARD);
    succeeds("card_message_create", message::Create::new(ReceiveIdType::OpenId, ADA, entity));

    let mut writer = Writer::new(CARD);
    succeeds("card_element_content", writer.content("md_body", "Hello, wor"));
    succeeds("card_settings", writer.finish("done"));
    succeeds("card_update", writer.update(Card::new().markdown_id("md_body", "done")));
    succeeds("card_element_delete", writer.remove("md_body"));
    assert_eq!(writer.sequence(), 4);

    let card = json!({"config": {"update_multi": true}, "elements": [{"tag": "markdown", "content": "approved"}]});
    let token = "c-295ee57216a5dc9de90fefd0aadb4b1d7d0000";
    succeeds("card_delayed_update", interactive::v1::card::Update::new(token, card));
}

#[test]
fn tokens() {
    let mut session = Session::new(&config(), 1);
    let fetch = session.begin_fetch(Time::ZERO).unwrap();
    let (sent, authorization) = ours(fetch.request());
    assert_eq!((&sent, &authorization), (&wanted("tenant_access_token").0, &None));
    assert_eq!(Session::granted(&answer("tenant_access_token")).unwrap().token().expose(), TOKEN);
    check("tenant_access_token", fetch.request()).unwrap();

    let body = json!({"app_id": "cli_a1b2c3d4e5f60718", "app_secret": "s3cr3tS3cr3tS3cr3tS3cr3tS3cr3tAB"});
    let call = Request::post("/open-apis/auth/v3/app_access_token/internal").json(body).identity(Identity::Nobody);
    let granted = succeeds("app_access_token", call);
    assert_eq!(granted["expire"], 7200);
}

#[test]
fn refusals() {
    let refused = |name: &str, chat: &str, content: Content| {
        let create = message::Create::new(ReceiveIdType::ChatId, chat, content);
        match check(name, &create) {
            Err(ApiError::Refused(refused)) => refused,
            outcome => panic!("{name}: {outcome:?}"),
        }
    };
    let gone = refused("error_bot_not_in_chat", "oc_notamember", "x".into());
    assert_eq!((gone.code, gone.status, gone.kind()), (230_002, 400, Some(Kind::NotMember)));
    assert_eq!(gone.log_id.as_deref(), Some("20260101080000000000000000000022"));
    let card = refused("error_card", "oc_badcard", Content::new("interactive", json!({"elements": []})));
    assert_eq!((card.code, card.inner_code, card.kind()), (230_099, Some(11_310), Some(Kind::TooLarge)));
    let limit = refused("error_rate_limit", "oc_ratelimit", "x".into());
    assert_eq!((limit.code, limit.status, limit.kind()), (99_991_400, 429, Some(Kind::RateLimit)));
    assert_eq!(limit.retry_after.unwrap().as_secs(), 3);
    let scope = refused("error_scope", "oc_noscope", "x".into());
    assert_eq!((scope.kind(), scope.violations[0].subject.as_str()), (Some(Kind::Permission), "im:message"));
    assert_eq!(scope.help_url.as_deref(), Some("https://example.com/s"));
    let token = refused("error_token", "oc_badtoken", "x".into());
    assert_eq!((token.code, token.kind()), (99_991_663, Some(Kind::Token)));
}

#[test]
fn every_sample_has_been_looked_at() {
    let names: BTreeSet<String> = fs::read_dir(folder())
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(".request.json").map(str::to_owned))
        .collect();
    assert_eq!(names.len(), 38);
    let source = include_str!("openapi.rs");
    for name in names {
        assert!(source.contains(&format!("\"{name}\"")), "{name}");
    }
}
