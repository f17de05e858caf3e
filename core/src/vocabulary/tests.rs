//! What logs show of inputs and outputs, and the words for what is told.

use alloc::format;
use alloc::string::ToString;
use alloc::vec;

use super::*;
use crate::LinkErrorKind;

const SECRET: &str = "s3cr3t";

fn headers() -> Headers {
    vec![("Handshake-Msg".into(), SECRET.into())]
}

#[test]
fn an_input_is_shown_without_what_is_in_it() {
    let attempt = Attempt::new(7);
    let body = Bytes::from_static(SECRET.as_bytes());
    let assertion = Assertion::new(SECRET);
    let error = LinkError::new(LinkErrorKind::Reset, SECRET);
    let inputs = [
        (Input::Timeout, "Timeout"),
        (Input::Held, "Held"),
        (Input::Resumed, "Resumed"),
        (Input::Wall { unix_ms: 5 }, "Wall { unix_ms: 5 }"),
        (
            Input::Assertion { attempt, result: Err(AssertionError::Empty) },
            "Assertion { attempt: Attempt(7), result: Err(Empty) }",
        ),
        (
            Input::Response { attempt, status: 200, headers: headers(), body: body.clone() },
            r#"Response { attempt: Attempt(7), status: 200, headers: ["Handshake-Msg"], body_bytes: 6 }"#,
        ),
        (
            Input::Opened { attempt, headers: headers() },
            r#"Opened { attempt: Attempt(7), headers: ["Handshake-Msg"] }"#,
        ),
        (
            Input::Rejected { attempt, status: 403, headers: headers(), body: body.clone() },
            r#"Rejected { attempt: Attempt(7), status: 403, headers: ["Handshake-Msg"], body_bytes: 6 }"#,
        ),
        (
            Input::Message { attempt, kind: MessageKind::Binary, data: body },
            "Message { attempt: Attempt(7), kind: Binary, bytes: 6 }",
        ),
        (Input::Alive { attempt, kind: AliveKind::Pong }, "Alive { attempt: Attempt(7), kind: Pong }"),
        (
            Input::Closed { attempt, code: 1000, reason: SECRET.into() },
            "Closed { attempt: Attempt(7), code: 1000, reason_bytes: 6 }",
        ),
        (Input::Failed { attempt, error }, "Failed { attempt: Attempt(7), error: Reset }"),
    ];
    for (input, expected) in inputs {
        assert_eq!(format!("{input:?}"), expected);
    }
    let shown = format!("{:?}", Input::Assertion { attempt, result: Ok(assertion) });
    assert!(shown.starts_with("Assertion { attempt: Attempt(7), result: Ok(") && !shown.contains(SECRET), "{shown}");
}

#[test]
fn why_something_is_not_delivered_is_said_in_words() {
    let words = [
        (DropReason::Malformed("no seq".into()), "malformed: no seq"),
        (DropReason::TooLarge("payload"), "over the limit of payload"),
        (DropReason::NoRoom, "too much is waiting already"),
        (DropReason::ShuttingDown, "the client is shutting down"),
        (DropReason::Incomplete, "the other parts did not come in time"),
        (DropReason::Restarted, "the message began anew with another number of parts"),
        (DropReason::ConnectionLost, "the connection was lost before the other parts came"),
        (DropReason::UnknownType("x".into()), r#"data frame of unknown type "x""#),
        (DropReason::Encrypted, "encrypted payload; encryption is for webhooks"),
    ];
    for (reason, expected) in words {
        assert_eq!(reason.to_string(), expected);
    }
    assert!(DropReason::CardFrame.to_string().contains("subscribe to card.action.trigger"));
}

#[test]
fn a_missing_assertion_says_who_has_to_see_to_it() {
    let words = [
        (AssertionError::Unavailable("vault down".into()), "no client assertion could be had now: vault down"),
        (AssertionError::Denied("revoked".into()), "no client assertion can be had: revoked"),
        (AssertionError::Empty, "the provider gave an empty client assertion"),
        (AssertionError::BadTarget, "the client assertion names a target that is not an https host"),
    ];
    for (error, expected) in words {
        assert_eq!(error.to_string(), expected);
    }
    assert_eq!(UnknownDelivery.to_string(), "no such delivery: it was answered or given up already");
}

#[test]
fn numbers_and_gaps_are_shown_as_they_are() {
    assert_eq!((Attempt::new(3).to_string().as_str(), Attempt::new(3).number()), ("3", 3));
    assert_eq!((DeliveryId::new(9).to_string().as_str(), DeliveryId::new(9).number()), ("9", 9));
    let at = |seconds| Time::new(Duration::from_secs(seconds));
    assert_eq!(Gap::new(at(10), at(14), at(20)).length(), Duration::from_secs(10));
    let target = Target::new("proxy.example.com");
    assert_eq!((target.service.as_str(), target.prefix.as_str()), ("proxy.example.com", ""));
}

#[test]
fn what_has_to_be_done_is_shown_without_secrets() {
    let url = |text: &str| Url::parse(&text.replace("SECRET", SECRET)).unwrap();
    let body = Bytes::from_static(SECRET.as_bytes());
    let deadlines = Deadlines::default();
    let to = url("https://open.feishu.cn/callback/ws/endpoint");
    let request = Request { method: "POST", url: to, headers: headers(), body, max_body: 1, deadlines };
    let shown = format!("{request:?}");
    assert!(shown.contains(r#"headers: ["Handshake-Msg"], body_bytes: 6"#) && !shown.contains(SECRET), "{shown}");
    let to = url("wss://gate.example.com/ws/v2?device_id=7&access_key=SECRET&ticket=SECRET");
    let connect = Connect { url: to, headers: headers(), max_message: 1, max_rejected_body: 1, deadlines };
    let shown = format!("{connect:?}");
    assert!(shown.contains("gate.example.com") && !shown.contains(SECRET), "{shown}");
}
