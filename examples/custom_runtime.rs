//! An echo bot on a runtime of one's own: a thread for each task, and the reactor of the crate `async-io` for sockets and
//! timers. Whoever has an executor that larkwire does not know tells it in the same way how to connect, sleep and spawn.

mod demo;

use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::process::ExitCode;
use std::thread;
use std::time::Instant;

use async_io::{Async, Timer};
use futures::FutureExt;
use futures::channel::oneshot;
use futures::executor::block_on;
use futures::future::{BoxFuture, abortable};
use larkwire::event::im::v1::MessageReceiveV1;
use larkwire::runtime::{Io, Runtime, Task};
use larkwire::{ApiError, Bot, BoxError, Ctx, Router};

use demo::{Demo, say_hello};

struct Threads;

impl Runtime for Threads {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        let host = host.to_owned();
        on_a_thread(move || Ok((host, port).to_socket_addrs()?.collect())).map(|found| found?).boxed()
    }

    fn connect(&self, to: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn Io>>> {
        async move {
            let stream = Async::<TcpStream>::connect(to).await?;
            stream.get_ref().set_nodelay(true)?;
            Ok(Box::new(stream) as Box<dyn Io>)
        }
        .boxed()
    }

    fn sleep_until(&self, when: Instant) -> BoxFuture<'static, ()> {
        Timer::at(when).map(drop).boxed()
    }

    fn spawn(&self, future: BoxFuture<'static, ()>) -> Task {
        let (future, abort) = abortable(future);
        thread::spawn(|| block_on(future));
        Task::new(move || abort.abort())
    }

    fn spawn_blocking(&self, work: Box<dyn FnOnce() + Send>) -> BoxFuture<'static, ()> {
        on_a_thread(work).map(drop).boxed()
    }
}

/// What a function gives, once a thread of its own has run it.
async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    let (tell, told) = oneshot::channel();
    thread::Builder::new().spawn(move || drop(tell.send(work())))?;
    told.await.map_err(io::Error::other)
}

async fn echo(ctx: Ctx, event: MessageReceiveV1) -> Result<(), ApiError> {
    let text = event.text();
    if let (Some(text), Some(id)) = (text, event.message.and_then(|message| message.message_id)) {
        println!("event: {} {text:?}", ctx.event_type().map_or("?", |kind| kind.name));
        ctx.api().reply_text(&id, &format!("echo: {text}")).await?;
    }
    Ok(())
}

fn main() -> Result<ExitCode, BoxError> {
    block_on(async {
        let demo = Demo::start().await?;
        let bot = Bot::new(demo.config.clone(), Router::builder().on(echo).build()?);
        demo.play(&bot.handle(), bot.run_on(Threads), say_hello).await
    })
}
