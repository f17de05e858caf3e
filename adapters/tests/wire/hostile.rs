//! Platforms that break the rules, on the way up and once they are connected: what becomes of it has a name, and the event
//! that comes next, on this connection or on another one, is handled and acked.

use async_tungstenite::tungstenite::Message;
use futures::StreamExt;
use larkwire::{Driver, Failure, LinkErrorKind, Notice, Phase, Reply};
use larkwire_core::frame::{Frame, FrameLimits, Header, key};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::task::JoinHandle;

use crate::support::*;

/// A WebSocket frame of a server, whose payload is below 64 KiB.
fn websocket(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap();
    let head = match u8::try_from(length) {
        Ok(length @ ..=125) => vec![first, length],
        _ => [&[first, 126][..], &length.to_be_bytes()].concat(),
    };
    [head, payload.to_vec()].concat()
}

fn binary(frame: &Frame) -> Vec<u8> {
    websocket(0x82, &frame.to_bytes())
}

fn pushed(id: &str) -> Frame {
    data_frame(&event("im.message.receive_v1", id, json!({})))
}

/// Runs a client on a platform that says these bytes once it is connected, and an event behind them. Where that ends the
/// connection, the event is pushed on the next one. Gives what was lost, and how many connections it took.
async fn after(bytes: Vec<u8>) -> (Option<Failure>, u64) {
    let (wire, mut peers) = Wire::new();
    let mut driver = driver(config(), wire);
    let peer = tokio::spawn(async move {
        let mut gateway = peers.open().await;
        let first = [bytes, binary(&pushed("the next event"))].concat();
        // It may be gone before it has read all of it.
        let _ = gateway.0.get_mut().get_mut().write_all(&first).await;
        if !acked(&mut gateway).await {
            gateway = peers.open().await;
            gateway.push(&event("im.message.receive_v1", "the next event", json!({}))).await;
            assert!(acked(&mut gateway).await);
        }
        gateway
    });
    let mut lost = None;
    while !peer.is_finished() {
        tokio::select! {
            notice = driver.next() => match notice.unwrap() {
                Notice::Delivery(delivery) => {
                    let known = delivery.event_id() == Some("the next event");
                    driver.reply(delivery.id(), if known { Reply::ok() } else { Reply::failed() }).unwrap();
                }
                Notice::Disconnected { failure, .. } => lost = lost.or(Some(failure)),
                Notice::Stopped(stop) => panic!("{stop}"),
                _ => {}
            },
            () = tokio::time::sleep(SECOND / 100) => {}
        }
    }
    peer.await.unwrap();
    (lost, driver.stats().connections)
}

/// Whether the next event is acked, before the connection ends.
async fn acked(gateway: &mut Gateway) -> bool {
    while let Some(Ok(message)) = gateway.0.next().await {
        let Message::Binary(data) = message else { continue };
        let frame = Frame::from_bytes(data, &FrameLimits { headers: 64, header_bytes: 4096 }).unwrap();
        let of = frame.header(key::MESSAGE_ID).unwrap_or_default();
        if of.contains("the next event") && frame.payload.as_deref() == Some(br#"{"code":200}"#) {
            return true;
        }
    }
    false
}

#[tokio::test(start_paused = true)]
async fn what_is_odd_but_within_the_rules_of_websocket_costs_no_connection() {
    let whole = pushed("in pieces").to_bytes();
    let (first, second) = whole.split_at(20);
    let with = |change: fn(&mut Frame)| {
        let mut frame = pushed("odd");
        change(&mut frame);
        binary(&frame)
    };
    let oddities: [(&str, Vec<u8>); 14] = [
        ("text", websocket(0x81, "你好".as_bytes())),
        ("nothing", websocket(0x82, b"")),
        ("not a frame", websocket(0x82, &[0xff; 100])),
        ("a ping of full length", websocket(0x89, &[7; 125])),
        ("a pong that nobody asked for", websocket(0x8a, b"unasked")),
        (
            "pieces with others between",
            [
                websocket(0x02, first),
                websocket(0x89, b"still there?"),
                websocket(0x00, b""),
                websocket(0x8a, b""),
                websocket(0x80, second),
            ]
            .concat(),
        ),
        ("a length at length", vec![0x82, 127, 0, 0, 0, 0, 0, 0, 0, 2, b'x', b'y']),
        ("an unknown method", with(|frame| frame.method = Some(7))),
        ("an unknown type", with(|frame| frame.headers[0] = Header::new(key::TYPE, "a\n\u{1b}[31m"))),
        ("no headers", with(|frame| frame.headers.clear())),
        (
            "compressed",
            with(|frame| {
                frame.payload_encoding = Some("gzip".into());
                frame.payload = Some(vec![0x1f, 0x8b, 8, 0, 1].into());
            }),
        ),
        (
            "another service, and no ids",
            with(|frame| {
                frame.service = Some(-7);
                (frame.seq_id, frame.log_id) = (None, None);
            }),
        ),
        (
            "an application ping",
            with(|frame| {
                frame.method = Some(0);
                frame.headers[0] = Header::new(key::TYPE, "ping");
            }),
        ),
        (
            "a pong of broken JSON",
            with(|frame| {
                frame.method = Some(0);
                frame.headers[0] = Header::new(key::TYPE, "pong");
                frame.payload = Some("{\"PingInterval\":".into());
            }),
        ),
    ];
    for (what, bytes) in oddities {
        assert_eq!(after(bytes).await, (None, 1), "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_breach_of_websocket_is_named_and_the_next_connection_works() {
    let breaches: [(&str, Vec<u8>); 11] = [
        ("compressed, and nobody agreed to that", websocket(0xc2, b"x")),
        ("masked", vec![0x82, 0x81, 1, 2, 3, 4, 5]),
        ("an opcode that there is not", websocket(0x83, b"x")),
        ("a control opcode that there is not", websocket(0x8b, b"x")),
        ("a ping that is too long", websocket(0x89, &[7; 126])),
        ("a ping in pieces", websocket(0x09, b"x")),
        ("the rest of nothing", websocket(0x80, b"x")),
        ("a message within another", [websocket(0x02, b"x"), websocket(0x82, b"y")].concat()),
        ("text that is none", websocket(0x81, &[0xff, 0xfe])),
        ("half a close code", websocket(0x88, &[3])),
        ("a close reason that is no text", websocket(0x88, &[3, 0xe8, 0xff])),
    ];
    for (what, bytes) in breaches {
        let (lost, connections) = after(bytes).await;
        assert!(
            matches!(&lost, Some(Failure::Link(error)) if error.kind == LinkErrorKind::Protocol),
            "{what}: {lost:?}"
        );
        assert_eq!(connections, 2, "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_length_a_frame_claims_it_sizes_nothing() {
    for length in [1u64 << 25, 1 << 40, u64::MAX >> 1, u64::MAX] {
        let bytes = [&[0x82, 127][..], &length.to_be_bytes(), b"abc"].concat();
        assert_eq!(after(bytes).await, (Some(Failure::MessageTooLarge), 2), "{length}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_close_that_must_not_be_sent_counts_as_a_breach_and_others_as_what_they_say() {
    for (sent, heard) in [(1000, 1000), (1001, 1001), (1011, 1011), (1012, 1012), (3000, 3000), (4321, 4321)] {
        let close = websocket(0x88, &[&u16::to_be_bytes(sent)[..], b"so be it"].concat());
        assert_eq!(after(close).await, (Some(Failure::Closed { code: heard, reason: "so be it".into() }), 2));
    }
    for sent in [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, u16::MAX] {
        let (lost, connections) = after(websocket(0x88, &sent.to_be_bytes())).await;
        assert!(matches!(lost, Some(Failure::Closed { code: 1002, .. })), "{sent}: {lost:?}");
        assert_eq!(connections, 2, "{sent}");
    }
}

/// How the connection ends.
async fn broken(driver: &mut Driver) -> LinkErrorKind {
    loop {
        if let Notice::Disconnected { failure: Failure::Link(error), .. } = next(driver).await {
            return error.kind;
        }
    }
}

/// A driver whose first upgrade gets this answer, with the right key for `ACCEPT`; the next one works.
fn answering(answer: String) -> (Driver, JoinHandle<impl Sized>) {
    let (wire, mut peers) = Wire::new();
    let driver = driver(config(), wire);
    let peer = tokio::spawn(async move {
        peers.discovery().await;
        let mut peer = peers.accept().await;
        let accept = accept_key(&peer.request().await);
        peer.answer(answer.replace("ACCEPT", &accept)).await;
        let gateway = peers.open().await;
        (peer, gateway)
    });
    (driver, peer)
}

/// What becomes of the first attempt; the next one works.
async fn upgrade(answer: &str) -> Failure {
    let (mut driver, peer) = answering(answer.to_owned());
    let Notice::Disconnected { failure, was_open: false, retry_at: Some(_) } = next(&mut driver).await else {
        panic!("no failure: {answer}")
    };
    assert!(matches!(next(&mut driver).await, Notice::Connected { .. }));
    drop(peer);
    failure
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_that_is_none_is_named_and_tried_again() {
    let link = [
        ("HTTP/1.1 101 Yes\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", LinkErrorKind::Upgrade),
        (
            "HTTP/1.1 101 Yes\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ACCEPT\r\n\r\n",
            LinkErrorKind::Upgrade,
        ),
        ("HTTP/1.1 400 No\r\nHandshake-Status: \u{1}\r\n\r\n", LinkErrorKind::Upgrade),
        ("HTTP/2 101 Yes\r\n\r\n", LinkErrorKind::Upgrade),
        ("SSH-2.0-OpenSSH_9.6\r\n\r\n", LinkErrorKind::Upgrade),
    ];
    for (answer, kind) in link {
        let failure = upgrade(answer).await;
        assert!(matches!(&failure, Failure::Link(error) if error.kind == kind), "{answer}: {failure:?}");
    }
    let refused = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello"),
        ("HTTP/1.1 302 Found\r\nLocation: ws://elsewhere/\r\nContent-Length: 0\r\n\r\n", 302, ""),
        ("HTTP/1.1 503 Busy\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n", 503, ""),
        (
            "HTTP/1.1 500 No\r\nHandshake-Status: none\r\nHandshake-Msg: TICKET?\r\nContent-Length: 0\r\n\r\n",
            500,
            "***?",
        ),
    ];
    for (answer, status, message) in refused {
        let failure = upgrade(answer).await;
        let Failure::Handshake(rejection) = &failure else { panic!("{answer}: {failure:?}") };
        assert_eq!((rejection.status, rejection.message.as_str()), (status, message));
    }
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_may_come_byte_by_byte_and_after_interim_answers() {
    let (wire, mut peers) = Wire::new();
    let mut driver = driver(config(), wire);
    let peer = tokio::spawn(async move {
        peers.discovery().await;
        let mut peer = peers.accept().await;
        let accept = accept_key(&peer.request().await);
        let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
        let head = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";
        for byte in format!("{interim}{head}Sec-WebSocket-Accept: {accept}\r\n\r\n").bytes() {
            peer.answer([byte]).await;
            tokio::time::sleep(SECOND / 100).await;
        }
        peer.answer(binary(&pushed("the next event"))).await;
        peer
    });
    loop {
        match next(&mut driver).await {
            Notice::Delivery(delivery) => break assert_eq!(delivery.event_id(), Some("the next event")),
            Notice::Disconnected { failure, .. } => panic!("{failure}"),
            _ => {}
        }
    }
    drop(peer);
}

/// What becomes of an upgrade whose answer has these headers beside the usual accept key.
async fn upgraded(headers: &str) -> Notice {
    let (mut driver, peer) = answering(format!("HTTP/1.1 101 Yes\r\n{headers}Sec-WebSocket-Accept: ACCEPT\r\n\r\n"));
    let notice = next(&mut driver).await;
    peer.abort();
    notice
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_may_list_its_words_in_several_headers_and_agree_to_nothing_at_length() {
    for headers in [
        "Connection: keep-alive\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n",
        "connection: keep-alive , UPGRADE\r\nupgrade: h2c, WebSocket\r\n",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Extensions: \r\nSec-WebSocket-Protocol:\r\n",
    ] {
        assert!(matches!(upgraded(headers).await, Notice::Connected { .. }), "{headers}");
    }
    for headers in [
        "Upgrade: websocket\r\n",
        "Connection: Upgrade\r\n",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate\r\n",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: \r\nSec-WebSocket-Protocol: chat\r\n",
    ] {
        let Notice::Disconnected { failure: Failure::Link(error), .. } = upgraded(headers).await else {
            panic!("no failure: {headers}")
        };
        assert_eq!(error.kind, LinkErrorKind::Upgrade, "{headers}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_breaks_the_protocol_is_told_so() {
    // Reserved bits, a masked frame, an unknown opcode, half a character as text.
    let breaches: [(&[u8], u16); 4] =
        [(&[0xc2, 0], 1002), (&[0x82, 0x80, 1, 2, 3, 4], 1002), (&[0x83, 0], 1002), (&[0x81, 1, 0xe4], 1007)];
    for (bytes, code) in breaches {
        let (wire, mut peers) = Wire::new();
        let mut driver = driver(config(), wire);
        let peer = tokio::spawn(async move {
            let mut gateway = peers.open().await;
            gateway.0.get_mut().get_mut().write_all(bytes).await.unwrap();
            loop {
                if let Message::Close(close) = gateway.message().await {
                    return close.map(|close| u16::from(close.code));
                }
            }
        });
        assert_eq!(broken(&mut driver).await, LinkErrorKind::Protocol);
        assert_eq!(peer.await.unwrap(), Some(code));
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_pings_without_end_and_never_reads_is_read_no_further_than_half_a_megabyte() {
    let (wire, mut peers) = Wire::new();
    let mut driver = driver(config(), wire);
    let peer = tokio::spawn(async move {
        let mut stream = peers.open().await.0.into_inner().into_inner();
        let ping = [&[0x89, 125][..], &[7; 125]].concat();
        let mut sent = 0;
        while stream.write_all(&ping).await.is_ok() {
            sent += ping.len();
        }
        sent
    });
    assert_eq!(broken(&mut driver).await, LinkErrorKind::Timeout(Phase::Write));
    let sent = peer.await.unwrap();
    assert!((500_000..1_000_000).contains(&sent), "{sent}");
}
