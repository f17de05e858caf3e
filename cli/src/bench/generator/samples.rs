//! What the platform pushes: frames with the headers it has been seen to send, and payloads of a given length.
//!
//! This file is a module of `benches/` as well, which measures functions with the same samples.

use bytes::Bytes;
use larkwire_core::frame::{Frame, Header, METHOD_DATA, key};

/// The first that a client says: a ping of service 1.
pub const PING: &[u8] = b"\x08\x00\x10\x00\x18\x01\x20\x00\x2a\x0c\x0a\x04type\x12\x04ping";
/// The answer to it, which needs no settings.
pub const PONG: &[u8] = b"\x08\x00\x10\x00\x18\x01\x20\x00\x2a\x0c\x0a\x04type\x12\x04pong";

/// Added to the number of a frame for its SeqID, so that all have the same length.
pub const SEQ_ID: u64 = 1 << 40;
/// Before the number, in hex, in the `message_id` of a frame.
pub const MESSAGE_ID: &str = "6fd2a3c1-0d0e-4c1b-9a53-00";
/// Numbers have so many hex digits.
pub const DIGITS: usize = 10;

/// The LogID of all frames: one that survives being made a double, as the Node SDK does.
pub const LOG_ID: u64 = 7_046_029_254_386_352_128;

/// The app that all samples are for.
pub const APP_ID: &str = "cli_a1b2c3d4e5f60718";

/// A message event of this many bytes, the `number`th of its kind: its ids are its own. The text takes up what is left; a
/// length that is too short for the rest gives the shortest such event.
pub fn event(number: u64, bytes: usize) -> String {
    let with = |text: &str| {
        format!(
            concat!(
                r#"{{"schema":"2.0","header":{{"event_id":"{number:032x}","token":"","create_time":"1767230533871","#,
                r#""event_type":"im.message.receive_v1","tenant_key":"736588c9260f175d","app_id":"{app}"}},"#,
                r#""event":{{"sender":{{"sender_id":{{"union_id":"on_8ed6aa67826108097d9ee143816345","#,
                r#""user_id":"e33ggbyz","open_id":"ou_84aad35d084aa403a838cf73ee18467"}},"sender_type":"user","#,
                r#""tenant_key":"736588c9260f175e"}},"message":{{"message_id":"om_{number:032x}","#,
                r#""create_time":"1767230533644","update_time":"1767230533644","#,
                r#""chat_id":"oc_5ce6d572455d361153b7xx51da133945","chat_type":"group","message_type":"text","#,
                r#""content":"{{\"text\":\"@_user_1 {text}\"}}","mentions":[{{"key":"@_user_1","id":{{"#,
                r#""union_id":"on_8ed6aa67826108097d9ee143816346","user_id":"e33ggbyy","#,
                r#""open_id":"ou_84aad35d084aa403a838cf73ee18468"}},"name":"Tom","tenant_key":"736588c9260f175e"}}]}}}}}}"#,
            ),
            number = number,
            app = APP_ID,
            text = text,
        )
    };
    let text = "x".repeat(bytes.saturating_sub(with("").len()));
    with(&text)
}

/// The frame that carries a payload, or a part of it: part `seq` of `sum`.
pub fn frame(number: u64, part: (usize, usize), payload: &[u8]) -> Bytes {
    let (seq, sum) = part;
    let headers = [
        (key::TIMESTAMP, "1767230533871".to_owned()),
        (key::TYPE, "event".to_owned()),
        (key::MESSAGE_ID, format!("{MESSAGE_ID}{number:0DIGITS$x}")),
        (key::SUM, sum.to_string()),
        (key::SEQ, seq.to_string()),
        (key::TRACE_ID, format!("{number:032x}")),
        (key::INSTANCE_ID, "aW5zdA==".to_owned()),
    ];
    Frame {
        seq_id: Some(SEQ_ID | number),
        log_id: Some(LOG_ID),
        service: Some(33_554_678),
        method: Some(METHOD_DATA),
        headers: headers.into_iter().map(|(key, value)| Header::new(key, value)).collect(),
        payload: Some(Bytes::copy_from_slice(payload)),
        ..Frame::default()
    }
    .to_bytes()
}

/// The frames that carry one message event of this many bytes, in so many parts.
pub fn push(number: u64, bytes: usize, parts: usize) -> Vec<Bytes> {
    let event = event(number, bytes);
    let chunk = event.len().div_ceil(parts.max(1));
    let chunks = event.as_bytes().chunks(chunk);
    chunks.enumerate().map(|(seq, part)| frame(number, (seq, parts.max(1)), part)).collect()
}

/// Stands for the number of a sample, until another one is written over it: nothing else has its digits.
pub const MARK: u64 = 0xfe_edfa_ceca;

/// Where the number of a sample is: to make each from nothing would be slower than the clients that they are for.
#[derive(Clone, Debug)]
pub struct Places {
    digits: Vec<usize>,
    seq_ids: Vec<usize>,
}

impl Places {
    /// Those of [`MARK`] in bytes that were made with it.
    pub fn of(bytes: &[u8]) -> Places {
        let find = |what: &[u8]| {
            let windows = bytes.windows(what.len()).enumerate();
            windows.filter(|(_, window)| *window == what).map(|(place, _)| place).collect()
        };
        Places { digits: find(&hex(MARK)), seq_ids: find(&varint(SEQ_ID | MARK)) }
    }

    /// Writes another number there.
    pub fn write(&self, number: u64, bytes: &mut [u8]) {
        let (digits, seq_id) = (hex(number), varint(SEQ_ID | number));
        for place in &self.digits {
            bytes[*place..*place + digits.len()].copy_from_slice(&digits);
        }
        for place in &self.seq_ids {
            bytes[*place..*place + seq_id.len()].copy_from_slice(&seq_id);
        }
    }
}

/// The hex digits of a number.
pub fn hex(number: u64) -> [u8; DIGITS] {
    let mut digits = [b'0'; DIGITS];
    for (place, digit) in digits.iter_mut().rev().enumerate() {
        *digit = b"0123456789abcdef"[(number >> (4 * place)) as usize & 0xf];
    }
    digits
}

/// A SeqID, as a varint of six bytes.
fn varint(seq_id: u64) -> [u8; 6] {
    let byte = |place: usize| (seq_id >> (7 * place)) as u8 | 0x80;
    [byte(0), byte(1), byte(2), byte(3), byte(4), byte(5) & 0x7f]
}

#[cfg(test)]
mod tests {
    use super::*;
    use larkwire_core::frame::FrameLimits;

    #[test]
    fn a_sample_with_another_number_written_over_it_is_that_of_the_number() {
        for (part, template) in push(MARK, 1024, 4).iter().enumerate() {
            let (mut bytes, places) = (template.to_vec(), Places::of(template));
            for number in 1..=300 {
                places.write(number, &mut bytes);
                assert_eq!(bytes, push(number, 1024, 4)[part]);
            }
        }
    }

    #[test]
    fn events_have_the_length_that_was_asked_for() {
        assert_eq!(event(7, 1024).len(), 1024);
        assert_eq!(event(7, 65_536).len(), 65_536);
        let limits = FrameLimits { headers: 64, header_bytes: 4096 };
        let parts =
            push(7, 8_192, 4).into_iter().map(|data| Frame::from_bytes(data, &limits).unwrap().payload.unwrap());
        assert_eq!(parts.collect::<Vec<_>>().concat(), event(7, 8_192).as_bytes());
    }
}
