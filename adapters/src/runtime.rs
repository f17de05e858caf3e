//! What larkwire needs of an async runtime: names, TCP, a timer and tasks.
//!
//! All above that is the same code for every runtime. To use one that larkwire has no feature for, implement [`Runtime`].

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures::future::BoxFuture;
use futures::io::{AsyncRead, AsyncWrite};

/// A byte stream, as the `futures` crate sees it.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + ?Sized> Io for T {}

/// An async runtime. Its methods are called from within it.
pub trait Runtime: Send + Sync + 'static {
    /// The addresses of a host name, or the address that `host` is.
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>>;

    /// A TCP connection with `TCP_NODELAY` set: acks are small, and must not wait for company.
    fn connect(&self, to: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn Io>>>;

    /// Ends at that moment, or a little later.
    fn sleep_until(&self, when: Instant) -> BoxFuture<'static, ()>;

    /// Runs a future to its end, unless the [`Task`] is dropped before.
    fn spawn(&self, future: BoxFuture<'static, ()>) -> Task;

    /// Runs a function where it may block. Once it runs it cannot be stopped; dropping the future only stops waiting for it.
    fn spawn_blocking(&self, work: Box<dyn FnOnce() + Send>) -> BoxFuture<'static, ()>;

    /// Whether all its tasks share one thread. Where they do, a handler that blocks it holds up the connection in any case, and
    /// is polled as part of the connection until it first waits: that is fastest. Elsewhere it is a task from the beginning.
    fn is_single_threaded(&self) -> bool {
        false
    }

    /// Calls `poll` once, within a task: it polls a handler, which may block the thread. For runtimes with several threads that
    /// want to be told, so that another one takes over what this one does for all.
    fn block_in_place(&self, poll: &mut dyn FnMut()) {
        poll();
    }

    /// The time that [`Runtime::sleep_until`] goes by. Only a runtime with a virtual clock has another one.
    fn now(&self) -> Instant {
        Instant::now()
    }

    /// What the wall clock shows, in ms since 1970. A jump of it against [`Runtime::now`] means that the machine slept.
    fn unix_ms(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}

/// A runtime that is shared, or chosen when the program runs.
impl<R: Runtime + ?Sized> Runtime for Arc<R> {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        self.as_ref().resolve(host, port)
    }

    fn connect(&self, to: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn Io>>> {
        self.as_ref().connect(to)
    }

    fn sleep_until(&self, when: Instant) -> BoxFuture<'static, ()> {
        self.as_ref().sleep_until(when)
    }

    fn spawn(&self, future: BoxFuture<'static, ()>) -> Task {
        self.as_ref().spawn(future)
    }

    fn spawn_blocking(&self, work: Box<dyn FnOnce() + Send>) -> BoxFuture<'static, ()> {
        self.as_ref().spawn_blocking(work)
    }

    fn is_single_threaded(&self) -> bool {
        self.as_ref().is_single_threaded()
    }

    fn block_in_place(&self, poll: &mut dyn FnMut()) {
        self.as_ref().block_in_place(poll);
    }

    fn now(&self) -> Instant {
        self.as_ref().now()
    }

    fn unix_ms(&self) -> u64 {
        self.as_ref().unix_ms()
    }
}

/// A spawned future. It is aborted when this is dropped.
#[must_use = "dropping a task aborts it"]
pub struct Task(Option<Box<dyn FnOnce() + Send>>);

impl Task {
    /// A task that is aborted by this function.
    pub fn new(abort: impl FnOnce() + Send + 'static) -> Task {
        Task(Some(Box::new(abort)))
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if let Some(abort) = self.0.take() {
            abort();
        }
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Task")
    }
}

/// The moment `by` after `from`. One that no clock can show is as good as a year later.
pub(crate) fn later(from: Instant, by: Duration) -> Instant {
    const YEAR: Duration = Duration::from_secs(365 * 86_400);
    from.checked_add(by).unwrap_or_else(|| from + YEAR)
}
