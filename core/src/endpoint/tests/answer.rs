use alloc::format;
use alloc::string::ToString;

use serde_json::{Value, json};

use super::*;
use crate::Settings;

type Read = (Result<Endpoint, NoEndpoint>, Option<ClientConfig>);

fn read_status(status: u16, body: &str) -> Read {
    read(&config(), None, status, body.as_bytes())
}

/// What the members of a `ClientConfig` come to, put on top of the usual settings.
fn merged(found: Option<ClientConfig>) -> Settings {
    let mut settings = Settings::default();
    settings.merge(&found.unwrap());
    settings
}

fn read_json(body: Value) -> Read {
    read_status(200, &body.to_string())
}

/// The body of every kind of error, with each form of `data` that is possible.
fn refusal(code: i64) -> NoEndpoint {
    let forms = [
        json!({"code": code, "msg": "words"}),
        json!({"code": code, "msg": "words", "data": null}),
        json!({"code": code, "msg": "words", "data": {}}),
        json!({"code": code, "msg": "words", "data": {"URL": URL, "ClientConfig": {"PingInterval": 1}}}),
    ];
    let mut found: Vec<NoEndpoint> = forms
        .into_iter()
        .map(|form| {
            let (endpoint, settings) = read_json(form);
            assert_eq!(settings, None, "settings of a refusal are not believed");
            endpoint.unwrap_err()
        })
        .collect();
    let first = found.pop().unwrap();
    assert!(found.iter().all(|other| *other == first), "{found:?}");
    first
}

fn words(code: i64) -> Refusal {
    Refusal { code, message: "words".into() }
}

#[track_caller]
fn bad(found: Read, why: &'static str) {
    assert_eq!(found.0.unwrap_err(), NoEndpoint::Retry(Failure::BadAnswer(why)));
}

#[test]
fn code_0_with_a_url_is_an_endpoint() {
    let settings = json!({"ReconnectCount": -1, "ReconnectInterval": 90, "ReconnectNonce": 25, "PingInterval": 91});
    let (endpoint, found) = read_json(json!({"code": 0, "msg": "", "data": {"URL": URL, "ClientConfig": settings}}));
    assert_eq!(endpoint.unwrap().url.expose(), URL);
    let found = merged(found);
    let seconds = [found.reconnect_interval, found.reconnect_nonce, found.ping_interval].map(|time| time.as_secs());
    assert_eq!((found.reconnect_count, seconds), (None, [90, 25, 91]));
}

#[test]
fn members_that_are_not_known_and_a_missing_msg_do_no_harm() {
    let (endpoint, _) = read_json(json!({"log_id": [1], "code": 0, "data": {"x": {}, "URL": URL}, "error": null}));
    assert_eq!(endpoint.unwrap().url.expose(), URL);
}

#[test]
fn busy_and_internal_errors_are_tried_again() {
    assert_eq!(refusal(1), NoEndpoint::Retry(Failure::Refused(words(1))));
    assert_eq!(refusal(1_000_040_343), NoEndpoint::Retry(Failure::Refused(words(1_000_040_343))));
}

#[test]
fn wrong_credentials_are_fatal() {
    assert_eq!(refusal(1_000_040_345), NoEndpoint::Stop(Stop::Credentials(words(1_000_040_345))));
}

#[test]
fn too_many_connections_are_a_kind_of_their_own() {
    assert_eq!(refusal(1_000_040_350), NoEndpoint::Limit(LimitSignal::Discovery, "words".into()));
}

#[test]
fn the_other_brand_is_fatal() {
    assert_eq!(refusal(1_000_040_351), NoEndpoint::Stop(Stop::WrongBrand(words(1_000_040_351))));
}

#[test]
fn any_other_code_is_fatal() {
    for code in [403, 514, 2, -1, 19_001, 20_050, 1_000_040_344, i64::MAX, i64::MIN] {
        assert_eq!(refusal(code), NoEndpoint::Stop(Stop::Refused(words(code))));
    }
}

#[test]
fn any_other_http_status_is_tried_again_whatever_the_body_says() {
    let body = format!(r#"{{"code":1000040345,"msg":"words","data":{{"URL":"{URL}"}}}}"#);
    for status in [100, 201, 204, 301, 400, 401, 403, 404, 408, 429, 500, 502, 503, 504, 999] {
        let (endpoint, settings) = read_status(status, &body);
        let expected = Failure::HttpStatus { status, message: "words".into() };
        assert_eq!((endpoint.unwrap_err(), settings), (NoEndpoint::Retry(expected), None));
    }
}

#[test]
fn without_a_msg_an_http_error_shows_the_beginning_of_its_body() {
    let message = |body: &str| match read_status(502, body).0.unwrap_err() {
        NoEndpoint::Retry(Failure::HttpStatus { status: 502, message }) => message,
        other => panic!("{other:?}"),
    };
    assert_eq!(message("<h1>Bad\r\nGateway</h1>"), "<h1>Bad  Gateway</h1>");
    assert_eq!(message(r#"{"msg":[3]}"#), r#"{"msg":[3]}"#);
    assert_eq!(message(""), "");
    assert_eq!(message(&"x".repeat(60_000)).len(), 300);
}

#[test]
fn what_is_not_a_json_object_is_tried_again() {
    for body in ["", " ", "<html>", "[]", "null", "0", "\"\"", "{", "\u{feff}{\"code\":0}", "{\"code\":0}x", "{code:0}"]
    {
        bad(read_status(200, body), "it is not a JSON object");
    }
    bad(read(&config(), None, 200, b"{\"code\":0,\"msg\":\"\xff\"}"), "it is not a JSON object");
}

#[test]
fn a_code_that_is_not_an_integer_is_tried_again() {
    for code in [json!(null), json!("0"), json!(0.5), json!([]), json!({}), json!(true), json!(u64::MAX)] {
        bad(read_json(json!({"code": code, "data": {"URL": URL}})), "it has no code");
    }
    bad(read_json(json!({"Code": 0, "data": {"URL": URL}})), "it has no code");
}

#[test]
fn code_0_without_a_url_is_tried_again() {
    for answer in [json!({"code": 0}), json!({"code": 0, "data": null}), json!({"code": 0, "data": [URL]})] {
        bad(read_json(answer), "it has no data");
    }
    for data in [json!({}), json!({"URL": ""}), json!({"URL": null}), json!({"URL": [1]}), json!({"url": URL})] {
        bad(read_json(json!({"code": 0, "data": data})), "it has no URL");
    }
}

#[test]
fn settings_count_even_when_the_url_does_not() {
    let (endpoint, settings) = read_json(json!({"code": 0, "data": {"URL": "", "ClientConfig": {"PingInterval": 60}}}));
    assert!(endpoint.is_err());
    assert_eq!(merged(settings).ping_interval.as_secs(), 60);
}

#[test]
fn a_client_config_may_be_absent_empty_or_something_else() {
    let settings = |config: Value| {
        let (endpoint, settings) = read_json(json!({"code": 0, "data": {"URL": URL, "ClientConfig": config}}));
        assert!(endpoint.is_ok());
        settings
    };
    assert_eq!(read_json(json!({"code": 0, "data": {"URL": URL}})).1, None);
    for odd in [json!(null), json!([]), json!("x"), json!(1)] {
        assert_eq!(settings(odd), None);
    }
    assert_eq!(settings(json!({})), Some(ClientConfig::default()));
}

#[test]
fn an_answer_that_is_too_long_is_not_read() {
    let mut config = config();
    let body = json!({"code": 0, "data": {"URL": URL}}).to_string();
    config.limits.discovery_body = body.len();
    assert!(read(&config, None, 200, body.as_bytes()).0.is_ok());
    config.limits.discovery_body = body.len() - 1;
    bad(read(&config, None, 200, body.as_bytes()), "it is too long");
    bad(read(&config, None, 500, body.as_bytes()), "it is too long");
}

#[test]
fn what_is_nested_without_end_does_no_harm() {
    for open in ["[", "{\"a\":", "{\"data\":"] {
        bad(read_status(200, &open.repeat(6_000)), "it is not a JSON object");
    }
    let deep = format!("{{\"code\":0,\"data\":{}1{}}}", "[".repeat(20_000), "]".repeat(20_000));
    bad(read_status(200, &deep), "it has no data");
}

#[test]
fn a_peer_that_quotes_the_secret_or_the_assertion_does_not_make_us_show_it() {
    let words = "bad AppSecret s3cr3t-of-the-app, bad jwt a.b.c-d, bad s3cr3t-of-the-app";
    let expected = "bad AppSecret ***, bad jwt ***, bad ***";
    for (status, code) in
        [(200, 1), (200, 1_000_040_345), (200, 1_000_040_350), (200, 1_000_040_351), (200, 514), (500, 0)]
    {
        let body = json!({"code": code, "msg": words}).to_string();
        let shown = format!("{:?}", read(&config(), Some("a.b.c-d"), status, body.as_bytes()));
        assert!(shown.contains(expected), "{shown}");
        assert!(!shown.contains("s3cr3t") && !shown.contains("a.b.c-d"), "{shown}");
    }
    let shown = format!("{:?}", read(&config(), None, 400, b"<p>{\"AppSecret\":\"s3cr3t-of-the-app\"}</p>"));
    assert!(shown.contains("***") && !shown.contains("s3cr3t"), "{shown}");
}

#[test]
fn a_secret_across_the_cut_of_a_long_message_is_masked_too() {
    let body = format!("{}s3cr3t-of-the-app", "x".repeat(295));
    let shown = format!("{:?}", read_status(500, &body));
    assert!(!shown.contains("s3cr3"), "{shown}");
}

#[test]
fn a_cut_answer_is_tried_again_and_only_the_whole_one_counts() {
    let body = json!({"code": 0, "msg": "中", "data": {"URL": URL, "ClientConfig": {"PingInterval": 60}}}).to_string();
    for end in 0..body.len() {
        bad(read(&config(), None, 200, &body.as_bytes()[..end]), "it is not a JSON object");
    }
    for more in ["{}", "]", "\0", "0"] {
        bad(read_status(200, &format!("{body}{more}")), "it is not a JSON object");
    }
    assert!(read_status(200, &format!(" \t\r\n{body}\n ")).0.is_ok());
}

#[test]
fn a_flipped_bit_never_panics_nor_leads_to_plain_text() {
    let body = json!({"code": 0, "msg": "", "data": {"URL": URL, "ClientConfig": {"PingInterval": 60}}}).to_string();
    let mut accepted = 0;
    for bit in 0..body.len() * 8 {
        let mut flipped = body.clone().into_bytes();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let (Ok(endpoint), _) = read(&config(), None, 200, &flipped) {
            accepted += 1;
            assert_eq!(endpoint.url.scheme(), Scheme::Wss, "bit {bit}");
        }
    }
    assert!(accepted > 100, "{accepted}");
}

#[test]
fn of_a_repeated_member_the_last_counts() {
    let (endpoint, _) = read_status(200, &format!(r#"{{"code":1,"code":0,"data":null,"data":{{"URL":"{URL}"}}}}"#));
    assert_eq!(endpoint.unwrap().url.expose(), URL);
}

#[test]
fn raw_json_inside_a_string_is_not_a_way_to_exhaust_the_stack() {
    // serde_json reads an object of this one member as the JSON in the text, if its feature `raw_value` is on; each text
    // starts a new count of the depth.
    let mut inner = "1".to_string();
    let mut levels = 0;
    loop {
        let text = serde_json::to_string(&inner).unwrap();
        let next = format!("{}{{\"$serde_json::private::RawValue\":{text}}}{}", "[".repeat(120), "]".repeat(120));
        if next.len() > 60_000 {
            break;
        }
        inner = next;
        levels += 1;
    }
    assert!(levels > 5, "{levels}");
    let body = format!("{{\"code\":0,\"data\":{{\"URL\":\"{URL}\",\"ClientConfig\":{{\"x\":{inner}}}}}}}");
    assert!(read_status(200, &body).0.is_ok());
}
