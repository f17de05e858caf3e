//! Transports of one runtime on the executor of another.

use std::sync::Arc;

use futures::executor;
use larkwire::async_std::AsyncStd;
use larkwire::runtime::Runtime;
use larkwire::smol::Smol;
use larkwire::tokio::Tokio;
use larkwire::{Bot, Failure, Stop};

use crate::scenarios;
use crate::stage::{Stage, acking, on, play};
use crate::support::Kind;

/// A connection, an event and an API call.
async fn echo(runtime: Arc<dyn Runtime>) {
    play(runtime, Kind::Plain, async |stage: &Stage| {
        scenarios::an_event_is_handled_answered_in_its_chat_and_acked(stage).await;
    })
    .await;
}

#[test]
fn smol_and_async_std_bring_their_own_threads_and_work_on_any_executor() {
    for theirs in [Arc::new(Smol) as Arc<dyn Runtime>, Arc::new(AsyncStd)] {
        on::tokio_current_thread(|_| echo(Arc::clone(&theirs)));
        on::tokio_multi_thread(|_| echo(Arc::clone(&theirs)));
        on::smol(|_| echo(Arc::clone(&theirs)));
        on::async_std(|_| echo(Arc::clone(&theirs)));
        executor::block_on(echo(theirs));
    }
}

#[test]
fn tokio_outside_of_tokio_is_an_error_and_not_a_panic() {
    let story = async |_| {
        // The stage is not what this is about, and needs a clock.
        let stage = Stage::new(Arc::new(Smol), Kind::Plain).await;
        let mut config = stage.config();
        config.reconnect.max_attempts = Some(1);
        stage.within(Bot::new(config, acking()).run_on(Tokio)).await
    };
    for stop in [on::smol(story), on::async_std(story), executor::block_on(story(Arc::new(Smol)))] {
        let Stop::TriesUsedUp { last: Failure::Link(error), .. } = stop else { panic!("{stop}") };
        assert!(error.detail.contains("Tokio 1.x"), "{error}");
    }
}
