use alloc::collections::BTreeMap;
use alloc::string::String;

use serde_json::{Value, json};

use super::*;
use crate::event::card::{ActionReply, ActionTrigger, NewCard, Toast, ToastKind};
use crate::event::im::v1::MessageReceiveV1;
use crate::vocabulary::{Outcome, Reply};

#[test]
fn a_text_message_has_a_text_and_others_have_none() {
    let text = |kind: Value, content: Value| {
        let body = json!({"message": {"message_type": kind, "content": content}}).to_string();
        MessageReceiveV1::parse(&body).unwrap().text()
    };
    assert_eq!(text(json!("text"), json!(r#"{"text":"hi \"中\""}"#)).as_deref(), Some("hi \"中\""));
    assert_eq!(text(json!("text"), json!(r#"{"text":"","x":1}"#)).as_deref(), Some(""));
    for content in [json!(null), json!("hi"), json!("{}"), json!(r#"{"text":1}"#), json!("[]")] {
        assert_eq!(text(json!("text"), content), None);
    }
    assert_eq!(text(json!("post"), json!(r#"{"text":"hi"}"#)), None);
    assert_eq!(text(json!(null), json!(r#"{"text":"hi"}"#)), None);
    assert_eq!(MessageReceiveV1::parse("{}").unwrap().text(), None);
}

#[test]
fn everything_in_a_message_is_optional_and_its_times_may_be_numbers() {
    assert_eq!(MessageReceiveV1::parse("{}").unwrap(), MessageReceiveV1::default());
    let nulls = r#"{"sender":{"sender_id":null},"message":{"mentions":null,"create_time":null},"new":1}"#;
    assert!(MessageReceiveV1::parse(nulls).is_ok());
    let body = MessageReceiveV1::parse(r#"{"message":{"create_time":1609073151345,"update_time":"1"}}"#).unwrap();
    let message = body.message.unwrap();
    assert_eq!((message.create_time.as_deref(), message.update_time.as_deref()), (Some("1609073151345"), Some("1")));
}

#[test]
fn debug_of_a_card_action_shows_no_token() {
    let body = r#"{"token":"c-secret","context":{"preview_token":"tok_secret","open_chat_id":"oc_1"}}"#;
    let body = ActionTrigger::parse(body).unwrap();
    assert_eq!(body.token.as_ref().map(|token| token.expose()), Some("c-secret"));
    let shown = format!("{body:?}");
    assert!(shown.contains("oc_1") && !shown.contains("secret"), "{shown}");
}

#[test]
fn an_error_of_a_body_says_where_and_quotes_nothing_of_it() {
    for (body, expected) in [
        (r#"{"sender":"private words"}"#, "a member has another form at line 1 column 25"),
        (r#"{"message":{"chat_id":["private words"]}}"#, "a member has another form at line 1 column 22"),
        (r#"{"message":{"content":"private words"}"#, "it is not JSON at line 1 column 38"),
    ] {
        let shown = MessageReceiveV1::parse(body).unwrap_err().to_string();
        assert_eq!(shown, format!("the body does not fit its type: {expected}"));
    }
}

#[test]
fn an_error_in_the_words_of_another_type_is_not_repeated() {
    #[derive(Debug)]
    struct Picky;
    impl<'de> serde::Deserialize<'de> for Picky {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = String::deserialize(deserializer)?;
            Err(serde::de::Error::custom(format!("{text}, expected better")))
        }
    }
    impl Event for Picky {
        const TYPE: EventType<'static> = EventType::p2("picky");
    }
    let shown = Picky::parse("\"private words\"").unwrap_err().to_string();
    assert_eq!(shown, "the body does not fit its type: a member has another form at line 0 column 0");
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
fn an_error_names_the_member_that_is_missing_and_not_the_value_that_is_wrong() {
    #[derive(Debug, serde::Deserialize)]
    #[allow(dead_code)]
    struct Strict {
        kind: Kind,
        count: u8,
    }
    #[derive(Debug, serde::Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        Small,
    }
    impl Event for Strict {
        const TYPE: EventType<'static> = EventType::p2("strict");
    }
    let shown = |body: &str| Strict::parse(body).unwrap_err().to_string();
    assert!(shown(r#"{"kind":"small"}"#).contains("missing field `count`"));
    assert!(!shown(r#"{"kind":"private","count":1}"#).contains("private"));
    assert!(!shown(r#"{"kind":"small","count":77777}"#).contains("77777"));
    assert!(!shown(r#"{"kind":"small","count":"a, expected b"}"#).contains("a, "));
}

#[test]
fn an_answer_has_the_members_that_were_set() {
    let reply = ActionReply::new().toast(ToastKind::Success, "完成");
    assert_eq!(reply.to_json(), r#"{"toast":{"type":"success","content":"完成"}}"#);
    let reply = ActionReply::new().card(NewCard::Raw(json!({"elements": []})));
    assert_eq!(reply.to_json(), r#"{"card":{"type":"raw","data":{"elements":[]}}}"#);
    let template = json!({"template_id": "AAq1", "template_variable": {"a": 1}, "template_version_name": "1.0.0"});
    let reply = ActionReply::new().toast(ToastKind::Info, "").card(NewCard::Template(template));
    let expected = r#"{"toast":{"type":"info","content":""},"card":{"type":"template","data":{"template_id":"AAq1","template_variable":{"a":1},"template_version_name":"1.0.0"}}}"#;
    assert_eq!(reply.to_json(), expected);
    assert_eq!(ActionReply::new().to_json(), "{}");
}

#[test]
fn a_toast_may_have_its_text_in_languages() {
    let i18n: BTreeMap<String, String> = [("en_us".into(), "done".into()), ("zh_cn".into(), "完成".into())].into();
    let mut reply = ActionReply::new();
    reply.toast = Some(Toast { kind: ToastKind::Error, content: "x".into(), i18n: Some(i18n) });
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
    assert_eq!(reply.outcome, Outcome::Done(Some("{}".into())));
    let reply = Reply::from(ActionReply::new().toast(ToastKind::Warning, "w"));
    assert_eq!(reply.outcome, Outcome::Done(Some(r#"{"toast":{"type":"warning","content":"w"}}"#.into())));
}
