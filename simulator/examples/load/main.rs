//! How many events a second the platform pushes to one client on loopback that acks each of them, with at most so many
//! open: `cargo run --release -p larkwire-sim --example load -- [headless] [EVENTS] [WINDOW]`.
//!
//! In full service the transcript is kept and shown: somebody reads what the page reads, see `page.rs`. Headless, neither is
//! there. Every ack is checked, and the deadline of each push runs. Platform, client and reader share the processor: the goals
//! are for a release build, a window of 256 and two idle cores.
#![allow(clippy::print_stdout, reason = "a program that tells figures")]

mod client;
mod page;

use std::error::Error;
use std::time::{Duration, Instant};

use futures::executor::block_on;
use larkwire_sim::{Platform, Push, Sim};

use self::client::Client;

/// Events a second, without a transcript and with one.
const GOAL_HEADLESS: f64 = 300_000.0;
const GOAL_IN_FULL_SERVICE: f64 = 150_000.0;
const GOAL_START: Duration = Duration::from_millis(50);
const GOAL_IDLE_KB: u64 = 20_000;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let headless = arguments.iter().any(|argument| argument == "headless");
    let mut numbers = arguments.iter().filter_map(|argument| argument.parse().ok());
    let (events, window): (u64, u64) = (numbers.next().unwrap_or(1_000_000), numbers.next().unwrap_or(256));

    let began = Instant::now();
    let sim = block_on(Sim::builder().profile(|profile| profile.transcript = !headless).start())?;
    let (took, idle) = (began.elapsed(), resident_kb());
    println!("started in {took:.1?} (goal {GOAL_START:?}: {})", verdict(took < GOAL_START));
    println!("{idle} kB in memory while idle (goal {GOAL_IDLE_KB}: {})", verdict(idle < GOAL_IDLE_KB));
    let client = Client::connect(&sim)?;
    block_on(sim.wait_connected(1))?;
    let page = if headless { None } else { Some(page::open(sim.address())?) };
    let client = std::thread::spawn(move || client.ack(events));

    let began = Instant::now();
    push(&sim, events, window);
    client.join().map_err(|_| "the client panicked")??;
    let all = |platform: &Platform| (platform.stats().acks >= events).then_some(());
    block_on(sim.wait("all acks", Duration::from_secs(10), all))?;
    let seconds = began.elapsed().as_secs_f64();
    let rate = events as f64 / seconds;
    let goal = if headless { GOAL_HEADLESS } else { GOAL_IN_FULL_SERVICE };
    println!("{events} events in {seconds:.2} s: {rate:.0} a second (goal {goal}: {})", verdict(rate >= goal));
    println!("{} kB in memory under load", resident_kb());
    if let Some(page) = page {
        println!("the page {page}");
    }
    sim.assert_no_violations();
    Ok(())
}

/// Keeps so many pushes open until all are out.
fn push(sim: &Sim, events: u64, window: u64) {
    let push = Push::payload(sample());
    let mut pushed = 0;
    while pushed < events {
        let open = sim.look(|platform| pushed.saturating_sub(platform.stats().acks));
        let room = window.saturating_sub(open).min(events - pushed);
        sim.act(|platform, now| {
            for _ in 0..room {
                platform.push(now, push.clone());
            }
        });
        pushed += room;
        // To be woken by each ack would cost more than the events themselves.
        std::thread::sleep(Duration::from_micros(100));
    }
}

/// A small message event.
fn sample() -> String {
    r#"{"schema":"2.0","header":{"event_id":"5e3702a84e847582be8db7fb73283c02","event_type":"im.message.receive_v1","create_time":"1767225600000","token":"","app_id":"cli_51a0000000000001","tenant_key":"2ca1d211f64f6438"},"event":{"sender":{"sender_id":{"open_id":"ou_84aad35d084aa403a838cf73ee18467"},"sender_type":"user"},"message":{"message_id":"om_5ce6d572455d361153b7cb51da133945","create_time":"1767225600000","chat_id":"oc_5ce6d572455d361153b7cb5xxfsdfsdfdsf","chat_type":"p2p","message_type":"text","content":"{\"text\":\"hello\"}"}}}"#.to_owned()
}

fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "not met" }
}

/// What the process takes; nothing where the system does not tell.
fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or_default()
}
