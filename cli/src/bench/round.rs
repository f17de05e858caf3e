//! One client under one load, for so long.

use std::time::{Duration, Instant};

use super::BoxError;
use super::generator::{Authority, Platform, Traffic, run};
use super::process::{Contestant, Pinned, Process};

/// The part of a round that is not measured: caches, compilers that learn while they run, memory that is still growing.
const WARM_UP: f64 = 0.25;

/// What is pushed, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Workload {
    /// Bytes of each payload.
    pub(crate) bytes: usize,
    /// Frames that carry it.
    pub(crate) parts: usize,
    /// Most events without an ack, on each connection.
    pub(crate) window: usize,
    /// Connections of the client.
    pub(crate) connections: usize,
    /// Over TLS.
    pub(crate) tls: bool,
    /// Generator and client share one CPU. To wake another CPU takes longer than what is to be measured, on a virtual machine.
    pub(crate) pinned: bool,
}

impl Workload {
    /// Events of 1 KiB on one plain connection.
    pub(crate) const fn window(window: usize) -> Workload {
        Workload { bytes: 1024, parts: 1, window, connections: 1, tls: false, pinned: false }
    }
}

/// What a client did in a round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    /// Events acked in a second.
    pub(crate) rate: f64,
    /// CPU seconds of the client for 100,000 events.
    pub(crate) cpu: f64,
    /// Microseconds from a push to its ack: the median, and what 99 of 100 do not exceed.
    pub(crate) latency: [f64; 2],
    /// Resident memory in MB before the first event, and the most there ever was.
    pub(crate) memory: [f64; 2],
}

impl Figures {
    /// The medians of several rounds; none of no round.
    pub(crate) fn median(rounds: &[Figures]) -> Option<Figures> {
        let middle = |of: fn(&Figures) -> f64| {
            let mut values: Vec<f64> = rounds.iter().map(of).collect();
            values.sort_unstable_by(f64::total_cmp);
            values.get(values.len() / 2).copied()
        };
        Some(Figures {
            rate: middle(|of| of.rate)?,
            cpu: middle(|of| of.cpu)?,
            latency: [middle(|of| of.latency[0])?, middle(|of| of.latency[1])?],
            memory: [middle(|of| of.memory[0])?, middle(|of| of.memory[1])?],
        })
    }
}

/// Starts a client, loads it for so long, and stops it. An error if it does not connect, loses its connection, or sends
/// something that is no correct ack.
pub(crate) fn round(
    workload: &Workload,
    contestant: &Contestant,
    time: Duration,
    authority: &Authority,
) -> Result<Figures, BoxError> {
    let platform = Platform::start(workload.tls.then_some(authority), 0)?;
    let _pinned = workload.pinned.then(Pinned::new).transpose()?;
    let client = Process::start(contestant, &platform.domain(), authority)?;
    let mut connections = Vec::new();
    for _ in 0..workload.connections {
        let mut traffic = Traffic::new(platform.connection(&client)?, workload);
        traffic.wait_for_ping()?;
        connections.push(traffic);
    }
    let idle = client.resident()?;
    run(&mut connections, time.mul_f64(WARM_UP))?;
    for traffic in &mut connections {
        traffic.latencies();
    }
    let (began, before) = (Instant::now(), client.cpu()?);
    let acked = run(&mut connections, time.mul_f64(1.0 - WARM_UP))?;
    let (took, after) = (began.elapsed(), client.cpu()?);
    let mut latencies: Vec<Duration> = connections.iter_mut().flat_map(Traffic::latencies).collect();
    latencies.sort_unstable();
    let percentile = |percent: usize| {
        let latency: Duration = latencies.get(latencies.len() * percent / 100).copied().unwrap_or_default();
        latency.as_secs_f64() * 1e6
    };
    Ok(Figures {
        rate: acked as f64 / took.as_secs_f64(),
        cpu: (after - before).as_secs_f64() / acked as f64 * 100_000.0,
        latency: [percentile(50), percentile(99)],
        memory: [idle, client.peak()?],
    })
}
