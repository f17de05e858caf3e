//! Faults that wait for their moment: which of them it is, how often, and where.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ApiFault, DeliveryFault, DiscoveryFault, Fault, Incident, NamedFault, PongFault, UpgradeFault};
use crate::platform::Platform;
use crate::platform::dice::Dice;
use crate::platform::push::{Damage, Order, Shape, Split};
use crate::platform::transcript::{FaultChange, What};
use crate::platform::vocabulary::{ConnectionId, Request};

/// How often a fault happens.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Times {
    /// The next so many times.
    Next(usize),
    /// Each time with this chance, from 0 to 1, until the faults are cleared. The seed decides.
    Probability(f64),
    /// Until the faults are cleared.
    Always,
}

/// Names a fault that was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FaultId(pub u64);

/// A fault that waits for its moment.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ActiveFault {
    /// Names it.
    pub id: FaultId,
    /// As in the catalogue; `custom` for one that is not in it.
    pub name: String,
    /// As in the catalogue.
    pub parameters: Value,
    /// How often it is still to happen.
    pub times: Times,
    /// Where it happens; everywhere if there is none.
    pub connection: Option<ConnectionId>,
    /// How often it happened so far.
    pub happened: u64,
    #[serde(skip)]
    fault: Fault,
    /// Of its own, so that how often others are asked makes no difference to it.
    #[serde(skip)]
    dice: Dice,
}

impl ActiveFault {
    pub(super) fn fault(&self) -> &Fault {
        &self.fault
    }

    fn fits(&self, connection: Option<ConnectionId>) -> bool {
        self.connection.is_none() || self.connection == connection
    }

    /// Whether its moment is now. A chance that is missed is no time.
    fn strikes(&mut self) -> bool {
        let strikes = match &mut self.times {
            Times::Always => true,
            Times::Probability(chance) => self.dice.chance(*chance),
            Times::Next(0) => false,
            Times::Next(left) => {
                *left = left.saturating_sub(1);
                true
            }
        };
        self.happened = self.happened.saturating_add(u64::from(strikes));
        strikes
    }

    fn is_used_up(&self) -> bool {
        self.times == Times::Next(0)
    }
}

/// All of them, in the order in which they were added.
#[derive(Clone, Debug)]
pub(crate) struct Faults {
    active: Vec<ActiveFault>,
    made: u64,
    /// Of their own, so that a fault changes no other random choice.
    dice: Dice,
    /// What the dice came from.
    pub(crate) seed: u64,
}

impl Faults {
    pub(crate) fn new(seed: u64) -> Faults {
        Faults { active: Vec::new(), made: 1, dice: Dice::new(seed), seed }
    }

    pub(crate) fn reseed(&mut self, seed: u64) {
        (self.dice, self.seed) = (Dice::new(seed), seed);
    }

    /// What a fault chooses at random.
    pub(crate) fn dice(&mut self) -> &mut Dice {
        &mut self.dice
    }

    fn add(
        &mut self,
        named: Option<&NamedFault>,
        fault: Fault,
        times: Times,
        connection: Option<ConnectionId>,
    ) -> ActiveFault {
        let id = FaultId(self.made);
        self.made = self.made.saturating_add(1);
        let dice = Dice::new(self.dice.next());
        let (name, parameters) = match named {
            Some(named) => (named.name(), named.parameters()),
            None => ("custom".to_owned(), json!({})),
        };
        let active = ActiveFault { id, name, parameters, times, connection, happened: 0, fault, dice };
        self.active.push(active.clone());
        active
    }

    /// Whether one of them is for one connection only.
    pub(crate) fn choose_connections(&self) -> bool {
        self.active.iter().any(|active| active.connection.is_some())
    }

    /// Whether one of them stands for another instance of the app, which has a connection of its own.
    pub(crate) fn have_another_instance(&self) -> bool {
        self.active.iter().any(|active| matches!(active.fault, Fault::Delivery(DeliveryFault::Elsewhere)))
    }

    /// The next thing that happens to this connection or to all, but none of these names.
    pub(super) fn take_incident(
        &mut self,
        connection: Option<ConnectionId>,
        but: &[String],
    ) -> Option<(ActiveFault, Incident)> {
        self.take(|active| active.fits(connection) && !but.contains(&active.name), incident)
    }

    pub(super) fn take_incident_of(&mut self, id: FaultId) -> Option<(ActiveFault, Incident)> {
        self.take(|active| active.id == id, incident)
    }

    /// The first fault that fits and strikes.
    fn take<T>(
        &mut self,
        fits: impl Fn(&ActiveFault) -> bool,
        read: impl Fn(&Fault) -> Option<T>,
    ) -> Option<(ActiveFault, T)> {
        let (index, value) = self.active.iter_mut().enumerate().find_map(|(index, active)| {
            let value = read(&active.fault).filter(|_| fits(active))?;
            active.strikes().then_some((index, value))
        })?;
        let active = self.active.get(index)?.clone();
        if active.is_used_up() {
            self.active.remove(index);
        }
        Some((active, value))
    }
}

impl Platform {
    /// Makes a fault wait for its moment. Faults of one kind come in the order in which they were added.
    pub fn inject(&mut self, fault: impl Into<Fault>, times: Times) -> FaultId {
        self.script(None, fault.into(), times, None)
    }

    pub(super) fn script(
        &mut self,
        named: Option<&NamedFault>,
        fault: Fault,
        times: Times,
        connection: Option<ConnectionId>,
    ) -> FaultId {
        let active = self.faults.add(named, fault, times, connection);
        let id = active.id;
        self.write_fault(FaultChange::Added, active);
        id
    }

    /// The faults that wait for their moment, in the order in which they were added.
    pub fn faults(&self) -> impl Iterator<Item = &ActiveFault> {
        self.faults.active.iter()
    }

    /// Forgets a fault; whether it was there is the result.
    pub fn remove_fault(&mut self, id: FaultId) -> bool {
        let Some(index) = self.faults.active.iter().position(|active| active.id == id) else { return false };
        let active = self.faults.active.remove(index);
        self.write_fault(FaultChange::Removed, active);
        true
    }

    /// Forgets all faults that did not happen yet, and ends what others left: a storm, machines that sleep, a clock that is
    /// wrong.
    pub fn clear_faults(&mut self) {
        for active in std::mem::take(&mut self.faults.active) {
            self.write_fault(FaultChange::Removed, active);
        }
        self.end_incidents();
    }

    pub(in crate::platform) fn discovery_fault(&mut self) -> Option<DiscoveryFault> {
        self.strike(None, |fault| match fault {
            Fault::Discovery(fault) => Some(fault.clone()),
            _ => None,
        })
    }

    pub(in crate::platform) fn upgrade_fault(&mut self) -> Option<UpgradeFault> {
        self.strike(None, |fault| match fault {
            Fault::Upgrade(fault) => Some(fault.clone()),
            _ => None,
        })
    }

    pub(in crate::platform) fn pong_fault(&mut self, connection: ConnectionId) -> Option<PongFault> {
        self.strike(Some(connection), |fault| match fault {
            Fault::Pong(fault) => Some(fault.clone()),
            _ => None,
        })
    }

    pub(in crate::platform) fn api_fault(&mut self, request: &Request) -> Option<ApiFault> {
        self.strike(None, |fault| match fault {
            Fault::Api(fault) if fault.fits(request) => Some(fault.clone()),
            _ => None,
        })
    }

    /// The shape of a push after all faults that strike it, at most one of each name. Only those for the connection that
    /// it goes to, and those for all.
    pub(in crate::platform) fn shape_fault(&mut self, mut shape: Shape, connection: Option<ConnectionId>) -> Shape {
        if self.faults.active.is_empty() {
            return shape;
        }
        let replaced = self.strike(connection, |fault| match fault {
            Fault::Push(shape) => Some(shape.clone()),
            _ => None,
        });
        if let Some(replaced) = replaced {
            shape = replaced;
        }
        let mut struck: Vec<String> = Vec::new();
        loop {
            let fits = |active: &ActiveFault| active.fits(connection) && !struck.contains(&active.name);
            let taken = self.faults.take(fits, |fault| match fault {
                Fault::Delivery(fault) => Some(fault.clone()),
                _ => None,
            });
            let Some((active, fault)) = taken else { return shape };
            struck.push(active.name.clone());
            self.tell(active);
            fault.change(&mut shape, self.faults.dice());
        }
    }

    fn strike<T>(&mut self, connection: Option<ConnectionId>, read: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        let (active, value) = self.faults.take(|active| active.fits(connection), read)?;
        self.tell(active);
        Some(value)
    }

    pub(super) fn tell(&mut self, active: ActiveFault) {
        let used_up = active.is_used_up().then(|| active.clone());
        self.write_fault(FaultChange::Happened, active);
        if let Some(active) = used_up {
            self.write_fault(FaultChange::UsedUp, active);
        }
    }

    fn write_fault(&mut self, change: FaultChange, fault: ActiveFault) {
        let seed = self.faults.seed;
        self.write(What::Fault { change, fault, seed });
    }
}

fn incident(fault: &Fault) -> Option<Incident> {
    match fault {
        Fault::Incident(incident) => Some(incident.clone()),
        _ => None,
    }
}

impl ApiFault {
    fn fits(&self, request: &Request) -> bool {
        match self {
            ApiFault::ExpireTokens => !request.path().contains("/auth/v3/"),
            ApiFault::TemplateCard => request.method == "GET" && request.path().contains("/im/v1/messages"),
            _ => true,
        }
    }
}

impl DeliveryFault {
    fn change(self, shape: &mut Shape, dice: &mut Dice) {
        match self {
            DeliveryFault::Delay(by, jitter) => {
                let most = usize::try_from(jitter.as_millis()).unwrap_or(usize::MAX).saturating_add(1);
                let jitter = u64::try_from(dice.below(most)).unwrap_or_default();
                shape.delay = by.saturating_add(Duration::from_millis(jitter));
            }
            DeliveryFault::Copies(copies) => shape.copies = copies,
            DeliveryFault::Again(after) => shape.again = Some(after),
            DeliveryFault::Split(parts) => shape.split = Split::Parts(parts),
            DeliveryFault::Shuffle => {
                shape.at_least_two();
                shape.order = Order::Shuffled;
            }
            DeliveryFault::Interleave => {
                shape.at_least_two();
                shape.interleave = true;
            }
            DeliveryFault::MissingPart => {
                shape.at_least_two();
                shape.damage.push(Damage::MissingPart);
            }
            DeliveryFault::Header(name, value) => shape.damage.push(Damage::Header { name, value }),
            DeliveryFault::BadProtobuf => shape.damage.push(Damage::Protobuf),
            DeliveryFault::BadJson => shape.damage.push(Damage::Json),
            DeliveryFault::Elsewhere => shape.elsewhere = true,
            DeliveryFault::Then(how) => shape.then = Some(how),
            DeliveryFault::Stall(time) => shape.stall = Some(time),
        }
    }
}
