//! From a URL to a byte stream: name resolution, TCP, TLS. Endpoint discovery, the connection and API calls all come
//! through here.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::{Either, select};
use larkwire_core::{Deadlines, LinkError, LinkErrorKind, Phase, Url};

use crate::egress::Egress;
use crate::runtime::{Io, Runtime, later};
use crate::tls::Tls;

/// The way to the platform.
#[derive(Clone)]
pub(crate) struct Net {
    runtime: Arc<dyn Runtime>,
    tls: Tls,
}

impl Net {
    pub(crate) fn new(runtime: Arc<dyn Runtime>, egress: &Egress) -> Net {
        Net { runtime, tls: Tls::new(&egress.roots) }
    }

    pub(crate) fn runtime(&self) -> &Arc<dyn Runtime> {
        &self.runtime
    }

    /// Opens the stream that the URL's protocol is spoken on.
    pub(crate) async fn open(&self, url: &Url, deadlines: &Deadlines) -> Result<Box<dyn Io>, LinkError> {
        let stream = self.reach(url.host(), url.port(), deadlines).await?;
        if !url.scheme().is_secure() {
            return Ok(stream);
        }
        self.within(deadlines.tls, Phase::Tls, self.tls.handshake(url.host(), stream)).await
    }

    /// Plain bytes to and from the host. What lies between, a proxy say, is known here and nowhere else.
    async fn reach(&self, host: &str, port: u16, deadlines: &Deadlines) -> Result<Box<dyn Io>, LinkError> {
        self.within(deadlines.tcp, Phase::Tcp, self.tcp(host, port, later(self.runtime.now(), deadlines.tcp))).await
    }

    /// Tries the host's addresses in turn. Each gets its share of the time, so that one which swallows packets does not
    /// hide the others.
    async fn tcp(&self, host: &str, port: u16, until: Instant) -> Result<Box<dyn Io>, LinkError> {
        let addresses = self.runtime.resolve(host, port).await;
        let addresses = addresses.map_err(|error| LinkError::new(LinkErrorKind::Dns, error.to_string()))?;
        let mut last = LinkError::new(LinkErrorKind::Dns, "the name has no addresses");
        for (left, address) in (1..=addresses.len()).rev().zip(addresses) {
            let share = until.saturating_duration_since(self.runtime.now()) / u32::try_from(left).unwrap_or(u32::MAX);
            let connecting = async {
                let stream = self.runtime.connect(address).await;
                stream.map_err(|error| LinkError::new(LinkErrorKind::Connect, format!("{address}: {error}")))
            };
            match self.within(share, Phase::Tcp, connecting).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
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
