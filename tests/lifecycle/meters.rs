//! The metrics of a bot's life.

use std::collections::BTreeMap;

use larkwire::{Bot, Router};
use larkwire_sim::{Abort, Disconnect, Push};
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use serde_json::json;

use crate::bots::{LIMIT, Running, config, platform, within};

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

    let mut told = BTreeMap::new();
    for (key, _, description, value) in snapshotter.snapshot().into_vec() {
        let key = key.key();
        assert!(description.is_some(), "{key} is not described");
        let mut labels: Vec<&str> = key.labels().map(|label| label.value()).collect();
        labels.retain(|label| *label != sim.app_id());
        assert_eq!(labels.len() + 1, key.labels().len(), "{key} does not name the app");
        told.insert(format!("{} {}", key.name().trim_start_matches("larkwire_"), labels.join(" ")), value);
    }
    let counted = |name: &str| match told.get(name) {
        Some(DebugValue::Counter(count)) => *count,
        Some(DebugValue::Histogram(values)) => values.len() as u64,
        Some(DebugValue::Gauge(value)) => value.round() as u64,
        None => panic!("no {name} in {told:#?}"),
    };
    assert_eq!((counted("frames_total delivered"), counted("frames_total control")), (3, 3));
    assert_eq!((counted("handler_seconds good ok"), counted("handler_seconds bad failed")), (2, 1));
    assert_eq!((counted("deliveries_total handled"), counted("deliveries_total failed")), (2, 1));
    assert_eq!((counted("ack_seconds "), counted("deliveries_in_flight ")), (3, 0));
    assert_eq!(counted("connections_total "), 3);
    assert_eq!((counted("disconnects_total closed true"), counted("disconnects_total reset true")), (1, 1));
    assert_eq!(counted("round_trip_seconds "), 3);
    assert_eq!(counted("last_event_age_seconds "), 0, "it is younger than half a second");
}
