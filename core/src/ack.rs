//! From an answer to the frame that carries it.
//!
//! An ack is the received frame with two changes: the header `biz_rt` appended, and the payload replaced. All official SDKs
//! do so, byte for byte the same but for the JSON style; ours is the compact one of Node, Java and sdk-rs.

use alloc::format;
use alloc::string::ToString;
use alloc::sync::Arc;
use core::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use crate::Time;
use crate::frame::{Frame, Header, METHOD_CONTROL, key};
use crate::reply::Outcome;

/// What an ack needs of the frame that it answers: all but the payload.
#[derive(Clone, Debug)]
pub(crate) struct Ack {
    head: Arc<Frame>,
    received: Time,
}

impl Ack {
    /// For the frame that completed a message at `received`.
    pub(crate) fn new(head: Arc<Frame>, received: Time) -> Ack {
        Ack { head, received }
    }

    /// The message to send. `biz_rt` is the time since the frame came, in whole ms.
    pub(crate) fn encode(&self, now: Time, outcome: &Outcome) -> Bytes {
        let mut frame = Frame::clone(&self.head);
        frame.headers.push(Header::new(key::BIZ_RT, self.age(now).as_millis().to_string()));
        frame.payload = Some(payload(outcome));
        frame.to_bytes()
    }

    /// How long ago the frame came.
    pub(crate) fn age(&self, now: Time) -> Duration {
        now.since(self.received)
    }
}

/// The JSON of an answer. Its `data` is the base64 of the callback's own JSON.
fn payload(outcome: &Outcome) -> Bytes {
    match outcome {
        Outcome::Done(None) => Bytes::from_static(br#"{"code":200}"#),
        Outcome::Done(Some(data)) => format!(r#"{{"code":200,"data":"{}"}}"#, STANDARD.encode(data)).into(),
        Outcome::Failed => Bytes::from_static(br#"{"code":500}"#),
    }
}

/// An application ping.
pub(crate) fn ping(service: i32, channel_tag: Option<&str>) -> Bytes {
    let mut frame = control(service, "ping");
    frame.headers.extend(channel_tag.map(|tag| Header::new(key::CHANNEL_TAG, tag)));
    frame.to_bytes()
}

/// The answer to an application ping of the platform: its ids echoed, as sdk-rs does.
pub(crate) fn pong(ping: &Frame) -> Bytes {
    let ids = Frame { seq_id: ping.seq_id, log_id: ping.log_id, ..control(ping.service(), "pong") };
    ids.to_bytes()
}

fn control(service: i32, kind: &str) -> Frame {
    let headers = [Header::new(key::TYPE, kind)].into();
    Frame { service: Some(service), method: Some(METHOD_CONTROL), headers, ..Frame::default() }
}

#[cfg(test)]
mod tests;
