//! How soon a client is back when its connection is lost, and what it holds after many such losses.

use std::time::{Duration, Instant};

use super::BoxError;
use super::generator::{Platform, Traffic};
use super::plan::{Bench, client};
use super::process::Process;
use super::report::{Findings, Table};
use super::round::Workload;

/// Connections that are dropped together.
const MANY: usize = 1_000;
/// The platform tells clients to spread over so many seconds.
const NONCE: u32 = 10;

/// Drops the connection of a client that waits for nothing before it comes back, after an event on each; and those of many
/// clients at once.
pub(crate) fn reconnects(bench: &Bench) -> Result<Findings, BoxError> {
    let mut findings = Findings::new(Table::new(&["what", ""]));
    one(bench, &mut findings)?;
    many(bench, &mut findings)?;
    Ok(findings)
}

fn one(bench: &Bench, findings: &mut Findings) -> Result<(), BoxError> {
    let times = bench.times;
    let platform = Platform::start(None, 0)?;
    let process = Process::start(&client("eager", &["1"])?, &platform.domain(), &bench.authority)?;
    let (mut ready, mut acked, mut before) = (Vec::new(), Vec::new(), 0.0);
    let mut dropped: Option<Instant> = None;
    for round in 0..=times {
        let stream = platform.connection(&process)?;
        ready.extend(dropped.map(|dropped| dropped.elapsed()));
        let mut traffic = Traffic::new(stream, &Workload::window(1));
        traffic.skip(round as u64 * 2);
        traffic.run_events(1)?;
        acked.extend(dropped.map(|dropped| dropped.elapsed()));
        if round == times / 5 {
            before = process.resident()?;
        }
        dropped = Some(Instant::now());
    }
    let held = process.resident()? - before;
    let [median, slow] = percentiles(ready);
    findings
        .table
        .row(["from a drop to the next open connection, p50/p99".to_owned(), format!("{median:.2}/{slow:.2} ms")]);
    findings.goal(
        "reconnect on loopback, nonce 0: ready within 5 ms",
        format!("p50 {median:.2}, p99 {slow:.2} ms"),
        slow <= 5.0,
    );
    let [median, slow] = percentiles(acked);
    findings
        .table
        .row(["the same to the ack of the first event there, p50/p99".to_owned(), format!("{median:.2}/{slow:.2} ms")]);
    findings.table.row([format!("held more after {times} drops than after a fifth of them"), format!("{held:+.2} MB")]);
    findings.goal(format!("memory flat within 2 MB: {times} reconnects"), format!("{held:+.2} MB"), held <= 2.0);
    Ok(())
}

/// Milliseconds: the median, and what 99 of 100 do not exceed.
fn percentiles(mut times: Vec<Duration>) -> [f64; 2] {
    times.sort_unstable();
    let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
    [at(50), at(99)].map(|time| time.as_secs_f64() * 1e3)
}

fn many(bench: &Bench, findings: &mut Findings) -> Result<(), BoxError> {
    let platform = Platform::start(None, NONCE)?;
    let process = Process::start(&client("eager", &[&MANY.to_string()])?, &platform.domain(), &bench.authority)?;
    let mut open = Vec::new();
    while open.len() < MANY {
        open.push(platform.connection(&process)?);
    }
    drop(open);
    let dropped = Instant::now();
    let mut tenths = [0_usize; 10];
    let mut back = Vec::new();
    while back.len() < MANY {
        back.push(platform.connection(&process)?);
        let tenth = (dropped.elapsed().as_secs_f64() * 10.0 / f64::from(NONCE)) as usize;
        tenths[tenth.min(9)] += 1;
    }
    let last = dropped.elapsed().as_secs_f64();
    let (least, most) = (tenths.iter().min().copied().unwrap_or(0), tenths.iter().max().copied().unwrap_or(0));
    findings.table.row([
        format!("{MANY} connections dropped at once, nonce {NONCE} s: back in each tenth of it, least/most"),
        format!("{least}/{most}"),
    ]);
    findings.table.row(["the last of them after".to_owned(), format!("{last:.2} s")]);
    // 100 each, give or take four standard deviations.
    let spread = least >= 62 && most <= 138 && last <= f64::from(NONCE) + 1.0;
    let goal = format!("{MANY} clients dropped at once spread as the schedule says");
    findings.goal(goal, format!("{least} to {most} in each tenth, the last after {last:.2} s"), spread);
    Ok(())
}
