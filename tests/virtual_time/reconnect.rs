//! From a loss to the next connection, with a platform that has faults.

use std::time::Duration;

use larkwire_core::{Failure, LimitSignal, Notice, Status, Stop};
use larkwire_sim::{
    Abort, ClientConfig, Disconnect, DiscoveryFault, LimitSignal as Told, LinkProfile, NoData, Times, UpgradeFault,
    UrlForm,
};

use crate::pair::Pair;

const SECOND: Duration = Duration::from_secs(1);

fn stop(pair: &Pair) -> Option<&Stop> {
    pair.notices.iter().find_map(|(_, notice)| match notice {
        Notice::Stopped(stop) => Some(stop),
        _ => None,
    })
}

#[test]
fn a_virtual_day_with_two_losses_and_a_pushed_reconfiguration() {
    let mut pair = Pair::new(LinkProfile::lossy(Duration::from_millis(60), 0.01));
    pair.until_ready();
    pair.pass(SECOND * 8 * 3600);
    pair.platform.set_client_config(ClientConfig { ping_interval: 60, ..ClientConfig::default() });
    pair.pass(SECOND * 8 * 3600);
    let goodbye = Disconnect::Close { code: 1001, reason: "rollout".into() };
    for how in [goodbye, Disconnect::Abort(Abort::EndOfStream)] {
        pair.platform.drop_connections(pair.now, &how);
        pair.until_ready();
        pair.pass(SECOND * 4 * 3600);
    }
    let stats = pair.client.stats();
    assert_eq!((stats.connections, stats.failures), (3, 2));
    assert!((720 - 10..=720 + 250).contains(&(stats.pings as usize - 480)), "{}", stats.pings);
    assert_eq!(pair.platform.violations().count(), 0);
    let gaps = pair.count(|notice| matches!(notice, Notice::Ready { first: false, gap: Some(_), .. }));
    assert_eq!(gaps, 2);
}

#[test]
fn every_curable_fault_of_discovery_is_survived() {
    let faults: Vec<DiscoveryFault> = vec![
        DiscoveryFault::code(1, "busy"),
        DiscoveryFault::code(1_000_040_343, "internal"),
        DiscoveryFault::Code { code: 1, msg: "busy".into(), data: NoData::Absent },
        DiscoveryFault::Code { code: 0, msg: String::new(), data: NoData::Null },
        DiscoveryFault::Code { code: 0, msg: String::new(), data: NoData::Empty },
        DiscoveryFault::http(403),
        DiscoveryFault::http(429),
        DiscoveryFault::http(503),
        DiscoveryFault::not_json(),
        DiscoveryFault::Hang,
        DiscoveryFault::Url(UrlForm::Empty),
        DiscoveryFault::Url(UrlForm::Literal("https://example.com/".into())),
        DiscoveryFault::Url(UrlForm::Literal("ws://user:password@127.0.0.1:9380/ws/v2".into())),
        DiscoveryFault::Url(UrlForm::Literal("ws://gateway.example/ws/v2?service_id=1".into())),
    ];
    let count = faults.len();
    let mut pair = Pair::new(LinkProfile::perfect());
    pair.until_ready();
    pair.pass(SECOND * 60);
    for fault in faults {
        pair.platform.inject(fault, Times::Next(1));
    }
    pair.platform.drop_connections(pair.now, &Disconnect::Abort(Abort::Reset));
    pair.until(SECOND * 3600, "lost", |pair| !pair.is_ready());
    pair.until(SECOND * 24 * 3600, "ready again", Pair::is_ready);
    assert_eq!(pair.client.stats().failures as usize, 1 + count);
    assert_eq!(stop(&pair), None);
}

#[test]
fn odd_but_usable_answers_of_discovery_are_used() {
    for fault in [
        DiscoveryFault::Config(None),
        DiscoveryFault::Config(Some(serde_json::json!({}))),
        DiscoveryFault::Config(Some(
            serde_json::json!({"PingInterval": -5, "ReconnectCount": "x", "ReconnectNonce": 1e30}),
        )),
        DiscoveryFault::Config(Some(serde_json::Value::Null)),
        DiscoveryFault::Delay(SECOND * 14),
        DiscoveryFault::Url(UrlForm::PercentEncoded),
    ] {
        let mut pair = Pair::new(LinkProfile::perfect());
        pair.platform.inject(fault.clone(), Times::Always);
        // The first attempt began before the fault was there.
        pair.until_ready();
        pair.pass(SECOND * 60);
        pair.platform.drop_connections(pair.now, &Disconnect::Abort(Abort::Reset));
        pair.until(SECOND, "lost", |pair| !pair.is_ready());
        pair.until(SECOND * 60, "ready again", Pair::is_ready);
        assert_eq!(pair.client.stats().failures, 1, "{fault:?}");
    }
}

#[test]
fn a_fatal_answer_of_discovery_stops_also_in_the_middle_of_an_outage() {
    for (code, expected) in [(1_000_040_345, "Credentials"), (1_000_040_351, "WrongBrand"), (514, "Refused")] {
        for data in [NoData::Empty, NoData::Absent, NoData::Null] {
            let mut pair = Pair::new(LinkProfile::perfect());
            pair.until_ready();
            pair.platform.inject(DiscoveryFault::Code { code, msg: "no".into(), data }, Times::Always);
            pair.platform.drop_connections(pair.now, &Disconnect::Abort(Abort::Reset));
            pair.pass(SECOND * 3600);
            assert!(format!("{:?}", stop(&pair)).contains(expected), "{:?}", stop(&pair));
            assert_eq!(pair.platform.discoveries().count(), 2, "it asked no more after that");
        }
    }
}

#[test]
fn all_three_signals_of_the_connection_limit_stop_the_client_that_is_one_too_many() {
    for (told, signal) in [
        (Told::Discovery, LimitSignal::Discovery),
        (Told::Handshake, LimitSignal::Handshake),
        (Told::Close, LimitSignal::Close),
    ] {
        let limit = |profile: &mut larkwire_sim::Profile| {
            profile.connection_limit = 0;
            profile.limit_signal = told;
        };
        let mut pair = Pair::with(LinkProfile::perfect(), |_| {}, limit);
        pair.pass(SECOND * 60);
        assert!(
            matches!(stop(&pair), Some(Stop::ConnectionLimit { signal: found, .. }) if *found == signal),
            "{told:?}"
        );
    }
}

#[test]
fn refused_and_hanging_upgrades_are_tried_again_with_a_fresh_ticket() {
    let mut pair = Pair::new(LinkProfile::perfect());
    pair.platform.inject(UpgradeFault::http(502), Times::Next(1));
    pair.platform.inject(UpgradeFault::Hang, Times::Next(1));
    let refusal = UpgradeFault::Refuse {
        status: 400,
        handshake_status: Some(514),
        msg: Some("auth failed".into()),
        autherrcode: Some(1_000_040_343),
    };
    pair.platform.inject(refusal, Times::Next(1));
    pair.until(SECOND * 3600, "ready", Pair::is_ready);
    assert_eq!(pair.platform.discoveries().count(), 4);
    assert_eq!(pair.count(|n| matches!(n, Notice::Disconnected { failure: Failure::ConnectTimeout, .. })), 1);
}

#[test]
fn a_network_that_is_gone_for_an_hour_is_back_for_the_client_two_and_a_half_minutes_later_at_most() {
    let mut pair = Pair::new(LinkProfile::perfect());
    pair.until_ready();
    pair.cut();
    pair.pass(SECOND * 3600);
    assert!(!pair.is_ready());
    pair.mend();
    // The interval of the platform is 120 s, with a quarter of jitter; an attempt that hangs takes 15 s more.
    let took = pair.until(SECOND * 600, "ready", Pair::is_ready);
    assert!(took <= SECOND * 170, "{took:?}");
}

#[test]
fn a_client_that_flaps_does_not_hammer_the_platform() {
    let mut pair = Pair::with(
        LinkProfile::perfect(),
        |_| {},
        |profile| {
            profile.client_config.reconnect_interval = 0;
            profile.client_config.reconnect_nonce = 0;
        },
    );
    pair.platform.inject(UpgradeFault::Close { code: 1011, reason: "internal".into() }, Times::Always);
    pair.pass(SECOND * 3600);
    let attempts = pair.platform.discoveries().count();
    assert!((2_880..=3_600).contains(&attempts), "one a second at most, {attempts}");
    assert!(!matches!(pair.client.status(), Status::Stopped));
}
