//! Every deadline of the machine in one table.

use std::collections::BTreeMap;

use larkwire_core::Time;

use super::fault::{FaultId, Wake};
use super::push::PushId;
use super::vocabulary::{ConnectionId, Output};

/// What falls due.
#[derive(Clone, Debug)]
pub(crate) enum Timer {
    /// An output that was held back.
    Release(Output),
    /// An upgrade that was held back.
    Accept(ConnectionId),
    /// The first delivery of a push that was held back.
    Deliver(PushId),
    /// The time for the ack of a pushed message is over.
    AckDue {
        /// Of which push.
        push: PushId,
        /// Which of its deliveries.
        delivery: usize,
        /// Where that went.
        connection: ConnectionId,
    },
    /// A failed push goes out again.
    Redeliver(PushId),
    /// A push goes out once more, whatever became of it.
    Repeat(PushId),
    /// A push that was held back for the next one goes out without it.
    Unhold(PushId),
    /// A connection that stood still goes on.
    Thaw(ConnectionId),
    /// The machine of the client of this connection wakes.
    Wake(ConnectionId, Wake),
    /// The machines of all clients wake.
    WakeAll,
    /// A fault that happens for a while is over.
    Forget(FaultId),
    /// The platform ends the streaming of a card entity, unless it has begun anew.
    StreamingEnds {
        /// Which.
        card_id: String,
        /// Since when it has been streaming.
        since: Time,
    },
}

/// Names a timer that was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TimerKey(Time, u64);

/// Deadlines in order of time, and of their making where the time is the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timers {
    due: BTreeMap<TimerKey, Timer>,
    made: u64,
}

impl Timers {
    pub(crate) fn set(&mut self, at: Time, timer: Timer) -> TimerKey {
        self.made = self.made.saturating_add(1);
        let key = TimerKey(at, self.made);
        self.due.insert(key, timer);
        key
    }

    /// Takes one back that is not needed any more.
    pub(crate) fn cancel(&mut self, key: TimerKey) -> Option<Timer> {
        self.due.remove(&key)
    }

    /// The earliest deadline.
    pub(crate) fn next(&self) -> Option<Time> {
        self.due.keys().next().map(|key| key.0)
    }

    /// Takes one timer that is due at `now`.
    pub(crate) fn take_due(&mut self, now: Time) -> Option<Timer> {
        if self.next()? > now {
            return None;
        }
        self.due.pop_first().map(|(_, timer)| timer)
    }
}
