//! The simulator for tests: a platform on a random loopback port, and what a test wants to do with it and know of it.
//!
//! All waits are woken by what happens, not by polling, and end after a limit of real time. Nothing here needs a
//! particular async runtime; `futures::executor::block_on` is enough.

mod faults;
mod settle;
mod user;
mod wait;

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use larkwire_core::{Config, Domain};
use serde_json::Value;

pub use self::faults::{Faults, Planned};
pub use self::settle::Settled;
pub use self::user::{Group, SentMessage, User};
pub use self::wait::{PushHandle, TimedOut};

use crate::cassette::{self, CassetteError, Tape};
use crate::platform::{
    AppProfile, BotMessage, ClientConfig, Connection, ConnectionId, Disconnect, DiscoveryRecord, Entry, Fault, Message,
    Platform, Profile, Push, PushRecord, Stats, Times, Violation,
};
use crate::replay::{ReplaySpeed, Replayed, absent};
use crate::server::{Clock, Hub, Server};

/// A local Feishu platform for tests and examples, on a loopback port. Dropping it stops it.
///
/// ```
/// use larkwire_sim::Sim;
///
/// futures::executor::block_on(async {
///     let sim = Sim::start().await;
///     assert!(sim.domain().starts_with("http://127.0.0.1:"));
///     assert_eq!(sim.app_id().len(), "cli_".len() + 16);
/// });
/// ```
#[derive(Debug)]
pub struct Sim {
    hub: Arc<Hub>,
    address: SocketAddr,
    app_id: String,
    app_secret: String,
    patience: Duration,
    /// Number of the next bot message that nobody asked for yet.
    read: std::sync::atomic::AtomicU64,
    /// Last, so that the thread is still there when the rest goes.
    _server: Server,
}

/// The simulator could not be started.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The port is taken, or the system gives no socket or no thread.
    Io(io::Error),
    /// The clock's speed is not a positive number.
    Speed(f64),
}

impl std::fmt::Display for StartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            StartError::Io(error) => write!(f, "the simulator cannot listen: {error}"),
            StartError::Speed(speed) => write!(f, "the simulator's clock cannot go at {speed} times the real speed"),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            StartError::Io(error) => Some(error),
            StartError::Speed(_) => None,
        }
    }
}

/// Options of a [`Sim`].
#[derive(Clone, Debug)]
#[must_use]
pub struct SimBuilder {
    address: SocketAddr,
    seed: u64,
    speed: f64,
    patience: Duration,
    profile: Profile,
    hosts: Vec<String>,
    /// Whether the first app was chosen; the next one is one more.
    named: bool,
}

impl Default for SimBuilder {
    fn default() -> SimBuilder {
        let unix_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let profile = Profile { unix_ms: u64::try_from(unix_ms).unwrap_or_default(), ..Profile::default() };
        SimBuilder {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            seed: 0,
            speed: 1.0,
            patience: Duration::from_secs(10),
            profile,
            hosts: Vec::new(),
            named: false,
        }
    }
}

impl SimBuilder {
    /// Listens on this port. Default 0: any free one.
    pub fn port(mut self, port: u16) -> SimBuilder {
        self.address.set_port(port);
        self
    }

    /// Listens on this address. Default: the IPv4 loopback interface. On any other one, everybody who reaches this machine
    /// can use the platform and its control API.
    pub fn listen(mut self, address: impl Into<IpAddr>) -> SimBuilder {
        self.address.set_ip(address.into());
        self
    }

    /// A name of this machine under which the page and the control API may be used, beside those of loopback and the address
    /// that a client connected to: the name of a container, for example. Without a port.
    pub fn allow_host(mut self, name: impl Into<String>) -> SimBuilder {
        self.hosts.push(name.into());
        self
    }

    /// Decides all random choices. Default 0.
    pub fn seed(mut self, seed: u64) -> SimBuilder {
        self.seed = seed;
        self
    }

    /// An app that the platform knows. The first one takes the place of the default app; each further one is added.
    pub fn app(mut self, app_id: impl Into<String>, app_secret: impl Into<String>) -> SimBuilder {
        let app = AppProfile::new(app_id, app_secret);
        if self.named {
            self.profile.apps.push(app);
        } else {
            (self.profile.app_id, self.profile.app_secret, self.named) = (app.id, app.secret, true);
        }
        self
    }

    /// Lets the platform's clock go so many times as fast as the real one. Default 1.
    pub fn speed(mut self, speed: f64) -> SimBuilder {
        self.speed = speed;
        self
    }

    /// How long waits without a limit of their own last at most. Default 10 s of real time.
    pub fn patience(mut self, patience: Duration) -> SimBuilder {
        self.patience = patience;
        self
    }

    /// Changes the platform's profile. Its `socket_base` is set when the port is known.
    pub fn profile(mut self, change: impl FnOnce(&mut Profile)) -> SimBuilder {
        change(&mut self.profile);
        self
    }

    /// Starts the simulator.
    ///
    /// # Errors
    /// When the port is taken, the system gives no socket or thread, or the speed is not a positive number.
    pub async fn start(self) -> Result<Sim, StartError> {
        let SimBuilder { address, seed, speed, patience, mut profile, hosts, named: _ } = self;
        if !(speed.is_finite() && speed > 0.0) {
            return Err(StartError::Speed(speed));
        }
        let (app_id, app_secret) = (profile.app_id.clone(), profile.app_secret.clone());
        let open = move |address: SocketAddr| {
            // On all interfaces at once, a client comes back to where it has come.
            profile.socket_base = if address.ip().is_unspecified() { String::new() } else { format!("ws://{address}") };
            Hub::new(Platform::new(profile, seed, larkwire_core::Time::ZERO), Clock::new(speed), hosts)
        };
        let (server, hub, address) = Server::start(address, open).await.map_err(StartError::Io)?;
        Ok(Sim { hub, address, app_id, app_secret, patience, read: 0.into(), _server: server })
    }
}

impl Sim {
    /// Starts a simulator with the default options on a random port.
    ///
    /// # Panics
    /// When the system gives no socket or no thread; use [`Sim::builder`] to handle that.
    #[expect(clippy::panic, reason = "for tests, where a platform that cannot start is the end")]
    pub async fn start() -> Sim {
        match Sim::builder().start().await {
            Ok(sim) => sim,
            Err(error) => panic!("{error}"),
        }
    }

    /// The options, to choose other ones.
    pub fn builder() -> SimBuilder {
        SimBuilder::default()
    }

    /// What a client takes for `https://open.feishu.cn`: `http://127.0.0.1:PORT`.
    pub fn domain(&self) -> String {
        let mut address = self.address;
        match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        format!("http://{address}")
    }

    /// The page to chat with a bot and to look at what happens.
    pub fn page(&self) -> String {
        format!("{}/_sim", self.domain())
    }

    /// What the calls of the control API begin with: `http://127.0.0.1:PORT/_sim/v1`.
    pub fn control(&self) -> String {
        format!("{}/_sim/v1", self.domain())
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The first app's id.
    pub fn app_id(&self) -> &str {
        &self.app_id
    }

    /// The first app's secret.
    pub fn app_secret(&self) -> &str {
        &self.app_secret
    }

    /// Ids and secrets of all apps, the first one first.
    pub fn apps(&self) -> Vec<(String, String)> {
        self.look(|platform| {
            let Profile { app_id, app_secret, apps, .. } = platform.profile();
            let further = apps.iter().map(|app| (app.id.clone(), app.secret.clone()));
            std::iter::once((app_id.clone(), app_secret.clone())).chain(further).collect()
        })
    }

    /// What a bot of larkwire needs to know to connect here.
    pub fn config(&self) -> Config {
        let mut config = Config::new(self.app_id.clone(), self.app_secret.clone());
        config.domain = Domain::Custom(self.domain());
        config
    }

    /// Pushes an event or a callback, once a client is connected; if none comes, it counts as a failed delivery.
    pub async fn push(&self, push: Push) -> PushHandle {
        self.await_any_connection().await;
        PushHandle::new(self, self.act(|platform, now| platform.push(now, push)), None)
    }

    /// Pushes an event: the whole envelope, as JSON.
    pub async fn push_event(&self, envelope: Value) -> PushHandle {
        self.push(Push::payload(envelope.to_string())).await
    }

    /// Pushes a callback: the whole envelope, as JSON.
    pub async fn push_callback(&self, envelope: Value) -> PushHandle {
        self.push(Push::callback_payload(envelope.to_string())).await
    }

    /// Sends these bytes as a binary message on a connection, whatever they are.
    pub fn push_raw(&self, connection: ConnectionId, bytes: impl Into<Bytes>) {
        self.act(|platform, now| platform.send(now, connection, Message::Binary(bytes.into())));
    }

    /// Waits for the next message that the bot sends; each is given out once, in order.
    ///
    /// # Errors
    /// When there is none within `limit`.
    pub async fn next_reply(&self, limit: Duration) -> Result<BotMessage, TimedOut> {
        use std::sync::atomic::Ordering::SeqCst;
        let read = &self.read;
        let look = |platform: &Platform| {
            let message = platform.bot_messages(read.load(SeqCst)).next()?.clone();
            read.store(message.number.saturating_add(1), SeqCst);
            Some(message)
        };
        self.wait("a message from the bot", limit, look).await
    }

    /// Like [`Sim::next_reply`], for tests.
    ///
    /// # Panics
    /// When there is no message within the builder's patience; the text says what happened instead.
    #[expect(clippy::panic, reason = "an assertion")]
    pub async fn expect_reply(&self) -> BotMessage {
        match self.next_reply(self.patience).await {
            Ok(message) => message,
            Err(error) => panic!("{error}"),
        }
    }

    /// Waits until at least `count` connections are open, at most as long as the builder's patience.
    ///
    /// # Errors
    /// When there are not enough in time.
    pub async fn wait_connected(&self, count: usize) -> Result<(), TimedOut> {
        let look = |platform: &Platform| (platform.open_connections().count() >= count).then_some(());
        self.wait(&format!("{count} open connection(s)"), self.patience, look).await
    }

    /// Waits until `look` sees what it looks for in the platform, at most for `limit` of real time. `what` says what
    /// that is, for the error. `look` runs while the platform is locked: it must not use this `Sim`.
    ///
    /// # Errors
    /// When it does not come in time.
    pub async fn wait<T>(
        &self,
        what: &str,
        limit: Duration,
        look: impl FnMut(&Platform) -> Option<T>,
    ) -> Result<T, TimedOut> {
        wait::until(&self.hub, what, limit, look).await
    }

    /// Does something to the platform that has no method here. `act` runs while the platform is locked: it must not use
    /// this `Sim`.
    pub fn act<T>(&self, act: impl FnOnce(&mut Platform, larkwire_core::Time) -> T) -> T {
        self.hub.act(act)
    }

    /// Looks at something of the platform that has no method here. `look` runs while the platform is locked: it must not
    /// use this `Sim`.
    pub fn look<T>(&self, look: impl FnOnce(&Platform) -> T) -> T {
        self.hub.look(look)
    }

    /// Lets the platform's clock jump: deadlines and redeliveries come at once, the client's clock knows nothing of it.
    pub fn advance(&self, duration: Duration) {
        self.hub.turn_clock(duration, None);
    }

    /// The faults that have a name.
    pub fn faults(&self) -> Faults<'_> {
        Faults::new(self)
    }

    /// Makes a fault happen at the next occasion that it fits.
    pub fn inject(&self, fault: impl Into<Fault>) {
        self.inject_times(fault, Times::Next(1));
    }

    /// Makes a fault happen so often.
    pub fn inject_times(&self, fault: impl Into<Fault>, times: Times) {
        self.act(|platform, _| platform.inject(fault, times));
    }

    /// Forgets all faults that did not happen yet.
    pub fn clear_faults(&self) {
        self.act(|platform, _| platform.clear_faults());
    }

    /// Ends all connections in the same way.
    pub fn drop_connections(&self, how: Disconnect) {
        self.act(|platform, now| platform.drop_connections(now, &how));
    }

    /// Ends one connection.
    pub fn drop_connection(&self, connection: ConnectionId, how: Disconnect) {
        self.act(|platform, now| platform.drop_connection(now, connection, how));
    }

    /// Changes the settings that discovery answers and pongs carry from now on.
    pub fn set_client_config(&self, config: ClientConfig) {
        self.act(|platform, _| platform.set_client_config(config));
    }

    /// All connections that are not gone.
    pub fn connections(&self) -> Vec<Connection> {
        self.look(|platform| platform.connections().cloned().collect())
    }

    /// What clients sent to endpoint discovery, the oldest first.
    pub fn discoveries(&self) -> Vec<DiscoveryRecord> {
        self.look(|platform| platform.discoveries().cloned().collect())
    }

    /// What became of the pushes, the oldest first.
    pub fn pushes(&self) -> Vec<PushRecord> {
        self.look(|platform| platform.push_records().cloned().collect())
    }

    /// What clients did against the protocol, the oldest first.
    pub fn violations(&self) -> Vec<Violation> {
        self.look(|platform| platform.violations().cloned().collect())
    }

    /// What clients did that is unusual, the oldest first.
    pub fn notes(&self) -> Vec<Violation> {
        self.look(|platform| platform.notes().cloned().collect())
    }

    /// What happened, the oldest first; without secrets.
    pub fn transcript(&self) -> Vec<Entry> {
        self.look(|platform| platform.transcript().cloned().collect())
    }

    /// The transcript with one JSON object per line.
    pub fn transcript_json_lines(&self) -> String {
        self.look(|platform| wait::json_lines(platform.transcript()))
    }

    /// The run so far as a cassette: lines of JSON, without secrets.
    pub fn export(&self) -> String {
        self.look(|platform| {
            let lines = platform.transcript().map(|entry| cassette::line(platform, entry));
            std::iter::once(cassette::head(platform)).chain(lines).map(|line| line + "\n").collect()
        })
    }

    /// The first line of a cassette, which names the run.
    pub fn export_head(&self) -> String {
        self.look(cassette::head)
    }

    /// The lines of a cassette for what happened behind `seq`, without the first one, and the number of the last.
    pub fn export_after(&self, seq: u64) -> (Vec<String>, u64) {
        self.look(|platform| {
            let lines = platform.transcript_after(seq).map(|entry| cassette::line(platform, entry)).collect();
            (lines, platform.transcript_seq())
        })
    }

    /// Puts a cassette in, for [`play`](Sim::play), the page and the control API. One that was there is taken out.
    ///
    /// # Errors
    /// When it is no cassette.
    pub fn import(&self, cassette: &str) -> Result<(), CassetteError> {
        self.hub.load(Tape::read(cassette)?);
        Ok(())
    }

    /// Plays the events of the cassette that is in to bots, and compares the acks: to that of the same app, where the platform
    /// has several, and else to that of the first. Waits until they are connected. None if there is no cassette.
    pub async fn play(&self, speed: ReplaySpeed) -> Option<Replayed> {
        Some(self.play_tape(&*self.hub.tape()?, speed).await)
    }

    /// Plays the events of this cassette, as [`play`](Sim::play) does. The one that is in stays.
    ///
    /// # Errors
    /// When it is no cassette.
    pub async fn replay(&self, cassette: &str, speed: ReplaySpeed) -> Result<Replayed, CassetteError> {
        Ok(self.play_tape(&Tape::read(cassette)?, speed).await)
    }

    async fn play_tape(&self, tape: &Tape, speed: ReplaySpeed) -> Replayed {
        let apps = tape.apps();
        // Who does not come within that time will not have acked.
        let _ = self.hub.wait(self.patience, |platform| absent(platform, &apps).is_none().then_some(())).await;
        crate::replay::play(&self.hub, tape, speed).await
    }

    /// Forgets people, chats, pushes, faults and all that happened; apps and connections stay.
    pub fn reset(&self) {
        self.act(Platform::reset);
        self.read.store(0, std::sync::atomic::Ordering::SeqCst);
    }

    /// Counters.
    pub fn stats(&self) -> Stats {
        self.look(|platform| platform.stats().clone())
    }

    /// Checks that every push was acked with code 200, within `limit` of the platform's time.
    ///
    /// # Panics
    /// When one was not.
    #[track_caller]
    #[expect(clippy::panic, reason = "an assertion")]
    pub fn assert_all_acked_within(&self, limit: Duration) {
        for push in self.pushes() {
            let fast = |delivery: &crate::platform::Delivery| {
                delivery.ack.as_ref().is_some_and(|ack| ack.code == 200 && ack.delay <= limit)
            };
            if push.deliveries.is_empty() || !push.deliveries.iter().all(fast) {
                panic!("not acked with 200 within {limit:?}: {push:#?}\nviolations: {:#?}", self.violations());
            }
        }
    }

    /// Checks that no client broke the protocol.
    ///
    /// # Panics
    /// When one did.
    #[track_caller]
    pub fn assert_no_violations(&self) {
        let violations = self.violations();
        assert!(violations.is_empty(), "clients broke the protocol: {violations:#?}");
    }

    fn await_any_connection(&self) -> impl Future<Output = Option<()>> + '_ {
        self.hub.wait(self.patience, |platform| platform.open_connections().next().map(drop))
    }
}
