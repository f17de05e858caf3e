//! A machine with an open connection, without anything around it.

use std::time::Duration;

use bytes::Bytes;
use larkwire_core::{
    Attempt, Client, Config, Input, LinkError, LinkErrorKind, MessageKind, Notice, Output, Reply, Time,
};

use crate::samples::APP_ID;

const ENDPOINT: &str = r#"{"code":0,"msg":"ok","data":{"URL":"wss://lark.example/ws?device_id=1&service_id=33554678","ClientConfig":{"ReconnectCount":-1,"ReconnectInterval":120,"ReconnectNonce":30,"PingInterval":120}}}"#;

/// A client whose connection is open.
pub struct Station {
    client: Client,
    attempt: Attempt,
    now: Time,
}

impl Station {
    /// A client that is configured as usual, but for what `change` does.
    ///
    /// # Panics
    /// If the configuration is wrong.
    pub fn open(change: impl FnOnce(&mut Config)) -> Station {
        Station::with_seed(42, change)
    }

    /// One of many, which differ in what is random.
    ///
    /// # Panics
    /// If the configuration is wrong.
    pub fn with_seed(seed: u64, change: impl FnOnce(&mut Config)) -> Station {
        let mut config = Config::new(APP_ID, "the app secret");
        change(&mut config);
        let client = Client::new(config, seed, Time::ZERO);
        let mut station = Station { client, attempt: Attempt::new(1), now: Time::ZERO };
        station.connect();
        station
    }

    /// The connection is lost after it lived for so long. Gives the time until the next one is open.
    ///
    /// # Panics
    /// If the client does not come back.
    pub fn lose(&mut self, lived: Duration) -> Duration {
        let lost = self.now.after(lived);
        self.now = lost;
        let error = LinkError::new(LinkErrorKind::Reset, "dropped");
        self.client.handle_input(lost, Input::Failed { attempt: self.attempt, error });
        self.connect();
        self.now.since(lost)
    }

    /// Does what the client wants until its connection is open: at once, but for the times that it waits itself.
    fn connect(&mut self) {
        loop {
            match self.client.poll_output() {
                Output::Request { attempt, .. } => {
                    let body = Bytes::from_static(ENDPOINT.as_bytes());
                    self.client
                        .handle_input(self.now, Input::Response { attempt, status: 200, headers: Vec::new(), body });
                }
                Output::Connect { attempt, .. } => {
                    self.client.handle_input(self.now, Input::Opened { attempt, headers: Vec::new() });
                }
                Output::Notice(Notice::Connected { attempt, .. }) => {
                    while !matches!(self.client.poll_output(), Output::Wait(_)) {}
                    self.attempt = attempt;
                    return;
                }
                Output::Notice(Notice::Stopped(stop)) => panic!("the client stopped: {stop}"),
                Output::Wait(until) => {
                    self.now = until.unwrap_or(self.now);
                    self.client.handle_input(self.now, Input::Timeout);
                }
                _ => {}
            }
        }
    }

    /// Takes a message in, answers the deliveries that come of it, and gives what was sent.
    pub fn take(&mut self, data: Bytes) -> Option<Bytes> {
        let message = Input::Message { attempt: self.attempt, kind: MessageKind::Binary, data };
        self.client.handle_input(self.now, message);
        let mut sent = None;
        loop {
            match self.client.poll_output() {
                Output::Wait(_) => return sent,
                Output::Send { data, .. } => sent = Some(data),
                Output::Notice(Notice::Delivery(delivery)) => {
                    // The id is fresh, so that this cannot fail.
                    let _ = self.client.reply(self.now, delivery.id(), Reply::ok());
                }
                _ => {}
            }
        }
    }
}
