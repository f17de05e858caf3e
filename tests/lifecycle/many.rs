//! Many bots in one process: they share nothing but the process.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use larkwire::{Bot, Config, Egress, Router, Stop};
use larkwire_sim::{Push, Sim};
use serde_json::json;

use crate::bots::{LIMIT, Running, acking, at, config, eager, platform, within, works};

/// Longer than anything here takes on a busy machine.
const LONG: Duration = Duration::from_secs(120);

#[tokio::test]
async fn fifty_connections_of_one_app_all_get_their_share_of_the_events() {
    let sim = platform().await;
    let mut bots = Vec::new();
    for _ in 0..50 {
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        let router = Router::builder().on_other(move || {
            counted.fetch_add(1, Ordering::Relaxed);
            async {}
        });
        let bot = Bot::new(config(&sim), router.build().unwrap()).start_within(Duration::from_millis(200));
        bots.push((Running::start(bot), count));
    }
    for (bot, _) in &bots {
        within(bot.handle.ready()).await.unwrap();
    }
    let mut pushes = Vec::new();
    for _ in 0..2_000 {
        pushes.push(sim.push(Push::event("t", json!({}))).await);
    }
    for push in pushes {
        assert_eq!(push.acked(LONG).await.unwrap().code, 200);
    }
    let shares: Vec<usize> = bots.iter().map(|(_, count)| count.load(Ordering::Relaxed)).collect();
    assert_eq!(shares.iter().sum::<usize>(), 2_000);
    // 40 each on average, with a deviation of 6.3: below 10 or above 80 is no chance.
    assert!(shares.iter().all(|share| (10..80).contains(share)), "{shares:?}");
    for (bot, _) in bots {
        bot.handle.shutdown(LIMIT);
        assert_eq!(bot.ended().await, Stop::Shutdown);
    }
    sim.assert_no_violations();
}

/// A number of a line in a file of `/proc/self`, where there is one.
fn proc(file: &str, line: &str) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/self/{file}")).ok()?;
    let words = text.lines().find_map(|found| found.strip_prefix(line))?.split_whitespace();
    words.filter_map(|word| word.parse().ok()).next()
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "tells what a connection costs, and what was left out")]
async fn a_thousand_bots_of_different_apps_live_in_one_process() {
    // A bot takes a socket, and the platform in this process another one; during discovery both take one more.
    let files = proc("limits", "Max open files").unwrap_or(1_024);
    let count = usize::try_from(files.saturating_sub(256) / 4).unwrap_or(usize::MAX).min(1_000);
    if count < 1_000 {
        println!("skipped: more than {count} bots, since a process may open {files} files only");
    }
    let many = |profile: &mut larkwire_sim::Profile| (profile.any_app, profile.connection_limit) = (true, count);
    let sim = Sim::builder().profile(many).start().await.unwrap();
    sim.set_client_config(eager());
    let before = proc("status", "VmRSS:");
    let (egress, mut bots) = (Egress::new(), Vec::new());
    for number in 0..count {
        let config = at(&sim, Config::new(format!("cli_{number:016x}"), sim.app_secret()));
        let bot = Bot::new(config, acking()).egress(egress.clone()).start_within(Duration::from_secs(1));
        bots.push(Running::start(bot));
    }
    for bot in &bots {
        tokio::time::timeout(LONG, bot.handle.ready()).await.unwrap().unwrap();
    }
    if let (Some(before), Some(after)) = (before, proc("status", "VmRSS:")) {
        let each = after.saturating_sub(before) / count as u64;
        println!("{count} idle connections, both ends in this process: {each} KiB each");
    }
    let apps: BTreeSet<_> = sim.discoveries().into_iter().filter_map(|discovery| discovery.app_id).collect();
    assert_eq!((apps.len(), sim.connections().len(), sim.stats().discoveries), (count, count, count as u64));
    for connection in sim.connections() {
        let push = sim.push(Push::event("t", json!({})).to(connection.id)).await;
        assert_eq!(push.acked(LONG).await.unwrap().code, 200);
    }
    // One that ends concerns no other.
    let first = bots.remove(0);
    first.handle.shutdown(LIMIT);
    assert_eq!(first.ended().await, Stop::Shutdown);
    works(&sim).await;
    bots.iter().for_each(|bot| bot.handle.shutdown(LIMIT));
    for bot in bots {
        assert_eq!(bot.ended().await, Stop::Shutdown);
    }
    sim.assert_no_violations();
}
