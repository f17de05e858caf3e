use alloc::format;
use alloc::string::ToString;

use larkwire_core::event::Event;
use serde_json::{Value, json};

use super::*;

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
fn an_error_of_a_body_says_where_and_quotes_nothing_of_it() {
    for (body, expected) in [
        (r#"{"sender":"private words"}"#, "a member has another form at line 1 column 25"),
        (r#"{"message":{"chat_id":["private words"]}}"#, "a member has another form at line 1 column 23"),
        (r#"{"message":{"content":"private words"}"#, "it is not JSON at line 1 column 38"),
    ] {
        let shown = MessageReceiveV1::parse(body).unwrap_err().to_string();
        assert_eq!(shown, format!("the body does not fit its type: {expected}"));
    }
}
