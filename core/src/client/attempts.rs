//! From nothing to an open connection, and what follows when that fails or ends.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::mem;
use core::time::Duration;

use super::{Client, TICK};
use crate::Secret;
use crate::backoff;
use crate::config::Credential;
use crate::endpoint::{self, NoEndpoint};
use crate::failure::{CONNECTION_LIMIT_WAIT, Failure, LimitSignal, LinkError, LinkErrorKind, Stop};
use crate::handshake::{self, Verdict};
use crate::secret::presentable;
use crate::state::{Backoff, Closing, Connecting, Connection, Discovering, State, Step};
use crate::stats::count;
use crate::timers::Timer;
use crate::vocabulary::{
    Assertion, AssertionError, Attempt, Close, Connect, DropReason, Headers, Notice, Output, Request,
};

/// What a socket may bring beyond the largest payload: headers, framing, and room to see that it was too much.
const FRAMING: usize = 1024 * 1024;
/// So many equal failures in a row are worth telling.
const DEGRADED: u32 = 5;

impl Client {
    /// Begins an attempt.
    pub(super) fn discover(&mut self) {
        self.history.attempts = self.history.attempts.saturating_add(1);
        let attempt = Attempt::new(self.history.attempts);
        count(&mut self.stats.attempts);
        self.start_phase(self.config.deadlines.discovery);
        match self.config.credential {
            Credential::Secret(_) => match endpoint::request(&self.config, None) {
                Ok(request) => self.request(attempt, request, Step::Response(None)),
                Err(error) => self.stop(Stop::Assertion(error)),
            },
            Credential::Assertion => {
                self.state = State::Discovering(Discovering { attempt, step: Step::Assertion });
                let audience = endpoint::audience(&self.config);
                self.output(Output::Assertion { attempt, audience });
            }
        }
    }

    fn request(&mut self, attempt: Attempt, request: Request, step: Step) {
        self.state = State::Discovering(Discovering { attempt, step });
        self.output(Output::Request { attempt, request: Box::new(request) });
    }

    pub(super) fn assertion(&mut self, attempt: Attempt, result: Result<Assertion, AssertionError>) {
        if !self.is_current(attempt) {
            return;
        }
        if !matches!(&self.state, State::Discovering(Discovering { step: Step::Assertion, .. })) {
            return count(&mut self.stats.oddities.stale_inputs);
        }
        let usable = result.and_then(|assertion| match assertion.value.is_empty() {
            true => Err(AssertionError::Empty),
            false => Ok((endpoint::request(&self.config, Some(&assertion))?, assertion.value)),
        });
        match usable {
            Ok((request, value)) => self.request(attempt, request, Step::Response(Some(value))),
            Err(AssertionError::Unavailable(why)) => {
                let error = AssertionError::Unavailable(self.presentable(&why));
                self.failed_attempt(Failure::Assertion(error));
            }
            Err(error) => self.stop_now(Stop::Assertion(error)),
        }
    }

    pub(super) fn response(&mut self, attempt: Attempt, status: u16, headers: &Headers, body: &[u8]) {
        if !self.is_current(attempt) {
            return;
        }
        let State::Discovering(Discovering { step: Step::Response(assertion), .. }) = &self.state else {
            return count(&mut self.stats.oddities.stale_inputs);
        };
        let assertion = assertion.as_ref().map(|assertion| assertion.expose());
        let (endpoint, settings) = endpoint::read(&self.config, assertion, status, body);
        if let Some(settings) = settings {
            self.merge_settings(&settings);
        }
        match endpoint {
            Ok(endpoint) => {
                if endpoint.service_id.is_none() {
                    count(&mut self.stats.oddities.no_service_id);
                }
                let connect = Connect {
                    url: endpoint.url.clone(),
                    headers: self.config.connection_headers.clone(),
                    max_message: self.config.limits.payload.saturating_add(FRAMING),
                    max_rejected_body: self.config.limits.rejected_body,
                    deadlines: self.config.deadlines,
                };
                self.start_phase(self.config.deadlines.connect);
                self.state = State::Connecting(Connecting { attempt, endpoint });
                self.output(Output::Connect { attempt, connect: Box::new(connect) });
            }
            Err(NoEndpoint::Retry(failure)) => self.refused(failure, headers),
            Err(NoEndpoint::Limit(signal, message)) => self.at_connection_limit(signal, message),
            Err(NoEndpoint::Stop(stop)) => self.stop_now(stop),
        }
    }

    pub(super) fn opened(&mut self, attempt: Attempt) {
        if !self.is_current(attempt) {
            return;
        }
        match mem::replace(&mut self.state, State::Stopped) {
            State::Connecting(Connecting { endpoint, .. }) => {
                self.timers.set(Timer::Phase, None);
                self.state = State::Open(Connection::new(attempt, &endpoint, self.now));
                self.paused = false;
                count(&mut self.stats.connections);
                self.stats.last_heard = Some(self.now);
                let endpoint::Endpoint { url, connection_id, .. } = endpoint;
                self.notify(Notice::Connected { attempt, connection_id, url });
                self.ping();
            }
            other => {
                self.state = other;
                count(&mut self.stats.oddities.stale_inputs);
            }
        }
    }

    pub(super) fn rejected(&mut self, attempt: Attempt, status: u16, headers: &Headers, body: &[u8]) {
        if !self.is_current(attempt) {
            return;
        }
        if !matches!(self.state, State::Connecting(_)) {
            return count(&mut self.stats.oddities.stale_inputs);
        }
        let body = body.get(..self.config.limits.rejected_body).unwrap_or(body);
        let was_doubtful = self.history.doubtful;
        match handshake::read(status, headers, body, |text| self.presentable(text)) {
            Verdict::Retry(rejection) => self.refused(Failure::Handshake(rejection), headers),
            Verdict::Doubtful(rejection) if !was_doubtful => {
                self.refused(Failure::Handshake(rejection), headers);
                self.history.doubtful = true;
            }
            Verdict::Doubtful(rejection) | Verdict::Forbidden(rejection) => self.stop_now(Stop::Forbidden(rejection)),
            Verdict::Limit(signal, message) => self.at_connection_limit(signal, message),
        }
    }

    pub(super) fn closed(&mut self, attempt: Attempt, code: u16, reason: &str) {
        if !self.is_current(attempt) {
            return;
        }
        if matches!(self.state, State::Closing(_)) {
            return self.closing_over(false);
        }
        let reason = self.presentable(reason);
        if handshake::is_limit_close(code, &reason) {
            self.at_connection_limit(LimitSignal::Close, reason);
        } else {
            self.failed_attempt(Failure::Closed { code, reason });
        }
    }

    pub(super) fn failed(&mut self, attempt: Attempt, mut error: LinkError) {
        if !self.is_current(attempt) {
            return;
        }
        error.detail = self.presentable(&error.detail);
        match &self.state {
            State::Closing(_) => self.closing_over(false),
            State::Open(_) | State::Draining(_) if error.kind == LinkErrorKind::TooLarge => self.too_large(),
            _ => self.failed_attempt(Failure::Link(error)),
        }
    }

    /// A message is larger than we take: say so, and come back.
    pub(super) fn too_large(&mut self) {
        count(&mut self.stats.frames.refused);
        self.notify(Notice::Dropped {
            reason: DropReason::TooLarge("bytes in a message"),
            frames: 1,
            message_id: None,
        });
        self.close(Some(Failure::MessageTooLarge));
    }

    /// Ends what is going on, because of what we noticed ourselves.
    pub(super) fn lose(&mut self, failure: Failure) {
        self.abort();
        self.failed_attempt(failure);
    }

    /// What was going on has ended: when to try again, if at all.
    fn failed_attempt(&mut self, failure: Failure) {
        let wait = self.account_for(&failure, Duration::ZERO);
        self.retry(failure, wait);
    }

    /// The same, with an answer that may say when to come again.
    fn refused(&mut self, failure: Failure, headers: &Headers) {
        let wait = self.account_for(&failure, backoff::asked(headers));
        self.retry(failure, wait);
    }

    fn at_connection_limit(&mut self, signal: LimitSignal, message: String) {
        match self.config.reconnect.at_connection_limit {
            _ if matches!(self.state, State::Draining(_)) => {
                self.lost_while_draining(Failure::ConnectionLimit { signal, message });
            }
            None => self.stop_at_limit(signal, message),
            Some(wait) => {
                let failure = Failure::ConnectionLimit { signal, message };
                let usual = self.account_for(&failure, Duration::ZERO);
                self.retry(failure, wait.max(CONNECTION_LIMIT_WAIT).max(usual));
            }
        }
    }

    /// Brings the history up to date, and gives the wait before the next attempt: no less than was `asked` for.
    fn account_for(&mut self, failure: &Failure, asked: Duration) -> Duration {
        let rule = self.config.reconnect;
        let lived = self.state.connection().map(|connection| self.now.since(connection.opened));
        let history = &mut self.history;
        let stable = lived.is_some_and(|lived| lived >= rule.stable_after) && *failure != Failure::MessageTooLarge;
        history.failures = if stable { 0 } else { history.failures.saturating_add(1) };
        history.doubtful = false;
        let times = match &history.streak {
            Some((last, times)) if last.resembles(failure) => times.saturating_add(1),
            _ => 1,
        };
        history.streak = Some((failure.clone(), times));
        count(&mut self.stats.failures);
        backoff::wait(&rule, self.settings.as_ref(), history.failures, asked, &mut self.random)
    }

    fn retry(&mut self, failure: Failure, wait: Duration) {
        if matches!(self.state, State::Draining(_)) {
            return self.lost_while_draining(failure);
        }
        let was_open = self.state.connection().is_some() || matches!(self.state, State::Closing(_));
        self.leave_connection();
        let attempts = self.history.failures;
        if self.tries().is_some_and(|tries| attempts >= tries) {
            self.notify(Notice::Disconnected { failure: failure.clone(), was_open, retry_at: None });
            return self.stop(Stop::TriesUsedUp { attempts, last: failure });
        }
        let until = self.now.after(wait);
        if let Some((_, times)) = &self.history.streak
            && times.is_multiple_of(DEGRADED)
        {
            self.notify(Notice::Degraded { failure: failure.clone(), times: *times });
        }
        self.notify(Notice::Disconnected { failure, was_open, retry_at: Some(until) });
        self.state = State::Backoff(Backoff { until });
        self.timers.set(Timer::Phase, Some(until));
    }

    /// After how many failed attempts to stop.
    fn tries(&self) -> Option<u32> {
        let server = self.settings.and_then(|settings| settings.reconnect_count);
        let server = server.filter(|_| self.config.reconnect.obey_server_count);
        [self.config.reconnect.max_attempts, server].into_iter().flatten().min()
    }

    /// Shuts down: at once, or when the answers to what was delivered are sent.
    pub(super) fn drain(&mut self, drain: Duration) {
        let until = self.now.after(drain);
        match mem::replace(&mut self.state, State::Stopped) {
            State::Open(connection) => {
                self.state = State::Draining(connection);
                self.timers.set(Timer::Phase, Some(until));
                self.close_if_drained();
            }
            state @ (State::Draining(_) | State::Leaving) => {
                self.state = state;
                let earlier = self.timers.at(Timer::Phase).map_or(until, |phase| phase.min(until));
                self.timers.set(Timer::Phase, Some(earlier));
            }
            State::Closing(closing) => self.state = State::Closing(Closing { failure: None, ..closing }),
            State::Stopped => {}
            other => {
                self.state = other;
                self.abort();
                self.timers.set(Timer::Phase, Some(until));
                self.leave();
            }
        }
    }

    fn lost_while_draining(&mut self, failure: Failure) {
        self.leave_connection();
        self.notify(Notice::Disconnected { failure, was_open: true, retry_at: None });
        self.leave();
    }

    /// Shutting down without a connection: handlers that run may end all the same.
    fn leave(&mut self) {
        self.state = State::Leaving;
        self.close_if_drained();
    }

    /// Closes, or ends, once nothing that was delivered waits for an answer.
    pub(super) fn close_if_drained(&mut self) {
        match &self.state {
            State::Draining(_) if self.deliveries.is_empty() => self.close(None),
            State::Leaving if self.deliveries.is_empty() => self.stop(Stop::Shutdown),
            _ => {}
        }
    }

    /// Says goodbye. What follows is a reconnect if there is a failure, else the end.
    pub(super) fn close(&mut self, failure: Option<Failure>) {
        let Some(attempt) = self.state.attempt() else { return };
        let ending = matches!(self.state, State::Draining(_));
        self.leave_connection();
        let (code, reason) = if failure.is_some() { (1009, "message too large") } else { (1000, "") };
        self.output(Output::Close { attempt, how: Close::Graceful { code, reason } });
        self.start_phase(self.config.deadlines.close);
        self.state = State::Closing(Closing { attempt, failure: failure.filter(|_| !ending) });
    }

    /// The peer has closed as well, or will not.
    pub(super) fn closing_over(&mut self, abort: bool) {
        if abort {
            self.abort();
        }
        match mem::replace(&mut self.state, State::Stopped) {
            State::Closing(Closing { failure: Some(failure), attempt }) => {
                self.state = State::Closing(Closing { failure: None, attempt });
                self.failed_attempt(failure);
            }
            _ => self.stop(Stop::Shutdown),
        }
    }

    /// Stops, and ends what is going on outside.
    fn stop_now(&mut self, stop: Stop) {
        self.leave_connection();
        self.stop(stop);
    }

    fn stop_at_limit(&mut self, signal: LimitSignal, message: String) {
        if self.state.connection().is_some() {
            let failure = Failure::ConnectionLimit { signal, message: message.clone() };
            self.leave_connection();
            self.notify(Notice::Disconnected { failure, was_open: true, retry_at: None });
        }
        self.stop_now(Stop::ConnectionLimit { signal, message });
    }

    /// The end.
    pub(super) fn stop(&mut self, stop: Stop) {
        self.state = State::Stopped;
        self.timers.set(Timer::Phase, None);
        self.notify(Notice::Stopped(stop));
    }

    /// Tells the driver to end the exchange or connection.
    fn abort(&mut self) {
        if let Some(attempt) = self.state.attempt() {
            self.output(Output::Close { attempt, how: Close::Abort });
        }
    }

    /// Forgets what belongs to the connection: waiting parts, and the acks that nobody can send any more.
    fn leave_connection(&mut self) {
        let Some(connection) = self.state.connection_mut() else { return };
        let frames = connection.reassembly.frames();
        connection.reassembly = Default::default();
        if connection.ready {
            self.history.outage = Some((connection.last_heard, self.now));
        }
        if frames > 0 {
            self.stats.frames.expired = self.stats.frames.expired.saturating_add(frames);
            self.notify(Notice::Dropped { reason: DropReason::ConnectionLost, frames, message_id: None });
        }
        let waiting = self.deliveries.forget_acks() as u64;
        self.stats.acks_lost = self.stats.acks_lost.saturating_add(waiting);
    }

    /// A text from outside, fit to be shown: a platform, a gateway or a library may quote what it was given.
    pub(super) fn presentable(&self, text: &str) -> String {
        let secrets = self.state.secrets();
        let mut secrets: Vec<&str> = secrets.iter().map(Secret::expose).collect();
        secrets.push(self.config.secret());
        presentable(text, &secrets)
    }

    fn start_phase(&mut self, deadline: Duration) {
        self.timers.set(Timer::Phase, Some(self.now.after(deadline.max(TICK))));
    }
}
