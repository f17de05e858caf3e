//! Every option of how to connect, as the platform sees it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use larkwire::{Assertion, AssertionError, Bot, Config, Failure, Notice, Status};
use larkwire_sim::{Abort, Disconnect, Shown, Sim, What};

use crate::bots::{Diary, Running, acking, at, config, eager, platform, seen, within, works};

fn value<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[tokio::test]
async fn every_option_of_discovery_and_of_the_upgrade_reaches_the_platform_on_each_attempt() {
    let sim = platform().await;
    let mut config = config(&sim);
    config.locale = "en".into();
    config.source = Some("my bot".into());
    config.tags = vec!["blue".into(), "canary".into()];
    config.discovery_headers = vec![pair("X-Lane", "ppe_1"), pair("User-Agent", "mine"), pair("locale", "xx")];
    config.connection_host = Some(format!("localhost:{}", sim.address().port()));
    config.connection_headers = vec![pair("X-Tt-Env", "boe")];
    config.connection_query = vec![pair("aid", "7"), pair("lane", "a b")];
    let bot = Running::ready(Bot::new(config, acking())).await;
    sim.drop_connections(Disconnect::Abort(Abort::Reset));
    bot.connections(2).await;
    works(&sim).await;

    let agent = format!("larkwire/{} source/my_bot blue canary", env!("CARGO_PKG_VERSION"));
    let discoveries = sim.discoveries();
    assert_eq!(discoveries.len(), 2);
    for discovery in discoveries {
        assert_eq!((discovery.user_agent, discovery.locale), (Some(agent.clone()), Some("en".into())));
    }
    let (mut asked, mut upgraded) = (0, 0);
    for entry in sim.transcript() {
        match entry.what {
            What::Request { headers, .. } => {
                asked += 1;
                assert_eq!((value(&headers, "X-Lane"), value(&headers, "X-Tt-Env")), (Some("ppe_1"), None));
            }
            What::Upgrade { headers, target, .. } => {
                upgraded += 1;
                assert_eq!((value(&headers, "X-Lane"), value(&headers, "X-Tt-Env")), (None, Some("boe")));
                let host = format!("localhost:{}", sim.address().port());
                assert_eq!(value(&headers, "Host"), Some(host.as_str()));
                assert!(target.contains("aid=7") && !target.contains("aid=552564"), "{target}");
                assert!(target.contains("lane=a%20b") || target.contains("lane=a+b"), "{target}");
            }
            _ => {}
        }
    }
    assert_eq!((asked, upgraded), (2, 2));
    sim.assert_no_violations();
}

#[tokio::test]
async fn the_channel_tag_is_told_on_discovery_and_in_each_ping() {
    let sim = platform().await;
    let mut config = config(&sim);
    config.channel_tag = Some("trusted".into());
    let _bot = Running::ready(Bot::new(config, acking())).await;
    assert_eq!(sim.discoveries()[0].channel_tag.as_deref(), Some("trusted"));
    seen(&sim, "a ping with the tag", |entry| match &entry.what {
        What::Received { message, .. } => match message.shown() {
            Shown::Frame { headers, .. } => headers == [pair("type", "ping"), pair("channel_tag", "trusted")],
            _ => false,
        },
        _ => false,
    })
    .await;
}

#[tokio::test]
async fn a_client_assertion_is_asked_for_on_each_discovery_and_may_take_its_time_or_panic() {
    let sim = platform().await;
    let mut config = at(&sim, Config::with_assertion(sim.app_id()));
    (config.reconnect.floor, config.reconnect.cap) = (Duration::ZERO, Duration::ZERO);
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let bot = Bot::new(config, acking()).assertions(move |audience| {
        let number = count.fetch_add(1, Ordering::SeqCst);
        async move {
            tokio::task::yield_now().await;
            match number {
                0 => Err(AssertionError::Unavailable("the vault sleeps".into())),
                1 => panic!("the vault collapsed"),
                _ => Ok(Assertion::new(format!("signed {number} for {audience}"))),
            }
        }
    });
    let bot = Running::ready(bot).await;
    assert_eq!((asked.load(Ordering::SeqCst), sim.discoveries().len()), (3, 1));
    sim.drop_connections(Disconnect::Close { code: 1001, reason: String::new() });
    bot.connections(2).await;
    assert_eq!(asked.load(Ordering::SeqCst), 4);
    assert!(sim.discoveries().iter().all(|discovery| discovery.assertion));
    works(&sim).await;
}

#[tokio::test]
async fn a_provider_that_panics_before_its_first_await_does_no_more_harm() {
    let sim = platform().await;
    let diary = Diary::default();
    let config = at(&sim, Config::with_assertion(sim.app_id()));
    let bot = Bot::new(config, acking()).on_notice(diary.listener());
    let bot = bot.assertions(|audience: String| -> std::future::Ready<_> { panic!("not for {audience}") });
    let bot = Running::start(bot);
    let mut watch = bot.handle.watch();
    while !matches!(within(watch.changed()).await, Some(Status::BackingOff { .. })) {}
    assert!(diary.lines()[0].contains("the provider panicked"), "{:?}", diary.lines());
    bot.handle.shutdown(Duration::ZERO);
    assert_eq!(bot.ended().await, larkwire::Stop::Shutdown);
}

#[tokio::test]
async fn at_the_connection_limit_the_slow_retry_waits_a_minute_at_least() {
    let sim = Sim::builder().profile(|profile| profile.connection_limit = 0).start().await.unwrap();
    sim.set_client_config(eager());
    let mut config = config(&sim);
    config.reconnect.at_connection_limit = Some(Duration::from_secs(5));
    let (tell, told) = std::sync::mpsc::channel();
    let bot = Bot::new(config, acking()).on_notice(move |notice| {
        if let Notice::Disconnected { failure, .. } = notice {
            tell.send(failure.clone()).unwrap();
        }
    });
    let before = Instant::now();
    let bot = Running::start(bot);
    let mut watch = bot.handle.watch();
    while !matches!(within(watch.changed()).await, Some(Status::BackingOff { .. })) {}
    assert!(matches!(told.try_recv(), Ok(Failure::ConnectionLimit { .. })));
    let wait = bot.handle.next_attempt().unwrap() - before;
    assert!((60..=90).contains(&wait.as_secs()), "{wait:?}");
}
