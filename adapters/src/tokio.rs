//! larkwire on tokio.

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use ::tokio::net::{TcpStream, lookup_host};
use ::tokio::{runtime::Handle, task, time};
use futures::future::{BoxFuture, FutureExt, pending};
use tokio_util::compat::TokioAsyncReadCompatExt;

use crate::runtime::{Io, Runtime, Task};

/// The tokio runtime that its methods are called in. Needs tokio's IO and time drivers: `Builder::enable_all`.
///
/// On another executor nothing connects, and the error says why. A tokio runtime has a thread for each core, or the one it
/// is run on if it is a `current_thread` one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tokio;

impl Runtime for Tokio {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        async move {
            Handle::try_current().map_err(io::Error::other)?;
            Ok(lookup_host((host, port)).await?.collect())
        }
        .boxed()
    }

    fn connect(&self, to: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn Io>>> {
        async move {
            Handle::try_current().map_err(io::Error::other)?;
            let stream = TcpStream::connect(to).await?;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream.compat()) as Box<dyn Io>)
        }
        .boxed()
    }

    fn sleep_until(&self, when: Instant) -> BoxFuture<'static, ()> {
        match Handle::try_current() {
            Ok(_) => time::sleep_until(when.into()).boxed(),
            // Without tokio there is no connection either, and no time to keep.
            Err(_) => pending().boxed(),
        }
    }

    fn spawn(&self, future: BoxFuture<'static, ()>) -> Task {
        let handle = task::spawn(future).abort_handle();
        Task::new(move || handle.abort())
    }

    fn spawn_blocking(&self, work: Box<dyn FnOnce() + Send>) -> BoxFuture<'static, ()> {
        task::spawn_blocking(work).map(drop).boxed()
    }

    fn now(&self) -> Instant {
        time::Instant::now().into_std()
    }
}
