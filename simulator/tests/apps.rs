//! Several apps on one platform: what belongs to one of them never shows in another.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::time::Duration;

use common::{Bench, ack, frames};
use larkwire_sim::{AppProfile, ConnectionId, Entry, LimitSignal, Output, Push, Sim, What};
use serde_json::{Value, json};

const OTHER: (&str, &str) = ("cli_51a0000000000002", "other-secret-not-real");
const MESSAGES: &str = "/open-apis/im/v1/messages?receive_id_type=open_id";

fn two_apps() -> Bench {
    Bench::with(|profile| {
        profile.apps.push(AppProfile::new(OTHER.0, OTHER.1));
        profile.connection_limit = 1;
    })
}

/// Where the pushes among these outputs went, and the app that their envelopes name.
fn pushed(outputs: &[Output]) -> Vec<(ConnectionId, String)> {
    let app_id = |payload: &[u8]| serde_json::from_slice::<Value>(payload).unwrap()["header"]["app_id"].clone();
    let named = |frame: &larkwire_core::frame::Frame| app_id(frame.payload.as_ref().unwrap());
    frames(outputs).iter().map(|(to, frame)| (*to, named(frame).as_str().unwrap().to_owned())).collect()
}

#[test]
fn each_app_has_its_own_credentials() {
    let mut bench = two_apps();
    let (first, secret) = bench.credentials();
    for (id, secret, code) in [
        (first.as_str(), secret.as_str(), 0),
        (OTHER.0, OTHER.1, 0),
        (OTHER.0, secret.as_str(), 1_000_040_345),
        (first.as_str(), OTHER.1, 1_000_040_345),
    ] {
        assert_eq!(bench.discover_as(id, secret)["code"], code, "{id}");
    }
    let ids: Vec<&str> = bench.platform.apps().map(|app| app.id.as_str()).collect();
    assert_eq!(ids, [first.as_str(), OTHER.0]);
}

// fidelity: Routing | connections, limits, tokens and keys belong to one app | official documentation
#[test]
fn a_push_goes_to_a_connection_of_its_app_and_names_it() {
    let mut bench = two_apps();
    let (first, _) = bench.credentials();
    let here = bench.connect();
    let there = bench.connect_as(OTHER.0, OTHER.1);
    let event = || Push::event("t", json!({}));
    for _ in 0..20 {
        bench.platform.push(bench.now, event());
        bench.platform.push(bench.now, event().app(OTHER.0));
        bench.platform.push(bench.now, event().to(there));
        let expected = [(here, first.clone()), (there, OTHER.0.to_owned()), (there, OTHER.0.to_owned())];
        assert_eq!(pushed(&bench.drain()), expected);
    }
    assert_eq!(bench.platform.connection(there).unwrap().app_id, OTHER.0);
    let accepted = |entry: &Entry| match &entry.what {
        What::Accepted { connection, app_id, .. } => Some((*connection, app_id.clone())),
        _ => None,
    };
    let accepted: Vec<_> = bench.platform.transcript().filter_map(accepted).collect();
    assert_eq!(accepted, [(here, first), (there, OTHER.0.to_owned())]);
    assert_eq!(bench.platform.push_records().nth(1).unwrap().app_id, OTHER.0);
}

#[test]
fn an_event_waits_for_its_own_app_and_is_no_comfort_to_another() {
    let mut bench = two_apps();
    bench.connect();
    let id = bench.platform.push(bench.now, Push::event("t", json!({})).app(OTHER.0));
    let nobody = bench.platform.push(bench.now, Push::event("t", json!({})).app("cli_0000000000000000"));
    assert_eq!(bench.drain(), []);
    let there = bench.connect_as(OTHER.0, OTHER.1);
    let outputs = bench.pass(Duration::from_secs(15));
    let sent = frames(&outputs);
    assert_eq!(pushed(&outputs), [(there, OTHER.0.to_owned())]);
    bench.receive(there, ack(&sent[0].1, r#"{"code":200}"#));
    assert!(bench.platform.push_record(id).unwrap().is_settled());
    assert!(!bench.platform.push_record(nobody).unwrap().is_settled());
}

#[test]
fn the_limit_of_connections_is_counted_for_each_app() {
    let mut bench = two_apps();
    bench.connect();
    assert_eq!(bench.discover()["code"], 1_000_040_350);
    bench.connect_as(OTHER.0, OTHER.1);
    assert_eq!(bench.discover_as(OTHER.0, OTHER.1)["code"], 1_000_040_350);

    let mut bench = two_apps();
    let late = bench.fresh_target();
    bench.connect();
    let other = bench.fresh_target_as(OTHER.0, OTHER.1);
    assert!(matches!(bench.upgrade(&late).1[..], [Output::Refuse { .. }]));
    assert!(matches!(bench.upgrade(&other).1[..], [Output::Accept { .. }]));
    assert_eq!(bench.platform.profile().limit_signal, LimitSignal::Discovery);
}

#[test]
fn tokens_and_idempotency_keys_belong_to_one_app() {
    let mut bench = two_apps();
    let alice = bench.platform.person("alice");
    let (first, _) = bench.credentials();
    let tokens = [bench.token(), bench.token_as(OTHER.0, OTHER.1)];
    assert_ne!(tokens[0], tokens[1]);
    let content = json!({"text": "hi"}).to_string();
    for (token, app_id) in tokens.iter().zip([first.as_str(), OTHER.0]) {
        let open_id = bench.platform.open_id("alice", app_id).unwrap();
        let body = json!({"receive_id": open_id, "msg_type": "text", "content": content, "uuid": "same"});
        assert_eq!(bench.call(token, MESSAGES, body).1["data"]["sender"]["id"], app_id);
    }
    let body = json!({"receive_id": alice.open_id, "msg_type": "text", "content": content});
    assert_eq!(bench.call(&tokens[1], MESSAGES, body).1["code"], 99_992_361, "the open_id of another app");
    let senders: Vec<&str> = bench.platform.bot_messages(0).map(|message| message.app_id.as_str()).collect();
    assert_eq!(senders, [first.as_str(), OTHER.0]);
    let body = json!({"app_id": OTHER.0, "app_secret": "wrong"}).to_string();
    assert_eq!(bench.post("/open-apis/auth/v3/tenant_access_token/internal", &[], body).1["code"], 10_015);
}

#[test]
fn where_any_app_is_welcome_each_new_id_is_an_app_of_its_own() {
    let mut bench = Bench::with(|profile| (profile.any_app, profile.connection_limit) = (true, 1));
    let (_, secret) = bench.credentials();
    let ids = ["cli_0000000000000001", "cli_0000000000000002"];
    let connections = ids.map(|id| bench.connect_as(id, &secret));
    bench.platform.push(bench.now, Push::event("t", json!({})));
    bench.platform.push(bench.now, Push::event("t", json!({})).to(connections[1]));
    let expected = [0, 1].map(|index| (connections[index], ids[index].to_owned()));
    assert_eq!(pushed(&bench.drain()), expected);
    assert_eq!(bench.discover_as(ids[0], &secret)["code"], 1_000_040_350);
    assert_eq!(bench.discover_as("cli_0000000000000003", "wrong")["code"], 1_000_040_345);
}

#[test]
fn any_app_is_welcome_only_as_long_as_there_is_memory_for_it() {
    let mut bench = Bench::with(|profile| (profile.any_app, profile.records) = (true, 3));
    let (_, secret) = bench.credentials();
    let codes = [1, 2, 3].map(|id| bench.discover_as(&format!("cli_{id:016}"), &secret)["code"].clone());
    assert_eq!(codes, [json!(0), json!(0), json!(1_000_040_345)]);
}

#[test]
fn the_first_app_of_a_builder_replaces_the_default_and_the_next_ones_are_added() {
    let sim = futures::executor::block_on(Sim::builder().app("cli_1", "one").app(OTHER.0, OTHER.1).start()).unwrap();
    assert_eq!((sim.app_id(), sim.app_secret()), ("cli_1", "one"));
    assert_eq!(sim.look(|platform| platform.apps().map(|app| app.id.clone()).collect::<Vec<_>>()), ["cli_1", OTHER.0]);
}

#[test]
fn no_apps_secret_is_shown() {
    let mut bench = two_apps();
    let (first, secret) = bench.credentials();
    bench.discover_as(&first, OTHER.1);
    bench.post(&format!("/{}", OTHER.1), &[("x", OTHER.1)], secret.clone());
    let transcript: String = bench.platform.transcript().map(|entry| serde_json::to_string(entry).unwrap()).collect();
    let shown = format!("{transcript} {:?} {:?}", bench.platform, bench.platform.profile());
    assert!(!shown.contains(OTHER.1) && !shown.contains(&secret));
}
