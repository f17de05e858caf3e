//! What a bot and its handles share: where the bot is, what it has counted, and that it should stop.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use larkwire_core::{Attempt, Stats, Status, Stop, Time};

use crate::api::ApiClient;
use crate::router::RouterStats;
use crate::runtime::{Runtime, later};

/// Watches and stops a [`Bot`](crate::Bot). Cheap to clone; outlives the bot.
#[derive(Clone)]
pub struct Handle {
    state: Arc<Mutex<State>>,
}

/// What a bot has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BotStats {
    /// The connection.
    pub connection: Stats,
    /// The handlers.
    pub handlers: RouterStats,
    /// Handlers that run.
    pub running: usize,
    /// Deliveries that wait for their handler's turn.
    pub waiting: usize,
}

/// A bot will not become ready.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotReady {
    /// It has stopped, and says why.
    Stopped(Stop),
    /// It was dropped.
    Dropped,
}

impl fmt::Display for NotReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotReady::Stopped(stop) => stop.fmt(f),
            NotReady::Dropped => f.write_str("the bot was dropped"),
        }
    }
}

impl Error for NotReady {}

#[derive(Default)]
struct State {
    /// None before the bot runs.
    status: Option<Status>,
    /// How often `status` has changed.
    version: u64,
    stats: BotStats,
    /// The platform's name for the connection that `status` is about.
    connection_id: Option<String>,
    /// None before the bot runs and after its end.
    ground: Option<Ground>,
    shutdown: Option<Duration>,
    end: Option<NotReady>,
    /// The bot's own task.
    bot: Option<Waker>,
    /// By the number of their [`Watch`].
    watchers: BTreeMap<u64, Waker>,
    watches: u64,
}

/// What a running bot stands on.
#[derive(Clone)]
pub(super) struct Ground {
    /// What its times count from.
    pub(super) origin: Instant,
    pub(super) runtime: Arc<dyn Runtime>,
    pub(super) api: ApiClient,
    /// What its connections are made with, and users are bound to them by.
    pub(super) channel_tag: Option<String>,
}

/// A connection that is ready.
pub(super) struct Connection {
    pub(super) attempt: Attempt,
    pub(super) id: Option<String>,
}

impl Handle {
    /// Where the bot is; none before it runs. Times count from its start: see [`Handle::instant`].
    pub fn status(&self) -> Option<Status> {
        self.state().status
    }

    /// The platform's name for the open connection (`device_id`), if it gave one: what its support asks for.
    pub fn connection_id(&self) -> Option<String> {
        let state = self.state();
        state.connection_id.clone().filter(|_| matches!(state.status, Some(Status::Open { .. })))
    }

    /// The moment that a [`Time`] of this bot stands for: in its status, its stats and its notices. None unless it runs.
    pub fn instant(&self, time: Time) -> Option<Instant> {
        Some(later(self.state().ground.as_ref()?.origin, time.since_origin()))
    }

    /// When the next attempt to connect begins. None unless the bot waits for that.
    pub fn next_attempt(&self) -> Option<Instant> {
        match self.status() {
            Some(Status::BackingOff { until }) => self.instant(until),
            _ => None,
        }
    }

    /// How long ago the platform was heard of for the last time. None if never, or if the bot does not run.
    pub fn since_last_heard(&self) -> Option<Duration> {
        self.since(self.stats().connection.last_heard?)
    }

    /// How long ago the last event or callback came. None if none did, or if the bot does not run.
    pub fn since_last_event(&self) -> Option<Duration> {
        self.since(self.stats().connection.last_event?)
    }

    /// What has been counted, as of the last time that the bot came to rest.
    pub fn stats(&self) -> BotStats {
        self.state().stats
    }

    /// Tells each change of the status from now on.
    pub fn watch(&self) -> Watch {
        let seen = self.state().version;
        self.watch_from(seen)
    }

    /// Tells the changes since this version of the status.
    fn watch_from(&self, seen: u64) -> Watch {
        let mut state = self.state();
        state.watches += 1;
        Watch { handle: self.clone(), number: state.watches, seen }
    }

    /// Waits until events can come: the connection is open and the platform has answered. At once if that is so.
    ///
    /// # Errors
    /// When the bot ends first, or has ended.
    pub async fn ready(&self) -> Result<(), NotReady> {
        let mut watch = self.watch_from(u64::MAX);
        while let Some(status) = watch.changed().await {
            if matches!(status, Status::Open { ready: true, .. }) {
                return Ok(());
            }
        }
        Err(self.end())
    }

    /// Asks the bot to stop: it takes no new events, waits at most `drain` for the handlers that run, says goodbye, and
    /// ends with [`Stop::Shutdown`]. Said again, it can only shorten the time.
    pub fn shutdown(&self, drain: Duration) {
        let mut state = self.state();
        state.shutdown = Some(state.shutdown.map_or(drain, |before| before.min(drain)));
        let bot = state.bot.take();
        // Outside of the lock: a runtime of one's own may poll what it wakes.
        drop(state);
        if let Some(bot) = bot {
            bot.wake();
        }
    }

    /// Waits for a connection that is ready, and not the one of the attempt `after`.
    pub(super) async fn next_connection(&self, after: Option<Attempt>) -> Result<Connection, NotReady> {
        let mut watch = self.watch_from(u64::MAX);
        while watch.changed().await.is_some() {
            if let Some(connection) = self.connection().filter(|connection| Some(connection.attempt) != after) {
                return Ok(connection);
            }
        }
        Err(self.end())
    }

    /// The connection, if it is ready.
    pub(super) fn connection(&self) -> Option<Connection> {
        let state = self.state();
        match state.status {
            Some(Status::Open { attempt, ready: true }) => {
                Some(Connection { attempt, id: state.connection_id.clone() })
            }
            _ => None,
        }
    }

    pub(super) fn ground(&self) -> Result<Ground, NotReady> {
        let ground = self.state().ground.clone();
        ground.ok_or_else(|| self.end())
    }

    fn end(&self) -> NotReady {
        self.state().end.clone().unwrap_or(NotReady::Dropped)
    }

    fn since(&self, time: Time) -> Option<Duration> {
        let Ground { origin, runtime, .. } = self.ground().ok()?;
        Some(runtime.now().saturating_duration_since(later(origin, time.since_origin())))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("status", &self.status()).finish_non_exhaustive()
    }
}

/// Tells the changes of a bot's status. Made by [`Handle::watch`].
#[derive(Debug)]
pub struct Watch {
    handle: Handle,
    number: u64,
    seen: u64,
}

/// Nobody waits any more.
impl Drop for Watch {
    fn drop(&mut self) {
        self.handle.state().watchers.remove(&self.number);
    }
}

impl Watch {
    /// The status, once it has changed; changes that came meanwhile are passed over. None when the bot has ended.
    pub async fn changed(&mut self) -> Option<Status> {
        poll_fn(|cx| self.poll_changed(cx)).await
    }

    fn poll_changed(&mut self, cx: &mut Context<'_>) -> Poll<Option<Status>> {
        let mut state = self.handle.state();
        if state.end.is_some() {
            return Poll::Ready(None);
        }
        if state.version != self.seen && state.status.is_some() {
            self.seen = state.version;
            return Poll::Ready(state.status);
        }
        state.watchers.insert(self.number, cx.waker().clone());
        Poll::Pending
    }
}

/// The bot's side. When it is dropped, the bot has ended.
pub(super) struct Shared(Handle);

impl Default for Shared {
    fn default() -> Shared {
        Shared(Handle { state: Arc::default() })
    }
}

impl Shared {
    pub(super) fn handle(&self) -> Handle {
        self.0.clone()
    }

    /// How long to drain, once somebody has asked for a shutdown.
    pub(super) fn poll_shutdown(&self, cx: &mut Context<'_>) -> Poll<Duration> {
        let mut state = self.0.state();
        match state.shutdown.take() {
            Some(drain) => Poll::Ready(drain),
            None => {
                state.bot.get_or_insert_with(|| cx.waker().clone()).clone_from(cx.waker());
                Poll::Pending
            }
        }
    }

    pub(super) fn started(&self, ground: Ground) {
        self.0.state().ground = Some(ground);
    }

    pub(super) fn publish(&self, status: Status, stats: BotStats, connection_id: Option<&str>) {
        let mut state = self.0.state();
        state.stats = stats;
        if state.status != Some(status) {
            state.status = Some(status);
            state.version += 1;
            state.connection_id = connection_id.map(str::to_owned);
            wake(state);
        }
    }

    pub(super) fn stopped(&self, stop: Stop) {
        self.end(NotReady::Stopped(stop));
    }

    fn end(&self, end: NotReady) {
        let mut state = self.0.state();
        state.end.get_or_insert(end);
        // The handles may live on, and should keep no connection open.
        let ground = state.ground.take();
        wake(state);
        drop(ground);
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.end(NotReady::Dropped);
    }
}

/// Wakes the watchers, outside of the lock.
fn wake(mut state: MutexGuard<'_, State>) {
    let watchers = std::mem::take(&mut state.watchers);
    drop(state);
    watchers.into_values().for_each(Waker::wake);
}
