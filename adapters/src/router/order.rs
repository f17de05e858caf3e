//! Deliveries that are to be handled one after the other.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, Hash};
use std::panic::{AssertUnwindSafe, catch_unwind};

use larkwire_core::{Delivery, DeliveryId};
use tracing::error;

use super::dispatch::Waiting;
use crate::panics::words;

/// What deliveries have in common that are handled one after the other: the hash of their key. Two keys of the same hash
/// only wait for each other without need; the seed is secret, so that nobody can choose such keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Lane(u64);

type LaneOf = dyn Fn(&Delivery) -> Option<Lane> + Send + Sync;

/// Which deliveries are handled one after the other.
pub(crate) struct Order(Box<LaneOf>);

impl Order {
    /// Those that have the same key.
    pub(crate) fn by<K: Hash>(key: impl Fn(&Delivery) -> Option<K> + Send + Sync + 'static) -> Order {
        let seed = RandomState::new();
        Order(Box::new(move |delivery| key(delivery).map(|key| Lane(seed.hash_one(key)))))
    }

    /// Events about the same chat. A callback waits for nobody: it may be there to stop what runs.
    pub(crate) fn by_chat() -> Order {
        let seed = RandomState::new();
        Order(Box::new(move |delivery| {
            let chat = delivery.chat_id().filter(|_| !delivery.is_callback())?;
            Some(Lane(seed.hash_one(chat)))
        }))
    }

    /// Without a lane, or if the application's function panics, a delivery waits for nobody.
    pub(super) fn lane(&self, delivery: &Delivery) -> Option<Lane> {
        catch_unwind(AssertUnwindSafe(|| (self.0)(delivery))).unwrap_or_else(|panic| {
            let panic = words(panic);
            error!(delivery = %delivery.id(), panic, "the function that gives deliveries their order panicked");
            None
        })
    }
}

/// The deliveries that wait for the one before them. A lane is there while one of its deliveries runs, or is about to.
#[derive(Default)]
pub(super) struct Lanes {
    lanes: HashMap<Lane, VecDeque<Waiting>>,
    waiting: usize,
}

impl Lanes {
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    pub(super) fn is_taken(&self, lane: Lane) -> bool {
        self.lanes.contains_key(&lane)
    }

    /// Keeps a delivery until the others of its lane have ended. Gives it back if there is nobody to wait for.
    pub(super) fn enter(&mut self, waiting: Waiting) -> Option<Waiting> {
        let Some(lane) = waiting.lane else { return Some(waiting) };
        match self.lanes.get_mut(&lane) {
            Some(queue) => {
                queue.push_back(waiting);
                self.waiting += 1;
                None
            }
            None => {
                self.lanes.insert(lane, VecDeque::new());
                Some(waiting)
            }
        }
    }

    /// The delivery at the head of a lane has ended. Gives the next one.
    pub(super) fn leave(&mut self, lane: Lane) -> Option<Waiting> {
        let next = self.lanes.get_mut(&lane)?.pop_front();
        match next {
            Some(_) => self.waiting -= 1,
            None => drop(self.lanes.remove(&lane)),
        }
        next
    }

    /// Takes out one that waits.
    pub(super) fn remove(&mut self, id: DeliveryId) -> Option<Waiting> {
        let found = self.lanes.values_mut().find_map(|queue| take(queue, id))?;
        self.waiting -= 1;
        Some(found)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Waiting> {
        self.lanes.values().flatten()
    }

    pub(super) fn drain(&mut self) -> impl Iterator<Item = Waiting> {
        self.waiting = 0;
        std::mem::take(&mut self.lanes).into_values().flatten()
    }
}

/// Takes the delivery of this id out of a queue.
pub(super) fn take(queue: &mut VecDeque<Waiting>, id: DeliveryId) -> Option<Waiting> {
    let at = queue.iter().position(|waiting| waiting.ctx.delivery().id() == id)?;
    queue.remove(at)
}
