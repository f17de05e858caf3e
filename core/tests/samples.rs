//! Payloads in the form of the wire, one for each file in `data/samples`: their envelopes.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use larkwire_core::event::{Envelope, Schema};
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
