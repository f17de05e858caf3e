//! The machine: one verb in, one verb out, and the timers between them.
//!
//! This file holds the state and the clock. What the states do is in three parts: [`attempts`] finds and opens a connection
//! and deals with its loss, [`connection`] reads what comes on it, [`deliveries`] looks after what the application has to
//! answer.

use alloc::collections::VecDeque;
use core::fmt;
use core::time::Duration;

use crate::Time;
use crate::backoff::Random;
use crate::config::Config;
use crate::dedup::Dedup;
use crate::failure::{Failure, Stop};
use crate::reply::Reply;
use crate::settings::Settings;
use crate::state::State;
use crate::stats::{Stats, Status, count};
use crate::timers::{Timer, Timers};
use crate::vocabulary::{Attempt, DeliveryId, Input, Notice, Output, Replied, UnknownDelivery};

mod attempts;
mod connection;
mod deliveries;

use deliveries::Deliveries;

/// One long connection, kept up: a machine without IO, clock or thread.
///
/// # Contract
///
/// - After [`Client::new`] and after each call of [`handle_input`](Client::handle_input), [`reply`](Client::reply),
///   [`abandon`](Client::abandon) and [`shutdown`](Client::shutdown), call [`poll_output`](Client::poll_output) until it
///   says [`Output::Wait`], and do what it says, in that order.
/// - Do not wait longer than the `Wait` allows, then say [`Input::Timeout`]. Any other input serves as well.
/// - Times may repeat and go backwards; the latest one counts. After a hundred years time stands still.
/// - Answers name the [`Attempt`] of their question. One that is too late is ignored.
/// - When [`wants_input`](Client::wants_input) is false, leave messages in the socket, and say [`Input::Resumed`] when you
///   read on.
/// - After [`Notice::Stopped`] nothing follows.
pub struct Client {
    config: Config,
    random: Random,
    now: Time,
    state: State,
    timers: Timers,
    outputs: VecDeque<Output>,
    deliveries: Deliveries,
    dedup: Dedup,
    settings: Option<Settings>,
    stats: Stats,
    history: History,
    wall: Option<Wall>,
    /// Nobody reads: silence proves nothing.
    paused: bool,
}

/// Shows where it is; not what it holds, which is other people's.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("config", &self.config)
            .field("state", &self.state)
            .field("settings", &self.settings)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}

/// What is remembered from one attempt to the next.
#[derive(Debug, Default)]
struct History {
    attempts: u64,
    /// Failed attempts of this outage.
    failures: u32,
    /// The last failure, and how often in a row it was.
    streak: Option<(Failure, u32)>,
    /// The last attempt ended with a plain 401 or 403.
    doubtful: bool,
    was_ready: bool,
    /// When the last connection was heard of for the last time, and when it was lost.
    outage: Option<(Time, Time)>,
}

/// The wall clock and ours, at the same moment.
#[derive(Clone, Copy, Debug)]
struct Wall {
    unix_ms: u64,
    at: Time,
}

/// A wall clock that moved so much more or less than ours means that the machine slept.
const JUMP: Duration = Duration::from_secs(10);
/// A wake so much later than asked for means that the process slept.
const OVERSLEPT: Duration = Duration::from_secs(5);
/// The end of time, in a hundred years: no later one is believed, so that there is always room for a deadline behind it.
const LATEST: Time = Time::new(Duration::from_secs(100 * 365 * 24 * 3600));
/// No deadline is shorter, so that time always has to pass.
const TICK: Duration = Duration::from_millis(1);

impl Client {
    /// A client that begins its first attempt at once.
    ///
    /// `seed` decides all that is random: give each client another one. A configuration that fails
    /// [`Config::check`] gives a client whose only notice is [`Notice::Stopped`].
    pub fn new(config: Config, seed: u64, now: Time) -> Client {
        let mut random = Random::new(seed);
        let dedup = Dedup::new((random.next(), random.next()));
        let mut client = Client {
            config,
            random,
            now: now.min(LATEST),
            state: State::Stopped,
            timers: Timers::default(),
            outputs: VecDeque::new(),
            deliveries: Deliveries::default(),
            dedup,
            settings: None,
            stats: Stats::default(),
            history: History::default(),
            wall: None,
            paused: false,
        };
        match client.config.check() {
            Ok(()) => client.discover(),
            Err(error) => client.stop(Stop::Config(error)),
        }
        client.plan();
        client
    }

    /// Takes in what happened by `now`.
    pub fn handle_input(&mut self, now: Time, input: Input) {
        self.wake(now);
        // Before the timers: what is in our hands has arrived, however late we come to look at it.
        self.handle(input);
        self.run_timers();
    }

    /// What is to be done now. [`Output::Wait`] once there is nothing more.
    pub fn poll_output(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or_else(|| Output::Wait(self.timers.next()))
    }

    /// Answers a delivery. The outcome is remembered even when the ack cannot be sent any more.
    ///
    /// # Errors
    /// When there is no such delivery: it was answered, or given up after
    /// [`Config::handler_limit`](crate::Config::handler_limit).
    pub fn reply(&mut self, now: Time, id: DeliveryId, reply: Reply) -> Result<Replied, UnknownDelivery> {
        self.wake(now);
        let replied = self.settle(id, reply.outcome);
        self.run_timers();
        replied
    }

    /// Acks a delivery before it is handled: the platform will not push it again, whatever becomes of it. Its
    /// [`reply`](Client::reply) still settles it here.
    ///
    /// # Errors
    /// When there is no such delivery, or no longer.
    pub fn acknowledge(&mut self, now: Time, id: DeliveryId) -> Result<Replied, UnknownDelivery> {
        self.wake(now);
        let replied = self.ack_early(id);
        self.run_timers();
        replied
    }

    /// Gives a delivery up: no answer will come, and a redelivery of the event is to be handled again. Unknown ids are no
    /// concern.
    pub fn abandon(&mut self, now: Time, id: DeliveryId) {
        self.wake(now);
        self.give_up(id);
        self.run_timers();
    }

    /// Ends the client: new messages are refused, answers to earlier ones are sent for at most `drain`, then the connection
    /// is closed. Said again, it can only shorten the time.
    pub fn shutdown(&mut self, now: Time, drain: Duration) {
        self.wake(now);
        self.drain(drain);
        self.run_timers();
    }

    /// Whether messages should be read. False while [`Limits::unanswered`](crate::Limits::unanswered) or
    /// [`Limits::unanswered_bytes`](crate::Limits::unanswered_bytes) is reached; not in a shutdown, which delivers nothing.
    pub fn wants_input(&self) -> bool {
        let limits = &self.config.limits;
        let room = self.deliveries.unanswered() < limits.unanswered.max(1)
            && self.deliveries.bytes() < limits.unanswered_bytes.max(1);
        room || !matches!(self.state, State::Open(_))
    }

    /// Where the client is.
    pub fn status(&self) -> Status {
        self.state.status()
    }

    /// What has been counted.
    pub fn stats(&self) -> Stats {
        let mut stats = self.stats;
        if let Some(connection) = self.state.connection() {
            stats.parts_waiting = connection.reassembly.frames();
            stats.parts_bytes = connection.reassembly.held();
        }
        stats.unanswered = self.deliveries.unanswered();
        stats.unanswered_bytes = self.deliveries.bytes();
        stats.dedup_entries = self.dedup.entries();
        stats.dedup_evicted = self.dedup.evicted();
        stats
    }

    /// The platform's settings, once it has sent some.
    pub fn settings(&self) -> Option<Settings> {
        self.settings
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Takes note of the time, and of a sleep that was longer than asked for.
    fn wake(&mut self, now: Time) {
        self.now = self.now.max(now).min(LATEST);
        if self.timers.next().is_some_and(|at| self.now > at.after(OVERSLEPT)) {
            self.probe();
        }
    }

    fn handle(&mut self, input: Input) {
        match input {
            Input::Timeout => {}
            Input::Held => self.paused = true,
            Input::Resumed => self.resumed(),
            Input::Wall { unix_ms } => self.look_at_wall(unix_ms),
            Input::Assertion { attempt, result } => self.assertion(attempt, result),
            Input::Response { attempt, status, headers, body } => self.response(attempt, status, &headers, &body),
            Input::Opened { attempt, .. } => self.opened(attempt),
            Input::Rejected { attempt, status, headers, body } => self.rejected(attempt, status, &headers, &body),
            Input::Message { attempt, kind, data } => self.message(attempt, kind, data),
            Input::Alive { attempt, kind } => self.alive(attempt, kind),
            Input::Closed { attempt, code, reason } => self.closed(attempt, code, &reason),
            Input::Failed { attempt, error } => self.failed(attempt, error),
        }
    }

    fn run_timers(&mut self) {
        self.plan();
        while let Some(timer) = self.timers.take_due(self.now) {
            match timer {
                Timer::Phase => self.phase_over(),
                Timer::Parts => self.expire_parts(),
                Timer::Overdue => self.overdue(),
                Timer::Handler => self.handler_limit(),
                Timer::Silence => self.lose(Failure::Silent),
                Timer::Ping => self.ping(),
                Timer::WebSocketPing => self.websocket_ping(),
            }
            self.plan();
        }
    }

    /// Derives every deadline but that of the phase, which is set when a phase begins.
    fn plan(&mut self) {
        self.paused |= !self.wants_input();
        let liveness = &self.config.liveness;
        let (mut parts, mut silence, mut ping, mut websocket_ping) = (None, None, None, None);
        if let Some(connection) = self.state.connection() {
            let watched = !self.paused && !liveness.pong_timeout.is_zero();
            parts = connection.reassembly.expires();
            silence = connection.awaiting.filter(|_| watched).map(|since| since.after(liveness.pong_timeout));
            ping = Some(connection.last_ping.after(self.ping_interval()));
            websocket_ping = liveness
                .websocket_ping
                .map(|period| connection.last_websocket_ping.after(period.max(Duration::from_secs(1))));
        }
        self.timers.set(Timer::Parts, parts);
        self.timers.set(Timer::Silence, silence);
        self.timers.set(Timer::Ping, ping);
        self.timers.set(Timer::WebSocketPing, websocket_ping);
        let (within, limit) = (self.config.answer_within, self.config.handler_limit.max(TICK));
        let ended = matches!(self.state, State::Stopped);
        let (overdue, handler) = match ended {
            true => (None, None),
            false => (self.deliveries.next_overdue(), self.deliveries.oldest()),
        };
        self.timers.set(Timer::Overdue, overdue.map(|received| received.after(within)));
        self.timers.set(Timer::Handler, handler.map(|received| received.after(limit)));
    }

    fn phase_over(&mut self) {
        match &self.state {
            State::Discovering(_) => self.lose(Failure::DiscoveryTimeout),
            State::Connecting(_) => self.lose(Failure::ConnectTimeout),
            State::Draining(_) => self.close(None),
            State::Leaving => self.stop(Stop::Shutdown),
            State::Closing(_) => self.closing_over(true),
            State::Backoff(_) => self.discover(),
            State::Open(_) | State::Stopped => {}
        }
    }

    fn look_at_wall(&mut self, unix_ms: u64) {
        let now = Wall { unix_ms, at: self.now };
        if let Some(before) = self.wall.replace(now) {
            let expected = before.unix_ms.saturating_add(millis(now.at.since(before.at)));
            if Duration::from_millis(expected.abs_diff(unix_ms)) > JUMP {
                self.probe();
            }
        }
    }

    fn resumed(&mut self) {
        if self.wants_input() {
            self.paused = false;
            let now = self.now;
            if let Some(connection) = self.state.connection_mut() {
                connection.awaiting = connection.awaiting.map(|_| now);
            }
        }
    }

    /// Whether an answer belongs to what is going on. If not it is counted, and nothing else.
    fn is_current(&mut self, attempt: Attempt) -> bool {
        let current = self.state.attempt() == Some(attempt);
        if !current {
            count(&mut self.stats.oddities.stale_inputs);
        }
        current
    }

    fn output(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    fn notify(&mut self, notice: Notice) {
        self.output(Output::Notice(notice));
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
