//! The control API, as a test in another language or a page uses it: HTTP and nothing else.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod chats;
mod http;

use futures::executor::block_on;
use http::{Events, ask, call, get, try_call};
use larkwire_sim::Sim;
use serde_json::{Value, json};

#[test]
fn a_page_that_has_just_been_opened_learns_everything_at_once() {
    let sim = block_on(Sim::builder().seed(42).start()).unwrap();
    call(&sim, "POST", "people", &json!({"name": "alice"}));
    let state = get(&sim, "state");
    assert_eq!((&state["seed"], &state["speed"]), (&json!(42), &json!(1.0)));
    assert_eq!(state["apps"][0]["app_id"], sim.app_id());
    assert_eq!(state["people"][0]["name"], "alice");
    assert_eq!(state["limits"]["frames"], 10_000);
    assert!(!state.to_string().contains(sim.app_secret()), "{state}");
}

#[test]
fn what_is_said_is_pushed_and_its_fate_can_be_followed() {
    let sim = block_on(Sim::start());
    let said = call(&sim, "POST", "messages", &json!({"as": "alice", "text": "hi"}));
    let push = get(&sim, &format!("pushes/{}", said["push"]));
    assert_eq!(push["event_type"], "im.message.receive_v1");
    assert_eq!(
        push["outcome"],
        json!({"redelivering": {"at_ms": push["deliveries"][0]["at_ms"].as_u64().unwrap() + 15_000}})
    );

    let went = get(&sim, "transcript?kinds=push,redelivery_due");
    let kinds: Vec<&str> =
        went["entries"].as_array().unwrap().iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["push", "redelivery_due"]);
    assert_eq!(went["entries"][0]["connection"], Value::Null);

    // The clock jumps over the redelivery.
    call(&sim, "POST", "clock", &json!({"advance_ms": 15_000}));
    let more = get(&sim, &format!("transcript?kinds=push&wait_ms=5000&after={}", went["seq"]));
    assert_eq!((&more["entries"][0]["attempt"], &more["entries"][0]["of"]), (&json!(2), &json!(5)));
}

#[test]
fn a_long_poll_ends_when_something_happens_or_the_wait_is_over() {
    let sim = block_on(Sim::start());
    let nothing = get(&sim, "transcript?wait_ms=20");
    assert_eq!((&nothing["entries"], &nothing["lost"]), (&json!([]), &json!(0)));
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| get(&sim, "transcript?wait_ms=9000"));
        call(&sim, "POST", "messages", &json!({"as": "alice", "text": "hi"}));
        assert_eq!(waiting.join().unwrap()["entries"][0]["kind"], "person");
    });
}

#[test]
fn counters_are_there_for_prometheus() {
    let sim = block_on(Sim::start());
    call(&sim, "POST", "messages", &json!({"as": "alice", "text": "hi"}));
    let (status, body) = ask(sim.address(), "GET", "/_sim/v1/metrics", "", b"");
    let text = String::from_utf8(body).unwrap();
    assert_eq!(status, 200);
    let open = format!("larkwire_sim_open_connections{{app_id=\"{}\"}} 0", sim.app_id());
    for line in ["# TYPE larkwire_sim_pushes_total counter", "larkwire_sim_pushes_total 1", &open] {
        assert!(text.lines().any(|told| told == line), "{line} is not in {text}");
    }
    // Comments, and a name with its value.
    assert!(text.lines().all(|line| line.starts_with("# ") || line.split(' ').count() == 2), "{text}");
}

#[test]
fn supervisors_and_prometheus_find_their_calls_where_they_look_without_being_told() {
    let sim = block_on(Sim::start());
    for path in ["livez", "readyz", "metrics"] {
        let here = ask(sim.address(), "GET", &format!("/{path}"), "", b"");
        assert_eq!((here.0, &here), (200, &ask(sim.address(), "GET", &format!("/_sim/v1/{path}"), "", b"")), "{path}");
        assert_eq!(ask(sim.address(), "GET", &format!("/{path}"), "Host: evil.example\r\n", b"").0, 403, "{path}");
        let description = get(&sim, "openapi.json");
        let servers = &description["paths"][format!("/{path}")]["get"]["servers"];
        assert_eq!(servers, &json!([{"url": "/_sim/v1"}, {"url": "/"}]), "{path}");
    }
    // Nothing that a bot called.
    assert_eq!(get(&sim, "state")["stats"]["api_calls"], 0);
}

#[test]
fn the_stream_tells_what_happened_before_and_what_happens_now() {
    let sim = block_on(Sim::start());
    call(&sim, "POST", "messages", &json!({"as": "alice", "text": "one"}));
    let mut events = Events::open(&sim, "stream?after=0");
    let (name, entries) = events.next();
    assert_eq!((name.as_str(), &entries[0]["seq"]), ("entries", &json!(1)));
    call(&sim, "POST", "messages", &json!({"as": "alice", "text": "two"}));
    let (_, more) = events.next();
    assert_eq!(
        more[0]["seq"].as_u64(),
        entries[entries.as_array().unwrap().len() - 1]["seq"].as_u64().map(|seq| seq + 1)
    );
}

#[test]
fn a_reader_who_fell_behind_is_told_how_much_is_missing() {
    let sim = block_on(Sim::builder().profile(|profile| profile.records = 10).start()).unwrap();
    for n in 0..20 {
        call(&sim, "POST", "messages", &json!({"as": "alice", "text": n.to_string()}));
    }
    let (name, lost) = Events::open(&sim, "stream?after=1").next();
    let newest = get(&sim, "state")["seq"].as_u64().unwrap();
    assert_eq!((name.as_str(), &lost), ("lost", &json!({"count": newest - 11})));
    assert_eq!(get(&sim, "transcript?after=1")["lost"], newest - 11);
}

#[test]
fn faults_can_be_asked_for_by_name_seen_and_taken_back() {
    let sim = block_on(Sim::start());
    let catalogue = get(&sim, "faults");
    let split = catalogue["catalogue"].as_array().unwrap().iter().find(|kind| kind["name"] == "split").unwrap();
    assert_eq!(split["parameters"]["parts"], json!({"type": "integer", "default": 3}));
    assert!(split["title"]["zh"].is_string() && split["occasion"] == "push" && split["per_connection"] == true);

    let added =
        call(&sim, "POST", "faults", &json!({"name": "split", "parameters": {"parts": 5}, "times": {"next": 2}}));
    let again = call(&sim, "POST", "faults", &json!({"name": "mute_pong", "times": "always"}));
    call(&sim, "POST", "faults", &json!({"name": "delay", "times": {"probability": 0.1}}));
    let active = get(&sim, "faults")["active"].clone();
    assert_eq!((&active[0]["id"], &active[0]["parameters"]), (&added["id"], &json!({"parts": 5})));
    call(&sim, "DELETE", &format!("faults/{}", again["id"]), &Value::Null);
    assert_eq!(get(&sim, "state")["faults"]["active"].as_array().unwrap().len(), 2);
    call(&sim, "DELETE", "faults", &Value::Null);
    call(&sim, "POST", "presets/coffee_shop_wifi", &Value::Null);
    assert!(get(&sim, "faults")["active"].as_array().unwrap().len() > 3);

    for wrong in [
        json!({"name": "none"}),
        json!({"name": "split", "parameters": {"x": 1}}),
        json!({"name": "delay", "times": {"probability": 2}}),
    ] {
        assert_eq!(try_call(&sim, "POST", "faults", &wrong).0, 400, "{wrong}");
    }
    assert_eq!(try_call(&sim, "POST", "presets/none", &Value::Null).0, 404);
    let (status, refusal) = try_call(&sim, "POST", "faults", &json!({"name": "api_hang", "connection": 1}));
    assert_eq!(
        (status, &refusal["error"]["message"]),
        (400, &json!("api_hang cannot be for one connection: calls do not come over one"))
    );
}

#[test]
fn any_event_can_be_pushed_by_type_or_as_a_payload() {
    let sim = block_on(Sim::start());
    let pushed = |body: Value| {
        let push = call(&sim, "POST", "events", &body)["push"].clone();
        get(&sim, &format!("pushes/{push}"))
    };
    assert_eq!(pushed(json!({"type": "vc.meeting.ended_v1", "event": {"n": 1}}))["event_type"], "vc.meeting.ended_v1");
    assert_eq!(pushed(json!({"type": "card.action.trigger"}))["kind"], "callback");
    assert_eq!(pushed(json!({"raw": {"uuid": "u1", "event": {"type": "message"}}}))["event_id"], "u1");
    let text = pushed(json!({"raw": "no JSON", "shape": {"split": 3, "order": "reversed", "duplicate": true}}));
    assert_eq!((&text["event_type"], text["deliveries"].as_array().unwrap().len()), (&json!(""), 2));
    assert_eq!(try_call(&sim, "POST", "events", &json!({})).0, 400);
}

#[test]
fn every_call_that_is_described_answers_as_described() {
    let sim = block_on(Sim::start());
    let description = get(&sim, "openapi.json");
    let mut asked = 0;
    for (path, calls) in description["paths"].as_object().unwrap() {
        let path = path.trim_start_matches('/').replace("{connection}", "7").replace("{push}", "7");
        let path =
            path.replace("{fault}", "7").replace("{preset}", "none").replace("{message}", "om_1").replace("{key}", "k");
        for (method, call) in calls.as_object().unwrap() {
            if path != "stream" {
                let (status, answer) = try_call(&sim, &method.to_uppercase(), &path, &Value::Null);
                assert!(call["responses"][status.to_string()].is_object(), "{method} {path}: {status} {answer}");
                asked += 1;
            }
        }
    }
    assert!(asked > 25);
}

#[test]
fn any_event_of_the_catalogue_can_be_pushed_with_changes() {
    let sim = block_on(Sim::start());
    let events = get(&sim, "catalogue")["events"].as_array().unwrap().clone();
    assert!(events.len() > 200);
    let change = json!({"message": {"content": "{\"text\":\"changed\"}"}});
    call(&sim, "POST", "events", &json!({"type": "im.message.receive_v1", "event": change}));
    let (_, cassette) = ask(sim.address(), "GET", "/_sim/v1/export", "", b"");
    let pushed = String::from_utf8(cassette).unwrap().lines().find(|line| line.contains("payload")).unwrap().to_owned();
    let payload: Value =
        serde_json::from_str(serde_json::from_str::<Value>(&pushed).unwrap()["payload"].as_str().unwrap()).unwrap();
    assert_eq!(payload["event"]["message"]["content"], "{\"text\":\"changed\"}");
    assert_eq!(payload["event"]["sender"]["sender_type"], "user");
}

#[test]
fn a_run_can_be_taken_away_as_a_cassette_and_a_reset_forgets_it() {
    let sim = block_on(Sim::start());
    call(&sim, "POST", "messages", &json!({"as": "alice", "text": "hi"}));
    let (_, cassette) = ask(sim.address(), "GET", "/_sim/v1/export", "", b"");
    let text = String::from_utf8(cassette.clone()).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["cassette"], &lines[0]["app_id"]), (&json!(1), &json!(sim.app_id())));
    let push = lines.iter().find(|line| line["kind"] == "push").unwrap();
    assert!(push["payload"].as_str().unwrap().contains("im.message.receive_v1"));

    let (status, told) = ask(sim.address(), "POST", "/_sim/v1/import", "", &cassette);
    assert_eq!((status, serde_json::from_slice::<Value>(&told).unwrap()), (200, json!({"pushes": 1, "acks": 0})));
    assert_eq!(try_call(&sim, "POST", "replay", &json!({})).1["error"]["code"], "no_bot");
    assert_eq!(ask(sim.address(), "POST", "/_sim/v1/import", "", b"{}").0, 400);

    let before = get(&sim, "state")["seq"].as_u64().unwrap();
    call(&sim, "POST", "reset", &Value::Null);
    let state = get(&sim, "state");
    assert_eq!((&state["people"], &state["seq"]), (&json!([]), &json!(before + 1)));
    assert_eq!(get(&sim, "transcript")["entries"][0]["kind"], "reset");
}

#[test]
fn pages_of_somebody_else_are_refused() {
    let sim = block_on(Sim::start());
    for headers in ["Host: evil.example\r\n", "Origin: http://evil.example\r\n", "Origin: null\r\n"] {
        let (status, answer) = ask(sim.address(), "POST", "/_sim/v1/people", headers, br#"{"name":"mallory"}"#);
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!((status, &answer["error"]["code"]), (403, &json!("forbidden")), "{headers}");
    }
    assert_eq!(get(&sim, "state")["people"], json!([]));
}

#[test]
fn wrong_calls_are_told_what_would_be_right() {
    let sim = block_on(Sim::start());
    let wrong = [
        ("GET", "nonsense", json!(null), 404),
        ("POST", "state", json!(null), 405),
        ("POST", "messages", json!({"as": "alice"}), 400),
        ("POST", "clock", json!({"speed": -1}), 400),
        ("GET", "pushes/none", json!(null), 400),
        ("GET", "pushes/7", json!(null), 404),
        ("GET", "transcript?after=x", json!(null), 400),
        ("POST", "connections/7/frames", json!({"hex": "0"}), 400),
        ("POST", "import", json!(null), 400),
        ("POST", "replay", json!({}), 409),
        ("GET", "copy?seq=99", json!(null), 404),
        ("POST", "connections/7/drop", json!({"how": "reset"}), 404),
    ];
    for (method, path, body, expected) in wrong {
        let (status, answer) = try_call(&sim, method, path, &body);
        assert_eq!(status, expected, "{method} {path}: {answer}");
        for part in ["code", "message", "hint"] {
            assert!(answer["error"][part].as_str().is_some_and(|text| !text.is_empty()), "{method} {path}: {answer}");
        }
    }
}
