//! Pushes and their acks.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::ack::{self, Said};
use super::websocket::{Inbound, write_frame};
use super::{BoxError, Stream, Workload};
use crate::samples::Pushes;

/// So much is written at once.
const CHUNK: usize = 256 * 1024;
/// Slots for events without an ack: more than any window, since acks may come in another order.
const SLOTS: usize = 4096;

/// An open connection under load.
pub(super) struct Traffic {
    stream: Box<dyn Stream>,
    window: usize,
    pushes: Pushes,
    /// When each event without an ack was pushed, in the slot of its number.
    open: Vec<Option<(u64, Instant)>>,
    unacked: usize,
    latencies: Vec<Duration>,
    inbound: Inbound,
    outbound: Vec<u8>,
    pongs: VecDeque<Vec<u8>>,
}

impl Traffic {
    pub(super) fn new(stream: Box<dyn Stream>, workload: &Workload) -> Traffic {
        Traffic {
            stream,
            window: workload.window,
            pushes: Pushes::new(workload.bytes, workload.parts),
            open: vec![None; SLOTS],
            unacked: 0,
            latencies: Vec::new(),
            inbound: Inbound::default(),
            outbound: Vec::new(),
            pongs: VecDeque::new(),
        }
    }

    /// Waits until the client pings. The Node SDK loses what comes between the upgrade and that moment.
    pub(super) fn wait_for_ping(&mut self) -> Result<(), BoxError> {
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

    /// Keeps the window full for so long, then waits for the last acks. Gives the number of events acked.
    pub(super) fn run(&mut self, time: Duration) -> Result<u64, BoxError> {
        let until = Instant::now() + time;
        let mut acked = 0;
        while Instant::now() < until {
            self.fill()?;
            acked += self.read()?;
        }
        while self.unacked > 0 {
            acked += self.read()?;
        }
        Ok(acked)
    }

    /// Keeps the window full until so many events more are acked.
    pub(super) fn run_events(&mut self, events: u64) -> Result<(), BoxError> {
        let mut left = events;
        while left > 0 {
            self.fill()?;
            left = left.saturating_sub(self.read()?);
            // They are of no interest here, and many.
            self.latencies.clear();
        }
        while self.unacked > 0 {
            self.read()?;
        }
        Ok(())
    }

    /// Pushes a frame that gets no ack.
    pub(super) fn push(&mut self, frame: &[u8]) -> Result<(), BoxError> {
        write_frame(frame, &mut self.outbound);
        if self.outbound.len() >= CHUNK { self.send() } else { Ok(()) }
    }

    /// Leaves out the ids of so many events.
    pub(super) fn skip(&mut self, events: u64) {
        self.pushes.skip(events);
    }

    /// Forgets the latencies so far.
    pub(super) fn forget(&mut self) {
        self.latencies.clear();
    }

    /// The median latency, and what 99 of 100 do not exceed.
    pub(super) fn latency(&mut self) -> [Duration; 2] {
        self.latencies.sort_unstable();
        let at = |percent| self.latencies.get(self.latencies.len() * percent / 100).copied().unwrap_or_default();
        [at(50), at(99)]
    }

    /// Pushes until the window is full.
    fn fill(&mut self) -> Result<(), BoxError> {
        while self.unacked < self.window {
            let now = Instant::now();
            while self.unacked < self.window && self.outbound.len() < CHUNK {
                let slot = &mut self.open[(self.pushes.number() + 1) as usize % SLOTS];
                if slot.is_some() {
                    // An early event has no ack yet, and thousands after it have: that of this one is waited for.
                    return self.send();
                }
                *slot = Some((self.pushes.number() + 1, now));
                self.unacked += 1;
                for frame in self.pushes.next_push() {
                    write_frame(frame, &mut self.outbound);
                }
            }
            self.send()?;
        }
        Ok(())
    }

    fn send(&mut self) -> Result<(), BoxError> {
        self.stream.write_all(&self.outbound)?;
        self.stream.flush()?;
        self.outbound.clear();
        Ok(())
    }

    /// Takes what has come, at least a byte, and gives the number of acks in it.
    fn read(&mut self) -> Result<u64, BoxError> {
        self.inbound.read_from(&mut self.stream)?;
        let now = Instant::now();
        let mut acked = 0;
        while let Some(message) = self.inbound.next_message()? {
            match ack::read(message)? {
                Said::Ack(number) => {
                    let slot = &mut self.open[number as usize % SLOTS];
                    let Some((_, pushed)) = slot.take_if(|(open, _)| *open == number) else {
                        return Err(format!("an ack for event {number}, which is not open").into());
                    };
                    self.unacked -= 1;
                    self.latencies.push(now - pushed);
                    acked += 1;
                }
                Said::Ping => self.pongs.push_back(ack::pong()),
            }
        }
        while let Some(pong) = self.pongs.pop_front() {
            write_frame(&pong, &mut self.outbound);
        }
        if !self.outbound.is_empty() {
            self.send()?;
        }
        Ok(acked)
    }
}
