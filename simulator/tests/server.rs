//! The platform on a real socket.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use async_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use async_tungstenite::tungstenite::{self, Message, WebSocket};
use bytes::Bytes;
use futures::executor::block_on;
use larkwire_core::frame::{Frame, FrameLimits, Header};
use larkwire_sim::{Abort, Disconnect, PongFault, Push, Shape, Sim, Split, StartError, Wake};
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(10);
const PING: &str = "0800100018f681801020002a0c0a0474797065120470696e67";

fn post(address: SocketAddr, target: &str, headers: &str, body: &Value) -> (String, Value) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let body = body.to_string();
    let length = body.len();
    write!(
        stream,
        "POST {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), serde_json::from_str(body).unwrap_or_default())
}

fn url(sim: &Sim) -> String {
    let body = json!({"AppID": sim.app_id(), "AppSecret": sim.app_secret()});
    let (head, answer) = post(sim.address(), "/callback/ws/endpoint", "", &body);
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("X-Tt-Logid: "), "{head}");
    answer["data"]["URL"].as_str().unwrap().to_owned()
}

fn connect(sim: &Sim) -> WebSocket<TcpStream> {
    let stream = TcpStream::connect(sim.address()).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    tungstenite::client(url(sim), stream).unwrap().0
}

fn read_frame(socket: &mut WebSocket<TcpStream>) -> Frame {
    let data = socket.read().unwrap().into_data();
    Frame::from_bytes(data, &FrameLimits { headers: 64, header_bytes: 4096 }).unwrap()
}

fn ack(socket: &mut WebSocket<TcpStream>, frame: &Frame) {
    let mut ack = frame.clone();
    ack.headers.push(Header::new("biz_rt", "0"));
    ack.payload = Some(Bytes::from_static(br#"{"code":200}"#));
    socket.send(Message::Binary(ack.to_bytes())).unwrap();
}

fn now(sim: &Sim) -> larkwire_core::Time {
    sim.act(|_, now| now)
}

fn ping() -> Message {
    let digit = |index: usize| u8::from_str_radix(&PING[index..index + 2], 16).unwrap();
    Message::Binary((0..PING.len()).step_by(2).map(digit).collect::<Vec<u8>>().into())
}

#[test]
fn a_message_goes_to_the_bot_and_its_reply_comes_back() {
    block_on(async {
        let sim = Sim::start().await;
        let mut socket = connect(&sim);
        sim.wait_connected(1).await.unwrap();
        socket.send(ping()).unwrap();
        assert_eq!(read_frame(&mut socket).header("type"), Some("pong"));

        let said = sim.user("alice").dm("hi").await;
        let event = read_frame(&mut socket);
        let envelope: Value = serde_json::from_slice(event.payload.as_ref().unwrap()).unwrap();
        assert_eq!(envelope["event"]["message"]["content"], r#"{"text":"hi"}"#);
        ack(&mut socket, &event);
        assert_eq!(said.acked(LIMIT).await.unwrap().code, 200);

        let credentials = json!({"app_id": sim.app_id(), "app_secret": sim.app_secret()});
        let (_, token) = post(sim.address(), "/open-apis/auth/v3/tenant_access_token/internal", "", &credentials);
        let authorization = format!("Authorization: Bearer {}\r\n", token["tenant_access_token"].as_str().unwrap());
        let target = format!("/open-apis/im/v1/messages/{}/reply", said.message_id().unwrap());
        let body = json!({"msg_type": "text", "content": r#"{"text":"echo: hi"}"#});
        assert_eq!(post(sim.address(), &target, &authorization, &body).1["code"], 0);
        let reply = sim.expect_reply().await;
        assert_eq!(reply.text(), "echo: hi");
        assert_eq!(reply.replied_to.as_deref(), said.message_id());
        assert_eq!(reply.chat_id, sim.user("alice").person().chat_id);
        sim.assert_all_acked_within(Duration::from_secs(3));
        sim.assert_no_violations();
    });
}

#[test]
fn a_close_with_1000_is_answered_with_bye() {
    block_on(async {
        let sim = Sim::start().await;
        let mut socket = connect(&sim);
        socket.close(None).unwrap();
        let Message::Close(Some(frame)) = socket.read().unwrap() else { panic!("no Close frame") };
        assert_eq!((frame.code, frame.reason.as_str()), (CloseCode::Normal, "bye"));
        let gone = |platform: &larkwire_sim::Platform| (platform.connections().count() == 0).then_some(());
        sim.wait("the end", LIMIT, gone).await.unwrap();
    });
}

#[test]
fn connections_end_as_asked() {
    block_on(async {
        let sim = Sim::start().await;
        let mut closed = connect(&sim);
        sim.wait_connected(1).await.unwrap();
        sim.drop_connections(Disconnect::Close { code: 4000, reason: "off you go".into() });
        let Message::Close(Some(frame)) = closed.read().unwrap() else { panic!("no Close frame") };
        assert_eq!((u16::from(frame.code), frame.reason.as_str()), (4000, "off you go"));

        for how in [Abort::EndOfStream, Abort::Reset] {
            let mut aborted = connect(&sim);
            sim.wait_connected(1).await.unwrap();
            sim.drop_connections(Disconnect::Abort(how));
            let error = aborted.read().unwrap_err();
            let reset =
                matches!(&error, tungstenite::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionReset);
            assert_eq!(reset, how == Abort::Reset, "{error}");
        }
    });
}

#[test]
fn what_was_sent_before_the_end_arrives_and_a_client_that_does_not_read_is_cut_off() {
    block_on(async {
        let sim = Sim::start().await;
        let mut socket = connect(&sim);
        sim.wait_connected(1).await.unwrap();
        sim.act(|platform, now| {
            platform.push(now, Push::event("last", json!({})));
            platform.drop_connections(now, &Disconnect::Abort(Abort::EndOfStream));
        });
        assert_eq!(read_frame(&mut socket).header("type"), Some("event"));
        assert!(socket.read().is_err());

        let mut deaf = connect(&sim);
        sim.wait_connected(1).await.unwrap();
        let id = sim.connections()[0].id;
        for _ in 0..20 {
            sim.push_raw(id, vec![0; 1024 * 1024]);
        }
        sim.drop_connection(id, Disconnect::Abort(Abort::Reset));
        // Those that were under way already may arrive; the end comes after them.
        assert!(std::iter::repeat_with(|| deaf.read()).take(21).any(|message| message.is_err()));
    });
}

#[test]
fn a_frozen_connection_says_nothing_more() {
    block_on(async {
        let sim = Sim::start().await;
        let mut socket = connect(&sim);
        sim.wait_connected(1).await.unwrap();
        sim.drop_connections(Disconnect::Freeze);
        socket.send(ping()).unwrap();
        socket.get_mut().set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let error = socket.read().unwrap_err();
        assert!(matches!(error, tungstenite::Error::Io(error) if error.kind() == std::io::ErrorKind::WouldBlock));
        assert_eq!(sim.stats().pings, 0);
    });
}

#[test]
fn what_is_sent_to_a_machine_that_sleeps_arrives_when_it_wakes() {
    block_on(async {
        let sim = Sim::start().await;
        let mut socket = connect(&sim);
        sim.wait_connected(1).await.unwrap();
        sim.faults().laptop_sleep(60_000, Wake::Keep).next(1);
        let push = sim.push(Push::event("im.message.receive_v1", json!({}))).await;
        sim.advance(Duration::from_secs(15));
        // A request of the machine waits as well.
        let (address, body) = (sim.address(), json!({"AppID": sim.app_id(), "AppSecret": sim.app_secret()}));
        let asked = std::thread::spawn(move || post(address, "/callback/ws/endpoint", "", &body).1);
        socket.send(ping()).unwrap();
        socket.get_mut().set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let error = socket.read().unwrap_err();
        assert!(matches!(error, tungstenite::Error::Io(error) if error.kind() == std::io::ErrorKind::WouldBlock));
        assert!(!asked.is_finished());
        socket.get_mut().set_read_timeout(Some(LIMIT)).unwrap();
        sim.advance(Duration::from_secs(45));
        let (first, second) = (read_frame(&mut socket), read_frame(&mut socket));
        assert_eq!(first.payload, second.payload);
        assert_eq!(read_frame(&mut socket).header("type"), Some("pong"));
        assert_eq!(asked.join().unwrap()["code"], 0);
        sim.advance(Duration::from_secs(300));
        let third = read_frame(&mut socket);
        ack(&mut socket, &third);
        assert_eq!(push.settled().await.unwrap().deliveries.len(), 3);

        sim.faults().laptop_sleep(1_000, Wake::Reset).next(1);
        sim.advance(Duration::from_secs(1));
        assert!(socket.read().is_err());
    });
}

#[test]
fn a_client_whose_clock_stood_still_is_late() {
    block_on(async {
        let sim = Sim::start().await;
        let mut socket = connect(&sim);
        sim.wait_connected(1).await.unwrap();
        let push = sim.push(Push::event("im.message.receive_v1", json!({}))).await;
        let first = read_frame(&mut socket);
        let before = now(&sim);
        sim.faults().clock_freeze(3_600_000, Wake::Keep).next(1);
        assert!(now(&sim).since(before) >= Duration::from_secs(3_600));
        let second = read_frame(&mut socket);
        assert_eq!(first.payload, second.payload);
        ack(&mut socket, &second);
        assert_eq!(push.settled().await.unwrap().deliveries.len(), 2);
    });
}

#[test]
fn hours_pass_in_no_time() {
    block_on(async {
        let sim = Sim::builder().seed(3).start().await.unwrap();
        let mut socket = connect(&sim);
        let push = sim.push(Push::event("im.message.receive_v1", json!({}))).await;
        let first = read_frame(&mut socket);
        sim.advance(Duration::from_secs(15));
        let second = read_frame(&mut socket);
        assert_eq!(first.payload, second.payload);
        assert_ne!(first.header("message_id"), second.header("message_id"));
        ack(&mut socket, &second);
        assert_eq!(push.settled().await.unwrap().deliveries.len(), 2);
    });
}

#[test]
fn a_fast_clock_redelivers_soon() {
    block_on(async {
        let sim = Sim::builder().speed(1000.0).start().await.unwrap();
        let mut socket = connect(&sim);
        let push = sim.push(Push::event("im.message.receive_v1", json!({}))).await;
        let first = read_frame(&mut socket);
        let second = read_frame(&mut socket);
        assert_eq!(first.payload, second.payload);
        assert_eq!(push.record().unwrap().deliveries.len(), 2);
    });
}

#[test]
fn a_simulator_that_cannot_start_says_why() {
    block_on(async {
        let sim = Sim::start().await;
        let taken = Sim::builder().port(sim.address().port()).start().await;
        assert!(matches!(taken, Err(StartError::Io(error)) if error.kind() == std::io::ErrorKind::AddrInUse));
        assert!(matches!(Sim::builder().speed(0.0).start().await, Err(StartError::Speed(_))));
    });
}

#[test]
fn a_wait_ends_when_its_limit_is_over_and_says_what_happened() {
    block_on(async {
        let sim = Sim::start().await;
        let _socket = connect(&sim);
        let error = sim.next_reply(Duration::from_millis(20)).await.unwrap_err();
        assert_eq!(error.what(), "a message from the bot");
        assert!(error.to_string().contains(r#""kind":"accepted""#), "{error}");
    });
}

#[test]
fn a_large_split_message_arrives_in_its_parts() {
    block_on(async {
        let sim = Sim::start().await;
        let mut socket = connect(&sim);
        sim.inject(PongFault::Mute);
        socket.send(ping()).unwrap();
        let text = "界".repeat(400_000);
        let push = sim.push(Push::event("big", json!({"text": text})).shaped(Shape::split(Split::Size(100_000)))).await;
        let mut payload = Vec::new();
        let last = loop {
            let frame = read_frame(&mut socket);
            payload.extend_from_slice(frame.payload.as_ref().unwrap());
            let (sum, seq) = (frame.header("sum").unwrap(), frame.header("seq").unwrap());
            if seq.parse::<usize>().unwrap() + 1 == sum.parse::<usize>().unwrap() {
                break frame;
            }
        };
        let envelope: Value = serde_json::from_slice(&payload).unwrap();
        assert_eq!(envelope["event"]["text"], text);
        ack(&mut socket, &last);
        assert!(push.acked(LIMIT).await.unwrap().on_time);
        sim.assert_no_violations();
    });
}

#[test]
fn hostile_clients_do_not_stop_the_others() {
    block_on(async {
        let sim = Sim::start().await;
        let _silent = TcpStream::connect(sim.address()).unwrap();
        let mut noisy = TcpStream::connect(sim.address()).unwrap();
        noisy.write_all(&[0xff; 4096]).unwrap();
        let mut large = TcpStream::connect(sim.address()).unwrap();
        write!(large, "POST /callback/ws/endpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n").unwrap();
        let mut answer = [0; 12];
        large.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HTTP/1.1 413");
        let mut raw = connect(&sim);
        raw.get_mut().write_all(&[0x42; 100]).unwrap();
        assert!(raw.read().is_err());
        let mut good = connect(&sim);
        good.send(ping()).unwrap();
        assert_eq!(read_frame(&mut good).header("type"), Some("pong"));
    });
}

#[test]
fn hundreds_of_clients_connect_and_get_their_pong() {
    block_on(async {
        let sim = Sim::builder().profile(|profile| profile.connection_limit = 2000).start().await.unwrap();
        let mut sockets: Vec<_> = (0..400).map(|_| connect(&sim)).collect();
        sim.wait_connected(400).await.unwrap();
        for socket in &mut sockets {
            socket.send(ping()).unwrap();
        }
        for socket in &mut sockets {
            assert_eq!(read_frame(socket).header("type"), Some("pong"));
        }
        assert_eq!(sim.stats().pings, 400);
    });
}

#[test]
fn dropping_the_simulator_closes_its_port() {
    let address = {
        let sim = block_on(Sim::start());
        let _socket = connect(&sim);
        let _hanging = TcpStream::connect(sim.address()).unwrap();
        sim.address()
    };
    assert!(TcpStream::connect(address).is_err());
}
