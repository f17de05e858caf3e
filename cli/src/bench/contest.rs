//! All clients under the same load, side by side.

use super::BoxError;
use super::plan::{Bench, Measured, Part};
use super::process::Contestant;
use super::report::{Findings, Table};
use super::round::{Figures, Workload};

/// What the others are compared with: the raw client that does the same work with each event.
const REFERENCE: &str = "raw-parse";

/// Loads them all, and compares them with [`REFERENCE`].
pub(crate) fn contest(bench: &Bench, part: Part) -> Result<Findings, BoxError> {
    let workload = workload(part);
    let able = bench.contestants.iter().filter(|contestant| can(&contestant.name, &workload));
    let cases: Vec<(Workload, Contestant)> = able.map(|contestant| (workload, contestant.clone())).collect();
    let measured = bench.rounds(part, &cases);
    let all: Vec<(&str, &Measured)> = cases.iter().map(|(_, of)| of.name.as_str()).zip(&measured).collect();
    let of = |name: &str| all.iter().find(|(other, _)| *other == name).and_then(|(_, measured)| measured.figures);
    let mut findings = Findings::new(table(&all, of(REFERENCE)));
    if let (Some(tokio), Some(reference)) = (of("tokio"), of(REFERENCE)) {
        goals(part, &tokio, &reference, &mut findings);
    }
    if let (Some(tokio), Some(smol), Some(async_std)) = (of("tokio"), of("smol"), of("async-std")) {
        // CPU time or rate, whichever is worse.
        let times = |other: Figures| (other.cpu / tokio.cpu).max(tokio.rate / other.rate);
        let (smol, async_std) = (times(smol), times(async_std));
        let goal = format!("{}: smol and async-std within 1.25 times tokio, CPU time and rate", part.name());
        findings.goal(goal, format!("{smol:.2} and {async_std:.2} times"), smol.max(async_std) <= 1.25);
    }
    let raw = [of("raw-parse"), of("raw-flush"), of("raw-batch")];
    // On one CPU the generator cannot be faster than it.
    if let (Some(null), [Some(_), Some(_), Some(_)], false) = (of("null"), raw, workload.pinned) {
        let ratio = null.rate / raw.iter().flatten().map(|raw| raw.rate).fold(1.0, f64::max);
        let goal = format!("{}: the generator is able to do 1.2 times what the fastest raw client does", part.name());
        findings.goal(goal, format!("{ratio:.2} times"), ratio >= 1.2);
    }
    Ok(findings)
}

fn workload(part: Part) -> Workload {
    match part {
        Part::W1 => Workload { pinned: true, ..Workload::window(1) },
        Part::W256 => Workload::window(256),
        Part::K64 => Workload { bytes: 64 * 1024, ..Workload::window(64) },
        Part::Split => Workload { bytes: 8 * 1024, parts: 4, ..Workload::window(32) },
        Part::Tls => Workload { tls: true, ..Workload::window(64) },
        _ => Workload::window(64),
    }
}

/// `null` knows neither TLS nor parts, and the raw clients that decode nothing take each part for a message.
fn can(name: &str, workload: &Workload) -> bool {
    match name {
        "null" => !workload.tls && workload.parts == 1,
        "raw-flush" | "raw-batch" => workload.parts == 1,
        _ => true,
    }
}

fn table(all: &[(&str, &Measured)], reference: Option<Figures>) -> Table {
    const OF: &str = "of raw-parse";
    let mut table =
        Table::new(&["client", "events/s", OF, "CPU s per 100,000", OF, "p50 µs", OF, "p99 µs", OF, "MB idle/peak"]);
    for (name, Measured { figures, failure }) in all {
        let name = failure.as_ref().map_or((*name).to_owned(), |failure| format!("{name}: {failure}"));
        let Some(figures) = figures else {
            table.row([name]);
            continue;
        };
        let of = |of: fn(&Figures) -> f64| {
            reference.as_ref().map_or("-".to_owned(), |reference| format!("{:.2}", of(figures) / of(reference)))
        };
        table.row([
            name,
            format!("{:.0}", figures.rate),
            of(|of| of.rate),
            format!("{:.3}", figures.cpu),
            of(|of| of.cpu),
            format!("{:.1}", figures.latency[0]),
            of(|of| of.latency[0]),
            format!("{:.1}", figures.latency[1]),
            of(|of| of.latency[1]),
            format!("{:.1}/{:.1}", figures.memory[0], figures.memory[1]),
        ]);
    }
    table
}

/// What is wanted of our client on tokio's `current_thread` runtime.
fn goals(part: Part, tokio: &Figures, reference: &Figures, findings: &mut Findings) {
    let rate = tokio.rate / reference.rate;
    let name = part.name();
    match part {
        Part::W1 => {
            let [p50, p99] = [0, 1].map(|at| tokio.latency[at] / reference.latency[at]);
            findings.goal("w1: p50 at most that of raw-parse", format!("{p50:.2} times"), p50 <= 1.0);
            findings.goal("w1: p99 at most 1.2 times that of raw-parse", format!("{p99:.2} times"), p99 <= 1.2);
        }
        Part::W64 | Part::W256 => {
            let cpu = tokio.cpu / reference.cpu;
            findings.goal(format!("{name}: CPU time at most that of raw-parse"), format!("{cpu:.2} times"), cpu <= 1.0);
            findings.goal(format!("{name}: at least the rate of raw-parse"), format!("{rate:.2} times"), rate >= 1.0);
        }
        Part::K64 => {
            findings.goal("64k: at least 0.9 times the rate of raw-parse", format!("{rate:.2} times"), rate >= 0.9);
        }
        Part::Split => {
            let measured = format!("{:.0}", tokio.rate);
            findings.goal("split: at least 100,000 messages/s", measured, tokio.rate >= 100_000.0);
        }
        Part::Tls => {
            let measured = format!("{:.2} s", tokio.cpu);
            findings.goal("tls: at most 0.55 CPU s for 100,000 events", measured, tokio.cpu <= 0.55);
        }
        _ => {}
    }
}
