//! Cards that people touch, and what they see of the bot's answer.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::time::Duration;

use common::{Bench, ack, frames};
use larkwire_core::frame::Frame;
use larkwire_sim::{ActError, CardAction, ClickResult, ConnectionId, Draft, Outcome, PushId, Shape, What};
use serde_json::{Value, json};

/// A bot that sent alice a card.
struct Stage {
    bench: Bench,
    connection: ConnectionId,
    message_id: String,
}

impl Stage {
    fn new(card: &Value) -> Stage {
        Stage::with(|_| {}, card)
    }

    fn with(prepare: impl FnOnce(&mut Bench), content: &Value) -> Stage {
        let mut bench = Bench::new();
        prepare(&mut bench);
        let connection = bench.connect();
        let open_id = bench.platform.person("alice").open_id;
        let body = json!({"receive_id": open_id, "msg_type": "interactive", "content": content.to_string()});
        let sent = bench.done("POST", "im/v1/messages?receive_id_type=open_id", &body);
        let message_id = sent["message_id"].as_str().unwrap().to_owned();
        Stage { bench, connection, message_id }
    }

    fn action(&self, element: &str) -> CardAction {
        self.bench.platform.chat_message(&self.message_id).unwrap().action(element).unwrap()
    }

    /// Alice does something; the push, its frame and the body of the callback.
    fn touch(&mut self, action: &CardAction) -> (PushId, Frame, Value) {
        let bench = &mut self.bench;
        let said = bench.platform.act_on_card(bench.now, "alice", &self.message_id, action, Shape::default()).unwrap();
        let outputs = bench.drain();
        let (event_type, event) = Bench::events(&outputs)[0].clone();
        assert_eq!(event_type, "card.action.trigger");
        (said.push, frames(&outputs)[0].1.clone(), event)
    }

    /// What comes of an answer to a click on a button.
    fn answer(&mut self, answer: &Value) -> ClickResult {
        let (push, frame, _) = self.touch(&CardAction::button(json!({})));
        self.reply(&frame, answer);
        self.bench.platform.click_result(push).unwrap().result.clone()
    }

    fn reply(&mut self, frame: &Frame, answer: &Value) {
        use base64::Engine as _;
        let data = base64::engine::general_purpose::STANDARD.encode(answer.to_string());
        self.bench.receive(self.connection, ack(frame, &json!({"code": 200, "data": data}).to_string()));
    }

    fn text(&self) -> String {
        self.bench.platform.chat_message(&self.message_id).unwrap().text()
    }
}

fn markdown(text: &str) -> Value {
    json!({"schema": "2.0", "body": {"elements": [{"tag": "markdown", "content": text}]}})
}

fn code(result: &ClickResult) -> i64 {
    match result {
        ClickResult::Failed { code, message } => {
            assert!(!message.is_empty());
            *code
        }
        other => panic!("{other:?}"),
    }
}

// fidelity: Cards | elements of both schemas tell what they are bound to: button, select, input, date, form |
//   official documentation
#[test]
fn elements_of_both_versions_tell_the_bot_what_was_bound_to_them() {
    let plain = |text: &str| json!({"tag": "plain_text", "content": text});
    let card = json!({"elements": [
        {"tag": "markdown", "content": "Approve"},
        {"tag": "action", "actions": [
            {"tag": "button", "text": plain("Approve"), "value": {"ok": true}},
            {"tag": "select_static", "name": "city", "placeholder": plain("Where?"), "value": {"k": 1}, "options": []},
            {"tag": "overflow", "name": "more", "options": []},
        ]},
    ]});
    let mut stage = Stage::new(&card);
    let (_, _, event) = stage.touch(&stage.action("Approve"));
    let expected = json!({"tag": "button", "value": {"ok": true}, "timezone": "Asia/Shanghai"});
    assert_eq!(event["action"], expected, "the button, not the text that says the same");
    let alice = stage.bench.platform.person("alice");
    assert_eq!(event["operator"]["open_id"], alice.open_id);
    assert_eq!(event["context"], json!({"open_message_id": stage.message_id, "open_chat_id": alice.chat_id}));
    assert!(event["token"].as_str().unwrap().starts_with("c-"));
    let (_, _, event) = stage.touch(&stage.action("Where?").option("sz"));
    let expected = json!({
        "tag": "select_static", "name": "city", "value": {"k": 1}, "option": "sz", "timezone": "Asia/Shanghai",
    });
    assert_eq!(event["action"], expected);

    let callback = |value: Value| json!([{"type": "open_url"}, {"type": "callback", "value": value}]);
    let card = json!({"schema": "2.0", "body": {"elements": [
        {"tag": "column_set", "columns": [{"tag": "column", "elements": [
            {"tag": "checker", "name": "done", "text": plain("Done"), "behaviors": callback(json!("a text"))},
        ]}]},
        {"tag": "date_picker", "element_id": "when", "behaviors": callback(json!({}))},
        {"tag": "form", "name": "f", "elements": [
            {"tag": "input", "name": "why"},
            {"tag": "multi_select_static", "name": "who"},
            {"tag": "button", "name": "send", "text": plain("Send"), "form_action_type": "submit"},
        ]},
    ]}});
    let mut stage = Stage::new(&card);
    let mut action = |action: CardAction| {
        let mut action = stage.touch(&action).2["action"].clone();
        action.as_object_mut().unwrap().remove("timezone");
        action
    };
    let message = Stage::new(&card);
    let of = |element: &str| message.action(element);
    let checked = json!({"tag": "checker", "name": "done", "value": "a text", "checked": true});
    assert_eq!(action(of("Done").checked(true)), checked);
    let date = json!({"tag": "date_picker", "value": {}, "option": "2026-01-31 +0800"});
    assert_eq!(action(of("when").option("2026-01-31 +0800")), date);
    assert_eq!(action(of("why").input("because")), json!({"tag": "input", "name": "why", "input_value": "because"}));
    assert_eq!(action(of("who").options(["a", "b"]))["options"], json!(["a", "b"]));
    let sent = of("Send").field("why", "because").field("who", json!(["a"]));
    let form = json!({"why": "because", "who": ["a"]});
    assert_eq!(action(sent), json!({"tag": "button", "name": "send", "form_value": form}));
}

// fidelity: Callbacks | an answer shows its toast and replaces the card | official documentation | python node
#[test]
fn an_answer_shows_its_toast_and_its_card() {
    let mut stage = Stage::new(&markdown("deploy?"));
    let answered = |toast: Option<(&str, &str)>, card: bool| (toast.map(|(a, b)| (a.to_owned(), b.to_owned())), card);
    let result = |result: ClickResult| match result {
        ClickResult::Answered { toast, card } => (toast.map(|toast| (toast.level, toast.text)), card),
        other => panic!("{other:?}"),
    };
    assert_eq!(result(stage.answer(&json!({}))), answered(None, false));
    assert_eq!(result(stage.answer(&Value::Null)), answered(None, false));
    let toast = json!({"toast": {"type": "success", "content": "done"}});
    assert_eq!(result(stage.answer(&toast)), answered(Some(("success", "done")), false));
    let translated = json!({"toast": {"i18n": {"zh_cn": "好"}}, "card": null});
    assert_eq!(result(stage.answer(&translated)), answered(Some(("info", "好")), false));
    let card = json!({"card": {"type": "raw", "data": markdown("deployed")}});
    assert_eq!(result(stage.answer(&card)), answered(None, true));
    assert_eq!(stage.text(), "deployed");
    stage.bench.platform.add_template("ctp_1", markdown("by ${name}"));
    let data = json!({"template_id": "ctp_1", "template_variable": {"name": "alice"}});
    stage.answer(&json!({"card": {"type": "template", "data": data}}));
    assert_eq!(stage.text(), "by alice");
    let shown = stage.bench.platform.transcript().filter_map(|entry| match &entry.what {
        What::Toast { person, text, .. } => Some((person.as_str(), text.as_str())),
        _ => None,
    });
    assert_eq!(shown.collect::<Vec<_>>(), [("alice", "done"), ("alice", "好")]);
}

// fidelity: Callbacks | 200672 for an answer of another form, 200673 for a card that is none | official
//   documentation, field reports
#[test]
fn a_malformed_answer_shows_an_error_and_changes_nothing() {
    let mut stage = Stage::new(&markdown("deploy?"));
    for (answer, expected) in [
        (json!("ok"), 200_672),
        (json!({"toast": {"type": "loud", "content": "x"}}), 200_672),
        (json!({"toast": {"type": "info"}}), 200_672),
        (json!({"config": {}, "elements": []}), 200_672),
        (json!({"card": markdown("not wrapped")}), 200_673),
        (json!({"card": {"type": "raw", "data": {}}}), 200_673),
        (json!({"toast": {"content": "x"}, "card": {"type": "raw", "data": "text"}}), 200_673),
    ] {
        assert_eq!(code(&stage.answer(&answer)), expected, "{answer}");
        let record = stage.bench.platform.push_records().next_back().unwrap();
        assert_eq!(record.outcome, Outcome::UserSawError { code: expected });
    }
    assert_eq!(stage.text(), "deploy?");
    assert!(stage.bench.platform.transcript().all(|entry| !matches!(entry.what, What::Toast { .. })));
}

#[test]
fn an_answer_that_is_late_missing_or_a_failure_is_not_asked_for_again() {
    let mut stage = Stage::new(&markdown("deploy?"));
    let click = CardAction::button(json!({}));
    let (late, frame, _) = stage.touch(&click);
    assert_eq!(stage.bench.platform.click_result(late).unwrap().result, ClickResult::Pending);
    assert_eq!(stage.bench.pass(Duration::from_secs(3)), []);
    assert_eq!(code(&stage.bench.platform.click_result(late).unwrap().result), 200_340);
    stage.reply(&frame, &json!({"card": {"type": "raw", "data": markdown("too late")}}));
    assert_eq!(stage.text(), "deploy?");
    let (failed, frame, _) = stage.touch(&click);
    stage.bench.receive(stage.connection, ack(&frame, r#"{"code":500}"#));
    assert_eq!(code(&stage.bench.platform.click_result(failed).unwrap().result), 200_340);
    // Each error stands in the transcript with all that a page needs to show it on the card.
    let shown: Vec<_> =
        stage.bench.platform.transcript().map(|entry| serde_json::to_value(&entry.what).unwrap()).collect();
    let shown: Vec<_> = shown.iter().filter(|what| what["kind"] == "callback_failed").collect();
    assert_eq!(shown.len(), 2);
    for what in shown {
        assert_eq!((&what["message_id"], &what["person"]), (&json!(stage.message_id), &json!("alice")));
        assert!(what["message"].as_str().unwrap().contains("did not answer in time"), "{what}");
    }
    assert_eq!(stage.bench.pass(Duration::from_secs(7 * 3600)), []);
}

// fidelity: Callbacks | a click can come in a frame of type `card`, as some apps see | field reports | python node
#[test]
fn a_click_can_come_in_a_frame_of_type_card() {
    let mut stage = Stage::new(&markdown("deploy?"));
    let bench = &mut stage.bench;
    let shape = Shape::frame_type("card");
    let click = CardAction::button(json!({}));
    bench.platform.act_on_card(bench.now, "alice", &stage.message_id, &click, shape).unwrap();
    assert_eq!(frames(&bench.drain())[0].1.header("type"), Some("card"));
}

#[test]
fn only_cards_of_bots_in_ones_own_chats_can_be_touched() {
    let mut stage = Stage::new(&markdown("deploy?"));
    let (now, click) = (stage.bench.now, CardAction::button(json!({})));
    let platform = &mut stage.bench.platform;
    let said = platform.say(now, "alice", "hi").message_id;
    let touch = |platform: &mut larkwire_sim::Platform, name: &str, id: &str| {
        platform.act_on_card(now, name, id, &click, Shape::default()).unwrap_err()
    };
    assert_eq!(touch(platform, "alice", &said), ActError::NoSuchElement("button".into()));
    assert_eq!(touch(platform, "alice", "om_x"), ActError::NoSuchMessage("om_x".into()));
    assert!(matches!(touch(platform, "bob", &stage.message_id), ActError::NotAMember { .. }));
    platform.post(now, "alice", Draft::text("still here")).unwrap();
}

// fidelity: Cards | a template that is known is filled; one that is only on the platform is labelled as such |
//   official documentation (variables); the label: our own
#[test]
fn a_template_is_filled_and_an_unknown_one_is_labelled() {
    let template = json!({"schema": "2.0", "body": {"elements": [
        {"tag": "markdown", "content": "Hello ${name}, ${count} left"},
        {"tag": "select_static", "options": "${options}"},
    ]}});
    let content = |id: &str| {
        let variables = json!({"name": "alice", "count": 3, "options": [{"value": "a"}]});
        json!({"type": "template", "data": {"template_id": id, "template_variable": variables}})
    };
    let known = Stage::with(|bench| bench.platform.add_template("ctp_1", template), &content("ctp_1"));
    assert_eq!(known.text(), "Hello alice, 3 left");
    let card = known.bench.platform.chat_message(&known.message_id).unwrap().card.clone().unwrap();
    assert_eq!(card["body"]["elements"][1]["options"], json!([{"value": "a"}]));
    let unknown = Stage::new(&content("ctp_2")).text();
    assert!(unknown.starts_with("Template ctp_2\n") && unknown.contains("count: 3"), "{unknown}");
}

// fidelity: Callbacks | 200810 while the card is streaming | official documentation; the code of the other refusal:
//   assumed
#[test]
fn nobody_changes_an_entity_while_a_person_touches_it_nor_from_a_callback_while_it_streams() {
    let card = json!({
        "schema": "2.0",
        "config": {"streaming_mode": true},
        "body": {"elements": [{"tag": "markdown", "element_id": "text", "content": "..."}]},
    });
    let mut bench = Bench::new();
    let made = bench.done("POST", "cardkit/v1/cards", &json!({"type": "card_json", "data": card.to_string()}));
    let card_id = made["card_id"].as_str().unwrap().to_owned();
    let mut stage = Stage::new(&markdown("unused"));
    stage.connection = bench.connect();
    let open_id = bench.platform.person("alice").open_id;
    let content = json!({"type": "card", "data": {"card_id": card_id}}).to_string();
    let body = json!({"receive_id": open_id, "msg_type": "interactive", "content": content});
    let sent = bench.done("POST", "im/v1/messages?receive_id_type=open_id", &body);
    (stage.bench, stage.message_id) = (bench, sent["message_id"].as_str().unwrap().to_owned());

    let (push, frame, _) = stage.touch(&CardAction::button(json!({})));
    let path = format!("cardkit/v1/cards/{card_id}/elements/text/content");
    let typed = |sequence: i64| json!({"content": "typed", "sequence": sequence});
    assert_eq!(stage.bench.api("PUT", &path, &typed(1)).0, 200_810);
    stage.reply(&frame, &json!({"card": {"type": "raw", "data": markdown("from the callback")}}));
    assert_eq!(code(&stage.bench.platform.click_result(push).unwrap().result), 200_810);
    assert_eq!(stage.bench.api("PUT", &path, &typed(1)).0, 0);
    assert_eq!(stage.text(), "typed");
    let settings = json!({"config": {"streaming_mode": false}}).to_string();
    let body = json!({"settings": settings, "sequence": 2});
    assert_eq!(stage.bench.api("PATCH", &format!("cardkit/v1/cards/{card_id}/settings"), &body).0, 0);
    stage.answer(&json!({"card": {"type": "raw", "data": markdown("from the callback")}}));
    assert_eq!(stage.text(), "from the callback");
}
