//! Pushes and their acks.

use std::time::{Duration, Instant};

use super::ack::{self, Said};
use super::ring::Ring;
use super::websocket::{Inbound, write_frame};
use super::{Stream, samples};
use crate::bench::BoxError;
use crate::bench::round::Workload;

/// An open connection under load.
pub(crate) struct Traffic {
    stream: Box<dyn Stream>,
    window: usize,
    ring: Ring,
    /// When each event without an ack was pushed, in the slot of its number.
    open: Vec<Option<(u64, Instant)>>,
    unacked: usize,
    latencies: Vec<Duration>,
    inbound: Inbound,
}

/// Keeps the windows of all these connections full for so long, then waits for the last acks. Gives the number of events acked.
pub(crate) fn run(connections: &mut [Traffic], time: Duration) -> Result<u64, BoxError> {
    let until = Instant::now() + time;
    let mut acked = 0;
    loop {
        for traffic in &mut *connections {
            traffic.fill()?;
        }
        for traffic in &mut *connections {
            acked += traffic.read()?;
        }
        if Instant::now() >= until {
            break;
        }
    }
    for traffic in connections {
        acked += traffic.finish()?;
    }
    Ok(acked)
}

impl Traffic {
    pub(crate) fn new(stream: Box<dyn Stream>, workload: &Workload) -> Traffic {
        Traffic {
            stream,
            window: workload.window,
            ring: Ring::new(workload.bytes, workload.parts, workload.window),
            // Many times the window, since acks may come in another order.
            open: vec![None; 16 * workload.window.max(4)],
            unacked: 0,
            latencies: Vec::new(),
            inbound: Inbound::default(),
        }
    }

    /// Waits until the client pings. The Node SDK loses what comes between the upgrade and that moment.
    pub(crate) fn wait_for_ping(&mut self) -> Result<(), BoxError> {
        loop {
            self.inbound.read_from(&mut self.stream)?;
            if let Some(message) = self.inbound.next_message()? {
                return match ack::read(message)? {
                    Said::Ping => Ok(()),
                    Said::Ack(number) => Err(format!("an ack for event {number} before any event").into()),
                };
            }
        }
    }

    /// Keeps the window full until so many events more are acked.
    pub(crate) fn run_events(&mut self, events: u64) -> Result<(), BoxError> {
        let mut left = events;
        while left > 0 {
            self.fill()?;
            left = left.saturating_sub(self.read()?);
            // They are of no interest here, and many.
            self.latencies.clear();
        }
        self.finish().map(|_| ())
    }

    /// Pushes frames that get no ack.
    pub(crate) fn push<T: AsRef<[u8]>>(&mut self, frames: impl IntoIterator<Item = T>) -> Result<(), BoxError> {
        let mut out = Vec::new();
        for frame in frames {
            write_frame(frame.as_ref(), &mut out);
        }
        Ok(self.stream.write_all(&out)?)
    }

    /// Pushes and never reads, until the client takes nothing more or is gone. Gives what the connection has to be kept open by.
    pub(crate) fn stall(mut self) -> Box<dyn Stream> {
        let count = self.ring.count();
        while self.stream.write_all(self.ring.next(count)).is_ok() {}
        self.stream
    }

    /// Leaves out the ids of so many events.
    pub(crate) fn skip(&mut self, events: u64) {
        self.ring.skip(events);
    }

    /// Gives the latencies since the last time.
    pub(crate) fn latencies(&mut self) -> Vec<Duration> {
        std::mem::take(&mut self.latencies)
    }

    /// Pushes until the window is full.
    fn fill(&mut self) -> Result<(), BoxError> {
        while self.unacked < self.window {
            let now = Instant::now();
            let most = self.ring.count().min(self.window - self.unacked);
            let mut count = 0;
            while count < most {
                let number = self.ring.number() + count as u64 + 1;
                let at = number as usize % self.open.len();
                if self.open[at].is_some() {
                    // An early event has no ack yet, and many after it have: that of this one is waited for.
                    break;
                }
                self.open[at] = Some((number, now));
                count += 1;
            }
            if count == 0 {
                return Ok(());
            }
            self.unacked += count;
            self.stream.write_all(self.ring.next(count))?;
            self.stream.flush()?;
        }
        Ok(())
    }

    /// Waits for the acks that are missing.
    fn finish(&mut self) -> Result<u64, BoxError> {
        let mut acked = 0;
        while self.unacked > 0 {
            acked += self.read()?;
        }
        Ok(acked)
    }

    /// Takes what has come, at least a byte, and gives the number of acks in it.
    fn read(&mut self) -> Result<u64, BoxError> {
        self.inbound.read_from(&mut self.stream)?;
        let now = Instant::now();
        let (mut acked, mut pings) = (0, 0);
        while let Some(message) = self.inbound.next_message()? {
            match ack::read(message)? {
                Said::Ack(number) => {
                    let at = number as usize % self.open.len();
                    let Some((_, pushed)) = self.open[at].take_if(|(open, _)| *open == number) else {
                        return Err(format!("an ack for event {number}, which is not open").into());
                    };
                    self.unacked -= 1;
                    self.latencies.push(now - pushed);
                    acked += 1;
                }
                Said::Ping => pings += 1,
            }
        }
        if pings > 0 {
            self.push(std::iter::repeat_n(samples::PONG, pings))?;
            self.stream.flush()?;
        }
        Ok(acked)
    }
}
