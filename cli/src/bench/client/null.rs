//! No client at all: acks that were made beforehand, as many as events have come. It shows what the generator can do.

use std::io::{Read, Write};
use std::net::TcpStream;

use rustix::net::{RecvFlags, recv};

use crate::bench::BoxError;
use crate::bench::generator::samples::{self, MARK, PING, Places};

/// So much is taken at once, at most.
const CHUNK: usize = 1024 * 1024;

/// Takes plain TCP and whole messages only. All events have the same length: it looks at that of the first, and at none after
/// it; the system throws away what comes, and tells how much it was.
pub(super) fn run(domain: &str) -> Result<(), BoxError> {
    let authority = domain.strip_prefix("http://").ok_or("plain TCP only")?;
    let mut stream = TcpStream::connect(authority)?;
    stream.set_nodelay(true)?;
    let upgrade = "GET /ws/v2 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(upgrade.as_bytes())?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.extend(byte);
    }
    stream.write_all(&masked(PING))?;

    let (head, payload) = head_and_payload(&mut stream)?;
    let (length, mut taken) = (head + payload, head);
    let mut ack = masked(&samples::frame(MARK, (0, 1), br#"{"code":200}"#));
    let places = Places::of(&ack);
    let (mut number, mut out, mut nowhere) = (0, Vec::new(), vec![0; CHUNK]);
    loop {
        let (_, count) = recv(&stream, nowhere.as_mut_slice(), RecvFlags::TRUNC)?;
        if count == 0 {
            return Ok(());
        }
        taken += count;
        while taken >= length {
            taken -= length;
            number += 1;
            places.write(number, &mut ack);
            out.extend_from_slice(&ack);
        }
        stream.write_all(&out)?;
        out.clear();
    }
}

/// A WebSocket message with a mask of zeros, which changes nothing. Its length is given in 16 bits, whatever it is.
fn masked(message: &[u8]) -> Vec<u8> {
    let length = (message.len() as u16).to_be_bytes();
    [&[0x82, 0x80 | 126], &length[..], &[0; 4], message].concat()
}

/// Reads the head of a WebSocket frame: the lengths of it and of the payload.
fn head_and_payload(stream: &mut TcpStream) -> Result<(usize, usize), BoxError> {
    let mut head = [0; 2];
    stream.read_exact(&mut head)?;
    let more = match head[1] {
        126 => 2,
        127 => 8,
        length => return Ok((2, usize::from(length))),
    };
    let mut length = [0; 8];
    stream.read_exact(&mut length[8 - more..])?;
    Ok((2 + more, usize::try_from(u64::from_be_bytes(length))?))
}
