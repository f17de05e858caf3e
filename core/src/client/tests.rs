//! Stories of one client, told by hand in virtual time. One file per topic.

#![allow(clippy::arithmetic_side_effects, reason = "numbers of our own making")]

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use bytes::Bytes;

use crate::frame::{Frame, FrameLimits, Header, METHOD_CONTROL, METHOD_DATA};
use crate::*;

mod acks;
mod attempts;
mod dedup;
mod frames;
mod limits;
mod liveness;
mod reconnect;
mod secrets;
mod shutdown;

const SECRET: &str = "s3cr3t-of-the-app";
const APP: &str = "cli_a1b2c3d4e5f60718";
const URL: &str = "wss://gateway.example/ws/v2?fpid=493&aid=552564&device_id=7046029254386353131\
&access_key=0123456789abcdef0123456789abcdef&service_id=33554678&ticket=5f0e1d2c-3b4a-5968-8776-655443322110";
/// The values most often seen in the field.
const SETTINGS: &str = r#"{"ReconnectCount":-1,"ReconnectInterval":120,"ReconnectNonce":30,"PingInterval":120}"#;

fn config() -> Config {
    Config::new(APP, SECRET)
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A client, the time, and all that it has said and nobody has looked at yet.
struct Story {
    client: Client,
    now: Time,
    said: Vec<Output>,
    wait: Option<Time>,
    attempt: Attempt,
}

impl Story {
    fn new(config: Config) -> Story {
        Story::with_seed(config, 1)
    }

    fn with_seed(config: Config, seed: u64) -> Story {
        let client = Client::new(config, seed, Time::ZERO);
        let mut story = Story { client, now: Time::ZERO, said: Vec::new(), wait: None, attempt: Attempt::new(0) };
        story.listen();
        story
    }

    /// A client that is connected, with the usual settings, and has seen the first pong.
    fn ready(config: Config) -> Story {
        let mut story = Story::new(config);
        story.connect();
        story.pong("");
        story.said.clear();
        story
    }

    fn listen(&mut self) {
        loop {
            match self.client.poll_output() {
                Output::Wait(wait) => {
                    assert!(wait.is_none_or(|at| at > self.now), "a deadline that is over: {wait:?} at {:?}", self.now);
                    self.wait = wait;
                    return;
                }
                output => {
                    if let Output::Request { attempt, .. } | Output::Assertion { attempt, .. } = &output {
                        self.attempt = *attempt;
                    }
                    self.said.push(output);
                }
            }
        }
    }

    fn input(&mut self, input: Input) {
        self.client.handle_input(self.now, input);
        self.listen();
    }

    /// Lets time pass, with a wake at each deadline on the way.
    fn pass(&mut self, duration: Duration) {
        let until = self.now.after(duration);
        while let Some(at) = self.wait.filter(|at| *at <= until) {
            self.now = at;
            self.input(Input::Timeout);
        }
        self.now = until;
        self.input(Input::Timeout);
    }

    /// Lets time pass up to the next deadline.
    fn pass_to_deadline(&mut self) -> Duration {
        let wait = self.wait.expect("a deadline").since(self.now);
        self.pass(wait);
        wait
    }

    /// Lets time pass up to the next attempt.
    fn pass_to_attempt(&mut self) {
        let last = self.attempt;
        while self.attempt == last {
            self.pass_to_deadline();
        }
    }

    fn answer(&mut self, status: u16, body: &str) {
        let body = Bytes::copy_from_slice(body.as_bytes());
        self.input(Input::Response { attempt: self.attempt, status, headers: Headers::new(), body });
    }

    fn discovered(&mut self) {
        self.discovered_with(SETTINGS);
    }

    fn discovered_with(&mut self, settings: &str) {
        self.answer(200, &format!(r#"{{"code":0,"msg":"","data":{{"URL":"{URL}","ClientConfig":{settings}}}}}"#));
    }

    fn opened(&mut self) {
        self.input(Input::Opened { attempt: self.attempt, headers: Headers::new() });
    }

    fn connect(&mut self) {
        self.discovered();
        self.opened();
    }

    fn rejected(&mut self, status: u16, headers: &[(&str, &str)], body: &str) {
        let headers = headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let body = Bytes::copy_from_slice(body.as_bytes());
        self.input(Input::Rejected { attempt: self.attempt, status, headers, body });
    }

    fn fail(&mut self, kind: LinkErrorKind) {
        self.input(Input::Failed { attempt: self.attempt, error: LinkError::new(kind, "as the story has it") });
    }

    fn close(&mut self, code: u16, reason: &str) {
        self.input(Input::Closed { attempt: self.attempt, code, reason: reason.to_string() });
    }

    fn binary(&mut self, data: Bytes) {
        self.input(Input::Message { attempt: self.attempt, kind: MessageKind::Binary, data });
    }

    fn frame(&mut self, frame: &Frame) {
        self.binary(frame.to_bytes());
    }

    fn pong(&mut self, payload: &str) {
        let payload = Some(payload).filter(|payload| !payload.is_empty());
        let payload = payload.map(|payload| Bytes::copy_from_slice(payload.as_bytes()));
        let headers = [Header::new("type", "pong")].into();
        let service = Some(33_554_678);
        self.frame(&Frame { service, method: Some(METHOD_CONTROL), headers, payload, ..Frame::default() });
    }

    fn event(&mut self, message_id: &str, event_id: &str) {
        self.frame(&data(message_id, &event(event_id, "im.message.receive_v1")));
    }

    /// An event, and the delivery that it becomes.
    fn delivered(&mut self, message_id: &str, event_id: &str) -> DeliveryId {
        self.event(message_id, event_id);
        self.delivery().id()
    }

    fn reply(&mut self, id: DeliveryId, reply: Reply) -> Result<Replied, UnknownDelivery> {
        let replied = self.client.reply(self.now, id, reply);
        self.listen();
        replied
    }

    fn shutdown(&mut self, drain: Duration) {
        self.client.shutdown(self.now, drain);
        self.listen();
    }

    /// Takes the first thing said that `pick` wants; what was said before it is forgotten.
    #[track_caller]
    fn expect<T>(&mut self, what: &str, pick: impl Fn(&Output) -> Option<T>) -> T {
        let found = self.said.iter().enumerate().find_map(|(index, output)| Some((index, pick(output)?)));
        let Some((index, found)) = found else { panic!("expected {what} among {:#?}", self.said) };
        self.said.drain(..=index);
        found
    }

    #[track_caller]
    fn request(&mut self) -> Request {
        self.expect("a request", |output| match output {
            Output::Request { request, .. } => Some(Request::clone(request)),
            _ => None,
        })
    }

    #[track_caller]
    fn sent(&mut self) -> Frame {
        self.expect("a message", |output| match output {
            Output::Send { data, .. } => Some(decode(data)),
            _ => None,
        })
    }

    #[track_caller]
    fn ack(&mut self) -> Frame {
        self.expect("an ack", |output| match output {
            Output::Send { data, .. } => Some(decode(data)).filter(|frame| frame.header("biz_rt").is_some()),
            _ => None,
        })
    }

    #[track_caller]
    fn delivery(&mut self) -> Delivery {
        self.expect("a delivery", |output| match output {
            Output::Notice(Notice::Delivery(delivery)) => Some(delivery.clone()),
            _ => None,
        })
    }

    /// The failure, and the wait that follows it.
    #[track_caller]
    fn disconnected(&mut self) -> (Failure, Option<Duration>) {
        let now = self.now;
        self.expect("a loss", |output| match output {
            Output::Notice(Notice::Disconnected { failure, retry_at, .. }) => {
                Some((failure.clone(), retry_at.map(|at| at.since(now))))
            }
            _ => None,
        })
    }

    #[track_caller]
    fn dropped(&mut self) -> (DropReason, u64) {
        self.expect("something dropped", |output| match output {
            Output::Notice(Notice::Dropped { reason, frames, .. }) => Some((reason.clone(), *frames)),
            _ => None,
        })
    }

    #[track_caller]
    fn stopped(&mut self) -> Stop {
        let stop = self.expect("the end", |output| match output {
            Output::Notice(Notice::Stopped(stop)) => Some(stop.clone()),
            _ => None,
        });
        assert!(self.said.is_empty(), "something after the end: {:?}", self.said);
        assert_eq!((self.client.status(), self.wait), (Status::Stopped, None));
        stop
    }

    #[track_caller]
    fn closes(&mut self) -> Close {
        self.expect("a close", |output| match output {
            Output::Close { how, .. } => Some(how.clone()),
            _ => None,
        })
    }

    /// How many outputs of a kind wait to be looked at.
    fn count(&self, what: impl Fn(&Output) -> bool) -> usize {
        self.said.iter().filter(|output| what(output)).count()
    }

    fn deliveries(&self) -> usize {
        self.count(|output| matches!(output, Output::Notice(Notice::Delivery(_))))
    }

    fn sends(&self) -> usize {
        self.count(|output| matches!(output, Output::Send { .. }))
    }
}

fn decode(data: &Bytes) -> Frame {
    Frame::from_bytes(data.clone(), &FrameLimits { headers: 64, header_bytes: 4096 }).expect("a frame")
}

fn event(event_id: &str, event_type: &str) -> String {
    format!(
        r#"{{"schema":"2.0","header":{{"event_id":"{event_id}","event_type":"{event_type}","app_id":"{APP}"}},"event":{{}}}}"#
    )
}

fn data(message_id: &str, payload: &str) -> Frame {
    part(message_id, 1, 0, payload.as_bytes())
}

fn part(message_id: &str, sum: u32, seq: u32, payload: &[u8]) -> Frame {
    let headers = [("type", "event"), ("message_id", message_id), ("sum", &sum.to_string()), ("seq", &seq.to_string())];
    Frame {
        seq_id: Some(7),
        log_id: Some(u64::MAX),
        service: Some(33_554_678),
        method: Some(METHOD_DATA),
        headers: headers.iter().map(|(key, value)| Header::new(*key, *value)).collect(),
        payload: Some(Bytes::copy_from_slice(payload)),
        ..Frame::default()
    }
}

fn text(frame: &Frame) -> &str {
    core::str::from_utf8(frame.payload.as_deref().unwrap_or_default()).unwrap()
}
