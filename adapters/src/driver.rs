//! The driver: does what the machine of `larkwire-core` asks for, and tells it what happened. It decides nothing.
//!
//! All that waits is here: at most one exchange (a client assertion, endpoint discovery or the upgrade), one WebSocket, one
//! timer. They are polled together, by the task that asks for the next [`Notice`], so that a slow discovery never stops the
//! clock, and a write buffer that is full stops the reading only when half a megabyte waits; then the machine is told.

mod alarm;
mod frames;
mod socket;

use std::collections::hash_map::RandomState;
use std::fmt;
use std::future::poll_fn;
use std::hash::{BuildHasher, Hasher};
use std::mem;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::future::{BoxFuture, FutureExt};
use larkwire_core::{
    Assertion, AssertionError, Attempt, Client, Close, Config, DeliveryId, Headers, Input, LinkError, Notice, Output,
    Replied, Reply, Settings, Stats, Status, Time, UnknownDelivery,
};
use tracing::field::Empty;
use tracing::{Instrument, Span, debug, error, error_span};

use crate::egress::Egress;
use crate::http::{self, Answer};
use crate::net::Net;
use crate::panics::words;
use crate::runtime::{Runtime, later};
use crate::ws::{self, Upgrade, WebSocket};
pub(crate) use alarm::Alarm;
use socket::{Heard, Socket};

/// The machine is told the wall clock at least so often.
const WALL: Duration = Duration::from_secs(15);
/// So many inputs are handled in a row, then others get a turn.
const TURNS: u32 = 64;

/// One client, connected to the world. Ask it for the [`next`](Driver::next) notice all the time: nothing moves otherwise.
///
/// Dropping it closes whatever is open, without a goodbye.
///
/// ```
/// # use std::sync::Arc;
/// # use larkwire::{Config, Driver, Egress, Notice, Reply, Stop, runtime::Runtime};
/// # async fn run(config: Config, runtime: Arc<dyn Runtime>) -> Option<Stop> {
/// let mut driver = Driver::new(config, runtime, &Egress::new());
/// while let Some(notice) = driver.next().await {
///     match notice {
///         Notice::Delivery(delivery) => {
///             println!("{:?}", delivery.event_type());
///             let _ = driver.reply(delivery.id(), Reply::ok());
///         }
///         Notice::Stopped(stop) => return Some(stop),
///         _ => {}
///     }
/// }
/// # None
/// # }
/// ```
pub struct Driver {
    client: Client,
    net: Net,
    origin: Instant,
    exchange: Option<(Attempt, BoxFuture<'static, Answered>)>,
    socket: Option<Socket>,
    alarm: Alarm,
    /// What the machine waits for.
    until: Option<Time>,
    /// When it has to be told the wall clock again.
    wall_at: Time,
    /// False from one `Pending` to the next poll.
    awake: bool,
    /// The machine wanted no input, and has not been told that reading goes on.
    held: bool,
    turns: u32,
    ended: bool,
    assertions: Option<AssertionProvider>,
    /// That of the attempt that goes on, or of the last one.
    span: (Option<Attempt>, Span),
    /// Payloads are logged.
    payloads: bool,
}

/// Gives a client assertion for an audience.
pub(crate) type AssertionProvider =
    Arc<dyn Fn(String) -> BoxFuture<'static, Result<Assertion, AssertionError>> + Send + Sync>;

/// How an exchange ended.
enum Answered {
    Assertion(Result<Assertion, AssertionError>),
    Response(Answer),
    Opened(Box<WebSocket>, Headers),
    Rejected(Answer),
    Failed(LinkError),
}

impl Driver {
    /// A driver whose client begins its first attempt now: ask for the [`next`](Driver::next) notice soon.
    pub fn new(config: Config, runtime: Arc<dyn Runtime>, egress: &Egress) -> Driver {
        let origin = runtime.now();
        // The standard library seeds its hash maps from the operating system.
        let seed = RandomState::new().build_hasher().finish();
        let span = error_span!("connection", app_id = config.app_id);
        Driver {
            client: Client::new(config, seed, Time::ZERO),
            net: Net::new(runtime, egress),
            origin,
            exchange: None,
            socket: None,
            alarm: Alarm::default(),
            until: None,
            wall_at: Time::ZERO,
            awake: false,
            held: false,
            turns: TURNS,
            ended: false,
            assertions: None,
            span: (None, span),
            payloads: false,
        }
    }

    /// With a provider of client assertions, for [`Credential::Assertion`](larkwire_core::Credential::Assertion). It is
    /// asked on each discovery, with the host that the assertion is for. An `async` function will do.
    #[must_use]
    pub fn assertions<F>(mut self, provider: impl Fn(String) -> F + Send + Sync + 'static) -> Driver
    where
        F: Future<Output = Result<Assertion, AssertionError>> + Send + 'static,
    {
        self.assertions = Some(Arc::new(move |audience| provider(audience).boxed()));
        self
    }

    /// The same, with a provider that somebody else has boxed.
    pub(crate) fn with_assertions(self, assertions: Option<AssertionProvider>) -> Driver {
        Driver { assertions, ..self }
    }

    /// Logs the payloads of all messages, at the level `trace`: what people write, and tokens of the platform. Off unless
    /// asked for; without it the log has neither, at any level.
    #[must_use]
    pub fn trace_payloads(mut self, on: bool) -> Driver {
        self.payloads = on;
        self
    }

    /// The span of the attempt and its connection, with their ids; all that is logged about them is in it.
    pub fn span(&self) -> &Span {
        &self.span.1
    }

    /// What happened next; `None` after [`Notice::Stopped`].
    ///
    /// The future can be dropped at any time and nothing is lost: it has no state of its own.
    pub async fn next(&mut self) -> Option<Notice> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// [`next`](Driver::next) for those who poll by hand.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Notice>> {
        loop {
            if let Some(notice) = self.carry_out() {
                return Poll::Ready(Some(notice));
            }
            if self.ended {
                return Poll::Ready(None);
            }
            // One look at the clock for each input, which counts as of then.
            let instant = self.net.runtime().now();
            if self.turns == 0 {
                if let Some(socket) = &mut self.socket {
                    socket.flush(cx, instant);
                }
                cx.waker().wake_by_ref();
            } else if let Poll::Ready(input) = self.poll_input(cx, instant) {
                self.turns -= 1;
                self.client.handle_input(self.time_of(instant), input);
                self.held |= !self.client.wants_input();
                continue;
            }
            self.turns = TURNS;
            self.awake = false;
            return Poll::Pending;
        }
    }

    /// Answers a delivery. The ack leaves with the next call of [`next`](Driver::next).
    ///
    /// # Errors
    /// When there is no such delivery, or no longer.
    pub fn reply(&mut self, id: DeliveryId, reply: Reply) -> Result<Replied, UnknownDelivery> {
        self.client.reply(self.time(), id, reply)
    }

    /// Acks a delivery before it is handled: the platform will not push it again, whatever becomes of it. Answer it all the
    /// same when it is handled.
    ///
    /// # Errors
    /// When there is no such delivery, or no longer.
    pub fn acknowledge(&mut self, id: DeliveryId) -> Result<Replied, UnknownDelivery> {
        self.client.acknowledge(self.time(), id)
    }

    /// Gives a delivery up; a redelivery of its event is handled again.
    pub fn abandon(&mut self, id: DeliveryId) {
        self.client.abandon(self.time(), id);
    }

    /// Ends the client: takes no new deliveries, waits at most `drain` for answers to the others, says goodbye. Go on asking
    /// for notices until [`Notice::Stopped`]. Said again, it can only shorten the time.
    pub fn shutdown(&mut self, drain: Duration) {
        self.client.shutdown(self.time(), drain);
    }

    /// Where the client is.
    pub fn status(&self) -> Status {
        self.client.status()
    }

    /// What has been counted.
    pub fn stats(&self) -> Stats {
        self.client.stats()
    }

    /// The platform's settings, once it has sent some.
    pub fn settings(&self) -> Option<Settings> {
        self.client.settings()
    }

    /// The time now, as the notices count it: since this driver was made.
    pub fn time(&self) -> Time {
        self.time_of(self.net.runtime().now())
    }

    fn time_of(&self, instant: Instant) -> Time {
        Time::new(instant.saturating_duration_since(self.origin))
    }

    /// The moment that a [`Time`] of a notice stands for.
    pub fn instant(&self, time: Time) -> Instant {
        later(self.origin, time.since_origin())
    }

    /// Does what the machine wants, until it wants nothing more or has something to tell.
    fn carry_out(&mut self) -> Option<Notice> {
        while !self.ended {
            match self.client.poll_output() {
                Output::Wait(until) => {
                    self.until = until;
                    return None;
                }
                Output::Notice(notice) => {
                    match &notice {
                        Notice::Stopped(_) => (self.ended, self.exchange, self.socket) = (true, None, None),
                        Notice::Connected { connection_id, .. } => {
                            self.span().record("connection_id", connection_id.as_deref());
                        }
                        _ => {}
                    }
                    return Some(notice);
                }
                Output::Assertion { attempt, audience } => {
                    let assertion = ask(self.assertions.clone(), audience);
                    self.exchange(attempt, assertion.map(Answered::Assertion));
                }
                Output::Request { attempt, request } => {
                    self.begin(attempt);
                    debug!(parent: self.span(), url = %request.url, "endpoint discovery");
                    let net = self.net.clone();
                    self.exchange(attempt, async move {
                        http::exchange(&net, &request).await.map_or_else(Answered::Failed, Answered::Response)
                    });
                }
                Output::Connect { attempt, connect } => {
                    debug!(parent: self.span(), url = %connect.url, "opening the WebSocket");
                    let net = self.net.clone();
                    self.exchange(attempt, async move {
                        match ws::open(&net, &connect).await {
                            Ok(Upgrade::Opened(socket, headers)) => Answered::Opened(socket, headers),
                            Ok(Upgrade::Rejected(answer)) => Answered::Rejected(answer),
                            Err(error) => Answered::Failed(error),
                        }
                    });
                }
                Output::Send { attempt, data } => {
                    self.span().in_scope(|| frames::log("sent", &data, self.payloads));
                    if let Some(socket) = self.socket_of(attempt) {
                        socket.send(data);
                    }
                }
                Output::Ping { attempt } => {
                    if let Some(socket) = self.socket_of(attempt) {
                        socket.ping();
                    }
                }
                Output::Close { attempt, how } => self.close(attempt, how),
                other => error!(?other, "the driver does not know what this is, and leaves it"),
            }
        }
        None
    }

    /// Begins an exchange. One that goes on is cancelled by that.
    fn exchange(&mut self, attempt: Attempt, exchange: impl Future<Output = Answered> + Send + 'static) {
        self.begin(attempt);
        self.exchange = Some((attempt, exchange.instrument(self.span().clone()).boxed()));
    }

    /// Begins the span of an attempt, unless that has begun. At the highest level, so that no filter on levels takes away
    /// what tells one app from the other.
    fn begin(&mut self, attempt: Attempt) {
        if self.span.0 != Some(attempt) {
            let app_id = self.client.config().app_id.as_str();
            self.span = (Some(attempt), error_span!("connection", app_id, %attempt, connection_id = Empty));
        }
    }

    fn close(&mut self, attempt: Attempt, how: Close) {
        if let (Close::Graceful { code, reason }, Some(socket)) = (how, self.socket_of(attempt)) {
            return socket.close(code, reason);
        }
        self.exchange.take_if(|(of, _)| *of == attempt);
        self.socket.take_if(|socket| socket.attempt() == attempt);
    }

    fn socket_of(&mut self, attempt: Attempt) -> Option<&mut Socket> {
        self.socket.as_mut().filter(|socket| socket.attempt() == attempt)
    }

    /// The next thing that happened outside.
    fn poll_input(&mut self, cx: &mut Context<'_>, instant: Instant) -> Poll<Input> {
        let now = self.time_of(instant);
        // However much there is to read, it does not keep the wall clock away for long.
        if now >= self.wall_at.after(WALL) {
            return Poll::Ready(self.wall(now));
        }
        // What has arrived comes before the time: a pong that waits in the socket is not too late.
        if let Some((attempt, exchange)) = &mut self.exchange
            && let Poll::Ready(answered) = exchange.poll_unpin(cx)
        {
            let attempt = *attempt;
            self.exchange = None;
            return Poll::Ready(self.answered(attempt, answered));
        }
        if let Poll::Ready(input) = self.poll_socket(cx, instant) {
            return Poll::Ready(input);
        }
        if !mem::replace(&mut self.awake, true) || now >= self.wall_at {
            return Poll::Ready(self.wall(now));
        }
        // The timer's word is not asked: the clock decides.
        if self.until.is_some_and(|until| now >= until) {
            return Poll::Ready(Input::Timeout);
        }
        let deadline = self.until.map_or(self.wall_at, |until| until.min(self.wall_at));
        let deadline = self.instant(deadline);
        let stall = self.socket.as_ref().and_then(Socket::stalls_at);
        let deadline = stall.map_or(deadline, |stall| stall.min(deadline));
        self.alarm.poll(cx, self.net.runtime().as_ref(), deadline).map(|()| Input::Timeout)
    }

    fn wall(&mut self, now: Time) -> Input {
        self.wall_at = now.after(WALL);
        Input::Wall { unix_ms: self.net.runtime().unix_ms() }
    }

    fn answered(&mut self, attempt: Attempt, answered: Answered) -> Input {
        match answered {
            Answered::Assertion(result) => Input::Assertion { attempt, result },
            Answered::Response(Answer { status, headers, body }) => Input::Response { attempt, status, headers, body },
            Answered::Rejected(Answer { status, headers, body }) => Input::Rejected { attempt, status, headers, body },
            Answered::Failed(error) => Input::Failed { attempt, error },
            Answered::Opened(socket, headers) => {
                let (patience, now) = (self.client.config().deadlines.write, self.net.runtime().now());
                self.socket = Some(Socket::new(attempt, socket, patience, now));
                Input::Opened { attempt, headers }
            }
        }
    }

    fn poll_socket(&mut self, cx: &mut Context<'_>, now: Instant) -> Poll<Input> {
        let clogged = self.socket.as_ref().is_some_and(Socket::is_clogged);
        if clogged && !mem::replace(&mut self.held, true) {
            return Poll::Ready(Input::Held);
        }
        let reading = self.client.wants_input() && !clogged;
        if reading && mem::replace(&mut self.held, false) {
            return Poll::Ready(Input::Resumed);
        }
        let Some(socket) = &mut self.socket else { return Poll::Pending };
        let attempt = socket.attempt();
        let heard = self.span.1.in_scope(|| socket.poll(cx, reading, now));
        if clogged && !socket.is_clogged() {
            // It was not read this time.
            cx.waker().wake_by_ref();
        }
        let input = match std::task::ready!(heard) {
            Heard::Message(kind, data) => {
                self.span().in_scope(|| frames::log("received", &data, self.payloads));
                return Poll::Ready(Input::Message { attempt, kind, data });
            }
            Heard::Alive(kind) => return Poll::Ready(Input::Alive { attempt, kind }),
            Heard::Closed(code, reason) => Input::Closed { attempt, code, reason },
            // The peer is still to be told why: the socket lives on for that.
            Heard::TooLarge(error) => return Poll::Ready(Input::Failed { attempt, error }),
            Heard::Failed(error) => Input::Failed { attempt, error },
        };
        self.socket = None;
        Poll::Ready(input)
    }
}

/// Asks for a client assertion. A provider that panics has none to give, this time.
async fn ask(provider: Option<AssertionProvider>, audience: String) -> Result<Assertion, AssertionError> {
    let Some(provider) = provider else {
        return Err(AssertionError::Denied("no provider was given to the driver".to_owned()));
    };
    let assertion = AssertUnwindSafe(async { provider(audience).await }).catch_unwind().await;
    assertion.unwrap_or_else(|panic| {
        let panic = words(panic);
        error!(panic, "the provider of client assertions panicked");
        Err(AssertionError::Unavailable("the provider panicked".to_owned()))
    })
}

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").field("status", &self.status()).finish_non_exhaustive()
    }
}
