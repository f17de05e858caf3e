//! `GET /copy`: a row of the transcript as something that does it again, or waits for it: a test in Rust, a call with curl,
//! lines of a cassette.

use hyper::StatusCode;
use serde_json::{Value, json};

use super::call::{Call, typed_answer};
use super::problem::Problem;
use crate::cassette;
use crate::platform::{Actor, Entry, FaultChange, Platform, PushId, PushKind, Shown, What};
use crate::server::body::Answer;

/// `GET /copy?seq=&as=`
pub(super) fn copy(call: &Call) -> Result<Answer, Problem> {
    let seq: u64 = call.query("seq")?.unwrap_or(0);
    let form = call.text("as").unwrap_or("cassette");
    let copied = call.hub.look(|platform| {
        let entry = platform.transcript_after(seq.saturating_sub(1)).next().filter(|entry| entry.seq == seq)?;
        Some(match form {
            "rust" => Ok(rust(platform, entry)),
            "curl" => Ok(curl(platform, entry)),
            "cassette" => Ok(lines(platform, entry)),
            _ => Err(Problem::invalid(format!("as={form}"), "it is rust, curl or cassette")),
        })
    });
    let gone = || Problem::new(StatusCode::NOT_FOUND, "not_found", format!("row {seq} is not there"), "old rows go");
    Ok(typed_answer("text/plain; charset=utf-8", copied.ok_or_else(gone)??))
}

/// A test that does the same to a bot, with what came of it as its expectation.
fn rust(platform: &Platform, entry: &Entry) -> String {
    let mut body = match &entry.what {
        What::Push { push, .. } | What::Ack { push, .. } => match platform.push_payload(*push) {
            Some((kind, payload)) => {
                let make = if kind == PushKind::Callback { "callback_payload" } else { "payload" };
                let payload = raw_string(&payload);
                let mut body = format!("let push = sim.push(Push::{make}({payload})).await;\n");
                let ack = platform.push_record(*push).and_then(|record| record.ack());
                let code = ack.map_or(200, |ack| ack.code);
                body.push_str("let ack = push.acked(Duration::from_secs(3)).await.expect(\"an ack\");\n");
                body.push_str(&format!("assert_eq!(ack.code, {code});\n"));
                if let Some(data) = ack.and_then(|ack| ack.data.as_ref()) {
                    let data = raw_string(&data.to_string());
                    body.push_str(&format!("assert_eq!(ack.data.expect(\"data\").to_string(), {data});\n"));
                }
                body
            }
            None => waits_for(entry),
        },
        What::Fault { fault, change: FaultChange::Added | FaultChange::Happened, .. } if fault.name != "custom" => {
            let parameters = fault.parameters.as_object().into_iter().flatten();
            let parameters: Vec<String> = parameters.map(|(name, value)| format!("{name}={}", plain(value))).collect();
            let flag = format!("{}:{}", fault.name, parameters.join(","));
            format!(
                "let (fault, _) = NamedFault::parse({flag:?}).expect(\"a fault\");\nsim.faults().any(fault).next(1);\n"
            )
        }
        What::Sent { message, .. } => match message.shown() {
            Shown::Frame { raw, .. } => format!(
                "let connection = sim.connections()[0].id;\nlet frame = {};\n\
                 let digit = |index: usize| u8::from_str_radix(&frame[index..index + 2], 16).expect(\"hex\");\n\
                 sim.push_raw(connection, (0..frame.len()).step_by(2).map(digit).collect::<Vec<u8>>());\n",
                raw_string(&raw.to_string())
            ),
            _ => waits_for(entry),
        },
        What::Message { message } => match (&message.sender, message.msg_type.as_str()) {
            (Actor::User(name), "text") => {
                format!("sim.user({name:?}).dm({:?}).await;\nsim.settle().await;\n", message.text())
            }
            (Actor::App(_), _) => {
                let text = raw_string(&message.text());
                format!("assert_eq!(sim.expect_reply().await.text(), {text});\n")
            }
            _ => waits_for(entry),
        },
        What::Person { person } => format!("let _person = sim.user({:?});\n", person.name),
        What::Clock { advanced_ms, .. } => format!("sim.advance(Duration::from_millis({advanced_ms}));\n"),
        _ => waits_for(entry),
    };
    body = body.lines().map(|line| format!("    {line}\n")).collect();
    format!(
        "#[tokio::test]\nasync fn copied_from_row_{}() {{\n    let sim = Sim::start().await;\n    \
         let _bot = my_bot::spawn(sim.config()); // your code, unchanged\n    \
         sim.wait_connected(1).await.expect(\"a bot\");\n{body}    sim.assert_no_violations();\n}}\n",
        entry.seq
    )
}

/// For rows that a bot causes: wait until it does.
fn waits_for(entry: &Entry) -> String {
    let kind = entry.what.kind();
    format!(
        "let look = |platform: &Platform| platform.transcript().find(|entry| entry.what.kind() == {kind:?}).cloned();\n\
         sim.wait({kind:?}, Duration::from_secs(10), look).await.expect({kind:?});\n"
    )
}

/// A call that does the same, or shows it.
fn curl(platform: &Platform, entry: &Entry) -> String {
    let post = |path: &str, body: &Value| {
        format!(
            "curl -fsS -H 'Content-Type: application/json' -d {} \"$LARKWIRE_SIM/{path}\"\n",
            quoted(&body.to_string())
        )
    };
    match &entry.what {
        What::Push { push, .. } => match platform.push_payload(*push) {
            Some((kind, payload)) => {
                let raw = serde_json::from_str(&payload).unwrap_or(Value::from(payload));
                let callback = kind == PushKind::Callback;
                // The first app need not be named, and may have another id where this is pasted.
                let app_id = platform.push_record(*push).map(|record| record.app_id.as_str());
                match app_id.filter(|id| platform.apps().skip(1).any(|app| app.id == *id)) {
                    Some(app_id) => post("events", &json!({"raw": raw, "callback": callback, "app_id": app_id})),
                    None => post("events", &json!({"raw": raw, "callback": callback})),
                }
            }
            None => shows(entry),
        },
        What::Fault { fault, .. } if fault.name != "custom" => {
            post("faults", &json!({"name": fault.name, "parameters": fault.parameters, "times": {"next": 1}}))
        }
        What::Sent { connection, message } => match message.shown() {
            Shown::Frame { raw, .. } => {
                post(&format!("connections/{}/frames", connection.0), &json!({"hex": raw.to_string()}))
            }
            _ => shows(entry),
        },
        What::Message { message } => match &message.sender {
            Actor::User(name) => {
                let (chat_id, msg_type, content) = (&message.chat_id, &message.msg_type, &message.content);
                post("messages", &json!({"as": name, "chat_id": chat_id, "msg_type": msg_type, "content": content}))
            }
            Actor::App(_) => "curl -fsS \"$LARKWIRE_SIM/replies\"\n".to_owned(),
        },
        What::Ack { push, .. } | What::AckMissed { push, .. } => {
            format!("curl -fsS \"$LARKWIRE_SIM/pushes/{}\"\n", push.0)
        }
        What::Person { person } => post("people", &json!({"name": person.name})),
        What::Clock { advanced_ms, speed } => post("clock", &json!({"advance_ms": advanced_ms, "speed": speed})),
        // An API call is what was requested in its exchange, if that is still there.
        What::Api { exchange, .. } | What::Response { exchange, .. } => {
            let is_request =
                |entry: &&Entry| matches!(&entry.what, What::Request { exchange: of, .. } if of == exchange);
            platform.transcript().find(is_request).map_or_else(|| shows(entry), |request| curl(platform, request))
        }
        What::Request { method, target, body, .. } => {
            let body = if body.is_empty() { String::new() } else { format!(" -d {}", quoted(body)) };
            let target = target.replace(['"', '$', '`', '\\'], "");
            format!(
                "curl -sS -X {method} -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json'{body} \
                 \"$LARK_DOMAIN{target}\"\n"
            )
        }
        _ => shows(entry),
    }
}

fn shows(entry: &Entry) -> String {
    format!(
        "curl -fsS \"$LARKWIRE_SIM/transcript?kinds={}&after={}\"\n",
        entry.what.kind(),
        entry.seq.saturating_sub(1)
    )
}

/// A cassette with the row; with all of its push, if it is about one, so that it can be played.
fn lines(platform: &Platform, entry: &Entry) -> String {
    let wanted = push_of(entry);
    let belongs = |other: &&Entry| other.seq == entry.seq || (wanted.is_some() && push_of(other) == wanted);
    let lines = platform.transcript().filter(belongs).map(|entry| cassette::line(platform, entry));
    std::iter::once(cassette::head(platform)).chain(lines).map(|line| line + "\n").collect()
}

fn push_of(entry: &Entry) -> Option<PushId> {
    match &entry.what {
        What::Push { push, .. }
        | What::Ack { push, .. }
        | What::AckMissed { push, .. }
        | What::RedeliveryDue { push, .. }
        | What::GivenUp { push, .. }
        | What::CallbackFailed { push, .. } => Some(*push),
        _ => None,
    }
}

/// A text as Rust spells it without escapes.
fn raw_string(text: &str) -> String {
    let mut hashes = String::from("#");
    while text.contains(&format!("\"{hashes}")) {
        hashes.push('#');
    }
    format!("r{hashes}\"{text}\"{hashes}")
}

/// A text as a shell takes it, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
