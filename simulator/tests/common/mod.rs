//! A platform in virtual time, and a client that is nothing but bytes.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing
)]

use std::time::Duration;

use bytes::Bytes;
use larkwire_core::Time;
use larkwire_core::frame::{Frame, FrameLimits, Header};
use larkwire_sim::{ConnectionId, ExchangeId, Input, Message, Output, Platform, Profile, Request, Response};
use serde_json::{Value, json};

/// A ping with service 33554678, as the Python SDK's frame class writes it.
pub const PING: &str = "0800100018f681801020002a0c0a0474797065120470696e67";
/// The same as the Go SDK writes it, with empty optional strings.
pub const GO_PING: &str = "0800100018f681801020002a0c0a0474797065120470696e6732003a004a00";
/// A pong with the default settings, as the Python SDK's frame class writes it.
pub const PONG: &str = "0800100018f681801020002a0c0a04747970651204706f6e6742547b225265636f6e6e656374436f756e74223a2d312c225265636f6e6e656374496e74657276616c223a3132302c225265636f6e6e6563744e6f6e6365223a33302c2250696e67496e74657276616c223a3132307d";
/// A pong without the payload field.
pub const BARE_PONG: &str = "0800100018f681801020002a0c0a04747970651204706f6e67";
/// A ping without SeqID, LogID and method, as a client with proto3 habits writes it.
pub const INCOMPLETE_PING: &str = "18f68180102a0c0a0474797065120470696e67";

pub struct Bench {
    pub platform: Platform,
    pub now: Time,
    next: u64,
}

impl Bench {
    pub fn new() -> Bench {
        Bench::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut Profile)) -> Bench {
        let mut profile = Profile::default();
        change(&mut profile);
        Bench { platform: Platform::new(profile, 7, Time::ZERO), now: Time::ZERO, next: 0 }
    }

    pub fn with_seed(seed: u64) -> Bench {
        Bench { platform: Platform::new(Profile::default(), seed, Time::ZERO), now: Time::ZERO, next: 0 }
    }

    /// Everything the machine wants done now, without the final wait.
    pub fn drain(&mut self) -> Vec<Output> {
        let mut outputs = Vec::new();
        loop {
            match self.platform.poll_output() {
                Output::Wait(_) => return outputs,
                Output::Jump { by } => {
                    self.now = self.now.after(by);
                    outputs.push(Output::Jump { by });
                }
                output => outputs.push(output),
            }
        }
    }

    pub fn pass(&mut self, time: Duration) -> Vec<Output> {
        self.now = self.now.after(time);
        self.input(Input::Timeout)
    }

    pub fn input(&mut self, input: Input) -> Vec<Output> {
        self.platform.handle_input(self.now, input);
        self.drain()
    }

    /// Sends a request and returns its answer if there is one now.
    pub fn try_request(&mut self, request: Request) -> Option<Response> {
        self.next += 1;
        let exchange = ExchangeId(self.next);
        self.input(Input::Request { exchange, request }).into_iter().find_map(|output| match output {
            Output::Respond { exchange: of, response } if of == exchange => Some(response),
            _ => None,
        })
    }

    pub fn post(&mut self, target: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> (u16, Value) {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let request = Request { method: "POST".into(), target: target.into(), headers, body: body.into() };
        let response = self.try_request(request).unwrap();
        assert!(response.headers.iter().any(|(name, _)| name == "X-Tt-Logid"), "{response:?}");
        (response.status, serde_json::from_slice(&response.body).unwrap_or_default())
    }

    /// Endpoint discovery as the Python SDK does it.
    pub fn discover(&mut self) -> Value {
        let (id, secret) = self.credentials();
        self.discover_as(&id, &secret)
    }

    pub fn discover_as(&mut self, id: &str, secret: &str) -> Value {
        let body = format!(r#"{{"AppID": "{id}", "AppSecret": "{secret}"}}"#);
        self.post("/callback/ws/endpoint", &[("locale", "zh")], body).1
    }

    /// Those of the first app.
    pub fn credentials(&self) -> (String, String) {
        let profile = self.platform.profile();
        (profile.app_id.clone(), profile.app_secret.clone())
    }

    /// The path and query of a fresh URL.
    pub fn fresh_target(&mut self) -> String {
        let (id, secret) = self.credentials();
        self.fresh_target_as(&id, &secret)
    }

    pub fn fresh_target_as(&mut self, id: &str, secret: &str) -> String {
        let answer = self.discover_as(id, secret);
        let url = answer["data"]["URL"].as_str().unwrap();
        url.strip_prefix("ws://127.0.0.1:9380").unwrap().to_owned()
    }

    pub fn upgrade(&mut self, target: &str) -> (ConnectionId, Vec<Output>) {
        self.next += 1;
        let connection = ConnectionId(self.next);
        let request = Request { method: "GET".into(), target: target.into(), ..Request::default() };
        (connection, self.input(Input::Upgrade { connection, request }))
    }

    pub fn connect(&mut self) -> ConnectionId {
        let (id, secret) = self.credentials();
        self.connect_as(&id, &secret)
    }

    pub fn connect_as(&mut self, id: &str, secret: &str) -> ConnectionId {
        let target = self.fresh_target_as(id, secret);
        let (connection, outputs) = self.upgrade(&target);
        assert_eq!(outputs, [Output::Accept { connection }]);
        connection
    }

    pub fn receive(&mut self, connection: ConnectionId, bytes: impl Into<Bytes>) -> Vec<Output> {
        self.input(Input::Message { connection, message: Message::Binary(bytes.into()) })
    }

    pub fn token(&mut self) -> String {
        let (id, secret) = self.credentials();
        self.token_as(&id, &secret)
    }

    pub fn token_as(&mut self, id: &str, secret: &str) -> String {
        let body = json!({"app_id": id, "app_secret": secret}).to_string();
        let (status, answer) = self.post("/open-apis/auth/v3/tenant_access_token/internal", &[], body);
        assert_eq!((status, &answer["code"]), (200, &json!(0)));
        answer["tenant_access_token"].as_str().unwrap().to_owned()
    }

    /// An OpenAPI call with a tenant token of the first app; its code and its answer.
    pub fn api(&mut self, method: &str, path: &str, body: &Value) -> (i64, Value) {
        let token = self.token();
        self.api_as(&token, method, path, body)
    }

    pub fn api_as(&mut self, token: &str, method: &str, path: &str, body: &Value) -> (i64, Value) {
        let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        let headers = vec![("Authorization".to_owned(), format!("Bearer {token}"))];
        let request = Request { method: method.into(), target: format!("/open-apis/{path}"), headers, body };
        let response = self.try_request(request).unwrap();
        let answer: Value = serde_json::from_slice(&response.body).unwrap();
        let code = answer["code"].as_i64().unwrap();
        assert_eq!(response.status == 200, code == 0, "{answer}");
        (code, answer)
    }

    /// The `data` of an OpenAPI call that succeeds.
    pub fn done(&mut self, method: &str, path: &str, body: &Value) -> Value {
        let (code, answer) = self.api(method, path, body);
        assert_eq!(code, 0, "{method} {path}: {answer}");
        answer["data"].clone()
    }

    /// The bodies of the events among these outputs, with their types.
    pub fn events(outputs: &[Output]) -> Vec<(String, Value)> {
        let event = |(_, frame): (ConnectionId, Frame)| {
            let envelope: Value = serde_json::from_slice(frame.payload.as_ref().unwrap()).unwrap();
            (envelope["header"]["event_type"].as_str().unwrap().to_owned(), envelope["event"].clone())
        };
        frames(outputs).into_iter().map(event).collect()
    }

    pub fn call(&mut self, token: &str, target: &str, body: Value) -> (u16, Value) {
        self.post(target, &[("authorization", &format!("Bearer {token}"))], body.to_string())
    }
}

/// The frames among the outputs, with the connection they go to.
pub fn frames(outputs: &[Output]) -> Vec<(ConnectionId, Frame)> {
    outputs
        .iter()
        .filter_map(|output| match output {
            Output::Send { connection, message: Message::Binary(data) } => Some((*connection, frame(data.clone()))),
            _ => None,
        })
        .collect()
}

pub fn frame(data: Bytes) -> Frame {
    Frame::from_bytes(data, &FrameLimits { headers: 64, header_bytes: 4096 }).unwrap()
}

/// A correct ack of a frame with this payload.
pub fn ack(frame: &Frame, payload: &str) -> Bytes {
    let mut ack = frame.clone();
    ack.headers.push(Header::new("biz_rt", "3"));
    ack.payload = Some(Bytes::copy_from_slice(payload.as_bytes()));
    ack.to_bytes()
}

pub fn hex(text: &str) -> Bytes {
    let digit = |index: usize| u8::from_str_radix(&text[index..index + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(digit).collect::<Vec<u8>>().into()
}

pub fn to_hex(data: &[u8]) -> String {
    data.iter().map(|byte| format!("{byte:02x}")).collect()
}
