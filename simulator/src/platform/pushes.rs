//! What the machine knows about pushes: each as it stands, and what was sent under which `message_id`.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use larkwire_core::frame::RawFrame;
use rustc_hash::FxHashMap;

use super::app::AppKey;
use super::push::{PushId, PushRecord, Shape};
use super::timer::TimerKey;
use super::vocabulary::ConnectionId;

/// A push inside the machine.
#[derive(Clone, Debug)]
pub(crate) struct Pushed {
    pub(crate) record: PushRecord,
    /// None if its app does not exist.
    pub(crate) app: Option<AppKey>,
    pub(crate) payload: Bytes,
    pub(crate) shape: Shape,
    pub(crate) connection: Option<ConnectionId>,
    /// Redeliveries so far.
    pub(crate) redelivered: usize,
    /// Of the payload and of what its acks carried.
    pub(crate) bytes: usize,
}

/// What was sent under one `message_id`, for the comparison with its ack.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) push: PushId,
    /// Index in [`PushRecord::deliveries`].
    pub(crate) delivery: usize,
    /// When the time for its ack is over.
    pub(crate) due: TimerKey,
    pub(crate) connection: ConnectionId,
    pub(crate) service: i32,
    /// Its frames in the order of sending, without their payloads; none any more once it is acked.
    pub(crate) parts: Vec<RawFrame>,
    /// Index in `parts` of the one that completed the message; none if parts are missing.
    pub(crate) completing: Option<usize>,
}

/// All pushes; the oldest settled ones go when there are too many.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pushes {
    pub(crate) all: ById,
    /// By `message_id`. Nothing depends on its order, and no client has a say in its keys.
    pub(crate) sent: FxHashMap<Arc<str>, Sent>,
    /// Held back, each for the next one that it can go together with.
    pub(crate) held: Vec<PushId>,
    made: u64,
    /// Of all of them.
    pub(crate) bytes: usize,
}

/// Bytes of payloads and answers that are kept; then the oldest go, however few they are.
const MOST_BYTES: usize = 256 * 1024 * 1024;

impl Pushes {
    pub(crate) fn add(&mut self, limit: usize, make: impl FnOnce(PushId) -> Pushed) -> PushId {
        self.evict(limit);
        let id = PushId(self.made);
        self.made = self.made.saturating_add(1);
        let pushed = make(id);
        self.bytes = self.bytes.saturating_add(pushed.bytes);
        self.all.0.push_back((id, Box::new(pushed)));
        id
    }

    fn evict(&mut self, limit: usize) {
        while self.all.0.len() >= limit.max(1) || self.bytes > MOST_BYTES {
            let settled = self.all.values().position(|pushed| pushed.record.is_settled());
            // A client that answers nothing could fill the memory with pushes that wait for redelivery.
            let Some((_, pushed)) = self.all.0.remove(settled.unwrap_or_default()) else { return };
            self.bytes = self.bytes.saturating_sub(pushed.bytes);
            for delivery in pushed.record.deliveries {
                self.sent.remove(&delivery.message_id);
            }
        }
    }
}

/// Pushes in the order of their ids, which is that of their making.
#[derive(Clone, Debug, Default)]
pub(crate) struct ById(VecDeque<(PushId, Box<Pushed>)>);

impl ById {
    pub(crate) fn get(&self, id: &PushId) -> Option<&Pushed> {
        self.0.get(self.place(id)?).map(|(_, pushed)| &**pushed)
    }

    pub(crate) fn get_mut(&mut self, id: &PushId) -> Option<&mut Pushed> {
        let place = self.place(id)?;
        self.0.get_mut(place).map(|(_, pushed)| &mut **pushed)
    }

    /// The oldest first.
    pub(crate) fn values(&self) -> impl DoubleEndedIterator<Item = &Pushed> {
        self.0.iter().map(|(_, pushed)| &**pushed)
    }

    fn place(&self, id: &PushId) -> Option<usize> {
        // None is missing between the newest and the oldest that waits for a redelivery, so that most are found at once.
        let (newest, _) = self.0.back()?;
        let newer = usize::try_from(newest.0.checked_sub(id.0)?).ok()?;
        let place = self.0.len().wrapping_sub(newer).wrapping_sub(1);
        match self.0.get(place) {
            Some((found, _)) if found == id => Some(place),
            _ => self.0.binary_search_by_key(id, |(id, _)| *id).ok(),
        }
    }
}
