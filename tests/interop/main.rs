//! Official SDKs, unmodified and with only their `domain` set, as clients of our platform.
//!
//! They are the other half of the proof that the platform in `simulator/` behaves as the real one: what it sends they
//! understand, and what they answer it accepts. Set `LARKWIRE_RECORD` to write the frames that they sent into
//! `tests/vectors/`, where ordinary tests decode them. In `dispatcher.rs` they are a second opinion about events.
//!
//! In `faults.rs` and `presets.rs` they and our own client meet what can go wrong. Where an SDK fails, the failure is its own
//! and stands in `expected_failures.json`; a test fails if another one happens, and if one of them no longer does.

mod channels;
mod clients;
mod dispatcher;
mod expected;
mod faults;
mod presets;
mod story;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use futures::executor::block_on;
use larkwire_sim::{AckRecord, Order, Platform, Push, Rule, Shape, Shown, Sim, Split, What};
use serde_json::{Value, json};

/// An SDK needs a while to be imported on a busy machine.
const START: Duration = Duration::from_secs(120);
const LIMIT: Duration = Duration::from_secs(10);

#[test]
#[ignore = "needs: Python 3 with lark-oapi in tests/interop/python/.venv (.ci/run installs it)"]
fn the_python_sdk_receives_ten_events_and_all_its_acks_are_accepted() {
    let python = here("python/.venv/bin/python");
    let sim = ten_events("lark-oapi-1.7.5", Command::new(python).arg(here("python/bot.py")));
    assert!(sim.notes().is_empty(), "{:#?}", sim.notes());
}

#[test]
#[ignore = "needs: Node.js with @larksuiteoapi/node-sdk in tests/interop/node/node_modules (.ci/run installs it)"]
fn the_node_sdk_receives_ten_events_and_all_its_acks_are_accepted() {
    let sim = ten_events("node-sdk-1.74.0", Command::new("node").arg(here("node/bot.js")));
    // It computes its handler time with the operands swapped, and rounds ids above 2^53.
    let known = [Rule::BizRt, Rule::Ids];
    let unknown: Vec<_> = sim.notes().into_iter().filter(|note| !known.contains(&note.rule)).collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
}

/// Eight whole messages, one in three parts, one callback.
fn ten_events(sdk: &str, command: &mut Command) -> Sim {
    block_on(async {
        let sim = Sim::start().await;
        let bot = Bot::start(&sim, command);
        // Node listens for messages only a moment after the upgrade, and loses what comes before; its first ping comes then.
        let pinged = |platform: &Platform| platform.connections().any(|connection| connection.pings > 0).then_some(());
        sim.wait(sdk, START, pinged).await.expect("a ping");
        let alice = sim.user("alice");
        for n in 0..8 {
            let text = format!("hello {n}, 你好 \"quoted\"");
            let push = alice.dm(&text).await;
            accepted(&push.acked(LIMIT).await.expect("an ack"), None);
            let line = bot.line();
            let content: Value = serde_json::from_str(line["content"].as_str().expect("a content")).expect("JSON");
            assert_eq!((line["event"].as_str(), content["text"].as_str()), (Some("message"), Some(text.as_str())));
        }

        let long = "长".repeat(2_000);
        let split = Shape::split(Split::Parts(3)).ordered(Order::Parts(vec![2, 0, 1]));
        let push = alice.dm_shaped(&long, split).await;
        accepted(&push.acked(LIMIT).await.expect("an ack"), None);
        let content: Value = serde_json::from_str(bot.line()["content"].as_str().expect("a content")).expect("JSON");
        assert_eq!(content["text"], long);

        let action = json!({
            "operator": {"open_id": "ou_1", "tenant_key": "t"},
            "token": "c-1",
            "action": {"value": {"approve": true}, "tag": "button"},
            "host": "im_message",
            "context": {"open_message_id": "om_1", "open_chat_id": "oc_1"},
        });
        let push = sim.push(Push::callback("card.action.trigger", action)).await;
        let toast = json!({"toast": {"type": "success", "content": "完成"}});
        accepted(&push.acked(LIMIT).await.expect("an ack"), Some(&toast));
        assert_eq!(bot.line()["value"], json!({"approve": true}));

        sim.assert_no_violations();
        sim.assert_all_acked_within(Duration::from_secs(3));
        assert_eq!(sim.pushes().len(), 10);
        if std::env::var_os("LARKWIRE_RECORD").is_some() {
            record(sdk, &sim);
        }
        sim
    })
}

#[track_caller]
fn accepted(ack: &AckRecord, data: Option<&Value>) {
    assert_eq!((ack.code, ack.data.as_ref()), (200, data));
    assert!(ack.on_time);
}

/// A running SDK, ended when it is dropped.
struct Bot {
    child: Child,
    lines: Receiver<String>,
}

impl Bot {
    fn start(sim: &Sim, command: &mut Command) -> Bot {
        let mut child = command
            .env("LARK_APP_ID", sim.app_id())
            .env("LARK_APP_SECRET", sim.app_secret())
            .env("LARK_DOMAIN", sim.domain())
            .env("PYTHONUNBUFFERED", "1")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program of this test is not installed");
        let (sender, lines) = channel();
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let bot = Bot { child, lines };
        assert_eq!(bot.line()["event"], "starting");
        bot
    }

    /// The next line of JSON.
    fn line(&self) -> Value {
        self.line_within(START).expect("a line of the bot")
    }

    /// What else an SDK prints is passed over.
    fn line_within(&self, limit: Duration) -> Result<Value, RecvTimeoutError> {
        let end = Instant::now() + limit;
        loop {
            let line = self.lines.recv_timeout(end.saturating_duration_since(Instant::now()))?;
            if let Ok(line @ Value::Object(_)) = serde_json::from_str(&line) {
                return Ok(line);
            }
        }
    }
}

impl Drop for Bot {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Writes what the SDK sent: one frame a line, in hexadecimal digits.
fn record(sdk: &str, sim: &Sim) {
    let frames = sim.transcript().into_iter().filter_map(|entry| match entry.what {
        What::Received { message, .. } => Some(message.shown()),
        _ => None,
    });
    let frames = frames.filter_map(|message| match message {
        Shown::Frame { raw, .. } => Some(format!("{raw}\n")),
        _ => None,
    });
    let file = here("../vectors").join(format!("{sdk}.hex"));
    std::fs::write(file, frames.collect::<String>()).expect("a file to write to");
}

fn here(path: impl AsRef<Path>) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("interop").join(path)
}
