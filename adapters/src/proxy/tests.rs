use std::collections::HashMap;

use hyper_util::client::proxy::matcher::Matcher;

use super::*;

/// The policy of an environment with these variables.
fn policy(variables: &[(&str, &str)]) -> Policy {
    let variables: HashMap<&str, &str> = variables.iter().copied().collect();
    Policy::from_env(|name| variables.get(name).map(|value| (*value).to_owned()))
}

fn route(variables: &[(&str, &str)], url: &str) -> String {
    policy(variables).route(&Url::parse(url).unwrap()).unwrap().to_string()
}

/// Whether this host is reached without a proxy, and so in curl's rules as another library has them.
fn is_excepted(list: &str, url: &str) -> (bool, bool) {
    let ours = route(&[("all_proxy", "http://proxy:3128"), ("no_proxy", list)], url) == "direct";
    let matcher = Matcher::builder().all("http://proxy:3128").no(list).build();
    (ours, matcher.intercept(&url.parse().unwrap()).is_none())
}

#[test]
fn an_empty_environment_names_no_proxy() {
    assert_eq!(route(&[], "https://open.feishu.cn"), "direct");
    assert_eq!(route(&[("https_proxy", " "), ("ALL_PROXY", "")], "https://open.feishu.cn"), "direct");
}

#[test]
fn secure_urls_go_by_one_variable_and_plain_ones_by_another() {
    let both = [("https_proxy", "http://secure:1"), ("http_proxy", "http://plain:2")];
    for (url, expected) in [
        ("https://example.com", "http proxy secure:1"),
        ("wss://example.com", "http proxy secure:1"),
        ("http://example.com", "http proxy plain:2"),
        ("ws://example.com", "http proxy plain:2"),
    ] {
        assert_eq!(route(&both, url), expected);
    }
    assert_eq!(route(&both[..1], "ws://example.com"), "direct");
}

#[test]
fn the_lower_case_goes_first_and_all_proxy_last() {
    let all = [
        ("https_proxy", "http://lower:1"),
        ("HTTPS_PROXY", "http://upper:2"),
        ("all_proxy", "http://all-lower:3"),
        ("ALL_PROXY", "http://all-upper:4"),
    ];
    let expected =
        ["http proxy lower:1", "http proxy upper:2", "http proxy all-lower:3", "http proxy all-upper:4", "direct"];
    for (gone, expected) in expected.iter().enumerate() {
        assert_eq!(route(&all[gone..], "wss://example.com"), *expected);
    }
    assert_eq!(
        route(&[("all_proxy", "p:1"), ("NO_PROXY", "a.com"), ("no_proxy", "b.com")], "ws://a.com"),
        "http proxy p:1"
    );
}

#[test]
fn a_client_of_a_cgi_program_does_not_choose_its_proxy() {
    let evil = ("HTTP_PROXY", "http://evil:1");
    let cgi = ("REQUEST_METHOD", "GET");
    assert_eq!(route(&[evil], "http://example.com"), "http proxy evil:1");
    assert_eq!(route(&[evil, cgi], "http://example.com"), "direct");
    assert_eq!(route(&[evil, cgi, ("http_proxy", "evil:1")], "http://example.com"), "direct");
    assert_eq!(route(&[evil, cgi, ("ALL_PROXY", "good:1")], "http://example.com"), "http proxy good:1");
    assert_eq!(route(&[cgi, ("HTTPS_PROXY", "good:1")], "https://example.com"), "http proxy good:1");
}

#[test]
fn this_machine_is_reached_without_the_proxy_of_the_environment() {
    let variables = [("all_proxy", "http://proxy:1")];
    for url in ["http://localhost:7", "ws://127.0.0.1", "wss://[::1]:8"] {
        assert_eq!(route(&variables, url), "direct");
        let explicit = Policy::Always(Proxy::parse("http://proxy:1").unwrap());
        assert_eq!(explicit.route(&Url::parse(url).unwrap()).unwrap().to_string(), "http proxy proxy:1");
    }
}

#[test]
fn no_proxy_is_read_as_others_read_it() {
    let lists = [
        "",
        "example.com",
        ".example.com",
        "EXAMPLE.com",
        "ample.com",
        "com",
        "a.example.com",
        "10.0.0.1",
        "10.0.0.0/8",
        "10.0.0.0/33",
        "0.0.0.0/0",
        "2001:db8::1",
        "2001:db8::/32",
        "::/0",
        "/",
        "10.0.0.1/",
        "first.org, example.com",
        "first.org,,10.0.0.0/24",
        "0.0.1",
    ];
    let urls = [
        "https://example.com",
        "https://a.example.com",
        "https://b.a.example.com:8443",
        "https://notexample.com",
        "https://Example.Com",
        "http://10.0.0.1",
        "http://10.200.0.1",
        "http://11.0.0.1",
        "https://[2001:db8::1]",
        "https://[2001:db9::1]",
        "https://example.org",
    ];
    for list in lists {
        for url in urls {
            let (ours, theirs) = is_excepted(list, url);
            assert_eq!(ours, theirs, "{list:?} {url}");
        }
    }
}

#[test]
fn no_proxy_knows_ports_and_wildcards_and_spaces() {
    for (list, url, excepted) in [
        ("example.com:8443", "https://example.com:8443", true),
        ("example.com:8443", "https://example.com", false),
        ("example.com:443", "wss://a.example.com", true),
        ("[2001:db8::1]:443", "wss://[2001:db8::1]", true),
        ("[2001:db8::1]:80", "wss://[2001:db8::1]", false),
        ("10.0.0.1:443", "wss://10.0.0.1", true),
        ("*.example.com", "wss://a.example.com", true),
        ("*.example.com", "wss://notexample.com", false),
        ("a.org example.com\tb.org", "wss://example.com", true),
        ("example.com", "wss://example.com.", true),
        ("example.com.", "wss://example.com", true),
        ("example.com:", "wss://example.com", false),
        ("example.com:https", "wss://example.com", false),
        (".", "wss://example.com", false),
        ("*", "wss://example.com", true),
        // Of all that read this, only the library of the test above leaves addresses out.
        ("*", "ws://10.0.0.1", true),
        ("*:443", "wss://example.com", true),
    ] {
        let found = route(&[("all_proxy", "proxy:1"), ("no_proxy", list)], url) == "direct";
        assert_eq!(found, excepted, "{list:?} {url}");
    }
}

#[test]
fn a_proxy_has_a_scheme_and_a_port_even_if_none_is_written() {
    for (text, expected) in [
        ("proxy", "http proxy proxy:80"),
        ("proxy:3128", "http proxy proxy:3128"),
        (" HTTP://10.0.0.1:3128/ ", "http proxy 10.0.0.1:3128"),
        ("http://[::1]", "http proxy [::1]:80"),
        ("socks5://proxy", "socks5 proxy proxy:1080"),
        ("socks5h://u:p@proxy:9050/path", "socks5h proxy proxy:9050"),
        ("socks://proxy:7891/", "socks5h proxy proxy:7891"),
    ] {
        assert_eq!(Proxy::parse(text).unwrap().to_string(), expected);
    }
}

#[test]
fn a_proxy_that_cannot_be_used_is_refused_at_once() {
    for (text, expected) in [
        ("https://proxy:443", BadProxy::Scheme),
        ("socks4://proxy", BadProxy::Scheme),
        ("", BadProxy::Address(UrlError::Host)),
        ("http://", BadProxy::Address(UrlError::Host)),
        ("http://::1", BadProxy::Address(UrlError::Host)),
        ("http://proxy:0", BadProxy::Address(UrlError::Port)),
        ("http://proxy:99999", BadProxy::Address(UrlError::Port)),
        ("http://pro xy", BadProxy::Address(UrlError::Character)),
        ("http://u:100%@proxy", BadProxy::Credentials),
        ("http://u:%zz@proxy", BadProxy::Credentials),
        ("http://u:%+1@proxy", BadProxy::Credentials),
        ("http://u:%ff@proxy", BadProxy::Credentials),
    ] {
        assert_eq!(Proxy::parse(text).unwrap_err(), expected, "{text}");
    }
}

#[test]
fn credentials_are_decoded_as_others_decode_them() {
    for text in ["u:p", "u", "u:", "u%40x:p%3Aq%2F%25", "u:a:b", "u:%C3%BC"] {
        let ours = Proxy::parse(&format!("socks5h://{text}@proxy:1")).unwrap().credentials.unwrap();
        let matcher = Matcher::builder().all(format!("socks5h://{text}@proxy:1")).build();
        let theirs = matcher.intercept(&"https://example.com".parse().unwrap()).unwrap();
        assert_eq!(theirs.raw_auth(), Some((ours.user.as_str(), ours.password.expose())), "{text}");
    }
    let odd = Proxy::parse("http://u:p@ss@proxy").unwrap().credentials.unwrap();
    assert_eq!(odd.password.expose(), "p@ss");
}

#[test]
fn neither_debug_nor_display_nor_errors_show_credentials() {
    let policy =
        policy(&[("all_proxy", "http://hunter1:hunter2@proxy:1"), ("https_proxy", "https://hunter1:hunter2@p")]);
    let route = policy.route(&Url::parse("http://example.com").unwrap()).unwrap();
    let shown = format!("{policy:?} {route:?} {route} {:?}", policy.check());
    assert!(!shown.contains("hunter"), "{shown}");
}

#[test]
fn a_variable_that_names_no_usable_proxy_is_named_in_the_error() {
    let policy = policy(&[("HTTPS_PROXY", "socks4://proxy")]);
    let error = policy.route(&Url::parse("wss://example.com").unwrap()).unwrap_err();
    assert_eq!(error.kind, LinkErrorKind::Proxy);
    let words = "the environment's HTTPS_PROXY: the scheme of a proxy has to be http, socks5 or socks5h";
    assert_eq!(error.detail, words);
    assert_eq!(policy.check(), Err(error));
    assert_eq!(policy.route(&Url::parse("ws://example.com").unwrap()).unwrap().to_string(), "direct");
}
