//! No Debug, Display, notice or error shows what must not be seen, not even when the platform quotes it.

use super::*;

const SECRETS: [&str; 5] = [
    SECRET,
    "0123456789abcdef0123456789abcdef",
    "5f0e1d2c-3b4a-5968-8776-655443322110",
    "jwt-of-the-app",
    "token-of-the-event",
];

#[track_caller]
fn clean(shown: &str) {
    for secret in SECRETS {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

/// Looks at everything that can be looked at, after each step.
fn look(story: &mut Story) {
    clean(&format!("{:#?}", story.client));
    clean(&format!("{:?} {:?}", story.client.status(), story.client.stats()));
    for output in story.said.drain(..) {
        clean(&format!("{output:?}"));
        if let Output::Notice(notice) = output {
            match notice {
                Notice::Disconnected { failure, .. } | Notice::Degraded { failure, .. } => clean(&failure.to_string()),
                Notice::Stopped(stop) => clean(&stop.to_string()),
                Notice::Connected { url, .. } => clean(&url.to_string()),
                Notice::Dropped { reason, .. } => clean(&reason.to_string()),
                _ => {}
            }
        }
    }
}

#[test]
fn a_whole_life_shows_no_secret() {
    let mut story = Story::new(config());
    clean(&format!("{:?}", config()));
    look(&mut story);
    let body = format!(r#"{{"code":0,"data":{{"URL":"{URL}"}}}}"#);
    let input =
        Input::Response { attempt: story.attempt, status: 200, headers: Headers::new(), body: body.clone().into() };
    clean(&format!("{input:?}"));
    story.discovered();
    look(&mut story);
    story.opened();
    look(&mut story);
    let with_token =
        event("e1", "im.message.receive_v1").replace("\"app_id\"", "\"token\":\"token-of-the-event\",\"app_id\"");
    story.frame(&data("m1", &with_token));
    look(&mut story);
    story.fail(LinkErrorKind::Reset);
    look(&mut story);
    story.shutdown(secs(1));
    look(&mut story);
}

#[test]
fn a_platform_that_quotes_the_secret_in_its_refusal_does_not_make_us_show_it() {
    let quoting: [fn(&mut Story); 6] = [
        |story| story.answer(200, &format!(r#"{{"code":1000040345,"msg":"secret {SECRET} is wrong"}}"#)),
        |story| story.answer(200, &format!(r#"{{"code":1,"msg":"{SECRET}"}}"#)),
        |story| story.answer(500, &format!("request was AppSecret={SECRET}")),
        |story| {
            story.discovered();
            story.rejected(400, &[("Handshake-Status", "514"), ("Handshake-Msg", &format!("bad {URL} {SECRET}"))], "");
        },
        |story| {
            story.discovered();
            story.rejected(403, &[], &format!("cannot GET {URL}"));
        },
        |story| {
            story.connect();
            story.close(3001, &format!("{SECRET} {URL}"));
        },
    ];
    for quote in quoting {
        let mut story = Story::new(config());
        quote(&mut story);
        look(&mut story);
    }
}

#[test]
fn a_ticket_is_masked_in_its_decoded_form_too() {
    let mut story = Story::new(config());
    let url = "wss://gateway.example/ws/v2?device_id=1&service_id=2&ticket=ab%2Bcd%2Fef";
    story.answer(200, &format!(r#"{{"code":0,"data":{{"URL":"{url}"}}}}"#));
    story.rejected(400, &[("Handshake-Msg", "bad ticket ab+cd/ef or ab%2Bcd%2Fef")], "");
    let said = format!("{:?}", story.said);
    assert!(said.contains("bad ticket *** or ***"), "{said}");
}

#[test]
fn a_frame_whose_type_quotes_the_ticket_does_not_make_us_show_it() {
    let mut story = Story::ready(config());
    let mut frame = data("m1", "{}");
    frame.headers = [Header::new("type", format!("say {URL}"))].into();
    story.frame(&frame);
    assert!(matches!(story.dropped().0, DropReason::UnknownType(kind) if kind.starts_with("say wss://")));
    frame.headers = [Header::new("type", "5f0e1d2c-3b4a-5968-8776-655443322110\n")].into();
    story.frame(&frame);
    assert_eq!(story.dropped().0, DropReason::UnknownType("*** ".to_string()));
}

#[test]
fn headers_and_parameters_of_the_configuration_are_shown_by_name_only() {
    let mut config = config();
    let pair = |name: &str| (name.to_string(), "Bearer hunter2".to_string());
    config.discovery_headers = [pair("X-Gateway")].into();
    config.connection_headers = [pair("X-Gateway")].into();
    config.connection_query = [pair("token")].into();
    let shown = format!("{config:?} {:?}", Story::new(config.clone()).client);
    assert!(shown.contains("X-Gateway") && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn an_error_of_the_driver_that_quotes_the_url_is_masked() {
    let mut story = Story::new(config());
    story.discovered();
    let error = LinkError::new(LinkErrorKind::Io, format!("cannot open {URL} with {SECRET}"));
    story.input(Input::Failed { attempt: story.attempt, error });
    look(&mut story);
}

#[test]
fn an_assertion_is_as_secret_as_the_secret() {
    let mut story = Story::new(Config::with_assertion(APP));
    let input = Input::Assertion { attempt: story.attempt, result: Ok(Assertion::new("jwt-of-the-app")) };
    clean(&format!("{input:?}"));
    story.input(input);
    look(&mut story);
    story.answer(500, "you sent jwt-of-the-app");
    look(&mut story);
}
