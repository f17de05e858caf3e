use alloc::format;
use alloc::string::{String, ToString};

use larkwire_core::Reply;
use serde_json::json;

use super::*;

#[test]
fn debug_of_a_card_action_shows_no_token() {
    let body = r#"{"token":"c-secret","context":{"preview_token":"tok_secret","open_chat_id":"oc_1"}}"#;
    let body = ActionTrigger::parse(body).unwrap();
    assert_eq!(body.token.as_ref().map(|token| token.expose()), Some("c-secret"));
    let shown = format!("{body:?}");
    assert!(shown.contains("oc_1") && !shown.contains("secret"), "{shown}");
}

#[test]
fn raw_json_inside_a_text_stays_a_text_and_exhausts_no_stack() {
    // serde_json's own `Value` reads an object of this one member as the JSON in its text; each text starts a new count of
    // the depth.
    const NAME: &str = "$serde_json::private::RawValue";
    let mut inner = String::from("1");
    while inner.len() < 1_000_000 {
        let text = serde_json::to_string(&inner).unwrap();
        inner = format!("{}{{\"{NAME}\":{text}}}{}", "[".repeat(110), "]".repeat(110));
    }
    for body in
        [format!(r#"{{"action":{{"value":{inner}}}}}"#), format!(r#"{{"action":{{"form_value":{{"a":{inner}}}}}}}"#)]
    {
        assert!(ActionTrigger::parse(&body).is_ok());
    }
    let body = format!(r#"{{"action":{{"value":{{"{NAME}":"[1]"}},"form_value":{{"{NAME}":"[1]"}}}}}}"#);
    let action = ActionTrigger::parse(&body).unwrap().action.unwrap();
    assert_eq!(action.value.get(NAME), Some(&json!("[1]")));
    assert_eq!(action.form_value.unwrap().get(NAME), Some(&json!("[1]")));
    let deep = format!(r#"{{"action":{{"value":{}{}}}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert!(ActionTrigger::parse(&deep).is_err());
}

#[test]
fn an_answer_has_the_members_that_were_set() {
    let reply = ActionReply::new().toast(ToastKind::Success, "完成");
    assert_eq!(reply.to_json(), r#"{"toast":{"type":"success","content":"完成"}}"#);
    let reply = ActionReply::new().card(NewCard::Raw(json!({"elements": []})));
    assert_eq!(reply.to_json(), r#"{"card":{"type":"raw","data":{"elements":[]}}}"#);
    let template = Template::new("AAq1").version("1.0.0").variable("a", 1);
    let reply = ActionReply::new().toast(ToastKind::Info, "").card(template);
    let expected = r#"{"toast":{"type":"info","content":""},"card":{"type":"template","data":{"template_id":"AAq1","template_version_name":"1.0.0","template_variable":{"a":1}}}}"#;
    assert_eq!(reply.to_json(), expected);
    assert_eq!(serde_json::from_str::<ActionReply>(expected).unwrap(), reply);
    let reply = ActionReply::new().card(NewCard::CardJson(json!({"schema": "2.0"}).to_string()));
    assert_eq!(reply.to_json(), r#"{"card":{"type":"card_json","data":"{\"schema\":\"2.0\"}"}}"#);
    assert_eq!(ActionReply::new().to_json(), "{}");
}

#[test]
fn a_toast_may_have_its_text_in_languages() {
    let reply = ActionReply::from(Toast::error("x").i18n("en_us", "done").i18n("zh_cn", "完成"));
    let expected = r#"{"toast":{"type":"error","content":"x","i18n":{"en_us":"done","zh_cn":"完成"}}}"#;
    assert_eq!(reply.to_json(), expected);
    assert_eq!(serde_json::from_str::<ActionReply>(expected).unwrap(), reply);
}

#[test]
fn the_kinds_of_toasts_have_the_names_of_the_documentation() {
    let kinds = [ToastKind::Info, ToastKind::Success, ToastKind::Error, ToastKind::Warning];
    let names: Value = serde_json::to_value(kinds).unwrap();
    assert_eq!(names, json!(["info", "success", "error", "warning"]));
}

#[test]
fn an_answer_becomes_the_data_of_a_reply_even_when_empty() {
    let reply = Reply::from(ActionReply::new());
    assert_eq!(reply, Reply::json("{}"));
    let reply = Reply::from(ActionReply::new().toast(ToastKind::Warning, "w"));
    assert_eq!(reply, Reply::json(r#"{"toast":{"type":"warning","content":"w"}}"#));
}

#[test]
fn every_answer_that_can_be_built_has_a_form_that_the_platform_takes() {
    let toasts = [Toast::info("a"), Toast::success("b").i18n("en_us", "c"), Toast::error("d"), Toast::warning("e")];
    for reply in toasts.map(ActionReply::from).into_iter().chain([ActionReply::new()]) {
        let cards = [
            NewCard::from(json!({"elements": []})),
            Template::new("AAq1").into(),
            Template::new("AAq1").version("1.0.0").variable("a", [1, 2]).into(),
            NewCard::CardJson("{}".to_string()),
        ];
        assert_eq!(Reply::from(reply.clone()).check(ActionTrigger::TYPE), Ok(()));
        for card in cards {
            let reply = reply.clone().card(card);
            assert_eq!(Reply::from(reply.clone()).check(ActionTrigger::TYPE), Ok(()));
            assert_eq!(serde_json::from_str::<ActionReply>(&reply.to_json()).unwrap(), reply);
        }
    }
}

#[test]
fn a_toast_without_a_type_is_grey() {
    let reply: ActionReply = serde_json::from_str(r#"{"toast":{"content":"a"}}"#).unwrap();
    assert_eq!(reply, Toast::info("a").into());
}

#[test]
fn a_token_is_read_and_written_like_a_text() {
    let context: Context = serde_json::from_str(r#"{"preview_token":7,"url":null}"#).unwrap();
    assert_eq!(context.preview_token.as_ref().map(UpdateToken::expose), Some("7"));
    assert_eq!(serde_json::to_string(&context).unwrap(), r#"{"preview_token":"7"}"#);
    let alone: UpdateToken = serde_json::from_str("\"c-1\"").unwrap();
    assert_eq!((alone.expose(), &alone == context.preview_token.as_ref().unwrap()), ("c-1", false));
    assert_eq!(serde_json::from_str::<UpdateToken>("null").unwrap(), UpdateToken::default());
    assert!(serde_json::from_str::<UpdateToken>("{}").is_err());
}

#[test]
fn a_card_inside_an_answer_is_read_as_it_is_written() {
    // See the module `value`: serde_json's own reader would take this text for JSON.
    let text = r#"{"card":{"type":"raw","data":{"$serde_json::private::RawValue":"[1]"}}}"#;
    let reply: ActionReply = serde_json::from_str(text).unwrap();
    assert_eq!(reply.to_json(), text);
    for wrong in [r#"{"card":{"type":"unknown","data":{}}}"#, r#"{"card":{"data":{}}}"#, r#"{"toast":"done"}"#] {
        assert!(serde_json::from_str::<ActionReply>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_card_that_was_built_becomes_that_of_an_answer() {
    let card = larkwire_core::message::Card::default_card("T", "m");
    let reply = ActionReply::new().card(card.clone());
    assert_eq!(reply.card, Some(NewCard::Raw(card.into())));
}
