//! What happens to a whole machine, or to all clients: sleep, clocks that stand still, a storm.

use std::time::Duration;

use larkwire_core::{Failure, Notice};
use larkwire_sim::{LinkProfile, NamedFault, Outcome, Push, Times};
use serde_json::json;

use crate::fleet::Fleet;
use crate::pair::Pair;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const PONG_TIMEOUT: Duration = Duration::from_secs(20);

fn inject(pair: &mut Pair, fault: &str) {
    let (fault, times) = NamedFault::parse(fault).unwrap();
    pair.platform.inject_named(pair.now.after(pair.ahead), &fault, times, None).unwrap();
}

/// Pushes so many events, one each second.
fn push(pair: &mut Pair, count: usize) {
    for _ in 0..count {
        pair.platform.push(pair.now, Push::event("test.event_v1", json!({})));
        pair.pass(SECOND);
    }
}

fn all_acked(pair: &Pair) -> bool {
    pair.platform.push_records().all(|push| push.outcome == Outcome::Acked)
}

#[test]
fn what_came_while_the_machine_slept_for_a_moment_is_handled_once() {
    let mut pair = Pair::new(LinkProfile::lossy(Duration::from_millis(60), 0.0));
    pair.until_ready();
    inject(&mut pair, "laptop_sleep:for_ms=19000@1");
    push(&mut pair, 5);
    assert_eq!(pair.handled.len(), 0, "nothing comes to one who sleeps");
    pair.pass(SECOND * 600);
    assert_eq!((pair.handled.len(), pair.losses()), (5, 0));
    assert!(pair.platform.stats().redeliveries >= 5 && all_acked(&pair));
    assert_eq!(pair.platform.violations().count(), 0);
}

#[test]
fn a_machine_that_sleeps_for_long_is_back_soon_whatever_is_left_of_its_connection() {
    for wake in ["keep", "reset"] {
        let mut pair = Pair::new(LinkProfile::lossy(Duration::from_millis(60), 0.0));
        pair.until_ready();
        inject(&mut pair, &format!("laptop_sleep:for_ms=600000,wake={wake}@1"));
        push(&mut pair, 5);
        pair.pass(SECOND * 594);
        assert!(!pair.is_ready(), "{wake}: it has seen that nothing comes back");
        // The interval of the platform is 120 s, with a quarter of jitter; an attempt that hangs takes 15 s more.
        let took = pair.until(SECOND * 600, "ready again", Pair::is_ready);
        assert!(took <= SECOND * 170, "{wake}: {took:?}");
        pair.pass(HOUR * 8);
        assert!(all_acked(&pair), "{wake}");
        let events: std::collections::BTreeSet<_> = pair.handled.iter().collect();
        assert_eq!((events.len(), pair.handled.len()), (5, 5), "{wake}");
    }
}

#[test]
fn a_client_whose_clock_stood_still_for_hours_asks_at_once_whether_its_connection_lives() {
    let mut pair = Pair::new(LinkProfile::lossy(Duration::from_millis(60), 0.0));
    pair.until_ready();
    pair.pass(SECOND * 10);
    let pings = pair.client.stats().pings;
    // On the way when the lid closes: it is overdue at once, and comes again.
    pair.platform.push(pair.now, Push::event("test.event_v1", json!({})));
    inject(&mut pair, "clock_freeze:for_ms=28800000@1");
    pair.pass(SECOND);
    assert_eq!(pair.client.stats().pings, pings + 1);
    assert_eq!((pair.handled.len(), pair.losses()), (1, 0));
    assert!(pair.platform.stats().redeliveries >= 1 && all_acked(&pair));
}

#[test]
fn a_connection_that_died_meanwhile_is_noticed_within_the_pong_timeout() {
    let mut pair = Pair::new(LinkProfile::lossy(Duration::from_millis(60), 0.0));
    pair.until_ready();
    pair.pass(SECOND * 10);
    inject(&mut pair, "clock_freeze:for_ms=28800000@1");
    pair.cut();
    let took = pair.until(HOUR, "noticed", |pair| !pair.is_ready());
    assert!(took <= PONG_TIMEOUT, "{took:?}");
    assert_eq!(pair.count(|notice| matches!(notice, Notice::Disconnected { failure: Failure::Silent, .. })), 1);
    pair.mend();
    pair.until(SECOND * 170, "ready again", Pair::is_ready);
}

#[test]
fn a_thousand_clients_meet_a_storm_and_all_come_back_spread() {
    const COUNT: usize = 1_000;
    let mut fleet = Fleet::new(COUNT);
    fleet.pass(SECOND * 60);
    assert_eq!(fleet.platform.open_connections().count(), COUNT);
    let before = fleet.platform.discoveries().count();
    let storm = fleet.now;
    let (fault, _) = NamedFault::parse("reconnect_storm:for_ms=30000").unwrap();
    fleet.platform.inject_named(storm, &fault, Times::Next(1), None).unwrap();
    fleet.pass(SECOND * 30);
    assert_eq!(fleet.platform.open_connections().count(), 0, "nobody is let in");
    fleet.pass(SECOND * 150);
    assert_eq!(fleet.platform.open_connections().count(), COUNT, "and then everybody is");
    // As each says that it is busy, all come twice: within the 30 s of ReconnectNonce, and again after the ReconnectInterval of
    // 120 s and up to a quarter more. That is 33 in a second.
    let mut seconds = vec![0; 180];
    for discovery in fleet.platform.discoveries().skip(before) {
        let at = Duration::from_millis(discovery.at_ms).saturating_sub(storm.since_origin());
        seconds[at.as_secs() as usize] += 1;
    }
    assert_eq!(seconds.iter().sum::<usize>(), 2 * COUNT);
    assert!(seconds[..30].iter().all(|count| (10..=60).contains(count)), "{seconds:?}");
    assert!(seconds[30..120].iter().all(|count| *count == 0), "{seconds:?}");
    assert!(seconds[120..].iter().all(|count| *count <= 60), "{seconds:?}");
    assert_eq!(fleet.platform.violations().count(), 0);
}
