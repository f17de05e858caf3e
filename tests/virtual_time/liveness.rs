//! Whether silence is told from slowness.

use std::time::Duration;

use larkwire_core::{Failure, Notice};
use larkwire_sim::{Disconnect, LinkProfile, PongFault, Times};

use crate::pair::Pair;

const SECOND: Duration = Duration::from_secs(1);
const PING_INTERVAL: Duration = Duration::from_secs(120);
const PONG_TIMEOUT: Duration = Duration::from_secs(20);

fn silent(notice: &Notice) -> bool {
    matches!(notice, Notice::Disconnected { failure: Failure::Silent, .. })
}

#[test]
fn a_half_open_connection_is_noticed_within_ping_interval_and_pong_timeout() {
    let mut pair = Pair::new(LinkProfile::lossy(Duration::from_millis(60), 0.0));
    for _ in 0..5 {
        pair.until_ready();
        pair.pass(SECOND * 77);
        pair.platform.drop_connections(pair.now, &Disconnect::Freeze);
        let took = pair.until(PING_INTERVAL * 2, "noticed", |pair| !pair.is_ready());
        assert!(took <= PING_INTERVAL + PONG_TIMEOUT, "{took:?}");
    }
    assert_eq!(pair.count(silent), 5);
}

#[test]
fn three_percent_loss_at_two_hundred_milliseconds_gives_no_false_alarm_in_a_day() {
    let mut pair = Pair::new(LinkProfile::lossy(Duration::from_millis(200), 0.03));
    pair.until_ready();
    let before = pair.losses();
    pair.pass(SECOND * 24 * 3600);
    assert_eq!(pair.losses(), before);
    assert!(pair.client.stats().pongs >= 719);
}

#[test]
fn a_link_that_stalls_for_less_than_the_timeout_is_borne() {
    let mut pair = Pair::new(LinkProfile::perfect());
    pair.until_ready();
    for _ in 0..20 {
        pair.pass(SECOND * 61);
        pair.stall(SECOND * 19);
    }
    assert_eq!(pair.losses(), 0);
}

#[test]
fn an_application_that_does_not_read_for_an_hour_raises_no_false_alarm() {
    let mut pair = Pair::with(LinkProfile::perfect(), |config| config.limits.unanswered = 1, |_| {});
    pair.until_ready();
    pair.handler = Box::new(|_| (SECOND * 250, larkwire_core::Reply::ok()));
    for _ in 0..12 {
        pair.platform.say(pair.now, "alice", "hi");
        pair.pass(SECOND * 300);
    }
    assert_eq!(pair.losses(), 0);
}

#[test]
fn one_pong_that_is_swallowed_is_enough_to_doubt_but_an_event_meanwhile_is_not() {
    let mut pair = Pair::new(LinkProfile::perfect());
    pair.until_ready();
    pair.platform.inject(PongFault::Mute, Times::Always);
    for _ in 0..100 {
        pair.pass(SECOND * 10);
        pair.platform.say(pair.now, "alice", "hi");
    }
    assert_eq!(pair.losses(), 0, "events are life");
    pair.pass(PING_INTERVAL + PONG_TIMEOUT + SECOND);
    assert!(pair.count(silent) >= 1);
}

#[test]
fn the_odd_pongs_that_were_seen_or_feared_do_no_harm() {
    let mut pair = Pair::new(LinkProfile::perfect());
    pair.until_ready();
    for fault in [
        PongFault::NoPayload,
        PongFault::Payload(b"".as_slice().into()),
        PongFault::Payload(b"{".as_slice().into()),
        PongFault::Payload(b"{}".as_slice().into()),
        PongFault::Payload(br#"{"PingInterval":0,"ReconnectInterval":-1}"#.as_slice().into()),
        PongFault::Payload(br#"{"PingInterval":"soon"}"#.as_slice().into()),
        PongFault::Delay(SECOND * 19),
    ] {
        pair.platform.inject(fault, Times::Next(1));
        pair.pass(PING_INTERVAL);
    }
    assert_eq!(pair.losses(), 0);
    assert_eq!(pair.client.stats().pings, 8);
}
