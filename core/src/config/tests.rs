use alloc::format;
use alloc::string::ToString;

use super::*;

fn config() -> Config {
    Config::new("cli_a1b2c3d4e5f60718", "s3cr3t-of-the-app")
}

fn with(change: impl FnOnce(&mut Config)) -> Result<(), ConfigError> {
    let mut config = config();
    change(&mut config);
    config.check()
}

#[test]
fn an_app_id_and_a_secret_are_enough() {
    assert_eq!(config().check(), Ok(()));
    assert_eq!(Config::with_assertion("cli_a1b2c3d4e5f60718").check(), Ok(()));
}

#[test]
fn without_an_app_id_or_a_secret_nothing_works() {
    assert_eq!(Config::new("", "s").check(), Err(ConfigError::NoAppId));
    assert_eq!(Config::with_assertion("").check(), Err(ConfigError::NoAppId));
    assert_eq!(Config::new("cli_1", "").check(), Err(ConfigError::NoSecret));
}

#[test]
fn an_app_id_or_a_secret_with_a_line_break_is_told_before_the_platform_refuses_it() {
    for text in ["abc\n", "abc\r\n", " abc", "abc\t", " ", "\u{feff}abc", "a\nb", "abc\0", "abc\u{a0}"] {
        assert_eq!(Config::new(text, "s").check(), Err(ConfigError::Blank("app id")), "{text:?}");
        let error = Config::new("cli_1", text).check().unwrap_err();
        assert_eq!(error, ConfigError::Blank("app secret"), "{text:?}");
        assert!(!error.to_string().contains("abc"), "{error}");
    }
    assert_eq!(Config::new("cli_1", "any other \"text\", even 密").check(), Ok(()));
}

#[test]
fn an_app_id_of_another_form_is_unusual_but_no_mistake() {
    for id in ["cli_a1b2c3d4e5f60718", "cli_A1B2C3D4E5F60718"] {
        assert!(!Config::new(id, "s").app_id_is_unusual(), "{id}");
    }
    for id in
        ["cli_", "cli_a1b2c3d4e5f6071", "cli_a1b2c3d4e5f607188", "cli_g1b2c3d4e5f60718", "CLI_a1b2c3d4e5f60718", "x"]
    {
        let config = Config::new(id, "s");
        assert!(config.app_id_is_unusual(), "{id}");
        assert_eq!(config.check(), Ok(()));
    }
}

#[test]
fn the_domain_is_an_https_url_without_query() {
    let domain = |text: &str| with(|config| config.domain = Domain::Custom(text.to_string()));
    for good in [
        "https://x.example",
        "https://x.example:8443/gw/",
        "http://127.0.0.1:9000",
        "http://localhost",
        "http://[::1]/",
    ] {
        assert_eq!(domain(good), Ok(()), "{good}");
    }
    for (bad, error) in [
        ("", UrlError::Scheme),
        ("open.feishu.cn", UrlError::Scheme),
        ("wss://x.example", UrlError::Scheme),
        ("ftp://x.example", UrlError::Scheme),
        ("https://x.example/?a=1", UrlError::Query),
        ("https://", UrlError::Host),
        ("https://u:p@x.example", UrlError::UserInfo),
        ("https://x.example/#f", UrlError::Fragment),
        ("https://x.example:0", UrlError::Port),
        ("https://x.example /", UrlError::Character),
        ("http://x.example", UrlError::Insecure),
        ("http://10.0.0.1", UrlError::Insecure),
        ("http://127.1", UrlError::Host),
    ] {
        assert_eq!(domain(bad), Err(ConfigError::Domain(error)), "{bad}");
    }
}

#[test]
fn plain_text_can_be_allowed() {
    let checked = with(|config| {
        config.domain = Domain::Custom("http://x.example".to_string());
        config.allow_insecure = true;
    });
    assert_eq!(checked, Ok(()));
}

#[test]
fn the_connection_host_is_strict() {
    let host = |text: &str| with(|config| config.connection_host = Some(text.to_string()));
    for good in ["gateway.example", "gateway.example:8443", "1.2.3.4", "[::1]:1"] {
        assert_eq!(host(good), Ok(()), "{good}");
    }
    for bad in ["", " ", "a/b", "a?b", "a#b", "u@h", "wss://h", "h:0", "h:", "01.2.3.4", "[fe80::1%25eth0]", "-a", "中"]
    {
        assert_eq!(host(bad), Err(ConfigError::ConnectionHost), "{bad}");
    }
}

#[test]
fn headers_of_the_transport_cannot_be_set_in_any_case_of_letters() {
    for name in
        ["Host", "CONNECTION", "upgrade", "Sec-WebSocket-Key", "sec-websocket-", "Content-Length", "transfer-encoding"]
    {
        let header = || [(name.to_string(), "x".to_string())].into();
        let error = Err(ConfigError::Header(name.to_string()));
        assert_eq!(with(|config| config.connection_headers = header()), error);
        assert_eq!(with(|config| config.discovery_headers = header()), error);
    }
}

#[test]
fn a_header_cannot_smuggle_another_one_in() {
    let header = |name: &str, value: &str| {
        let header = [(name.to_string(), value.to_string())];
        with(|config| config.connection_headers = header.into())
    };
    for good in ["x-a", "X_A", "a!#$%&'*+-.^_`|~9"] {
        assert_eq!(header(good, "a \t~"), Ok(()));
    }
    assert_eq!(header("x", ""), Ok(()));
    for bad in ["", " ", "a b", "a:", "a\r\nb", "a\0", "é", "(a)", "a\"", "a,b", "a=b"] {
        assert_eq!(header(bad, "x"), Err(ConfigError::Header(bad.to_string())), "{bad:?}");
    }
    for bad in ["\r\nHost: evil", "\n", "\r", "\0", "\u{7f}", "é", "中"] {
        assert_eq!(header("x-a", bad), Err(ConfigError::Header("x-a".to_string())), "{bad:?}");
    }
}

#[test]
fn the_locale_is_the_value_of_a_header() {
    assert_eq!(with(|config| config.locale = "en".into()), Ok(()));
    assert_eq!(with(|config| config.locale = "\r\nx: y".into()), Err(ConfigError::Header("locale".into())));
}

#[test]
fn the_first_mistake_is_told() {
    let mut config = Config::new("", "");
    config.connection_host = Some(" ".into());
    assert_eq!(config.check(), Err(ConfigError::NoAppId));
}

#[test]
fn the_limits_are_those_of_the_protocol() {
    let Limits { payload, parts, open_messages, open_bytes, part_lifetime, headers, header_bytes, .. } =
        Limits::default();
    let mib = 1024 * 1024;
    assert_eq!((payload, parts, open_messages, open_bytes), (16 * mib, 1_024, 256, 32 * mib));
    assert_eq!((headers, header_bytes, part_lifetime), (64, 4_096, Duration::from_secs(10)));
    let Limits { discovery_body, unanswered, dedup_entries, dedup_window, .. } = Limits::default();
    assert_eq!((discovery_body, unanswered, dedup_entries), (65_536, 1_024, 100_000));
    // Longer than the sum of the platform's redelivery intervals.
    assert!(dedup_window > Duration::from_secs(15 + 300 + 3_600 + 6 * 3_600));
}

#[test]
fn debug_shows_no_secret() {
    let shown = format!("{:?}", config());
    assert!(shown.contains("cli_a1b2c3d4e5f60718") && !shown.contains("s3cr3t"), "{shown}");
}
