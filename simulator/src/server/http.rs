//! HTTP/1.1: requests to the machine or to [`control`](super::control), upgrades to [`socket`](super::socket).

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_tungstenite::tungstenite::handshake::derive_accept_key;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::header::{
    CONNECTION, CONTENT_LENGTH, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE,
};
use hyper::service::service_fn;
use hyper::{Method, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;

use super::body::{self, Answer, NoAnswer, whole};
use super::control;
use super::hub::Hub;
use super::socket;
use crate::platform::{ConnectionId, Request, Response};

/// Largest body of a request: an upload has 30 MB (official documentation) and a little around it.
const BODY_BYTES: usize = 32 * 1024 * 1024;
/// The same for the control API, which takes files and cassettes.
const CONTROL_BYTES: usize = 64 * 1024 * 1024;
/// Longest time for the head of a request, and again for its body.
const PATIENCE: Duration = Duration::from_secs(30);

/// Serves one TCP connection to its end. It keeps its `place` as long as it is open.
pub(super) async fn serve(hub: Arc<Hub>, stream: TcpStream, place: Arc<OwnedSemaphorePermit>) {
    let local = stream.local_addr().ok().map(|address| address.ip());
    let service = service_fn(|request| answer(Arc::clone(&hub), local, request, Arc::clone(&place)));
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        // Header names as the platform spells them: the Python SDK asks for `X-Tt-Logid`.
        .title_case_headers(true)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    // What can fail here is the client's doing, and it knows.
    let _ = connection.await;
}

async fn answer(
    hub: Arc<Hub>,
    local: Option<IpAddr>,
    mut request: hyper::Request<Incoming>,
    place: Arc<OwnedSemaphorePermit>,
) -> Result<Answer, NoAnswer> {
    if let Some(key) = websocket_key(&request) {
        return upgrade(hub, &mut request, &key, place).await;
    }
    let (head, body) = request.into_parts();
    let most = if control::owns(head.uri.path()) { CONTROL_BYTES } else { BODY_BYTES };
    // Not worth waiting for what is announced as too large.
    if body.size_hint().lower() > most as u64 {
        return Ok(plain(StatusCode::PAYLOAD_TOO_LARGE));
    }
    let body = match tokio::time::timeout(PATIENCE, Limited::new(body, most).collect()).await {
        Err(_) => return Ok(plain(StatusCode::REQUEST_TIMEOUT)),
        Ok(Err(_)) => return Ok(plain(StatusCode::PAYLOAD_TOO_LARGE)),
        Ok(Ok(body)) => body.to_bytes(),
    };
    if control::owns(head.uri.path()) {
        return Ok(control::answer(hub, local, head, body).await);
    }
    let reply = hub.request(Request { body, ..described(&head) }).await.map_err(|_| NoAnswer)?;
    Ok(translated(reply.response, reply.half))
}

async fn upgrade(
    hub: Arc<Hub>,
    request: &mut hyper::Request<Incoming>,
    key: &str,
    place: Arc<OwnedSemaphorePermit>,
) -> Result<Answer, NoAnswer> {
    let described = Request {
        method: request.method().to_string(),
        target: request.uri().to_string(),
        headers: headers(request.headers()),
        body: Bytes::new(),
    };
    let (id, decision) = hub.upgrade(described);
    let unclaimed = Unclaimed { hub: Arc::clone(&hub), id: Some(id) };
    if let Some(response) = decision.await.map_err(|_| NoAnswer)? {
        return Ok(translated(response, false));
    }
    let upgraded = hyper::upgrade::on(request);
    tokio::spawn(async move {
        let _place = place;
        let Ok(upgraded) = upgraded.await else { return };
        let Ok(parts) = upgraded.downcast::<TokioIo<TcpStream>>() else { return };
        let id = unclaimed.claim();
        socket::run(&hub, id, parts.io.into_inner(), parts.read_buf).await;
        hub.lost(id);
    });
    let mut answer = plain(StatusCode::SWITCHING_PROTOCOLS);
    let headers = answer.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::from_str(&derive_accept_key(key.as_bytes())) {
        headers.insert(SEC_WEBSOCKET_ACCEPT, accept);
    }
    Ok(answer)
}

/// A connection without a task of its own yet: if the client leaves now, the machine is told.
struct Unclaimed {
    hub: Arc<Hub>,
    id: Option<ConnectionId>,
}

impl Unclaimed {
    fn claim(mut self) -> ConnectionId {
        self.id.take().unwrap_or(ConnectionId(0))
    }
}

impl Drop for Unclaimed {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.hub.lost(id);
        }
    }
}

/// The key of a WebSocket upgrade request, if it is one.
fn websocket_key(request: &hyper::Request<Incoming>) -> Option<String> {
    let upgrade = request.headers().get(UPGRADE)?.to_str().ok()?;
    let key = request.headers().get(SEC_WEBSOCKET_KEY)?.to_str().ok()?;
    (request.method() == Method::GET && upgrade.eq_ignore_ascii_case("websocket")).then(|| key.to_owned())
}

fn described(head: &hyper::http::request::Parts) -> Request {
    Request {
        method: head.method.to_string(),
        target: head.uri.to_string(),
        headers: headers(&head.headers),
        body: Bytes::new(),
    }
}

fn headers(headers: &hyper::HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}

/// What cannot be said in HTTP is left out; a status out of range becomes 500.
fn translated(response: Response, half: bool) -> Answer {
    let length = HeaderValue::from(response.body.len());
    let mut answer = hyper::Response::new(if half { body::half(response.body) } else { whole(response.body) });
    if half {
        // As the client would have seen it.
        answer.headers_mut().insert(CONTENT_LENGTH, length);
    }
    *answer.status_mut() = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in &response.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            answer.headers_mut().append(name, value);
        }
    }
    answer
}

fn plain(status: StatusCode) -> Answer {
    let mut answer = hyper::Response::new(whole(Bytes::new()));
    *answer.status_mut() = status;
    answer
}
