//! Handlers that block their thread, and how many threads the runtimes have.
//!
//! smol and async-std read their number of threads from the environment when they start. A test that wants another one
//! runs itself in a process of its own.
//!
//! An ordinary handler may block one of several threads, whatever that thread did for others before: on tokio the one that
//! blocks may be the one that waited for all sockets (tokio issue 4730), and on all of them the one that the connection is
//! on. On a single thread `on_blocking` is the way.

use std::env;
use std::process::Command;
use std::sync::{Arc, Mutex, mpsc};

use futures::StreamExt;
use futures::channel::mpsc::{UnboundedSender, unbounded};
use futures::executor::block_on;
use larkwire::event::im::v1::MessageReceiveV1;
use larkwire::runtime::Runtime;
use larkwire::{BoxError, Ctx, Router, RouterBuilder, Stop};
use larkwire_sim::ClientConfig;

use crate::stage::{LIMIT, Stage, eager, on, play};
use crate::support::Kind;

const VARIABLES: [&str; 2] = ["SMOL_THREADS", "ASYNC_STD_THREAD_COUNT"];

/// Runs the test of this name with so many threads.
fn with_threads(count: &str, name: &str, test: impl FnOnce()) {
    if VARIABLES.iter().all(|variable| env::var(variable).as_deref() == Ok(count)) {
        return test();
    }
    let mut again = Command::new(env::current_exe().unwrap());
    let output = again.args([name, "--exact"]).envs(VARIABLES.map(|variable| (variable, count))).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

/// Three handlers block; meanwhile two pings and other acks go through; then they are released.
async fn three_block(stage: &Stage, router: impl FnOnce(Block) -> RouterBuilder) {
    stage.sim.set_client_config(ClientConfig { ping_interval: 1, ..eager() });
    let (enter, mut entered) = unbounded();
    let (release, released) = mpsc::channel();
    let router = router(Block { enter, released: Mutex::new(released) });
    let router = router.on_raw("t", || async {});
    let _bot = stage.ready(stage.config(), router.build().unwrap()).await;
    let mut blocked = Vec::new();
    for _ in 0..3 {
        blocked.push(stage.sim.user("alice").dm("wait").await);
        stage.within(entered.next()).await.unwrap();
    }
    let connection = stage.sim.connections()[0].clone();
    for _ in 0..10 {
        stage.works().await;
    }
    let pinged = |platform: &larkwire_sim::Platform| {
        platform.connection(connection.id).filter(|now| now.pings >= connection.pings + 2).map(drop)
    };
    stage.sim.wait("two pings", LIMIT, pinged).await.unwrap();
    stage.works().await;
    assert!(blocked.iter().all(|push| push.record().unwrap().ack().is_none()));
    drop(release);
    for push in blocked {
        assert_eq!(push.acked(LIMIT).await.unwrap().code, 200);
    }
    assert_eq!(stage.sim.connections().len(), 1);
}

/// What blocks.
struct Block {
    enter: UnboundedSender<()>,
    released: Mutex<mpsc::Receiver<()>>,
}

impl Block {
    fn block(&self) {
        self.enter.unbounded_send(()).expect("a test that listens");
        // It is never sent to: this ends when the sender is dropped.
        let _ = self.released.lock().unwrap().recv();
    }
}

async fn reply(ctx: &Ctx, event: MessageReceiveV1) -> Result<(), BoxError> {
    let id = event.message.and_then(|message| message.message_id).ok_or("a message without an id")?;
    Ok(ctx.api().reply_text(&id, "one moment").await.map(drop)?)
}

/// An ordinary handler, which blocks the thread that it begins on.
fn at_once(block: Block) -> RouterBuilder {
    let block = Arc::new(block);
    Router::builder().on(move |ctx: Ctx, event| {
        block.block();
        async move { reply(&ctx, event).await }
    })
}

/// An ordinary handler, which waits for its API call and then blocks the thread that it finds itself on.
fn later(block: Block) -> RouterBuilder {
    let block = Arc::new(block);
    Router::builder().on(move |ctx: Ctx, event| {
        let block = Arc::clone(&block);
        async move {
            reply(&ctx, event).await?;
            block.block();
            Ok::<_, BoxError>(())
        }
    })
}

fn on_blocking(block: Block) -> RouterBuilder {
    Router::builder().on_blocking(move |ctx, event| {
        block_on(reply(&ctx, event))?;
        block.block();
        Ok::<_, BoxError>(())
    })
}

macro_rules! three_block {
    ($($test:ident: $run:path, $threads:literal, $router:ident;)*) => {$(
        #[test]
        fn $test() {
            let story = async |stage: &Stage| three_block(stage, $router).await;
            with_threads($threads, concat!("threads::", stringify!($test)), || {
                $run(|runtime| play(runtime, Kind::Plain, story));
            });
        }
    )*};
}

three_block! {
    three_handlers_that_block_at_once_hold_up_nobody_on_four_threads_of_tokio: on::tokio_multi_thread, "4", at_once;
    three_handlers_that_block_at_once_hold_up_nobody_on_four_threads_of_smol: on::smol, "4", at_once;
    three_handlers_that_block_at_once_hold_up_nobody_on_four_threads_of_async_std: on::async_std, "4", at_once;
    three_handlers_that_block_later_hold_up_nobody_on_four_threads_of_tokio: on::tokio_multi_thread, "4", later;
    three_handlers_that_block_later_hold_up_nobody_on_four_threads_of_smol: on::smol, "4", later;
    three_handlers_that_block_later_hold_up_nobody_on_four_threads_of_async_std: on::async_std, "4", later;
    three_handlers_on_blocking_hold_up_nobody_on_four_threads_of_tokio: on::tokio_multi_thread, "4", on_blocking;
    three_handlers_on_blocking_hold_up_nobody_on_four_threads_of_async_std: on::async_std, "4", on_blocking;
    three_handlers_on_blocking_hold_up_nobody_on_one_thread_of_tokio: on::tokio_current_thread, "1", on_blocking;
    three_handlers_on_blocking_hold_up_nobody_on_one_thread_of_smol: on::smol, "1", on_blocking;
    three_handlers_on_blocking_hold_up_nobody_on_one_thread_of_async_std: on::async_std, "1", on_blocking;
}

#[test]
fn each_runtime_knows_that_it_has_one_thread() {
    with_threads("1", "threads::each_runtime_knows_that_it_has_one_thread", || {
        let is_single = async |runtime: Arc<dyn Runtime>| runtime.is_single_threaded();
        assert!(on::tokio_current_thread(is_single) && on::smol(is_single) && on::async_std(is_single));
    });
}

#[test]
fn each_runtime_knows_that_it_has_four_threads() {
    with_threads("4", "threads::each_runtime_knows_that_it_has_four_threads", || {
        let is_single = async |runtime: Arc<dyn Runtime>| runtime.is_single_threaded();
        assert!(!on::tokio_multi_thread(is_single) && !on::smol(is_single) && !on::async_std(is_single));
    });
}

/// A blocking handler that panics, one that fails, and one that works: each is told, and none harms the next.
async fn told(stage: &Stage) {
    let router = Router::builder().on_blocking(|event: MessageReceiveV1| match event.text().as_deref() {
        Some("panic") => panic!("on purpose"),
        Some("fail") => Err("the database is gone"),
        _ => Ok(()),
    });
    let bot = stage.ready(stage.config(), router.build().unwrap()).await;
    for (text, code) in [("panic", 500), ("fail", 500), ("work", 200)] {
        assert_eq!(stage.sim.user("alice").dm(text).await.acked(LIMIT).await.unwrap().code, code, "{text}");
    }
    bot.handle.shutdown(LIMIT);
    let handlers = bot.handle.clone();
    assert_eq!(bot.ended().await, Stop::Shutdown);
    let handlers = handlers.stats().handlers;
    assert_eq!((handlers.handled, handlers.failed, handlers.panicked), (1, 1, 1));
}

#[test]
fn whatever_a_blocking_handler_does_is_told_on_every_runtime() {
    on::tokio_current_thread(|runtime| play(runtime, Kind::Plain, told));
    on::smol(|runtime| play(runtime, Kind::Plain, told));
    on::async_std(|runtime| play(runtime, Kind::Plain, told));
}
