//! The platform on a loopback socket, on a thread of its own, so that it works under any async runtime or none.
//!
//! The thread runs a small tokio runtime that nobody outside sees. It carries bytes and keeps the time; everything that
//! the platform decides is decided by [`Platform`](crate::Platform).

mod body;
mod control;
mod http;
mod hub;
mod paced;
mod page;
mod socket;

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use futures::channel::oneshot;
use futures::future::select;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::Semaphore;

pub(crate) use self::hub::{Clock, Hub};

/// Connections that wait to be accepted: a thousand clients that reconnect at once must not run into SYN retries.
const BACKLOG: u32 = 4096;
/// TCP connections at once; more wait in the backlog.
const MOST_CONNECTIONS: usize = 8192;

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub(crate) struct Server {
    stop: Option<Stop>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens at `wanted` (port 0: any free one), then lets `open` make the hub for the address.
    pub(crate) async fn start(
        wanted: SocketAddr,
        open: impl FnOnce(SocketAddr) -> Hub + Send + 'static,
    ) -> io::Result<(Server, Arc<Hub>, SocketAddr)> {
        let (started, start) = oneshot::channel();
        let body = move || {
            let runtime = match tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build() {
                Ok(runtime) => runtime,
                Err(error) => return drop(started.send(Err(error))),
            };
            let opened = {
                let _context = runtime.enter();
                listen(wanted).and_then(|listener| Ok((listener.local_addr()?, listener)))
            };
            let (address, listener) = match opened {
                Ok(opened) => opened,
                Err(error) => return drop(started.send(Err(error))),
            };
            let hub = Arc::new(open(address));
            // Also when this thread panics: those who wait are told that nothing will come any more.
            let _stopped = Stop(Arc::clone(&hub));
            if started.send(Ok((Stop(Arc::clone(&hub)), address))).is_ok() {
                runtime.block_on(serve(listener, hub));
            }
        };
        let thread = std::thread::Builder::new().name("larkwire-sim".into()).spawn(body)?;
        let (stop, address) = start.await.map_err(|_| io::Error::other("the server thread ended at its start"))??;
        let hub = Arc::clone(&stop.0);
        Ok((Server { stop: Some(stop), thread: Some(thread) }, hub, address))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // A panic in there has been reported by the thread itself.
            let _ = thread.join();
        }
    }
}

/// Stops the hub when it is dropped, so that a start that is given up halfway leaves no thread behind.
#[derive(Debug)]
struct Stop(Arc<Hub>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.stop();
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Runs until the hub is stopped. Open connections end with the runtime, which drops their tasks.
async fn serve(listener: TcpListener, hub: Arc<Hub>) {
    select(pin!(accept(listener, &hub)), pin!(keep_time(&hub))).await;
}

async fn accept(listener: TcpListener, hub: &Arc<Hub>) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                // A failure here costs latency, not correctness.
                let _ = stream.set_nodelay(true);
                tokio::spawn(http::serve(Arc::clone(hub), stream, Arc::new(place)));
            }
            // Out of file descriptors, or a client that left: a tight loop would help neither.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

/// Wakes the machine at its deadlines, and those who wait for it at theirs.
async fn keep_time(hub: &Hub) {
    // Far enough that waking up for nothing costs nothing.
    const IDLE: Duration = Duration::from_secs(3600);
    while !hub.is_stopped() {
        let now = Instant::now();
        let pause = hub.tick().map_or(IDLE, |at| at.saturating_duration_since(now));
        select(pin!(tokio::time::sleep(pause)), pin!(hub.earlier())).await;
    }
}
