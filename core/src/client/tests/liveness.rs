//! Pings, and the silence that follows some of them.

use super::*;

fn pings(story: &Story) -> usize {
    story.sends()
}

#[test]
fn pings_go_out_on_opening_and_then_every_interval() {
    let mut story = Story::ready(config());
    for _ in 0..3 {
        assert_eq!(story.pass_to_deadline(), secs(120));
        assert_eq!(story.sent().header("type"), Some("ping"));
        story.pong("");
    }
}

#[test]
fn a_half_open_connection_is_noticed_within_ping_interval_and_pong_timeout() {
    let mut story = Story::ready(config());
    story.pass(secs(139));
    assert_eq!(pings(&story), 1);
    assert!(matches!(story.client.status(), Status::Open { .. }));
    story.pass(secs(1));
    assert_eq!(story.closes(), Close::Abort);
    assert_eq!(story.disconnected().0, Failure::Silent);
}

#[test]
fn anything_at_all_is_a_sign_of_life() {
    let life: [fn(&mut Story); 5] = [
        |story| story.pong(""),
        |story| story.event("m", "e"),
        |story| story.input(Input::Alive { attempt: story.attempt, kind: AliveKind::Ping }),
        |story| story.input(Input::Message { attempt: story.attempt, kind: MessageKind::Text, data: Bytes::new() }),
        |story| story.binary(Bytes::from_static(b"\xff not a frame")),
    ];
    for sign in life {
        let mut story = Story::ready(config());
        story.pass(secs(120));
        story.pass(ms(19_999));
        sign(&mut story);
        story.pass(secs(60));
        assert!(matches!(story.client.status(), Status::Open { .. }));
    }
}

#[test]
fn a_large_message_that_comes_slowly_is_no_silence_unless_it_takes_five_minutes() {
    let mut story = Story::ready(config());
    let part = |story: &mut Story| story.input(Input::Alive { attempt: story.attempt, kind: AliveKind::Part });
    for whole in [true, false] {
        for _ in 0..299 {
            story.pass(secs(1));
            part(&mut story);
        }
        assert!(matches!(story.client.status(), Status::Open { .. }));
        if whole {
            story.event("m1", "e1");
            story.delivery();
        }
    }
    for _ in 0..140 {
        story.pass(secs(1));
        part(&mut story);
    }
    assert_eq!(story.disconnected().0, Failure::Silent);
}

#[test]
fn a_message_that_is_looked_at_too_late_still_proves_life() {
    let mut story = Story::ready(config());
    story.pass(secs(120));
    story.now = story.now.after(secs(21));
    story.event("m1", "e1");
    assert!(matches!(story.client.status(), Status::Open { .. }));
    story.delivery();
}

#[test]
fn a_changed_interval_counts_from_the_last_ping() {
    let mut story = Story::ready(config());
    story.pass(secs(50));
    story.pong(r#"{"PingInterval":60}"#);
    assert_eq!(story.pass_to_deadline(), secs(10));
    story.pong(r#"{"PingInterval":600}"#);
    assert_eq!(story.pass_to_deadline(), secs(120), "never longer than max_ping_interval");
}

#[test]
fn a_shorter_interval_that_is_over_already_pings_at_once_and_an_interval_of_one_second_does_not_storm() {
    let mut story = Story::ready(config());
    story.pass(secs(50));
    story.said.clear();
    story.pong(r#"{"PingInterval":1}"#);
    assert_eq!(pings(&story), 1);
    for _ in 0..5 {
        story.pong(r#"{"PingInterval":1}"#);
        assert_eq!(story.pass_to_deadline(), secs(1));
    }
    assert_eq!(pings(&story), 6);
}

#[test]
fn with_a_timeout_longer_than_the_interval_the_first_unanswered_ping_counts() {
    let mut config = config();
    config.liveness.pong_timeout = secs(30);
    let mut story = Story::ready(config);
    story.pong(r#"{"PingInterval":10}"#);
    story.pass(secs(39));
    assert!(matches!(story.client.status(), Status::Open { .. }));
    story.pass(secs(1));
    assert_eq!(story.disconnected().0, Failure::Silent);
}

#[test]
fn a_timeout_of_zero_switches_the_watch_off() {
    let mut config = config();
    config.liveness.pong_timeout = Duration::ZERO;
    let mut story = Story::ready(config);
    story.pass(secs(3600));
    assert_eq!(pings(&story), 30);
    assert!(matches!(story.client.status(), Status::Open { .. }));
}

#[test]
fn a_jump_of_the_wall_clock_probes_at_once_and_a_small_one_does_not() {
    let mut story = Story::ready(config());
    let unix = 1_767_229_205_417;
    story.input(Input::Wall { unix_ms: unix });
    story.pass(secs(15));
    story.input(Input::Wall { unix_ms: unix + 15_000 + 9_000 });
    assert_eq!(pings(&story), 0);
    story.pass(secs(15));
    story.input(Input::Wall { unix_ms: unix + 30_000 + 9_000 + 3_600_000 });
    assert_eq!(pings(&story), 1);
    story.pass(secs(20));
    assert_eq!(story.disconnected().0, Failure::Silent);
}

#[test]
fn a_wall_clock_that_is_set_back_probes_too() {
    let mut story = Story::ready(config());
    story.input(Input::Wall { unix_ms: 1_767_229_205_417 });
    story.pass(secs(1));
    story.input(Input::Wall { unix_ms: 1_767_229_100_000 });
    assert_eq!(pings(&story), 1);
    story.pong("");
    story.pass(secs(60));
    assert!(matches!(story.client.status(), Status::Open { .. }));
}

#[test]
fn a_wall_clock_that_always_jumps_does_not_hide_a_dead_connection() {
    let mut story = Story::ready(config());
    let mut unix_ms = 1_767_229_205_417;
    for _ in 0..10 {
        story.input(Input::Wall { unix_ms });
        story.pass(secs(15));
        unix_ms += 30_000;
    }
    assert_eq!(story.disconnected().0, Failure::Silent);
}

#[test]
fn a_process_that_was_suspended_asks_before_it_believes_the_connection_dead() {
    let mut story = Story::ready(config());
    story.pass(secs(120));
    story.said.clear();
    story.now = story.now.after(secs(600));
    story.input(Input::Timeout);
    assert!(matches!(story.client.status(), Status::Open { .. }));
    assert!(pings(&story) >= 1);
    story.pass(secs(20));
    assert_eq!(story.disconnected().0, Failure::Silent);
}

#[test]
fn while_nobody_reads_silence_proves_nothing_and_the_full_time_runs_once_somebody_does() {
    let mut config = config();
    config.limits.unanswered = 1;
    config.handler_limit = secs(100_000);
    let mut story = Story::ready(config);
    let id = story.delivered("m1", "e1");
    assert!(!story.client.wants_input());
    story.pass(secs(600));
    assert_eq!(story.count(|output| matches!(output, Output::Notice(Notice::Disconnected { .. }))), 0);

    story.reply(id, Reply::ok()).unwrap();
    assert!(story.client.wants_input());
    story.pass(secs(600));
    story.input(Input::Resumed);
    story.pass(ms(19_999));
    assert!(matches!(story.client.status(), Status::Open { .. }));
    story.pass(ms(1));
    assert_eq!(story.disconnected().0, Failure::Silent);
}

#[test]
fn a_driver_that_holds_the_reading_for_reasons_of_its_own_says_so() {
    let mut story = Story::ready(config());
    story.input(Input::Held);
    story.pass(secs(600));
    assert!(matches!(story.client.status(), Status::Open { .. }));
    story.input(Input::Resumed);
    story.pass(secs(20));
    assert_eq!(story.disconnected().0, Failure::Silent);
}

#[test]
fn an_application_ping_of_the_platform_is_answered_with_its_ids() {
    let mut story = Story::ready(config());
    let headers = [Header::new("type", "ping"), Header::new("x", "y")].into();
    let ping = Frame {
        seq_id: Some(9),
        log_id: Some(u64::MAX),
        service: Some(-3),
        method: Some(0),
        headers,
        ..Frame::default()
    };
    story.frame(&ping);
    let pong = story.sent();
    assert_eq!((pong.seq_id(), pong.log_id(), pong.service(), pong.method()), (9, u64::MAX, -3, 0));
    assert_eq!((pong.header("type"), pong.headers.len(), &pong.payload), (Some("pong"), 1, &None));
}

#[test]
fn websocket_pings_are_sent_if_asked_for() {
    let mut config = config();
    config.liveness.websocket_ping = Some(secs(30));
    let mut story = Story::ready(config);
    for _ in 0..3 {
        assert_eq!(story.pass_to_deadline(), secs(30));
        story.expect("a WebSocket ping", |output| matches!(output, Output::Ping { .. }).then_some(()));
    }
}

#[test]
fn a_pong_that_is_no_json_changes_nothing_and_is_counted() {
    let mut story = Story::ready(config());
    let before = story.client.settings();
    for payload in ["{", "[1]", "null", "\"text\"", "\u{0}"] {
        story.pong(payload);
    }
    assert_eq!(story.client.settings(), before);
    assert_eq!(story.client.stats().oddities.bad_pongs, 5);
}

#[test]
fn a_pong_that_nests_json_in_texts_without_end_does_no_harm() {
    // serde_json's own value type reads such an object as the JSON in its text, each time with a new count of the depth.
    let mut inner = "1".to_string();
    for _ in 0..12 {
        let quoted = serde_json::to_string(&inner).unwrap();
        inner = format!("{}{{\"$serde_json::private::RawValue\":{quoted}}}{}", "[".repeat(100), "]".repeat(100));
    }
    let mut story = Story::ready(config());
    story.pong(&format!(r#"{{"x":{inner},"PingInterval":60}}"#));
    assert_eq!(story.client.settings().unwrap().ping_interval, secs(60));
}

#[test]
fn the_channel_tag_goes_into_every_ping() {
    let mut config = config();
    config.channel_tag = Some("trusted_channel".into());
    let mut story = Story::new(config);
    story.connect();
    assert_eq!(story.sent().header("channel_tag"), Some("trusted_channel"));
    story.pong("");
    story.pass_to_deadline();
    assert_eq!(story.sent().header("channel_tag"), Some("trusted_channel"));
}
