//! HTTP/1.1 exchanges over a stream of [`Net`], by hyper. No redirects: nobody is told a secret but whom it is meant for.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use futures::future::FutureExt;
use futures::io::{AsyncRead, AsyncWrite};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::rt::ReadBufCursor;
use larkwire_core::{Deadlines, Headers, LinkError, LinkErrorKind, Request, Url};

use crate::net::{Net, io_kind};
use crate::runtime::{Io, Task};

/// Most bytes of an answer's head. hyper takes no less than 8 KiB; the platform sends below 1 KiB.
const HEAD: usize = 64 * 1024;

/// An HTTP answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Headers,
    pub(crate) body: Bytes,
}

/// One request on a connection of its own.
pub(crate) async fn exchange(net: &Net, request: &Request) -> Result<Answer, LinkError> {
    let outgoing = outgoing(request.method, &request.url, &request.headers, request.body.clone())?;
    let mut connection = Connection::open(net, &request.url, &request.deadlines).await?;
    connection.send(outgoing).await?.read(request.max_body).await
}

/// A connection that takes one request after the other. Dropping it closes it.
#[derive(Debug)]
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    _driving: Task,
}

impl Connection {
    pub(crate) async fn open(net: &Net, url: &Url, deadlines: &Deadlines) -> Result<Connection, LinkError> {
        let stream = HyperIo(net.open(url, deadlines).await?);
        // Names in title case are what the official SDKs send; not every gateway takes RFC 9110 at its word.
        let handshake = http1::Builder::new().title_case_headers(true).max_buf_size(HEAD).handshake(stream);
        let (sender, driving) = handshake.await.map_err(|error| link_error(&error))?;
        // Its errors are also those of the request.
        let driving = net.runtime().spawn(driving.with_upgrades().map(drop).boxed());
        Ok(Connection { sender, _driving: driving })
    }

    /// The connection, if it takes another request.
    pub(crate) async fn ready(mut self) -> Option<Connection> {
        self.sender.ready().await.ok()?;
        Some(self)
    }

    /// The same, and says in an error whether the request is known not to have been written at all.
    pub(crate) async fn try_send(&mut self, request: http::Request<Full<Bytes>>) -> Result<Head, NotSent> {
        self.sender.try_send_request(request).await.map(Head).map_err(|mut error| {
            let unwritten = error.take_message().is_some();
            NotSent { error: link_error(error.error()), unwritten }
        })
    }

    /// Sends a request, and gives the head of its answer.
    pub(crate) async fn send(&mut self, request: http::Request<Full<Bytes>>) -> Result<Head, LinkError> {
        self.sender.send_request(request).await.map(Head).map_err(|error| link_error(&error))
    }
}

/// A request that got no answer.
#[derive(Debug)]
pub(crate) struct NotSent {
    pub(crate) error: LinkError,
    /// Nothing of it was written, so that it can be sent again.
    pub(crate) unwritten: bool,
}

/// An answer whose body is still to come.
#[derive(Debug)]
pub(crate) struct Head(http::Response<Incoming>);

impl Head {
    pub(crate) fn status(&self) -> u16 {
        self.0.status().as_u16()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.0.headers().get(name)?.to_str().ok()
    }

    /// The values of all headers of this name.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.0.headers().get_all(name).iter().map(http::HeaderValue::as_bytes)
    }

    /// All headers. Where the bytes are not UTF-8, they are replaced.
    pub(crate) fn headers(&self) -> Headers {
        let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        self.0.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
    }

    pub(crate) fn into_response(self) -> http::Response<Incoming> {
        self.0
    }

    /// Reads the body, which is an error if it is longer than `max_body`.
    pub(crate) async fn read(self, max_body: usize) -> Result<Answer, LinkError> {
        let (status, headers) = (self.status(), self.headers());
        let body = Limited::new(self.0.into_body(), max_body).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                let detail = format!("the body is longer than {max_body} bytes");
                return LinkError::new(LinkErrorKind::TooLarge, detail);
            }
            match error.downcast_ref::<hyper::Error>() {
                Some(error) => link_error(error),
                None => LinkError::new(LinkErrorKind::Io, error.to_string()),
            }
        })?;
        Ok(Answer { status, headers, body: body.to_bytes() })
    }

    /// Reads the body until it ends, fails, or has `most` bytes, into `body`: dropped half-way, it leaves there what came.
    pub(crate) async fn read_beginning(self, most: usize, body: &mut BytesMut) {
        let mut incoming = self.0.into_body();
        while body.len() < most {
            let Some(Ok(frame)) = incoming.frame().await else { return };
            let data = frame.into_data().unwrap_or_default();
            body.extend_from_slice(data.get(..most - body.len()).unwrap_or(&data));
        }
    }
}

/// The request as hyper wants it, with its Host header.
pub(crate) fn outgoing(
    method: &str,
    url: &Url,
    headers: &Headers,
    body: Bytes,
) -> Result<http::Request<Full<Bytes>>, LinkError> {
    let mut builder = http::Request::builder().method(method).uri(&*url.path_and_query());
    builder = builder.header(http::header::HOST, url.authority());
    for (name, value) in headers {
        builder = builder.header(name, value);
    }
    // The error may quote the URL, and its query is secret.
    builder
        .body(Full::new(body))
        .map_err(|_| LinkError::new(LinkErrorKind::Protocol, "not a request that HTTP can carry"))
}

fn link_error(error: &hyper::Error) -> LinkError {
    let cause = std::error::Error::source(error);
    let kind = match cause.and_then(|cause| cause.downcast_ref::<io::Error>()) {
        Some(cause) => io_kind(cause),
        None if error.is_parse() => LinkErrorKind::Upgrade,
        None if error.is_incomplete_message() || error.is_closed() || error.is_canceled() => LinkErrorKind::Reset,
        None => LinkErrorKind::Io,
    };
    let detail = cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"));
    LinkError::new(kind, detail)
}

/// A stream as hyper wants it.
pub(crate) struct HyperIo(pub(crate) Box<dyn Io>);

impl hyper::rt::Read for HyperIo {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut out: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        // A copy, since only unsafe code can tell hyper that its own buffer was filled.
        let mut chunk = [0; 8 * 1024];
        let room = out.remaining().min(chunk.len());
        let (chunk, _) = chunk.split_at_mut(room);
        let count = ready!(Pin::new(&mut self.0).poll_read(cx, chunk))?;
        out.put_slice(chunk.get(..count).unwrap_or_default());
        Poll::Ready(Ok(()))
    }
}

impl hyper::rt::Write for HyperIo {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_close(cx)
    }
}
