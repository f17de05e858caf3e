//! What clients send, read without a codec: the generator must not be slower than what it measures, nor share its mistakes.

use super::samples::{DIGITS, LOG_ID, MESSAGE_ID, SEQ_ID, hex};
use crate::bench::BoxError;

/// What a client said.
pub(super) enum Said {
    /// A correct ack of the event with this number.
    Ack(u64),
    Ping,
}

/// Reads a frame, which has to be a ping or a correct ack: the ids of its event, and code 200.
pub(super) fn read(frame: &[u8]) -> Result<Said, BoxError> {
    let (mut seq_id, mut log_id, mut method) = (0, 0, 0);
    let (mut message_id, mut payload) = (&[][..], &[][..]);
    let mut rest = frame;
    while !rest.is_empty() {
        match field(&mut rest).ok_or("a frame that is not protobuf")? {
            (1, Value::Number(value)) => seq_id = value,
            (2, Value::Number(value)) => log_id = value,
            (4, Value::Number(value)) => method = value,
            (5, Value::Bytes(mut header)) => {
                if let (Some((1, Value::Bytes(b"message_id"))), Some((2, Value::Bytes(value)))) =
                    (field(&mut header), field(&mut header))
                {
                    message_id = value;
                }
            }
            (8, Value::Bytes(value)) => payload = value,
            _ => {}
        }
    }
    if method == 0 {
        return Ok(Said::Ping);
    }
    let number = seq_id ^ SEQ_ID;
    let is_named = message_id.strip_prefix(MESSAGE_ID.as_bytes()) == Some(&hex(number)) && number >> (4 * DIGITS) == 0;
    if log_id != LOG_ID || !is_named || !is_200(payload) {
        return Err(format!("an ack that is not correct: {}", frame.escape_ascii()).into());
    }
    Ok(Said::Ack(number))
}

/// Some SDKs write JSON with spaces.
fn is_200(payload: &[u8]) -> bool {
    let Some(at) = payload.windows(6).position(|window| window == b"\"code\"") else { return false };
    let digits: Vec<u8> = payload[at + 6..].iter().copied().filter(|byte| !b" :".contains(byte)).take(4).collect();
    matches!(digits[..], [b'2', b'0', b'0', b',' | b'}'])
}

enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

fn field<'a>(rest: &mut &'a [u8]) -> Option<(u64, Value<'a>)> {
    let key = varint(rest)?;
    let value = match key & 7 {
        0 => Value::Number(varint(rest)?),
        2 => {
            let length = varint(rest)?;
            Value::Bytes(rest.split_off(..usize::try_from(length).ok()?)?)
        }
        _ => return None,
    };
    Some((key >> 3, value))
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = rest.split_off_first()?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::generator::samples;
    use bytes::Bytes;
    use larkwire_core::frame::{Frame, FrameLimits};

    fn ack_with(change: impl FnOnce(&mut Frame)) -> Result<Said, BoxError> {
        let limits = FrameLimits { headers: 64, header_bytes: 4096 };
        let mut frame = Frame::from_bytes(samples::frame(77, (0, 1), b"{}"), &limits).unwrap();
        frame.payload = Some(Bytes::from_static(br#"{"code": 200}"#));
        change(&mut frame);
        read(&frame.to_bytes())
    }

    #[test]
    fn a_correct_ack_is_that_of_its_event() {
        assert!(matches!(ack_with(|_| {}), Ok(Said::Ack(77))));
    }

    #[test]
    fn an_ack_with_other_ids_or_another_code_is_not_correct() {
        assert!(ack_with(|frame| frame.log_id = Some(1)).is_err());
        assert!(ack_with(|frame| frame.seq_id = Some(SEQ_ID | 78)).is_err());
        assert!(ack_with(|frame| frame.headers.clear()).is_err());
        for payload in [r#"{"code":500}"#, r#"{"code":2000}"#, "{}", ""] {
            assert!(ack_with(|frame| frame.payload = Some(payload.into())).is_err(), "{payload}");
        }
    }

    #[test]
    fn a_ping_is_told_from_an_ack() {
        assert!(matches!(ack_with(|frame| frame.method = Some(0)), Ok(Said::Ping)));
        assert!(matches!(read(samples::PONG), Ok(Said::Ping)));
    }
}
