//! The platform as a machine without IO: inputs and a time go in, outputs come out.
//!
//! It has no clock, no socket and no thread: whoever drives it passes the time with every input, carries out what
//! [`Platform::poll_output`] says, and comes back at the time that [`Output::Wait`] names. The same seed and the same
//! inputs give the same outputs, byte for byte. [`Sim`](crate::Sim) drives it on a loopback socket; a test can drive it
//! by hand and let a day pass in a millisecond.
//!
//! ```text
//!   Request  ──▶ endpoint discovery ──▶ ticket            a connection:
//!   Upgrade  ──▶ ticket used up     ──▶ Accept, Refuse      Upgrading ──▶ Open ──▶ Closing ──▶ gone
//!   Message  ──▶ ping: pong; ack: settled or redelivered                   └────▶ Frozen ───────┘
//! ```

mod ack;
mod action;
mod acts;
mod adopt;
mod app;
mod card;
mod chat;
mod click;
mod connection;
mod content;
mod delivery;
mod dice;
mod discovery;
mod draft;
mod entity;
mod envelope;
mod events;
mod fault;
mod files;
mod groups;
mod looks;
mod message;
mod newest;
mod once;
mod openapi;
mod outputs;
mod people;
mod profile;
mod push;
mod pushes;
mod replies;
mod stats;
mod timer;
mod transcript;
mod uri;
mod verdict;
mod vocabulary;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use larkwire_core::Time;
use larkwire_core::frame::{Frame, FrameLimits};

pub use self::action::CardAction;
pub use self::app::App;
pub use self::chat::{Chat, ChatMode};
pub use self::click::{Click, ClickResult, Toast};
pub use self::connection::{Connection, Disconnect, Phase};
pub use self::discovery::{DiscoveryRecord, code};
pub use self::draft::{ActError, Draft, Posted, Said};
pub use self::fault::{
    ActiveFault, ApiFault, DeliveryFault, DiscoveryFault, DropHow, Fault, FaultError, FaultId, FaultKind, Incident,
    NamedFault, NoData, Occasion, PongFault, Preset, Times, UpgradeFault, UrlForm, Wake,
};
pub use self::files::{FileKind, StoredFile};
pub use self::message::{Change, ChatMessage, Mention, Reaction};
pub use self::people::{Actor, Person};
pub use self::profile::{AppProfile, ClientConfig, GroupMessages, LimitSignal, Profile, Routing, Strictness};
pub use self::push::{AckRecord, Damage, Delivery, Order, Outcome, Push, PushId, PushKind, PushRecord, Shape, Split};
pub use self::replies::BotMessage;
pub use self::stats::Stats;
pub use self::transcript::{Entry, FaultChange, Hex, Shown, What, Wire};
pub use self::verdict::{Rule, Severity, Violation};
pub use self::vocabulary::{Abort, ConnectionId, ExchangeId, Input, Message, Output, Pace, Request, Response};

use self::app::{AppKey, Apps};
use self::chat::Chats;
use self::click::Clicks;
pub(crate) use self::dice::Dice;
use self::discovery::Discovery;
use self::entity::{Entities, Templates};
use self::fault::{Asleep, Faults};
use self::files::Files;
use self::message::Messages;
use self::once::Once;
use self::openapi::{Rates, TokenTable};
use self::people::People;
use self::pushes::Pushes;
use self::replies::Replies;
use self::timer::{Timer, Timers};
use self::transcript::{Redactor, Transcript};
use self::verdict::Verdicts;

/// Generous: a client may send much, but not without end.
pub(crate) const FRAME_LIMITS: FrameLimits = FrameLimits { headers: 256, header_bytes: 64 * 1024 };

/// One message is sent per idempotency key in this time (official documentation).
const SENT_ONCE: Duration = Duration::from_secs(3600);
/// One chat is made per idempotency key in this time (source of the Go SDK).
const CHATS_ONCE: Duration = Duration::from_secs(10 * 3600);

/// The platform, with one app on it or several.
#[derive(Debug)]
pub struct Platform {
    profile: Profile,
    seed: u64,
    dice: Dice,
    started: Time,
    now: Time,
    apps: Apps,
    discovery: Discovery,
    tokens: TokenTable,
    connections: BTreeMap<ConnectionId, Connection>,
    pushes: Pushes,
    people: People,
    chats: Chats,
    messages: Messages,
    replies: Replies,
    /// Messages that were sent under an idempotency key.
    sent_once: Once,
    /// Chats that were made under one.
    chats_once: Once,
    files: Files,
    entities: Entities,
    templates: Templates,
    clicks: Clicks,
    rates: Rates,
    faults: Faults,
    /// How far the wall clock is off.
    skew_ms: i64,
    asleep: Option<Asleep>,
    timers: Timers,
    outputs: VecDeque<Output>,
    transcript: Transcript,
    redactor: Redactor,
    verdicts: Verdicts,
    stats: Stats,
}

impl Platform {
    /// A platform that starts at `now`. All its random choices follow from `seed`.
    pub fn new(profile: Profile, seed: u64, now: Time) -> Platform {
        Platform {
            seed,
            dice: Dice::new(seed),
            started: now,
            now,
            apps: Apps::new(&profile),
            discovery: Discovery::default(),
            tokens: TokenTable::default(),
            connections: BTreeMap::new(),
            pushes: Pushes::default(),
            people: People::default(),
            chats: Chats::default(),
            messages: Messages::new(message::MOST_BYTES),
            replies: Replies::default(),
            sent_once: Once::new(SENT_ONCE),
            chats_once: Once::new(CHATS_ONCE),
            files: Files::new(files::MOST_BYTES),
            entities: Entities::new(entity::MOST_BYTES),
            templates: Templates::new(),
            clicks: Clicks::default(),
            rates: Rates::default(),
            faults: Faults::new(seed),
            skew_ms: 0,
            asleep: None,
            timers: Timers::default(),
            outputs: VecDeque::new(),
            transcript: Transcript::new(profile.records),
            redactor: Redactor::new(profile.secrets()),
            verdicts: Verdicts::default(),
            stats: Stats::default(),
            profile,
        }
    }

    /// Tells what happened. Then call [`Platform::poll_output`] until it says [`Output::Wait`]. A time that lies before
    /// an earlier one counts as that.
    pub fn handle_input(&mut self, now: Time, input: Input) {
        self.advance(now);
        if let Some(input) = self.hold(input) {
            self.take_in(input);
        }
    }

    fn take_in(&mut self, input: Input) {
        let redactor = &self.redactor;
        match input {
            Input::Timeout => {}
            Input::Request { exchange, request } => {
                let (method, target) = (request.method.clone(), redactor.target(&request.target));
                let (headers, body) = (redactor.headers(&request.headers), redactor.body(&request.body));
                self.write(What::Request { exchange, method, target, headers, body });
                // A domain that ends in a slash makes some SDKs send two.
                let path = format!("/{}", request.path().trim_start_matches('/'));
                if path == discovery::PATH && request.method == "POST" {
                    self.discover(exchange, &request);
                } else {
                    self.call(exchange, &request);
                }
            }
            Input::Upgrade { connection, request } => {
                let (target, headers) = (redactor.target(&request.target), redactor.headers(&request.headers));
                self.write(What::Upgrade { connection, target, headers });
                self.upgrade(connection, &request);
            }
            Input::Message { connection, message } => {
                self.stats.messages_in = self.stats.messages_in.saturating_add(1);
                self.write_with(|_| What::Received { connection, message: Wire::received(&message) });
                self.message(connection, message);
            }
            Input::Closed { connection, code, reason } => {
                self.write(What::Closed { connection, code, reason });
                self.closed(connection, code);
            }
            Input::Lost { connection } => {
                self.write(What::Lost { connection });
                self.lost(connection);
            }
        }
    }

    /// What is to be done next; [`Output::Wait`] when there is nothing more.
    pub fn poll_output(&mut self) -> Output {
        loop {
            if let Some(output) = self.outputs.pop_front() {
                return output;
            }
            match self.timers.take_due(self.now) {
                Some(timer) => self.fire(timer),
                None => return Output::Wait(self.timers.next()),
            }
        }
    }

    /// Pushes an event or a callback to one of its app's connections. Without any, it counts as a failed delivery.
    pub fn push(&mut self, now: Time, push: Push) -> PushId {
        self.advance(now);
        let id = self.register(push);
        self.start(id);
        id
    }

    /// Pushes several events over one connection, part by part in turn; those of another app, or to another connection, over
    /// theirs.
    pub fn push_interleaved(&mut self, now: Time, pushes: Vec<Push>) -> Vec<PushId> {
        self.advance(now);
        let ids: Vec<PushId> = pushes.into_iter().map(|push| self.register(push)).collect();
        self.start_together(ids.clone());
        ids
    }

    /// Sends a message on a connection, whatever it is.
    pub fn send(&mut self, now: Time, connection: ConnectionId, message: Message) {
        self.advance(now);
        self.emit(Output::Send { connection, message });
    }

    /// Sends a frame on a connection, whatever it says. Required fields are always written; for a frame without them,
    /// use [`Platform::send`].
    pub fn send_raw_frame(&mut self, now: Time, connection: ConnectionId, frame: &Frame) {
        self.advance(now);
        self.send_frame(connection, frame);
    }

    /// Sends an application ping on a connection. Most official SDKs ignore it.
    pub fn send_ping(&mut self, now: Time, connection: ConnectionId) {
        self.advance(now);
        self.ping(connection);
    }

    /// Changes where the connection URLs handed out from now on lead to: `wss://host:port` of a front that forwards here.
    pub fn set_socket_base(&mut self, base: impl Into<String>) {
        self.profile.socket_base = base.into();
    }

    /// Changes the settings that discovery answers and pongs carry from now on.
    pub fn set_client_config(&mut self, config: ClientConfig) {
        self.profile.client_config = config;
    }

    /// Sends a pong with the current settings, without a ping before it.
    pub fn push_settings(&mut self, now: Time, connection: ConnectionId) {
        self.advance(now);
        self.push_settings_to(connection);
    }

    /// Ends one connection.
    pub fn drop_connection(&mut self, now: Time, connection: ConnectionId, how: Disconnect) {
        self.advance(now);
        self.end(connection, how);
    }

    /// Ends all connections in the same way.
    pub fn drop_connections(&mut self, now: Time, how: &Disconnect) {
        self.advance(now);
        let all: Vec<ConnectionId> = self.connections.keys().copied().collect();
        for connection in all {
            self.end(connection, how.clone());
        }
    }

    /// Lets a connection that stands still go on.
    pub fn thaw_connection(&mut self, now: Time, connection: ConnectionId) {
        self.advance(now);
        self.thaw(connection);
        self.wake(connection, Wake::Keep);
    }

    /// Forgets people, chats, pushes, faults and all that happened. Apps, connections and tokens stay, so that bots need not
    /// start anew; the numbers of the transcript go on.
    pub fn reset(&mut self, now: Time) {
        self.advance(now);
        self.clear_faults();
        let fresh = Platform::new(self.profile.clone(), self.seed, self.started);
        let old = std::mem::replace(self, fresh);
        self.now = old.now;
        self.apps = old.apps;
        self.discovery.tickets = old.discovery.tickets;
        self.tokens = old.tokens;
        self.connections = old.connections;
        self.outputs = old.outputs;
        self.transcript.go_on_from(old.transcript.seq());
        let frozen: Vec<ConnectionId> =
            self.connections.values().filter(|one| one.phase == Phase::Frozen).map(|one| one.id).collect();
        for connection in self.connections.values_mut() {
            connection.unacked.clear();
        }
        for connection in frozen {
            self.thaw(connection);
        }
        self.write(What::Reset);
    }

    /// Writes down that whoever keeps the time changed it.
    pub(crate) fn note_clock(&mut self, now: Time, advanced: Duration, speed: f64) {
        self.advance(now);
        let advanced_ms = u64::try_from(advanced.as_millis()).unwrap_or(u64::MAX);
        self.write(What::Clock { advanced_ms, speed });
    }

    fn advance(&mut self, now: Time) {
        self.now = self.now.max(now);
        while let Some(timer) = self.timers.take_due(self.now) {
            self.fire(timer);
        }
    }

    fn fire(&mut self, timer: Timer) {
        if let Some(until) = self.asleep_until()
            && matches!(timer, Timer::Release(Output::Respond { .. } | Output::RespondHalf { .. }) | Timer::Accept(_))
        {
            self.timers.set(until, timer);
            return;
        }
        match timer {
            Timer::Release(output) => self.emit(output),
            Timer::Accept(connection) => self.accept(connection),
            Timer::Deliver(push) => self.depart(push),
            Timer::AckDue { push, delivery, connection } => self.ack_due(push, delivery, connection),
            Timer::Redeliver(push) => self.redeliver(push),
            Timer::Repeat(push) => self.repeat(push),
            Timer::Unhold(push) => self.unhold(push),
            Timer::Thaw(connection) => self.thaw(connection),
            Timer::Wake(connection, wake) => self.wake(connection, wake),
            Timer::WakeAll => self.wake_all(),
            Timer::Forget(fault) => drop(self.remove_fault(fault)),
            Timer::StreamingEnds { card_id, since } => self.streaming_ends(&card_id, since),
        }
    }

    /// Connections that count against the limit of an app.
    fn live_connections(&self, app: AppKey) -> usize {
        let live = |phase| matches!(phase, Phase::Upgrading | Phase::Open);
        self.connections.values().filter(|connection| connection.app == app && live(connection.phase)).count()
    }

    fn at_ms(&self) -> u64 {
        millis(self.now)
    }

    fn unix_ms(&self) -> u64 {
        self.unix_ms_at(self.now)
    }
}

pub(crate) fn millis(at: Time) -> u64 {
    u64::try_from(at.since_origin().as_millis()).unwrap_or(u64::MAX)
}
