use alloc::string::String;

use super::*;

#[test]
fn an_error_of_a_body_says_where_and_quotes_nothing_of_it() {
    #[derive(Debug, Default, serde::Deserialize)]
    #[serde(default)]
    #[allow(dead_code)]
    struct Message {
        sender: Option<Sender>,
        content: Option<String>,
    }
    #[derive(Debug, Default, serde::Deserialize)]
    #[allow(dead_code)]
    struct Sender {
        id: Option<String>,
    }
    impl Event for Message {
        const TYPE: EventType<'static> = EventType::p2("message");
    }
    for (body, expected) in [
        (r#"{"sender":"private words"}"#, "a member has another form at line 1 column 25"),
        (r#"{"sender":{"id":["private words"]}}"#, "a member has another form at line 1 column 16"),
        (r#"{"content":"private words""#, "it is not JSON at line 1 column 26"),
    ] {
        let shown = Message::parse(body).unwrap_err().to_string();
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
