//! Endpoint discovery and the upgrade.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::time::Duration;

use common::Bench;
use larkwire_sim::{DiscoveryFault, LimitSignal, NoData, Output, Request, Response, Times, UpgradeFault, UrlForm};
use serde_json::{Value, json};

const PATH: &str = "/callback/ws/endpoint";

fn refusal(outputs: &[Output]) -> &Response {
    match outputs {
        [Output::Refuse { response, .. }] => response,
        other => panic!("not a refusal: {other:?}"),
    }
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

// fidelity: Discovery | `POST /callback/ws/endpoint` with `AppID` and `AppSecret` answers code 0, the URL of a
//   connection and `ClientConfig` | SDK sources (all); values and order of the URL's parameters: field reports |
//   python node
#[test]
fn discovery_answers_with_a_url_and_the_settings() {
    let mut bench = Bench::new();
    let answer = bench.discover();
    assert_eq!(answer["code"], 0);
    let url = answer["data"]["URL"].as_str().unwrap();
    let (base, query) = url.split_once('?').unwrap();
    assert_eq!(base, "ws://127.0.0.1:9380/ws/v2");
    let pairs: Vec<(&str, &str)> = query.split('&').map(|pair| pair.split_once('=').unwrap()).collect();
    let names: Vec<&str> = pairs.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["fpid", "aid", "device_id", "access_key", "service_id", "ticket"]);
    assert_eq!((pairs[2].1.len(), pairs[3].1.len(), pairs[4].1, pairs[5].1.len()), (19, 32, "33554678", 36));
    assert_eq!(
        answer["data"]["ClientConfig"],
        json!({"ReconnectCount": -1, "ReconnectInterval": 120, "ReconnectNonce": 30, "PingInterval": 120})
    );
}

#[test]
fn a_domain_that_ends_in_a_slash_is_found_too() {
    let mut bench = Bench::new();
    let profile = bench.platform.profile();
    let body = json!({"AppID": profile.app_id, "AppSecret": profile.app_secret}).to_string();
    assert_eq!(bench.post("//callback/ws/endpoint", &[], body).1["code"], 0);
}

// fidelity: Discovery | code 1000040345 for wrong credentials, 514 where `AppID` is missing, both with HTTP status
//   200 | field reports; status: SDK sources | python node
#[test]
fn wrong_credentials_are_refused_with_their_code() {
    let mut bench = Bench::new();
    let id = bench.platform.profile().app_id.clone();
    let cases = [
        (json!({"AppID": id, "AppSecret": "wrong"}), 1_000_040_345_i64),
        (json!({"AppID": "cli_0000000000000000", "AppSecret": "x"}), 1_000_040_345),
        (json!({"appid": id}), 514),
        (Value::Null, 514),
    ];
    for (body, code) in cases {
        let (status, answer) = bench.post(PATH, &[], body.to_string());
        assert_eq!((status, &answer["code"], &answer["data"]), (200, &json!(code), &json!({})), "{body}");
    }
}

// fidelity: Discovery | `ClientAssertion` takes the place of the secret; it is not looked into | SDK sources (Python,
//   Node); that any is accepted: assumed
#[test]
fn an_assertion_takes_the_place_of_the_secret() {
    let mut bench = Bench::new();
    let id = bench.platform.profile().app_id.clone();
    let body = json!({"AppID": id, "AppSecret": "", "ClientAssertion": "jwt", "ChannelTag": "trusted"}).to_string();
    let headers = [("User-Agent", "oapi-sdk-python/v1.7.5"), ("locale", "zh"), ("X-Target-Service", "open.feishu.cn")];
    assert_eq!(bench.post(PATH, &headers, body.clone()).1["code"], 0);
    let record = bench.platform.discoveries().next().unwrap();
    assert!(record.assertion);
    assert_eq!(record.channel_tag.as_deref(), Some("trusted"));
    assert_eq!(record.user_agent.as_deref(), Some("oapi-sdk-python/v1.7.5"));
    assert_eq!(record.target_service.as_deref(), Some("open.feishu.cn"));

    let mut strict = Bench::with(|profile| profile.accepts_assertions = false);
    assert_eq!(strict.post(PATH, &[], body).1["code"], 1_000_040_345_i64);
}

// fidelity: Discovery | on request: codes 1 (busy), 1000040343, 1000040351, HTTP errors, no answer, no `data`,
//   settings of any form | SDK sources, field reports; that each occurs: assumed | python node
#[test]
fn every_form_of_a_bad_answer_can_be_asked_for() {
    let mut bench = Bench::new();
    let mut next = |fault: DiscoveryFault| {
        bench.platform.inject(fault, Times::Next(1));
        bench.discover()
    };
    assert_eq!(next(DiscoveryFault::code(1, "busy")), json!({"code": 1, "msg": "busy", "data": {}}));
    let without = |data| DiscoveryFault::Code { code: 403, msg: String::new(), data };
    assert_eq!(next(without(NoData::Absent)), json!({"code": 403, "msg": ""}));
    assert_eq!(next(without(NoData::Null)), json!({"code": 403, "msg": "", "data": null}));
    assert_eq!(next(DiscoveryFault::not_json()), Value::Null);
    assert_eq!(next(DiscoveryFault::http(503))["msg"], "http status 503");
    assert_eq!(next(DiscoveryFault::Url(UrlForm::Empty))["data"]["URL"], "");
    assert_eq!(next(DiscoveryFault::Config(None))["data"].get("ClientConfig"), None);
    let partial = json!({"PingInterval": "soon"});
    assert_eq!(next(DiscoveryFault::Config(Some(partial.clone())))["data"]["ClientConfig"], partial);
    let query = UrlForm::Query(vec!["service_id".into(), "ticket".into()]);
    let url = next(DiscoveryFault::Url(query))["data"]["URL"].as_str().unwrap().to_owned();
    assert!(url.starts_with("ws://127.0.0.1:9380/ws/v2?service_id=33554678&ticket="), "{url}");
    assert!(!url.contains("device_id"));
}

#[test]
fn a_late_discovery_answer_comes_when_its_time_has_come() {
    let mut bench = Bench::new();
    bench.platform.inject(DiscoveryFault::Delay(Duration::from_secs(5)), Times::Next(1));
    let request = Request { method: "POST".into(), target: PATH.into(), ..Request::default() };
    assert_eq!(bench.try_request(request), None);
    assert_eq!(bench.pass(Duration::from_millis(4999)), []);
    assert!(matches!(bench.pass(Duration::from_millis(1))[..], [Output::Respond { .. }]));
}

// fidelity: Tickets | a ticket opens one connection; used again, the upgrade is refused with Handshake-Status 514 |
//   SDK sources, which ask again before each attempt; the refusal: assumed
#[test]
fn a_ticket_opens_one_connection_only() {
    let mut bench = Bench::new();
    let target = bench.fresh_target();
    let (connection, outputs) = bench.upgrade(&target);
    assert_eq!(outputs, [Output::Accept { connection }]);
    let (_, outputs) = bench.upgrade(&target);
    assert_eq!(refusal(&outputs).status, 400);
    assert_eq!(header(refusal(&outputs), "Handshake-Status"), Some("514"));
}

// fidelity: Tickets | a ticket is good for 60 s | assumed
#[test]
fn a_ticket_expires() {
    let mut bench = Bench::new();
    let target = bench.fresh_target();
    bench.pass(Duration::from_secs(60));
    let (_, outputs) = bench.upgrade(&target);
    assert_eq!(header(refusal(&outputs), "Handshake-Status"), Some("514"));
}

// fidelity: Tickets | `access_key` has to fit the ticket; parameters may be percent-encoded | assumed
#[test]
fn a_percent_encoded_url_works_and_a_wrong_access_key_does_not() {
    let mut bench = Bench::new();
    bench.platform.inject(DiscoveryFault::Url(UrlForm::PercentEncoded), Times::Next(1));
    let target = bench.fresh_target();
    assert!(target.contains("service_id=%33%33"), "{target}");
    let (connection, outputs) = bench.upgrade(&target);
    assert_eq!(outputs, [Output::Accept { connection }]);
    let target = bench.fresh_target().replace("access_key=", "access_key=0");
    assert_eq!(header(refusal(&bench.upgrade(&target).1), "Handshake-Status"), Some("514"));
}

// fidelity: Connection limit | 50 connections of one app | official documentation (FAQ of the long connection)
// fidelity: Connection limit | told by discovery, code 1000040350 (default) | field reports
// fidelity: Connection limit | or by a refused upgrade, Handshake-Status 514 and Handshake-Autherrcode 1000040350 |
//   SDK sources (Go, Python) | python node
// fidelity: Connection limit | or by a Close frame with code 3001 after the upgrade | field reports
#[test]
fn the_connection_limit_is_told_in_the_way_that_was_chosen() {
    let full = |signal| {
        let mut bench = Bench::with(|profile| {
            profile.connection_limit = 1;
            profile.limit_signal = signal;
        });
        let target = bench.fresh_target();
        bench.connect();
        (bench, target)
    };
    let (mut bench, _) = full(LimitSignal::Discovery);
    assert_eq!(bench.discover()["code"], 1_000_040_350_i64);

    let (mut bench, target) = full(LimitSignal::Handshake);
    let (_, outputs) = bench.upgrade(&target);
    assert_eq!(header(refusal(&outputs), "Handshake-Autherrcode"), Some("1000040350"));

    let (mut bench, target) = full(LimitSignal::Close);
    let (_, outputs) = bench.upgrade(&target);
    assert!(matches!(outputs[..], [Output::Accept { .. }, Output::Close { code: 3001, .. }]), "{outputs:?}");
}

// fidelity: Handshake | a refusal has `Handshake-Status`, `Handshake-Msg` and `Handshake-Autherrcode`, each of which
//   may be missing | SDK sources (Go, Python, Java); the HTTP status beside them: assumed | python node
#[test]
fn an_upgrade_can_be_refused_delayed_closed_and_left_hanging() {
    let mut bench = Bench::new();
    let mut next = |fault: UpgradeFault, pass: u64| {
        bench.platform.inject(fault, Times::Next(1));
        let target = bench.fresh_target();
        let (_, mut outputs) = bench.upgrade(&target);
        outputs.extend(bench.pass(Duration::from_secs(pass)));
        outputs
    };
    let forbidden = UpgradeFault::Refuse {
        status: 403,
        handshake_status: Some(403),
        msg: Some("forbidden".into()),
        autherrcode: None,
    };
    let outputs = next(forbidden, 0);
    assert_eq!(refusal(&outputs).status, 403);
    assert_eq!(header(refusal(&outputs), "Handshake-Autherrcode"), None);
    assert_eq!(refusal(&next(UpgradeFault::http(502), 0)).headers, []);
    assert_eq!(next(UpgradeFault::Hang, 3600), []);
    assert_eq!(next(UpgradeFault::Delay(Duration::from_secs(2)), 1), []);
    assert!(matches!(
        next(UpgradeFault::Delay(Duration::from_secs(2)), 2)[..],
        [Output::Accept { .. }, Output::Accept { .. }]
    ));
    let close = UpgradeFault::Close { code: 3001, reason: "too many".into() };
    assert!(matches!(next(close, 0)[..], [Output::Accept { .. }, Output::Close { code: 3001, .. }]));
}

#[test]
fn the_transcript_tells_no_secret() {
    let mut bench = Bench::new();
    let target = bench.fresh_target();
    bench.upgrade(&target);
    let secret = bench.platform.profile().app_secret.clone();
    let token = bench.token();
    bench.call(&token, "/open-apis/im/v1/messages", json!({}));
    bench.post(&format!("/lost/{secret}"), &[("X-Debug", &secret)], format!("not json {secret}"));
    bench.post(
        PATH,
        &[],
        json!({"AppID": "cli_1", "AppSecret": "a-real-secret", "ClientAssertion": "jwt"}).to_string(),
    );
    let lines: String = bench.platform.transcript().map(|entry| serde_json::to_string(entry).unwrap() + "\n").collect();
    let ticket = target.split_once("ticket=").unwrap().1;
    let access_key = target.split_once("access_key=").unwrap().1.split('&').next().unwrap();
    for hidden in [secret.as_str(), token.as_str(), ticket, access_key, "a-real-secret", "jwt"] {
        assert!(!lines.contains(hidden), "{hidden} in {lines}");
    }
    assert!(lines.contains("service_id=33554678"));
}
