//! larkwire on smol.

use std::env;
use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use ::smol::net::{TcpStream, resolve};
use ::smol::{Timer, spawn, unblock};
use futures::future::{BoxFuture, FutureExt};

use crate::runtime::{Io, Runtime, Task};

/// smol: tasks on its global executor, IO and timers on its reactor.
///
/// Both start by themselves, so that this works on any executor. The global executor has one thread, unless the
/// environment variable `SMOL_THREADS` asks for more before its first use.
#[derive(Clone, Copy, Debug, Default)]
pub struct Smol;

impl Runtime for Smol {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        resolve((host, port)).boxed()
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
        Timer::at(when).map(drop).boxed()
    }

    fn spawn(&self, future: BoxFuture<'static, ()>) -> Task {
        let task = spawn(future);
        // smol cancels a task whose handle is dropped.
        Task::new(move || drop(task))
    }

    fn spawn_blocking(&self, work: Box<dyn FnOnce() + Send>) -> BoxFuture<'static, ()> {
        unblock(work).boxed()
    }

    fn is_single_threaded(&self) -> bool {
        // As smol reads it.
        env::var("SMOL_THREADS").ok().and_then(|count| count.parse::<i32>().ok()).is_none_or(|count| count <= 1)
    }
}
