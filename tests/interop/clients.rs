//! The clients that meet faults: both official SDKs, each in a process of its own, and ours.

use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use larkwire::event::card::{ActionReply, ActionTrigger, ToastKind};
use larkwire::event::im::v1::MessageReceiveV1;
use larkwire::{Bot as Larkwire, Config, Domain, Handle, Router};
use larkwire_sim::Sim;
use serde_json::Value;

use crate::{Bot, here};

/// A client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Python,
    Node,
    Ours,
}

impl Kind {
    /// Name and version of the package.
    pub(crate) fn package(self) -> (&'static str, String) {
        match self {
            Kind::Python => {
                let (name, version) =
                    include_str!("python/requirements.txt").trim().split_once("==").expect("a version");
                (name, version.to_owned())
            }
            Kind::Node => {
                let package: Value = serde_json::from_str(include_str!("node/package.json")).expect("JSON");
                let version = package["dependencies"]["@larksuiteoapi/node-sdk"].as_str().expect("a version");
                ("node-sdk", version.to_owned())
            }
            Kind::Ours => ("larkwire", env!("CARGO_PKG_VERSION").to_owned()),
        }
    }

    pub(crate) fn start(self, sim: &Sim) -> Client {
        match self {
            Kind::Python => {
                // A header of 4 bytes makes it ask for 16 GB: within this limit it gets an error, and the machine lives on.
                let mut command = Command::new("sh");
                command.args(["-c", r#"ulimit -v 4194304 && exec "$0" "$1""#]).arg(here("python/.venv/bin/python"));
                sdk(sim, command.arg(here("python/bot.py")))
            }
            // The same header fills its heap. The smaller that is, the sooner it ends.
            Kind::Node => sdk(sim, Command::new("node").arg("--max-old-space-size=96").arg(here("node/bot.js"))),
            Kind::Ours => ours(sim),
        }
    }
}

/// A running client, ended when it is dropped.
pub(crate) enum Client {
    Sdk(Bot),
    Ours { heard: Receiver<String>, handle: Handle, thread: Option<JoinHandle<()>> },
}

impl Client {
    /// The text of the next message that its handler got.
    pub(crate) fn hears(&self, limit: Duration) -> Result<String, RecvTimeoutError> {
        match self {
            Client::Ours { heard, .. } => heard.recv_timeout(limit),
            Client::Sdk(bot) => loop {
                let line = bot.line_within(limit)?;
                let content = line["content"].as_str().and_then(|content| serde_json::from_str::<Value>(content).ok());
                if let Some(text) = content.as_ref().and_then(|content| content["text"].as_str()) {
                    return Ok(text.to_owned());
                }
            },
        }
    }

    /// Whether it came to an end by itself.
    pub(crate) fn is_over(&mut self) -> bool {
        match self {
            Client::Ours { thread, .. } => thread.as_ref().is_none_or(JoinHandle::is_finished),
            Client::Sdk(bot) => !matches!(bot.child.try_wait(), Ok(None)),
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if let Client::Ours { handle, thread, .. } = self {
            handle.shutdown(Duration::ZERO);
            let ended = thread.take().map(JoinHandle::join);
            assert!(ended.is_none_or(|ended| ended.is_ok()), "our client panicked");
        }
    }
}

fn sdk(sim: &Sim, command: &mut Command) -> Client {
    // What they complain of is what they are put through.
    Client::Sdk(Bot::start(sim, command.stderr(Stdio::null())))
}

/// A bot of ours that notices silence and gives up hanging requests sooner than the default, so that tests need not wait.
fn ours(sim: &Sim) -> Client {
    let mut config = Config::new(sim.app_id(), sim.app_secret());
    config.domain = Domain::Custom(sim.domain());
    config.liveness.pong_timeout = Duration::from_secs(3);
    config.deadlines.discovery = Duration::from_secs(3);
    config.deadlines.upgrade = Duration::from_secs(3);
    config.reconnect.stable_after = Duration::ZERO;
    config.reconnect.floor = Duration::from_millis(100);
    let (tell, heard) = channel();
    let hear = move |event: MessageReceiveV1| {
        let tell = tell.clone();
        async move {
            let text = event.text().unwrap_or_default();
            let slow = text.contains("very slowly");
            drop(tell.send(text));
            if slow {
                tokio::time::sleep(Duration::from_millis(1500)).await;
            }
        }
    };
    let approve = |_: ActionTrigger| async { ActionReply::new().toast(ToastKind::Success, "完成") };
    let router = Router::builder().on(hear).on_callback(approve).build().expect("a router");
    let bot = Larkwire::new(config, router);
    let handle = bot.handle();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        drop(runtime.block_on(bot.run()));
    });
    Client::Ours { heard, handle, thread: Some(thread) }
}
