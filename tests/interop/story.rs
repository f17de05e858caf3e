//! A client on a platform, what is said to it, and what is wrong with it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures::executor::block_on;
use larkwire_sim::{
    Abort, ClientConfig, Disconnect, NamedFault, Outcome, Platform, PushHandle, PushRecord, Shape, Sim, SimBuilder,
};

use crate::START;
use crate::clients::{Client, Kind};
use crate::expected::Symptom;

/// In real time, for what a healthy client does at once. Only a failure waits so long.
pub(crate) const SOON: Duration = Duration::from_secs(12);

/// For an ack: so much that a busy machine makes no difference. Where an ack does not come, the clock jumps.
const DEADLINE: Duration = Duration::from_secs(45);
/// Before each redelivery.
const PAUSE: Duration = Duration::from_secs(15);

/// The platform of these stories: clients come back at once, and ping each second.
pub(crate) fn platform() -> SimBuilder {
    Sim::builder().patience(SOON).seed(42).profile(|profile| {
        profile.client_config =
            ClientConfig { reconnect_count: -1, reconnect_interval: 1, reconnect_nonce: 0, ping_interval: 1 };
        profile.redelivery = [PAUSE; 4].into();
        profile.ack_deadline = DEADLINE;
    })
}

/// See the module.
pub(crate) struct Story {
    pub(crate) kind: Kind,
    pub(crate) sim: Sim,
    pub(crate) client: Client,
    pub(crate) symptoms: BTreeSet<Symptom>,
    /// Whether the client can be used for the next story.
    pub(crate) spent: bool,
    /// How long it may take to come back.
    pub(crate) patience: Duration,
    heard: Vec<String>,
    said: usize,
    refused: u64,
}

impl Story {
    /// Begins when the client is connected, and listens.
    pub(crate) fn start(kind: Kind, sim: SimBuilder) -> Story {
        let sim = block_on(sim.start()).expect("a platform");
        let client = kind.start(&sim);
        let (symptoms, heard) = (BTreeSet::new(), Vec::new());
        let mut story = Story { kind, sim, client, symptoms, heard, spent: false, patience: SOON, said: 0, refused: 0 };
        let pinged = |platform: &Platform| (platform.stats().pings > 0).then_some(());
        assert!(story.sees(START, pinged) && story.connects(SOON), "{kind:?} did not come");
        story
    }

    pub(crate) fn inject(&self, faults: &[&str]) {
        for fault in faults {
            let (fault, times) = NamedFault::parse(fault).expect("a fault of the catalogue");
            self.sim.faults().any(fault).times(times);
        }
    }

    /// Ends all connections, as most end in the field.
    pub(crate) fn drop_connections(&self) {
        self.sim.drop_connections(Disconnect::Abort(Abort::EndOfStream));
    }

    /// Says something that was not said before.
    pub(crate) fn say(&mut self, about: &str) -> (String, PushHandle) {
        self.say_shaped(about, Shape::default())
    }

    pub(crate) fn say_shaped(&mut self, about: &str, shape: Shape) -> (String, PushHandle) {
        self.said += 1;
        let text = format!("{}: {about}", self.said);
        let push = block_on(self.sim.user("alice").dm_shaped(&text, shape));
        (text, push)
    }

    /// Waits until the client is connected and listens; not if it is over.
    pub(crate) fn connects(&mut self, limit: Duration) -> bool {
        // Node listens for messages only a moment after the upgrade, and loses what comes before; its first ping comes then.
        let pings = u64::from(self.kind == Kind::Node);
        let listens = move |platform: &Platform| {
            let mut open = platform.open_connections();
            open.any(|id| platform.connections().any(|other| other.id == id && other.pings >= pings)).then_some(())
        };
        self.sees(limit, listens)
    }

    /// Waits until the platform has seen something; not if the client is over.
    pub(crate) fn sees(&mut self, limit: Duration, look: impl Fn(&Platform) -> Option<()>) -> bool {
        const GLANCE: Duration = Duration::from_millis(250);
        let end = Instant::now() + limit;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if block_on(self.sim.wait("a client", left.min(GLANCE), &look)).is_ok() {
                return true;
            }
            if left.is_zero() || self.client.is_over() {
                return false;
            }
        }
    }

    /// Waits until a text is handled.
    pub(crate) fn hears(&mut self, text: &str, limit: Duration) -> bool {
        let end = Instant::now() + limit;
        while self.times_heard(text) == 0 {
            match self.client.hears(end.saturating_duration_since(Instant::now())) {
                Ok(text) => self.heard.push(text),
                Err(_) => return false,
            }
        }
        true
    }

    pub(crate) fn times_heard(&self, text: &str) -> usize {
        self.heard.iter().filter(|heard| *heard == text).count()
    }

    /// Whether something that is said now is handled and acked. Then all that came before on this connection was seen, too.
    pub(crate) fn answers(&mut self) -> bool {
        let end = Instant::now() + self.patience;
        while self.connects(end.saturating_duration_since(Instant::now())) {
            let (text, push) = self.say("are you there?");
            let id = push.id();
            // It may go out on a connection that is about to end.
            let decided = move |platform: &Platform| {
                platform.push_record(id).is_none_or(|push| push.outcome != Outcome::Pending).then_some(())
            };
            self.sees(end.saturating_duration_since(Instant::now()), decided);
            if push.record().is_some_and(|push| push.ack().is_some()) && self.hears(&text, SOON) {
                return true;
            }
        }
        self.symptoms.insert(Symptom::Deaf);
        self.spent = true;
        false
    }

    /// Follows a push to its end. The platform's clock jumps to each redelivery, once the client has seen what came before.
    pub(crate) fn follow(&mut self, text: &str, push: &PushHandle) -> Option<PushRecord> {
        while self.answers() {
            let record = push.record().expect("a push that is remembered");
            if record.is_settled() {
                self.judge(text, &record);
                return Some(record);
            }
            self.sim.advance(DEADLINE + PAUSE);
        }
        None
    }

    pub(crate) fn judge(&mut self, text: &str, record: &PushRecord) {
        let elsewhere =
            record.deliveries.iter().any(|delivery| delivery.connection.is_none() && delivery.ack.is_some());
        // What was acked was handled, but its line may still be on the way.
        let limit = if record.ack().is_some() && !elsewhere { SOON } else { Duration::ZERO };
        self.hears(text, limit);
        while let Ok(text) = self.client.hears(Duration::ZERO) {
            self.heard.push(text);
        }
        match self.times_heard(text) {
            0 if !elsewhere => drop(self.symptoms.insert(Symptom::Lost)),
            0 | 1 => {}
            _ => drop(self.symptoms.insert(Symptom::Twice)),
        }
    }

    /// Acks that were refused so far are no symptom.
    pub(crate) fn forget_refused(&mut self) {
        self.refused = self.sim.stats().refused_acks;
    }

    /// What was wrong since this was asked last.
    pub(crate) fn symptoms(&mut self) -> BTreeSet<Symptom> {
        let refused = self.sim.stats().refused_acks;
        if refused > self.refused {
            self.symptoms.insert(Symptom::RefusedAck);
        }
        self.refused = refused;
        std::mem::take(&mut self.symptoms)
    }
}
