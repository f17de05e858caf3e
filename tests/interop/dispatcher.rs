//! The dispatcher of the official Python SDK and ours get the same payloads: what a handler sees is compared field by field.
//!
//! The payloads are the samples, and one for each event of version 2.0 in which every field of its schema is there. Where
//! the two differ, the field is named here with the reason.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use larkwire_core::event::{BodyError, Envelope, Event, EventType, Schema};
use larkwire_events::card::ActionTrigger;
use larkwire_events::url::PreviewGet;
use serde::Serialize;
use serde_json::{Map, Value, json};

#[path = "../../core/events/tests/bodies/table.rs"]
mod table;

use crate::here;

/// A type that is the body of an event.
struct Body {
    event_type: EventType<'static>,
    read: fn(&str) -> Result<Value, BodyError>,
}

impl Body {
    fn of<E: Event + Serialize>() -> Body {
        Body { event_type: E::TYPE, read: |json| Ok(serde_json::to_value(E::parse(json)?).expect("JSON")) }
    }
}

#[test]
#[ignore = "needs: Python 3 with lark-oapi in tests/interop/python/.venv (.ci/run installs it)"]
fn the_python_dispatcher_and_ours_see_the_same_fields_of_all_samples() {
    let samples: Vec<_> = samples().into_iter().map(|(name, payload)| (name, payload.to_string())).collect();
    assert_eq!(samples.len(), 19);
    let expected = [
        // It has no form for a value that is not an object, and gives up the whole event.
        "card.action.trigger.string_value: UnmarshalException",
        // It has no types for version 1.0. In this state the text is sent as a number.
        "p1.approval_instance.reverted /event/operate_time: 1767230811003 there, \"1767230811003\" here",
    ];
    assert_eq!(differences(&samples), expected);
}

#[test]
#[ignore = "needs: Python 3 with lark-oapi in tests/interop/python/.venv (.ci/run installs it)"]
fn the_python_dispatcher_and_ours_see_the_same_fields_of_every_event() {
    let data: Value = serde_json::from_str(include_str!("../../core/events/schema/p2_events.json")).expect("JSON");
    let events = data["events"].as_array().expect("a list");
    let payloads: Vec<_> = events.iter().map(|event| (text(event, "type").to_owned(), payload(&data, event))).collect();
    assert_eq!(payloads.len(), 206);
    let (unknown, known): (Vec<_>, Vec<_>) =
        differences(&payloads).into_iter().partition(|difference| difference.ends_with("there is no such event"));
    // Those of which the data itself says that other witnesses have them.
    let elsewhere = events.iter().filter(|event| event.get("in").is_some());
    let elsewhere: Vec<_> = elsewhere.map(|event| format!("{}: there is no such event", text(event, "type"))).collect();
    assert_eq!((unknown.len(), unknown), (10, elsewhere));

    // It looks for `leader_type` and `leader_id`, which are not in the JSON.
    let departments = [
        "contact.department.created_v3 /event/object",
        "contact.department.deleted_v3 /event/object",
        "contact.department.updated_v3 /event/object",
        "contact.department.updated_v3 /event/old_object",
        "contact.scope.updated_v3 /event/added/departments/0",
        "contact.scope.updated_v3 /event/removed/departments/0",
    ];
    let leader = |of: &str| {
        let at = format!("{of}/leaders/0");
        [format!("{at}/leaderID: null there, \"leaderID\" here"), format!("{at}/leaderType: null there, 7 here")]
    };
    let mut expected: Vec<_> = departments.into_iter().flat_map(leader).collect();
    // A field that only the Node SDK and the official page have.
    expected.push("hire.offer.status_changed_v1 /event/offer_status: null there, 7 here".to_owned());
    assert_eq!(known, expected);
}

/// Where the two see something else: the name of the payload, and the field or the error.
fn differences(payloads: &[(String, String)]) -> Vec<String> {
    let mut differences = Vec::new();
    for ((name, payload), theirs) in payloads.iter().zip(python(payloads)) {
        match theirs.get("error") {
            Some(error) => differences.push(format!("{name}: {}", error.as_str().expect("a text"))),
            None => compare(name, "", &theirs, &ours(payload), &mut differences),
        }
    }
    differences
}

/// What the Python SDK hands to a handler.
fn python(payloads: &[(String, String)]) -> Vec<Value> {
    let mut python = Command::new(here("python/.venv/bin/python"))
        .arg(here("python/dispatch.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program of this test is not installed");
    let mut input = python.stdin.take().expect("a pipe");
    let lines: String = payloads.iter().map(|(_, payload)| format!("{payload}\n")).collect();
    let writing = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = python.wait_with_output().expect("an output");
    writing.join().expect("no panic").expect("all lines are read");
    let output = String::from_utf8(output.stdout).expect("text");
    let objects: Vec<Value> = output.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(objects.len(), payloads.len());
    objects
}

/// What we hand to a handler, in the same form.
fn ours(payload: &str) -> Value {
    let envelope = Envelope::parse(payload.as_bytes()).expect("an envelope");
    let of = envelope.event_type().expect("a type");
    let callbacks = [Body::of::<ActionTrigger>(), Body::of::<PreviewGet>()];
    let body = table::events().into_iter().chain(callbacks).find(|body| body.event_type == of).expect("a body");
    let event = (body.read)(envelope.event.expect("an event")).expect("it fits");
    let (id, time, token) = (&envelope.event_id, &envelope.create_time, &envelope.token);
    match of.schema {
        // The app and the tenant are in the event; the type of the envelope is always the same.
        Schema::P1 => json!({"uuid": id, "ts": time, "token": token, "type": "event_callback", "event": event}),
        _ => json!({
            "schema": envelope.schema_text,
            "header": {
                "event_id": id,
                "create_time": time,
                "token": token,
                "event_type": envelope.event_type,
                "app_id": envelope.app_id,
                "tenant_key": envelope.tenant_key,
            },
            "event": event,
        }),
    }
}

/// Collects the fields that differ. What is not there is null.
fn compare(name: &str, at: &str, theirs: &Value, ours: &Value, differences: &mut Vec<String>) {
    match (theirs, ours) {
        (Value::Object(left), Value::Object(right)) => {
            let mut keys: Vec<_> = left.keys().chain(right.keys()).collect();
            keys.sort_unstable();
            keys.dedup();
            for key in keys {
                let at = format!("{at}/{key}");
                let of = |members: &Map<String, Value>| members.get(key).cloned().unwrap_or_default();
                compare(name, &at, &of(left), &of(right), differences);
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (index, (left, right)) in left.iter().zip(right).enumerate() {
                compare(name, &format!("{at}/{index}"), left, right, differences);
            }
        }
        _ if theirs == ours => {}
        _ => differences.push(format!("{name} {at}: {theirs} there, {ours} here")),
    }
}

fn samples() -> Vec<(String, Value)> {
    let directory: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/data/samples");
    let files = std::fs::read_dir(directory).expect("the samples").map(|entry| entry.expect("a file").path());
    let mut samples: Vec<_> = files
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let text = std::fs::read_to_string(path).expect("a text");
            (name, serde_json::from_str(&text).expect("JSON"))
        })
        .collect();
    samples.sort_by(|(one, _), (other, _)| one.cmp(other));
    samples
}

/// An event with every field of its schema, in the form of the wire.
fn payload(data: &Value, event: &Value) -> String {
    let header = json!({
        "event_id": "e", "token": "v", "create_time": "1608725989000", "event_type": event["type"], "tenant_key": "t",
        "app_id": "cli_a1b2c3d4e5f60718",
    });
    json!({"schema": "2.0", "header": header, "event": object(data, text(event, "body"))}).to_string()
}

fn object(data: &Value, of: &str) -> Value {
    let fields = data["types"][of]["fields"].as_array().expect("a type");
    let members = fields.iter().map(|field| {
        let name = text(field, "name");
        let form = field.get("wire").unwrap_or(&field["type"]).as_str().expect("a form");
        (name.to_owned(), value(data, form, name))
    });
    Value::Object(members.collect::<Map<_, _>>())
}

fn value(data: &Value, form: &str, name: &str) -> Value {
    match form {
        "string" => json!(name),
        "int" => json!(7),
        "float" => json!(0.5),
        "bool" => json!(true),
        "any" => json!({name: [null]}),
        "map<string,string>" => json!({"zh_cn": name}),
        _ => match form.strip_prefix("list<").and_then(|form| form.strip_suffix('>')) {
            Some(entry) => json!([value(data, entry, name)]),
            None => object(data, form),
        },
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().expect("a text")
}
