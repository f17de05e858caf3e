//! When a lost connection is tried again.

use super::*;

#[track_caller]
fn within(wait: Option<Duration>, from: u64, to: u64) {
    let wait = wait.expect("another attempt");
    assert!(wait >= ms(from) && wait <= ms(to), "{wait:?} is not in {from}..{to} ms");
}

#[test]
fn a_stable_connection_that_is_lost_is_replaced_within_the_nonce_and_the_gap_is_told() {
    let mut story = Story::ready(config());
    story.pass(secs(60));
    story.event("m1", "e1");
    let heard = story.now;
    story.pass(secs(10));
    let lost = story.now;
    story.fail(LinkErrorKind::Reset);
    let (failure, wait) = story.disconnected();
    assert!(matches!(failure, Failure::Link(LinkError { kind: LinkErrorKind::Reset, .. })));
    within(wait, 0, 30_000);

    story.pass_to_deadline();
    story.connect();
    story.pass(ms(30));
    story.pong("");
    let (first, gap) = story.expect("ready", |output| match output {
        Output::Notice(Notice::Ready { first, gap }) => Some((*first, *gap)),
        _ => None,
    });
    let gap = gap.unwrap();
    assert!(!first);
    assert_eq!((gap.last_heard, gap.lost, gap.ready), (heard, lost, story.now));
}

#[test]
fn the_first_wait_of_an_outage_differs_from_client_to_client() {
    let mut waits: Vec<Duration> = (0..200)
        .map(|seed| {
            let mut story = Story::with_seed(config(), seed);
            story.connect();
            story.pass(secs(15));
            story.close(1001, "");
            story.disconnected().1.unwrap()
        })
        .collect();
    waits.sort();
    assert!(waits[20] < secs(6) && waits[180] > secs(24), "not spread over the nonce: {waits:?}");
}

#[test]
fn with_nonce_zero_a_stable_connection_is_replaced_at_once() {
    let mut story = Story::new(config());
    story.discovered_with(r#"{"ReconnectNonce":0,"ReconnectInterval":120}"#);
    story.opened();
    story.pass(secs(10));
    story.said.clear();
    story.close(1000, "bye");
    story.request();
}

#[test]
fn a_platform_that_asks_for_no_wait_at_all_still_gets_a_second() {
    let mut story = Story::new(config());
    story.discovered_with(r#"{"ReconnectNonce":0,"ReconnectInterval":0}"#);
    story.opened();
    story.pass(secs(10));
    story.close(1000, "bye");
    within(story.disconnected().1, 1_000, 1_250);
}

#[test]
fn a_connection_that_lived_less_than_ten_seconds_counts_as_a_failed_attempt() {
    let mut story = Story::new(config());
    let mut last = Duration::ZERO;
    for expected in [1_000, 2_000, 4_000] {
        story.discovered_with("{}");
        story.opened();
        story.pass(ms(9_999));
        story.close(1006, "");
        let (_, wait) = story.disconnected();
        // The empty ClientConfig leaves the platform's usual interval in force, which is longer than the doubling.
        within(wait, 120_000.max(expected), 150_000);
        last = wait.unwrap();
        story.pass_to_deadline();
    }
    assert!(last >= secs(120));
}

#[test]
fn before_the_platform_has_said_anything_the_waits_double_from_one_second_to_a_minute() {
    let mut story = Story::new(config());
    for expected in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
        story.fail(LinkErrorKind::Connect);
        within(story.disconnected().1, expected * 1_000, expected * 1_250);
        story.pass_to_deadline();
    }
}

#[test]
fn a_refusal_that_says_when_to_come_again_is_believed_for_ten_minutes_at_most() {
    for (asked, seconds) in [("30", 30), ("86400", 600), ("0", 1), ("tomorrow", 1)] {
        let mut story = Story::new(config());
        let headers = Headers::from([("retry-after".to_string(), asked.to_string())]);
        let (attempt, body) = (story.attempt, Bytes::from_static(b"slow down"));
        story.input(Input::Response { attempt, status: 429, headers, body });
        within(story.disconnected().1, seconds * 1_000, seconds * 1_250);
    }
    let mut story = Story::new(config());
    story.discovered_with(r#"{"ReconnectInterval":5,"ReconnectNonce":0}"#);
    story.rejected(503, &[("Retry-After", "30")], "");
    within(story.disconnected().1, 30_000, 37_500);
    story.pass_to_deadline();
    story.discovered_with(r#"{"ReconnectInterval":120}"#);
    story.rejected(503, &[("Retry-After", "30")], "");
    within(story.disconnected().1, 120_000, 150_000);
}

#[test]
fn the_interval_of_the_platform_is_kept_from_the_first_failed_attempt_on() {
    let mut story = Story::ready(config());
    story.pass(secs(20));
    story.fail(LinkErrorKind::Reset);
    for _ in 0..5 {
        story.pass_to_deadline();
        story.said.clear();
        story.fail(LinkErrorKind::Dns);
        within(story.disconnected().1, 120_000, 150_000);
    }
}

#[test]
fn a_short_interval_of_the_platform_grows_to_a_minute() {
    let mut story = Story::new(config());
    story.discovered_with(r#"{"ReconnectInterval":5,"ReconnectNonce":0}"#);
    for expected in [5, 10, 20, 40, 60, 60] {
        story.fail(LinkErrorKind::Connect);
        within(story.disconnected().1, expected * 1_000, expected * 1_250);
        story.pass_to_deadline();
    }
}

#[test]
fn a_stable_connection_makes_the_next_outage_a_new_one() {
    let mut story = Story::new(config());
    for _ in 0..4 {
        story.fail(LinkErrorKind::Connect);
        story.pass_to_deadline();
    }
    story.discovered_with(r#"{"ReconnectInterval":5,"ReconnectNonce":0}"#);
    story.opened();
    story.pass(secs(11));
    story.close(1001, "");
    story.said.clear();
    story.fail(LinkErrorKind::Connect);
    within(story.disconnected().1, 5_000, 6_250);
}

#[test]
fn the_count_of_the_platform_is_told_but_stops_nothing() {
    let mut story = Story::new(config());
    story.discovered_with(r#"{"ReconnectCount":1,"ReconnectInterval":1,"ReconnectNonce":0}"#);
    story.opened();
    story.pass(secs(20));
    story.close(1001, "");
    for _ in 0..20 {
        story.fail(LinkErrorKind::Connect);
        assert!(story.disconnected().1.is_some());
        story.pass_to_deadline();
    }
    assert_eq!(story.client.settings().unwrap().reconnect_count, Some(1));
}

#[test]
fn a_client_that_obeys_the_count_stops_after_so_many_failed_attempts() {
    let mut config = config();
    config.reconnect.obey_server_count = true;
    let mut story = Story::new(config);
    story.discovered_with(r#"{"ReconnectCount":2,"ReconnectInterval":1,"ReconnectNonce":0}"#);
    story.opened();
    story.pass(secs(20));
    story.close(1001, "");
    story.fail(LinkErrorKind::Connect);
    story.pass_to_deadline();
    story.said.clear();
    story.fail(LinkErrorKind::Dns);
    assert_eq!(story.disconnected().1, None);
    assert!(matches!(story.stopped(), Stop::TriesUsedUp { attempts: 2, last: Failure::Link(_) }));
}

#[test]
fn a_count_of_zero_means_no_reconnect_at_all_to_a_client_that_obeys() {
    let mut config = config();
    config.reconnect.obey_server_count = true;
    let mut story = Story::new(config);
    story.discovered_with(r#"{"ReconnectCount":0}"#);
    story.opened();
    story.pass(secs(20));
    story.close(1001, "");
    story.said.retain(|output| matches!(output, Output::Notice(Notice::Stopped(_))));
    assert!(matches!(story.stopped(), Stop::TriesUsedUp { attempts: 0, .. }));
}

#[test]
fn the_limit_of_the_application_counts_failed_attempts_in_a_row() {
    let mut config = config();
    config.reconnect.max_attempts = Some(3);
    let mut story = Story::new(config);
    story.fail(LinkErrorKind::Dns);
    story.pass_to_deadline();
    story.fail(LinkErrorKind::Dns);
    story.pass_to_deadline();
    story.fail(LinkErrorKind::Dns);
    story.said.retain(|output| matches!(output, Output::Notice(Notice::Stopped(_))));
    assert!(matches!(story.stopped(), Stop::TriesUsedUp { attempts: 3, .. }));
}

#[test]
fn whatever_the_close_code_the_client_comes_back() {
    for code in [1000, 1001, 1005, 1006, 1008, 1011, 1012, 1013, 4000, 0, u16::MAX] {
        let mut story = Story::ready(config());
        story.pass(secs(30));
        story.close(code, "whatever");
        let (failure, wait) = story.disconnected();
        assert_eq!(failure, Failure::Closed { code, reason: "whatever".into() });
        assert!(wait.is_some());
    }
}

#[test]
fn a_virtual_day_of_pings_two_reconnects_and_a_pushed_reconfiguration() {
    let mut story = Story::ready(config());
    let mut pings = 0;
    let mut day = |story: &mut Story, hours: u64| {
        let until = story.now.after(secs(hours * 3600));
        while story.wait.is_some_and(|at| at <= until) {
            story.pass_to_deadline();
            pings += story.sends();
            if story.sends() > 0 {
                story.said.clear();
                story.pong("");
            }
        }
    };
    day(&mut story, 8);
    story.pong(r#"{"PingInterval":60}"#);
    day(&mut story, 8);
    for _ in 0..2 {
        story.close(1001, "rollout");
        story.pass_to_deadline();
        story.connect();
        story.said.clear();
        story.pong("");
        day(&mut story, 4);
    }
    // Eight hours at 120 s, eight at 60 s; discovery then brings 120 s back.
    assert!((240 + 480 + 240 - 4..=240 + 480 + 240 + 4).contains(&pings), "{pings}");
    let stats = story.client.stats();
    assert_eq!((stats.connections, stats.failures), (3, 2));
    assert_eq!(stats.frames.total(), stats.frames.control);
}

#[test]
fn the_end_of_time_is_survived() {
    let mut story = Story::ready(config());
    story.now = Time::new(Duration::MAX);
    story.client.handle_input(story.now, Input::Timeout);
    let mut said = 0;
    while !matches!(story.client.poll_output(), Output::Wait(_)) {
        said += 1;
    }
    assert!(said < 10, "{said}");
    let mut late = Client::new(config(), 1, Time::new(Duration::MAX));
    late.handle_input(Time::new(Duration::MAX), Input::Timeout);
}
