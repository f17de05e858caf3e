//! A tunnel through an HTTP proxy: `CONNECT` (RFC 9110, section 9.3.6).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::io::{AsyncReadExt, AsyncWriteExt};

use super::Credentials;
use crate::runtime::Io;

/// Most bytes of the answer's head. Real ones have about a hundred.
const HEAD: usize = 8 * 1024;
/// How all answers begin.
const BEGINNING: &[u8] = b"HTTP/1.";
const END: &[u8] = b"\r\n\r\n";

pub(super) async fn tunnel(
    stream: &mut dyn Io,
    host: &str,
    port: u16,
    credentials: Option<&Credentials>,
) -> Result<(), String> {
    let target = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n");
    if let Some(Credentials { user, password }) = credentials {
        let word = STANDARD.encode(format!("{user}:{}", password.expose()));
        request.push_str(&format!("Proxy-Authorization: Basic {word}\r\n"));
    }
    request.push_str("\r\n");
    let sent = async {
        stream.write_all(request.as_bytes()).await?;
        stream.flush().await
    };
    sent.await.map_err(|error| error.to_string())?;

    let (head, surplus) = answer(stream).await?;
    match status(&head) {
        Some(200..=299) if surplus == 0 => Ok(()),
        Some(200..=299) => Err(format!("it opened the tunnel, and sent {surplus} bytes of its own into it")),
        Some(407) if credentials.is_some() => {
            Err("it answered 407: it does not take this user and password".to_owned())
        }
        Some(407) => Err("it answered 407: it wants a user and password, user:password@ in its URL".to_owned()),
        Some(status) => Err(format!("it answered {status} to CONNECT {target}")),
        None => Err("its answer is not HTTP".to_owned()),
    }
}

/// The head of the answer, and how many bytes came behind it.
async fn answer(stream: &mut dyn Io) -> Result<(Vec<u8>, usize), String> {
    let mut head = Vec::new();
    let mut chunk = [0; 1024];
    while head.len() <= HEAD {
        let count = stream.read(&mut chunk).await.map_err(|error| error.to_string())?;
        if count == 0 {
            return Err("it closed the connection without an answer".to_owned());
        }
        // The end may be there in part already.
        let seen = head.len().saturating_sub(END.len());
        head.extend_from_slice(chunk.get(..count).unwrap_or_default());
        // Nothing is waited for that cannot come any more.
        if BEGINNING.iter().zip(&head).any(|(expected, found)| expected != found) {
            return Err("its answer is not HTTP".to_owned());
        }
        let fresh = head.get(seen..).unwrap_or_default();
        if let Some(at) = fresh.windows(END.len()).position(|bytes| bytes == END) {
            let surplus = fresh.len().saturating_sub(at).saturating_sub(END.len());
            head.truncate(head.len().saturating_sub(surplus));
            return Ok((head, surplus));
        }
    }
    Err(format!("the head of its answer is longer than {HEAD} bytes"))
}

/// The status of `HTTP/1.x nnn …`.
fn status(head: &[u8]) -> Option<u16> {
    let line = head.split(|byte| *byte == b'\r').next()?;
    let digits = line.split(|byte| *byte == b' ').nth(1)?;
    let plain = digits.len() == 3 && digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits).ok().filter(|_| plain)?.parse().ok()
}
