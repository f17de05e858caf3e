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

#[tokio::test(start_paused = true)]
async fn interim_answers_and_older_or_careless_servers_are_understood() {
    let body = endpoint().to_string();
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    for answer in [
        format!("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n{answer}"),
        answer.replace("HTTP/1.1", "HTTP/1.0"),
        answer.replace("\r\n", "\n"),
        answer.replace("200 OK", "200"),
    ] {
        let outcome = outcome(vec![answer.clone().into_bytes()]).await;
        assert!(matches!(outcome, Notice::Connected { .. }), "{answer}: {outcome:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_of_no_use_is_named_and_tried_again() {
    let with = |head: &str, body: &str| format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let ok = endpoint().to_string();
    let url = |url: &str| ok.replace("ws://localhost:7/ws/v2", url);
    let answers = [
        (with("HTTP/1.1 200 OK", "<html>log in</html>"), "it is not a JSON object"),
        (with("HTTP/1.1 200 OK", ""), "it is not a JSON object"),
        (with("HTTP/1.1 200 OK", "null"), "it is not a JSON object"),
        (with("HTTP/1.1 200 OK\r\nContent-Encoding: gzip", "\u{1f}packed"), "it is not a JSON object"),
        (with("HTTP/1.1 200 OK", r#"{"code":"0"}"#), "it has no code"),
        (with("HTTP/1.1 200 OK", r#"{"code":0,"data":"here"}"#), "it has no data"),
        (with("HTTP/1.1 200 OK", r#"{"code":0,"data":{"URL":[]}}"#), "it has no URL"),
        (with("HTTP/1.1 200 OK", &url("http://localhost:7/ws")), "the scheme is missing or not the expected one"),
        (with("HTTP/1.1 200 OK", &url("ws://evil.example/ws")), "plain text to a host that is not loopback"),
        (with("HTTP/1.1 200 OK", &url("wss://u:p@localhost:7/ws")), "a user name or password is in the URL"),
        (with("HTTP/1.1 204 None", ""), "HTTP status 204"),
        (with("HTTP/1.1 201 Made", &ok), "HTTP status 201"),
        (with("HTTP/1.1 307 There\r\nLocation: http://elsewhere/", ""), "HTTP status 307"),
        (with("HTTP/1.1 401 Who", r#"{"code":1000040345,"msg":"hunter2hunter2?"}"#), "HTTP status 401: ***?"),
        ("HTTP/1.1 101 Up\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n".into(), "HTTP status 101"),
        ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}".into(), "the answer is not HTTP"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}".into(), "the answer is not HTTP"),
        (with(&format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(70_000)), &ok), "the answer is not HTTP"),
        (with(&format!("HTTP/1.1 200 OK{}", "\r\nX: y".repeat(200)), &ok), "the answer is not HTTP"),
    ];
    for (answer, words) in answers {
        match outcome(vec![answer.clone().into_bytes()]).await {
            Notice::Disconnected { failure, was_open: false, retry_at: Some(_) } => {
                assert!(failure.to_string().contains(words), "{failure}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_an_end_is_given_up_after_fifteen_seconds() {
    let (wire, mut peers) = Wire::new();
    let mut driver = driver(config(), wire);
    let peer = tokio::spawn(async move {
        let mut peer = peers.accept().await;
        peer.request().await;
        peer.answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await;
        loop {
            peer.answer("1\r\n \r\n").await;
            tokio::time::sleep(SECOND).await;
        }
    });
    let Notice::Disconnected { failure, .. } = next(&mut driver).await else { panic!("no failure") };
    assert_eq!((failure, driver.time().since_origin()), (Failure::DiscoveryTimeout, SECOND * 15));
    peer.abort();
}
