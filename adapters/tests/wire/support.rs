//! A runtime whose connections end in the test, and the platform's side of what is said on them.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_tungstenite::WebSocketStream;
use async_tungstenite::tungstenite::Message;
use async_tungstenite::tungstenite::handshake::derive_accept_key;
use async_tungstenite::tungstenite::protocol::Role;
use bytes::Bytes;
use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::future::{BoxFuture, FutureExt, pending, ready};
use larkwire::runtime::{Io, Runtime, Task};
use larkwire::tokio::Tokio;
use larkwire::{Config, Domain, Driver, Egress, Notice};
use larkwire_core::frame::{Frame, FrameLimits, Header, METHOD_CONTROL, METHOD_DATA, key};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt};

/// tokio, but every connection is an in-memory stream that takes `room` bytes at a time.
pub(crate) struct Wire {
    pub(crate) room: usize,
    /// Names are never resolved.
    pub(crate) names_hang: bool,
    /// The first of the two addresses swallows packets.
    pub(crate) first_address_hangs: bool,
    /// Handlers are tasks from the beginning, as if there were several threads.
    pub(crate) spawns: bool,
    start: tokio::time::Instant,
    to_peers: UnboundedSender<DuplexStream>,
}

impl Wire {
    pub(crate) fn new() -> (Wire, Peers) {
        let (to_peers, accepted) = unbounded();
        let start = tokio::time::Instant::now();
        (
            Wire { room: 64 * 1024, names_hang: false, first_address_hangs: false, spawns: false, start, to_peers },
            Peers(accepted),
        )
    }
}

impl Runtime for Wire {
    fn resolve<'a>(&'a self, _: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        if self.names_hang {
            return pending().boxed();
        }
        ready(Ok(vec![([192, 0, 2, 1], port).into(), ([192, 0, 2, 2], port).into()])).boxed()
    }

    fn connect(&self, to: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn Io>>> {
        if self.first_address_hangs && to.ip().to_string() == "192.0.2.1" {
            return pending().boxed();
        }
        let (ours, theirs) = duplex(self.room);
        let accepted = self.to_peers.unbounded_send(theirs);
        let refused = |_| io::Error::from(io::ErrorKind::ConnectionRefused);
        ready(accepted.map_err(refused).map(|()| Box::new(ours.compat()) as Box<dyn Io>)).boxed()
    }

    fn sleep_until(&self, when: Instant) -> BoxFuture<'static, ()> {
        Tokio.sleep_until(when)
    }

    fn spawn(&self, future: BoxFuture<'static, ()>) -> Task {
        Tokio.spawn(future)
    }

    fn spawn_blocking(&self, work: Box<dyn FnOnce() + Send>) -> BoxFuture<'static, ()> {
        Tokio.spawn_blocking(work)
    }

    fn is_single_threaded(&self) -> bool {
        !self.spawns && Tokio.is_single_threaded()
    }

    fn now(&self) -> Instant {
        Tokio.now()
    }

    /// The virtual clock's time, a while after the events of these tests.
    fn unix_ms(&self) -> u64 {
        1_700_000_001_000 + u64::try_from(self.start.elapsed().as_millis()).unwrap()
    }
}

/// The connections that come.
pub(crate) struct Peers(pub(crate) UnboundedReceiver<DuplexStream>);

impl Peers {
    pub(crate) async fn accept(&mut self) -> Peer {
        Peer(self.0.next().await.expect("the wire is gone"))
    }

    /// Answers endpoint discovery.
    pub(crate) async fn discovery(&mut self) {
        let mut peer = self.accept().await;
        let request = peer.request().await;
        assert!(request.starts_with("POST /callback/ws/endpoint HTTP/1.1\r\n"), "{request}");
        peer.answer_json(200, &endpoint()).await;
    }

    /// Answers endpoint discovery and the upgrade.
    pub(crate) async fn open(&mut self) -> Gateway {
        self.discovery().await;
        self.accept().await.upgrade(b"").await
    }
}

/// An answer of endpoint discovery.
pub(crate) fn endpoint() -> Value {
    let url = "ws://localhost:7/ws/v2?device_id=7001&service_id=42&ticket=TICKET&access_key=KEY";
    json!({"code": 0, "msg": "", "data": {"URL": url, "ClientConfig": {
        "ReconnectCount": -1, "ReconnectInterval": 5, "ReconnectNonce": 0, "PingInterval": 120}}})
}

/// One connection, seen from its other end.
pub(crate) struct Peer(pub(crate) DuplexStream);

impl Peer {
    /// Reads a request, with its body.
    pub(crate) async fn request(&mut self) -> String {
        self.next_request().await.expect("the connection ended")
    }

    /// The same, if another one comes before the connection ends.
    pub(crate) async fn next_request(&mut self) -> Option<String> {
        let mut read = Vec::new();
        loop {
            let text = String::from_utf8_lossy(&read);
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length =
                    head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
                if body.len() >= length.unwrap_or(0) {
                    return Some(text.into_owned());
                }
            }
            if self.0.read_buf(&mut read).await.unwrap() == 0 {
                assert!(read.is_empty(), "the request ends early");
                return None;
            }
        }
    }

    pub(crate) async fn answer(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    pub(crate) async fn answer_json(&mut self, status: u16, body: &Value) {
        let body = body.to_string();
        let head = format!("HTTP/1.1 {status} Status\r\nX-Tt-Logid: log-1\r\nContent-Length: {}\r\n\r\n", body.len());
        self.answer(head + &body).await;
    }

    /// Answers an upgrade, with these bytes behind it in the same write.
    pub(crate) async fn upgrade(mut self, behind: &[u8]) -> Gateway {
        let request = self.request().await;
        assert!(request.contains("ticket=TICKET"), "{request}");
        let accept = accept_key(&request);
        let head = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";
        let head = format!("{head}Sec-WebSocket-Accept: {accept}\r\n\r\n");
        self.answer([head.as_bytes(), behind].concat()).await;
        Gateway(WebSocketStream::from_raw_socket(self.0.compat(), Role::Server, None).await)
    }
}

/// The key by which the answer to an upgrade is known as one to this request.
pub(crate) fn accept_key(request: &str) -> String {
    let key = request.lines().find_map(|line| line.strip_prefix("Sec-Websocket-Key: ")).expect("no key");
    derive_accept_key(key.as_bytes())
}

/// The platform's end of a WebSocket.
pub(crate) struct Gateway(pub(crate) WebSocketStream<Compat<DuplexStream>>);

impl Gateway {
    pub(crate) async fn push(&mut self, envelope: &Value) {
        self.0.send(Message::Binary(data_frame(envelope).to_bytes())).await.unwrap();
    }

    /// Pushes it in a frame of this type.
    pub(crate) async fn push_as(&mut self, kind: &str, envelope: &Value) {
        let mut frame = data_frame(envelope);
        frame.headers.retain(|header| header.key() != key::TYPE);
        frame.headers.push(Header::new(key::TYPE, kind));
        self.0.send(Message::Binary(frame.to_bytes())).await.unwrap();
    }

    /// The next frame that is not a ping.
    pub(crate) async fn frame(&mut self) -> Frame {
        loop {
            if let Message::Binary(data) = self.message().await {
                let frame = Frame::from_bytes(data, &FrameLimits { headers: 64, header_bytes: 4096 }).unwrap();
                if frame.header(key::TYPE) != Some("ping") {
                    return frame;
                }
            }
        }
    }

    /// The JSON of the next ack.
    pub(crate) async fn ack(&mut self) -> Value {
        serde_json::from_slice(&self.frame().await.payload.unwrap_or_default()).unwrap()
    }

    /// Answers the first ping, which makes the client ready.
    pub(crate) async fn pong(&mut self) {
        let frame = Frame {
            method: Some(METHOD_CONTROL),
            headers: vec![Header::new(key::TYPE, "pong")],
            ..data_frame(&json!({}))
        };
        self.0.send(Message::Binary(Frame { payload: None, ..frame }.to_bytes())).await.unwrap();
    }

    pub(crate) async fn message(&mut self) -> Message {
        self.0.next().await.expect("the client is gone").expect("the client broke the protocol")
    }
}

pub(crate) fn data_frame(envelope: &Value) -> Frame {
    Frame {
        seq_id: Some(1),
        log_id: Some(2),
        service: Some(42),
        method: Some(METHOD_DATA),
        headers: vec![
            Header::new(key::TYPE, "event"),
            Header::new(key::MESSAGE_ID, format!("message of {}", envelope["header"]["event_id"])),
            Header::new(key::SUM, "1"),
            Header::new(key::SEQ, "0"),
        ],
        payload: Some(Bytes::from(envelope.to_string())),
        ..Frame::default()
    }
}

/// An event of version 2.0.
pub(crate) fn event(kind: &str, id: &str, body: Value) -> Value {
    json!({"schema": "2.0", "event": body, "header": {
        "event_id": id, "event_type": kind, "create_time": "1700000000000", "app_id": APP, "tenant_key": "t", "token": ""}})
}

pub(crate) const APP: &str = "cli_0123456789abcdef";

pub(crate) fn config() -> Config {
    let mut config = Config::new(APP, "hunter2hunter2");
    config.domain = Domain::Custom("http://localhost:7".into());
    config
}

pub(crate) fn driver(config: Config, wire: Wire) -> Driver {
    Driver::new(config, Arc::new(wire), &Egress::new())
}

/// The next notice that is not about pings and settings.
pub(crate) async fn next(driver: &mut Driver) -> Notice {
    loop {
        match driver.next().await.expect("it has stopped") {
            Notice::Settings(_) => {}
            notice => return notice,
        }
    }
}

/// Drives on while the test does something else.
pub(crate) async fn while_driving<T>(driver: &mut Driver, work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            _ = driver.next() => {}
        }
    }
}

pub(crate) const SECOND: Duration = Duration::from_secs(1);
