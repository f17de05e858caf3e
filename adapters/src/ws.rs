//! Opening a WebSocket.
//!
//! The upgrade is an HTTP exchange like any other, so that a refusal's body is read as HTTP says, and so that nobody logs
//! the request line: its query is the authentication. async-tungstenite takes over once the platform has agreed.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use async_tungstenite::WebSocketStream;
use async_tungstenite::tungstenite::handshake::client::generate_key;
use async_tungstenite::tungstenite::handshake::derive_accept_key;
use async_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use bytes::{Bytes, BytesMut};
use futures::io::{AsyncRead, AsyncWrite};
use larkwire_core::{Connect, Headers, LinkError, LinkErrorKind, Phase};
use tracing::info;

use crate::http::{Answer, Connection, Head, HyperIo, outgoing};
use crate::net::Net;
use crate::runtime::Io;

/// An open WebSocket.
pub(crate) type WebSocket = WebSocketStream<Metered>;

/// What became of an upgrade.
pub(crate) enum Upgrade {
    Opened(Box<WebSocket>, Headers),
    Rejected(Answer),
}

/// tungstenite clears the free part of its buffer on each read: with its default of 128 KiB that is a third of the work.
const READ_BUFFER: usize = 16 * 1024;
/// tungstenite's default: so much is gathered before it writes on its own.
const WRITE_BUFFER: usize = 128 * 1024;
/// How long to wait for the body of a refusal. Its headers say why already.
const REFUSAL_PATIENCE: Duration = Duration::from_secs(2);

/// Opens a WebSocket.
pub(crate) async fn open(net: &Net, connect: &Connect) -> Result<Upgrade, LinkError> {
    let mut connection = Connection::open(net, &connect.url, &connect.deadlines).await?;
    let key = generate_key();
    let mut headers = connect.headers.clone();
    let ours = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")];
    headers.extend(ours.map(|(name, value)| (name.to_owned(), value.to_owned())));
    headers.push(("Sec-WebSocket-Key".to_owned(), key.clone()));
    let request = outgoing("GET", &connect.url, &headers, Bytes::new())?;

    let head = net.within(connect.deadlines.upgrade, Phase::Upgrade, connection.send(request)).await?;
    if head.status() != 101 {
        return Ok(Upgrade::Rejected(refusal(net, head, connect.max_rejected_body).await));
    }
    check(&head, &key)?;
    let headers = head.headers();
    let (stream, tail) = take_over(head).await?;
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_message_size(Some(connect.max_message))
        .max_frame_size(Some(connect.max_message));
    // Frames may have come together with the answer.
    let socket =
        WebSocketStream::from_partially_read(Metered::new(stream), tail.into(), Role::Client, Some(config)).await;
    // Users ask for this first when a proxy is not used, or is by accident.
    info!(route = %net.route(&connect.url)?, "WebSocket open");
    Ok(Upgrade::Opened(Box::new(socket), headers))
}

/// RFC 6455, section 4.1: the answer has to be one to our request, and agree to nothing that we did not ask for.
fn check(head: &Head, key: &str) -> Result<(), LinkError> {
    let says = |name: &str, word: &str| {
        let mut words = head.values(name).flat_map(|value| value.split(|b| *b == b','));
        words.any(|found| found.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
    };
    let agrees = |name: &str| head.values(name).any(|value| !value.trim_ascii().is_empty());
    let wrong = if !says("upgrade", "websocket") || !says("connection", "upgrade") {
        "the answer is no upgrade to WebSocket"
    } else if head.header("sec-websocket-accept") != Some(derive_accept_key(key.as_bytes()).as_str()) {
        "the answer is not one to this request: Sec-WebSocket-Accept"
    } else if agrees("sec-websocket-extensions") || agrees("sec-websocket-protocol") {
        "the answer agrees to an extension or a subprotocol that was not offered"
    } else {
        return Ok(());
    };
    Err(LinkError::new(LinkErrorKind::Upgrade, wrong))
}

/// The refusal, with as much of its body as comes soon.
async fn refusal(net: &Net, head: Head, most: usize) -> Answer {
    let (status, headers) = (head.status(), head.headers());
    let mut body = BytesMut::new();
    // What came by then is enough.
    let _ = net.limit(REFUSAL_PATIENCE, head.read_beginning(most, &mut body)).await;
    Answer { status, headers, body: body.freeze() }
}

/// The stream, and what of it was read already.
async fn take_over(head: Head) -> Result<(Box<dyn Io>, Bytes), LinkError> {
    let lost = |detail: String| LinkError::new(LinkErrorKind::Reset, detail);
    let upgraded = hyper::upgrade::on(head.into_response()).await.map_err(|error| lost(error.to_string()))?;
    let parts = upgraded.downcast::<HyperIo>().map_err(|_| lost("the stream is not the one we opened".to_owned()))?;
    Ok((parts.io.0, parts.read_buf))
}

/// A stream that counts what is read and written, so that what makes no progress is told from what is slow.
pub(crate) struct Metered {
    inner: Box<dyn Io>,
    read: u64,
    written: u64,
}

impl Metered {
    fn new(inner: Box<dyn Io>) -> Metered {
        Metered { inner, read: 0, written: 0 }
    }

    /// Bytes read so far.
    pub(crate) fn read(&self) -> u64 {
        self.read
    }

    /// Bytes written so far.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }
}

impl AsyncRead for Metered {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.inner).poll_read(cx, buffer);
        if let Poll::Ready(Ok(count)) = &outcome {
            self.read = self.read.wrapping_add(*count as u64);
        }
        outcome
    }
}

impl AsyncWrite for Metered {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.inner).poll_write(cx, bytes);
        if let Poll::Ready(Ok(count)) = &outcome {
            self.written = self.written.wrapping_add(*count as u64);
        }
        outcome
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_close(cx)
    }
}
