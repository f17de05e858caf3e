//! Cutting against reading: what can be cut is read with the same result.

use proptest::prelude::*;

use super::*;

/// Cuts a text and reads it, and tells whether it could be cut.
#[track_caller]
fn both(text: &str) -> bool {
    let Some(cut) = Outer::cut(text) else { return false };
    let read = Outer::read(text);
    assert!(read.is_ok_and(|read| read == cut), "{text}");
    true
}

#[test]
fn usual_envelopes_are_cut() {
    for text in [P2, "{}", " { } ", r#"{"uuid":"u","event":{"type":"t"}}"#, r#"{"encrypt":"x"}"#] {
        assert!(both(text), "{text}");
    }
    assert!(both(&P2.replace(',', " ,\r\n\t").replace(':', " : ")));
}

#[test]
fn values_of_every_kind_are_passed_over() {
    for value in [
        "0",
        "-0",
        "10.50",
        "true",
        "false",
        "null",
        r#""""#,
        "[]",
        "{}",
        "[[],[{}]]",
        "[1, \"a\"]",
        r#"{"a":{"b":[1,2,{"c":null}]},"d":""}"#,
        r#""\"\\\/\b\f\n\r\t\u00e9\uD800""#,
        "\"中文 \u{7f}\"",
        r#""twenty-four bytes and many more until the end \\ of it""#,
    ] {
        assert!(both(&format!(r#"{{"event":{value},"other":{value}}}"#)), "{value}");
        both(&format!(r#"{{"header":{value},"uuid":{value},"schema":{value}}}"#));
    }
}

#[test]
fn numbers_that_may_be_out_of_range_are_left_to_serde_json() {
    let long = "1".repeat(400);
    for value in ["1e5", "1E+05", "-1.5e-3", "1E999", long.as_str()] {
        for name in ["header", "event", "other"] {
            assert!(!both(&format!(r#"{{"{name}":{value}}}"#)), "{value}");
        }
    }
    assert!(Outer::read(r#"{"header":1E999}"#).is_err());
}

#[test]
fn what_is_not_json_is_not_cut() {
    for value in [
        "",
        "-",
        "01",
        "1.",
        ".5",
        "1e",
        "1e+",
        "+1",
        "tru",
        "nulL",
        "\"",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\t\"",
        "[",
        "[1",
        "[1,]",
        "[1 2]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "[}",
        "{]",
        "1 1",
        "\"this is longer than\u{1}24 bytes\"",
        "\"only longer than twenty-four bytes\n\"",
    ] {
        for text in [format!(r#"{{"event":{value}}}"#), format!(r#"{{"event":1,"other":{value}}}"#), value.to_string()]
        {
            assert!(Outer::cut(&text).is_none(), "{text}");
        }
    }
    for text in ["[]", "1", "{} {}", "{},", "{\"a\":1}x", "{\"\\u0061\":1}"] {
        assert!(Outer::cut(text).is_none(), "{text}");
    }
}

#[test]
fn what_is_nested_deeper_than_64_levels_is_left_to_the_reader() {
    let nested = |levels: usize| format!(r#"{{"event":{}{}}}"#, "[".repeat(levels), "]".repeat(levels));
    assert!(both(&nested(64)));
    assert!(!both(&nested(65)));
    assert!(Envelope::parse(nested(65).as_bytes()).is_ok());
}

#[test]
fn of_a_repeated_member_the_last_counts() {
    assert!(both(r#"{"event":1,"event":2,"header":{"event_id":"a"},"header":{"token":"b"},"uuid":"c","uuid":[]}"#));
    assert!(both(r#"{"header":{"event_id":"a","event_id":7},"header":null}"#));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_cut_can_be_read(text in r#"([\[\]{},:"\\ eE.+0-9-]|"event":|"header":|"token":|"a\\n"|true|null|\{|\}){0,30}"#) {
        both(&text);
        both(&format!("{{{text}}}"));
        both(&format!(r#"{{"event":{text}}}"#));
        both(&format!(r#"{{"header":{{"event_id":{text}}}}}"#));
    }

    #[test]
    fn changed_envelopes_too(changes in prop::collection::vec((0..P2.len(), any::<u8>()), 0..4)) {
        let mut bytes = P2.as_bytes().to_vec();
        for (place, byte) in changes {
            if let Some(found) = bytes.get_mut(place) {
                *found = byte & 0x7f;
            }
        }
        both(core::str::from_utf8(&bytes).unwrap());
    }
}
