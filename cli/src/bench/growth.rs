//! How cost grows: with the length of events, with the window, with connections, with handlers.

use super::BoxError;
use super::plan::{Bench, Measured, Part, client};
use super::process::Contestant;
use super::report::{Findings, Table};
use super::round::{Figures, Workload};

/// A row: a load for our client, and for the raw one that does the same work with each event, where there is such a one.
struct Step {
    name: String,
    workload: Workload,
    ours: Contestant,
    raw: Option<Contestant>,
}

/// Loads our client on tokio's `current_thread` runtime step by step, and compares it with the first step and with the raw one.
pub(crate) fn grow(bench: &Bench, part: Part) -> Result<Findings, BoxError> {
    let steps = steps(part)?;
    let ours = steps.iter().map(|step| (step.workload, step.ours.clone()));
    let raw = steps.iter().filter_map(|step| Some((step.workload, step.raw.clone()?)));
    let cases: Vec<(Workload, Contestant)> = ours.chain(raw).collect();
    let measured = bench.rounds(part, &cases);
    let (ours, raw) = measured.split_at(steps.len());
    let name = part.name();
    let compared = !raw.is_empty();
    let mut head = vec![name.as_str(), "events/s", "of the first", "CPU s per 100,000", "of the first"];
    head.extend(["rate of raw-parse", "CPU time of raw-parse"].iter().filter(|_| compared));
    let mut table = Table::new(&head);
    let first = ours.first().and_then(|first| first.figures);
    for (at, (Step { name, .. }, Measured { figures, failure })) in steps.iter().zip(ours).enumerate() {
        let name = failure.as_ref().map_or(name.clone(), |failure| format!("{name}: {failure}"));
        let Some(figures) = figures else {
            table.row([name]);
            continue;
        };
        let raw = raw.get(at).and_then(|raw| raw.figures);
        let of = |other: Option<Figures>, of: fn(&Figures) -> f64| {
            other.map_or("-".to_owned(), |other| format!("{:.2}", of(figures) / of(&other)))
        };
        let mut row = vec![
            name,
            format!("{:.0}", figures.rate),
            of(first, |of| of.rate),
            format!("{:.3}", figures.cpu),
            of(first, |of| of.cpu),
        ];
        if compared {
            row.extend([of(raw, |of| of.rate), of(raw, |of| of.cpu)]);
        }
        table.row(row);
    }
    Ok(Findings::new(table))
}

fn steps(part: Part) -> Result<Vec<Step>, BoxError> {
    let beside_raw = |name: String, workload: Workload| -> Result<Step, BoxError> {
        let many = workload.connections.to_string();
        Ok(Step { name, workload, ours: client("tokio", &[&many])?, raw: Some(client("raw-parse", &[&many])?) })
    };
    let with_handlers = |name: &str, words: [&str; 2]| -> Result<Step, BoxError> {
        Ok(Step {
            name: name.to_owned(),
            workload: Workload::window(64),
            ours: client(words[0], &words[1..])?,
            raw: None,
        })
    };
    match part {
        Part::Payload => {
            let step =
                |kib: usize| beside_raw(format!("{kib} KiB"), Workload { bytes: kib * 1024, ..Workload::window(64) });
            [1, 2, 8, 64, 512].into_iter().map(step).collect()
        }
        Part::Window => {
            let step = |window: usize| beside_raw(window.to_string(), Workload::window(window));
            [1, 4, 16, 64, 256, 1024].into_iter().map(step).collect()
        }
        Part::Connections => {
            // As many events without an ack in all.
            let step = |connections: usize| {
                beside_raw(connections.to_string(), Workload { connections, ..Workload::window(1_000 / connections) })
            };
            [1, 10, 100, 1_000].into_iter().map(step).collect()
        }
        _ => [
            ("1", ["handlers", "1"]),
            ("10", ["handlers", "10"]),
            ("100", ["handlers", "100"]),
            ("1, which yields to the runtime", ["awaits", "0"]),
            ("1, which waits for 1 ms", ["awaits", "1"]),
        ]
        .into_iter()
        .map(|(name, words)| with_handlers(name, words))
        .collect(),
    }
}
