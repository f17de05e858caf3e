//! From an answer to the frame that carries it.
//!
//! An ack is the received frame with two changes: the header `biz_rt` appended, and the payload replaced. All official SDKs
//! do so, byte for byte the same but for the JSON style; ours is the compact one of Node, Java and sdk-rs.

use alloc::format;
use alloc::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use crate::Time;
use crate::frame::{Frame, Header, METHOD_CONTROL, RawFrame, key};
use crate::reply::Outcome;

/// What is kept for an ack that is to be sent later.
#[derive(Clone, Debug)]
pub(crate) struct Ack {
    /// The frame that completed the message. Its payload is not needed.
    pub(crate) frame: Arc<RawFrame>,
    /// When it came.
    pub(crate) received: Time,
}

/// The ack of the frame that completed a message at `received`. `biz_rt` is the time since then, in whole ms.
pub(crate) fn encode(frame: &RawFrame, received: Time, now: Time, outcome: &Outcome) -> Bytes {
    let ms = now.since(received).as_millis();
    frame.answer(key::BIZ_RT, itoa::Buffer::new().format(ms), &payload(outcome))
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
pub(crate) fn pong(ping: &RawFrame) -> Bytes {
    let (seq_id, log_id) = (Some(ping.seq_id()), Some(ping.log_id()));
    Frame { seq_id, log_id, ..control(ping.service(), "pong") }.to_bytes()
}

fn control(service: i32, kind: &str) -> Frame {
    let headers = [Header::new(key::TYPE, kind)].into();
    Frame { service: Some(service), method: Some(METHOD_CONTROL), headers, ..Frame::default() }
}

#[cfg(test)]
mod tests;
