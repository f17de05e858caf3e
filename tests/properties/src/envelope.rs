use larkwire_core::event::{Envelope, EnvelopeError, Event, EventType, Schema};
use larkwire_events::card::ActionTrigger;
use larkwire_events::im::v1::MessageReceiveV1;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// A payload as an envelope, with `serde_json::Value` as the oracle.
///
/// Reading it ends in an envelope or in an error. Where the oracle can read the payload, both agree on what the envelope
/// says. The body is a part of the payload and valid JSON. Debug shows neither the token nor the body.
pub fn envelope(data: &[u8]) {
    unusual_ones_are_no_others(data);
    if let Ok(text) = std::str::from_utf8(data) {
        body::<Anything>(text);
    }
    let read = Envelope::parse(data);
    let oracle = serde_json::from_slice::<Value>(data);
    if read.is_ok() {
        let text = std::str::from_utf8(data).expect("an envelope is text");
        serde_json::from_str::<&RawValue>(text).expect("an envelope is JSON");
    }
    let (envelope, value) = match (read, oracle) {
        (Ok(envelope), Ok(value)) => (envelope, value),
        // The oracle is more particular: about depth, huge numbers, and halves of surrogate pairs.
        (Ok(envelope), Err(_)) => return bodies(&envelope),
        (Err(EnvelopeError::Empty), _) => return assert!(data.is_empty()),
        (Err(EnvelopeError::NotAnObject), Ok(value)) => return assert!(!value.is_object()),
        (Err(EnvelopeError::Encrypted), Ok(value)) => return assert!(value.get("encrypt").is_some()),
        (Err(EnvelopeError::NotJson(why)), Ok(value)) => panic!("{why}, but it is {value}"),
        (Err(_), _) => return,
    };
    bodies(&envelope);

    let header = |name: &str| text(value.get("header")?.get(name)?);
    let body = |name: &str| text(value.get("event")?.get(name)?);
    let top = |name: &str| text(value.get(name)?);
    let named = |name: &Option<String>| name.as_ref().is_some_and(|name| !name.is_empty());
    let p2 = named(&header("event_type"));
    let schema = match p2 {
        true => Some(Schema::P2),
        false => named(&body("type")).then_some(Schema::P1),
    };
    assert_eq!(envelope.schema, schema);
    let either = |first: Option<String>, name: &str| if p2 { header(name) } else { first.or(header(name)) };
    let event_type = if p2 { header("event_type") } else { body("type").filter(|_| schema.is_some()) };
    assert_eq!(envelope.event_type.as_deref(), event_type.as_deref());
    assert_eq!(envelope.event_id.as_deref(), either(top("uuid"), "event_id").as_deref());
    assert_eq!(envelope.create_time.as_deref(), either(top("ts"), "create_time").as_deref());
    assert_eq!(envelope.app_id.as_deref(), either(body("app_id"), "app_id").as_deref());
    assert_eq!(envelope.tenant_key.as_deref(), either(body("tenant_key"), "tenant_key").as_deref());
    assert_eq!(envelope.token.as_deref(), either(top("token"), "token").as_deref());
    let event = envelope.event.map(|event| serde_json::from_str::<Value>(event).expect("the body is JSON"));
    assert_eq!(event.as_ref(), value.get("event"));
}

/// A payload is left to serde_json if one of its names has an escape. That changes nothing of what is read.
fn unusual_ones_are_no_others(data: &[u8]) {
    let Some(members) = after_space(data).strip_prefix(b"{") else { return };
    let comma: &[u8] = if after_space(members).starts_with(b"}") { b"" } else { b"," };
    let unusual = [br#"{"\u0061":0"#, comma, members].concat();
    match (Envelope::parse(data), Envelope::parse(&unusual)) {
        (Ok(usual), Ok(unusual)) => assert_eq!(texts(&usual), texts(&unusual)),
        (Err(EnvelopeError::NotJson(_)), Err(EnvelopeError::NotJson(_))) => {}
        (usual, unusual) => assert_eq!(usual.err(), unusual.err()),
    }
}

/// What comes after the space of JSON, to which a form feed does not belong.
fn after_space(data: &[u8]) -> &[u8] {
    let space = data.iter().take_while(|byte| b" \t\n\r".contains(byte)).count();
    &data[space..]
}

type Texts<'a> = (Option<Schema>, [Option<&'a str>; 8]);

fn texts<'a>(envelope: &'a Envelope<'_>) -> Texts<'a> {
    let Envelope { schema_text, event_type, event_id, create_time, app_id, tenant_key, token, .. } = envelope;
    let [a, b, c, d, e, f, g] =
        [schema_text, event_type, event_id, create_time, app_id, tenant_key, token].map(Option::as_deref);
    (envelope.schema, [a, b, c, d, e, f, g, envelope.event])
}

/// A body of which nothing is expected.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct Anything(#[expect(dead_code, reason = "Debug reads it")] Value);

impl Event for Anything {
    const TYPE: EventType<'static> = EventType::p2("anything");
}

/// A body is read as serde_json reads it.
fn body<E: Event + std::fmt::Debug>(text: &str) {
    let read = E::parse(text).map(|body| format!("{body:?}"));
    let oracle = serde_json::from_str::<E>(text).map(|body| format!("{body:?}"));
    assert_eq!(read.map_err(drop), oracle.map_err(drop));
}

fn bodies(envelope: &Envelope<'_>) {
    let _ = envelope.created_unix_ms();
    let _ = envelope.event_type().map(|event_type| (event_type.is_callback(), event_type.to_string()));
    if let Some(event) = envelope.event {
        body::<MessageReceiveV1>(event);
        body::<ActionTrigger>(event);
    }
    let shown = format!("{envelope:?}");
    if let Some(token) = envelope.token.as_deref().filter(|token| token.len() >= 8) {
        let open =
            [&envelope.event_type, &envelope.event_id, &envelope.create_time, &envelope.app_id, &envelope.tenant_key];
        let elsewhere = open.into_iter().flatten().any(|text| format!("{text:?}").contains(token));
        let ours = format!("{:?}", Envelope::parse(b"{}")).contains(token);
        assert!(elsewhere || ours || !shown.contains(token), "shows the token: {shown}");
    }
}

/// How the envelope reads a value: a text, or the digits of a number.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => number.to_string(),
            (None, Some(number)) => number.to_string(),
            (None, None) => number.as_f64().unwrap_or_default().to_string(),
        }),
        _ => None,
    }
}
