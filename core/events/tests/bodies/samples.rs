use std::collections::BTreeMap;
use std::path::Path;

use larkwire_core::event::Envelope;
use serde_json::{Value, json};

use crate::{Body, Read, all};

/// Each sample: its name, and its text.
fn samples() -> BTreeMap<String, String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/samples");
    let samples = std::fs::read_dir(directory).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        (path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap())
    });
    samples.collect()
}

/// The body of a sample, as it was and as it was read.
fn read(name: &str, sample: &str) -> (Value, Read) {
    let envelope = Envelope::parse(sample.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
    let of = envelope.event_type().unwrap();
    let body: Body = all().find(|body| body.event_type == of).unwrap_or_else(|| panic!("{name}: no type"));
    let event = envelope.event.unwrap();
    let read = (body.read)(event).unwrap_or_else(|error| panic!("{name}: {error}"));
    (serde_json::from_str(event).unwrap(), read)
}

#[test]
fn every_sample_is_read_and_written_again_as_it_was() {
    let samples = samples();
    assert_eq!(samples.len(), 19);
    for (name, sample) in &samples {
        let (mut wanted, read) = read(name, sample);
        if name == "p1.approval_instance.reverted" {
            // The one difference: a text that is sent as a number, in this state only, is a text.
            assert_eq!(wanted["operate_time"], json!(1_767_230_811_003_u64));
            wanted["operate_time"] = json!("1767230811003");
        }
        assert_eq!(read.value, wanted, "{name}");
    }
}

#[test]
fn debug_shows_the_tokens_and_tickets_of_no_sample() {
    let mut secrets = 0;
    for (name, sample) in &samples() {
        let (body, read) = read(name, sample);
        for secret in ["/token", "/context/preview_token", "/app_ticket"] {
            if let Some(secret) = body.pointer(secret) {
                secrets += 1;
                assert!(!read.shown.contains(secret.as_str().unwrap()), "{name}: {}", read.shown);
            }
        }
    }
    assert_eq!(secrets, 6);
}

#[test]
fn what_is_new_in_a_body_never_fails_and_is_there_in_the_raw_json() {
    for (name, sample) in &samples() {
        let mut payload: Value = serde_json::from_str(sample).unwrap();
        let before = read(name, sample).1.value;
        grow(&mut payload["event"]);
        let payload = payload.to_string();
        assert_eq!(read(name, &payload).1.value, before, "{name}");
        let envelope = Envelope::parse(payload.as_bytes()).unwrap();
        assert!(envelope.event.unwrap().contains(r#""$new":{"of":["another","form",null,1.5]}"#), "{name}");
    }
}

/// Gives every object a new member, except where objects of the developer are kept as they are.
fn grow(value: &mut Value) {
    match value {
        Value::Object(members) => {
            let ours = members
                .iter_mut()
                .filter(|(name, _)| !["value", "form_value", "i18n_resources"].contains(&name.as_str()));
            ours.for_each(|(_, value)| grow(value));
            members.insert("$new".to_owned(), json!({"of": ["another", "form", null, 1.5]}));
        }
        Value::Array(values) => values.iter_mut().for_each(grow),
        _ => {}
    }
}

#[test]
fn a_read_message_is_read_under_both_names_of_its_ids() {
    let body = all().find(|body| body.event_type.name == "message_read").unwrap();
    for name in ["message_id_list", "open_message_ids"] {
        let read = (body.read)(&json!({"type": "message_read", name: ["om_1"]}).to_string()).unwrap();
        assert_eq!(read.value, json!({"type": "message_read", "message_id_list": ["om_1"]}));
    }
}

#[test]
fn a_leader_of_a_department_has_a_type_and_an_id() {
    // The Python SDK looks for `leader_type` and `leader_id`, and finds neither.
    let body = all().find(|body| body.event_type.name == "contact.department.created_v3").unwrap();
    let event = json!({"object": {"leaders": [{"leaderType": 1, "leaderID": "ou_1"}]}});
    assert_eq!((body.read)(&event.to_string()).unwrap().value, event);
}
