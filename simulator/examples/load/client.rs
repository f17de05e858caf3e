//! The client that is loaded.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use larkwire_sim::Sim;

use super::Outcome;

/// A client that is nothing but bytes.
pub(crate) struct Client {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Client {
    pub(crate) fn connect(sim: &Sim) -> Outcome<Client> {
        let body = format!(r#"{{"AppID":"{}","AppSecret":"{}"}}"#, sim.app_id(), sim.app_secret());
        let mut stream = TcpStream::connect(sim.address())?;
        let length = body.len();
        write!(
            stream,
            "POST /callback/ws/endpoint HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (_, url) = answer.split_once("/ws/v2").ok_or("no URL")?;
        let (query, _) = url.split_once('"').ok_or("no end of the URL")?;

        let mut stream = TcpStream::connect(sim.address())?;
        stream.set_nodelay(true)?;
        let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
        write!(stream, "GET /ws/v2{query} HTTP/1.1\r\nHost: x\r\n{upgrade}\r\n\r\n")?;
        let mut read = Vec::new();
        while !read.windows(4).any(|four| four == b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            read.extend(byte);
        }
        Ok(Client { stream, read: Vec::new() })
    }

    /// Acks so many events.
    pub(crate) fn ack(mut self, mut left: u64) -> Outcome<()> {
        let mut buffer = vec![0; 256 * 1024];
        let mut acks = Vec::new();
        while left > 0 {
            let count = self.stream.read(&mut buffer)?;
            if count == 0 {
                return Err("the platform ended the connection".into());
            }
            self.read.extend_from_slice(buffer.get(..count).unwrap_or_default());
            let mut at = 0;
            while let Some((message, next)) = message(&self.read, at) {
                at = next;
                if let Some(head) = without_payload(message) {
                    write_ack(&mut acks, head);
                    left = left.saturating_sub(1);
                }
            }
            self.read.drain(..at);
            self.stream.write_all(&acks)?;
            acks.clear();
        }
        Ok(())
    }
}

/// The WebSocket message that begins here, if it is whole, and where the next one begins.
fn message(data: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let short = usize::from(*data.get(at + 1)?);
    let (length, from) = match short {
        126 => (usize::from(u16::from_be_bytes(data.get(at + 2..at + 4)?.try_into().ok()?)), at + 4),
        127 => (usize::try_from(u64::from_be_bytes(data.get(at + 2..at + 10)?.try_into().ok()?)).ok()?, at + 10),
        short => (short, at + 2),
    };
    Some((data.get(from..from + length)?, from + length))
}

/// The bytes of a frame before field 8, the payload, which stands last.
fn without_payload(frame: &[u8]) -> Option<&[u8]> {
    let mut at = 0;
    let varint = |at: &mut usize| -> Option<usize> {
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = usize::from(*frame.get(*at)?);
            *at += 1;
            value |= (byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
            shift += 7;
        }
    };
    while at < frame.len() {
        match frame.get(at)? {
            0x42 => return frame.get(..at),
            tag if tag & 7 == 0 => {
                at += 1;
                varint(&mut at)?;
            }
            _ => {
                at += 1;
                let length = varint(&mut at)?;
                at += length;
            }
        }
    }
    None
}

/// A masked message; the mask is nothing but zeros.
fn write_ack(to: &mut Vec<u8>, head: &[u8]) {
    const BIZ_RT: &[u8] = b"\x2a\x0b\x0a\x06biz_rt\x12\x010";
    const PAYLOAD: &[u8] = b"\x42\x0c{\"code\":200}";
    let length = head.len() + BIZ_RT.len() + PAYLOAD.len();
    let short = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
    to.extend([0x82, 0x80 | 126, short[0], short[1], 0, 0, 0, 0]);
    to.extend_from_slice(head);
    to.extend_from_slice(BIZ_RT);
    to.extend_from_slice(PAYLOAD);
}
