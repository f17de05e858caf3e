//! No client at all: acks that were made beforehand, as many as frames have come. It shows what the generator can do.

use std::io::{Read, Write};
use std::net::TcpStream;

use larkwire_benches::load::BoxError;
use larkwire_benches::samples::{PING, Pushes};

/// Takes plain TCP and whole messages only.
pub(crate) fn run(domain: &str) -> Result<(), BoxError> {
    let authority = domain.strip_prefix("http://").ok_or("plain TCP only")?;
    let mut stream = TcpStream::connect(authority)?;
    stream.set_nodelay(true)?;
    let upgrade = "GET /ws/v2 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(upgrade.as_bytes())?;
    let mut buffer = vec![0; 1024 * 1024];
    let mut end = 0;
    let mut begin = loop {
        end += stream.read(&mut buffer[end..])?;
        if let Some(head) = buffer[..end].windows(4).position(|window| window == b"\r\n\r\n") {
            break head + 4;
        }
    };
    let (mut acks, mut out) = (Pushes::acks(), Vec::new());
    put(PING, &mut out);
    loop {
        while let Some(length) = length(&buffer[begin..end]).filter(|length| end - begin >= *length) {
            begin += length;
            for ack in acks.next_push() {
                put(ack, &mut out);
            }
        }
        stream.write_all(&out)?;
        out.clear();
        buffer.copy_within(begin..end, 0);
        (begin, end) = (0, end - begin);
        match stream.read(&mut buffer[end..])? {
            0 => return Ok(()),
            count => end += count,
        }
    }
}

/// A WebSocket message with a mask of zeros, which changes nothing. Its length is given in 16 bits, whatever it is.
fn put(message: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&[0x82, 0x80 | 126]);
    out.extend_from_slice(&(message.len() as u16).to_be_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(message);
}

/// The length of the WebSocket frame that begins here, once it can be known.
fn length(there: &[u8]) -> Option<usize> {
    let payload = |bytes: std::ops::Range<usize>| {
        there.get(bytes).map(|bytes| bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)))
    };
    match there.get(1)? {
        126 => Some(4 + payload(2..4)?),
        127 => Some(10 + payload(2..10)?),
        length => Some(2 + usize::from(*length)),
    }
}
