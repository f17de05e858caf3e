//! Endpoint discovery and the upgrade, as the machine sees them.

use super::*;

#[test]
fn a_client_asks_connects_pings_and_is_ready_at_the_first_pong() {
    let mut story = Story::new(config());
    let request = story.request();
    assert_eq!(
        (request.method, request.url.to_string()),
        ("POST", "https://open.feishu.cn/callback/ws/endpoint".into())
    );
    assert_eq!(story.client.status(), Status::Discovering { attempt: story.attempt });

    story.discovered();
    let connect = story.expect("a connect", |output| match output {
        Output::Connect { connect, .. } => Some(Connect::clone(connect)),
        _ => None,
    });
    assert_eq!(connect.url.expose(), URL);
    assert_eq!(connect.max_message, 17 * 1024 * 1024);
    assert_eq!(story.client.status(), Status::Connecting { attempt: story.attempt });

    story.opened();
    let connection_id = story.expect("connected", |output| match output {
        Output::Notice(Notice::Connected { connection_id, .. }) => Some(connection_id.clone()),
        _ => None,
    });
    assert_eq!(connection_id.as_deref(), Some("7046029254386353131"));
    assert_eq!(story.client.status(), Status::Open { attempt: story.attempt, ready: false });
    let ping = story.sent();
    assert_eq!((ping.header("type"), ping.service(), ping.method()), (Some("ping"), 33_554_678, 0));

    story.pass(ms(40));
    story.pong("");
    let (first, gap) = story.expect("ready", |output| match output {
        Output::Notice(Notice::Ready { first, gap }) => Some((*first, *gap)),
        _ => None,
    });
    assert_eq!((first, gap), (true, None));
    assert_eq!(story.client.status(), Status::Open { attempt: story.attempt, ready: true });
    assert_eq!(story.client.stats().round_trip, Some(ms(40)));
}

#[test]
fn an_event_before_the_first_pong_makes_it_ready_too() {
    let mut story = Story::new(config());
    story.connect();
    story.event("m1", "e1");
    story.expect("ready", |output| matches!(output, Output::Notice(Notice::Ready { .. })).then_some(()));
    story.delivery();
}

#[test]
fn discovery_that_never_answers_is_ended_after_fifteen_seconds() {
    let mut story = Story::new(config());
    assert_eq!(story.pass_to_deadline(), secs(15));
    assert_eq!(story.closes(), Close::Abort);
    let (failure, wait) = story.disconnected();
    assert_eq!(failure, Failure::DiscoveryTimeout);
    assert!((secs(1)..ms(1_250)).contains(&wait.unwrap()));
}

#[test]
fn an_upgrade_that_never_answers_is_ended_after_thirty_seconds() {
    let mut story = Story::new(config());
    story.discovered();
    assert_eq!(story.pass_to_deadline(), secs(30));
    assert_eq!(story.closes(), Close::Abort);
    assert_eq!(story.disconnected().0, Failure::ConnectTimeout);
}

#[test]
fn each_attempt_asks_for_an_endpoint_of_its_own() {
    let mut story = Story::new(config());
    story.discovered();
    story.fail(LinkErrorKind::Connect);
    let first = story.attempt;
    story.pass_to_deadline();
    story.request();
    assert!(story.attempt > first);
}

#[test]
fn an_answer_to_an_older_attempt_changes_nothing() {
    let mut story = Story::new(config());
    let old = story.attempt;
    story.fail(LinkErrorKind::Dns);
    story.pass_to_deadline();
    story.said.clear();
    let status = story.client.status();

    story.input(Input::Opened { attempt: old, headers: Headers::new() });
    story.input(Input::Closed { attempt: old, code: 3001, reason: String::new() });
    story.input(Input::Failed { attempt: old, error: LinkError::new(LinkErrorKind::Io, "") });
    story.input(Input::Response { attempt: old, status: 200, headers: Headers::new(), body: Bytes::new() });
    story.input(Input::Rejected { attempt: old, status: 403, headers: Headers::new(), body: Bytes::new() });
    story.input(Input::Message { attempt: old, kind: MessageKind::Binary, data: Bytes::new() });

    assert!(story.said.is_empty(), "{:?}", story.said);
    assert_eq!(story.client.status(), status);
    let stats = story.client.stats();
    assert_eq!((stats.oddities.stale_inputs, stats.frames.ignored), (6, 1));
}

#[test]
fn an_answer_that_fits_the_attempt_but_not_the_state_changes_nothing() {
    let mut story = Story::new(config());
    story.discovered();
    story.said.clear();
    story.discovered();
    story.input(Input::Assertion { attempt: story.attempt, result: Ok(Assertion::new("jwt")) });
    assert!(story.said.is_empty(), "{:?}", story.said);
    story.opened();
    story.said.clear();
    story.opened();
    story.rejected(403, &[("Handshake-Status", "403")], "");
    assert!(story.said.is_empty(), "{:?}", story.said);
    assert_eq!(story.client.stats().oddities.stale_inputs, 4);
}

#[test]
fn a_refusal_for_good_stops_with_its_kind_code_and_advice() {
    let refused = |code: i64| {
        let mut story = Story::new(config());
        story.answer(200, &format!(r#"{{"code":{code},"msg":"no","data":{{}}}}"#));
        story.stopped()
    };
    let credentials = refused(1_000_040_345);
    assert!(matches!(credentials, Stop::Credentials(_)));
    assert!(credentials.to_string().contains("developer console"), "{credentials}");
    assert!(matches!(refused(1_000_040_351), Stop::WrongBrand(_)));
    assert!(matches!(refused(1_000_040_350), Stop::ConnectionLimit { signal: LimitSignal::Discovery, .. }));
    assert_eq!(refused(514).code(), Some(514));
    assert_eq!(refused(403).code(), Some(403));
}

#[test]
fn the_wrong_brand_is_named_and_the_secret_goes_nowhere_else() {
    let mut story = Story::new(config());
    story.answer(200, r#"{"code":1000040351,"msg":"Incorrect domain name","data":{}}"#);
    let stop = story.stopped();
    assert!(stop.to_string().contains("other brand"), "{stop}");
}

#[test]
fn http_statuses_and_busy_answers_never_stop_the_client() {
    let mut story = Story::new(config());
    for round in 1..=40 {
        match round % 4 {
            0 => story.answer(401, "who are you"),
            1 => story.answer(404, r#"{"code":1000040345,"msg":"not here"}"#),
            2 => story.answer(200, r#"{"code":1,"msg":"busy"}"#),
            _ => story.answer(200, r#"{"code":1000040343,"msg":"internal","data":null}"#),
        }
        assert!(story.disconnected().1.is_some());
        story.pass_to_deadline();
    }
    assert!(matches!(story.client.status(), Status::Discovering { .. }));
}

#[test]
fn five_equal_failures_in_a_row_are_told_once_and_again_after_five_more() {
    let mut story = Story::new(config());
    let mut told = Vec::new();
    for _ in 0..11 {
        story.answer(403, "");
        told.extend(story.said.iter().filter_map(|output| match output {
            Output::Notice(Notice::Degraded { failure: Failure::HttpStatus { status: 403, .. }, times }) => {
                Some(*times)
            }
            _ => None,
        }));
        story.said.clear();
        story.pass_to_deadline();
    }
    assert_eq!(told, [5, 10]);
    story.answer(500, "");
    for _ in 0..3 {
        story.pass_to_deadline();
        story.answer(403, "");
    }
    assert_eq!(story.count(|output| matches!(output, Output::Notice(Notice::Degraded { .. }))), 0);
}

#[test]
fn a_forbidden_upgrade_stops_at_once() {
    let mut story = Story::new(config());
    story.discovered();
    story.rejected(400, &[("handshake-status", "403"), ("HANDSHAKE-MSG", "app is disabled")], "");
    let Stop::Forbidden(rejection) = story.stopped() else { panic!("another reason") };
    assert_eq!((rejection.handshake_status, rejection.message.as_str()), (Some(403), "app is disabled"));
}

#[test]
fn a_plain_403_stops_only_if_a_fresh_discovery_meets_it_again() {
    let mut story = Story::new(config());
    story.discovered();
    story.rejected(403, &[], "<html>proxy</html>");
    assert!(matches!(story.disconnected().0, Failure::Handshake(_)));
    story.pass_to_deadline();
    story.discovered();
    story.rejected(401, &[], "");
    assert!(matches!(story.stopped(), Stop::Forbidden(_)));
}

#[test]
fn another_failure_between_two_plain_403_makes_them_two_first_ones() {
    let mut story = Story::new(config());
    for _ in 0..4 {
        story.discovered();
        story.rejected(403, &[], "");
        story.pass_to_deadline();
        story.answer(500, "");
        story.pass_to_deadline();
    }
    assert!(matches!(story.client.status(), Status::Discovering { .. }));
}

#[test]
fn an_upgrade_refused_with_514_is_tried_again_unless_it_is_the_connection_limit() {
    let mut story = Story::new(config());
    story.discovered();
    story.rejected(400, &[("Handshake-Status", "514"), ("Handshake-Autherrcode", "1000040343")], "");
    assert!(story.disconnected().1.is_some());
    story.pass_to_deadline();
    story.discovered();
    story.rejected(400, &[("Handshake-Status", "514"), ("Handshake-Autherrcode", "1000040350")], "");
    assert!(matches!(story.stopped(), Stop::ConnectionLimit { signal: LimitSignal::Handshake, .. }));
}

#[test]
fn a_close_with_3001_is_the_connection_limit() {
    let mut story = Story::new(config());
    story.connect();
    story.close(3001, "too many registered connections");
    assert!(matches!(story.disconnected(), (Failure::ConnectionLimit { .. }, None)));
    assert!(matches!(story.stopped(), Stop::ConnectionLimit { signal: LimitSignal::Close, .. }));
}

#[test]
fn at_the_connection_limit_a_patient_client_comes_back_after_a_minute_at_the_earliest() {
    let mut config = config();
    config.reconnect.at_connection_limit = Some(secs(5));
    let mut story = Story::new(config);
    story.answer(200, r#"{"code":1000040350,"msg":"the number of connections exceeded the limit","data":{}}"#);
    let (failure, wait) = story.disconnected();
    assert!(matches!(failure, Failure::ConnectionLimit { signal: LimitSignal::Discovery, .. }));
    assert_eq!(wait, Some(secs(60)));
    story.pass_to_deadline();
    story.connect();
    story.close(3001, "");
    assert!(story.disconnected().1.unwrap() >= secs(60));
}

#[test]
fn an_assertion_is_asked_for_on_each_discovery() {
    let mut config = Config::with_assertion(APP);
    config.domain = Domain::Custom("https://open.example:8443/".into());
    let mut story = Story::new(config);
    for number in 1..=2 {
        let audience = story.expect("a wish for an assertion", |output| match output {
            Output::Assertion { audience, .. } => Some(audience.clone()),
            _ => None,
        });
        assert_eq!(audience, "open.example:8443");
        let result = Ok(Assertion::new(format!("jwt-{number}")));
        story.input(Input::Assertion { attempt: story.attempt, result });
        let body = story.request().body;
        let expected = format!(r#"{{"AppID":"{APP}","AppSecret":"","ClientAssertion":"jwt-{number}"}}"#);
        assert_eq!(body, expected.as_bytes());
        story.fail(LinkErrorKind::Connect);
        story.pass_to_deadline();
    }
}

#[test]
fn an_assertion_that_cannot_be_had_now_is_tried_again_and_one_that_never_can_stops() {
    let mut story = Story::new(Config::with_assertion(APP));
    let error = AssertionError::Unavailable("vault is sealed".into());
    story.input(Input::Assertion { attempt: story.attempt, result: Err(error.clone()) });
    assert_eq!(story.disconnected().0, Failure::Assertion(error));
    story.pass_to_deadline();
    story.input(Input::Assertion { attempt: story.attempt, result: Ok(Assertion::new("")) });
    assert_eq!(story.stopped(), Stop::Assertion(AssertionError::Empty));
}

#[test]
fn an_assertion_that_never_comes_runs_into_the_deadline_of_discovery() {
    let mut story = Story::new(Config::with_assertion(APP));
    assert_eq!(story.pass_to_deadline(), secs(15));
    assert_eq!(story.closes(), Close::Abort);
    assert_eq!(story.disconnected().0, Failure::DiscoveryTimeout);
}

#[test]
fn a_wrong_configuration_stops_before_anything_is_sent() {
    for (config, error) in [
        (Config::new("", SECRET), ConfigError::NoAppId),
        (Config::new(APP, ""), ConfigError::NoSecret),
        (
            {
                let mut c = config();
                c.domain = Domain::Custom("http://open.feishu.cn".into());
                c
            },
            ConfigError::Domain(UrlError::Insecure),
        ),
    ] {
        let mut story = Story::new(config);
        assert_eq!(story.stopped(), Stop::Config(error));
    }
}

#[test]
fn settings_are_told_when_they_change_also_when_the_url_beside_them_is_of_no_use() {
    let mut story = Story::new(config());
    story.answer(200, &format!(r#"{{"code":0,"data":{{"URL":"","ClientConfig":{SETTINGS}}}}}"#));
    let settings = story.expect("settings", |output| match output {
        Output::Notice(Notice::Settings(settings)) => Some(*settings),
        _ => None,
    });
    assert_eq!((settings.ping_interval, settings.reconnect_nonce), (secs(120), secs(30)));
    assert_eq!(story.disconnected().0, Failure::BadAnswer("it has no URL"));
    story.pass_to_deadline();
    story.connect();
    assert_eq!(story.count(|output| matches!(output, Output::Notice(Notice::Settings(_)))), 0);
}
