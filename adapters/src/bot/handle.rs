//! What a bot and its handles share: where the bot is, what it has counted, and that it should stop.

use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use larkwire_core::{Stats, Status, Stop};

use crate::router::RouterStats;

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
    shutdown: Option<Duration>,
    end: Option<NotReady>,
    /// The bot's own task.
    bot: Option<Waker>,
    watchers: Vec<Waker>,
}

impl Handle {
    /// Where the bot is; none before it runs. Times count from its start.
    pub fn status(&self) -> Option<Status> {
        self.state().status
    }

    /// What has been counted, as of the last time that the bot came to rest.
    pub fn stats(&self) -> BotStats {
        self.state().stats
    }

    /// Tells each change of the status from now on.
    pub fn watch(&self) -> Watch {
        Watch { seen: self.state().version, handle: self.clone() }
    }

    /// Waits until events can come: the connection is open and the platform has answered. At once if that is so.
    ///
    /// # Errors
    /// When the bot ends first, or has ended.
    pub async fn ready(&self) -> Result<(), NotReady> {
        let mut watch = Watch { seen: u64::MAX, handle: self.clone() };
        while let Some(status) = watch.changed().await {
            if matches!(status, Status::Open { ready: true, .. }) {
                return Ok(());
            }
        }
        Err(self.state().end.clone().unwrap_or(NotReady::Dropped))
    }

    /// Asks the bot to stop: it takes no new events, waits at most `drain` for the handlers that run, says goodbye, and
    /// ends with [`Stop::Shutdown`]. Said again, it can only shorten the time.
    pub fn shutdown(&self, drain: Duration) {
        let mut state = self.state();
        state.shutdown = Some(state.shutdown.map_or(drain, |before| before.min(drain)));
        if let Some(bot) = state.bot.take() {
            bot.wake();
        }
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
    seen: u64,
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
        if !state.watchers.iter().any(|waker| waker.will_wake(cx.waker())) {
            state.watchers.push(cx.waker().clone());
        }
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

    pub(super) fn publish(&self, status: Status, stats: BotStats) {
        let mut state = self.0.state();
        state.stats = stats;
        if state.status != Some(status) {
            state.status = Some(status);
            state.version += 1;
            wake(state);
        }
    }

    pub(super) fn stopped(&self, stop: Stop) {
        self.end(NotReady::Stopped(stop));
    }

    fn end(&self, end: NotReady) {
        let mut state = self.0.state();
        state.end.get_or_insert(end);
        wake(state);
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
    watchers.into_iter().for_each(Waker::wake);
}
