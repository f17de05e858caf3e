//! Delivering pushes: to which connection, when, how often. [`frames`] makes the bytes, and [`outcome`] says what became
//! of them.

mod frames;
mod outcome;

use std::sync::Arc;
use std::time::Duration;

use super::Platform;
use super::app::AppKey;
use super::connection::{Connection, Phase};
use super::envelope::Identity;
use super::profile::Routing;
use super::push::{AckRecord, Delivery, Outcome, Push, PushId, PushRecord, Shape};
use super::pushes::Pushed;
use super::timer::Timer;
use super::transcript::What;
use super::vocabulary::{ConnectionId, Message, Output};

/// The ack code of success.
const OK: i64 = 200;
/// How long a push waits for the one that it is to be mixed with.
const HELD: Duration = Duration::from_secs(1);
/// Stands for the connection of another instance of the app, which nobody here has.
const ELSEWHERE: ConnectionId = ConnectionId(0);

/// How a push goes out.
struct Departure {
    app: Option<AppKey>,
    shape: Shape,
    /// Where it has to go, unless that is no longer open.
    wanted: Option<ConnectionId>,
}

impl Platform {
    /// Takes over a push; its first delivery is still to come.
    pub(super) fn register(&mut self, push: Push) -> PushId {
        let Push { kind, content, shape, app_id, connection } = push;
        let of_connection = connection.and_then(|id| self.connections.get(&id)).map(|connection| connection.app);
        let app = match (of_connection, &app_id) {
            (Some(app), _) => Some(app),
            (None, Some(id)) => self.apps.find(id),
            (None, None) => Some(self.usual_app()),
        };
        // A fault on one connection has to know where a push goes before it goes there.
        let connection = match (connection, app) {
            (None, Some(app)) if self.faults.choose_connections() => self.route(app),
            (connection, _) => connection,
        };
        self.incidents(connection);
        let shape = self.shape_fault(shape, connection);
        let app_id = app.map(|app| self.apps.get(app).id.clone()).or(app_id).unwrap_or_default();
        let (payload, Identity { event_id, event_type, subject }) = self.payload(&app_id, kind, content);
        self.stats.pushes = self.stats.pushes.saturating_add(1);
        let limit = self.profile.records;
        self.pushes.add(limit, |id| {
            // Nearly always it stays the only one, and there are thousands of pushes.
            let deliveries = Vec::with_capacity(1);
            let record =
                PushRecord { id, app_id, kind, event_id, event_type, subject, deliveries, outcome: Outcome::Pending };
            let bytes = payload.len();
            Pushed { record, app, payload, shape, connection, redelivered: 0, bytes }
        })
    }

    /// Delivers a push for the first time, now or when its delay is over.
    pub(super) fn start(&mut self, id: PushId) {
        let Some(delay) = self.pushes.all.get(&id).map(|pushed| pushed.shape.delay) else { return };
        if delay.is_zero() {
            self.depart(id);
        } else {
            self.timers.set(self.now.after(delay), Timer::Deliver(id));
        }
    }

    /// The delay of a push is over: it goes out with one that was held back, is held back itself, or goes out alone.
    pub(super) fn depart(&mut self, id: PushId) {
        if let Some(index) = self.pushes.held.iter().position(|held| self.go_together(*held, id)) {
            let held = self.pushes.held.remove(index);
            self.interleave(&[held, id]);
        } else if self.pushes.all.get(&id).is_some_and(|pushed| pushed.shape.interleave && !pushed.shape.elsewhere) {
            self.pushes.held.push(id);
            self.timers.set(self.now.after(HELD), Timer::Unhold(id));
        } else {
            self.deliver(id);
        }
    }

    /// No other push came in time.
    pub(super) fn unhold(&mut self, id: PushId) {
        if let Some(index) = self.pushes.held.iter().position(|held| *held == id) {
            self.pushes.held.remove(index);
            self.deliver(id);
        }
    }

    /// Delivers a push once more, whatever became of it.
    pub(super) fn repeat(&mut self, id: PushId) {
        if let Some(pushed) = self.pushes.all.get_mut(&id) {
            pushed.shape = pushed.shape.again();
            pushed.connection = None;
            self.stats.redeliveries = self.stats.redeliveries.saturating_add(1);
            self.deliver(id);
        }
    }

    pub(super) fn deliver(&mut self, id: PushId) {
        let Some(Departure { app, shape, wanted }) = self.departure(id) else { return };
        let mut out = false;
        for _ in 0..copies(&shape) {
            let connection = wanted.filter(|id| self.is_open(*id)).or_else(|| self.route(app?));
            if let Some(connection) = connection {
                for message in self.frames(id, connection, &shape) {
                    self.emit(Output::Send { connection, message });
                }
                self.afterwards(connection, &shape);
                out = true;
            } else {
                self.no_connection(id);
            }
        }
        // What is out is not decided yet, or was when its connection ended.
        if !out {
            self.conclude(id);
        }
    }

    pub(super) fn redeliver(&mut self, id: PushId) {
        let Some(pushed) = self.pushes.all.get_mut(&id) else { return };
        pushed.redelivered = pushed.redelivered.saturating_add(1);
        pushed.record.outcome = Outcome::Pending;
        pushed.shape = pushed.shape.again();
        pushed.connection = None;
        self.stats.redeliveries = self.stats.redeliveries.saturating_add(1);
        self.deliver(id);
    }

    /// Delivers pushes that are made at the same time: those that can go together do, part by part in turn.
    pub(super) fn start_together(&mut self, ids: Vec<PushId>) {
        let mut groups: Vec<Vec<PushId>> = Vec::new();
        for id in ids {
            if self.pushes.all.get(&id).is_some_and(|pushed| !pushed.shape.delay.is_zero()) {
                self.start(id);
            } else if let Some(group) =
                groups.iter_mut().find(|group| group.iter().all(|other| self.go_together(*other, id)))
            {
                group.push(id);
            } else {
                groups.push(vec![id]);
            }
        }
        for group in groups {
            self.interleave(&group);
        }
    }

    /// Whether one connection can carry both: they are for the same app, and not for different connections.
    fn go_together(&self, one: PushId, other: PushId) -> bool {
        let (Some(one), Some(other)) = (self.pushes.all.get(&one), self.pushes.all.get(&other)) else { return false };
        let here = !one.shape.elsewhere && !other.shape.elsewhere;
        let wanted = |pushed: &Pushed| pushed.connection.filter(|id| self.is_open(*id));
        here && one.app == other.app
            && (wanted(one).is_none() || wanted(other).is_none() || wanted(one) == wanted(other))
    }

    /// Sends pushes that go together on one connection, part by part in turn.
    fn interleave(&mut self, ids: &[PushId]) {
        let departures: Vec<(PushId, Departure)> =
            ids.iter().filter_map(|id| Some((*id, self.departure(*id)?))).collect();
        let wanted = departures.iter().find_map(|(_, departure)| departure.wanted.filter(|id| self.is_open(*id)));
        let app = departures.first().and_then(|(_, departure)| departure.app);
        let Some(connection) = wanted.or_else(|| self.route(app?)) else {
            for (id, _) in departures {
                self.no_connection(id);
                self.conclude(id);
            }
            return;
        };
        let mut queues = Vec::new();
        for (id, Departure { shape, .. }) in &departures {
            for _ in 0..copies(shape) {
                queues.push(self.frames(*id, connection, shape).into_iter());
            }
        }
        loop {
            let round: Vec<Message> = queues.iter_mut().filter_map(Iterator::next).collect();
            if round.is_empty() {
                break;
            }
            for message in round {
                self.emit(Output::Send { connection, message });
            }
        }
        for (_, Departure { shape, .. }) in &departures {
            self.afterwards(connection, shape);
        }
    }

    /// How a push goes out from here; none if it is gone, or another instance gets it.
    fn departure(&mut self, id: PushId) -> Option<Departure> {
        let pushed = self.pushes.all.get(&id)?;
        let departure = Departure { app: pushed.app, shape: pushed.shape.clone(), wanted: pushed.connection };
        if let Some(pause) = departure.shape.again {
            self.timers.set(self.now.after(pause), Timer::Repeat(id));
        }
        if departure.shape.elsewhere {
            self.taken_elsewhere(id);
            return None;
        }
        Some(departure)
    }

    /// What happens to a connection after a delivery.
    fn afterwards(&mut self, connection: ConnectionId, shape: &Shape) {
        if let Some(time) = shape.stall {
            self.stall(connection, time);
        }
        if let Some(how) = &shape.then {
            self.end(connection, how.clone());
        }
    }

    /// Another instance of the app gets a push, and acks it at once.
    fn taken_elsewhere(&mut self, id: PushId) {
        let (at, message_id) = (self.now, self.dice.uuid());
        let Some(pushed) = self.pushes.all.get_mut(&id) else { return };
        let ack = AckRecord {
            connection: ELSEWHERE,
            at,
            delay: Duration::ZERO,
            code: OK,
            data: None,
            biz_rt: None,
            on_time: true,
        };
        pushed.record.outcome = Outcome::Acked;
        pushed.record.deliveries.push(Delivery {
            message_id: message_id.clone(),
            connection: None,
            at,
            ack: Some(ack),
            failed: false,
        });
        let went = self.went(id, Some(ELSEWHERE), 1, message_id);
        self.write(went);
    }

    fn no_connection(&mut self, id: PushId) {
        let (at, message_id) = (self.now, self.dice.uuid());
        let Some(pushed) = self.pushes.all.get_mut(&id) else { return };
        let delivery = Delivery { message_id: message_id.clone(), connection: None, at, ack: None, failed: true };
        pushed.record.deliveries.push(delivery);
        let went = self.went(id, None, 0, message_id);
        self.write(went);
    }

    /// The entry of the transcript for a delivery.
    fn went(&self, id: PushId, connection: Option<ConnectionId>, parts: usize, message_id: Arc<str>) -> What {
        let pushed = self.pushes.all.get(&id);
        let record = pushed.map(|pushed| &pushed.record);
        What::Push {
            push: id,
            event_type: record.map(|record| Arc::clone(&record.event_type)).unwrap_or_default(),
            event_id: record.map(|record| Arc::clone(&record.event_id)).unwrap_or_default(),
            subject: record.and_then(|record| record.subject.clone()),
            connection,
            attempt: pushed.map_or(0, |pushed| pushed.redelivered).saturating_add(1),
            of: record.map_or(0, |record| self.profile.attempts(record.kind)),
            parts,
            message_id,
            bytes: pushed.map_or(0, |pushed| pushed.payload.len()),
        }
    }

    fn route(&mut self, app: AppKey) -> Option<ConnectionId> {
        let count = self.open_of(app).count();
        let index = match self.profile.routing {
            Routing::Random => self.dice.below(count),
            Routing::RoundRobin => {
                let turn = &mut self.apps.get_mut(app).turn;
                *turn = turn.wrapping_add(1);
                turn.wrapping_sub(1).checked_rem(count)?
            }
        };
        self.open_of(app).nth(index).map(|connection| connection.id)
    }

    fn open_of(&self, app: AppKey) -> impl Iterator<Item = &Connection> {
        self.open().filter(move |connection| connection.app == app)
    }

    /// Connections that can take a push, in the order of their ids.
    pub fn open_connections(&self) -> impl Iterator<Item = ConnectionId> {
        self.open().map(|connection| connection.id)
    }

    pub(super) fn open(&self) -> impl Iterator<Item = &Connection> {
        self.connections.values().filter(|connection| connection.phase == Phase::Open)
    }

    /// The app of what names none: the first, or where any app is welcome the first that is there.
    pub(super) fn usual_app(&self) -> AppKey {
        let connected = |app: &AppKey| self.open().any(|connection| connection.app == *app);
        let there = if self.profile.any_app { self.apps.keys().find(connected) } else { None };
        there.unwrap_or(AppKey::FIRST)
    }

    fn is_open(&self, id: ConnectionId) -> bool {
        self.connections.get(&id).is_some_and(|connection| connection.phase == Phase::Open)
    }
}

/// How many times a push goes out at once. A copy more or less makes no difference to a client, a million would to this
/// process.
fn copies(shape: &Shape) -> usize {
    shape.copies.clamp(1, 1000)
}
