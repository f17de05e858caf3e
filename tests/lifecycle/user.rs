//! The trusted user channel: a user who stays bound through reconnects.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use larkwire::{ApiError, BindError, Bot, BoxError, Secret, Stop};
use larkwire_sim::{Abort, Disconnect, Sim, What};
use serde_json::{Value, json};

use crate::bots::{Running, acking, config, platform, within, works};

/// The calls about connections, in order: action, `device_id`, body.
fn calls(sim: &Sim) -> Vec<(String, String, Value)> {
    let calls = sim.transcript().into_iter().filter_map(|entry| match entry.what {
        What::Request { target, body, .. } => {
            let (id, action) = target.strip_prefix("/open-apis/event/v1/connections/")?.split_once('/')?;
            Some((action.to_owned(), id.to_owned(), serde_json::from_str(&body).unwrap()))
        }
        _ => None,
    });
    calls.collect()
}

async fn until_calls(sim: &Sim, count: usize) {
    let look = |platform: &larkwire_sim::Platform| (platform.stats().api_calls >= count as u64).then_some(());
    sim.wait("calls about connections", crate::bots::LIMIT, look).await.unwrap();
}

#[tokio::test]
async fn a_user_is_bound_to_each_connection_with_a_fresh_token_and_unbound_at_the_end() {
    let sim = platform().await;
    let mut tagged = config(&sim);
    tagged.channel_tag = Some("trusted".into());
    let bot = Running::start(Bot::new(tagged, acking()));
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let token = move || {
        let number = count.fetch_add(1, Ordering::SeqCst);
        async move { Ok::<_, BoxError>(Secret::new(format!("u-{number}"))) }
    };
    let binding = within(bot.handle.bind_user(token)).await.unwrap();
    let first = bot.handle.connection_id().unwrap();
    sim.drop_connections(Disconnect::Abort(Abort::Reset));
    bot.connections(2).await;
    until_calls(&sim, 2).await;
    let second = bot.handle.connection_id().unwrap();
    assert_ne!(first, second);
    within(binding.unbind()).await.unwrap();
    let tag = json!({"channel_tag": "trusted"});
    let expected = [("bind_user", first), ("bind_user", second.clone()), ("unbind_user", second)];
    assert_eq!(calls(&sim), expected.map(|(action, id)| (action.to_owned(), id, tag.clone())));
    assert_eq!(asked.load(Ordering::SeqCst), 3);
    sim.drop_connections(Disconnect::Abort(Abort::Reset));
    bot.connections(3).await;
    works(&sim).await;
    assert_eq!(asked.load(Ordering::SeqCst), 3, "an unbound user stays unbound");
}

#[tokio::test]
async fn what_is_wrong_with_a_binding_is_told_by_its_type() {
    let sim = platform().await;
    let bot = Running::ready(Bot::new(config(&sim), acking())).await;
    let refused = bot.handle.bind_user(|| async { Ok::<_, BoxError>(Secret::new("t-of-a-tenant")) }).await;
    let refused = refused.unwrap_err();
    assert!(matches!(&refused, BindError::Api(ApiError::Refused(refused)) if refused.code == 99_991_668));
    assert!(!refused.is_transient() && !refused.to_string().contains("t-of-a-tenant"), "{refused}");
    let none = bot.handle.bind_user(|| async { Err::<Secret, BoxError>("logged out".into()) }).await.unwrap_err();
    assert_eq!(none, BindError::Token("logged out".into()));
    let panics = bot.handle.bind_user(|| -> std::future::Ready<_> { panic!("oops") }).await.unwrap_err();
    assert_eq!(panics, BindError::Token("the provider panicked".into()));
    assert!(none.is_transient());
    let handle = bot.handle.clone();
    handle.shutdown(Duration::ZERO);
    assert_eq!(bot.ended().await, Stop::Shutdown);
    let ended = handle.bind_user(|| async { Ok::<_, BoxError>(Secret::new("u-1")) }).await.unwrap_err();
    assert_eq!(ended, BindError::NotReady(larkwire::NotReady::Stopped(Stop::Shutdown)));
}

#[tokio::test]
async fn a_repetition_that_is_refused_is_told_and_the_next_connection_gets_another_chance() {
    let sim = platform().await;
    let bot = Running::ready(Bot::new(config(&sim), acking())).await;
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let token = move || {
        let good = count.fetch_add(1, Ordering::SeqCst) != 1;
        async move { Ok::<_, BoxError>(Secret::new(if good { "u-1" } else { "expired" })) }
    };
    let binding = within(bot.handle.bind_user(token)).await.unwrap();
    assert_eq!(binding.outcome(), Ok(()));
    for (connections, good) in [(2, false), (3, true)] {
        sim.drop_connections(Disconnect::Abort(Abort::Reset));
        bot.connections(connections).await;
        until_calls(&sim, connections as usize).await;
        // The platform has answered; the answer is on its way.
        while binding.outcome().is_ok() != good {
            tokio::task::yield_now().await;
        }
    }
}
