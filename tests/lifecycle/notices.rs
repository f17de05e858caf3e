//! What the application is told of a bot's life, and how it ends it.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use larkwire::{Bot, Failure, NotReady, Notice, Status, Stop};
use larkwire_sim::{Abort, ClientConfig, Disconnect, DiscoveryFault, What};

use crate::bots::{Diary, LIMIT, Running, acking, config, eager, platform, seen, within, works};

#[tokio::test]
async fn a_life_is_told_from_the_first_connection_to_the_reason_of_the_end() {
    let sim = platform().await;
    let diary = Diary::default();
    let gap = Arc::new(Mutex::new(None));
    let (mut write, noted) = (diary.listener(), Arc::clone(&gap));
    let bot = Bot::new(config(&sim), acking()).on_notice(move |notice| {
        write(notice);
        if let Notice::Ready { gap: Some(gap), .. } = notice {
            *noted.lock().unwrap() = Some(*gap);
        }
    });
    let bot = Running::ready(bot).await;
    works(&sim).await;
    sim.drop_connections(Disconnect::Close { code: 1001, reason: "rollout".into() });
    bot.connections(2).await;
    sim.inject(DiscoveryFault::code(1_000_040_345, "revoked"));
    sim.drop_connections(Disconnect::Abort(Abort::Reset));
    assert!(matches!(bot.ended().await, Stop::Credentials(_)));

    let lines = diary.lines();
    let expected = [
        &["Connected", "Attempt(1)"][..],
        &["Ready", "first: true", "gap: None"],
        &["Disconnected", "1001", "rollout", "was_open: true", "retry_at: Some"],
        &["Connected", "Attempt(2)"],
        &["Ready", "first: false", "gap: Some"],
        &["Disconnected", "was_open: true", "retry_at: Some"],
        &["Stopped", "Credentials", "revoked"],
    ];
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, words) in lines.iter().zip(expected) {
        assert!(words.iter().all(|word| line.contains(word)), "{line}, and not {words:?}");
    }
    let gap = gap.lock().unwrap().unwrap();
    assert!(gap.last_heard <= gap.lost && gap.lost <= gap.ready && gap.length() < LIMIT, "{gap:?}");
}

#[tokio::test]
async fn a_listener_that_panics_is_told_the_next_notice_and_harms_nobody() {
    let sim = platform().await;
    let told = Arc::new(Mutex::new(0));
    let count = Arc::clone(&told);
    let bot = Bot::new(config(&sim), acking()).on_notice(move |_| {
        let Ok(mut count) = count.lock() else { return };
        *count += 1;
        drop(count);
        panic!("I do not want to know");
    });
    let bot = Running::ready(bot).await;
    works(&sim).await;
    bot.handle.shutdown(LIMIT);
    assert_eq!(bot.ended().await, Stop::Shutdown);
    assert!(*told.lock().unwrap() >= 4, "connected, ready, delivered, stopped");
}

#[tokio::test]
async fn a_handle_tells_ages_and_when_the_next_attempt_begins() {
    let sim = platform().await;
    sim.set_client_config(ClientConfig { reconnect_interval: 1_000, reconnect_nonce: 0, ..eager() });
    let begun = Instant::now();
    let mut patient = config(&sim);
    patient.reconnect.stable_after = LIMIT;
    let bot = Bot::new(patient, acking());
    let early = bot.handle();
    assert_eq!((early.status(), early.since_last_heard(), early.connection_id()), (None, None, None));
    let bot = Running::ready(bot).await;
    assert_eq!((bot.handle.since_last_event(), bot.handle.next_attempt()), (None, None));
    assert_eq!(bot.handle.connection_id().as_deref(), Some(sim.connections()[0].device_id.as_str()));
    works(&sim).await;
    let (heard, event) = (bot.handle.since_last_heard().unwrap(), bot.handle.since_last_event().unwrap());
    assert!(heard <= event && event <= begun.elapsed(), "{heard:?} and {event:?}");
    // It did not live long enough to be a success: the platform's interval applies.
    sim.drop_connections(Disconnect::Abort(Abort::Reset));
    let mut watch = bot.handle.watch();
    let until = loop {
        if let Some(Status::BackingOff { until }) = within(watch.changed()).await {
            break until;
        }
    };
    assert_eq!(bot.handle.next_attempt(), bot.handle.instant(until));
    let wait = bot.handle.next_attempt().unwrap() - begun;
    assert!((1_000..=1_300).contains(&wait.as_secs()), "{wait:?}");
    assert_eq!(bot.handle.connection_id(), None);
}

#[tokio::test]
async fn a_shutdown_by_many_at_once_and_again_later_is_one_shutdown() {
    let sim = platform().await;
    let diary = Diary::default();
    let bot = Running::ready(Bot::new(config(&sim), acking()).on_notice(diary.listener())).await;
    let handles = vec![bot.handle.clone(); 20];
    let threads = handles.into_iter().map(|handle| std::thread::spawn(move || handle.shutdown(LIMIT)));
    threads.for_each(|thread| thread.join().unwrap());
    let handle = bot.handle.clone();
    assert_eq!(bot.ended().await, Stop::Shutdown);
    handle.shutdown(Duration::ZERO);
    assert_eq!(handle.ready().await, Err(NotReady::Stopped(Stop::Shutdown)));
    let stops = diary.lines().iter().filter(|line| line.starts_with("Stopped")).count();
    assert_eq!((stops, sim.stats().upgrades), (1, 1));
}

#[tokio::test]
async fn dropping_the_future_of_a_bot_ends_its_connection_and_its_handles_know() {
    let sim = platform().await;
    let bot = Running::ready(Bot::new(config(&sim), acking())).await;
    bot.task.abort();
    seen(&sim, "the end of the connection", |entry| matches!(entry.what, What::Lost { .. })).await;
    assert_eq!(within(bot.handle.ready()).await, Err(NotReady::Dropped));
    assert_eq!((bot.handle.watch().changed().await, bot.handle.since_last_heard()), (None, None));
}

#[tokio::test]
async fn a_bot_that_is_stopped_before_its_start_never_asks_the_platform() {
    let sim = platform().await;
    let diary = Diary::default();
    let bot = Bot::new(config(&sim), acking()).start_within(Duration::MAX);
    let bot = Running::start(bot.on_notice(diary.listener()));
    tokio::task::yield_now().await;
    assert_eq!(bot.handle.status(), None);
    bot.handle.shutdown(LIMIT);
    assert_eq!(bot.ended().await, Stop::Shutdown);
    assert_eq!((diary.lines(), sim.stats().discoveries), (vec!["Stopped(Shutdown)".to_owned()], 0));
}

#[tokio::test]
async fn an_outage_is_told_attempt_by_attempt_with_its_reasons() {
    let sim = platform().await;
    sim.inject(DiscoveryFault::http(503));
    sim.inject(DiscoveryFault::not_json());
    let failures = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&failures);
    let mut eager = config(&sim);
    (eager.reconnect.floor, eager.reconnect.cap) = (Duration::ZERO, Duration::ZERO);
    let bot = Bot::new(eager, acking()).on_notice(move |notice| {
        if let Notice::Disconnected { failure, was_open: false, retry_at: Some(_), .. } = notice {
            noted.lock().unwrap().push(failure.clone());
        }
    });
    let _bot = Running::ready(bot).await;
    let failures = failures.lock().unwrap();
    assert!(
        matches!(failures.as_slice(), [Failure::HttpStatus { status: 503, .. }, Failure::BadAnswer(_)]),
        "{failures:?}"
    );
}
