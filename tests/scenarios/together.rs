//! All runtimes in one process, at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use futures::executor::block_on;
use larkwire::runtime::Runtime;
use larkwire::{Bot, Config, Domain, Router, Stop};
use larkwire_sim::{Push, Sim};
use serde_json::json;

use crate::stage::{LIMIT, on};

#[test]
fn bots_on_every_runtime_share_the_events_of_one_app() {
    const EVENTS: usize = 400;
    let sim = block_on(Sim::start());
    let runtimes = [on::tokio_current_thread, on::tokio_multi_thread, on::smol, on::async_std];
    let counts: [Arc<AtomicUsize>; 4] = Default::default();
    let mut handles = Vec::new();
    let mut threads = Vec::new();
    for (run, count) in runtimes.into_iter().zip(&counts) {
        let count = Arc::clone(count);
        let router = Router::builder().on_other(move || {
            count.fetch_add(1, Ordering::SeqCst);
            async {}
        });
        let mut config = Config::new(sim.app_id(), sim.app_secret());
        config.domain = Domain::Custom(sim.domain());
        let bot = Bot::new(config, router.build().unwrap());
        handles.push(bot.handle());
        threads.push(thread::spawn(move || run(|runtime: Arc<dyn Runtime>| bot.run_on(runtime))));
    }
    block_on(async {
        for handle in &handles {
            handle.ready().await.unwrap();
        }
        for n in 0..EVENTS {
            let push = sim.push(Push::event("t", json!({"n": n}))).await;
            assert_eq!(push.acked(LIMIT).await.unwrap().code, 200);
        }
    });
    for handle in &handles {
        handle.shutdown(LIMIT);
    }
    for thread in threads {
        assert_eq!(thread.join().unwrap(), Stop::Shutdown);
    }
    let counts = counts.map(|count| count.load(Ordering::SeqCst));
    assert_eq!(counts.iter().sum::<usize>(), EVENTS);
    assert!(counts.iter().all(|count| *count > EVENTS / 20), "{counts:?}");
    sim.assert_no_violations();
}
