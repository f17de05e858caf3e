use alloc::string::String;

use super::*;

fn error(payload: &[u8]) -> EnvelopeError {
    Envelope::parse(payload).unwrap_err()
}

#[track_caller]
fn not_json(payload: &[u8]) {
    assert!(matches!(error(payload), EnvelopeError::NotJson(_)), "{:?}", error(payload));
}

#[test]
fn json_of_another_kind_is_not_an_object() {
    for json in ["[]", "[{}]", "null", "true", "0", "-1", "1.5", "\"\"", "\"{}\"", "18446744073709551615", " [1, [2]] "]
    {
        assert_eq!(error(json.as_bytes()), EnvelopeError::NotAnObject, "{json}");
    }
}

#[test]
fn what_is_not_json_is_said_to_be_so() {
    for json in
        [" ", "\0", "{", "}", "{]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{'a':1}", "nul", "\"", "01", "NaN"]
    {
        not_json(json.as_bytes());
    }
    not_json(b"\xef\xbb\xbf{}");
    not_json(b"{\"a\":\"\xff\"}");
    not_json(b"{\"event\":\"\xe4\xb8\"}");
    // Lines have to be escaped inside a text.
    not_json(b"{\"uuid\":\"a\nb\"}");
}

#[test]
fn a_number_reads_as_its_digits() {
    let json = r#"{"schema":2.0,"header":{"event_id":18446744073709551615,"event_type":7,"create_time":1608725989000,
        "token":-1,"app_id":0,"tenant_key":736588}}"#;
    let envelope = parse(json);
    assert_eq!(envelope.event_type(), Some(EventType::p2("7")));
    assert_eq!(envelope.event_id.as_deref(), Some("18446744073709551615"));
    assert_eq!(envelope.created_unix_ms(), Some(1_608_725_989_000));
    assert_eq!(envelope.token.as_deref(), Some("-1"));
    assert_eq!(envelope.app_id.as_deref(), Some("0"));
    assert_eq!(envelope.tenant_key.as_deref(), Some("736588"));
}

#[test]
fn what_is_neither_text_nor_number_reads_as_absent() {
    for odd in ["null", "true", "[]", "[[1],{}]", "{}", "{\"a\":[{}]}"] {
        let json = format!(
            r#"{{"schema":{odd},"header":{{"event_type":"a","event_id":{odd},"create_time":{odd},"token":{odd},"app_id":{odd},"tenant_key":{odd}}}}}"#
        );
        let envelope = parse(&json);
        assert_eq!(envelope.event_type(), Some(EventType::p2("a")));
        let texts = [&envelope.schema_text, &envelope.event_id, &envelope.create_time, &envelope.token];
        assert!(texts.iter().all(|text| text.is_none()), "{odd}");
        assert_eq!((envelope.app_id, envelope.tenant_key, envelope.event), (None, None, None), "{odd}");
        let json = format!(r#"{{"uuid":{odd},"ts":{odd},"token":{odd},"event":{{"type":"a","app_id":{odd}}}}}"#);
        let envelope = parse(&json);
        assert_eq!(envelope.event_type(), Some(EventType::p1("a")));
        assert_eq!(
            (envelope.event_id, envelope.create_time, envelope.token, envelope.app_id),
            (None, None, None, None)
        );
    }
}

#[test]
fn of_a_repeated_member_the_last_counts() {
    let json = r#"{"header":{"event_type":"a","event_id":"1"},"header":{"event_type":"b","event_type":"c"},
        "event":1,"event":{"x":1}}"#;
    let envelope = parse(json);
    assert_eq!(envelope.event_type(), Some(EventType::p2("c")));
    assert_eq!((envelope.event_id, envelope.event), (None, Some(r#"{"x":1}"#)));
    let json = r#"{"header":{"event_type":"a"},"header":null,"event":{"type":"x","type":"y"}}"#;
    assert_eq!(parse(json).event_type(), Some(EventType::p1("y")));
}

#[test]
fn escapes_in_names_and_ids_are_undone() {
    let json = r#"{"\u0068eader":{"event\u005ftype":"\u0061.b","event_id":"a\"\\\/\u4e2d\ud83d\ude00\n"}}"#;
    let envelope = parse(json);
    assert_eq!(envelope.event_type(), Some(EventType::p2("a.b")));
    assert_eq!(envelope.event_id.as_deref(), Some("a\"\\/中😀\n"));
    // Half a surrogate pair is no text.
    not_json(br#"{"header":{"event_id":"\ud83d"}}"#);
}

#[test]
fn half_a_character_inside_the_body_is_the_handlers_business() {
    let json = r#"{"header":{"event_type":"a"},"event":{"text":"\ud83d"}}"#;
    assert_eq!(parse(json).event, Some(r#"{"text":"\ud83d"}"#));
    let json = r#"{"event":{"type":"message","text":"\ud83d"}}"#;
    assert_eq!(parse(json).event_type(), Some(EventType::p1("message")));
}

#[test]
fn nesting_without_end_exhausts_no_stack() {
    let arrays = (1_000_000, "[".repeat(1_000_000), "]".repeat(1_000_000));
    not_json(arrays.1.as_bytes());
    for name in ["event", "x", "header", "uuid", "encrypt"] {
        let json = format!(r#"{{"{name}":{}{}}}"#, arrays.1, arrays.2);
        match Envelope::parse(json.as_bytes()) {
            Ok(_) | Err(EnvelopeError::Encrypted | EnvelopeError::NotJson(_)) => {}
            Err(error) => panic!("{name}: {error:?}"),
        }
    }
    let objects = format!("{}1{}", "{\"event\":".repeat(100_000), "}".repeat(100_000));
    assert_eq!(parse(&objects).event_type(), None);
    let json = format!(r#"{{"event":{{"type":"a","x":{}{}}}}}"#, "[".repeat(200_000), "]".repeat(200_000));
    assert_eq!(parse(&json).event_type(), Some(EventType::p1("a")));
}

#[test]
fn huge_numbers_do_no_harm_where_nobody_looks() {
    let json = r#"{"x":1e99999,"header":{"event_type":"a","y":-1e99999},"event":{"z":1e99999}}"#;
    assert_eq!(parse(json).event_type(), Some(EventType::p2("a")));
    let digits = "9".repeat(10_000);
    let json = format!(r#"{{"event":{{"type":"a","x":{digits}}},"x":{digits}.{digits}e-{digits}}}"#);
    assert_eq!(parse(&json).event_type(), Some(EventType::p1("a")));
}

#[test]
fn an_id_beyond_64_bits_is_some_text_of_bounded_length() {
    let json = format!(r#"{{"header":{{"event_type":"a","event_id":{}}}}}"#, "9".repeat(300));
    let envelope = parse(&json);
    assert!(envelope.event_id.is_some_and(|id| id.len() <= 400));
}

#[test]
fn the_private_names_of_the_json_library_mean_nothing() {
    for name in ["$serde_json::private::RawValue", "$serde_json::private::Number"] {
        let json =
            format!(r#"{{"{name}":"1","header":{{"{name}":"1"}},"uuid":{{"{name}":"x"}},"event":{{"{name}":"{{"}}}}"#);
        let envelope = parse(&json);
        assert_eq!((envelope.event_type(), envelope.event_id.as_deref()), (None, None));
        assert!(envelope.event.is_some_and(|event| event.contains(name)));
    }
}

#[test]
fn an_error_says_where_and_quotes_nothing() {
    for payload in [r#"{"uuid":"private words"#, r#"{"uuid":"private words" "ts":1}"#, r#"private words"#] {
        let shown: String = error(payload.as_bytes()).to_string();
        assert!(shown.starts_with("the payload is not JSON: ") && shown.contains("line 1"), "{shown}");
        assert!(!shown.contains("private"), "{shown}");
    }
    assert_eq!(EnvelopeError::Empty.to_string(), "the payload is empty");
    assert_eq!(EnvelopeError::NotAnObject.to_string(), "the payload is not a JSON object");
    assert_eq!(EnvelopeError::Encrypted.to_string(), "the payload is encrypted");
}
