//! What is possible with the same WebSocket library: clients without anything that makes a client safe to use.

use std::env;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use async_tungstenite::tungstenite::protocol::WebSocketConfig;
use async_tungstenite::tungstenite::{Error, Message};
use async_tungstenite::{WebSocketStream, client_async_with_config};
use bytes::Bytes;
use futures::future::try_join_all;
use futures::io::{AsyncRead, AsyncWrite};
use futures::{Sink, Stream};
use futures_rustls::TlsConnector;
use larkwire_core::frame::{Frame, Header, key};
use prost::Message as _;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio_util::compat::TokioAsyncReadCompatExt;

use crate::bench::BoxError;
use crate::bench::generator::samples::PING;

/// How much a raw client does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Decodes frame and event.
    Parse,
    /// Decodes nothing, and flushes each ack.
    Flush,
    /// Decodes nothing.
    Batch,
}

/// Connects so often, and acks all that comes.
pub(super) async fn many(connections: usize, domain: &str, style: Style) -> Result<(), BoxError> {
    try_join_all((0..connections).map(|_| run(domain, style))).await.map(|_| ())
}

async fn run(domain: &str, style: Style) -> Result<(), BoxError> {
    let (scheme, authority) = domain.split_once("://").ok_or("no scheme")?;
    let tcp = TcpStream::connect(authority).await?;
    tcp.set_nodelay(true)?;
    let secure = scheme == "https";
    let url = format!("{}://{authority}/ws/v2", if secure { "wss" } else { "ws" });
    // What larkwire has, so that the buffers are the same.
    let config = WebSocketConfig::default().read_buffer_size(16 * 1024);
    if secure {
        let host = authority.split(':').next().unwrap_or_default().to_owned();
        let stream = tls()?.connect(ServerName::try_from(host)?, tcp.compat()).await?;
        serve(client_async_with_config(url, stream, Some(config)).await?.0, style).await
    } else {
        serve(client_async_with_config(url, tcp.compat(), Some(config)).await?.0, style).await
    }
}

fn tls() -> Result<TlsConnector, BoxError> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(env::var("SSL_CERT_FILE")?)?)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()).into())
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut socket: WebSocketStream<S>,
    style: Style,
) -> Result<(), BoxError> {
    Pin::new(&mut socket).start_send(Message::Binary(Bytes::from_static(PING)))?;
    loop {
        let Message::Binary(data) = poll_fn(|cx| poll_next(&mut socket, cx)).await? else { continue };
        let ack = if style == Style::Parse { parsed(data)? } else { cut(&data).ok_or("no frame")? };
        let Some(ack) = ack else { continue };
        poll_fn(|cx| Pin::new(&mut socket).poll_ready(cx)).await?;
        Pin::new(&mut socket).start_send(Message::Binary(ack))?;
        if style == Style::Flush {
            poll_fn(|cx| Pin::new(&mut socket).poll_flush(cx)).await?;
        }
    }
}

/// The next message. When there is none at hand, what was written is brought on its way.
fn poll_next<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut WebSocketStream<S>,
    cx: &mut Context<'_>,
) -> Poll<Result<Message, Error>> {
    match Pin::new(&mut *socket).poll_next(cx) {
        Poll::Ready(message) => Poll::Ready(message.unwrap_or(Err(Error::ConnectionClosed))),
        Poll::Pending => match Pin::new(socket).poll_flush(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            _ => Poll::Pending,
        },
    }
}

/// The ack of a frame that was decoded, and whose event was. None for a part that is not the last: it is not put together.
fn parsed(data: Bytes) -> Result<Option<Bytes>, BoxError> {
    let mut frame = Frame::decode(data)?;
    let sum: u32 = frame.header(key::SUM).unwrap_or("1").parse()?;
    let seq: u32 = frame.header(key::SEQ).unwrap_or("0").parse()?;
    if seq + 1 < sum {
        return Ok(None);
    }
    if sum == 1 {
        let event: Envelope = serde_json::from_slice(frame.payload.as_deref().unwrap_or_default())?;
        std::hint::black_box(event);
    }
    frame.headers.push(Header::new(key::BIZ_RT, "0"));
    frame.payload = Some(Bytes::from_static(br#"{"code":200}"#));
    Ok(Some(frame.encode_to_vec().into()))
}

/// The ack of a frame that was not decoded: all before the payload, which is the last field of our samples, and another one
/// behind it. Parts are not told from whole messages.
fn cut(data: &[u8]) -> Option<Option<Bytes>> {
    let mut at = 0;
    while data.get(at)? & 7 == 0 {
        at += 1;
        while data.get(at)? & 0x80 != 0 {
            at += 1;
        }
        at += 1;
    }
    // Headers are short: their length is one byte.
    while data.get(at)? >> 3 == 5 {
        at += 2 + usize::from(*data.get(at + 1)?);
    }
    let mut ack = Vec::with_capacity(at + 32);
    ack.extend_from_slice(data.get(..at)?);
    ack.extend_from_slice(b"\x2a\x0b\x0a\x06biz_rt\x12\x010\x42\x0c{\"code\":200}");
    Some(Some(ack.into()))
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "reading them is the work")]
struct Envelope {
    schema: String,
    header: EventHeader,
    event: MessageReceive,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "reading them is the work")]
struct EventHeader {
    event_id: String,
    token: String,
    create_time: String,
    event_type: String,
    tenant_key: String,
    app_id: String,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "reading them is the work")]
struct MessageReceive {
    sender: Sender,
    message: ReceivedMessage,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "reading them is the work")]
struct Sender {
    sender_id: Option<UserId>,
    sender_type: String,
    tenant_key: Option<String>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "reading them is the work")]
struct UserId {
    union_id: Option<String>,
    user_id: Option<String>,
    open_id: Option<String>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "reading them is the work")]
struct ReceivedMessage {
    message_id: String,
    root_id: Option<String>,
    parent_id: Option<String>,
    create_time: String,
    update_time: Option<String>,
    chat_id: String,
    thread_id: Option<String>,
    chat_type: String,
    message_type: String,
    content: String,
    mentions: Option<Vec<Mention>>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "reading them is the work")]
struct Mention {
    key: String,
    id: UserId,
    name: String,
    tenant_key: Option<String>,
}
