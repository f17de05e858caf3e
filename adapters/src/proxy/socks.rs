//! A tunnel through a SOCKS5 proxy (RFC 1928), with user and password (RFC 1929) if there are any.

use std::io;
use std::net::IpAddr;

use futures::io::{AsyncReadExt, AsyncWriteExt};

use super::Credentials;
use crate::runtime::Io;

const VERSION: u8 = 5;
/// The version of the negotiation of user and password.
const PASSWORD_VERSION: u8 = 1;
/// Ways to authenticate.
const NOTHING: u8 = 0;
const PASSWORD: u8 = 2;
const NONE_ACCEPTED: u8 = 0xff;
const CONNECT: u8 = 1;
/// Kinds of addresses.
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;

/// `host` goes out as the address that it is, else as a name that the proxy resolves.
pub(super) async fn tunnel(
    stream: &mut dyn Io,
    host: &str,
    port: u16,
    credentials: Option<&Credentials>,
) -> Result<(), String> {
    authenticate(stream, credentials).await?;
    let mut request = vec![VERSION, CONNECT, 0];
    match host.parse() {
        Ok(IpAddr::V4(address)) => {
            request.push(IPV4);
            request.extend(address.octets());
        }
        Ok(IpAddr::V6(address)) => {
            request.push(IPV6);
            request.extend(address.octets());
        }
        Err(_) => {
            request.push(NAME);
            push_counted(&mut request, host)?;
        }
    }
    request.extend(port.to_be_bytes());
    send(stream, &request).await?;

    let [version, reply, _, kind] = read(stream).await?;
    if version != VERSION {
        return Err(NOT_SOCKS5.to_owned());
    }
    if reply != 0 {
        return Err(format!("it answered {reply} to the request for {host}:{port}: {}", meaning(reply)));
    }
    // Where it connects from is of no interest, but has to be read.
    match kind {
        IPV4 => read::<4>(stream).await.map(drop)?,
        IPV6 => read::<16>(stream).await.map(drop)?,
        NAME => {
            let [length] = read(stream).await?;
            let mut name = vec![0; length.into()];
            stream.read_exact(&mut name).await.map_err(in_words)?;
        }
        _ => return Err("its answer has an address of a kind that SOCKS5 does not know".to_owned()),
    }
    read::<2>(stream).await.map(drop)
}

const NOT_SOCKS5: &str = "its answer is not SOCKS5";

async fn authenticate(stream: &mut dyn Io, credentials: Option<&Credentials>) -> Result<(), String> {
    let ways: &[u8] = if credentials.is_some() { &[VERSION, 2, NOTHING, PASSWORD] } else { &[VERSION, 1, NOTHING] };
    send(stream, ways).await?;
    let [version, way] = read(stream).await?;
    if version != VERSION {
        return Err(NOT_SOCKS5.to_owned());
    }
    match (way, credentials) {
        (NOTHING, _) => Ok(()),
        (PASSWORD, Some(Credentials { user, password })) => {
            let mut message = vec![PASSWORD_VERSION];
            push_counted(&mut message, user)?;
            push_counted(&mut message, password.expose())?;
            send(stream, &message).await?;
            match read(stream).await? {
                [_, 0] => Ok(()),
                _ => Err("it does not take this user and password".to_owned()),
            }
        }
        (NONE_ACCEPTED | PASSWORD, None) => {
            Err("it wants a user and password, user:password@ in its URL, or a way to authenticate that we lack"
                .to_owned())
        }
        (NONE_ACCEPTED, Some(_)) => Err("it wants a way to authenticate that we lack".to_owned()),
        _ => Err("it chose a way to authenticate that was not offered".to_owned()),
    }
}

/// What a reply says (RFC 1928, section 6).
fn meaning(reply: u8) -> &'static str {
    match reply {
        1 => "general failure",
        2 => "not allowed by its rules",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "TTL expired",
        7 => "command not supported",
        8 => "address type not supported",
        _ => "unassigned",
    }
}

async fn send(stream: &mut dyn Io, bytes: &[u8]) -> Result<(), String> {
    stream.write_all(bytes).await.map_err(in_words)?;
    stream.flush().await.map_err(in_words)
}

async fn read<const N: usize>(stream: &mut dyn Io) -> Result<[u8; N], String> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).await.map_err(in_words)?;
    Ok(bytes)
}

fn in_words(error: io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "it closed the connection in the middle of the negotiation".to_owned(),
        _ => error.to_string(),
    }
}

/// A length in one byte, and the text.
fn push_counted(out: &mut Vec<u8>, text: &str) -> Result<(), String> {
    let length = u8::try_from(text.len());
    out.push(length.map_err(|_| "user, password or host are longer than the 255 bytes that SOCKS5 takes".to_owned())?);
    out.extend_from_slice(text.as_bytes());
    Ok(())
}
