//! The `url` crate, which follows the WHATWG standard, as an oracle: what we accept it accepts, and sees the same in it.

use alloc::string::{String, ToString};

use proptest::prelude::*;

use super::*;

/// Texts that are nearly URLs, and some that are.
fn urls() -> impl Strategy<Value = String> {
    let schemes = prop_oneof![8 => "(wss|ws|https|http)", 1 => "[A-Za-z]{2,5}"];
    let hosts = prop_oneof![
        4 => "[a-zA-Z0-9._-]{1,12}",
        2 => "[a-z]{1,5}(\\.[a-z0-9-]{1,5}){0,3}",
        2 => "[0-9]{1,3}(\\.[0-9]{1,3}){3}",
        1 => "[0-9x]{1,4}(\\.[0-9a-fx]{1,4}){0,3}\\.?",
        2 => "\\[[0-9a-f:.]{2,12}\\]",
        1 => "\\[::([0-9a-f]{1,4})?\\]",
        2 => "[ -~]{0,8}",
    ];
    let ports = prop_oneof![4 => "", 3 => ":[0-9]{0,6}", 1 => ":[ -~]{0,3}"];
    let rests = prop_oneof![1 => "", 4 => "[/?][a-zA-Z0-9/?&=%+._~-]{0,20}", 2 => "[/?\\\\#]?[ -~]{0,12}"];
    (schemes, hosts, ports, rests).prop_map(|(scheme, host, port, rest)| format!("{scheme}://{host}{port}{rest}"))
}

/// The oracle writes some characters of a path or query as percent codes, we send them as they came.
fn encoded(text: &str, set: &[u8]) -> String {
    let encode = |b: u8| if set.contains(&b) { format!("%{b:02X}") } else { char::from(b).to_string() };
    text.bytes().map(encode).collect()
}

/// The oracle resolves dot segments; a gateway URL with them goes out as it came.
fn has_dot_segments(path: &str) -> bool {
    path.split('/').any(|segment| matches!(&*segment.to_ascii_lowercase().replace("%2e", "."), "." | ".."))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_oracle_accepts_what_we_accept_and_sees_the_same_in_it(text in urls()) {
        let Ok(ours) = Url::parse(&text) else { return Ok(()) };
        // Whether a label is valid punycode is the business of a resolver.
        if text.to_ascii_lowercase().contains("xn--") {
            return Ok(());
        }
        let theirs = match ::url::Url::parse(&text) {
            Ok(theirs) => theirs,
            Err(error) => return Err(TestCaseError::fail(format!("only we accept {text}: {error}"))),
        };
        prop_assert_eq!(ours.scheme().as_str(), theirs.scheme());
        prop_assert_eq!(Some(ours.port()), theirs.port_or_known_default());
        match theirs.host().unwrap() {
            ::url::Host::Domain(name) => prop_assert_eq!(ours.host().to_ascii_lowercase(), name),
            ::url::Host::Ipv4(ip) => prop_assert_eq!(ours.host().parse(), Ok(ip)),
            ::url::Host::Ipv6(ip) => prop_assert_eq!(ours.host().parse(), Ok(ip)),
        }
        let rest = ours.path_and_query();
        let (path, query) = rest.split_once('?').map_or((&*rest, None), |(path, query)| (path, Some(query)));
        if !has_dot_segments(path) {
            prop_assert_eq!(encoded(path, b"\"<>`{}"), theirs.path());
        }
        let query = query.map(|query| encoded(query, b"\"'<>"));
        prop_assert_eq!(query.as_deref(), theirs.query());
        prop_assert_eq!(theirs.username(), "");
        prop_assert_eq!(theirs.fragment(), None);
    }

    #[test]
    fn the_oracle_reads_the_same_parameters(query in "[a-c=&%+0-9A-F]{0,24}") {
        let text = format!("wss://h/?{query}");
        let theirs = ::url::Url::parse(&text).unwrap();
        for name in ["a", "b", "c", "ab", ""] {
            // A pair without any character is none to us, as it is none to the oracle.
            let expected = theirs.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
            prop_assert_eq!(url(&text).query_value(name), expected);
        }
    }

    #[test]
    fn what_is_set_is_what_the_oracle_reads(query in "[a-c=&%+0-9A-F]{0,24}", name in ".{1,3}", value in ".{0,6}") {
        let set = url(&format!("wss://h/?{query}")).with_query(&[(name.clone(), value.clone())]);
        let theirs = ::url::Url::parse(&set.expose()).unwrap();
        let found: Vec<String> =
            theirs.query_pairs().filter(|(key, _)| *key == *name).map(|(_, value)| value.into_owned()).collect();
        prop_assert_eq!(found, [value]);
        // And it can be parsed by ourselves, which a driver may want to do.
        prop_assert_eq!(Url::parse(&set.expose()), Ok(set));
    }

    #[test]
    fn no_text_makes_it_panic_and_what_is_accepted_is_kept(text in prop_oneof![".{0,40}", "wss?://.{0,20}"]) {
        if let Ok(url) = Url::parse(&text) {
            let scheme = url.scheme().as_str().len();
            prop_assert_eq!(&url.expose()[scheme..], &text[scheme..]);
        }
        is_strict_authority(&text);
    }

    #[test]
    fn a_strict_authority_is_one_for_the_oracle_too(text in "([a-z0-9.-]{1,12}|\\[[0-9a-f:]{2,8}\\])(:[0-9]{1,5})?") {
        if !is_strict_authority(&text) || text.contains("xn--") {
            return Ok(());
        }
        let theirs = ::url::Url::parse(&format!("wss://{text}/")).unwrap();
        let ours = url("wss://other/").with_authority(&text).unwrap();
        prop_assert_eq!(Some(ours.port()), theirs.port_or_known_default());
    }
}
