//! API calls by our client, answered by the simulated platform, which has rules of its own.

use std::sync::Arc;
use std::time::Duration;

use larkwire::api::cardkit::v1::{Create as CreateCard, Writer};
use larkwire::api::codes::Kind;
use larkwire::api::contact::v3::user;
use larkwire::api::im::v1::{UserIdType, chat, chat_members, file, image, message, message_reaction, message_resource};
use larkwire::api::{Method, bot, event, interactive};
use larkwire::event::card::{ActionReply, ActionTrigger};
use larkwire::message::{Button, Card, Content, Node, Post, Text};
use larkwire::tokio::Tokio;
use larkwire::{ApiClient, ApiError, Egress, ReceiveIdType, Router};
use larkwire_sim::{Draft, FileKind, Sim};
use serde_json::{Value, json};
use tokio::sync::mpsc::unbounded_channel;

use crate::bots::{Running, config, platform, within};

fn client(sim: &Sim) -> ApiClient {
    ApiClient::new(&config(sim), Arc::new(Tokio), &Egress::new())
}

/// A platform, a client, a group with Ada and the bot, and Ada's open id.
async fn stage() -> (Sim, ApiClient, String, String) {
    let sim = platform().await;
    let api = client(&sim);
    let ada = sim.user("ada").person().open_id;
    let group = api.send(chat::Create::new("release").users([&ada])).await.unwrap();
    (sim, api, group.chat_id.unwrap(), ada)
}

#[tokio::test]
async fn a_message_lives_from_sending_to_recalling() {
    let (sim, api, group, ada) = stage().await;
    let text = Text::new("build 42 passed, ").mention_as(&ada, "ada");
    let sent = api.send(message::Create::new(ReceiveIdType::ChatId, &group, text)).await.unwrap();
    assert_eq!(sent.mentions.first().and_then(|mention| mention.id.clone()), Some(ada.clone()));
    let post = Post::new().title("log").line([Node::text("see "), Node::link("ci", "https://example.com/42")]);
    let reply = api.send(message::Reply::new(&sent.message_id, post).in_thread()).await.unwrap();
    assert_eq!(reply.root_id.as_ref(), Some(&sent.message_id));
    assert!(reply.thread_id.is_some());
    let edited = api.send(message::Update::new(&sent.message_id, "build 42 failed")).await.unwrap();
    assert_eq!(edited.updated, Some(true));
    let read = api.send(message::Get::new(&sent.message_id)).await.unwrap();
    assert_eq!(read[0].content(), Some(r#"{"text":"build 42 failed"}"#));
    let all = api.all(message::List::chat(&group).newest_first().page_size(1), 100).await.unwrap();
    assert!(all.iter().any(|message| message.message_id == sent.message_id), "{all:?}");

    let reaction = api.send(message_reaction::Create::new(&sent.message_id, "OK")).await.unwrap();
    let page = api.send(message_reaction::List::new(&sent.message_id)).await.unwrap();
    assert_eq!(page.items, std::slice::from_ref(&reaction));
    api.send(message_reaction::Delete::new(&sent.message_id, &reaction.reaction_id)).await.unwrap();

    let forwarded = message::Forward::new(&sent.message_id, ReceiveIdType::OpenId, &ada);
    assert_ne!(api.send(forwarded).await.unwrap().chat_id.as_ref(), Some(&group));
    let readers = api.send(message::ReadUsers::new(&sent.message_id, UserIdType::OpenId)).await.unwrap();
    assert_eq!(readers.next, None);
    api.send(message::Delete::new(&sent.message_id)).await.unwrap();
    let error = api.send(message::Reply::new(&sent.message_id, "too late")).await.unwrap_err();
    assert_eq!(error.kind(), Some(Kind::Gone), "{error}");
    sim.assert_no_violations();
}

#[tokio::test]
async fn somebody_elses_words_mention_nobody() {
    let (sim, api, group, _) = stage().await;
    let words = "<at user_id=\"all\">everyone</at>";
    let sent = api.send(message::Create::new(ReceiveIdType::ChatId, &group, words)).await.unwrap();
    assert!(sent.mentions.is_empty());
    let text: Value = serde_json::from_str(sent.content().unwrap()).unwrap();
    assert_eq!(text["text"].as_str().unwrap().replace('\u{200b}', ""), words);
    sim.assert_no_violations();
}

#[tokio::test]
async fn files_go_up_and_come_down() {
    let (sim, api, group, _) = stage().await;
    let key = api.send(file::Create::new("报告.pdf", "%PDF-1.7")).await.unwrap();
    let sent = api.send(message::Create::new(ReceiveIdType::ChatId, &group, Content::file(&key))).await.unwrap();
    assert_eq!(sent.msg_type.as_deref(), Some("file"));
    let own = api.send(file::Get::new(&key)).await.unwrap();
    assert_eq!((&own.content[..], own.name.as_deref()), (&b"%PDF-1.7"[..], Some("报告.pdf")));
    let png = b"\x89PNG\r\n\x1a\nrest".as_slice();
    let key = api.send(image::Create::new("a.png", png)).await.unwrap();
    assert_eq!(api.send(image::Get::new(&key)).await.unwrap().content, png);

    let theirs = sim.act(|platform, now| {
        let key = platform.upload("ada", FileKind::File, "notes.txt", "abc");
        let draft = Draft::new("file", &json!({"file_key": key})).in_chat(&group);
        (platform.post(now, "ada", draft).unwrap().message_id, key)
    });
    let file = api.send(message_resource::Get::file(&theirs.0, &theirs.1)).await.unwrap();
    assert_eq!((&file.content[..], file.name.as_deref()), (&b"abc"[..], Some("notes.txt")));
    let error = api.send(message_resource::Get::file(&theirs.0, "file_v3_other")).await.unwrap_err();
    assert!(matches!(error, ApiError::Refused(_)), "{error}");
    sim.assert_no_violations();
}

#[tokio::test]
async fn chats_have_members() {
    let (sim, api, group, ada) = stage().await;
    let bob = sim.user("bob").person().open_id;
    assert_eq!(api.send(chat::Get::new(&group)).await.unwrap().name.as_deref(), Some("release"));
    api.send(chat::Update::new(&group).name("release 2")).await.unwrap();
    let chats = api.all(chat::List::new(), 100).await.unwrap();
    assert!(chats.iter().any(|chat| chat.name.as_deref() == Some("release 2")), "{chats:?}");
    let added = chat_members::Create::new(&group, UserIdType::OpenId, [&bob, &"ou_nobody".into()]).whom_possible();
    let left = api.send(added).await.unwrap();
    assert_eq!([left.invalid_id_list, left.not_existed_id_list].concat(), ["ou_nobody"]);
    let members = api.all(chat_members::Get::new(&group).page_size(1), 100).await.unwrap();
    let ids: Vec<_> = members.iter().map(|member| &member.member_id).collect();
    assert!(ids.len() == 2 && ids.contains(&&ada) && ids.contains(&&bob), "{ids:?}");
    api.send(chat_members::Delete::new(&group, UserIdType::OpenId, [&bob])).await.unwrap();
    assert!(api.send(chat_members::IsInChat::new(&group)).await.unwrap());
    api.send(chat::Delete::new(&group)).await.unwrap();
    let error = api.send(message::Create::new(ReceiveIdType::ChatId, &group, "x")).await.unwrap_err();
    assert_eq!(error.kind(), Some(Kind::Gone), "{error}");
    sim.assert_no_violations();
}

#[tokio::test]
async fn people_and_the_bot_can_be_asked_about() {
    let (sim, api, ..) = stage().await;
    let ada = sim.user("ada").person();
    assert_eq!(api.send(user::Get::new(&ada.open_id)).await.unwrap().name.as_deref(), Some("ada"));
    let found = api.send(user::BatchGetId::new().email(&ada.email).mobile("+1")).await.unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found.iter().filter_map(|found| found.user_id.as_ref()).collect::<Vec<_>>(), [&ada.open_id]);
    assert!(api.send(bot::v3::Info).await.unwrap().open_id.starts_with("ou_"));
    assert_eq!(api.send(event::v1::Connections).await.unwrap(), 0);
    let any = api.call(Method::Get, "/open-apis/event/v1/connection", &[], None).await.unwrap();
    assert_eq!(any, json!({"online_instance_cnt": 0}));
    sim.assert_no_violations();
}

#[tokio::test]
async fn a_card_is_typed_bit_by_bit() {
    let (sim, api, group, _) = stage().await;
    let card = Card::new().streaming("thinking").markdown_id("answer", "…");
    let card_id = api.send(CreateCard::new(card)).await.unwrap();
    let entity = Content::card_entity(&card_id);
    api.send(message::Create::new(ReceiveIdType::ChatId, &group, entity)).await.unwrap();
    let mut writer = Writer::new(&card_id);
    for text in ["Hello", "Hello, wor", "Hello, world."] {
        api.send(writer.content("answer", text)).await.unwrap();
    }
    api.send(writer.finish("Hello, world.")).await.unwrap();
    api.send(writer.append(&json!([{"tag": "hr", "element_id": "rule"}]))).await.unwrap();
    api.send(writer.element("answer", &json!({"tag": "markdown", "element_id": "answer", "content": "x"})))
        .await
        .unwrap();
    api.send(writer.remove("rule")).await.unwrap();
    api.send(writer.update(Card::new().markdown_id("answer", "done"))).await.unwrap();
    // A second writer begins with numbers that are used up.
    let error = api.send(Writer::new(&card_id).finish("again")).await.unwrap_err();
    assert!(error.hint().starts_with("one writer for each card"), "{error}");
    sim.assert_no_violations();
}

#[tokio::test]
async fn a_card_changes_after_a_click() {
    let (sim, _, group, _) = stage().await;
    let (tokens, mut clicked) = unbounded_channel();
    let router = Router::builder()
        .on_callback(move |click: ActionTrigger| {
            let sent = tokens.send(click.token);
            async move { sent.map(|()| ActionReply::new()) }
        })
        .build()
        .unwrap();
    let _bot = Running::ready(config(&sim), router).await;
    let api = client(&sim);
    let card = Card::v1().shared().title("Holiday").buttons([Button::new("Approve").value(json!({"approve": true}))]);
    let sent = api.send(message::Create::new(ReceiveIdType::ChatId, &group, card)).await.unwrap();
    let click = sim.user("ada").click(&sent.message_id, json!({"approve": true})).await;
    click.acked(Duration::from_secs(30)).await.unwrap();
    let token = within(clicked.recv()).await.unwrap().unwrap();
    let approved = Card::v1().shared().markdown("approved");
    api.send(interactive::v1::card::Update::new(token, approved.clone())).await.unwrap();
    api.send(message::Patch::new(&sent.message_id, approved)).await.unwrap();
    sim.assert_no_violations();
}

#[tokio::test]
async fn a_token_that_ended_and_too_many_calls_are_not_the_callers_to_mind() {
    let (sim, api, group, _) = stage().await;
    sim.faults().api_token_expired().next(1);
    api.send(message::Create::new(ReceiveIdType::ChatId, &group, "one")).await.unwrap();
    sim.faults().api_rate_limit(1).next(1);
    api.send(message::Create::new(ReceiveIdType::ChatId, &group, "two")).await.unwrap();
    let all = api.all(message::List::chat(&group), 100).await.unwrap();
    let texts: Vec<_> = all.iter().filter_map(|message| message.content()).collect();
    assert!(texts.ends_with(&[r#"{"text":"one"}"#, r#"{"text":"two"}"#]), "{texts:?}");
    sim.assert_no_violations();
}
