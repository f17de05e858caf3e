//! Connections that do not come about, are lost, or are ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use larkwire::{BoxError, Config, LimitSignal, Notice, Replied, Reply, Router, Status, Stop};
use larkwire_core::frame::{Frame, Header};
use larkwire_sim::{Abort, Disconnect, DiscoveryFault, Push, Sim, Times, UpgradeFault, What};
use serde_json::json;

use crate::bots::{LIMIT, Running, config, platform, within};

fn acking() -> Router {
    Router::builder().on_other(|| async {}).build().unwrap()
}

async fn works(sim: &Sim) {
    let push = sim.push(Push::event("t", json!({}))).await;
    assert_eq!(push.acked(LIMIT).await.unwrap().code, 200);
}

/// Waits until the bot has been ready so many times.
async fn connections(bot: &Running, count: u64) {
    let mut watch = bot.handle.watch();
    let stats = || bot.handle.stats().connection;
    while stats().connections < count || !matches!(bot.handle.status(), Some(Status::Open { ready: true, .. })) {
        within(watch.changed()).await.expect("a bot that goes on");
    }
}

#[tokio::test]
async fn whatever_way_a_connection_ends_another_one_takes_its_place() {
    let sim = platform().await;
    let bot = Running::ready(config(&sim), acking()).await;
    let ways = [
        Disconnect::Close { code: 1000, reason: "bye".into() },
        Disconnect::Close { code: 1001, reason: String::new() },
        Disconnect::Close { code: 4999, reason: "x".repeat(120) },
        Disconnect::Abort(Abort::EndOfStream),
        Disconnect::Abort(Abort::Reset),
    ];
    for (count, way) in (2..).zip(ways) {
        sim.drop_connections(way);
        connections(&bot, count).await;
        works(&sim).await;
    }
    sim.assert_no_violations();
}

#[tokio::test]
async fn an_event_whose_ack_was_lost_is_handled_once_and_acked_on_the_next_connection() {
    let sim = platform().await;
    let handled = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&handled);
    let (cut, is_cut) = futures::channel::oneshot::channel::<()>();
    let is_cut = Arc::new(tokio::sync::Mutex::new(Some(is_cut)));
    let router = Router::builder()
        .on_raw("t", move || {
            counted.fetch_add(1, Ordering::SeqCst);
            let is_cut = Arc::clone(&is_cut);
            async move {
                if let Some(is_cut) = is_cut.lock().await.take() {
                    let _ = is_cut.await;
                }
            }
        })
        .build()
        .unwrap();
    let bot = Running::ready(config(&sim), router).await;
    let push = sim.push(Push::event("t", json!({}))).await;
    let running = || handled.load(Ordering::SeqCst) == 1;
    while !running() {
        tokio::task::yield_now().await;
    }
    sim.drop_connections(Disconnect::Abort(Abort::Reset));
    connections(&bot, 2).await;
    cut.send(()).unwrap();
    sim.advance(Duration::from_secs(15));
    assert_eq!(push.acked(LIMIT).await.unwrap().code, 200);
    assert_eq!(handled.load(Ordering::SeqCst), 1);
    sim.assert_no_violations();
}

#[tokio::test]
async fn a_wrong_secret_ends_the_bot_with_the_reason() {
    let sim = platform().await;
    let mut wrong = Config::new(sim.app_id(), "not the secret");
    wrong.domain = config(&sim).domain;
    let bot = Running::start(wrong, acking());
    assert!(within(bot.handle.ready()).await.is_err());
    assert!(matches!(bot.ended().await, Stop::Credentials(refusal) if refusal.code == 1_000_040_345));
}

#[tokio::test]
async fn refused_upgrades_end_the_bot_if_they_are_meant_for_good() {
    let refusal = |handshake_status, autherrcode| UpgradeFault::Refuse {
        status: 400,
        handshake_status: Some(handshake_status),
        msg: Some("no".into()),
        autherrcode,
    };
    let sim = platform().await;
    sim.inject(refusal(403, None));
    let bot = Running::start(config(&sim), acking());
    assert!(matches!(bot.ended().await, Stop::Forbidden(rejection) if rejection.handshake_status == Some(403)));

    sim.inject(refusal(514, Some(1_000_040_350)));
    let bot = Running::start(config(&sim), acking());
    assert!(matches!(bot.ended().await, Stop::ConnectionLimit { signal: LimitSignal::Handshake, .. }));

    sim.inject(UpgradeFault::Close { code: 3001, reason: "too many registered connections".into() });
    let bot = Running::start(config(&sim), acking());
    assert!(matches!(bot.ended().await, Stop::ConnectionLimit { signal: LimitSignal::Close, .. }));

    sim.inject_times(UpgradeFault::http(403), Times::Next(2));
    let mut eager = config(&sim);
    eager.reconnect.floor = Duration::ZERO;
    let bot = Running::start(eager, acking());
    assert!(matches!(bot.ended().await, Stop::Forbidden(rejection) if rejection.status == 403));
}

#[tokio::test]
async fn curable_faults_before_the_first_connection_are_outlived() {
    let sim = platform().await;
    sim.inject(DiscoveryFault::http(503));
    sim.inject(DiscoveryFault::not_json());
    sim.inject(DiscoveryFault::code(1, "busy"));
    sim.inject(UpgradeFault::http(502));
    let mut eager = config(&sim);
    // Nothing was heard of the platform's own interval yet, so that the floor and the doubling from 1 s would apply.
    eager.reconnect.floor = Duration::ZERO;
    eager.reconnect.cap = Duration::ZERO;
    let bot = Running::ready(eager, acking()).await;
    assert_eq!(bot.handle.stats().connection.failures, 4);
    works(&sim).await;
}

#[tokio::test]
async fn hostile_bytes_do_no_harm_to_the_event_behind_them() {
    let sim = platform().await;
    let bot = Running::ready(config(&sim), acking()).await;
    let connection = sim.connections()[0].id;
    let header = |key: &str, value: &str| Header::new(key, value);
    let flood = Frame {
        method: Some(1),
        headers: vec![
            header("type", "event"),
            header("message_id", "m"),
            header("sum", "2147483647"),
            header("seq", "0"),
        ],
        ..Frame::default()
    };
    let hostile = [
        vec![0xff; 64],
        vec![0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
        [0x2a, 0x00].repeat(100_000),
        flood.to_bytes().to_vec(),
        vec![],
    ];
    for bytes in hostile {
        sim.push_raw(connection, bytes);
    }
    works(&sim).await;
    assert_eq!(bot.handle.stats().connection.connections, 1);
}

#[tokio::test]
async fn a_message_over_the_limit_is_refused_with_1009_and_the_client_comes_back() {
    let sim = platform().await;
    let mut small = config(&sim);
    small.limits.payload = 64 * 1024;
    small.reconnect.floor = Duration::ZERO;
    let bot = Running::ready(small, acking()).await;
    sim.push_raw(sim.connections()[0].id, vec![0; 2 * 1024 * 1024]);
    connections(&bot, 2).await;
    works(&sim).await;
    let closed = |entry: larkwire_sim::Entry| matches!(entry.what, What::Closed { code: Some(1009), .. });
    assert!(sim.transcript().into_iter().any(closed), "{:#?}", sim.transcript());
}

#[tokio::test]
async fn a_shutdown_lets_the_running_handler_finish_and_says_goodbye() {
    let sim = platform().await;
    let (release, wait) = futures::channel::oneshot::channel::<()>();
    let wait = Arc::new(tokio::sync::Mutex::new(Some(wait)));
    let router = Router::builder()
        .on_raw("t", move || {
            let wait = Arc::clone(&wait);
            async move {
                wait.lock().await.take().ok_or("one event only")?.await?;
                Ok::<_, BoxError>(())
            }
        })
        .build()
        .unwrap();
    let bot = Running::ready(config(&sim), router).await;
    let push = sim.push(Push::event("t", json!({}))).await;
    let mut watch = bot.handle.watch();
    while bot.handle.stats().connection.deliveries == 0 {
        tokio::task::yield_now().await;
    }
    bot.handle.shutdown(LIMIT);
    bot.handle.shutdown(LIMIT);
    while bot.handle.status() != Some(Status::Draining) {
        within(watch.changed()).await.unwrap();
    }
    release.send(()).unwrap();
    assert_eq!(bot.ended().await, Stop::Shutdown);
    assert_eq!(push.acked(LIMIT).await.unwrap().code, 200);
    let closed = |entry: larkwire_sim::Entry| matches!(entry.what, What::Closed { code: Some(1000), .. });
    assert!(sim.transcript().into_iter().any(closed));
    sim.assert_no_violations();
}

#[tokio::test]
async fn a_dead_connection_is_noticed_and_replaced() {
    let sim = platform().await;
    sim.set_client_config(larkwire_sim::ClientConfig { ping_interval: 1, ..crate::bots::eager() });
    let mut impatient = config(&sim);
    impatient.liveness.pong_timeout = Duration::from_millis(300);
    let bot = Running::ready(impatient, acking()).await;
    sim.drop_connections(Disconnect::Freeze);
    connections(&bot, 2).await;
    works(&sim).await;
}

#[tokio::test]
async fn two_bots_of_one_app_share_the_events() {
    let sim = platform().await;
    let count = |counter: &Arc<AtomicUsize>| {
        let counter = Arc::clone(counter);
        Router::builder()
            .on_other(move || {
                counter.fetch_add(1, Ordering::SeqCst);
                async {}
            })
            .build()
            .unwrap()
    };
    let (a, b) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let _first = Running::ready(config(&sim), count(&a)).await;
    let _second = Running::ready(config(&sim), count(&b)).await;
    for _ in 0..100 {
        works(&sim).await;
    }
    let (a, b) = (a.load(Ordering::SeqCst), b.load(Ordering::SeqCst));
    assert_eq!(a + b, 100);
    assert!(a > 20 && b > 20, "{a} and {b}");
}

#[tokio::test]
async fn a_driver_without_a_router_gives_the_notices_themselves() {
    let sim = platform().await;
    let egress = larkwire::Egress::new();
    let mut driver = larkwire::Driver::new(config(&sim), Arc::new(larkwire::tokio::Tokio), &egress);
    let mut push = None;
    loop {
        match within(driver.next()).await.expect("a driver that goes on") {
            Notice::Ready { .. } => push = Some(sim.push(Push::event("t", json!({}))).await),
            Notice::Delivery(delivery) => {
                assert_eq!(driver.acknowledge(delivery.id()), Ok(Replied::Sent));
                assert_eq!(driver.reply(delivery.id(), Reply::ok()), Ok(Replied::AlreadyAnswered));
                driver.shutdown(Duration::ZERO);
            }
            Notice::Stopped(stop) => break assert_eq!(stop, Stop::Shutdown),
            _ => {}
        }
    }
    assert!(within(driver.next()).await.is_none());
    assert_eq!(push.unwrap().acked(LIMIT).await.unwrap().code, 200);
}

#[tokio::test]
async fn bots_that_meet_a_storm_are_told_to_come_later_and_all_come_back() {
    const BOTS: u64 = 10;
    let sim = platform().await;
    sim.set_client_config(larkwire_sim::ClientConfig { reconnect_interval: 1, ..crate::bots::eager() });
    let mut bots = Vec::new();
    for _ in 0..BOTS {
        bots.push(Running::ready(config(&sim), acking()).await);
    }
    let before = sim.stats().discoveries;
    sim.faults().reconnect_storm(larkwire_sim::DropHow::Reset, 60_000).next(1);
    // They find discovery busy, and ask again a second later.
    let asked = |platform: &larkwire_sim::Platform| (platform.stats().discoveries >= before + 2 * BOTS).then_some(());
    sim.wait("bots that ask again", LIMIT, asked).await.unwrap();
    assert_eq!(sim.look(|platform| platform.open_connections().count()), 0);
    sim.advance(Duration::from_secs(60));
    for bot in &bots {
        connections(bot, 2).await;
    }
    works(&sim).await;
    sim.assert_no_violations();
}
