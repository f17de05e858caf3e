//! The driver: what arrives is told, what is to be sent is sent, and nothing is lost in between.

use std::task::{Context, Poll, Waker};
use std::time::Duration;

use async_tungstenite::tungstenite::Message;
use async_tungstenite::tungstenite::protocol::CloseFrame;
use bytes::Bytes;
use futures::{FutureExt, SinkExt, StreamExt};
use larkwire::{Delivery, DropReason, Failure, LinkErrorKind, Notice, Phase, Reply, Stop};
use larkwire_core::frame::key;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::*;

fn hello() -> serde_json::Value {
    event("im.message.receive_v1", "event 1", json!({}))
}

async fn delivery(driver: &mut larkwire::Driver) -> Delivery {
    loop {
        if let Notice::Delivery(delivery) = next(driver).await {
            return delivery;
        }
    }
}

async fn failure(driver: &mut larkwire::Driver) -> Failure {
    loop {
        if let Notice::Disconnected { failure, .. } = next(driver).await {
            return failure;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn frames_that_come_together_with_the_101_are_delivered() {
    let (wire, mut peers) = Wire::new();
    let mut driver = driver(config(), wire);
    let frame = data_frame(&hello()).to_bytes();
    let mut behind = vec![0x82, 126];
    behind.extend(u16::try_from(frame.len()).unwrap().to_be_bytes());
    behind.extend_from_slice(&frame);
    let peer = tokio::spawn(async move {
        peers.discovery().await;
        peers.accept().await.upgrade(&behind).await
    });
    assert_eq!(delivery(&mut driver).await.envelope().event_id.as_deref(), Some("event 1"));
    drop(peer);
}

#[tokio::test(start_paused = true)]
async fn a_refused_upgrade_tells_its_headers_and_body() {
    let (wire, mut peers) = Wire::new();
    let mut driver = driver(config(), wire);
    let peer = tokio::spawn(async move {
        peers.discovery().await;
        let mut peer = peers.accept().await;
        peer.request().await;
        let head = "HTTP/1.1 400 Bad\r\nHandshake-Status: 514\r\nHandshake-Autherrcode: 7\r\nContent-Length: 9\r\n\r\n";
        peer.answer(head).await;
        // The body comes later than the head.
        tokio::time::sleep(SECOND / 10).await;
        peer.answer("try again").await;
        peer
    });
    let Failure::Handshake(rejection) = failure(&mut driver).await else { panic!("another failure") };
    assert_eq!((rejection.status, rejection.handshake_status, rejection.auth_code), (400, Some(514), Some(7)));
    assert_eq!(rejection.message, "try again");
    drop(peer);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_whose_body_never_ends_is_a_refusal_all_the_same() {
    let (wire, mut peers) = Wire::new();
    let mut driver = driver(config(), wire);
    let peer = tokio::spawn(async move {
        peers.discovery().await;
        let mut peer = peers.accept().await;
        peer.request().await;
        peer.answer("HTTP/1.1 503 No\r\n\r\nso far").await;
        peer
    });
    let Failure::Handshake(rejection) = failure(&mut driver).await else { panic!("another failure") };
    assert_eq!((rejection.status, rejection.message.as_str()), (503, "so far"));
    drop(peer);
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_that_answers_another_request_is_refused() {
    let (wire, mut peers) = Wire::new();
    let mut driver = driver(config(), wire);
    let peer = tokio::spawn(async move {
        peers.discovery().await;
        let mut peer = peers.accept().await;
        peer.request().await;
        let head =
            "HTTP/1.1 101 Yes\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: AAAA\r\n\r\n";
        peer.answer(head).await;
        peer
    });
    let Failure::Link(error) = failure(&mut driver).await else { panic!("another failure") };
    assert_eq!(error.kind, LinkErrorKind::Upgrade);
    drop(peer);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_takes_longer_than_the_pong_timeout_is_delivered() {
    let (wire, mut peers) = Wire::new();
    let mut config = config();
    config.liveness.max_ping_interval = SECOND * 5;
    let mut driver = driver(config, wire);
    let peer = tokio::spawn(async move {
        let mut stream = peers.open().await.0.into_inner().into_inner();
        let frame = data_frame(&hello()).to_bytes();
        let head = [0x82, 126, (frame.len() >> 8) as u8, frame.len() as u8];
        for byte in head.iter().chain(&frame) {
            stream.write_all(&[*byte]).await.unwrap();
            tokio::time::sleep(SECOND / 4).await;
        }
        stream
    });
    assert_eq!(delivery(&mut driver).await.envelope().event_id.as_deref(), Some("event 1"));
    assert!(driver.time().since_origin() > SECOND * 60);
    assert_eq!(driver.stats().connections, 1);
    drop(peer);
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_sent_however_large_it_is() {
    let (mut wire, mut peers) = Wire::new();
    wire.room = 1024 * 1024;
    let mut config = config();
    config.limits.payload = 1_000;
    let mut driver = driver(config, wire);
    let peer = tokio::spawn(async move {
        let mut gateway = peers.open().await;
        gateway.push(&hello()).await;
        gateway.ack().await
    });
    let delivery = delivery(&mut driver).await;
    driver.reply(delivery.id(), Reply::json(json!({"text": "x".repeat(2_000_000)}).to_string())).unwrap();
    let ack = while_driving(&mut driver, peer).await.unwrap();
    assert!(ack["data"].as_str().unwrap().len() > 2_000_000);
}

#[tokio::test(start_paused = true)]
async fn the_peers_close_is_heard_with_code_and_reason_and_answered() {
    let (wire, mut peers) = Wire::new();
    let mut driver = driver(config(), wire);
    let peer = tokio::spawn(async move {
        let mut gateway = peers.open().await;
        let close = CloseFrame { code: 4000.into(), reason: "bye".into() };
        gateway.0.send(Message::Close(Some(close))).await.unwrap();
        while let Some(Ok(message)) = gateway.0.next().await {
            if let Message::Close(frame) = message {
                return frame.map(|frame| u16::from(frame.code));
            }
        }
        None
    });
    assert_eq!(failure(&mut driver).await, Failure::Closed { code: 4000, reason: "bye".into() });
    assert_eq!(peer.await.unwrap(), Some(4000));
}

#[tokio::test(start_paused = true)]
async fn a_close_without_code_counts_as_1005() {
    let (wire, mut peers) = Wire::new();
    let mut driver = driver(config(), wire);
    let peer = tokio::spawn(async move {
        let mut gateway = peers.open().await;
        gateway.0.send(Message::Close(None)).await.unwrap();
        gateway
    });
    assert_eq!(failure(&mut driver).await, Failure::Closed { code: 1005, reason: String::new() });
    drop(peer);
}

#[tokio::test(start_paused = true)]
async fn an_end_without_a_close_frame_is_a_cut() {
    let (wire, mut peers) = Wire::new();
    let mut driver = driver(config(), wire);
    let peer = tokio::spawn(async move { drop(peers.open().await) });
    let Failure::Link(error) = failure(&mut driver).await else { panic!("another failure") };
    assert_eq!(error.kind, LinkErrorKind::Reset);
    peer.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn next_can_be_dropped_at_every_await() {
    let (wire, mut peers) = Wire::new();
    let mut driver = driver(config(), wire);
    let peer = tokio::spawn(async move {
        let mut gateway = peers.open().await;
        gateway.push(&hello()).await;
        gateway.ack().await
    });
    while !peer.is_finished() {
        // Polled once, then dropped.
        if let Some(Some(Notice::Delivery(delivery))) = driver.next().now_or_never() {
            driver.reply(delivery.id(), Reply::ok()).unwrap();
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(peer.await.unwrap(), json!({"code": 200}));
    assert_eq!(driver.stats().connections, 1);
}

#[tokio::test(start_paused = true)]
async fn an_ack_that_waits_for_room_leaves_although_nothing_follows() {
    let (mut wire, mut peers) = Wire::new();
    wire.room = 64;
    let mut driver = driver(config(), wire);
    let peer = tokio::spawn(async move {
        let mut gateway = peers.open().await;
        gateway.push(&hello()).await;
        tokio::time::sleep(SECOND).await;
        gateway.ack().await
    });
    let delivery = delivery(&mut driver).await;
    driver.reply(delivery.id(), Reply::json(json!({"text": "x".repeat(5_000)}).to_string())).unwrap();
    let ack = while_driving(&mut driver, peer).await.unwrap();
    assert!(ack["data"].as_str().unwrap().len() > 5_000);
}

#[tokio::test(start_paused = true)]
async fn a_full_write_buffer_does_not_stop_the_reading() {
    let (mut wire, mut peers) = Wire::new();
    wire.room = 512;
    let mut driver = driver(config(), wire);
    let peer = tokio::spawn(async move {
        let mut gateway = peers.open().await;
        gateway.push(&hello()).await;
        // The answer is far larger than the room, and is not read until another event has been written and taken.
        for id in ["event 2", "event 3", "event 4"] {
            gateway.push(&event("im.message.receive_v1", id, json!({"text": "y".repeat(2_000)}))).await;
        }
        gateway.ack().await
    });
    let first = delivery(&mut driver).await;
    driver.reply(first.id(), Reply::json(json!({"text": "x".repeat(100_000)}).to_string())).unwrap();
    for id in ["event 2", "event 3", "event 4"] {
        assert_eq!(delivery(&mut driver).await.envelope().event_id.as_deref(), Some(id));
    }
    let ack = while_driving(&mut driver, peer).await.unwrap();
    assert!(ack["data"].as_str().unwrap().len() > 100_000);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_makes_no_progress_ends_the_connection() {
    let (mut wire, mut peers) = Wire::new();
    wire.room = 4096;
    let mut config = config();
    config.liveness.pong_timeout = Duration::ZERO;
    let mut driver = driver(config, wire);
    let peer = tokio::spawn(async move {
        let mut gateway = peers.open().await;
        gateway.push(&hello()).await;
        gateway
    });
    let delivery = delivery(&mut driver).await;
    let begun = driver.time();
    driver.reply(delivery.id(), Reply::json(json!({"text": "x".repeat(100_000)}).to_string())).unwrap();
    let Failure::Link(error) = failure(&mut driver).await else { panic!("another failure") };
    assert_eq!(error.kind, LinkErrorKind::Timeout(Phase::Write));
    let waited = driver.time().since(begun);
    assert!((SECOND * 30..SECOND * 31).contains(&waited), "{waited:?}");
    drop(peer);
}

#[tokio::test(start_paused = true)]
async fn a_message_over_the_limit_is_refused_with_1009() {
    let (wire, mut peers) = Wire::new();
    let mut config = config();
    config.limits.payload = 1_000;
    let mut driver = driver(config, wire);
    let peer = tokio::spawn(async move {
        let mut gateway = peers.open().await;
        let huge = Message::Binary(Bytes::from(vec![0; 2 * 1024 * 1024]));
        // The client stops reading it half-way.
        let _ = gateway.0.feed(huge).await;
        let _ = gateway.0.flush().await;
        loop {
            if let Message::Close(Some(close)) = gateway.message().await {
                return u16::from(close.code);
            }
        }
    });
    loop {
        if let Notice::Dropped { reason, .. } = next(&mut driver).await {
            assert!(matches!(reason, DropReason::TooLarge(_)), "{reason:?}");
            break;
        }
    }
    assert_eq!(failure(&mut driver).await, Failure::MessageTooLarge);
    assert_eq!(peer.await.unwrap(), 1009);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_never_resolved_is_given_up_in_time() {
    let (mut wire, _peers) = Wire::new();
    wire.names_hang = true;
    assert_eq!(time_out(driver(config(), wire), Phase::Tcp).await, SECOND * 10);
}

#[tokio::test(start_paused = true)]
async fn an_address_that_swallows_packets_does_not_hide_the_next_one() {
    let (mut wire, mut peers) = Wire::new();
    wire.first_address_hangs = true;
    let mut driver = driver(config(), wire);
    let peer = tokio::spawn(async move { peers.open().await });
    assert!(matches!(next(&mut driver).await, Notice::Connected { .. }));
    // Half of the ten seconds, once for discovery and once for the connection.
    assert_eq!(driver.time().since_origin().as_secs(), 10);
    drop(peer);
}

#[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
#[tokio::test(start_paused = true)]
async fn a_tls_handshake_without_an_answer_is_given_up_in_time() {
    let (wire, mut peers) = Wire::new();
    let mut config = config();
    config.domain = larkwire::Domain::Custom("https://localhost:7".into());
    let peer = tokio::spawn(async move { peers.accept().await });
    assert_eq!(time_out(driver(config, wire), Phase::Tls).await, SECOND * 10);
    drop(peer);
}

#[cfg(not(any(feature = "ring", feature = "aws-lc-rs")))]
#[tokio::test(start_paused = true)]
async fn without_a_provider_https_is_an_error_that_says_so() {
    let (wire, _peers) = Wire::new();
    let mut config = config();
    config.domain = larkwire::Domain::Custom("https://localhost:7".into());
    let Failure::Link(error) = failure(&mut driver(config, wire)).await else { panic!("another failure") };
    assert_eq!(
        (error.kind, error.detail.as_str()),
        (LinkErrorKind::Tls, "built without TLS: turn on the feature `ring` or `aws-lc-rs`")
    );
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_without_an_answer_is_given_up_in_time() {
    let (wire, mut peers) = Wire::new();
    let peer = tokio::spawn(async move {
        peers.discovery().await;
        peers.accept().await
    });
    assert_eq!(time_out(driver(config(), wire), Phase::Upgrade).await, SECOND * 10);
    drop(peer);
}

async fn time_out(mut driver: larkwire::Driver, phase: Phase) -> Duration {
    let Failure::Link(error) = failure(&mut driver).await else { panic!("another failure") };
    assert_eq!(error.kind, LinkErrorKind::Timeout(phase));
    Duration::from_secs(driver.time().since_origin().as_secs())
}

#[tokio::test(start_paused = true)]
async fn a_ping_of_the_peer_is_answered() {
    let (wire, mut peers) = Wire::new();
    let mut driver = driver(config(), wire);
    let peer = tokio::spawn(async move {
        let mut gateway = peers.open().await;
        gateway.0.send(Message::Ping(Bytes::from_static(b"still there?"))).await.unwrap();
        loop {
            if let Message::Pong(data) = gateway.message().await {
                return data;
            }
        }
    });
    assert_eq!(while_driving(&mut driver, peer).await.unwrap(), "still there?");
}

#[tokio::test(start_paused = true)]
async fn what_is_beyond_the_limit_of_answers_stays_in_the_socket() {
    let (wire, mut peers) = Wire::new();
    let mut config = config();
    config.limits.unanswered = 1;
    let mut driver = driver(config, wire);
    let peer = tokio::spawn(async move {
        let mut gateway = peers.open().await;
        gateway.push(&hello()).await;
        gateway.push(&event("im.message.receive_v1", "event 2", json!({}))).await;
        gateway.pong().await;
        (gateway.ack().await, gateway)
    });
    let first = delivery(&mut driver).await;
    for _ in 0..100 {
        let mut cx = Context::from_waker(Waker::noop());
        if let Poll::Ready(Some(Notice::Delivery(_))) = driver.poll_next(&mut cx) {
            panic!("a second delivery, and the first is not answered");
        }
        tokio::task::yield_now().await;
    }
    driver.reply(first.id(), Reply::ok()).unwrap();
    let second = delivery(&mut driver).await;
    assert_eq!(second.envelope().event_id.as_deref(), Some("event 2"));
    driver.reply(second.id(), Reply::ok()).unwrap();
    let (ack, _gateway) = while_driving(&mut driver, peer).await.unwrap();
    assert_eq!(ack, json!({"code": 200}));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_falls_silent_while_one_delivery_at_a_time_is_allowed_is_noticed() {
    let (wire, mut peers) = Wire::new();
    let mut config = config();
    config.limits.unanswered = 1;
    let mut driver = driver(config, wire);
    let peer = tokio::spawn(async move {
        let mut gateway = peers.open().await;
        gateway.push(&hello()).await;
        gateway
    });
    // Answered before the driver looks at the socket again: it has to say that it reads on all the same.
    let delivery = delivery(&mut driver).await;
    driver.reply(delivery.id(), Reply::ok()).unwrap();
    assert_eq!(failure(&mut driver).await, Failure::Silent);
    drop(peer);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_answers_what_is_open_and_says_goodbye() {
    let (wire, mut peers) = Wire::new();
    let mut driver = driver(config(), wire);
    let peer = tokio::spawn(async move {
        let mut gateway = peers.open().await;
        gateway.push(&hello()).await;
        let ack = gateway.ack().await;
        let Message::Close(close) = gateway.message().await else { panic!("no goodbye") };
        // The gateway's stream answers it by itself.
        let _ = gateway.0.next().await;
        (ack, close.map(|close| u16::from(close.code)))
    });
    let delivery = delivery(&mut driver).await;
    driver.shutdown(SECOND * 10);
    driver.reply(delivery.id(), Reply::failed()).unwrap();
    assert!(matches!(next(&mut driver).await, Notice::Stopped(Stop::Shutdown)));
    assert!(driver.next().await.is_none());
    assert!(driver.time().since_origin() < SECOND, "it waited for nothing");
    assert_eq!(peer.await.unwrap(), (json!({"code": 500}), Some(1000)));
}

#[tokio::test(start_paused = true)]
async fn many_events_are_answered_in_few_writes_and_others_get_their_turn() {
    let (mut wire, mut peers) = Wire::new();
    wire.room = 1024 * 1024;
    let mut driver = driver(config(), wire);
    const EVENTS: usize = 500;
    let peer = tokio::spawn(async move {
        let mut gateway = peers.open().await;
        for id in 0..EVENTS {
            let frame = data_frame(&event("im.message.receive_v1", &id.to_string(), json!({}))).to_bytes();
            gateway.0.feed(Message::Binary(frame)).await.unwrap();
        }
        gateway.0.flush().await.unwrap();
        for _ in 0..EVENTS {
            assert_eq!(gateway.frame().await.header(key::BIZ_RT), Some("0"));
        }
        gateway
    });
    let mut longest = 0;
    let mut run = 0;
    while driver.stats().acks < EVENTS as u64 {
        let mut polls = 0;
        let notice = std::future::poll_fn(|cx| {
            polls += 1;
            driver.poll_next(cx)
        });
        if let Some(Notice::Delivery(delivery)) = notice.await {
            run = if polls > 1 { 1 } else { run + 1 };
            longest = longest.max(run);
            driver.reply(delivery.id(), Reply::ok()).unwrap();
        }
    }
    assert!((2..=64).contains(&longest), "{longest} events without a pause");
    while_driving(&mut driver, peer).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_client_assertion_is_asked_for_on_each_discovery() {
    let (wire, mut peers) = Wire::new();
    let mut config = larkwire::Config::with_assertion(APP);
    config.domain = larkwire::Domain::Custom("http://localhost:7".into());
    let mut driver = driver(config, wire).assertions(|audience| async move {
        assert_eq!(audience, "localhost:7");
        Ok(larkwire::Assertion::new("signed"))
    });
    let peer = tokio::spawn(async move {
        let request = peers.accept().await.request().await;
        assert!(request.contains("signed"), "{request}");
    });
    while_driving(&mut driver, peer).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn nothing_is_left_open_when_the_driver_is_dropped() {
    let (wire, mut peers) = Wire::new();
    let mut driver = driver(config(), wire);
    let peer = tokio::spawn(async move { peers.open().await });
    assert!(matches!(next(&mut driver).await, Notice::Connected { .. }));
    let mut gateway = peer.await.unwrap().0.into_inner().into_inner();
    drop(driver);
    let mut rest = Vec::new();
    gateway.read_to_end(&mut rest).await.unwrap();
}
