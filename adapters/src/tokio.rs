//! larkwire on tokio.

use std::{io, net::SocketAddr, time::Instant};

use ::tokio::runtime::{Handle, RuntimeFlavor};
use ::tokio::{net, task, time};
use futures::future::{BoxFuture, FutureExt, pending};
use tokio_util::compat::TokioAsyncReadCompatExt;

use crate::runtime::{Io, Runtime, Task};

/// The tokio runtime that its methods are called in. Needs tokio's IO and time drivers: `Builder::enable_all`.
///
/// On another executor nothing connects, and the error says why. It has a thread for each core, or one: `current_thread`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tokio;

impl Runtime for Tokio {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move {
            Handle::try_current().map_err(io::Error::other)?;
            Ok(net::lookup_host((host, port)).await?.collect())
        })
    }

    fn connect(&self, to: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn Io>>> {
        Box::pin(async move {
            Handle::try_current().map_err(io::Error::other)?;
            let stream = net::TcpStream::connect(to).await?;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream.compat()) as Box<dyn Io>)
        })
    }

    fn sleep_until(&self, when: Instant) -> BoxFuture<'static, ()> {
        // Without tokio there is no connection either, and no time to keep.
        if Handle::try_current().is_ok() { time::sleep_until(when.into()).boxed() } else { pending().boxed() }
    }

    fn spawn(&self, future: BoxFuture<'static, ()>) -> Task {
        let handle = task::spawn(future).abort_handle();
        Task::new(move || handle.abort())
    }

    fn spawn_blocking(&self, work: Box<dyn FnOnce() + Send>) -> BoxFuture<'static, ()> {
        task::spawn_blocking(work).map(drop).boxed()
    }

    fn is_single_threaded(&self) -> bool {
        Handle::try_current().is_ok_and(|tokio| tokio.runtime_flavor() == RuntimeFlavor::CurrentThread)
    }

    fn block_in_place(&self, poll: &mut dyn FnMut()) {
        if self.is_single_threaded() { poll() } else { task::block_in_place(poll) }
    }

    fn now(&self) -> Instant {
        time::Instant::now().into_std()
    }
}
