//! larkwire on async-std.
//!
//! async-std is discontinued: its last release is of 2025, and its makers say to use smol (RUSTSEC-2025-0052). This is for
//! programs that have it already.

use std::env;
use std::io;
use std::net::SocketAddr;
use std::thread::available_parallelism;
use std::time::Instant;

use ::async_std::net::{TcpStream, ToSocketAddrs};
use ::async_std::task;
use futures::future::{BoxFuture, FutureExt, abortable};

use crate::runtime::{Io, Runtime, Task};

/// async-std: tasks on its global executor, IO and timers on its reactor, which is the one of smol.
///
/// Both start by themselves, so that this works on any executor. The global executor has a thread for each core, unless
/// the environment variable `ASYNC_STD_THREAD_COUNT` says otherwise before its first use.
#[derive(Clone, Copy, Debug, Default)]
pub struct AsyncStd;

impl Runtime for AsyncStd {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        async move { Ok((host, port).to_socket_addrs().await?.collect()) }.boxed()
    }

    fn connect(&self, to: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn Io>>> {
        async move {
            let stream = TcpStream::connect(to).await?;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as Box<dyn Io>)
        }
        .boxed()
    }

    fn sleep_until(&self, when: Instant) -> BoxFuture<'static, ()> {
        async move { task::sleep(when.saturating_duration_since(Instant::now())).await }.boxed()
    }

    fn spawn(&self, future: BoxFuture<'static, ()>) -> Task {
        let (future, abort) = abortable(future);
        // async-std lets a task go on whose handle is dropped.
        drop(task::spawn(future));
        Task::new(move || abort.abort())
    }

    fn spawn_blocking(&self, work: Box<dyn FnOnce() + Send>) -> BoxFuture<'static, ()> {
        task::spawn_blocking(work).boxed()
    }

    fn is_single_threaded(&self) -> bool {
        // As async-std reads it.
        let count = env::var("ASYNC_STD_THREAD_COUNT").ok().and_then(|count| count.parse().ok());
        count.unwrap_or_else(|| available_parallelism().map_or(1, usize::from)) <= 1
    }
}
