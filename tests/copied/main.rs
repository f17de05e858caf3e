//! What the simulator copies, and plays again, is what happened: a test that it writes compiles and passes, and a cassette
//! gives the same acks a second time.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use larkwire::{Config, Domain};
use larkwire_sim::{Push, ReplaySpeed, Sim};
use serde_json::{Value, json};

/// Written by the simulator; `a_copied_row_is_this_test` compares. `LARKWIRE_RECORD=1` writes it anew.
mod row;

/// The bot of the copied test: it answers clicks with what they say, and fails on events that say so.
mod my_bot {
    use larkwire::{Bot, Config, Ctx, Delivery, Reply, Router};
    use serde_json::{Value, json};
    use tokio::task::JoinHandle;

    async fn handle(ctx: Ctx, delivery: Delivery) -> Result<Reply, larkwire::BoxError> {
        let envelope: Value = serde_json::from_slice(&delivery.payload())?;
        if let Some(id) = envelope["event"]["message"]["message_id"].as_str() {
            ctx.api().reply_text(id, "heard").await?;
        }
        Ok(match &envelope["event"]["say"] {
            Value::Null => Reply::ok(),
            Value::Bool(false) => Reply::failed(),
            say => Reply::json(json!({"toast": {"type": "info", "content": say}}).to_string()),
        })
    }

    pub(crate) fn spawn(config: Config) -> JoinHandle<()> {
        tokio::spawn(async {
            let router = Router::builder().on_other(handle).build().expect("one handler");
            Bot::new(config, router).run().await;
        })
    }
}

const CLICK: &str =
    r#"{"schema":"2.0","header":{"event_id":"e1","event_type":"card.action.trigger"},"event":{"say":"it's \"done\""}}"#;

async fn platform() -> Sim {
    let sim = Sim::start().await;
    let _bot = my_bot::spawn(sim.config());
    sim.wait_connected(1).await.expect("a bot");
    sim
}

fn get(sim: &Sim, path: &str) -> String {
    let mut stream = TcpStream::connect(sim.address()).expect("a connection");
    let head = format!("GET /_sim/v1/{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer.split_once("\r\n\r\n").expect("a body").1.to_owned()
}

/// The number of the row that tells of the first push.
fn push_row(sim: &Sim) -> u64 {
    let row = sim.transcript().into_iter().find(|entry| entry.what.kind() == "push");
    row.expect("a push").seq
}

#[tokio::test]
async fn a_copied_row_is_a_test_that_compiles_and_passes() {
    let sim = platform().await;
    let push = sim.push(Push::callback_payload(CLICK)).await;
    push.acked(Duration::from_secs(3)).await.expect("an ack");
    let row = push_row(&sim);
    let copied = get(&sim, &format!("copy?seq={row}&as=rust")).replace(&format!("_{row}()"), "_0()");
    if std::env::var_os("LARKWIRE_RECORD").is_some() {
        let head = "use std::time::Duration;\n\nuse larkwire_sim::{Push, Sim};\n\nuse super::my_bot;\n\n";
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("copied/row.rs");
        std::fs::write(file, format!("{head}{copied}")).expect("a file to write to");
        return;
    }
    assert!(include_str!("row.rs").ends_with(&copied), "{copied}");
}

#[tokio::test]
async fn a_copied_row_is_a_call_with_curl() {
    let sim = platform().await;
    sim.push(Push::callback_payload(CLICK)).await;
    let curl = get(&sim, &format!("copy?seq={}&as=curl", push_row(&sim)));
    let expected = r#"curl -fsS -H 'Content-Type: application/json' -d '{"callback":true,"raw":{"event":{"say":"it'\''s \"done\""},"#;
    assert!(curl.starts_with(expected), "{curl}");
    assert!(curl.ends_with("\"$LARKWIRE_SIM/events\"\n"), "{curl}");
}

#[tokio::test]
async fn every_row_can_be_copied_in_every_form() {
    let sim = platform().await;
    sim.user("alice").dm("hi").await.acked(Duration::from_secs(3)).await.expect("an ack");
    sim.expect_reply().await;
    sim.advance(Duration::from_secs(1));
    let rows = sim.transcript();
    let copy = |kind: &str, form: &str| {
        let row = rows.iter().find(|entry| entry.what.kind() == kind).expect(kind);
        get(&sim, &format!("copy?seq={}&as={form}", row.seq))
    };
    for kind in rows.iter().map(|entry| entry.what.kind()) {
        assert!(copy(kind, "rust").contains("async fn copied_from_row_"), "{kind}");
        assert!(copy(kind, "curl").starts_with("curl "), "{kind}");
        sim.replay(&copy(kind, "cassette"), ReplaySpeed::Instant).await.expect(kind);
    }
    // An ack is copied with the event that it answers, an API call with what was asked for.
    assert!(copy("ack", "rust").contains("Push::payload("));
    assert_eq!(copy("ack", "cassette"), copy("push", "cassette"));
    assert!(copy("api", "curl").starts_with("curl -sS -X "), "{}", copy("api", "curl"));
}

#[tokio::test]
async fn a_message_of_another_run_can_be_replied_to() {
    let recorded = platform().await;
    recorded.user("alice").dm("hi").await.acked(Duration::from_secs(3)).await.expect("an ack");
    let sim = platform().await;
    let replayed = sim.replay(&recorded.export(), ReplaySpeed::Instant).await.expect("a cassette");
    assert_eq!((replayed.pushes, replayed.same), (1, 1), "{:#?}", replayed.different);
    assert_eq!(sim.expect_reply().await.text(), "heard");
    let said = sim.transcript().into_iter().find(|entry| entry.what.kind() == "message").expect("a message").seq;
    let rust = get(&sim, &format!("copy?seq={said}&as=rust"));
    assert!(rust.contains(r#"sim.user("somebody").dm("hi").await;"#), "{rust}");
    let curl = get(&sim, &format!("copy?seq={said}&as=curl"));
    assert!(curl.contains(r#""as":"somebody""#) && curl.ends_with("\"$LARKWIRE_SIM/messages\"\n"), "{curl}");
}

/// The payload of an event.
fn event(id: &str, say: &Value) -> String {
    let header = json!({"event_id": id, "event_type": "test.event_v1"});
    json!({"schema": "2.0", "header": header, "event": {"say": say}}).to_string()
}

#[tokio::test]
async fn a_cassette_with_more_than_the_platform_keeps_is_compared_to_its_end() {
    const KEPT: usize = 10;
    let sim = Sim::builder().profile(|profile| profile.records = KEPT).start().await.expect("a port");
    my_bot::spawn(sim.config());
    let lines = (0..3 * KEPT).flat_map(|id| {
        let payload = event(&format!("e{id}"), &Value::Null);
        let push = json!({"kind": "push", "push": id, "event_type": "test.event_v1", "payload": payload});
        [push, json!({"kind": "ack", "push": id, "code": 200, "on_time": true})]
    });
    let cassette: String =
        std::iter::once(json!({"cassette": 1})).chain(lines).map(|line| format!("{line}\n")).collect();
    for speed in [ReplaySpeed::Instant, ReplaySpeed::Original] {
        let replayed = sim.replay(&cassette, speed).await.expect("a cassette");
        assert_eq!((replayed.pushes, replayed.same), (3 * KEPT, 3 * KEPT), "{:#?}", replayed.different);
    }
}

#[tokio::test]
async fn a_cassette_gives_the_same_acks_again_and_tells_what_differs() {
    let event = |id: &str, say: Value| Push::payload(event(id, &say));
    let recorded = platform().await;
    for push in [event("e1", Value::Null), event("e2", json!(false)), Push::callback_payload(CLICK.replace("e1", "e3"))]
    {
        let push = recorded.push(push).await;
        push.acked(Duration::from_secs(3)).await.expect("an ack");
    }
    let cassette = recorded.export();

    let sim = platform().await;
    for speed in [ReplaySpeed::Instant, ReplaySpeed::Original] {
        let replayed = sim.replay(&cassette, speed).await.expect("a cassette");
        assert_eq!((replayed.pushes, replayed.same), (3, 3), "{:#?}", replayed.different);
        sim.reset();
    }

    // One row alone is a cassette, too; and an answer that has changed is told.
    let row = get(&recorded, &format!("copy?seq={}&as=cassette", push_row(&recorded)));
    assert_eq!(sim.replay(&row, ReplaySpeed::Instant).await.expect("a cassette").same, 1);
    let other = cassette.replace(r#""type":"info""#, r#""type":"error""#);
    let replayed = sim.replay(&other, ReplaySpeed::Instant).await.expect("a cassette");
    assert_eq!((replayed.pushes, replayed.different.len()), (3, 1), "{:#?}", replayed.different);
    assert_eq!(replayed.different[0]["event_type"], "card.action.trigger");
    assert!(sim.replay("nonsense", ReplaySpeed::Instant).await.is_err());
}

#[tokio::test]
async fn what_was_for_another_app_is_played_to_the_bot_of_that_app() {
    let (first, other) = (("cli_00000000000000ab", "one"), ("cli_00000000000000cd", "two"));
    let platform = async || Sim::builder().app(first.0, first.1).app(other.0, other.1).start().await.expect("a port");
    let spawn = |sim: &Sim, (id, secret): (&str, &str)| {
        let mut config = Config::new(id, secret);
        config.domain = Domain::Custom(sim.domain());
        my_bot::spawn(config)
    };
    let event = |id: &str| Push::payload(event(id, &Value::Null));
    let recorded = platform().await;
    let _bots = [first, other].map(|app| spawn(&recorded, app));
    recorded.wait_connected(2).await.expect("two bots");
    for push in [event("e1").app(other.0), event("e2")] {
        recorded.push(push).await.acked(Duration::from_secs(3)).await.expect("an ack");
    }
    let curl = get(&recorded, &format!("copy?seq={}&as=curl", push_row(&recorded)));
    assert!(curl.contains(r#""app_id":"cli_00000000000000cd""#), "{curl}");

    let sim = platform().await;
    let _bot = spawn(&sim, first);
    sim.wait_connected(1).await.expect("a bot");
    let cassette = recorded.export();
    // It waits for the second bot, which comes later.
    let (replayed, ()) = tokio::join!(sim.replay(&cassette, ReplaySpeed::Instant), async { drop(spawn(&sim, other)) });
    let replayed = replayed.expect("a cassette");
    assert_eq!((replayed.pushes, replayed.same), (2, 2), "{:#?}", replayed.different);
    let apps: Vec<String> = sim.pushes().into_iter().map(|push| push.app_id).collect();
    assert_eq!(apps, [other.0, first.0]);
}
