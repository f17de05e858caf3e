#![allow(clippy::arithmetic_side_effects)]

use alloc::format;
use alloc::string::ToString;

use super::*;

mod bodies;
mod cut;
mod odd;
mod time;

fn parse(json: &str) -> Envelope<'_> {
    Envelope::parse(json.as_bytes()).unwrap_or_else(|error| panic!("{json}: {error}"))
}

const P2: &str = r#"{"schema":"2.0","header":{"event_id":"e1","event_type":"im.message.receive_v1","create_time":"1608725989000","token":"v-token","app_id":"cli_a1b2c3d4e5f60718","tenant_key":"t1"},"event":{"a": [1, 2]}}"#;
const P1: &str = r#"{"uuid":"u1","ts":"1502199207.7171419","token":"v-token","type":"event_callback","event":{"type":"message","app_id":"cli_a1b2c3d4e5f60718","tenant_key":"t1","text":"hi"}}"#;

#[test]
fn version_2_has_everything_in_its_header() {
    let envelope = parse(P2);
    assert_eq!(envelope.schema, Some(Schema::P2));
    assert_eq!(envelope.event_type(), Some(EventType::p2("im.message.receive_v1")));
    assert_eq!(envelope.schema_text.as_deref(), Some("2.0"));
    assert_eq!(envelope.event_id.as_deref(), Some("e1"));
    assert_eq!(envelope.create_time.as_deref(), Some("1608725989000"));
    assert_eq!(envelope.app_id.as_deref(), Some("cli_a1b2c3d4e5f60718"));
    assert_eq!(envelope.tenant_key.as_deref(), Some("t1"));
    assert_eq!(envelope.token.as_deref(), Some("v-token"));
    assert_eq!(envelope.event, Some(r#"{"a": [1, 2]}"#));
}

#[test]
fn version_1_has_its_type_inside_the_event() {
    let envelope = parse(P1);
    assert_eq!(envelope.schema, Some(Schema::P1));
    assert_eq!(envelope.event_type(), Some(EventType::p1("message")));
    assert_eq!(envelope.schema_text, None);
    assert_eq!(envelope.event_id.as_deref(), Some("u1"));
    assert_eq!(envelope.create_time.as_deref(), Some("1502199207.7171419"));
    assert_eq!(envelope.app_id.as_deref(), Some("cli_a1b2c3d4e5f60718"));
    assert_eq!(envelope.tenant_key.as_deref(), Some("t1"));
    assert_eq!(envelope.token.as_deref(), Some("v-token"));
    assert!(envelope.event.is_some_and(|event| event.ends_with(r#""text":"hi"}"#)));
}

#[test]
fn texts_without_escapes_are_borrowed() {
    let envelope = parse(P2);
    for text in [envelope.event_id, envelope.event_type, envelope.create_time, envelope.app_id, envelope.token] {
        assert!(matches!(text, Some(Cow::Borrowed(_))), "{text:?}");
    }
}

#[test]
fn the_type_decides_not_the_schema_nor_the_shape_of_the_key() {
    // Version 1.0 with a dot in its key, and with a schema that says otherwise.
    let json = r#"{"schema":"2.0","uuid":"u","event":{"type":"approval.instance.trip_group_update_v4"}}"#;
    assert_eq!(parse(json).event_type(), Some(EventType::p1("approval.instance.trip_group_update_v4")));
    // Version 2.0 without a schema, and with a `type` in its body that is a field of its own.
    let json = r#"{"event":{"type":"x","app_id":"body"},"header":{"event_type":"a.b","app_id":"head"},"uuid":"u"}"#;
    let envelope = parse(json);
    assert_eq!(envelope.event_type(), Some(EventType::p2("a.b")));
    assert_eq!(envelope.app_id.as_deref(), Some("head"));
    assert_eq!((envelope.schema_text, envelope.event_id), (None, None));
}

#[test]
fn a_header_without_a_type_leaves_version_1() {
    let json = r#"{"header":{"event_id":"e","tenant_key":"t"},"event":{"type":"message"}}"#;
    let envelope = parse(json);
    assert_eq!(envelope.event_type(), Some(EventType::p1("message")));
    assert_eq!(envelope.event_id.as_deref(), Some("e"));
    assert_eq!(envelope.tenant_key.as_deref(), Some("t"));
    let empty = r#"{"header":{"event_type":""},"event":{"type":"message"}}"#;
    assert_eq!(parse(empty).event_type(), Some(EventType::p1("message")));
}

#[test]
fn what_names_no_type_is_an_envelope_of_no_version() {
    for json in [
        "{}",
        r#"{"schema":"2.0"}"#,
        r#"{"header":{},"event":{}}"#,
        r#"{"header":null,"event":null}"#,
        r#"{"header":[],"event":"type"}"#,
        r#"{"header":"event_type","event":["type"]}"#,
        r#"{"header":{"event_type":null},"event":{"type":{}}}"#,
        r#"{"header":{"event_type":["a"]},"event":{"type":true}}"#,
        r#"{"type":"event_callback","uuid":"u"}"#,
    ] {
        let envelope = parse(json);
        assert_eq!((envelope.schema, envelope.event_type()), (None, None), "{json}");
    }
}

#[test]
fn url_verification_belongs_to_webhooks_and_has_no_type_here() {
    let envelope = parse(r#"{"type":"url_verification","challenge":"c","token":"v-token"}"#);
    assert_eq!((envelope.event_type(), envelope.event), (None, None));
}

#[test]
fn an_encrypted_payload_is_known_as_such() {
    let error = Envelope::parse(br#"{"encrypt":"FIAfJPGRmFZWkaxPQ1XrJZVbv2JwdjfLk4jx0k/U1deAqYK3AXOZ5zcHt/cC4ZNT"}"#);
    assert_eq!(error.unwrap_err(), EnvelopeError::Encrypted);
    // A version 2.0 envelope is plain, whatever else it carries.
    let envelope = parse(r#"{"encrypt":"x","header":{"event_type":"a.b"}}"#);
    assert_eq!(envelope.event_type(), Some(EventType::p2("a.b")));
}

#[test]
fn only_the_callbacks_of_version_2_are_callbacks() {
    for name in ["card.action.trigger", "url.preview.get", "profile.view.get"] {
        assert!(EventType::p2(name).is_callback());
        assert!(!EventType::p1(name).is_callback());
    }
    for name in ["card.action.trigger_v1", "im.message.receive_v1", "CARD.ACTION.TRIGGER", ""] {
        assert!(!EventType::p2(name).is_callback());
    }
}

#[test]
fn debug_shows_neither_the_token_nor_the_body() {
    for json in [P1, P2] {
        let shown = format!("{:?}", parse(json));
        assert!(!shown.contains("v-token") && !shown.contains("hi") && !shown.contains("[1, 2]"), "{shown}");
        assert!(shown.contains("event_bytes: Some("), "{shown}");
    }
}

#[test]
fn an_envelope_that_is_cut_off_is_not_json() {
    for json in [P1, P2] {
        assert_eq!(Envelope::parse(b"").unwrap_err(), EnvelopeError::Empty);
        for end in 1..json.len() {
            let error = Envelope::parse(&json.as_bytes()[..end]).unwrap_err();
            assert!(matches!(error, EnvelopeError::NotJson(_)), "{end}: {error:?}");
        }
    }
}

#[test]
fn white_space_around_an_envelope_is_fine_and_anything_else_is_not() {
    assert_eq!(parse(&format!(" \t\r\n{P2}\n")).event_id.as_deref(), Some("e1"));
    for more in ["{}", "}", "\0", ",", "1", "\u{feff}"] {
        let error = Envelope::parse(format!("{P2}{more}").as_bytes()).unwrap_err();
        assert!(matches!(error, EnvelopeError::NotJson(_)), "{more:?}: {error:?}");
    }
}

#[test]
fn a_flipped_bit_never_panics_and_gives_an_envelope_or_says_that_it_is_not_json() {
    for json in [P1, P2] {
        for bit in 0..json.len() * 8 {
            let mut flipped = json.as_bytes().to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            match Envelope::parse(&flipped) {
                Ok(envelope) => {
                    let _ = (envelope.created_unix_ms(), format!("{envelope:?}"));
                }
                Err(EnvelopeError::NotJson(_)) => {}
                Err(error) => panic!("bit {bit}: {error:?}"),
            }
        }
    }
}
