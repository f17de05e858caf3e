//! WebSocket framing (RFC 6455, section 5.2), the server's side: what it sends is not masked, what it gets is.

use std::io::{self, Read};

use super::Stream;
use crate::bench::BoxError;

const BINARY: u8 = 0x2;
const PING: u8 = 0x9;
const PONG: u8 = 0xa;
/// The longest message that a client has any reason to send.
const LONGEST: usize = 1024 * 1024;

/// Appends a binary message.
pub(super) fn write_frame(payload: &[u8], out: &mut Vec<u8>) {
    out.push(0x80 | BINARY);
    match payload.len() {
        length @ 0..126 => out.push(length as u8),
        length @ 126..0x1_0000 => {
            out.push(126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            out.push(127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(payload);
}

/// What has come and was not looked at yet.
pub(super) struct Inbound {
    buffer: Vec<u8>,
    begin: usize,
    end: usize,
}

impl Default for Inbound {
    fn default() -> Inbound {
        Inbound { buffer: vec![0; 2 * LONGEST], begin: 0, end: 0 }
    }
}

impl Inbound {
    /// Reads once, and waits for that if need be.
    pub(super) fn read_from(&mut self, stream: &mut Box<dyn Stream>) -> io::Result<()> {
        if self.begin == self.end {
            (self.begin, self.end) = (0, 0);
        } else if self.begin > LONGEST {
            self.buffer.copy_within(self.begin..self.end, 0);
            (self.begin, self.end) = (0, self.end - self.begin);
        }
        match stream.read(&mut self.buffer[self.end..]) {
            Ok(0) => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the client closed its connection")),
            Ok(count) => {
                self.end += count;
                Ok(())
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                Err(io::Error::new(io::ErrorKind::TimedOut, "nothing came from the client for 10 s"))
            }
            Err(error) => Err(error),
        }
    }

    /// The next whole binary message; none if more has to be read for it.
    pub(super) fn next_message(&mut self) -> Result<Option<&[u8]>, BoxError> {
        let payload = loop {
            let there = &self.buffer[self.begin..self.end];
            let [first, second, ..] = *there else { return Ok(None) };
            let (length, head) = match (second & 0x7f, there) {
                (126, [_, _, a, b, ..]) => (u16::from_be_bytes([*a, *b]) as usize, 4),
                (127, [_, _, length @ ..]) if length.len() >= 8 => {
                    (u64::from_be_bytes(length[..8].try_into()?) as usize, 10)
                }
                (126 | 127, _) => return Ok(None),
                (length, _) => (length as usize, 2),
            };
            if length > LONGEST || first & 0x80 == 0 || second & 0x80 == 0 {
                return Err("a client's message that is too long, split, or not masked".into());
            }
            let (key, payload) = (self.begin + head, self.begin + head + 4);
            if self.end < payload + length {
                return Ok(None);
            }
            let key: [u8; 4] = self.buffer[key..payload].try_into()?;
            self.begin = payload + length;
            match first & 0xf {
                BINARY => {
                    unmask(&mut self.buffer[payload..self.begin], key);
                    break payload..self.begin;
                }
                PING | PONG => {}
                opcode => return Err(format!("a client's WebSocket frame with opcode {opcode:#x}").into()),
            }
        };
        Ok(self.buffer.get(payload))
    }
}

fn unmask(payload: &mut [u8], key: [u8; 4]) {
    let wide = u64::from_ne_bytes([key, key].concat().try_into().unwrap_or_default());
    let (chunks, rest) = payload.as_chunks_mut::<8>();
    for chunk in chunks {
        *chunk = (u64::from_ne_bytes(*chunk) ^ wide).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key.into_iter().cycle()) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unmasking_is_what_rfc_6455_says_for_every_length() {
        for length in 0..40 {
            let (plain, key) = ((0..length).collect::<Vec<u8>>(), [1, 20, 30, 255]);
            let mut masked: Vec<u8> = plain.iter().enumerate().map(|(at, byte)| byte ^ key[at % 4]).collect();
            unmask(&mut masked, key);
            assert_eq!(masked, plain);
        }
    }
}
