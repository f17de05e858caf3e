//! From a URL to a byte stream: name resolution, TCP, a proxy, TLS. Endpoint discovery, the connection and API calls all
//! come through here.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::{Either, select};
use larkwire_core::{Deadlines, LinkError, LinkErrorKind, Phase, Url};
use tracing::debug;

use crate::egress::Egress;
use crate::proxy::{Policy, Proxy, Route};
use crate::runtime::{Io, Runtime, later};
use crate::tls::Tls;

/// The way to the platform.
#[derive(Clone)]
pub(crate) struct Net {
    runtime: Arc<dyn Runtime>,
    policy: Arc<Policy>,
    tls: Tls,
}

impl Net {
    pub(crate) fn new(runtime: Arc<dyn Runtime>, egress: &Egress) -> Net {
        Net { runtime, policy: Arc::clone(&egress.policy), tls: egress.tls() }
    }

    pub(crate) fn runtime(&self) -> &Arc<dyn Runtime> {
        &self.runtime
    }

    /// The way to a URL.
    pub(crate) fn route(&self, url: &Url) -> Result<Route, LinkError> {
        self.policy.route(url)
    }

    /// Opens the stream that the URL's protocol is spoken on.
    pub(crate) async fn open(&self, url: &Url, deadlines: &Deadlines) -> Result<Box<dyn Io>, LinkError> {
        let route = self.route(url)?;
        debug!(%url, %route, "opening a connection");
        let stream = match route {
            Route::Direct => self.tcp(url.host(), url.port(), deadlines.tcp).await?,
            Route::Proxy(proxy) => self.through(&proxy, url, deadlines).await?,
        };
        if !url.scheme().is_secure() {
            return Ok(stream);
        }
        self.within(deadlines.tls, Phase::Tls, self.tls.handshake(url.host(), stream)).await
    }

    /// A tunnel to the URL's host. Whatever goes wrong at the proxy is told as the proxy's, with its address.
    async fn through(&self, proxy: &Proxy, url: &Url, deadlines: &Deadlines) -> Result<Box<dyn Io>, LinkError> {
        let mut host = url.host().to_owned();
        if proxy.wants_addresses() {
            let addresses = self.within(deadlines.tcp, Phase::Tcp, self.resolve(url.host(), url.port())).await?;
            // There is one try, and a proxy is surer to have IPv4 than to have IPv6.
            let address = addresses.iter().find(|address| address.is_ipv4()).or(addresses.first());
            host = address.ok_or_else(no_addresses)?.ip().to_string();
        }
        let stream = self.tcp(proxy.host(), proxy.port(), deadlines.tcp).await;
        let mut stream = stream.map_err(|error| {
            let late = matches!(error.kind, LinkErrorKind::Timeout(_));
            let kind = if late { LinkErrorKind::Timeout(Phase::Proxy) } else { LinkErrorKind::Proxy };
            LinkError::new(kind, format!("{proxy}: {error}"))
        })?;
        let tunnel = proxy.tunnel(&mut stream, &host, url.port());
        let tunnel = self.within(deadlines.proxy, Phase::Proxy, tunnel).await;
        tunnel.map_err(|error| LinkError::new(error.kind, format!("{proxy}: {}", error.detail)))?;
        Ok(stream)
    }

    async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, LinkError> {
        let addresses = self.runtime.resolve(host, port).await;
        addresses.map_err(|error| LinkError::new(LinkErrorKind::Dns, format!("{host}: {error}")))
    }

    /// A TCP connection to a host.
    async fn tcp(&self, host: &str, port: u16, limit: Duration) -> Result<Box<dyn Io>, LinkError> {
        self.within(limit, Phase::Tcp, self.try_addresses(host, port, later(self.runtime.now(), limit))).await
    }

    /// Tries the host's addresses in turn. Each gets its share of the time, so that one which swallows packets does not
    /// hide the others.
    async fn try_addresses(&self, host: &str, port: u16, until: Instant) -> Result<Box<dyn Io>, LinkError> {
        let addresses = self.resolve(host, port).await?;
        let mut last = no_addresses();
        for (left, address) in (1..=addresses.len()).rev().zip(addresses) {
            let share = until.saturating_duration_since(self.runtime.now()) / u32::try_from(left).unwrap_or(u32::MAX);
            let connecting = async {
                let stream = self.runtime.connect(address).await;
                stream.map_err(|error| LinkError::new(LinkErrorKind::Connect, error.to_string()))
            };
            match self.within(share, Phase::Tcp, connecting).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = LinkError::new(error.kind, format!("{address}: {}", error.detail)),
            }
        }
        Err(last)
    }

    /// The outcome of a phase, or the error that it took too long.
    pub(crate) async fn within<T>(
        &self,
        limit: Duration,
        phase: Phase,
        work: impl Future<Output = Result<T, LinkError>>,
    ) -> Result<T, LinkError> {
        let late = || Err(LinkError::new(LinkErrorKind::Timeout(phase), format!("limit {limit:?}")));
        self.limit(limit, work).await.unwrap_or_else(late)
    }

    /// The outcome of some work, or nothing if it took too long.
    pub(crate) async fn limit<T>(&self, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
        let alarm = self.runtime.sleep_until(later(self.runtime.now(), limit));
        match select(pin!(work), alarm).await {
            Either::Left((outcome, _)) => Some(outcome),
            Either::Right(_) => None,
        }
    }
}

fn no_addresses() -> LinkError {
    LinkError::new(LinkErrorKind::Dns, "the name has no addresses")
}

/// What kind of failure an error of an open stream is.
pub(crate) fn io_kind(error: &io::Error) -> LinkErrorKind {
    match error.kind() {
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::NotConnected
        // rustls says so of a stream that ends without close_notify.
        | io::ErrorKind::UnexpectedEof => LinkErrorKind::Reset,
        _ => LinkErrorKind::Io,
    }
}
