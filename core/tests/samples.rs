//! Payloads in the form of the wire, one for each file in `data/samples`: envelopes and the bodies that core knows.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use larkwire_core::event::card::ActionTrigger;
use larkwire_core::event::im::v1::MessageReceiveV1;
use larkwire_core::event::{Envelope, Event, EventType, Schema};
use serde::Serialize;
use serde_json::Value;

macro_rules! samples {
    ($($name:literal)*) => { [$(($name, include_str!(concat!("data/samples/", $name, ".json")))),*] };
}

const SAMPLES: [(&str, &str); 19] = samples!(
    "approval.approval.updated_v4"
    "calendar.calendar.event.changed_v4"
    "card.action.trigger"
    "card.action.trigger.button"
    "card.action.trigger.string_value"
    "contact.user.updated_v3"
    "drive.file.edit_v1"
    "im.chat.disbanded_v1"
    "im.chat.member.bot.added_v1"
    "im.chat.member.user.added_v1"
    "im.message.message_read_v1"
    "im.message.reaction.created_v1"
    "im.message.reaction.created_v1.app"
    "im.message.receive_v1"
    "p1.app_ticket"
    "p1.approval_instance.reverted"
    "p1.out_approval"
    "url.preview.get"
    "vc.meeting.meeting_started_v1"
);

fn sample(name: &str) -> &'static str {
    SAMPLES.into_iter().find(|(found, _)| *found == name).unwrap().1
}

/// The member at this place of a sample, as the envelope should show it.
fn text(sample: &Value, pointer: &str) -> Option<String> {
    sample.pointer(pointer).map(|value| value.as_str().unwrap().to_owned())
}

#[test]
fn every_sample_is_an_envelope_with_the_members_that_it_shows() {
    for (name, json) in SAMPLES {
        let envelope = Envelope::parse(json.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let value: Value = serde_json::from_str(json).unwrap();
        let p1 = name.starts_with("p1.");
        assert_eq!(envelope.schema, Some(if p1 { Schema::P1 } else { Schema::P2 }), "{name}");
        let pointers = match p1 {
            true => ["/event/type", "/uuid", "/ts", "/event/app_id", "/event/tenant_key", "/token"],
            false => [
                "/header/event_type",
                "/header/event_id",
                "/header/create_time",
                "/header/app_id",
                "/header/tenant_key",
                "/header/token",
            ],
        };
        let found = [
            &envelope.event_type,
            &envelope.event_id,
            &envelope.create_time,
            &envelope.app_id,
            &envelope.tenant_key,
            &envelope.token,
        ];
        for (pointer, found) in pointers.into_iter().zip(found) {
            assert_eq!(found.as_deref(), text(&value, pointer).as_deref(), "{name} {pointer}");
        }
        let body: Value = serde_json::from_str(envelope.event.unwrap()).unwrap();
        assert_eq!(Some(&body), value.get("event"), "{name}");
    }
}

#[test]
fn the_name_of_a_sample_is_its_type() {
    for (name, json) in SAMPLES {
        let envelope = Envelope::parse(json.as_bytes()).unwrap();
        let event_type = envelope.event_type().unwrap();
        let name = name.strip_prefix("p1.").unwrap_or(name);
        assert!(name.starts_with(event_type.name), "{name}: {event_type}");
        let callback = ["card.action.trigger", "url.preview.get"].contains(&event_type.name);
        assert_eq!(event_type.is_callback(), callback, "{name}");
    }
}

#[test]
fn every_sample_was_made_between_2015_and_2035() {
    let (from, to) = (1_420_000_000_000, 2_060_000_000_000);
    for (name, json) in SAMPLES {
        let created = Envelope::parse(json.as_bytes()).unwrap().created_unix_ms();
        assert!(created.is_some_and(|created| (from..to).contains(&created)), "{name}: {created:?}");
    }
}

#[test]
fn debug_shows_the_token_of_no_sample() {
    for (name, json) in SAMPLES {
        let envelope = Envelope::parse(json.as_bytes()).unwrap();
        let token = envelope.token.clone().unwrap_or_default();
        assert!(token.is_empty() || !format!("{envelope:?}").contains(&*token), "{name}");
    }
}

/// Reads the body of a sample, writes it again, and compares the values.
fn round_trip<E: Event + Serialize>(name: &str) -> E {
    let envelope = Envelope::parse(sample(name).as_bytes()).unwrap();
    assert_eq!(envelope.event_type(), Some(E::TYPE));
    let body = E::parse(envelope.event.unwrap()).unwrap();
    let original: Value = serde_json::from_str(envelope.event.unwrap()).unwrap();
    assert_eq!(serde_json::to_value(&body).unwrap(), original, "{name}");
    body
}

#[test]
fn a_message_loses_nothing() {
    assert_eq!(MessageReceiveV1::TYPE, EventType::p2("im.message.receive_v1"));
    let body = round_trip::<MessageReceiveV1>("im.message.receive_v1");
    let expected = "@_user_1 @_user_2 could you check the build?\nSecond line, \"quoted\" and 中文";
    assert_eq!(body.text().as_deref(), Some(expected));
}

#[test]
fn a_card_action_loses_nothing_even_with_a_text_for_a_value() {
    let body = round_trip::<ActionTrigger>("card.action.trigger");
    let action = body.action.clone().unwrap();
    assert_eq!(action.value.pointer("/nested/env"), Some(&Value::from("prod")));
    assert_eq!(body.token.as_ref().map(|token| token.expose()), Some("c-5e0a9b73d14f4c86a2b7e0d9f3c61847"));
    let shown = format!("{body:?}");
    assert!(!shown.contains("c-5e0a9b") && !shown.contains("tok_9c4f"), "{shown}");
    round_trip::<ActionTrigger>("card.action.trigger.button");
    let body = round_trip::<ActionTrigger>("card.action.trigger.string_value");
    assert!(body.action.is_some_and(|action| action.value.is_string()));
}
