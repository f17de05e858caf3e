//! A machine with an open connection, without anything around it.

use bytes::Bytes;
use larkwire_core::{Attempt, Client, Config, Input, MessageKind, Notice, Output, Reply, Time};

use crate::samples::APP_ID;

const ENDPOINT: &str =
    r#"{"code":0,"msg":"ok","data":{"URL":"wss://lark.example/ws?device_id=1&service_id=33554678"}}"#;

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
        let mut config = Config::new(APP_ID, "the app secret");
        change(&mut config);
        let now = Time::ZERO;
        let mut client = Client::new(config, 42, now);
        loop {
            match client.poll_output() {
                Output::Request { attempt, .. } => {
                    let body = Bytes::from_static(ENDPOINT.as_bytes());
                    client.handle_input(now, Input::Response { attempt, status: 200, headers: Vec::new(), body });
                }
                Output::Connect { attempt, .. } => {
                    client.handle_input(now, Input::Opened { attempt, headers: Vec::new() });
                }
                Output::Notice(Notice::Connected { attempt, .. }) => {
                    while !matches!(client.poll_output(), Output::Wait(_)) {}
                    return Station { client, attempt, now };
                }
                other => panic!("no connection came of it: {other:?}"),
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
