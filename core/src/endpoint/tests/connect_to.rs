use alloc::format;
use alloc::string::ToString;

use serde_json::json;

use super::*;
use crate::UrlError;

fn read_url(config: &Config, url: &str) -> Result<Endpoint, NoEndpoint> {
    let body = json!({"code": 0, "msg": "", "data": {"URL": url}}).to_string();
    read(config, None, 200, body.as_bytes()).0
}

fn endpoint(url: &str) -> Endpoint {
    read_url(&config(), url).unwrap_or_else(|error| panic!("{url}: {error:?}"))
}

#[track_caller]
fn refused(config: &Config, url: &str, error: UrlError) {
    assert_eq!(read_url(config, url).unwrap_err(), NoEndpoint::Retry(Failure::BadUrl(error)), "{url}");
}

#[test]
fn the_url_of_the_platform_is_used_byte_for_byte() {
    let endpoint = endpoint(URL);
    assert_eq!(endpoint.url.expose(), URL);
    assert_eq!(endpoint.connection_id.as_deref(), Some("7046029254386353131"));
    assert_eq!(endpoint.service_id, Some(33_554_678));
}

#[test]
fn the_parameters_are_found_first_last_and_percent_encoded() {
    for query in [
        "service_id=7&device_id=d1&ticket=t",
        "ticket=t&device_id=d1&service_id=7",
        "ticket=t&device%5Fid=%641&service%5fid=%37",
        "device_id=d1&service_id=7&service_id=8&device_id=d2",
        "&&service_id=7&device_id=d1&&",
    ] {
        let found = endpoint(&format!("wss://h/ws/v2?{query}"));
        assert_eq!((found.connection_id.as_deref(), found.service_id), (Some("d1"), Some(7)), "{query}");
    }
}

#[test]
fn a_missing_or_bad_service_id_is_known_as_such() {
    for query in [
        "",
        "?",
        "?service_id",
        "?service_id=",
        "?service_id=x",
        "?service_id=1.0",
        "?service_id=2147483648",
        "?service_id=-2147483649",
        "?service_id=%201",
        "?service_id=1+",
        "?Service_Id=1",
        "?xservice_id=1",
        "?service_id=0x1",
    ] {
        assert_eq!(endpoint(&format!("wss://h/ws/v2{query}")).service_id, None, "{query}");
    }
    for (text, id) in [("0", 0), ("-1", -1), ("2147483647", i32::MAX), ("-2147483648", i32::MIN), ("007", 7)] {
        assert_eq!(endpoint(&format!("wss://h/?service_id={text}")).service_id, Some(id));
    }
}

#[test]
fn a_missing_or_empty_device_id_leaves_the_connection_without_a_name() {
    for query in ["", "?device_id", "?device_id=", "?device_id=&device_id=2"] {
        assert_eq!(endpoint(&format!("wss://h/{query}")).connection_id, None, "{query}");
    }
}

#[test]
fn only_websocket_urls_are_taken() {
    for url in ["https://h/", "http://h/", "ftp://h/", "h/ws", "/ws/v2", "wss:h", "x"] {
        refused(&config(), url, UrlError::Scheme);
    }
    refused(&config(), "wss:///p", UrlError::Host);
    refused(&config(), "wss://h:70000/", UrlError::Port);
    refused(&config(), "wss://u:p@h/", UrlError::UserInfo);
    refused(&config(), "wss://h/?a#b", UrlError::Fragment);
    refused(&config(), "wss://h/ x", UrlError::Character);
    refused(&config(), "wss://h/\r\nX: y", UrlError::Character);
    refused(&config(), &format!("wss://h/{}", "x".repeat(9_000)), UrlError::TooLong);
}

#[test]
fn plain_text_is_taken_from_this_machine_or_when_it_is_allowed() {
    refused(&config(), "ws://gateway.example/", UrlError::Insecure);
    refused(&config(), "ws://10.0.0.1/", UrlError::Insecure);
    assert_eq!(endpoint("ws://127.0.0.1:9000/").url.port(), 9_000);
    let mut insecure = config();
    insecure.allow_insecure = true;
    assert!(read_url(&insecure, "ws://gateway.example/").is_ok());
}

#[test]
fn another_host_takes_the_place_of_the_platforms() {
    let mut config = config();
    config.connection_host = Some("gateway.example:8443".into());
    let endpoint = read_url(&config, URL).unwrap();
    assert_eq!(endpoint.url.expose(), URL.replacen("msg-frontier.feishu.cn", "gateway.example:8443", 1));
    assert_eq!(endpoint.service_id, Some(33_554_678));
    // What it replaces must be a URL all the same.
    refused(&config, "wss://u@h/", UrlError::UserInfo);
    refused(&config, "ws://127.0.0.1/", UrlError::Insecure);
    config.connection_host = Some("127.0.0.1:1".into());
    assert!(read_url(&config, "ws://gateway.example/").is_ok());
}

#[test]
fn query_parameters_can_be_set() {
    let mut config = config();
    let set = [("service_id", "9"), ("x y", "&"), ("", "ignored")];
    config.connection_query = set.map(|(name, value)| (name.to_string(), value.to_string())).into();
    let endpoint = read_url(&config, "wss://h/p?a=%7e&service_id=7&device_id=d").unwrap();
    assert_eq!(endpoint.url.expose(), "wss://h/p?a=%7e&service_id=9&device_id=d&x%20y=%26");
    assert_eq!(endpoint.service_id, Some(9));
}

#[test]
fn ticket_and_access_key_are_secrets_and_debug_shows_neither() {
    let endpoint = endpoint(URL);
    let secrets = endpoint.secrets();
    let secrets: Vec<&str> = secrets.iter().map(crate::Secret::expose).collect();
    assert_eq!(secrets, ["0123456789abcdef0123456789abcdef", "5f0e1d2c-3b4a-5968-8776-655443322110"]);
    let shown = format!("{endpoint:?}");
    assert!(secrets.iter().all(|secret| !shown.contains(secret)), "{shown}");
}
