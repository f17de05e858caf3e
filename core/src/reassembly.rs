//! Split messages, put together within limits.
//!
//! Parts come in any order, twice, or not at all. They are joined as bytes, since a cut can go through a character, and at
//! once where they come in order, as they nearly always do. Nothing is sized by what a part claims: `sum` and `seq` are
//! checked first, and only parts that came take room. When there is no more room the oldest message is given up rather than
//! the newest refused, so that no flood of half messages keeps a whole one out. It belongs to one connection, because acks
//! do.

use alloc::borrow::ToOwned;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;
use core::hash::Hasher;

use bytes::Bytes;
use siphasher::sip::SipHasher13;

use crate::Time;
use crate::config::Limits;

/// A part of a split message.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a> {
    pub(crate) message_id: &'a str,
    /// At least 2.
    pub(crate) sum: u32,
    /// Less than `sum`.
    pub(crate) seq: u32,
    pub(crate) data: &'a [u8],
}

/// What became of a part.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Added {
    /// It waits for the others.
    Waiting,
    /// It was the last: the whole message, of so many parts.
    Complete { payload: Bytes, parts: u32 },
    /// The same part came before, with the same bytes.
    Duplicate,
    /// The same part came before with other bytes; the first counts.
    Conflict,
    /// It would make its message larger than is accepted: the message is given up.
    TooLarge,
}

/// Parts that were given up.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct GivenUp {
    pub(crate) message_id: String,
    pub(crate) frames: u64,
    pub(crate) reason: Reason,
    /// The message had been complete shortly before: these were copies of its parts.
    pub(crate) repeat: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The lifetime was over.
    Expired,
    /// There was no more room.
    NoRoom,
    /// The message began anew with another number of parts.
    Restarted,
    /// It was too large.
    TooLarge,
}

#[derive(Debug)]
struct Partial {
    message_id: String,
    sum: u32,
    /// The parts up to the first that is missing.
    joined: Vec<u8>,
    /// Where each of them ends in there.
    ends: Vec<usize>,
    /// Parts that came before their turn.
    early: BTreeMap<u32, Bytes>,
    /// Payload bytes so far.
    bytes: usize,
    expires: Time,
    repeat: bool,
}

/// What one part costs beyond its bytes at most, which is where it comes early: a node of the map and the header of an
/// allocation.
const PART_OVERHEAD: usize = 96;
/// What one message costs beyond its parts.
const MESSAGE_OVERHEAD: usize = 256;
/// How many completed messages are remembered, to tell a late copy of a part from the beginning of a message.
const COMPLETED: usize = 256;

impl Partial {
    fn held(&self) -> usize {
        let parts = self.count().saturating_mul(PART_OVERHEAD);
        // Room that is not used yet is held as well.
        let free = self.joined.capacity().saturating_sub(self.joined.len());
        self.bytes
            .saturating_add(free)
            .saturating_add(parts)
            .saturating_add(self.message_id.len())
            .saturating_add(MESSAGE_OVERHEAD)
    }
}

/// All incomplete messages of a connection, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Reassembly {
    open: VecDeque<Partial>,
    held: usize,
    frames: u64,
    /// Hashes of their names: to compare so many texts would cost more than all else.
    completed: VecDeque<u64>,
}

impl Reassembly {
    /// Takes a part in. What had to be given up for it is appended to `given_up`.
    pub(crate) fn add(&mut self, now: Time, part: Part<'_>, limits: &Limits, given_up: &mut Vec<GivenUp>) -> Added {
        let mut index = self.open.iter().position(|partial| partial.message_id == part.message_id);
        if let Some(old) = index
            && self.open.get(old).is_some_and(|partial| partial.sum != part.sum)
        {
            self.give_up(old, Reason::Restarted, given_up);
            index = None;
        }
        let mut partial = match index.and_then(|index| self.remove(index)) {
            Some(partial) => partial,
            None => Partial {
                message_id: part.message_id.to_owned(),
                sum: part.sum,
                joined: Vec::new(),
                ends: Vec::new(),
                early: BTreeMap::new(),
                bytes: 0,
                expires: now.after(limits.part_lifetime),
                repeat: self.completed.contains(&hash(part.message_id)),
            },
        };
        let added = match partial.part(part.seq) {
            Some(first) if first == part.data => Added::Duplicate,
            Some(_) => Added::Conflict,
            None => {
                partial.put(part.seq, part.data, limits.payload);
                if partial.bytes > limits.payload { Added::TooLarge } else { Added::Waiting }
            }
        };
        if added == Added::TooLarge {
            given_up.push(partial.into_given_up(Reason::TooLarge));
            return added;
        }
        if u32::try_from(partial.count()) == Ok(partial.sum) {
            return self.complete(partial);
        }
        // Messages are kept in the order of their first part, which is that of their expiry.
        let place = index.unwrap_or(self.open.len());
        self.held = self.held.saturating_add(partial.held());
        self.frames = self.frames.saturating_add(partial.frames());
        self.open.insert(place.min(self.open.len()), partial);
        self.make_room(part.message_id, limits, given_up);
        added
    }

    /// Gives up what has waited too long.
    pub(crate) fn expire(&mut self, now: Time, given_up: &mut Vec<GivenUp>) {
        while self.expires().is_some_and(|at| at <= now) {
            self.give_up(0, Reason::Expired, given_up);
        }
    }

    /// When the oldest message has waited too long.
    pub(crate) fn expires(&self) -> Option<Time> {
        self.open.front().map(|partial| partial.expires)
    }

    /// How many parts wait.
    pub(crate) fn frames(&self) -> u64 {
        self.frames
    }

    /// How many bytes they take, all included.
    pub(crate) fn held(&self) -> usize {
        self.held
    }

    fn complete(&mut self, mut partial: Partial) -> Added {
        if !partial.repeat {
            if self.completed.len() >= COMPLETED {
                self.completed.pop_front();
            }
            self.completed.push_back(hash(&partial.message_id));
        }
        partial.joined.shrink_to_fit();
        Added::Complete { payload: partial.joined.into(), parts: partial.sum }
    }

    /// Gives up the oldest messages but the one at hand, until the rest is within bounds.
    fn make_room(&mut self, at_hand: &str, limits: &Limits, given_up: &mut Vec<GivenUp>) {
        while self.open.len() > limits.open_messages.max(1) || self.held > limits.open_bytes {
            let Some(oldest) = self.open.iter().position(|partial| partial.message_id != at_hand) else { break };
            self.give_up(oldest, Reason::NoRoom, given_up);
        }
    }

    fn give_up(&mut self, index: usize, reason: Reason, given_up: &mut Vec<GivenUp>) {
        given_up.extend(self.remove(index).map(|partial| partial.into_given_up(reason)));
    }

    fn remove(&mut self, index: usize) -> Option<Partial> {
        let partial = self.open.remove(index)?;
        self.held = self.held.saturating_sub(partial.held());
        self.frames = self.frames.saturating_sub(partial.frames());
        Some(partial)
    }
}

impl Partial {
    /// A part that came before.
    fn part(&self, seq: u32) -> Option<&[u8]> {
        let place = usize::try_from(seq).ok()?;
        let Some(end) = self.ends.get(place) else { return self.early.get(&seq).map(|data| &**data) };
        let begin = place.checked_sub(1).and_then(|before| self.ends.get(before));
        self.joined.get(begin.copied().unwrap_or(0)..*end)
    }

    /// Takes a part that did not come before.
    fn put(&mut self, seq: u32, data: &[u8], limit: usize) {
        self.bytes = self.bytes.saturating_add(data.len());
        if seq != self.next() {
            self.early.insert(seq, Bytes::copy_from_slice(data));
            return;
        }
        self.join(data, limit);
        while let Some(data) = self.early.remove(&self.next()) {
            self.join(&data, limit);
        }
    }

    /// Appends the part whose turn it is. The room for it doubles, up to the largest message that is accepted.
    fn join(&mut self, data: &[u8], limit: usize) {
        let (length, room) = (self.joined.len(), self.joined.capacity());
        let needed = length.saturating_add(data.len());
        if needed > room {
            let room = room.saturating_mul(2).min(limit).max(needed);
            self.joined.reserve_exact(room.saturating_sub(length));
        }
        self.joined.extend_from_slice(data);
        self.ends.push(needed);
    }

    /// The part whose turn it is.
    fn next(&self) -> u32 {
        u32::try_from(self.ends.len()).unwrap_or(u32::MAX)
    }

    fn count(&self) -> usize {
        self.ends.len().saturating_add(self.early.len())
    }

    fn frames(&self) -> u64 {
        self.count() as u64
    }

    fn into_given_up(self, reason: Reason) -> GivenUp {
        GivenUp { frames: self.frames(), message_id: self.message_id, reason, repeat: self.repeat }
    }
}

/// Only tells a repetition from a beginning, so that it needs no secret.
fn hash(message_id: &str) -> u64 {
    let mut hasher = SipHasher13::new();
    hasher.write(message_id.as_bytes());
    hasher.finish()
}

#[cfg(test)]
mod tests;
