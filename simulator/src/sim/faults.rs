//! Faults by name, for tests: `sim.faults().duplicate().next(1)`.

use super::Sim;
use crate::platform::{ConnectionId, DropHow, FaultId, NamedFault, Times};

/// Chooses a fault.
///
/// ```
/// use larkwire_sim::{NamedFault, Sim};
///
/// futures::executor::block_on(async {
///     let sim = Sim::start().await;
///     sim.faults().duplicate().next(1);
///     sim.faults().split(3).probability(0.5);
///     sim.faults().any(NamedFault::parse("delay:by_ms=800").unwrap().0).always();
///     sim.clear_faults();
/// });
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use = "a fault has to be chosen, and how often"]
pub struct Faults<'a> {
    sim: &'a Sim,
}

/// A fault of which it is still to be said how often it happens.
#[derive(Clone, Debug)]
#[must_use = "it has to be said how often: next, probability or always"]
pub struct Planned<'a> {
    sim: &'a Sim,
    fault: NamedFault,
    connection: Option<ConnectionId>,
}

impl<'a> Faults<'a> {
    pub(super) fn new(sim: &'a Sim) -> Faults<'a> {
        Faults { sim }
    }

    /// Any fault of the catalogue.
    pub fn any(self, fault: NamedFault) -> Planned<'a> {
        Planned { sim: self.sim, fault, connection: None }
    }

    /// After an event went out, its connection ends without a Close frame.
    pub fn drop(self, how: DropHow) -> Planned<'a> {
        self.any(NamedFault::Drop { how, code: 1001, reason: "going away".into() })
    }

    /// After an event went out, the platform neither reads nor writes on its connection any more.
    pub fn half_open(self) -> Planned<'a> {
        self.any(NamedFault::HalfOpen {})
    }

    /// A ping is not answered.
    pub fn mute_pong(self) -> Planned<'a> {
        self.any(NamedFault::MutePong {})
    }

    /// An event goes out twice at once, with the same `event_id`.
    pub fn duplicate(self) -> Planned<'a> {
        self.any(NamedFault::Duplicate { copies: 2 })
    }

    /// An event goes out once more after `after_ms`, although it was acked.
    pub fn late_repush(self, after_ms: u64) -> Planned<'a> {
        self.any(NamedFault::LateRepush { after_ms })
    }

    /// An event goes out so many ms late.
    pub fn delay(self, by_ms: u64) -> Planned<'a> {
        self.any(NamedFault::Delay { by_ms, jitter_ms: 0 })
    }

    /// An event goes out in so many frames.
    pub fn split(self, parts: usize) -> Planned<'a> {
        self.any(NamedFault::Split { parts })
    }

    /// The frames of an event go out in random order.
    pub fn reorder(self) -> Planned<'a> {
        self.any(NamedFault::Reorder {})
    }

    /// One frame of an event does not go out.
    pub fn missing_part(self) -> Planned<'a> {
        self.any(NamedFault::MissingPart {})
    }

    /// An event goes to another instance of the app.
    pub fn routing_split(self) -> Planned<'a> {
        self.any(NamedFault::RoutingSplit {})
    }

    /// An API call hits the rate limit, and may come again after so many seconds.
    pub fn rate_limit(self, reset_seconds: u64) -> Planned<'a> {
        self.any(NamedFault::ApiRateLimit { reset_seconds })
    }

    /// All tokens expire before an API call.
    pub fn token_expired(self) -> Planned<'a> {
        self.any(NamedFault::ApiTokenExpired {})
    }

    /// All faults of a preset; see [`Preset`](crate::Preset).
    ///
    /// # Panics
    /// When there is none of this name.
    #[track_caller]
    pub fn preset(self, name: &str) {
        let known = self.sim.act(|platform, now| platform.inject_preset(now, name));
        assert!(known, "there is no preset {name:?}");
    }
}

impl Planned<'_> {
    /// Only on this connection.
    pub fn on(mut self, connection: ConnectionId) -> Self {
        self.connection = Some(connection);
        self
    }

    /// The next so many times. The id is none for a fault that happens at once.
    pub fn next(self, times: usize) -> Option<FaultId> {
        self.times(Times::Next(times))
    }

    /// Each time with this chance, from 0 to 1; the seed decides.
    pub fn probability(self, chance: f64) -> Option<FaultId> {
        self.times(Times::Probability(chance))
    }

    /// Each time, until the faults are cleared.
    pub fn always(self) -> Option<FaultId> {
        self.times(Times::Always)
    }

    fn times(self, times: Times) -> Option<FaultId> {
        self.sim.act(|platform, now| platform.inject_named(now, &self.fault, times, self.connection))
    }
}
