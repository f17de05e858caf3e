//! How much a client holds: idle, with many connections, and after what should leave nothing behind.

use std::fmt::Write as _;
use std::thread::sleep;
use std::time::{Duration, Instant};

use bytes::Bytes;
use larkwire_core::frame::{Frame, FrameLimits, Header, key};

use super::platform::Platform;
use super::traffic::Traffic;
use super::{Authority, BoxError, Contestant, Process, START, Workload};
use crate::samples;

/// Connections of the process that has many.
const MANY: usize = 1_000;
/// Fills the table of events that were handled, which larkwire keeps 100,000 of.
const FILLING: u64 = 120_000;
/// Messages of which only a part comes.
const INCOMPLETE: u64 = 10_000;
/// Bytes of each such part.
const PART: usize = 2_048;
/// What a client does after the last of it.
const REST: Duration = Duration::from_secs(1);

/// Measures all of it with `client`, which takes the number of its connections as its last argument, and gives a table.
///
/// # Errors
/// When the client does not do what it should.
pub fn memory(client: &Contestant, events: u64, authority: &Authority) -> Result<String, BoxError> {
    let mut text = String::from("| what | memory |\n| --- | --- |\n");
    for (name, tls) in [("plain TCP", false), ("TLS", true)] {
        let one = idle(client, 1, tls, authority)?;
        let many = idle(client, MANY, tls, authority)?;
        let each = many.saturating_sub(one) as f64 / (MANY - 1) as f64;
        writeln!(text, "| one idle connection, {name} | {:.1} MB in all |", one as f64 / 1024.0)?;
        writeln!(text, "| each further one of {MANY}, {name} | {each:.1} KiB |")?;
    }
    for (name, held) in after(client, events, authority)? {
        writeln!(text, "| {name} | {held:+.2} MB |")?;
    }
    Ok(text)
}

/// Resident KiB of a client with so many idle connections.
fn idle(client: &Contestant, connections: usize, tls: bool, authority: &Authority) -> Result<u64, BoxError> {
    eprintln!("{connections} idle connections");
    let platform = Platform::start(tls.then_some(authority))?;
    let process = start(client, connections, &platform, authority)?;
    let mut open = Vec::new();
    while open.len() < connections {
        open.push(platform.connection(START, &process)?);
    }
    sleep(2 * REST);
    process.resident()
}

/// What is held beyond what was held when the table of handled events had become full, in MB, after one thing and the other.
fn after(client: &Contestant, events: u64, authority: &Authority) -> Result<Vec<(String, f64)>, BoxError> {
    let platform = Platform::start(None)?;
    let process = start(client, 1, &platform, authority)?;
    let workload = Workload { name: String::new(), bytes: 1024, parts: 1, window: 256, tls: false, pinned: false };
    let mut traffic = Traffic::new(platform.connection(START, &process)?, &workload);
    traffic.run_events(FILLING)?;
    sleep(REST);
    let before = process.resident()?;
    let mut held = Vec::new();
    let mut note = |name: String, process: &Process| -> Result<(), BoxError> {
        sleep(REST);
        held.push((name, (process.resident()? as f64 - before as f64) / 1024.0));
        Ok(())
    };

    eprintln!("{INCOMPLETE} incomplete messages");
    for number in 0..INCOMPLETE {
        traffic.push(&samples::frame(number, (0, 4), &[b'x'; PART]))?;
    }
    traffic.run_events(1_000)?;
    note(format!("after {INCOMPLETE} incomplete messages, in their time"), &process)?;
    sleep(Duration::from_secs(11));
    traffic.run_events(1_000)?;
    note("and after it".to_owned(), &process)?;

    for number in 0..1_000 {
        traffic.push(&with_sum(number, i32::MAX))?;
    }
    traffic.run_events(1_000)?;
    note(format!("after 1000 parts with `sum` {}", i32::MAX), &process)?;

    eprintln!("{events} events");
    let began = Instant::now();
    traffic.run_events(events)?;
    eprintln!("took {:?}", began.elapsed());
    note(format!("after {events} events"), &process)?;
    Ok(held)
}

fn start(
    client: &Contestant,
    connections: usize,
    platform: &Platform,
    authority: &Authority,
) -> Result<Process, BoxError> {
    let mut client = client.clone();
    client.command.push(connections.to_string());
    Process::start(&client, &platform.domain(), authority)
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
