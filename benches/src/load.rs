//! A load generator, and what a client does under its load.
//!
//! It speaks just enough of the platform to push events as fast as any client takes them: discovery, the upgrade, pongs,
//! and messages with so many of them unacked at a time. It keeps no transcript and no page, and checks every ack. Clients
//! are processes of their own, started by a command line with the address in the environment, so that any client in any
//! language can be measured; their CPU time and memory are what the system says about them.

mod ack;
mod memory;
mod platform;
mod process;
mod reconnects;
pub mod report;
mod tls;
mod traffic;
mod websocket;

use std::error::Error;
use std::io::{Read, Write};
use std::time::{Duration, Instant};

pub use memory::memory;
use platform::Platform;
pub use process::Process;
pub use reconnects::reconnects;
pub use tls::Authority;
use traffic::Traffic;

/// Any error of a round; one of them is that a client does not do what it should.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// A byte stream.
pub trait Stream: Read + Write + Send {}

impl<T: Read + Write + Send> Stream for T {}

/// How long a client may take to connect: interpreters take their time on a busy machine.
const START: Duration = Duration::from_secs(30);
/// The part of a round that is not measured: caches, compilers that learn while they run, memory that is still growing.
const WARM_UP: f64 = 0.25;

/// What is pushed, and how.
#[derive(Clone, Debug)]
pub struct Workload {
    /// How the tables call it.
    pub name: String,
    /// Bytes of each payload.
    pub bytes: usize,
    /// Frames that carry it.
    pub parts: usize,
    /// Most events without an ack.
    pub window: usize,
    /// Over TLS.
    pub tls: bool,
    /// Generator and client share one CPU. To wake another CPU takes longer than what is to be measured, on a virtual machine.
    pub pinned: bool,
}

/// A client that can be started.
#[derive(Clone, Debug)]
pub struct Contestant {
    /// How the tables call it.
    pub name: String,
    /// Program and arguments.
    pub command: Vec<String>,
}

/// What a client did in a round.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// Events acked in a second.
    pub rate: f64,
    /// CPU seconds of the client for 100,000 events.
    pub cpu: f64,
    /// Time from a push to its ack: the median, and what 99 of 100 do not exceed.
    pub latency: [Duration; 2],
    /// Resident memory in KiB before the first event, and the most there ever was.
    pub memory: [u64; 2],
}

/// Starts a client, loads it for so long, and stops it.
///
/// # Errors
/// When the client does not connect, loses its connection, or sends something that is no correct ack.
pub fn round(
    workload: &Workload,
    contestant: &Contestant,
    time: Duration,
    authority: &Authority,
) -> Result<Figures, BoxError> {
    let platform = Platform::start(workload.tls.then_some(authority))?;
    if workload.pinned {
        process::pin()?;
    }
    let client = Process::start(contestant, &platform.domain(), authority)?;
    let outcome = measure(workload, &platform, &client, time);
    if workload.pinned {
        process::unpin()?;
    }
    outcome
}

fn measure(workload: &Workload, platform: &Platform, client: &Process, time: Duration) -> Result<Figures, BoxError> {
    let stream = platform.connection(START, client)?;
    let mut traffic = Traffic::new(stream, workload);
    traffic.wait_for_ping()?;
    let idle = client.resident()?;
    traffic.run(time.mul_f64(WARM_UP))?;
    traffic.forget();
    let (began, before) = (Instant::now(), client.cpu()?);
    let acked = traffic.run(time.mul_f64(1.0 - WARM_UP))?;
    let (took, after) = (began.elapsed(), client.cpu()?);
    let per_event = (after - before).as_secs_f64() / acked as f64;
    Ok(Figures {
        rate: acked as f64 / took.as_secs_f64(),
        cpu: per_event * 100_000.0,
        latency: traffic.latency(),
        memory: [idle, client.peak()?],
    })
}
