#![allow(clippy::arithmetic_side_effects)]

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::*;
use crate::frame::{Frame, FrameLimits, Header};

const P2: &str = r#"{"schema":"2.0","header":{"event_id":"e1","event_type":"card.action.trigger","create_time":"1767230533871204","token":"v-token","app_id":"cli_1","tenant_key":"t1"},"event":{"a":"words"}}"#;
const P1: &str = r#"{"uuid":"u1","ts":"1502199207.7","token":"v-token","event":{"type":"message","app_id":"cli_1","tenant_key":"t1"}}"#;

fn frame(payload: impl Into<Bytes>) -> RawFrame {
    let headers = [("type", "event"), ("message_id", "m1"), ("trace_id", "t1"), ("message_id", "m2")];
    let headers = headers.into_iter().map(|(key, value)| Header::new(key, value)).collect();
    RawFrame::from(&Frame { headers, payload: Some(payload.into()), ..Frame::default() })
}

/// The delivery of a whole message, or of one that was put together and ends with this frame.
fn of(frame: &RawFrame, joined: Option<Bytes>) -> Delivery {
    let (received, answer_by) = (Time::from_millis(1_000), Time::from_millis(3_800));
    let (id, attempt, joined, payload) = (DeliveryId::new(7), Attempt::new(3), joined.is_some(), joined);
    let payload = payload.unwrap_or_else(|| frame.payload().unwrap());
    let buffer = payload.clone();
    let envelope = Envelope::parse(&buffer).unwrap();
    let arrival = Arrival { id, attempt, received, answer_by, seen_before: true, joined };
    Delivery::new(arrival, frame, payload, &envelope)
}

fn deliver(payload: impl Into<Bytes>) -> Delivery {
    of(&frame(payload), None)
}

/// All texts of an envelope.
fn texts<'a>(envelope: &'a Envelope<'_>) -> [Option<&'a str>; 8] {
    let Envelope { schema_text, event_type, event_id, create_time, app_id, tenant_key, token, event, .. } = envelope;
    let [a, b, c, d, e, f, g] =
        [schema_text, event_type, event_id, create_time, app_id, tenant_key, token].map(Option::as_deref);
    [a, b, c, d, e, f, g, *event]
}

#[test]
fn the_envelope_is_the_one_that_was_read() {
    for payload in [P1, P2, "{}", r#"{"uuid":"","event":null}"#, r#"{"header":{"event_type":7,"event_id":1.5}}"#] {
        let delivery = deliver(payload);
        let (kept, read) = (delivery.envelope(), Envelope::parse(payload.as_bytes()).unwrap());
        assert_eq!(texts(&kept), texts(&read), "{payload}");
        assert_eq!(kept.schema, read.schema);
        assert_eq!(delivery.event_type(), read.event_type());
        assert_eq!((delivery.event_id(), delivery.body()), (read.event_id.as_deref(), read.event));
        assert_eq!(delivery.created_unix_ms(), read.created_unix_ms());
        assert_eq!(delivery.payload(), payload);
    }
}

#[test]
fn escapes_are_undone_in_what_is_kept() {
    let delivery = deliver(r#"{"header":{"event_type":"a\u002eb","event_id":"\"中\u4e2d\"","app_id":"cli_1"}}"#);
    assert_eq!(delivery.event_type(), Some(EventType::p2("a.b")));
    assert_eq!(delivery.envelope().event_id.as_deref(), Some("\"中中\""));
    assert_eq!(delivery.envelope().app_id.as_deref(), Some("cli_1"));
}

#[test]
fn a_small_payload_leaves_its_buffer_and_a_large_one_stays() {
    let padded = |length: usize| {
        let mut text = String::from(P2);
        text.push_str(&" ".repeat(length - P2.len()));
        Bytes::from(text)
    };
    let small = frame(padded(COPIED));
    let delivery = of(&small, None);
    assert_ne!(delivery.payload().as_ptr(), small.payload().unwrap().as_ptr());
    assert_eq!(delivery.event_id(), Some("e1"));
    let large = frame(padded(COPIED + 1));
    let delivery = of(&large, None);
    assert_eq!(delivery.payload().as_ptr(), large.payload().unwrap().as_ptr());
    assert_eq!(delivery.body(), Some(r#"{"a":"words"}"#));
}

#[test]
fn nothing_but_a_large_payload_keeps_a_read_buffer_alive() {
    for (length, pins) in [(P2.len(), false), (COPIED, false), (COPIED + 1, true)] {
        let text = format!("{P2}{}", " ".repeat(length - P2.len()));
        let buffer = frame(text.clone()).to_bytes();
        let read = RawFrame::from_bytes(buffer.clone(), &FrameLimits { headers: 64, header_bytes: 4096 }).unwrap();
        let delivery = of(&read, None);
        drop(read);
        assert_eq!(buffer.is_unique(), !pins, "{length}");
        assert_eq!(delivery.payload(), text);
        assert_eq!(delivery.message_id(), Some("m1"));
    }
}

#[test]
fn a_message_that_was_put_together_is_not_copied_again() {
    let joined = Bytes::from(P2.as_bytes().to_vec());
    let delivery = of(&frame("the last part"), Some(joined.clone()));
    assert_eq!(delivery.payload().as_ptr(), joined.as_ptr());
    assert_eq!((delivery.event_id(), delivery.message_id()), (Some("e1"), Some("m1")));
    assert_eq!(delivery.ack().frame.payload(), None);
}

#[test]
fn a_text_that_lies_elsewhere_is_copied() {
    let payload = b"{}";
    let elsewhere = String::from("elsewhere");
    assert!(matches!(Span::of(&elsewhere, payload), Span::Owned(_)));
    assert_eq!(Span::of(&elsewhere, payload).text(payload), Some("elsewhere"));
    let text = "abc";
    assert!(matches!(Span::of(&text[1..], text.as_bytes()), Span::At { start: 1, end: 3 }));
    assert!(matches!(Span::of("", b""), Span::At { .. } | Span::Owned(_)));
}

#[test]
fn headers_are_those_of_the_frame_and_the_first_of_a_name_counts() {
    let delivery = deliver(P2);
    let expected = [("type", "event"), ("message_id", "m1"), ("trace_id", "t1"), ("message_id", "m2")];
    assert_eq!(delivery.headers().collect::<Vec<_>>(), expected);
    assert_eq!((delivery.message_id(), delivery.trace_id()), (Some("m1"), Some("t1")));
}

#[test]
fn it_knows_what_it_was_told() {
    let delivery = deliver(P2);
    assert_eq!((delivery.id(), delivery.attempt()), (DeliveryId::new(7), Attempt::new(3)));
    assert_eq!(delivery.received(), Time::from_millis(1_000));
    assert_eq!(delivery.answer_by(), Time::from_millis(3_800));
    assert!(delivery.is_callback() && delivery.seen_before());
    assert!(!deliver(P1).is_callback());
    assert!(!deliver("{}").is_callback());
}

#[test]
fn the_chat_is_found_where_bodies_name_it() {
    let chat = |body: &str| {
        let delivery = deliver(format!(r#"{{"header":{{"event_type":"t"}},"event":{body}}}"#));
        delivery.chat_id().map(Cow::into_owned)
    };
    for body in [
        r#"{"sender":{"chat_id":"no"},"message":{"message_id":"om_1","chat_id":"oc_1"}}"#,
        r#"{"chat_id":"oc_1","name":"c"}"#,
        r#"{"type":"message","open_chat_id":"oc_1","chat_type":"group"}"#,
        r#"{"context":{"url":"","open_message_id":"om_1","open_chat_id":"oc_1"},"action":{}}"#,
        r#"{"chat_id":"oc\u005f1","message":"an odd one"}"#,
    ] {
        assert_eq!(chat(body).as_deref(), Some("oc_1"), "{body}");
    }
    for body in ["{}", "null", "[]", r#"{"chat_id":null,"message":null}"#, r#"{"message":{"chat_id":[]}}"#] {
        assert_eq!(chat(body), None, "{body}");
    }
    assert_eq!(deliver("{}").chat_id(), None);
}

#[test]
fn a_clone_is_a_reference_count() {
    let delivery = deliver(P2);
    let clone = delivery.clone();
    assert_eq!(delivery.payload().as_ptr(), clone.payload().as_ptr());
    assert!(Arc::ptr_eq(&delivery.0, &clone.0));
    drop(delivery);
    assert_eq!(clone.envelope().event_id.as_deref(), Some("e1"));
}

#[test]
fn debug_shows_no_payload_and_no_token() {
    for payload in [P1, P2] {
        let shown = format!("{:?}", deliver(payload));
        assert!(!shown.contains("v-token") && !shown.contains("words"), "{shown}");
        assert!(shown.contains("m1") && shown.contains("payload_bytes"), "{shown}");
    }
}
