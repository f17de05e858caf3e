//! What is logged of each message on the wire: kind, size and id. Its payload only where somebody asked for that.

use std::borrow::Cow;

use bytes::Bytes;
use larkwire_core::frame::{Frame, FrameLimits, key};
use tracing::{Level, debug, enabled, trace};

/// Frames that are not within these are not looked into.
const LIMITS: FrameLimits = FrameLimits { headers: 64, header_bytes: 4 * 1024 };
/// Most bytes of a payload that are logged.
const SHOWN: usize = 16 * 1024;

/// Logs a message. It is decoded once more for that, but only when somebody listens.
pub(super) fn log(what: &'static str, data: &Bytes, payloads: bool) {
    if !enabled!(Level::DEBUG) {
        return;
    }
    let bytes = data.len();
    let Ok(frame) = Frame::from_bytes(data.clone(), &LIMITS) else { return debug!(bytes, "{what}, not a frame") };
    let (kind, message_id) = (frame.header(key::TYPE), frame.header(key::MESSAGE_ID));
    debug!(kind, bytes, message_id, "{what}");
    if let Some(payload) = frame.payload.as_deref().filter(|_| payloads) {
        trace!(payload = &*shown(payload), "{what}");
    }
}

fn shown(payload: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(payload.get(..SHOWN).unwrap_or(payload))
}
