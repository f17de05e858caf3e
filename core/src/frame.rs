//! The wire format: one protobuf message per binary WebSocket message (package `pbbp2`, proto2).
//!
//! A public codec, and nothing else: what a frame means is decided elsewhere. The four required fields are optional here,
//! so that their absence can be seen and counted; they read as zero then, and [`Frame::to_bytes`] always writes them,
//! since the decoders of the Go, Java and Node SDKs reject a frame without them. The machine itself works with
//! [`RawFrame`], which is the same on the wire and is not taken apart.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use bytes::{Buf, Bytes};
use prost::Message as _;
use prost::encoding::{WireType, decode_key, decode_varint, skip_field};

mod raw;

pub use raw::RawFrame;

/// What a frame is for: [`Frame::method`] of pings and pongs.
pub const METHOD_CONTROL: i32 = 0;
/// What a frame is for: [`Frame::method`] of events, callbacks and their acks.
pub const METHOD_DATA: i32 = 1;

/// Frame header keys.
pub mod key {
    /// `event` and `card` on data frames, `ping` and `pong` on control frames.
    pub const TYPE: &str = "type";
    /// Names the pushed message; all its parts carry it.
    pub const MESSAGE_ID: &str = "message_id";
    /// Number of parts of a message; `1` when it is whole.
    pub const SUM: &str = "sum";
    /// Index of a part, from 0.
    pub const SEQ: &str = "seq";
    /// Names the push in the platform's logs.
    pub const TRACE_ID: &str = "trace_id";
    /// When the platform made the message, in ms since 1970.
    pub const TIMESTAMP: &str = "timestamp";
    /// Opaque; names the gateway instance that sent the frame.
    pub const INSTANCE_ID: &str = "instance_id";
    /// On acks: how long the handler took, in whole ms.
    pub const BIZ_RT: &str = "biz_rt";
    /// On pings of a client with a channel tag.
    pub const CHANNEL_TAG: &str = "channel_tag";
}

/// One frame, as every SDK exchanges it.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
#[prost(skip_debug)]
pub struct Frame {
    /// Sequence id: 0 in pings, echoed in acks. Required on the wire.
    #[prost(uint64, optional, tag = "1")]
    pub seq_id: Option<u64>,
    /// Log id: 0 in pings, echoed in acks. Required on the wire.
    #[prost(uint64, optional, tag = "2")]
    pub log_id: Option<u64>,
    /// Service id: that of the URL in pings, echoed in acks. Required on the wire.
    #[prost(int32, optional, tag = "3")]
    pub service: Option<i32>,
    /// [`METHOD_CONTROL`] or [`METHOD_DATA`]. Required on the wire.
    #[prost(int32, optional, tag = "4")]
    pub method: Option<i32>,
    /// Headers in the order of the wire; a key can occur more than once, and then the first counts.
    #[prost(message, repeated, tag = "5")]
    pub headers: Vec<Header>,
    /// Like a content encoding. No SDK reads it.
    #[prost(string, optional, tag = "6")]
    pub payload_encoding: Option<String>,
    /// Like a content type. No SDK reads it.
    #[prost(string, optional, tag = "7")]
    pub payload_type: Option<String>,
    /// JSON text, or a part of it.
    #[prost(bytes = "bytes", optional, tag = "8")]
    pub payload: Option<Bytes>,
    /// A newer log id, echoed in acks.
    #[prost(string, optional, tag = "9")]
    pub log_id_new: Option<String>,
}

/// One header of a [`Frame`].
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Header {
    /// Case-sensitive name, see [`key`]. Required on the wire.
    #[prost(string, optional, tag = "1")]
    pub key: Option<String>,
    /// The value, always text. Required on the wire.
    #[prost(string, optional, tag = "2")]
    pub value: Option<String>,
}

impl Header {
    /// A header with both fields present.
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Header {
        Header { key: Some(key.into()), value: Some(value.into()) }
    }
}

/// How much of a frame is accepted. Checked before anything of that size is allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameLimits {
    /// Most headers of one frame.
    pub headers: usize,
    /// Most bytes of one header, key and value together with their framing; and of each of the three optional texts.
    pub header_bytes: usize,
}

/// Why bytes are not an acceptable frame.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrameError {
    /// Not a frame: a bad varint, a wrong wire type, text that is not UTF-8, a length beyond the end.
    Malformed(prost::DecodeError),
    /// More headers than [`FrameLimits::headers`].
    TooManyHeaders,
    /// A header, or an optional text, larger than [`FrameLimits::header_bytes`].
    HeaderTooLong,
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FrameError::Malformed(error) => write!(f, "the peer sent bytes that are not a frame: {error}"),
            FrameError::TooManyHeaders => f.write_str("the peer sent a frame with too many headers"),
            FrameError::HeaderTooLong => f.write_str("the peer sent a frame with an oversized header"),
        }
    }
}

impl core::error::Error for FrameError {}

impl From<prost::DecodeError> for FrameError {
    fn from(error: prost::DecodeError) -> FrameError {
        FrameError::Malformed(error)
    }
}

impl Frame {
    /// Reads one frame. Unknown fields, groups included, are skipped. The payload is a slice of `data`.
    ///
    /// # Errors
    /// When the bytes are not a frame, or exceed `limits`. Never panics.
    pub fn from_bytes(data: Bytes, limits: &FrameLimits) -> Result<Frame, FrameError> {
        check_headers(&data, limits)?;
        Ok(Frame::decode(data)?)
    }

    /// The bytes of this frame. Required fields are written even when they are absent here (as zero or empty); optional
    /// ones keep their presence: absent stays absent, empty stays empty.
    pub fn to_bytes(&self) -> Bytes {
        if self.is_complete() {
            return self.encode_to_vec().into();
        }
        let mut complete = self.clone();
        complete.seq_id.get_or_insert_default();
        complete.log_id.get_or_insert_default();
        complete.service.get_or_insert_default();
        complete.method.get_or_insert_default();
        for header in &mut complete.headers {
            header.key.get_or_insert_default();
            header.value.get_or_insert_default();
        }
        complete.encode_to_vec().into()
    }

    /// Whether every field that proto2 requires is present.
    pub fn is_complete(&self) -> bool {
        self.seq_id.is_some()
            && self.log_id.is_some()
            && self.service.is_some()
            && self.method.is_some()
            && self.headers.iter().all(|header| header.key.is_some() && header.value.is_some())
    }

    /// The value of the first header named `key`.
    pub fn header(&self, key: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.key() == key).map(Header::value)
    }
}

/// Shows everything but the payload, of which only the length: it is somebody's message.
impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("seq_id", &self.seq_id)
            .field("log_id", &self.log_id)
            .field("service", &self.service)
            .field("method", &self.method)
            .field("headers", &self.headers)
            .field("payload_encoding", &self.payload_encoding)
            .field("payload_type", &self.payload_type)
            .field("payload_bytes", &self.payload.as_ref().map(Bytes::len))
            .field("log_id_new", &self.log_id_new)
            .finish()
    }
}

/// Walks the top level only: two bytes of wire would otherwise become 56 bytes of header each, and the texts that an ack
/// echoes would be kept for as long as the answer takes.
fn check_headers(data: &[u8], limits: &FrameLimits) -> Result<(), FrameError> {
    const HEADERS: u32 = 5;
    const PAYLOAD: u32 = 8;
    const LAST: u32 = 9;
    let mut rest = data;
    let mut headers = 0usize;
    while rest.has_remaining() {
        let (tag, wire_type) = decode_key(&mut rest)?;
        if (HEADERS..=LAST).contains(&tag) && tag != PAYLOAD && wire_type == WireType::LengthDelimited {
            headers = headers.saturating_add(usize::from(tag == HEADERS));
            if headers > limits.headers {
                return Err(FrameError::TooManyHeaders);
            }
            let length = usize::try_from(decode_varint(&mut rest)?).unwrap_or(usize::MAX);
            if length > limits.header_bytes && (tag == HEADERS || length <= rest.len()) {
                return Err(FrameError::HeaderTooLong);
            }
            // A length beyond the end is prost's to report.
            rest = rest.get(length..).unwrap_or_default();
        } else {
            skip_field(wire_type, tag, &mut rest, Default::default())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
