//! Proxies that do not do what they should. What can be said of them in virtual time is among the tests of the adapter.

use std::future::pending;
use std::time::Duration;

use larkwire::{Egress, LinkError, LinkErrorKind, Phase};
use larkwire_sim::Sim;
use tokio::io::AsyncWriteExt;

use crate::bots::{LIMIT, answers, config, fails, first_failure};
use crate::support::proxy::Proxy;

fn through(scheme: &str, proxy: &Proxy) -> Egress {
    Egress::new().proxy(&format!("{scheme}://hunter1:hunter2@{}", proxy.address())).unwrap()
}

/// The error behind the proxy's name. The attempt fails, and shows no credentials.
async fn error(scheme: &str, proxy: Proxy) -> String {
    let sim = Sim::start().await;
    let LinkError { kind, detail, .. } = fails(&sim, &sim.domain(), &through(scheme, &proxy)).await;
    assert_eq!(kind, LinkErrorKind::Proxy, "{detail}");
    assert!(!detail.contains("hunter"), "{detail}");
    let name = format!("{scheme} proxy {}: ", proxy.address());
    detail.strip_prefix(&name).unwrap_or_else(|| panic!("{detail}")).to_owned()
}

#[tokio::test]
async fn credentials_that_the_proxy_does_not_take_are_the_applications_fault_and_told_so() {
    assert!(
        error("http", Proxy::connect(Some("Basic b3RoZXI="))).await.contains("does not take this user and password")
    );
    assert!(error("socks5", Proxy::socks5(Some(("other", "other")))).await.contains("does not take this user"));
}

#[tokio::test]
async fn a_proxy_of_the_other_kind_is_noticed() {
    assert_eq!(error("http", Proxy::hostile(|_| async { Ok(()) })).await, "it closed the connection without an answer");
    let socks_port_of_an_http_proxy = error("socks5", Proxy::answering(b"HTTP/1.1 400 Bad Request\r\n\r\n")).await;
    assert_eq!(socks_port_of_an_http_proxy, "its answer is not SOCKS5");
    let http_port_of_a_socks_proxy = error("http", Proxy::answering(b"\x05\xff")).await;
    assert_eq!(http_port_of_a_socks_proxy, "its answer is not HTTP");
}

#[tokio::test]
async fn an_endless_head_is_not_read_to_its_end() {
    let proxy = Proxy::hostile(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
        loop {
            stream.write_all(b"X-Padding: and so on\r\n").await?;
        }
    });
    assert_eq!(error("http", proxy).await, "the head of its answer is longer than 8192 bytes");
}

#[tokio::test]
async fn bytes_behind_the_head_are_refused() {
    let proxy = Proxy::hostile(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n").await?;
        pending().await
    });
    assert_eq!(error("http", proxy).await, "it opened the tunnel, and sent 19 bytes of its own into it");
}

#[tokio::test]
async fn a_proxy_that_is_silent_costs_no_more_than_its_deadline() {
    let sim = Sim::start().await;
    let proxy = Proxy::hostile(|stream| async move {
        let _open = stream;
        pending().await
    });
    let mut config = config(&sim, &sim.domain());
    config.deadlines.proxy = Duration::from_millis(50);
    let error = first_failure(config, &through("http", &proxy)).await;
    assert_eq!(error.kind, LinkErrorKind::Timeout(Phase::Proxy));
}

#[tokio::test]
async fn an_answer_in_single_bytes_is_put_together() {
    let sim = Sim::start().await;
    let proxy = Proxy::connect_in_bytes();
    answers(&sim, &sim.domain(), through("http", &proxy)).await;
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_named_without_credentials() {
    let sim = Sim::start().await;
    let gone = Proxy::connect(None);
    let (egress, address) = (through("socks5h", &gone), gone.address());
    drop(gone);
    let error = tokio::time::timeout(LIMIT, fails(&sim, &sim.domain(), &egress)).await.unwrap();
    assert_eq!(error.kind, LinkErrorKind::Proxy);
    let words = format!("socks5h proxy {address}: connection failed: {address}: ");
    assert!(error.detail.starts_with(&words), "{}", error.detail);
}
