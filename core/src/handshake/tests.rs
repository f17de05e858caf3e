use alloc::string::ToString;
use alloc::vec::Vec;

use super::*;
use crate::secret::presentable;

fn headers(pairs: &[(&str, &str)]) -> Headers {
    pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect::<Vec<_>>()
}

fn verdict(status: u16, pairs: &[(&str, &str)]) -> Verdict {
    read(status, &headers(pairs), b"body", |text| presentable(text, &[]))
}

fn rejection(status: u16, handshake_status: Option<i64>, auth_code: Option<i64>, message: &str) -> Rejection {
    Rejection { status, handshake_status, auth_code, message: message.into() }
}

const LIMIT: (&str, &str) = ("Handshake-Autherrcode", "1000040350");
const LIMIT_CODE: Option<i64> = Some(1_000_040_350);

#[test]
fn status_514_with_the_code_of_the_limit_is_the_limit_whatever_the_http_status() {
    for status in [200, 400, 403, 500, 514] {
        let found = verdict(status, &[("Handshake-Status", "514"), ("Handshake-Msg", "too many"), LIMIT]);
        assert_eq!(found, Verdict::Limit(LimitSignal::Handshake, "too many".into()));
    }
}

#[test]
fn status_514_with_another_code_or_none_is_tried_again() {
    let found = verdict(400, &[("Handshake-Status", "514"), ("Handshake-Autherrcode", "1000040351")]);
    assert_eq!(found, Verdict::Retry(rejection(400, Some(514), Some(1_000_040_351), "body")));
    let found = verdict(403, &[("Handshake-Status", "514")]);
    assert_eq!(found, Verdict::Retry(rejection(403, Some(514), None, "body")));
}

#[test]
fn status_403_is_fatal_with_and_without_words() {
    let found = verdict(403, &[("Handshake-Status", "403"), ("Handshake-Msg", "forbidden")]);
    assert_eq!(found, Verdict::Forbidden(rejection(403, Some(403), None, "forbidden")));
    // Python tries for ever again without Handshake-Msg.
    let found = verdict(500, &[("Handshake-Status", "403")]);
    assert_eq!(found, Verdict::Forbidden(rejection(500, Some(403), None, "body")));
    let found = verdict(400, &[("Handshake-Status", "403"), LIMIT]);
    assert_eq!(found, Verdict::Forbidden(rejection(400, Some(403), LIMIT_CODE, "body")));
}

#[test]
fn any_other_status_is_tried_again_even_beside_a_http_403() {
    for number in [0, 1, 101, 200, 401, 404, 500, -1] {
        let found = verdict(403, &[("Handshake-Status", &number.to_string())]);
        assert_eq!(found, Verdict::Retry(rejection(403, Some(number), None, "body")));
    }
    // The code of the limit means the limit with status 514 only.
    let found = verdict(400, &[("Handshake-Status", "500"), LIMIT]);
    assert_eq!(found, Verdict::Retry(rejection(400, Some(500), LIMIT_CODE, "body")));
}

#[test]
fn without_the_headers_a_401_or_403_is_doubtful_since_a_proxy_may_have_sent_it() {
    for status in [401, 403] {
        assert_eq!(verdict(status, &[]), Verdict::Doubtful(rejection(status, None, None, "body")));
        assert_eq!(verdict(status, &[("Server", "x")]), Verdict::Doubtful(rejection(status, None, None, "body")));
    }
}

#[test]
fn without_the_headers_any_other_http_status_is_tried_again() {
    for status in [100, 200, 204, 301, 302, 400, 402, 404, 407, 408, 426, 429, 500, 502, 503, 504, 514, 999] {
        assert_eq!(verdict(status, &[]), Verdict::Retry(rejection(status, None, None, "body")));
    }
}

#[test]
fn without_a_status_the_code_of_the_limit_is_enough() {
    let found = verdict(514, &[LIMIT]);
    assert_eq!(found, Verdict::Limit(LimitSignal::Handshake, "body".into()));
}

#[test]
fn names_are_found_in_any_case_of_letters_and_values_with_spaces_around() {
    let found = verdict(400, &[("HANDSHAKE-STATUS", " 514\t"), ("handshake-autherrcode", " 1000040350 ")]);
    assert_eq!(found, Verdict::Limit(LimitSignal::Handshake, "body".into()));
    let found = verdict(400, &[("hAnDsHaKe-StAtUs", "403"), ("handshake-MSG", " no ")]);
    assert_eq!(found, Verdict::Forbidden(rejection(400, Some(403), None, "no")));
}

#[test]
fn of_a_repeated_header_the_first_counts() {
    let found = verdict(400, &[("Handshake-Status", "500"), ("Handshake-Status", "403")]);
    assert_eq!(found, Verdict::Retry(rejection(400, Some(500), None, "body")));
}

#[test]
fn a_status_that_is_no_number_leaves_the_http_status() {
    for odd in ["", "x", "4 03", "403.0", "0x193", "99999999999999999999"] {
        let found = verdict(403, &[("Handshake-Status", odd)]);
        assert_eq!(found, Verdict::Doubtful(rejection(403, None, None, "body")), "{odd}");
        let found = verdict(500, &[("Handshake-Status", odd)]);
        assert_eq!(found, Verdict::Retry(rejection(500, None, None, "body")), "{odd}");
    }
}

#[test]
fn words_of_the_platform_and_of_proxies_are_made_fit_to_show() {
    let masked = |text: &str| presentable(text, &["t1ck3t-1", "s3cr3t"]);
    let found = read(502, &headers(&[]), b"<h1>bad\r\n\xff t1ck3t-1 s3cr3t</h1>", masked);
    assert_eq!(found, Verdict::Retry(rejection(502, None, None, "<h1>bad  \u{fffd} *** ***</h1>")));
    let found = read(400, &headers(&[("Handshake-Msg", "s3cr3t\u{1b}[31m"), LIMIT]), b"", masked);
    assert_eq!(found, Verdict::Limit(LimitSignal::Handshake, "*** [31m".into()));
    let found = read(500, &headers(&[]), "中".repeat(4_000).as_bytes(), masked);
    assert_eq!(found, Verdict::Retry(rejection(500, None, None, &"中".repeat(300))));
}

#[test]
fn close_code_3001_is_the_limit_whatever_its_words() {
    assert!(is_limit_close(3001, ""));
    assert!(is_limit_close(3001, "bye"));
}

#[test]
fn words_about_too_many_connections_are_the_limit_whatever_the_code() {
    for words in [
        "too many connections",
        "Too Many registered Connections",
        "the number of connections exceeded the limit",
        "connection limit exceeded",
        "connections exceed 50",
        "exceed max connection count",
    ] {
        assert!(is_limit_close(1008, words), "{words}");
    }
}

#[test]
fn other_closes_are_none_of_the_limit_since_that_would_be_fatal() {
    for words in [
        "",
        "bye",
        "going away",
        "too many messages",
        "too many pings on this connection",
        "quota exceeded",
        "connection exceeded its idle time",
        "connection lifetime exceeded",
        "message size exceeded, closing connection",
        "connection reset",
        "connections are drained",
    ] {
        for code in [1000, 1001, 1005, 1006, 1008, 1011, 3000, 3002, 4000] {
            assert!(!is_limit_close(code, words), "{code} {words}");
        }
    }
}
