//! The metrics of a bot's life.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use larkwire::api::bot;
use larkwire::api::im::v1::message;
use larkwire::tokio::Tokio;
use larkwire::{ApiClient, Bot, Egress, Reply, Router};
use larkwire_sim::{Abort, Disconnect, Push};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::bots::{LIMIT, Running, config, platform, within};

/// What the recorder was told, by name and labels.
struct Told(BTreeMap<String, DebugValue>);

impl Told {
    fn of(snapshotter: &Snapshotter, app_id: &str) -> Told {
        let mut told = BTreeMap::new();
        for (key, _, description, value) in snapshotter.snapshot().into_vec() {
            let key = key.key();
            assert!(description.is_some(), "{key} is not described");
            let mut labels: Vec<&str> = key.labels().map(|label| label.value()).collect();
            labels.retain(|label| *label != app_id);
            assert_eq!(labels.len() + 1, key.labels().len(), "{key} does not name the app");
            told.insert(format!("{} {}", key.name().trim_start_matches("larkwire_"), labels.join(" ")), value);
        }
        Told(told)
    }

    fn counted(&self, name: &str) -> u64 {
        match self.0.get(name) {
            Some(DebugValue::Counter(count)) => *count,
            Some(DebugValue::Histogram(values)) => values.len() as u64,
            Some(DebugValue::Gauge(value)) => value.round() as u64,
            None => panic!("no {name} in {:#?}", self.0),
        }
    }
}

// One thread: the recorder is that of this thread.
#[tokio::test]
async fn frames_handlers_acks_reconnects_and_round_trips_are_measured() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let _guard = metrics::set_default_local_recorder(&recorder);
    larkwire::metrics::describe();
    let sim = platform().await;
    let router = Router::builder().on_raw("good", || async {}).on_raw("bad", || async { Err::<(), _>("no") });
    let bot = Running::ready(Bot::new(config(&sim), router.build().unwrap())).await;
    for (kind, code) in [("good", 200), ("good", 200), ("bad", 500)] {
        assert_eq!(sim.push(Push::event(kind, json!({}))).await.acked(LIMIT).await.unwrap().code, code);
    }
    sim.drop_connections(Disconnect::Close { code: 1001, reason: String::new() });
    bot.connections(2).await;
    sim.drop_connections(Disconnect::Abort(Abort::EndOfStream));
    bot.connections(3).await;
    bot.handle.shutdown(LIMIT);
    within(bot.task).await.unwrap();

    let told = Told::of(&snapshotter, sim.app_id());
    let counted = |name: &str| told.counted(name);
    assert_eq!((counted("frames_total delivered"), counted("frames_total control")), (3, 3));
    assert_eq!((counted("handler_seconds good ok"), counted("handler_seconds bad failed")), (2, 1));
    assert_eq!((counted("deliveries_total handled"), counted("deliveries_total failed")), (2, 1));
    assert_eq!((counted("ack_seconds "), counted("deliveries_in_flight ")), (3, 0));
    assert_eq!(counted("connections_total "), 3);
    assert_eq!((counted("disconnects_total closed true"), counted("disconnects_total reset true")), (1, 1));
    assert_eq!(counted("round_trip_seconds "), 3);
    assert_eq!(counted("last_event_age_seconds "), 0, "it is younger than half a second");
}

#[tokio::test]
async fn late_handlers_are_measured_by_name_and_so_are_those_that_wait() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let _guard = metrics::set_default_local_recorder(&recorder);
    larkwire::metrics::describe();
    let sim = platform().await;
    let gate = Arc::new(Semaphore::new(0));
    let wait = {
        let gate = Arc::clone(&gate);
        move || {
            let gate = Arc::clone(&gate);
            async move { gate.acquire().await.map(|permit| permit.forget()) }
        }
    };
    let late = wait.clone();
    let router = Router::builder().on_raw("im.*", wait).on_raw_callback("profile.view.get", move || {
        let gate = late();
        async move { gate.await.map(|()| Reply::json("{}")) }
    });
    let mut config = config(&sim);
    config.answer_within = Duration::from_millis(50);
    let bot = Running::ready(Bot::new(config, router.build().unwrap()).handlers(2)).await;
    let callback = sim.push(Push::callback("profile.view.get", json!({}))).await;
    assert_eq!(callback.acked(LIMIT).await.unwrap().code, 200, "the neutral answer");
    let mut events = Vec::new();
    for _ in 0..3 {
        events.push(sim.push(Push::event("im.chat.disbanded_v1", json!({}))).await);
    }
    while bot.handle.stats().handlers.overdue < 4 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let told = Told::of(&snapshotter, sim.app_id());
    assert_eq!((told.counted("overdue_total im.*"), told.counted("overdue_total profile.view.get")), (3, 1));
    assert_eq!((told.counted("deliveries_waiting "), told.counted("deliveries_in_flight ")), (2, 4));
    gate.add_permits(4);
    for event in events {
        assert_eq!(event.acked(LIMIT).await.unwrap().code, 200);
    }
    bot.handle.shutdown(LIMIT);
    within(bot.task).await.unwrap();
    let told = Told::of(&snapshotter, sim.app_id());
    assert_eq!((told.counted("late_replies_total "), told.counted("deliveries_total handled")), (1, 4));
    assert_eq!(told.counted("deliveries_waiting "), 0);
}

#[tokio::test]
async fn api_calls_are_measured_by_endpoint() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let _guard = metrics::set_default_local_recorder(&recorder);
    larkwire::metrics::describe();
    let sim = platform().await;
    let api = ApiClient::new(&config(&sim), Arc::new(Tokio), &Egress::new());
    for _ in 0..2 {
        within(api.send(bot::v3::Info)).await.unwrap();
    }
    within(api.send(message::Delete::new("om_of_nobody"))).await.unwrap_err();
    let told = Told::of(&snapshotter, sim.app_id());
    assert_eq!(told.counted("api_seconds auth.v3.tenant_access_token.internal ok"), 1);
    assert_eq!(told.counted("api_seconds bot.v3.info.get ok"), 2);
    assert_eq!(told.counted("api_seconds im.v1.message.delete refused"), 1);
}
