//! Peers that keep the connection open and do nothing.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use larkwire::{Bot, Failure, LinkErrorKind, Notice, Phase, Reply, Router};
use larkwire_sim::{ClientConfig, Disconnect, Push};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::bots::{Running, acking, config, eager, platform, works};

/// The failures of a bot.
#[derive(Clone, Default)]
struct Failures(Arc<Mutex<Vec<Failure>>>);

impl Failures {
    fn listener(&self) -> impl FnMut(&Notice) + Send + 'static {
        let failures = Arc::clone(&self.0);
        move |notice| {
            if let Notice::Disconnected { failure, .. } = notice {
                failures.lock().unwrap().push(failure.clone());
            }
        }
    }
}

#[tokio::test]
async fn a_peer_that_neither_reads_nor_writes_is_found_out_by_its_silence() {
    let sim = platform().await;
    sim.set_client_config(ClientConfig { ping_interval: 1, ..eager() });
    let failures = Failures::default();
    let mut impatient = config(&sim);
    impatient.liveness.pong_timeout = Duration::from_millis(500);
    let bot = Running::ready(Bot::new(impatient, acking()).on_notice(failures.listener())).await;
    sim.drop_connections(Disconnect::Freeze);
    bot.connections(2).await;
    assert_eq!(*failures.0.lock().unwrap(), [Failure::Silent]);
    works(&sim).await;
}

#[tokio::test]
async fn a_peer_that_does_not_take_the_answers_is_found_out_by_the_write_that_waits() {
    /// More than two loopback sockets hold in their buffers.
    const ANSWERS: usize = 16;
    let sim = platform().await;
    let (gate, failures) = (Arc::new(Semaphore::new(0)), Failures::default());
    let opened = Arc::clone(&gate);
    let router = Router::builder().on_raw_callback("big", move || {
        let gate = Arc::clone(&opened);
        async move {
            let _ = gate.acquire().await;
            Reply::json(format!(r#"{{"x":"{}"}}"#, "x".repeat(1024 * 1024)))
        }
    });
    let mut config = config(&sim);
    // Silence proves nothing here: only the write does.
    config.liveness.pong_timeout = Duration::ZERO;
    config.deadlines.write = Duration::from_millis(500);
    let router = router.on_other(|| async {}).build().unwrap();
    let bot = Running::ready(Bot::new(config, router).on_notice(failures.listener())).await;
    for _ in 0..ANSWERS {
        sim.push(Push::callback("big", json!({}))).await;
    }
    while bot.handle.stats().connection.deliveries < ANSWERS as u64 {
        tokio::task::yield_now().await;
    }
    sim.drop_connections(Disconnect::Freeze);
    gate.close();
    bot.connections(2).await;
    let failures = failures.0.lock().unwrap().clone();
    assert!(
        matches!(failures.as_slice(), [Failure::Link(error)] if error.kind == LinkErrorKind::Timeout(Phase::Write)),
        "{failures:?}"
    );
    works(&sim).await;
}
