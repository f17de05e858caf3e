//! A few connections for many calls: HTTP/1.1 takes one request at a time, and TLS costs several round trips.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use futures::channel::oneshot;
use futures::future::FutureExt;
use larkwire_core::{Calls, LinkError, Request};

use crate::http::{Answer, Connection, NotSent, outgoing};
use crate::net::Net;
use crate::runtime::{Runtime, Task, later};

/// Connections to one host, of which a bounded number is open at a time.
pub(super) struct Pool {
    state: Arc<Mutex<State>>,
    /// After so long an idle connection is closed.
    idle_limit: Duration,
}

struct State {
    /// The one used last is last, and is used next, so that those that are not needed grow old.
    idle: Vec<(Connection, Instant)>,
    /// Whether somebody closes those that have grown old, and who it is, or was.
    sweeping: bool,
    sweeper: Option<Task>,
    /// How many more calls may use a connection.
    free: usize,
    /// Calls that wait for their turn.
    waiting: VecDeque<oneshot::Sender<Turn>>,
}

/// The right to use a connection. Given to the next who waits when it is dropped.
struct Turn(Arc<Mutex<State>>);

impl Drop for Turn {
    fn drop(&mut self) {
        let next = {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let next = state.waiting.pop_front();
            if next.is_none() {
                state.free = state.free.saturating_add(1);
            }
            next
        };
        // Whoever has gone in the meantime lets it drop, which gives it to the one behind.
        if let Some(next) = next {
            drop(next.send(Turn(Arc::clone(&self.0))));
        }
    }
}

impl Pool {
    pub(super) fn new(rule: &Calls) -> Pool {
        let state = State {
            idle: Vec::new(),
            sweeping: false,
            sweeper: None,
            free: rule.connections.max(1),
            waiting: VecDeque::new(),
        };
        Pool { state: Arc::new(Mutex::new(state)), idle_limit: rule.idle }
    }

    /// One exchange, on a connection that is open already if there is one.
    pub(super) async fn exchange(&self, net: &Net, request: &Request) -> Result<Answer, LinkError> {
        let turn = self.turn().await;
        loop {
            let idle = self.idle(net).await;
            let reused = idle.is_some();
            let mut connection = match idle {
                Some(connection) => connection,
                None => Connection::open(net, &request.url, &request.deadlines).await?,
            };
            let outgoing = outgoing(request.method, &request.url, &request.headers, request.body.clone())?;
            match connection.try_send(outgoing).await {
                Ok(head) => {
                    let answer = head.read(request.max_body).await?;
                    self.keep(connection, net);
                    drop(turn);
                    return Ok(answer);
                }
                // It was closed at this very moment, before anything was written to it.
                Err(NotSent { unwritten: true, .. }) if reused => {}
                Err(NotSent { error, .. }) => return Err(error),
            }
        }
    }

    async fn turn(&self) -> Turn {
        let receiver = {
            let mut state = self.lock();
            if state.free > 0 {
                state.free -= 1;
                return Turn(Arc::clone(&self.state));
            }
            let (sender, receiver) = oneshot::channel();
            // Those who have gone would wait in line for ever if nobody got a turn.
            state.waiting.retain(|waiting| !waiting.is_canceled());
            state.waiting.push_back(sender);
            receiver
        };
        // The sender is dropped only with the state, which this very call keeps alive.
        receiver.await.unwrap_or_else(|_| Turn(Arc::clone(&self.state)))
    }

    /// A connection that is open and takes another request.
    async fn idle(&self, net: &Net) -> Option<Connection> {
        loop {
            let connection = {
                let mut state = self.lock();
                state.close_old(net.runtime().now(), self.idle_limit);
                state.idle.pop()?.0
            };
            if let Some(connection) = connection.ready().await {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection for the next call.
    fn keep(&self, connection: Connection, net: &Net) {
        let mut state = self.lock();
        state.idle.push((connection, net.runtime().now()));
        if !std::mem::replace(&mut state.sweeping, true) {
            let sweeping = sweep(Arc::downgrade(&self.state), Arc::clone(net.runtime()), self.idle_limit);
            state.sweeper = Some(net.runtime().spawn(sweeping.boxed()));
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Closes the connections that were idle for too long, and says when the next one will be.
    fn close_old(&mut self, now: Instant, limit: Duration) -> Option<Instant> {
        self.idle.retain(|(_, since)| now.saturating_duration_since(*since) < limit);
        self.idle.iter().map(|(_, since)| later(*since, limit)).min()
    }
}

/// Closes connections that have grown old, until there are none.
async fn sweep(state: Weak<Mutex<State>>, runtime: Arc<dyn Runtime>, limit: Duration) {
    loop {
        let next = {
            let Some(state) = state.upgrade() else { return };
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            let next = state.close_old(runtime.now(), limit);
            state.sweeping = next.is_some();
            next
        };
        match next {
            Some(next) => runtime.sleep_until(next).await,
            None => return,
        }
    }
}
