//! How much a client holds: idle, with many connections, and after what should leave nothing behind.

use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use bytes::Bytes;
use larkwire_core::frame::{Frame, FrameLimits, Header, key};

use super::BoxError;
use super::generator::{Authority, Platform, Traffic, samples};
use super::plan::{Bench, client};
use super::process::{Contestant, Process};
use super::report::{Findings, Table};
use super::round::Workload;

/// Connections of the process that has many.
const MANY: usize = 1_000;
/// Fills the table of events that were handled, which larkwire keeps 100,000 of, and more than twice: a hash table grows once
/// more when it has forgotten about as much as it holds.
const FILLING: u64 = 250_000;
/// Messages of which only a part comes.
const INCOMPLETE: u64 = 10_000;
/// Bytes of each such part.
const PART: usize = 2_048;
/// Parts that say to be one of very many.
const GREEDY: u64 = 1_000;
/// So long the platform pushes without reading an ack.
const STALL: Duration = Duration::from_secs(60);
/// What a client does after the last of it.
const REST: Duration = Duration::from_secs(1);
const WORKLOAD: Workload = Workload::window(256);
/// MB that may be held more than before.
const FLAT: f64 = 2.0;

/// Measures all of it.
pub(crate) fn memory(bench: &Bench) -> Result<Findings, BoxError> {
    let mut findings = Findings::new(Table::new(&["what", "memory"]));
    for (name, tls, most) in [("plain TCP", false, 64.0), ("TLS", true, 128.0)] {
        let one = idle(1, tls, &bench.authority)?;
        let many = idle(MANY, tls, &bench.authority)?;
        let each = (many - one).max(0.0) * 1024.0 / (MANY - 1) as f64;
        findings.table.row([format!("one idle connection, {name}"), format!("{one:.1} MB in all")]);
        findings.table.row([format!("each further one of {MANY}, {name}"), format!("{each:.1} KiB")]);
        if !tls {
            findings.goal("one idle connection: below 6 MB resident", format!("{one:.1} MB"), one < 6.0);
        }
        let goal = format!("{MANY} idle connections, {name}: below {most} KiB each");
        findings.goal(goal, format!("{each:.1} KiB"), each < most);
    }
    let mut worst = f64::MIN;
    let events = bench.events;
    for (name, held) in after(events, &bench.authority)? {
        findings.table.row([name, format!("{held:+.2} MB")]);
        worst = worst.max(held);
    }
    let goal = format!(
        "memory flat within 2 MB: incomplete messages, `sum` 2147483647, a platform that does not read for a minute, {events} events"
    );
    findings.goal(goal, format!("{worst:+.2} MB at most"), worst <= FLAT);
    Ok(findings)
}

/// Resident MB of a client with so many idle connections.
fn idle(connections: usize, tls: bool, authority: &Authority) -> Result<f64, BoxError> {
    let platform = Platform::start(tls.then_some(authority), 0)?;
    let process = Process::start(&many(connections)?, &platform.domain(), authority)?;
    let mut open = Vec::new();
    while open.len() < connections {
        open.push(platform.connection(&process)?);
    }
    sleep(2 * REST);
    process.resident()
}

fn many(connections: usize) -> Result<Contestant, BoxError> {
    client("tokio", &[&connections.to_string()])
}

/// What is held beyond what was held when the table of handled events had become full, in MB, after one thing and the other.
fn after(events: u64, authority: &Authority) -> Result<Vec<(String, f64)>, BoxError> {
    let platform = Platform::start(None, 0)?;
    let process = Process::start(&client("eager", &[])?, &platform.domain(), authority)?;
    let mut traffic = Traffic::new(platform.connection(&process)?, &WORKLOAD);
    traffic.run_events(FILLING)?;
    sleep(REST);
    let before = process.resident()?;
    let held = || -> Result<f64, BoxError> {
        sleep(REST);
        Ok(process.resident()? - before)
    };
    let mut all = Vec::new();

    traffic.push((0..INCOMPLETE).map(|number| samples::frame(number, (0, 4), &[b'x'; PART])))?;
    traffic.run_events(1_000)?;
    all.push((
        format!("more than with a full table of handled events: after {INCOMPLETE} incomplete messages, in their time"),
        held()?,
    ));
    sleep(Duration::from_secs(11));
    traffic.run_events(1_000)?;
    all.push(("and after it".to_owned(), held()?));

    traffic.push((0..GREEDY).map(|number| with_sum(number, i32::MAX)))?;
    traffic.run_events(1_000)?;
    all.push((format!("after {GREEDY} parts with `sum` {}", i32::MAX), held()?));

    traffic.run_events(events)?;
    all.push((format!("after {events} events"), held()?));

    let most = stalled(traffic, &platform, &process)? - before;
    all.push((format!("at most, while the platform pushes and reads nothing for {} s", STALL.as_secs()), most));
    let mut traffic = Traffic::new(platform.connection(&process)?, &WORKLOAD);
    traffic.skip(2 * FILLING + events + 1_000_000);
    traffic.run_events(1_000)?;
    all.push(("and after it, on the next connection".to_owned(), held()?));
    Ok(all)
}

/// Pushes without reading, on this connection and on those that the client opens when it gives one up. Gives the most
/// resident memory in that time, in MB.
fn stalled(traffic: Traffic, platform: &Platform, process: &Process) -> Result<f64, BoxError> {
    let mut pushing = vec![thread::spawn(move || traffic.stall())];
    let (mut most, until) = (0.0_f64, Instant::now() + STALL);
    while Instant::now() < until {
        sleep(Duration::from_millis(100));
        process.lives()?;
        most = most.max(process.resident()?);
        if let Some(stream) = platform.another() {
            let traffic = Traffic::new(stream, &WORKLOAD);
            pushing.push(thread::spawn(move || traffic.stall()));
        }
    }
    // All that were not given up are dropped now, so that the client opens another one.
    for pushing in pushing {
        drop(pushing.join().map_err(|_| "a thread that pushes has panicked")?);
    }
    Ok(most)
}

/// A part that says to be one of so many.
fn with_sum(number: u64, sum: i32) -> Bytes {
    let limits = FrameLimits { headers: usize::MAX, header_bytes: usize::MAX };
    let Ok(mut frame) = Frame::from_bytes(samples::frame(number, (0, 2), b"{}"), &limits) else {
        return Bytes::new();
    };
    frame.headers.retain(|header| header.key() != key::SUM);
    frame.headers.push(Header::new(key::SUM, sum.to_string()));
    frame.to_bytes()
}
