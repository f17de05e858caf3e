//! What happened, in both directions, for people and for tests.
//!
//! Secrets never enter it: they are replaced by name (`AppSecret`, `ticket`, `Authorization`, ...), so that a real
//! secret pasted into a test does not leak either, and the apps' own secrets are replaced wherever they stand.

mod redactor;
mod what;
mod wire;

use std::collections::VecDeque;

use serde::Serialize;

pub(super) use self::redactor::Redactor;
pub use self::what::{FaultChange, What};
pub use self::wire::{Hex, Shown, Wire};

/// Bytes of chat messages and of the data of acks that are kept; then the oldest entries go, however few they are.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// One thing that happened.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Entry {
    /// Counts from 1 and never repeats, also when old entries have gone.
    pub seq: u64,
    /// When, in ms after the machine's origin of time.
    pub at_ms: u64,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// The newest entries.
#[derive(Clone, Debug)]
pub(crate) struct Transcript {
    entries: VecDeque<Entry>,
    limit: usize,
    /// Of what is large in the entries.
    bytes: usize,
    /// Of the newest entry, whether it is still there or not.
    seq: u64,
}

impl Transcript {
    pub(crate) fn new(limit: usize) -> Transcript {
        Transcript { entries: VecDeque::new(), limit: limit.max(1), bytes: 0, seq: 0 }
    }

    pub(crate) fn add(&mut self, at_ms: u64, what: What) {
        self.bytes = self.bytes.saturating_add(what.large());
        while self.entries.len() >= self.limit || (self.bytes > MOST_BYTES && !self.entries.is_empty()) {
            if let Some(entry) = self.entries.pop_front() {
                self.bytes = self.bytes.saturating_sub(entry.what.large());
            }
        }
        self.seq = self.seq.saturating_add(1);
        self.entries.push_back(Entry { seq: self.seq, at_ms, what });
    }

    /// Numbers the next entry as if this had been the last one.
    pub(crate) fn go_on_from(&mut self, seq: u64) {
        self.seq = self.seq.max(seq);
    }

    pub(crate) fn seq(&self) -> u64 {
        self.seq
    }

    /// The entries behind the one with this number. Their numbers have no gaps, so none of the others is touched.
    pub(crate) fn after(&self, seq: u64) -> impl DoubleEndedIterator<Item = &Entry> + ExactSizeIterator {
        let oldest = self.entries.front().map_or(0, |entry| entry.seq);
        let skipped = usize::try_from(seq.saturating_add(1).saturating_sub(oldest)).unwrap_or(usize::MAX);
        self.entries.range(skipped.min(self.entries.len())..)
    }

    pub(crate) fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter()
    }
}
