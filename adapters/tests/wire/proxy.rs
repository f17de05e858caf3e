//! Proxies, good and bad: the test is the proxy.

use std::collections::HashMap;
use std::future::pending;

use larkwire::{Domain, Driver, Egress, Failure, LinkError, LinkErrorKind, Notice, Phase};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::*;

/// What becomes of the first attempt if a proxy behaves so.
async fn outcome<F>(proxy: &str, behave: impl FnOnce(Peers) -> F) -> (Notice, u64)
where
    F: Future<Output = ()> + Send + 'static,
{
    let (wire, peers) = Wire::new();
    let mut config = config();
    config.domain = Domain::Custom("http://platform.example".into());
    config.allow_insecure = true;
    let egress = Egress::new().proxy(proxy).unwrap();
    let mut driver = Driver::new(config, std::sync::Arc::new(wire), &egress);
    let peer = tokio::spawn(behave(peers));
    let notice = next(&mut driver).await;
    peer.abort();
    (notice, driver.time().since_origin().as_secs())
}

fn link_error((notice, seconds): (Notice, u64)) -> (LinkError, u64) {
    match notice {
        Notice::Disconnected { failure: Failure::Link(error), .. } => (error, seconds),
        other => panic!("{other:?}"),
    }
}

/// The error if an HTTP proxy answers so and then says nothing more.
async fn answered(answer: &[u8]) -> String {
    let answer = answer.to_vec();
    let behave = |mut peers: Peers| async move {
        let mut peer = peers.accept().await;
        assert!(peer.request().await.starts_with("CONNECT platform.example:80 HTTP/1.1\r\n"));
        peer.answer(answer).await;
        pending::<()>().await;
    };
    let (error, _) = link_error(outcome("http://proxy.example:3128", behave).await);
    assert_eq!(error.kind, LinkErrorKind::Proxy);
    error.detail.strip_prefix("http proxy proxy.example:3128: ").expect("the proxy's name").to_owned()
}

#[tokio::test(start_paused = true)]
async fn discovery_and_the_connection_go_through_the_same_proxy_with_the_same_credentials() {
    let (notice, _) = outcome("http://us%65r:pa%40ss@proxy.example:3128", |mut peers| async move {
        for target in ["platform.example:80", "localhost:7"] {
            let mut peer = peers.accept().await;
            let expected = format!(
                "CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nProxy-Authorization: Basic dXNlcjpwYUBzcw==\r\n\r\n"
            );
            assert_eq!(peer.request().await, expected);
            peer.answer(b"HTTP/1.0 200 Fine\r\nVia: x\r\n\r\n").await;
            if target == "localhost:7" {
                drop(peer.upgrade(b"").await);
            } else {
                peer.request().await;
                peer.answer_json(200, &endpoint()).await;
            }
        }
    })
    .await;
    assert!(matches!(notice, Notice::Connected { .. }), "{notice:?}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_byte_by_byte_is_an_answer() {
    let (notice, seconds) = outcome("http://proxy.example:3128", |mut peers| async move {
        let mut peer = peers.accept().await;
        peer.request().await;
        for byte in b"HTTP/1.1 200 \r\n\r\n" {
            peer.answer([*byte]).await;
            tokio::time::sleep(SECOND / 2).await;
        }
        peer.request().await;
        peer.answer_json(503, &serde_json::json!({})).await;
    })
    .await;
    assert!(matches!(notice, Notice::Disconnected { failure: Failure::HttpStatus { status: 503, .. }, .. }));
    assert_eq!(seconds, 8);
}

#[tokio::test(start_paused = true)]
async fn a_proxy_that_does_not_answer_in_time_is_given_up() {
    for (proxy, pause) in [("http://p:1", SECOND), ("http://p:1", SECOND * 1000), ("socks5h://p:1", SECOND * 1000)] {
        let behave = move |mut peers: Peers| async move {
            let mut peer = peers.accept().await;
            for byte in b"HTTP/1.1 200 OK\r\n\r\n" {
                tokio::time::sleep(pause).await;
                peer.answer([*byte]).await;
            }
        };
        let (error, seconds) = link_error(outcome(proxy, behave).await);
        assert_eq!((error.kind, seconds), (LinkErrorKind::Timeout(Phase::Proxy), 10));
        assert!(error.detail.contains("p:1: limit 10s"), "{}", error.detail);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_told_with_its_status() {
    let refusal = answered(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno").await;
    assert_eq!(refusal, "it answered 403 to CONNECT platform.example:80");
    let refusal = answered(b"HTTP/1.1 502 hunter2hunter2\r\n\r\n").await;
    assert_eq!(refusal, "it answered 502 to CONNECT platform.example:80");
    // Nothing but a final 2xx opens a tunnel.
    assert!(answered(b"HTTP/1.1 100 Continue\r\n\r\n").await.contains("it answered 100"));
    assert!(answered(b"HTTP/1.1 302 Found\r\nLocation: http://x/\r\n\r\n").await.contains("it answered 302"));
}

#[tokio::test(start_paused = true)]
async fn a_proxy_that_wants_credentials_says_so_and_is_told_apart_from_one_that_refuses_them() {
    let lacking = answered(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").await;
    assert_eq!(lacking, "it answered 407: it wants a user and password, user:password@ in its URL");
    let (error, _) = link_error(
        outcome("http://hunter1:hunter2@p:1", |mut peers| async move {
            let mut peer = peers.accept().await;
            peer.request().await;
            peer.answer(b"HTTP/1.1 407 No hunter1:hunter2\r\n\r\n").await;
        })
        .await,
    );
    assert_eq!(error.detail, "http proxy p:1: it answered 407: it does not take this user and password");
}

#[tokio::test(start_paused = true)]
async fn bytes_behind_the_answer_are_not_taken_for_the_platforms() {
    let surplus = answered(b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n").await;
    assert_eq!(surplus, "it opened the tunnel, and sent 17 bytes of its own into it");
}

#[tokio::test(start_paused = true)]
async fn a_head_without_an_end_is_read_no_further_than_8_kib() {
    let head = [b"HTTP/1.1 200 OK\r\nX: ".as_slice(), &[b'x'; 64 * 1024]].concat();
    assert_eq!(answered(&head).await, "the head of its answer is longer than 8192 bytes");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_http_is_noticed_at_its_first_bytes() {
    for garbage in [b"SSH-2.0-OpenSSH\r\n".as_slice(), b"\x05\xff", b"\x15\x03\x01", b"HTTP/2 200\r\n\r\n", b"\r\n\r\n"]
    {
        assert_eq!(answered(garbage).await, "its answer is not HTTP");
    }
    for garbage in [b"HTTP/1.1\r\n\r\n".as_slice(), b"HTTP/1.1 2OO OK\r\n\r\n", b"HTTP/1.1 +20 OK\r\n\r\n"] {
        assert_eq!(answered(garbage).await, "its answer is not HTTP");
    }
}

#[tokio::test(start_paused = true)]
async fn a_proxy_that_hangs_up_is_told_as_such() {
    for part in [b"".as_slice(), b"HTTP/1.1 200 OK\r\n"] {
        let behave = |mut peers: Peers| async move {
            let mut peer = peers.accept().await;
            peer.request().await;
            peer.answer(part).await;
        };
        let (error, _) = link_error(outcome("http://p:1", behave).await);
        assert_eq!(error.detail, "http proxy p:1: it closed the connection without an answer");
    }
    let (error, _) = link_error(outcome("socks5://p:1", |mut peers| async move { drop(peers.accept().await) }).await);
    assert_eq!((error.kind, error.detail.starts_with("socks5 proxy p:1: ")), (LinkErrorKind::Proxy, true));
}

/// The error if a SOCKS5 proxy answers the messages one after the other with these bytes.
async fn socks(proxy: &str, answers: &'static [&'static [u8]]) -> String {
    let behave = move |mut peers: Peers| async move {
        let mut peer = peers.accept().await;
        for answer in answers {
            assert_ne!(peer.0.read(&mut [0; 1024]).await.unwrap(), 0);
            peer.0.write_all(answer).await.unwrap();
        }
        pending::<()>().await;
    };
    let (error, _) = link_error(outcome(proxy, behave).await);
    assert_eq!(error.kind, LinkErrorKind::Proxy);
    error.detail.split_once(": ").expect("the proxy's name").1.to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_socks_proxy_says_in_a_number_why_it_refuses_and_we_say_it_in_words() {
    for (reply, words) in [
        (b"\x05\x01\0\x01\0\0\0\0\0\0", "it answered 1 to the request for platform.example:80: general failure"),
        (
            b"\x05\x02\0\x01\0\0\0\0\0\0",
            "it answered 2 to the request for platform.example:80: not allowed by its rules",
        ),
        (b"\x05\x05\0\x01\0\0\0\0\0\0", "it answered 5 to the request for platform.example:80: connection refused"),
        (b"\x05\xee\0\x01\0\0\0\0\0\0", "it answered 238 to the request for platform.example:80: unassigned"),
    ] {
        let answers: &'static [&'static [u8]] = Box::leak(Box::new([b"\x05\0".as_slice(), reply.as_slice()]));
        assert_eq!(socks("socks5h://p:1", answers).await, words);
    }
}

#[tokio::test(start_paused = true)]
async fn a_socks_proxy_and_we_have_to_agree_on_a_way_to_authenticate() {
    assert!(socks("socks5://p:1", &[b"\x05\xff"]).await.starts_with("it wants a user and password"));
    assert!(socks("socks5://p:1", &[b"\x05\x02"]).await.starts_with("it wants a user and password"));
    assert_eq!(socks("socks5://u:p@p:1", &[b"\x05\xff"]).await, "it wants a way to authenticate that we lack");
    assert_eq!(socks("socks5://p:1", &[b"\x05\x01"]).await, "it chose a way to authenticate that was not offered");
    assert_eq!(socks("socks5://u:p@p:1", &[b"\x05\x02", b"\x01\x01"]).await, "it does not take this user and password");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_socks_is_noticed_at_its_first_bytes() {
    assert_eq!(socks("socks5://p:1", &[b"HTTP/1.1 400 Bad Request\r\n\r\n"]).await, "its answer is not SOCKS5");
    assert_eq!(socks("socks5://p:1", &[b"\x05\0", b"\x04\0\0\x01\0\0\0\0\0\0"]).await, "its answer is not SOCKS5");
    let kind = socks("socks5://p:1", &[b"\x05\0", b"\x05\0\0\x09\0\0\0\0\0\0"]).await;
    assert_eq!(kind, "its answer has an address of a kind that SOCKS5 does not know");
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_into_socks_is_not_sent() {
    let long = format!("socks5://u:{}@p:1", "p".repeat(256));
    let error = socks(&long, &[b"\x05\x02"]).await;
    assert_eq!(error, "user, password or host are longer than the 255 bytes that SOCKS5 takes");
}

#[tokio::test(start_paused = true)]
async fn a_proxy_that_cannot_be_reached_is_named() {
    let (mut wire, _peers) = Wire::new();
    wire.names_hang = true;
    let egress = Egress::new().proxy("http://u:hunter2@nowhere.example:3128").unwrap();
    let mut driver = Driver::new(config(), std::sync::Arc::new(wire), &egress);
    let (error, _) = link_error((next(&mut driver).await, 0));
    assert_eq!(error.kind, LinkErrorKind::Timeout(Phase::Proxy));
    assert_eq!(error.detail, "http proxy nowhere.example:3128: connecting took too long: limit 10s");

    let gone = |peers| {
        drop(peers);
        async {}
    };
    let (error, _) = link_error(outcome("http://u:hunter2@nowhere.example:3128", gone).await);
    assert_eq!(error.kind, LinkErrorKind::Proxy);
    assert!(error.detail.starts_with("http proxy nowhere.example:3128: connection failed: "), "{}", error.detail);
}

#[tokio::test(start_paused = true)]
async fn the_environment_chooses_the_proxy_of_each_url() {
    let variables = HashMap::from([("http_proxy", "http://proxy.example:3128"), ("no_proxy", "internal.example")]);
    let lookup = |name: &str| variables.get(name).map(|value| (*value).to_owned());
    for (domain, line) in
        [("http://platform.example", "CONNECT platform.example:80 "), ("http://internal.example", "POST /callback/ws")]
    {
        let (wire, mut peers) = Wire::new();
        let mut config = config();
        config.domain = Domain::Custom(domain.into());
        config.allow_insecure = true;
        let mut driver = Driver::new(config, std::sync::Arc::new(wire), &Egress::with_env(lookup));
        let request = while_driving(&mut driver, async { peers.accept().await.request().await }).await;
        assert!(request.starts_with(line), "{request}");
    }
}
