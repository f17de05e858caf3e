//! Bad networks and whole fleets, in virtual time: what is noticed, how soon, and what is not mistaken for it.

use std::time::Duration;

use larkwire_core::{Client, Config, Domain, Failure, Input, LinkError, LinkErrorKind, Notice, Output, Reply, Time};
use larkwire_sim::{ClientConfig, Disconnect, LinkProfile};

use crate::pair::Pair;

const SECOND: Duration = Duration::from_secs(1);
const PONG_TIMEOUT: Duration = Duration::from_secs(20);

fn silent(notice: &Notice) -> bool {
    matches!(notice, Notice::Disconnected { failure: Failure::Silent, .. })
}

#[test]
fn half_open_is_noticed_within_ping_interval_and_pong_timeout_in_every_phase_of_the_cycle() {
    for interval in [1, 5, 30, 60, 90, 120, 3_600] {
        // What the platform asks for beyond two minutes is not granted.
        let granted = SECOND * interval.min(120);
        for phase in 0..24 {
            let settings = ClientConfig { ping_interval: i64::from(interval), ..ClientConfig::default() };
            let link = LinkProfile::lossy(Duration::from_millis(60), 0.0);
            let mut pair = Pair::with(link, |_| {}, |profile| profile.client_config = settings);
            pair.until_ready();
            pair.pass(granted * 3 + granted * phase / 24);
            pair.platform.drop_connections(pair.now, &Disconnect::Freeze);
            let took = pair.until(SECOND * 600, "noticed", |pair| !pair.is_ready());
            assert!(took <= granted + PONG_TIMEOUT, "{took:?} in phase {phase} of {granted:?}");
            assert_eq!((pair.losses(), pair.count(silent)), (1, 1));
        }
    }
}

#[test]
fn three_percent_loss_at_two_hundred_milliseconds_gives_no_false_alarm_in_an_hour_whatever_the_dice() {
    for seed in 0..50 {
        let link = LinkProfile::lossy(Duration::from_millis(200), 0.03);
        let mut pair = Pair::seeded(seed, link, |_| {}, |profile| profile.client_config.ping_interval = 10);
        pair.until_ready();
        let before = pair.losses();
        pair.pass(SECOND * 3_600);
        assert_eq!(pair.losses(), before, "seed {seed}");
        assert!(pair.client.stats().pongs >= 355, "seed {seed}: {:?}", pair.client.stats());
    }
}

#[test]
fn a_reader_that_stalls_on_a_bad_network_gives_no_false_alarm_and_handles_all() {
    for seed in 0..10 {
        let link = LinkProfile::lossy(Duration::from_millis(200), 0.03);
        let mut pair = Pair::seeded(seed, link, |config| config.limits.unanswered = 2, |_| {});
        pair.until_ready();
        let before = pair.losses();
        pair.handler = Box::new(|_| (SECOND * 170, Reply::ok()));
        for _ in 0..10 {
            (0..4).for_each(|_| drop(pair.platform.say(pair.now, "alice", "hi")));
            pair.pass(SECOND * 360);
        }
        assert_eq!(pair.losses(), before, "seed {seed}");
        let events: std::collections::BTreeSet<_> = pair.handled.iter().collect();
        assert_eq!(events.len(), 40, "seed {seed}");
    }
}

const URL: &str = "ws://127.0.0.1:9380/ws/v2?device_id=1&service_id=1&ticket=t&access_key=k";

/// One of a fleet: a client that is driven by hand.
struct One {
    client: Client,
    now: Time,
}

impl One {
    /// A client that is connected.
    fn connected(seed: u64) -> One {
        let mut config = Config::new("cli_0123456789abcdef", "secret");
        config.domain = Domain::Custom("http://127.0.0.1:9380".into());
        let mut one = One { client: Client::new(config, seed, Time::ZERO), now: Time::ZERO };
        one.answer(|attempt| {
            let settings = r#"{"ReconnectInterval":120,"ReconnectNonce":30,"PingInterval":120}"#;
            let body = format!(r#"{{"code":0,"data":{{"URL":"{URL}","ClientConfig":{settings}}}}}"#);
            Input::Response { attempt, status: 200, headers: Vec::new(), body: body.into() }
        });
        one.answer(|attempt| Input::Opened { attempt, headers: Vec::new() });
        one.now = Time::new(SECOND * 60);
        one.answer(|attempt| Input::Alive { attempt, kind: larkwire_core::AliveKind::Ping });
        one
    }

    /// Answers what the client has asked, and tells how long it waits now, if it was lost.
    fn answer(&mut self, input: impl Fn(larkwire_core::Attempt) -> Input) -> Option<Duration> {
        let attempt = larkwire_core::Attempt::new(self.client.stats().attempts);
        self.client.handle_input(self.now, input(attempt));
        self.settle()
    }

    fn fails(&mut self) -> Duration {
        let error = LinkError::new(LinkErrorKind::Reset, "the gateway is gone");
        self.answer(|attempt| Input::Failed { attempt, error: error.clone() }).expect("another attempt")
    }

    fn waits(&mut self, wait: Duration) {
        self.now = self.now.after(wait);
        self.client.handle_input(self.now, Input::Timeout);
        self.settle();
    }

    fn settle(&mut self) -> Option<Duration> {
        let mut wait = None;
        loop {
            match self.client.poll_output() {
                Output::Wait(_) => return wait,
                Output::Notice(Notice::Disconnected { retry_at: Some(at), .. }) => wait = Some(at.since(self.now)),
                _ => {}
            }
        }
    }
}

/// How many of the waits fall into each part of the range; all have to be in it.
#[track_caller]
fn spread(waits: &[Duration], from: u64, to: u64, parts: usize) -> Vec<usize> {
    let mut counts = vec![0; parts];
    for wait in waits {
        let place = (wait.as_secs_f64() - from as f64) / (to - from) as f64;
        assert!((0.0..1.0).contains(&place), "{wait:?} is not from {from} s to {to} s");
        counts[(place * parts as f64) as usize] += 1;
    }
    counts
}

#[test]
fn a_thousand_clients_that_are_dropped_at_once_come_back_spread_as_the_schedule_says() {
    let mut fleet: Vec<One> = (0..1_000).map(One::connected).collect();
    let waits: Vec<Duration> = fleet.iter_mut().map(One::fails).collect();
    // 33 a second on average, with a deviation of 6.
    let first = spread(&waits, 0, 30, 30);
    assert!(first.iter().all(|count| (10..=60).contains(count)), "{first:?}");
    for (one, wait) in fleet.iter_mut().zip(&waits) {
        one.waits(*wait);
    }
    // The gateway is still gone: the interval of the platform, and up to a quarter more.
    let waits: Vec<Duration> = fleet.iter_mut().map(One::fails).collect();
    let second = spread(&waits, 120, 150, 30);
    assert!(second.iter().all(|count| (10..=60).contains(count)), "{second:?}");
}
