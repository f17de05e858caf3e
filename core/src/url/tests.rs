#![allow(clippy::arithmetic_side_effects)]

use alloc::format;
use alloc::string::ToString;
use alloc::vec;

use super::*;

mod oracle;
mod strict;

/// Of the shape that is seen in the field; made up.
const FIELD: &str = "wss://msg-frontier.feishu.cn/ws/v2?fpid=493&aid=552564&device_id=7046029254386353131\
&access_key=0123456789abcdef0123456789abcdef&service_id=33554678&ticket=5f0e1d2c-3b4a-5968-8776-655443322110";

fn url(text: &str) -> Url {
    Url::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[track_caller]
fn refused(text: &str, error: UrlError) {
    assert_eq!(Url::parse(text), Err(error), "{text}");
}

#[test]
fn a_connection_url_is_taken_apart_and_stays_byte_for_byte() {
    let url = url(FIELD);
    assert_eq!((url.scheme(), url.host(), url.port()), (Scheme::Wss, "msg-frontier.feishu.cn", 443));
    assert_eq!(url.authority(), "msg-frontier.feishu.cn");
    assert_eq!(url.path_and_query(), &FIELD["wss://msg-frontier.feishu.cn".len()..]);
    assert_eq!(url.expose(), FIELD);
    assert_eq!(url.query_value("device_id").as_deref(), Some("7046029254386353131"));
}

#[test]
fn the_four_schemes_have_their_ports_in_any_case_of_letters() {
    for (text, scheme, port) in [
        ("http://h", Scheme::Http, 80),
        ("HTTPS://h", Scheme::Https, 443),
        ("ws://h", Scheme::Ws, 80),
        ("Wss://h", Scheme::Wss, 443),
    ] {
        assert_eq!((url(text).scheme(), url(text).port()), (scheme, port));
    }
    for text in ["", "h", "//h", "ftp://h", "file:///etc", "://h", "wss:h", "wss:/h", "wsss://h", "javascript://h"] {
        refused(text, UrlError::Scheme);
    }
}

#[test]
fn a_host_must_be_there_and_look_like_one() {
    for text in ["wss://", "wss:///p", "wss://?q", "wss://:443", "wss://[]", "wss://[::1", "wss://::1]", "wss://[::1]x"]
    {
        refused(text, UrlError::Host);
    }
    for text in ["wss://a%2eb", "wss://a,b", "wss://a*b", "wss://a[::1]", "wss://[fe80::1%25eth0]", "wss://[1.2.3.4]"] {
        refused(text, UrlError::Host);
    }
}

#[test]
fn an_ipv6_host_has_brackets_in_the_url_and_none_in_its_name() {
    let url = url("wss://[2001:db8::1]:8443/x");
    assert_eq!((url.host(), url.port(), url.authority()), ("2001:db8::1", 8443, "[2001:db8::1]:8443"));
    assert_eq!(url.host_and_unusual_port(), "[2001:db8::1]:8443");
}

#[test]
fn a_port_is_a_number_from_1_to_65535() {
    assert_eq!(url("wss://h:1/").port(), 1);
    assert_eq!(url("wss://h:65535/").port(), 65_535);
    assert_eq!(url("wss://h:/").port(), 443);
    for port in ["0", "65536", "+80", "-1", "8 0", "80:80", "http", "99999999999999999999"] {
        let text = format!("wss://h:{port}/");
        let error = if port.contains(' ') { UrlError::Character } else { UrlError::Port };
        refused(&text, error);
    }
}

#[test]
fn user_information_and_fragments_are_refused() {
    for text in ["wss://u@h/", "wss://u:p@h/", "wss://@h/", "wss://u:p@h:443@evil/"] {
        refused(text, UrlError::UserInfo);
    }
    for text in ["wss://h/#", "wss://h#f", "wss://h/?a=1#f", "wss://h/p#/@x"] {
        refused(text, UrlError::Fragment);
    }
    // In a path or a query an @ is nothing special.
    assert_eq!(url("wss://h/@a?b=@c").host(), "h");
}

#[test]
fn spaces_control_characters_and_other_alphabets_are_refused() {
    for c in ['\0', '\t', '\n', '\r', ' ', '\u{7f}', 'é', '中', '\u{ff0e}'] {
        for text in [format!("wss://h{c}"), format!("wss://h/{c}"), format!("wss://h/?{c}"), format!("{c}wss://h/")] {
            refused(&text, UrlError::Character);
        }
    }
}

#[test]
fn a_backslash_which_browsers_take_for_a_slash_is_refused_before_the_query() {
    for text in ["wss://h\\", "wss://h\\@evil/", "wss://h/a\\b"] {
        refused(text, UrlError::Character);
    }
    assert_eq!(url("wss://h/?a=\\").query_value("a").as_deref(), Some("\\"));
}

#[test]
fn a_number_that_resolvers_take_for_an_address_is_one_or_is_refused() {
    // These reach 127.0.0.1 through many resolvers without looking like it.
    for host in ["2130706433", "127.1", "0x7f.1", "0177.0.0.1", "127.0.0.1.", "0x7f000001", "a.0x1", "127.0.0.256"] {
        refused(&format!("ws://{host}/"), UrlError::Host);
    }
    assert!(url("ws://127.0.0.1/").is_loopback());
    assert_eq!(url("wss://1.2.3.4.example/").host(), "1.2.3.4.example");
    assert_eq!(url("wss://0x7f.example./").host(), "0x7f.example.");
}

#[test]
fn what_is_too_long_is_not_looked_at() {
    let path = |length: usize| format!("wss://h/{}", "p".repeat(length - 8));
    assert_eq!(url(&path(8 * 1024)).expose().len(), 8 * 1024);
    refused(&path(8 * 1024 + 1), UrlError::TooLong);
}

#[test]
fn without_a_path_the_request_is_for_the_root() {
    assert_eq!(url("wss://h").path_and_query(), "/");
    assert_eq!(url("wss://h?a=1").path_and_query(), "/?a=1");
    assert_eq!(url("wss://h/").path_and_query(), "/");
    assert_eq!(url("wss://h?a=1").expose(), "wss://h?a=1");
}

#[test]
fn this_machine_is_localhost_and_the_loopback_addresses() {
    for host in ["localhost", "LocalHost", "127.0.0.1", "127.255.255.254", "[::1]", "[0:0:0:0:0:0:0:1]", "localhost:80"]
    {
        assert!(url(&format!("ws://{host}/")).is_loopback(), "{host}");
    }
    for host in ["localhost.evil.example", "127.0.0.1.nip.io", "10.0.0.1", "0.0.0.0", "[::]", "[::ffff:10.0.0.1]"] {
        assert!(!url(&format!("ws://{host}/")).is_loopback(), "{host}");
    }
}

#[test]
fn plain_text_goes_to_this_machine_only_unless_it_is_allowed() {
    let check = |text: &str, allowed| url(text).require_secure(allowed).map(drop);
    assert_eq!(check("ws://h/", false), Err(UrlError::Insecure));
    assert_eq!(check("http://h/", false), Err(UrlError::Insecure));
    assert_eq!(check("ws://h/", true), Ok(()));
    assert_eq!(check("wss://h/", false), Ok(()));
    assert_eq!(check("https://h/", false), Ok(()));
    assert_eq!(check("ws://127.0.0.1:1/", false), Ok(()));
}

#[test]
fn a_query_is_decoded_the_first_of_a_name_counts() {
    let url = url("wss://h/?%73ervice_id=1&service_id=2&a=b%3Dc&d&e=&=f&g=x+y%2B&h=%e4%b8%ad&i=%zz%4&j=%ff");
    let value = |name| url.query_value(name);
    assert_eq!(value("service_id").as_deref(), Some("1"));
    assert_eq!(value("a").as_deref(), Some("b=c"));
    assert_eq!(value("d").as_deref(), Some(""));
    assert_eq!(value("e").as_deref(), Some(""));
    assert_eq!(value("").as_deref(), Some("f"));
    assert_eq!(value("g").as_deref(), Some("x y+"));
    assert_eq!(value("h").as_deref(), Some("中"));
    assert_eq!(value("i").as_deref(), Some("%zz%4"));
    assert_eq!(value("j").as_deref(), Some("\u{fffd}"));
    assert_eq!(value("k"), None);
}

#[test]
fn a_second_question_mark_belongs_to_the_query() {
    let url = url("wss://h/p?a=?&b=1?2");
    assert_eq!(url.query_value("a").as_deref(), Some("?"));
    assert_eq!(url.query_value("b").as_deref(), Some("1?2"));
    assert_eq!(url.to_string(), "wss://h/p");
}

#[test]
fn display_shows_no_query_and_debug_only_its_names() {
    assert_eq!(url(FIELD).to_string(), "wss://msg-frontier.feishu.cn/ws/v2");
    let debug = format!("{:?}", url(FIELD));
    let names = "fpid=***&aid=***&device_id=***&access_key=***&service_id=***&ticket=***";
    assert_eq!(debug, format!("wss://msg-frontier.feishu.cn/ws/v2?{names}"));
    assert_eq!(format!("{:?}", url("wss://h/p?a=1&token-without-a-name&b")), "wss://h/p?a=***&=***&=***");
}

fn set(text: &str, pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<(String, String)> = pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    url(text).with_query(&pairs).expose()
}

#[test]
fn a_query_parameter_that_is_set_takes_the_first_place_of_its_name() {
    assert_eq!(set("wss://h/p?a=1&b=2&a=3&c=4", &[("a", "x")]), "wss://h/p?a=x&b=2&c=4");
    assert_eq!(set("wss://h/p?%61=1&b=2", &[("a", "x")]), "wss://h/p?a=x&b=2");
    assert_eq!(set("wss://h/p?b=2", &[("a", "x"), ("b", "y")]), "wss://h/p?b=y&a=x");
    assert_eq!(set("wss://h", &[("a", "x")]), "wss://h?a=x");
    assert_eq!(set("wss://h/p?", &[("a", "")]), "wss://h/p?a=");
    assert_eq!(set("wss://h/p?b", &[("b", "x"), ("b", "y")]), "wss://h/p?b=y");
}

#[test]
fn what_is_not_named_stays_byte_for_byte() {
    let odd = "wss://h/p?&a=%7e+~&&b=%zz?=&c";
    assert_eq!(set(odd, &[]), odd);
    assert_eq!(set(odd, &[("", "x")]), odd);
    assert_eq!(set(odd, &[("d", "1")]), format!("{odd}&d=1"));
}

#[test]
fn a_value_that_is_set_can_neither_add_a_parameter_nor_a_line() {
    let text = set("wss://h/p?x=1", &[("a&b=c", "d&e=f#\r\nHost: g 中")]);
    assert_eq!(text, "wss://h/p?x=1&a%26b%3Dc=d%26e%3Df%23%0D%0AHost%3A%20g%20%E4%B8%AD");
    assert_eq!(url(&text).query_value("a&b=c").as_deref(), Some("d&e=f#\r\nHost: g 中"));
}

#[test]
fn another_authority_leaves_path_and_query_as_they_are() {
    let moved = url(FIELD).with_authority("gateway.example:8443").unwrap();
    assert_eq!((moved.host(), moved.port()), ("gateway.example", 8443));
    assert_eq!(moved.path_and_query(), url(FIELD).path_and_query());
    // The port of the URL goes with its host.
    let moved = url("wss://h:9000/p").with_authority("[::1]").unwrap();
    assert_eq!(moved.expose(), "wss://[::1]/p");
    assert_eq!((moved.host(), moved.port()), ("::1", 443));
    assert_eq!(url(FIELD).with_authority("a b"), Err(UrlError::Host));
    assert_eq!(url(FIELD).with_authority("a/b"), Err(UrlError::Host));
    assert_eq!(url(FIELD).with_authority("h:0"), Err(UrlError::Port));
}

#[test]
fn a_path_is_appended_after_the_one_that_is_there() {
    for text in ["https://h", "https://h/", "https://h//"] {
        assert_eq!(url(text).join("/a/b").expose(), "https://h/a/b");
    }
    assert_eq!(url("https://h:8443/gw/lark//").join("/a").expose(), "https://h:8443/gw/lark/a");
    assert_eq!(url("https://h?").join("/a").expose(), "https://h/a");
}

#[test]
fn the_usual_port_is_not_named() {
    for (text, named) in [
        ("https://h", "h"),
        ("https://h:443", "h"),
        ("https://h:", "h"),
        ("https://h:80", "h:80"),
        ("http://h:80", "h"),
        ("https://[::1]:443", "[::1]"),
        ("https://h:8443/p", "h:8443"),
    ] {
        assert_eq!(url(text).host_and_unusual_port(), named);
    }
}

#[test]
fn secrets_are_found_by_the_name_that_they_have_when_decoded() {
    let url = url("wss://h/?ticket=a%2Db&%74icket=c&Ticket=d&access_key=&x=e");
    let found: Vec<&str> = url.raw_values(&["ticket", "access_key"]).collect();
    assert_eq!(found, vec!["a%2Db", "c", ""]);
}
