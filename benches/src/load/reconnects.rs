//! How soon a client is back when its connection is lost, and what it holds after many such losses.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::platform::Platform;
use super::traffic::Traffic;
use super::{Authority, BoxError, Contestant, Process, START, Workload};

/// Drops the connection of `client` so many times, after an event on each, and gives a table. The client has to be one that
/// waits for nothing before it comes back.
///
/// # Errors
/// When it does not come back, or does not ack.
pub fn reconnects(client: &Contestant, times: usize, authority: &Authority) -> Result<String, BoxError> {
    let platform = Platform::start(None)?;
    let process = Process::start(client, &platform.domain(), authority)?;
    let workload = Workload { name: String::new(), bytes: 1024, parts: 1, window: 1, tls: false, pinned: false };
    let (mut took, mut before) = (Vec::new(), 0);
    let mut dropped: Option<Instant> = None;
    for round in 0..=times {
        let mut traffic = Traffic::new(platform.connection(START, &process)?, &workload);
        traffic.skip(round as u64 * 2);
        traffic.run_events(1)?;
        took.extend(dropped.map(|dropped| dropped.elapsed()));
        if round == times / 5 {
            before = process.resident()?;
        }
        dropped = Some(Instant::now());
    }
    took.sort_unstable();
    let at = |percent| took.get(took.len() * percent / 100).copied().unwrap_or_default();
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    let held = (process.resident()? as f64 - before as f64) / 1024.0;
    let mut text = String::from("| what | |\n| --- | --- |\n");
    writeln!(
        text,
        "| from a drop to the ack of the first event on the next connection, p50 | {:.0} µs |",
        micros(at(50))
    )?;
    writeln!(text, "| the same, p99 | {:.0} µs |", micros(at(99)))?;
    writeln!(text, "| held more after {times} drops than after a fifth of them | {held:+.2} MB |")?;
    Ok(text)
}
