//! Who has the say on the answer to a delivery: its handler, or the responder that the handler took.

use std::sync::atomic::{AtomicU8, Ordering};

/// What has happened to a delivery so far. Each thing happens at most once, so that of two which come together exactly one
/// sees the other.
#[derive(Default)]
pub(super) struct Say(AtomicU8);

/// Whose turn it is to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// That of who asks.
    Mine,
    /// Somebody else's.
    Others,
    /// Everybody has left without an answer.
    Nobodys,
}

/// The handler took a responder.
const TAKEN: u8 = 1;
/// The responder sent an ack before the answer.
const ACKED: u8 = 2;
/// The responder was dropped.
const LET_GO: u8 = 4;
/// The handler ended well, with nothing to say itself.
const HANDLED: u8 = 8;
/// There is an answer.
const SETTLED: u8 = 16;

impl Say {
    fn set(&self, what: u8) -> u8 {
        self.0.fetch_or(what, Ordering::AcqRel)
    }

    /// A responder is wanted. False if there was one before.
    pub(super) fn take(&self) -> bool {
        self.set(TAKEN) & TAKEN == 0
    }

    /// The responder acks early. False if there is an ack or an answer.
    pub(super) fn ack(&self) -> bool {
        self.set(ACKED) & (ACKED | SETTLED) == 0
    }

    /// The handler has ended well, with nothing to say itself.
    pub(super) fn handled(&self) -> Turn {
        match self.set(HANDLED) {
            before if before & TAKEN == 0 => Turn::Mine,
            before if before & LET_GO == 0 => Turn::Others,
            before if before & ACKED != 0 => Turn::Mine,
            _ => Turn::Nobodys,
        }
    }

    /// The responder is gone, and has not answered.
    pub(super) fn let_go(&self) -> Turn {
        match self.set(LET_GO) {
            before if before & HANDLED == 0 => Turn::Others,
            before if before & ACKED != 0 => Turn::Mine,
            _ => Turn::Nobodys,
        }
    }

    /// Here is the answer. False if there was one before.
    pub(super) fn settle(&self) -> bool {
        self.set(SETTLED) & SETTLED == 0
    }
}
