//! The bots of the official SDKs that do more than listen: their channels find out who they are, reply, send cards, hear of
//! clicks, and type texts. All that they call is simulated.

use std::process::Command;

use futures::executor::block_on;
use larkwire_sim::{ClickResult, Platform, Sim};
use serde_json::json;

use super::{Bot, START, here};

#[test]
#[ignore = "needs: Python 3 with lark-oapi in tests/interop/python/.venv (.ci/run installs it)"]
fn the_channel_of_the_python_sdk_talks_types_and_answers_a_click() {
    let python = here("python/.venv/bin/python");
    talk(Command::new(python).arg(here("python/channel.py")));
}

#[test]
#[ignore = "needs: Node.js with @larksuiteoapi/node-sdk in tests/interop/node/node_modules (.ci/run installs it)"]
fn the_channel_of_the_node_sdk_talks_types_and_answers_a_click() {
    talk(Command::new("node").arg(here("node/channel.js")));
}

fn talk(command: &mut Command) {
    block_on(async {
        let sim = Sim::builder().patience(START).start().await.expect("a platform");
        let bot = Bot::start(&sim, command);
        // It listens only a moment after the upgrade, when its first ping comes.
        let pinged = |platform: &Platform| platform.connections().any(|connection| connection.pings > 0).then_some(());
        sim.wait("a ping", START, pinged).await.expect("a ping");
        let (alice, ops) = (sim.user("alice"), sim.group("ops", ["alice"]));

        let said = alice.dm("hello").await;
        let reply = sim.expect_reply().await;
        assert_eq!((reply.text().as_str(), reply.replied_to.as_deref()), ("echo: hello", said.message_id()));
        alice.mention(&ops, "ready?").await.expect("a member");
        let reply = sim.expect_reply().await;
        // Python shows the mention, Node strips it.
        assert!(reply.text().ends_with("ready?") && reply.chat_id == ops.chat_id(), "{reply:?}");

        alice.dm("card").await;
        let card = sim.expect_reply().await;
        assert_eq!(card.text(), "Deploy?\nApprove");
        let click = alice.press(&card.message_id, "Approve").await.expect("a button");
        let answered = ClickResult::Answered { toast: None, card: false };
        assert_eq!(click.answered().await.expect("an answer"), answered);
        let line = bot.line();
        assert_eq!((&line["event"], &line["value"]), (&json!("action"), &json!({"build": 42})));
        sim.wait_message(&card.message_id, |message| message.text() == "Deployed").await.expect("another card");

        alice.dm("type").await;
        let typed = sim.expect_reply().await;
        let typed = sim.wait_message(&typed.message_id, |message| !message.streaming).await.expect("the end");
        assert_eq!(typed.text(), "one, two, three");

        sim.assert_no_violations();
        assert_eq!(sim.stats().not_simulated.into_iter().collect::<Vec<_>>(), []);
    });
}
