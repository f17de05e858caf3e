//! A thousand starts and stops leave nothing behind: no task, no socket, no memory. A binary of its own with one test at a
//! time, since sockets and memory are counted for the whole process.

#![cfg(target_os = "linux")]

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, unbounded};
use futures::future::{BoxFuture, Either, FutureExt, pending, select};
use larkwire::async_std::AsyncStd;
use larkwire::runtime::{Io, Runtime, Task};
use larkwire::smol::Smol;
use larkwire::tokio::Tokio;
use larkwire::{Bot, Config, Domain, Egress, Router, Stop};
use larkwire_sim::{Push, Sim};
use serde_json::json;

const LIMIT: Duration = Duration::from_secs(30);

/// A runtime that knows how many of its tasks and timers there are: each holds a token.
#[derive(Clone)]
struct Counting {
    inner: Arc<dyn Runtime>,
    token: Arc<()>,
}

impl Runtime for Counting {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        self.inner.resolve(host, port)
    }

    fn connect(&self, to: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn Io>>> {
        self.inner.connect(to)
    }

    fn sleep_until(&self, when: Instant) -> BoxFuture<'static, ()> {
        let token = Arc::clone(&self.token);
        self.inner.sleep_until(when).map(|()| drop(token)).boxed()
    }

    fn spawn(&self, future: BoxFuture<'static, ()>) -> Task {
        let token = Arc::clone(&self.token);
        self.inner.spawn(future.map(|()| drop(token)).boxed())
    }

    fn spawn_blocking(&self, work: Box<dyn FnOnce() + Send>) -> BoxFuture<'static, ()> {
        self.inner.spawn_blocking(work)
    }
}

/// What this process holds.
#[derive(Clone, Copy, Debug)]
struct Held {
    tasks: usize,
    files: usize,
    resident_kib: usize,
}

impl Held {
    fn now(runtime: &Counting) -> Held {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next());
        let files = std::fs::read_dir("/proc/self/fd").unwrap().count();
        Held { tasks: Arc::strong_count(&runtime.token) - 1, files, resident_kib: resident.unwrap().parse().unwrap() }
    }

    /// What is held once nothing more than `files` and no task is: both ends of a connection close in their own time.
    fn settled(runtime: &Counting, files: usize) -> Held {
        let patience = Instant::now() + LIMIT;
        loop {
            let held = Held::now(runtime);
            if (held.tasks == 0 && held.files <= files) || Instant::now() > patience {
                return held;
            }
            std::thread::yield_now();
        }
    }
}

/// A bot with a handler that never ends, and word of each that has begun.
fn bot(sim: &Sim, egress: &Egress, secret: &str) -> (Bot, UnboundedReceiver<()>) {
    let (enter, entered) = unbounded();
    let router = Router::builder().on_other(move || {
        enter.unbounded_send(()).expect("a test that listens");
        pending::<()>()
    });
    let mut config = Config::new(sim.app_id(), secret);
    config.domain = Domain::Custom(sim.domain());
    (Bot::new(config, router.build().unwrap()).egress(egress.clone()), entered)
}

/// Starts a bot, and ends it in one of the ways that there are.
async fn start_and_stop(sim: &Sim, egress: &Egress, runtime: &Counting, way: usize) {
    let (bot, mut entered) = bot(sim, egress, if way == 0 { "wrong" } else { sim.app_secret() });
    let handle = bot.handle();
    let mut running = bot.run_on(runtime.clone()).boxed();
    let handling = async {
        // A callback, since the platform would push an event without an ack again and again.
        sim.push(Push::callback("t", json!({}))).await;
        entered.next().await
    };
    match way {
        0 => assert!(matches!(running.await, Stop::Credentials(_))),
        // On its way to the platform.
        1 => drop(select(running, handle.watch().changed().boxed()).await),
        2 => drop(select(running, handling.boxed()).await),
        _ => {
            running = match select(running, handling.boxed()).await {
                Either::Left((stop, _)) => panic!("{stop}"),
                Either::Right((_, running)) => running,
            };
            handle.shutdown(Duration::ZERO);
            assert_eq!(running.await, Stop::Shutdown);
        }
    }
}

async fn starts_and_stops(count: usize, runtime: Arc<dyn Runtime>) {
    // The platform remembers little, so that what grows is not its memory of what happened.
    let sim = Sim::builder().profile(|profile| profile.records = 50).start().await.unwrap();
    // Shared, since reading Mozilla's list for each bot would take ten times as long as all else.
    let egress = Egress::new().direct();
    let runtime = Counting { inner: runtime, token: Arc::default() };
    let rounds = async |count: usize| {
        for round in 0..count {
            start_and_stop(&sim, &egress, &runtime, round % 4).await;
            let gone = |platform: &larkwire_sim::Platform| platform.connections().next().is_none().then_some(());
            sim.wait("the end of all connections", LIMIT, gone).await.unwrap();
        }
    };
    // The first rounds start threads and fill pools and the platform's own memory of what happened.
    rounds(100).await;
    let before = Held::settled(&runtime, usize::MAX);
    rounds(count).await;
    let after = Held::settled(&runtime, before.files);
    assert_eq!(after.tasks, 0, "{before:?} {after:?}");
    assert!(after.files <= before.files, "{before:?} {after:?}");
    assert!(after.resident_kib < before.resident_kib + 2 * 1024, "{before:?} {after:?}");
}

#[test]
fn a_thousand_starts_and_stops_leave_no_task_no_socket_and_no_memory_behind() {
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    tokio.block_on(starts_and_stops(1_000, Arc::new(Tokio)));
    drop(tokio);
    smol::block_on(starts_and_stops(1_000, Arc::new(Smol)));
    async_std::task::block_on(starts_and_stops(1_000, Arc::new(AsyncStd)));
}
