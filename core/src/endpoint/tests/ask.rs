use alloc::format;
use alloc::string::{String, ToString};

use super::*;
use crate::vocabulary::Target;

fn ask(config: &Config) -> Request {
    request(config, None).unwrap()
}

fn body(request: &Request) -> &str {
    core::str::from_utf8(&request.body).unwrap()
}

/// All values of a header, whatever the case of its name.
fn header<'a>(request: &'a Request, name: &str) -> Vec<&'a str> {
    let named = request.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
    named.map(|(_, value)| value.as_str()).collect()
}

fn assertion(service: &str, prefix: &str) -> Assertion {
    let mut target = Target::new(service);
    target.prefix = prefix.into();
    let mut assertion = Assertion::new("header.claims.signature");
    assertion.target = Some(target);
    assertion
}

#[test]
fn with_a_secret_the_body_is_id_and_secret() {
    let request = ask(&config());
    assert_eq!(body(&request), r#"{"AppID":"cli_a1b2c3d4e5f60718","AppSecret":"s3cr3t-of-the-app"}"#);
    assert_eq!(request.method, "POST");
    assert_eq!(request.url.expose(), "https://open.feishu.cn/callback/ws/endpoint");
}

#[test]
fn with_an_assertion_the_secret_is_there_but_empty() {
    let config = Config::with_assertion(APP);
    let request = request(&config, Some(&Assertion::new("header.claims.signature"))).unwrap();
    let expected = r#"{"AppID":"cli_a1b2c3d4e5f60718","AppSecret":"","ClientAssertion":"header.claims.signature"}"#;
    assert_eq!(body(&request), expected);
    assert_eq!(request.url.expose(), "https://open.feishu.cn/callback/ws/endpoint");
    assert_eq!(header(&request, "X-Target-Service"), [""; 0]);
}

#[test]
fn a_channel_tag_is_in_the_body_unless_it_is_empty() {
    let mut config = config();
    config.channel_tag = Some("trusted_channel".into());
    let expected = r#"{"AppID":"cli_a1b2c3d4e5f60718","AppSecret":"s3cr3t-of-the-app","ChannelTag":"trusted_channel"}"#;
    assert_eq!(body(&ask(&config)), expected);
    config.channel_tag = Some(String::new());
    assert_eq!(body(&ask(&config)), r#"{"AppID":"cli_a1b2c3d4e5f60718","AppSecret":"s3cr3t-of-the-app"}"#);
}

#[test]
fn a_secret_with_quotes_stays_one_json_string() {
    let config = Config::new("cli_\"\\\n", "a\",\"AppID\":\"other");
    let expected = r#"{"AppID":"cli_\"\\\n","AppSecret":"a\",\"AppID\":\"other"}"#;
    assert_eq!(body(&ask(&config)), expected);
}

#[test]
fn the_headers_are_ours_each_once() {
    let request = ask(&config());
    let version = env!("CARGO_PKG_VERSION");
    let expected = [
        ("Content-Type", "application/json".to_string()),
        ("locale", "zh".to_string()),
        ("User-Agent", format!("larkwire/{version}")),
    ];
    assert_eq!(request.headers, expected.map(|(name, value)| (name.to_string(), value)));
}

#[test]
fn the_locale_can_be_chosen() {
    let mut config = config();
    config.locale = "en".into();
    assert_eq!(header(&ask(&config), "locale"), ["en"]);
}

#[test]
fn extra_headers_are_sent_but_do_not_replace_ours() {
    let mut config = config();
    let set = [
        ("X-Gateway", "1"),
        ("USER-AGENT", "oapi-sdk-go/v3"),
        ("Locale", "en"),
        ("content-type", "text/plain"),
        ("x-target-service", "evil.example"),
        ("X-Gateway", "2"),
    ];
    config.discovery_headers = set.map(|(name, value)| (name.into(), value.into())).into();
    let request = ask(&config);
    assert_eq!(header(&request, "x-gateway"), ["1", "2"]);
    assert_eq!(header(&request, "user-agent"), [format!("larkwire/{}", env!("CARGO_PKG_VERSION"))]);
    assert_eq!(header(&request, "locale"), ["zh"]);
    assert_eq!(header(&request, "content-type"), ["application/json"]);
    assert_eq!(header(&request, "x-target-service"), [""; 0]);
}

#[test]
fn headers_of_the_upgrade_are_not_sent_on_discovery() {
    let mut config = config();
    config.connection_headers = [("X-Upgrade".into(), "1".into())].into();
    assert_eq!(header(&ask(&config), "x-upgrade"), [""; 0]);
}

#[test]
fn source_and_tags_follow_the_grammar_of_the_official_sdks() {
    let agent = |source: Option<&str>, tags: &[&str]| {
        let mut config = config();
        config.source = source.map(ToString::to_string);
        config.tags = tags.iter().map(ToString::to_string).collect();
        let agent = user_agent(&config);
        assert_eq!(header(&ask(&config), "user-agent"), [agent.as_str()]);
        agent.strip_prefix(concat!("larkwire/", env!("CARGO_PKG_VERSION"))).unwrap().to_string()
    };
    assert_eq!(agent(None, &[]), "");
    assert_eq!(agent(Some(""), &["", ""]), "");
    assert_eq!(agent(Some("my-bot_1.0"), &[]), " source/my-bot_1.0");
    assert_eq!(agent(Some("中文"), &[]), " source/__");
    assert_eq!(agent(Some("a b/c\r\nX: y"), &[]), " source/a_b_c__X__y");
    assert_eq!(agent(None, &["channel", "", "x y"]), " channel x_y");
    assert_eq!(agent(Some("s"), &["a", "b"]), " source/s a b");
    assert_eq!(agent(Some(&"x".repeat(64)), &[]), format!(" source/{}", "x".repeat(64)));
    assert_eq!(agent(Some(&"x".repeat(65)), &[]), format!(" source/{}", "x".repeat(64)));
    // Characters are counted, not bytes.
    assert_eq!(agent(Some(&"中".repeat(70)), &[]), format!(" source/{}", "_".repeat(64)));
}

fn at(domain: &str) -> String {
    let mut config = config();
    config.domain = Domain::Custom(domain.into());
    ask(&config).url.expose()
}

#[test]
fn the_domain_is_feishu_lark_or_another_less_its_trailing_slashes() {
    let mut lark = config();
    lark.domain = Domain::Lark;
    assert_eq!(ask(&lark).url.expose(), "https://open.larksuite.com/callback/ws/endpoint");
    for domain in ["https://x.example", "https://x.example/", "https://x.example///"] {
        assert_eq!(at(domain), "https://x.example/callback/ws/endpoint");
    }
    assert_eq!(at("https://x.example:8443/gw/"), "https://x.example:8443/gw/callback/ws/endpoint");
    assert_eq!(at("http://127.0.0.1:9000"), "http://127.0.0.1:9000/callback/ws/endpoint");
}

#[test]
fn the_audience_is_the_host_of_the_domain_with_a_port_only_if_it_is_unusual() {
    for (domain, expected) in [
        (Domain::Feishu, "open.feishu.cn"),
        (Domain::Lark, "open.larksuite.com"),
        (Domain::Custom("https://x.example:443/gw".into()), "x.example"),
        (Domain::Custom("https://x.example:8443/".into()), "x.example:8443"),
        (Domain::Custom("http://localhost:80".into()), "localhost"),
        (Domain::Custom("https://[2001:db8::1]:8443".into()), "[2001:db8::1]:8443"),
    ] {
        let mut config = config();
        config.domain = domain;
        assert_eq!(audience(&config), expected);
    }
}

#[test]
fn an_assertion_with_a_target_goes_there_and_says_for_whom_it_is() {
    let mut config = Config::with_assertion(APP);
    config.discovery_headers = [("X-Target-Service".into(), "evil.example".into())].into();
    for (service, prefix, expected) in [
        ("proxy.example", "", "https://proxy.example/callback/ws/endpoint"),
        ("https://proxy.example", "", "https://proxy.example/callback/ws/endpoint"),
        ("https://proxy.example:8443/", "/gw", "https://proxy.example:8443/gw/callback/ws/endpoint"),
        ("proxy.example/a", "b/c", "https://proxy.example/a/b/c/callback/ws/endpoint"),
        ("proxy.example//a//", "//b//", "https://proxy.example/a/b/callback/ws/endpoint"),
        ("HTTPS://proxy.example", "a..b", "https://proxy.example/a..b/callback/ws/endpoint"),
    ] {
        let request = request(&config, Some(&assertion(service, prefix))).unwrap();
        assert_eq!(request.url.expose(), expected);
        assert_eq!(header(&request, "x-target-service"), ["open.feishu.cn"]);
        assert!(body(&request).contains(r#""ClientAssertion":"header.claims.signature""#));
    }
}

#[test]
fn a_target_that_leads_elsewhere_is_not_asked() {
    let config = Config::with_assertion(APP);
    for (service, prefix) in [
        ("", ""),
        ("http://proxy.example", ""),
        ("ws://proxy.example", ""),
        ("ftp://proxy.example", ""),
        ("https://user@proxy.example", ""),
        ("user:pass@proxy.example", ""),
        ("proxy.example/..", ""),
        ("proxy.example/a/../b", ""),
        ("proxy.example", "/.."),
        ("proxy.example", "../x"),
        ("proxy.example", "a/./b"),
        ("proxy.example", "%2e%2e/x"),
        ("proxy.example", "a%2f..%2fb"),
        ("proxy.example", "a\\..\\b"),
        ("proxy.example\\@evil.example", ""),
        ("proxy.example", "?x="),
        ("proxy.example", "#"),
        ("proxy.example?x=", ""),
        ("proxy.example#", ""),
        ("proxy.example", "a b"),
        ("proxy.example", "\r\nX: y"),
        ("proxy.example", "中"),
        ("proxy.example:0", ""),
        ("x://y", ""),
    ] {
        let refused = request(&config, Some(&assertion(service, prefix))).map(drop);
        assert_eq!(refused, Err(AssertionError::BadTarget), "{service} {prefix}");
    }
}

#[test]
fn the_prefix_cannot_change_the_host() {
    let config = Config::with_assertion(APP);
    let request = request(&config, Some(&assertion("proxy.example", ".evil.example"))).unwrap();
    assert_eq!(request.url.host(), "proxy.example");
}

#[test]
fn the_request_carries_its_limits_and_shows_no_secret() {
    let config = config();
    let request = ask(&config);
    assert_eq!(request.max_body, 64 * 1024);
    assert_eq!(request.deadlines, config.deadlines);
    assert!(!format!("{request:?}").contains("s3cr3t"));
}
