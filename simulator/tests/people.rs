//! People in their chats: what they do, and which bots hear of it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::Bench;
use larkwire_sim::{ActError, Actor, AppProfile, ChatMode, Draft, GroupMessages, Output, Profile};
use serde_json::{Value, json};

const OTHER: (&str, &str) = ("cli_51a0000000000002", "other-secret-not-real");

/// Alice, bob and the bots of two connected apps in one group; its id is the second.
fn group_with(change: impl FnOnce(&mut Profile)) -> (Bench, String) {
    let mut bench = Bench::with(|profile| {
        let other = AppProfile::new(OTHER.0, OTHER.1);
        profile.apps.push(other);
        change(profile);
    });
    bench.connect();
    bench.connect_as(OTHER.0, OTHER.1);
    let first = bench.credentials().0;
    let members = ["alice", "bob", first.as_str(), OTHER.0];
    let chat_id = bench.platform.group(bench.now, "ops", members).chat_id;
    assert_eq!(bench.drain(), [], "a group that has been there before is no event");
    (bench, chat_id)
}

fn group() -> (Bench, String) {
    group_with(|_| {})
}

/// The types of the events among these outputs, with the apps that they are for.
fn told(outputs: &[Output]) -> Vec<(String, String)> {
    common::frames(outputs)
        .into_iter()
        .map(|(_, frame)| {
            let envelope: Value = serde_json::from_slice(frame.payload.as_ref().unwrap()).unwrap();
            let text = |name: &str| envelope["header"][name].as_str().unwrap().to_owned();
            (text("event_type"), text("app_id"))
        })
        .collect()
}

fn to(app_id: &str, event: &str) -> (String, String) {
    (event.to_owned(), app_id.to_owned())
}

// fidelity: Mentions | in a group a bot hears what mentions it, and all with the permission for it | official
//   documentation | python node
#[test]
fn in_a_group_a_bot_hears_what_mentions_it() {
    let (mut bench, chat_id) = group();
    let first = bench.credentials().0;
    bench.platform.post(bench.now, "alice", Draft::text("morning, all").in_chat(&chat_id)).unwrap();
    assert_eq!(bench.drain(), []);
    let posted =
        bench.platform.post(bench.now, "alice", Draft::text("@Bot deploy, @bob look").in_chat(&chat_id)).unwrap();
    let outputs = bench.drain();
    assert_eq!(told(&outputs), [to(&first, "im.message.receive_v1")]);
    assert_eq!(posted.pushes.len(), 1);
    let message = Bench::events(&outputs)[0].1["message"].clone();
    assert_eq!((&message["chat_type"], &message["chat_id"]), (&json!("group"), &json!(chat_id)));
    assert_eq!(message["content"], json!({"text": "@_user_1 deploy, @_user_2 look"}).to_string());
    let mentions = message["mentions"].as_array().unwrap();
    let bot = bench.platform.apps().next().unwrap().open_id.clone();
    assert_eq!((&mentions[0]["id"]["open_id"], &mentions[0]["mentioned_type"]), (&json!(bot), &json!("bot")));
    let bob = bench.platform.person("bob");
    assert_eq!(mentions[1]["id"], json!({"open_id": bob.open_id, "union_id": bob.union_id, "user_id": bob.user_id}));
    assert_eq!((&mentions[1]["name"], &mentions[1]["mentioned_type"]), (&json!("bob"), &json!("user")));
}

#[test]
fn a_mention_can_be_asked_for_and_everybody_is_no_bot() {
    let (mut bench, chat_id) = group();
    let draft = Draft::text("status?").in_chat(&chat_id).mention(OTHER.0);
    bench.platform.post(bench.now, "alice", draft).unwrap();
    let outputs = bench.drain();
    assert_eq!(told(&outputs), [to(OTHER.0, "im.message.receive_v1")]);
    let event = &Bench::events(&outputs)[0].1;
    assert_eq!(event["message"]["content"], json!({"text": "@_user_1 status?"}).to_string());
    let alice = bench.platform.open_id("alice", OTHER.0).unwrap();
    assert_eq!(event["sender"]["sender_id"]["open_id"], alice, "as this app sees her");
    assert_ne!(alice, bench.platform.person("alice").open_id);
    bench.platform.post(bench.now, "alice", Draft::text("@all lunch, not @allison").in_chat(&chat_id)).unwrap();
    assert_eq!(bench.drain(), []);
    let shown = bench.platform.messages().next_back().unwrap().text();
    assert_eq!(shown, "@_all lunch, not @allison");
}

#[test]
fn with_the_permission_for_it_a_bot_hears_everything() {
    let (mut bench, chat_id) = group_with(|profile| profile.group_messages = GroupMessages::All);
    bench.platform.post(bench.now, "alice", Draft::text("morning").in_chat(&chat_id)).unwrap();
    let apps: Vec<String> = told(&bench.drain()).into_iter().map(|(_, app)| app).collect();
    assert_eq!(apps, [bench.credentials().0, OTHER.0.to_owned()]);
}

#[test]
fn each_bot_has_its_own_chat_with_a_person() {
    let (mut bench, _) = group();
    let alice = bench.platform.person("alice");
    let posted = bench.platform.post(bench.now, "alice", Draft::text("hi").to_app(OTHER.0)).unwrap();
    let outputs = bench.drain();
    assert_eq!(told(&outputs), [to(OTHER.0, "im.message.receive_v1")]);
    let message = bench.platform.chat_message(&posted.message_id).unwrap();
    assert_ne!(message.chat_id, alice.chat_id);
    let chat = bench.platform.chat(&message.chat_id).unwrap();
    assert_eq!(chat.mode, ChatMode::P2p);
    assert_eq!(chat.members, [Actor::User("alice".into()), Actor::App(OTHER.0.into())]);
}

// fidelity: Threads | a reply has `root_id` and `parent_id`, a thread `thread_id`; what is in a thread is answered
//   there | official documentation, field reports
#[test]
fn replies_and_threads_are_told_by_their_ids() {
    let (mut bench, chat_id) = group();
    let first = bench.platform.post(bench.now, "alice", Draft::text("one").in_chat(&chat_id)).unwrap().message_id;
    let reply = Draft::text("@Bot two").reply_to(&first);
    let second = bench.platform.post(bench.now, "bob", reply).unwrap().message_id;
    let message = Bench::events(&bench.drain())[0].1["message"].clone();
    assert_eq!((&message["parent_id"], &message["root_id"]), (&json!(first), &json!(first)));
    assert_eq!(message.get("thread_id"), None);
    let thread = Draft::text("@Bot three").reply_to(&second).in_thread();
    bench.platform.post(bench.now, "alice", thread).unwrap();
    let message = Bench::events(&bench.drain())[0].1["message"].clone();
    assert_eq!((&message["parent_id"], &message["root_id"]), (&json!(second), &json!(first)));
    let thread_id = message["thread_id"].as_str().unwrap();
    assert_eq!(bench.platform.chat_message(&first).unwrap().thread_id.as_deref(), Some(thread_id));
    // In a thread every reply is one of the thread.
    let last = bench.platform.messages().next_back().unwrap().message_id.clone();
    bench.platform.post(bench.now, "bob", Draft::text("@Bot four").reply_to(last)).unwrap();
    assert_eq!(Bench::events(&bench.drain())[0].1["message"]["thread_id"], thread_id);
}

// fidelity: Messages | an edit raises no event, a recall and a reaction do | field reports (edit); official
//   documentation
#[test]
fn an_edit_is_silent_a_recall_and_a_reaction_are_not() {
    let (mut bench, chat_id) = group();
    let first = bench.credentials().0;
    let id = bench.platform.post(bench.now, "alice", Draft::text("@Bot one").in_chat(&chat_id)).unwrap().message_id;
    bench.drain();
    bench.platform.edit(bench.now, "alice", &id, "@bob two").unwrap();
    assert_eq!(bench.drain(), []);
    let message = bench.platform.chat_message(&id).unwrap();
    assert_eq!((message.text().as_str(), message.edited, message.mentions.len()), ("@_user_1 two", 1, 1));

    bench.platform.react(bench.now, "bob", &id, "THUMBSUP").unwrap();
    bench.platform.react(bench.now, "bob", &id, "THUMBSUP").unwrap();
    let outputs = bench.drain();
    let created = "im.message.reaction.created_v1";
    assert_eq!(told(&outputs), [to(&first, created), to(OTHER.0, created)], "both bots, once");
    let event = &Bench::events(&outputs)[0].1;
    let bob = bench.platform.person("bob");
    assert_eq!(event["user_id"]["open_id"], bob.open_id);
    assert_eq!(
        (&event["operator_type"], &event["reaction_type"]),
        (&json!("user"), &json!({"emoji_type": "THUMBSUP"}))
    );
    bench.platform.unreact(bench.now, "bob", &id, "THUMBSUP").unwrap();
    assert_eq!(told(&bench.drain())[0].0, "im.message.reaction.deleted_v1");

    bench.platform.recall(bench.now, "alice", &id).unwrap();
    let event = Bench::events(&bench.drain())[0].clone();
    assert_eq!(event.0, "im.message.recalled_v1");
    assert_eq!((&event.1["message_id"], &event.1["recall_type"]), (&json!(id), &json!("message_owner")));
    assert_eq!(bench.platform.edit(bench.now, "alice", &id, "x"), Err(ActError::NoSuchMessage(id)));
}

#[test]
fn a_bot_learns_that_its_chat_was_opened_and_what_was_said_last() {
    let (mut bench, group) = group();
    let alice = bench.platform.person("alice");
    let said = bench.platform.say(bench.now, "alice", "hi").message_id;
    bench.drain();
    bench.platform.enter(bench.now, "alice", &alice.chat_id).unwrap();
    let (event_type, event) = Bench::events(&bench.drain())[0].clone();
    assert_eq!(event_type, "im.chat.access_event.bot_p2p_chat_entered_v1");
    assert_eq!((&event["chat_id"], &event["last_message_id"]), (&json!(alice.chat_id), &json!(said)));
    assert_eq!(event["operator_id"]["open_id"], alice.open_id);
    assert!(matches!(bench.platform.enter(bench.now, "alice", &group), Err(ActError::NotPossible(_))));
}

#[test]
fn nobody_does_what_only_others_may() {
    let (mut bench, chat_id) = group();
    let now = bench.now;
    let id = bench.platform.post(now, "alice", Draft::text("mine").in_chat(&chat_id)).unwrap().message_id;
    assert_eq!(bench.platform.edit(now, "bob", &id, "ours"), Err(ActError::NotTheSender));
    assert_eq!(bench.platform.recall(now, "bob", &id), Err(ActError::NotTheSender));
    let outside = ActError::NotAMember { name: "eve".into(), chat_id: chat_id.clone() };
    assert_eq!(bench.platform.react(now, "eve", &id, "OK"), Err(outside.clone()));
    assert_eq!(bench.platform.post(now, "eve", Draft::text("x").in_chat(&chat_id)), Err(outside.clone()));
    assert_eq!(bench.platform.rename_group(now, "eve", &chat_id, "x"), Err(outside));
    let unknown = bench.platform.post(now, "alice", Draft::text("x").in_chat("oc_x"));
    assert_eq!(unknown, Err(ActError::NoSuchChat("oc_x".into())));
    let no_app = bench.platform.post(now, "alice", Draft::text("x").to_app("cli_x"));
    assert_eq!(no_app, Err(ActError::NoSuchApp("cli_x".into())));
    let mut draft = Draft::text("x");
    draft.content = "not JSON".into();
    assert_eq!(bench.platform.post(now, "alice", draft), Err(ActError::BadContent));
}

// fidelity: Groups | who joins and leaves, new names and the end of a group are events | official documentation
#[test]
fn bots_learn_who_comes_and_goes() {
    let (mut bench, _) = group();
    let (now, first) = (bench.now, bench.credentials().0);
    let chat = bench.platform.found_group(now, "alice", "war room", ["bob", first.as_str()]).unwrap();
    assert_eq!(told(&bench.drain()), [to(&first, "im.chat.member.bot.added_v1")]);
    bench.platform.add_members(now, "alice", &chat.chat_id, ["carol", OTHER.0]).unwrap();
    let outputs = bench.drain();
    let added = "im.chat.member.user.added_v1";
    assert_eq!(told(&outputs), [to(OTHER.0, "im.chat.member.bot.added_v1"), to(&first, added)]);
    let event = &Bench::events(&outputs)[1].1;
    let carol = bench.platform.person("carol");
    assert_eq!(event["users"][0]["user_id"]["open_id"], carol.open_id);
    assert_eq!(event["operator_id"]["open_id"], bench.platform.person("alice").open_id);
    assert_eq!(event["name"], "war room");
    bench.platform.remove_members(now, "bob", &chat.chat_id, ["bob"]).unwrap();
    let outputs = bench.drain();
    let deleted = "im.chat.member.user.deleted_v1";
    assert_eq!(told(&outputs), [to(&first, deleted), to(OTHER.0, deleted)]);
    assert_eq!(Bench::events(&outputs)[0].1["users"][0]["name"], "bob");
    bench.platform.rename_group(now, "alice", &chat.chat_id, "peace room").unwrap();
    let event = Bench::events(&bench.drain())[0].clone();
    assert_eq!(event.0, "im.chat.updated_v1");
    assert_eq!(
        (&event.1["before_change"]["name"], &event.1["after_change"]["name"]),
        (&json!("war room"), &json!("peace room"))
    );
    bench.platform.remove_members(now, "alice", &chat.chat_id, [OTHER.0]).unwrap();
    assert_eq!(told(&bench.drain()), [to(OTHER.0, "im.chat.member.bot.deleted_v1")]);
    bench.platform.dissolve_group(now, "alice", &chat.chat_id).unwrap();
    assert_eq!(told(&bench.drain()), [to(&first, "im.chat.disbanded_v1")]);
    let gone = bench.platform.post(now, "alice", Draft::text("x").in_chat(&chat.chat_id));
    assert_eq!(gone, Err(ActError::NoSuchChat(chat.chat_id)));
}

#[test]
fn a_page_that_applies_the_transcript_in_order_sees_what_is_there() {
    let (mut bench, chat_id) = group();
    let now = bench.now;
    let id = bench.platform.post(now, "alice", Draft::text("@Bot one").in_chat(&chat_id)).unwrap().message_id;
    bench.platform.edit(now, "alice", &id, "two").unwrap();
    bench.platform.react(now, "bob", &id, "OK").unwrap();
    bench.platform.react(now, "alice", &id, "OK").unwrap();
    bench.platform.post(now, "bob", Draft::text("three").reply_to(&id).in_thread()).unwrap();
    bench.platform.rename_group(now, "alice", &chat_id, "dev").unwrap();
    bench.platform.recall(now, "alice", &id).unwrap();
    let mut seen = std::collections::BTreeMap::new();
    for entry in bench.platform.transcript() {
        let entry = serde_json::to_value(entry).unwrap();
        let (name, id) = match entry["kind"].as_str().unwrap() {
            "message" | "message_updated" => ("message", "message_id"),
            "chat" => ("chat", "chat_id"),
            "person" => ("person", "name"),
            _ => continue,
        };
        seen.insert((name, entry[name][id].as_str().unwrap().to_owned()), entry[name].clone());
    }
    for message in bench.platform.messages() {
        let shown = serde_json::to_value(message).unwrap();
        assert_eq!(seen.remove(&("message", message.message_id.clone())), Some(shown));
    }
    for chat in bench.platform.chats() {
        assert_eq!(seen.remove(&("chat", chat.chat_id.clone())), Some(serde_json::to_value(chat).unwrap()));
    }
    for person in bench.platform.people() {
        assert_eq!(seen.remove(&("person", person.name.clone())), Some(serde_json::to_value(person).unwrap()));
    }
    assert!(seen.is_empty());
    let message = serde_json::to_value(bench.platform.chat_message(&id).unwrap()).unwrap();
    assert_eq!(message["sender"], json!({"kind": "user", "id": "alice"}));
    assert_eq!(message["reactions"], json!([{"emoji": "OK", "by": ["bob", "alice"]}]));
    assert_eq!((&message["recalled"], &message["edited"]), (&json!(true), &json!(1)));
}

#[test]
fn memory_is_bounded_however_much_is_said() {
    let mut bench = Bench::with(|profile| profile.records = 10);
    for n in 0..100 {
        bench.platform.say(bench.now, &format!("person {n}"), &n.to_string());
    }
    assert_eq!((bench.platform.people().count(), bench.platform.messages().count()), (10, 10));
    assert_eq!(bench.platform.chats().count(), 10);
    assert_eq!(bench.platform.messages().next().unwrap().text(), "90");
}
