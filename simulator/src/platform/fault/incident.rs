//! What happens to the whole platform, or to the machine that clients run on: sleep, clocks, a storm.
//!
//! A machine that sleeps is not gone. Its connections stay open and get their pushes, which wait on the way; nothing is acked,
//! and events are pushed again. When it wakes, what waited arrives, or the way has forgotten its connections and resets them.

use std::time::Duration;

use larkwire_core::Time;
use serde::{Deserialize, Serialize};

use super::{DiscoveryFault, Fault, FaultId, NamedFault, Times};
use crate::platform::Platform;
use crate::platform::connection::{Connection, Disconnect, Phase};
use crate::platform::timer::Timer;
use crate::platform::vocabulary::{Abort, ConnectionId, Input, Output};

/// Something that happens to all connections, or to the machine of one, and not to one exchange.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Incident {
    /// The machine of the clients sleeps for so long, or that of one connection.
    Sleep(Duration, Wake),
    /// The clock of the clients' machine stood still: to them no time passes, and here this much at once.
    Jump(Duration, Wake),
    /// All connections end, and for so long discovery has another answer.
    Storm {
        /// How they end.
        how: Disconnect,
        /// What discovery does.
        busy: DiscoveryFault,
        /// For how long.
        time: Duration,
    },
    /// The platform's wall clock is off by so many ms, until the faults are cleared.
    Skew(i64),
}

/// What is left of the connections of a machine that wakes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Wake {
    /// All: what waited on the way arrives.
    #[default]
    Keep,
    /// None: something on the way forgot them, and resets them.
    Reset,
}

/// That all machines of clients sleep.
#[derive(Clone, Debug)]
pub(crate) struct Asleep {
    until: Time,
    /// Requests and upgrades that did not get out.
    held: Vec<Input>,
}

impl Platform {
    /// What happens while a push is made, on all connections or on that where it goes. Of each name at most one.
    pub(in crate::platform) fn incidents(&mut self, connection: Option<ConnectionId>) {
        let mut struck: Vec<String> = Vec::new();
        while let Some((active, incident)) = self.faults.take_incident(connection, &struck) {
            struck.push(active.name.clone());
            let only = active.connection;
            self.tell(active);
            self.happen(incident, only);
        }
    }

    /// Lets an incident happen without waiting for a push, if there is anybody to whom it can happen.
    pub(super) fn happen_now(&mut self, id: FaultId) {
        let Some(active) = self.faults().find(|active| active.id == id) else { return };
        let Fault::Incident(incident) = active.fault() else { return };
        let matters = match incident {
            Incident::Skew(_) => true,
            Incident::Sleep(..) => self.open().any(|one| is_awake(one, active.connection)),
            Incident::Jump(..) | Incident::Storm { .. } => self.open().next().is_some(),
        };
        if matters
            && !matches!(active.times, Times::Probability(_))
            && let Some((active, incident)) = self.faults.take_incident_of(id)
        {
            let only = active.connection;
            self.tell(active);
            self.happen(incident, only);
        }
    }

    fn happen(&mut self, incident: Incident, only: Option<ConnectionId>) {
        match incident {
            Incident::Sleep(time, wake) => self.sleep(time, wake, only),
            Incident::Jump(by, wake) => {
                if wake == Wake::Reset {
                    self.drop_connections(self.now, &Disconnect::Abort(Abort::Reset));
                }
                self.now = self.now.after(by);
                self.emit(Output::Jump { by });
            }
            Incident::Storm { how, busy, time } => {
                self.drop_connections(self.now, &how);
                let named = NamedFault::of_discovery(&busy);
                let id = self.script(named.as_ref(), busy.into(), Times::Always, None);
                self.timers.set(self.now.after(time), Timer::Forget(id));
            }
            Incident::Skew(by_ms) => self.skew_ms = by_ms,
        }
    }

    fn sleep(&mut self, time: Duration, wake: Wake, only: Option<ConnectionId>) {
        let until = self.now.after(time);
        let sleepers: Vec<ConnectionId> = self.open().filter(|one| is_awake(one, only)).map(|one| one.id).collect();
        for id in sleepers {
            if let Some(connection) = self.connections.get_mut(&id) {
                connection.asleep = true;
                self.timers.set(until, Timer::Wake(id, wake));
                self.emit(Output::Freeze { connection: id });
            }
        }
        if only.is_none() && self.asleep.is_none() {
            self.asleep = Some(Asleep { until, held: Vec::new() });
            self.timers.set(until, Timer::WakeAll);
        }
    }

    /// A machine wakes, as far as this connection is concerned.
    pub(in crate::platform) fn wake(&mut self, id: ConnectionId, wake: Wake) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if !std::mem::take(&mut connection.asleep) {
            return;
        }
        match wake {
            Wake::Reset => self.end(id, Disconnect::Abort(Abort::Reset)),
            // One that the platform holds on its own stays where it is.
            Wake::Keep if connection.phase == Phase::Frozen => {}
            Wake::Keep => self.emit(Output::Thaw { connection: id }),
        }
    }

    /// What could not get out goes out.
    pub(in crate::platform) fn wake_all(&mut self) {
        for input in self.asleep.take().map(|asleep| asleep.held).unwrap_or_default() {
            self.take_in(input);
        }
    }

    /// Ends what faults left behind: machines that sleep, and a clock that is wrong.
    pub(super) fn end_incidents(&mut self) {
        self.skew_ms = 0;
        let asleep: Vec<ConnectionId> = self.connections.values().filter(|one| one.asleep).map(|one| one.id).collect();
        for id in asleep {
            self.wake(id, Wake::Keep);
        }
        self.wake_all();
    }

    /// Keeps what a client asks for while all machines sleep; what they sent before that comes back.
    pub(in crate::platform) fn hold(&mut self, input: Input) -> Option<Input> {
        let limit = self.profile.records;
        let (Some(asleep), Input::Request { .. } | Input::Upgrade { .. }) = (&mut self.asleep, &input) else {
            return Some(input);
        };
        // What is too much is never answered, as when the machine slept for too long.
        if asleep.held.len() < limit {
            asleep.held.push(input);
        }
        None
    }

    /// Until when an answer has to wait, because whoever asked sleeps.
    pub(in crate::platform) fn asleep_until(&self) -> Option<Time> {
        self.asleep.as_ref().map(|asleep| asleep.until)
    }
}

fn is_awake(connection: &Connection, only: Option<ConnectionId>) -> bool {
    !connection.asleep && only.is_none_or(|only| only == connection.id)
}
