//! What people read when something fails: what happened, who is at fault, what to do next.

use alloc::format;
use alloc::string::{String, ToString};

use super::*;

fn refusal(code: i64) -> Refusal {
    Refusal { code, message: "no".into() }
}

fn rejection() -> Rejection {
    Rejection { status: 403, handshake_status: Some(514), auth_code: Some(1_000_040_345), message: "go away".into() }
}

fn link(kind: LinkErrorKind) -> LinkError {
    LinkError::new(kind, "detail")
}

#[test]
fn a_failure_on_the_way_says_where_it_was() {
    let words = [
        (LinkErrorKind::Dns, "name resolution failed"),
        (LinkErrorKind::Connect, "connection failed"),
        (LinkErrorKind::Proxy, "the proxy failed"),
        (LinkErrorKind::Tls, "TLS failed"),
        (LinkErrorKind::Upgrade, "the answer is not HTTP"),
        (LinkErrorKind::Timeout(Phase::Tcp), "connecting took too long"),
        (LinkErrorKind::Timeout(Phase::Proxy), "the proxy took too long"),
        (LinkErrorKind::Timeout(Phase::Tls), "the TLS handshake took too long"),
        (LinkErrorKind::Timeout(Phase::Upgrade), "the WebSocket upgrade took too long"),
        (LinkErrorKind::Timeout(Phase::Write), "the peer stopped reading"),
        (LinkErrorKind::TooLarge, "more was sent than is accepted"),
        (LinkErrorKind::Reset, "the connection was cut"),
        (LinkErrorKind::Protocol, "the peer broke the protocol"),
        (LinkErrorKind::Io, "input or output failed"),
    ];
    for (kind, expected) in words {
        assert_eq!(link(kind).to_string(), format!("{expected}: detail"));
    }
}

#[test]
fn a_failed_attempt_says_what_the_platform_did() {
    let closed = Failure::Closed { code: 3001, reason: "exceed".into() };
    let limit = Failure::ConnectionLimit { signal: LimitSignal::Close, message: "exceed".into() };
    let words = [
        (Failure::Link(link(LinkErrorKind::Dns)), "name resolution failed: detail"),
        (Failure::DiscoveryTimeout, "endpoint discovery took too long"),
        (Failure::ConnectTimeout, "connecting took too long"),
        (Failure::Assertion(AssertionError::Empty), "the provider gave an empty client assertion"),
        (
            Failure::HttpStatus { status: 502, message: "bad gateway".into() },
            "endpoint discovery got HTTP status 502: bad gateway",
        ),
        (Failure::Refused(refusal(1)), "the platform refused endpoint discovery: 1 no"),
        (Failure::BadAnswer("no URL"), "the answer of endpoint discovery is of no use: no URL"),
        (
            Failure::BadUrl(UrlError::Port),
            "the platform gave a connection URL that is not usable: the port is not a number from 1 to 65535",
        ),
        (
            Failure::Handshake(rejection()),
            "the platform refused the WebSocket: HTTP status 403, handshake status 514, auth code 1000040345 go away",
        ),
        (Failure::HttpStatus { status: 502, message: String::new() }, "endpoint discovery got HTTP status 502"),
        (Failure::Closed { code: 1005, reason: String::new() }, "the platform closed the connection: 1005"),
        (closed, "the platform closed the connection: 3001 exceed"),
        (limit, "the app has too many connections: exceed"),
        (Failure::Silent, "the connection is dead: nothing came after a ping"),
        (Failure::TooManyBadMessages, "too many messages made no sense"),
        (Failure::MessageTooLarge, "a message was larger than the limit"),
    ];
    for (failure, expected) in words {
        assert_eq!(failure.to_string(), expected);
    }
}

#[test]
fn only_failures_of_one_kind_make_a_row() {
    let status = |status| Failure::HttpStatus { status, message: String::new() };
    let closed = |code| Failure::Closed { code, reason: String::new() };
    let other = Failure::Handshake(Rejection { auth_code: None, ..rejection() });
    let kinds = [
        Failure::Link(link(LinkErrorKind::Dns)),
        Failure::Link(link(LinkErrorKind::Tls)),
        status(500),
        status(502),
        Failure::Refused(refusal(1)),
        Failure::Refused(refusal(2)),
        Failure::Handshake(rejection()),
        other,
        closed(1000),
        closed(1006),
        Failure::Silent,
        Failure::DiscoveryTimeout,
    ];
    for (i, a) in kinds.iter().enumerate() {
        for (j, b) in kinds.iter().enumerate() {
            assert_eq!(a.resembles(b), i == j, "{a} | {b}");
        }
    }
    let named = Failure::HttpStatus { status: 500, message: "other words".into() };
    assert!(named.resembles(&status(500)));
}

#[test]
fn a_stop_says_whose_it_is_to_mend_and_how() {
    let limit = Stop::ConnectionLimit { signal: LimitSignal::Handshake, message: "exceed".into() };
    let used_up = Stop::TriesUsedUp { attempts: 3, last: Failure::Silent };
    let stops = [
        (Stop::Config(ConfigError::Domain(UrlError::Scheme)), None, "such as https://open.feishu.cn", "correct"),
        (Stop::Config(ConfigError::NoSecret), None, "the app secret is empty", "correct the configuration"),
        (Stop::Credentials(refusal(1_000_040_345)), Some(1_000_040_345), "1000040345 no", "developer console"),
        (Stop::WrongBrand(refusal(1_000_040_351)), Some(1_000_040_351), "1000040351 no", "Domain::Lark"),
        (Stop::Refused(refusal(12_345)), Some(12_345), "12345 no", "documentation"),
        (Stop::Forbidden(rejection()), Some(514), "go away", "self-built"),
        (limit, Some(1_000_040_350), "too many connections: exceed", "at most 50"),
        (Stop::Assertion(AssertionError::BadTarget), None, "target that is not an https host", "provider"),
        (used_up, None, "3 attempts failed in a row, the last one: the connection is dead", "max_attempts"),
    ];
    for (stop, code, what, hint) in stops {
        let shown = stop.to_string();
        assert_eq!(stop.code(), code, "{shown}");
        assert!(shown.contains(what), "{shown}");
        assert!(stop.hint().contains(hint), "{shown}");
        assert!(shown.ends_with(&format!("({})", stop.hint())), "{shown}");
    }
    assert_eq!((Stop::Shutdown.to_string().as_str(), Stop::Shutdown.code()), ("shut down as asked", None));
    assert_eq!(Stop::Shutdown.hint(), "nothing: the application asked for it");
    let bare = Rejection { status: 401, handshake_status: None, auth_code: None, message: "who?".into() };
    assert_eq!(bare.to_string(), "the platform refused the WebSocket: HTTP status 401 who?");
    assert_eq!(Stop::Forbidden(bare).code(), Some(401));
}
