//! Events that were handled already, remembered within bounds.
//!
//! The platform delivers at least once, and again after hours. A handled event is remembered for a time, with the answer
//! that a callback got; one that is being handled belongs to its delivery; one that failed is forgotten, so that its
//! redelivery is handled again. Entries hold a 128-bit keyed hash of the id instead of the id: 16 bytes, and nobody who
//! does not know the key can make two ids collide.

use alloc::collections::{BTreeMap, VecDeque};
use core::hash::Hasher;
use core::time::Duration;

use bytes::Bytes;
use hashbrown::HashTable;
use siphasher::sip128::{Hasher128, SipHasher24};

use crate::Time;
use crate::config::Limits;
use crate::event::Schema;
use crate::vocabulary::DeliveryId;

/// Names an event: its id, in the space of its version. Bytes rather than numbers, which would need padding in [`Done`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key([u8; 16]);

/// What is known of an event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Never,
    /// This delivery of it has no answer yet.
    Running(DeliveryId),
    /// It was handled, with this answer.
    Done(Option<Bytes>),
    /// It was tried before, and not handled.
    Failed,
}

#[derive(Debug)]
struct Done {
    key: Key,
    /// Whole seconds since the origin, rounded up: half the size of a `Time`, and exact enough for hours.
    until: u32,
}

/// What remembering an answer costs beyond its bytes: its entries in two collections, and an allocation. Without it many
/// answers as short as `{}` would take ten times what [`Limits::dedup_answers`] says.
const ANSWER_OVERHEAD: usize = 192;
/// How many failed events are remembered: few enough to look through.
const FAILED: usize = 128;

/// The table.
#[derive(Debug)]
pub(crate) struct Dedup {
    secret: (u64, u64),
    running: BTreeMap<Key, DeliveryId>,
    /// In the order in which they were done, which is that of their expiry.
    done: VecDeque<Done>,
    /// How many were taken from the front of `done` since the beginning: an index entry minus this is a place in it.
    taken: u64,
    /// Places in `done`, by the hash of the key; as 32 bits that wrap around, since there are never so many at a time. Those
    /// of events that are forgotten stay until there is no more room: to look for each would miss the caches once more.
    index: HashTable<u32>,
    answers: BTreeMap<Key, Bytes>,
    /// The keys of `answers`, in the order of `done`.
    answered: VecDeque<Key>,
    answer_bytes: usize,
    /// The last few that failed: for information only, so that a short memory will do.
    failed: VecDeque<Key>,
    /// Done entries that had to go before their time.
    evicted: u64,
}

impl Dedup {
    pub(crate) fn new(secret: (u64, u64)) -> Dedup {
        Dedup {
            secret,
            running: BTreeMap::new(),
            done: VecDeque::new(),
            taken: 0,
            index: HashTable::new(),
            answers: BTreeMap::new(),
            answered: VecDeque::new(),
            answer_bytes: 0,
            failed: VecDeque::new(),
            evicted: 0,
        }
    }

    /// The key of an event.
    pub(crate) fn key(&self, schema: Option<Schema>, event_id: &str) -> Key {
        let mut hasher = SipHasher24::new_with_keys(self.secret.0, self.secret.1);
        hasher.write_u8(if schema == Some(Schema::P1) { 1 } else { 2 });
        hasher.write(event_id.as_bytes());
        Key(hasher.finish128().as_bytes())
    }

    /// What is known of it.
    pub(crate) fn look(&mut self, now: Time, key: Key) -> Seen {
        self.expire(now);
        if let Some(id) = self.running.get(&key) {
            return Seen::Running(*id);
        }
        match self.find(key) {
            Some(_) => Seen::Done(self.answers.get(&key).cloned()),
            None if self.failed.contains(&key) => Seen::Failed,
            None => Seen::Never,
        }
    }

    /// It is being handled, as this delivery.
    pub(crate) fn start(&mut self, key: Key, id: DeliveryId) {
        self.running.insert(key, id);
    }

    /// It was not handled: the next delivery of it is a new one.
    pub(crate) fn fail(&mut self, key: Key) {
        self.running.remove(&key);
        if !self.failed.contains(&key) {
            if self.failed.len() >= FAILED {
                self.failed.pop_front();
            }
            self.failed.push_back(key);
        }
    }

    /// It was handled, with this answer.
    pub(crate) fn finish(&mut self, now: Time, key: Key, answer: Option<Bytes>, limits: &Limits) {
        self.running.remove(&key);
        self.failed.retain(|failed| *failed != key);
        self.expire(now);
        if limits.dedup_entries == 0 || self.find(key).is_some() {
            return;
        }
        while self.done.len() >= limits.dedup_entries {
            self.take_oldest();
            self.evicted = self.evicted.saturating_add(1);
        }
        self.remember_answer(key, answer, limits);
        let place = self.taken.wrapping_add(self.done.len() as u64) as u32;
        let until = seconds(now.after(limits.dedup_window).since_origin());
        self.done.push_back(Done { key, until });
        let (done, taken) = (&self.done, self.taken);
        if self.index.len() == self.index.capacity() {
            self.index.retain(|place| at(done, taken, *place).is_some());
        }
        self.index.insert_unique(hash(key), place, |place| hash_at(done, taken, *place));
    }

    /// How many events are remembered as handled.
    pub(crate) fn entries(&self) -> usize {
        self.done.len()
    }

    /// How many of them had to go before their time.
    pub(crate) fn evicted(&self) -> u64 {
        self.evicted
    }

    /// The oldest answers go first; their events stay known, and are acked without content then.
    fn remember_answer(&mut self, key: Key, answer: Option<Bytes>, limits: &Limits) {
        let Some(answer) = answer.filter(|answer| size(answer) <= limits.dedup_answers) else { return };
        while self.answer_bytes.saturating_add(size(&answer)) > limits.dedup_answers {
            self.forget_oldest_answer();
        }
        self.answer_bytes = self.answer_bytes.saturating_add(size(&answer));
        self.answers.insert(key, answer);
        self.answered.push_back(key);
    }

    fn forget_oldest_answer(&mut self) {
        let answer = self.answered.pop_front().and_then(|key| self.answers.remove(&key));
        self.answer_bytes = self.answer_bytes.saturating_sub(answer.map_or(0, |answer| size(&answer)));
    }

    fn expire(&mut self, now: Time) {
        let now = u32::try_from(now.since_origin().as_secs()).unwrap_or(u32::MAX);
        while self.done.front().is_some_and(|done| done.until < now) {
            self.take_oldest();
        }
    }

    fn take_oldest(&mut self) {
        let Some(done) = self.done.pop_front() else { return };
        self.taken = self.taken.wrapping_add(1);
        if self.answered.front() == Some(&done.key) {
            self.forget_oldest_answer();
        }
    }

    fn find(&self, key: Key) -> Option<&u32> {
        self.index.find(hash(key), |place| at(&self.done, self.taken, *place).is_some_and(|done| done.key == key))
    }
}

fn at(done: &VecDeque<Done>, taken: u64, place: u32) -> Option<&Done> {
    done.get(place.wrapping_sub(taken as u32) as usize)
}

fn hash_at(done: &VecDeque<Done>, taken: u64, place: u32) -> u64 {
    at(done, taken, place).map_or(0, |done| hash(done.key))
}

fn size(answer: &Bytes) -> usize {
    answer.len().saturating_add(ANSWER_OVERHEAD)
}

/// The key is a hash already.
fn hash(key: Key) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = key.0;
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_secs().saturating_add(1)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
