//! Endpoint discovery, as far as it is HTTP.

use larkwire::{Failure, LinkErrorKind, Notice};

use crate::support::*;

/// What becomes of this answer to endpoint discovery.
async fn outcome(answer: Vec<Vec<u8>>) -> Notice {
    let (wire, mut peers) = Wire::new();
    let mut driver = driver(config(), wire);
    let peer = tokio::spawn(async move {
        let mut peer = peers.accept().await;
        peer.request().await;
        for part in answer {
            peer.answer(part).await;
            tokio::time::sleep(SECOND / 100).await;
        }
        drop(peer);
        peers.accept().await.upgrade(b"").await
    });
    let notice = next(&mut driver).await;
    peer.abort();
    notice
}

async fn link_error(answer: &[u8]) -> LinkErrorKind {
    match outcome(vec![answer.to_vec()]).await {
        Notice::Disconnected { failure: Failure::Link(error), .. } => error.kind,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_with_a_length_is_read_to_that_length() {
    let body = endpoint().to_string();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    let (first, second) = body.split_at(20);
    let parts = [head.as_str(), first, second].map(|part| part.as_bytes().to_vec());
    assert!(matches!(outcome(parts.to_vec()).await, Notice::Connected { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_chunked_body_is_put_together() {
    let body = endpoint().to_string();
    let (first, second) = body.split_at(20);
    let mut parts = vec![b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec()];
    parts.extend([first, second].map(|part| format!("{:x}\r\n{part}\r\n", part.len()).into_bytes()));
    parts.push(b"0\r\n\r\n".to_vec());
    assert!(matches!(outcome(parts).await, Notice::Connected { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_body_without_a_length_ends_with_the_stream() {
    let parts = vec![b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec(), endpoint().to_string().into_bytes()];
    assert!(matches!(outcome(parts).await, Notice::Connected { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_body_over_the_limit_is_refused_as_soon_as_it_is_known() {
    let announced = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nbeginning";
    assert_eq!(link_error(&[announced.as_slice(), &[b' '; 65 * 1024]].concat()).await, LinkErrorKind::TooLarge);
    let mut chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20000\r\n".to_vec();
    chunked.extend([b' '; 0x1_1000]);
    assert_eq!(link_error(&chunked).await, LinkErrorKind::TooLarge);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_cut_off_is_a_cut() {
    assert_eq!(link_error(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{").await, LinkErrorKind::Reset);
    assert_eq!(link_error(b"").await, LinkErrorKind::Reset);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_not_http_is_told_as_such() {
    assert_eq!(link_error(b"SSH-2.0-OpenSSH_9.6\r\n\r\n").await, LinkErrorKind::Upgrade);
}

#[tokio::test(start_paused = true)]
async fn a_redirect_is_not_followed() {
    let answer = b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n".to_vec();
    match outcome(vec![answer]).await {
        Notice::Disconnected { failure: Failure::HttpStatus { status, .. }, .. } => assert_eq!(status, 302),
        other => panic!("{other:?}"),
    }
}
