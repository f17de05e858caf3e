//! The machine, shared between the server's tasks and the test's threads.
//!
//! Whoever has something to tell takes the lock, tells it, and carries out what the machine wants: answers go to the
//! exchange that waits for them, messages into the outbox of their connection. No lock is held across an await.

use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use futures::channel::oneshot;
use larkwire_core::Time;
use tokio::sync::Notify;

use crate::cassette::Tape;
use crate::platform::{Abort, ConnectionId, ExchangeId, Input, Message, Output, Pace, Platform, Request, Response};

/// Bytes that may wait for a client that does not read; then its connection is reset.
const OUTBOX_BYTES: usize = 64 * 1024 * 1024;

/// What the task of a connection has to do.
#[derive(Debug)]
pub(super) enum Command {
    Send(Message),
    Close { code: u16, reason: String },
    Abort(Abort),
    Freeze,
    Thaw,
    Pace(Pace),
}

/// An answer to a request.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) response: Response,
    /// The connection ends in the middle of the body.
    pub(super) half: bool,
}

/// The machine's time, made from the real one.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    /// When the clock showed `base`.
    origin: Instant,
    base: Time,
    speed: f64,
}

impl Clock {
    /// A clock that goes `speed` times as fast as the real one.
    pub(crate) fn new(speed: f64) -> Clock {
        Clock { origin: Instant::now(), base: Time::ZERO, speed }
    }

    fn now(&self) -> Time {
        let passed = self.origin.elapsed().as_secs_f64() * self.speed;
        self.base.after(Duration::try_from_secs_f64(passed).unwrap_or(Duration::MAX))
    }

    /// When the real clock shows `time`; none if never.
    fn real(&self, time: Time) -> Option<Instant> {
        let passed = time.since(self.base).as_secs_f64() / self.speed;
        self.origin.checked_add(Duration::try_from_secs_f64(passed).ok()?)
    }

    /// Goes on from `now` at another speed; at 0 it stands still.
    fn restart(&mut self, now: Time, speed: f64) {
        *self = Clock { origin: Instant::now(), base: now, speed };
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Hub {
    inner: Mutex<Inner>,
    /// The cassette that was loaded.
    tape: Mutex<Option<Arc<Tape>>>,
    /// Names beside those of loopback under which the page and the control API may be used.
    hosts: Vec<String>,
    /// Signalled when a deadline was set that is earlier than the one that the timekeeper sleeps for.
    earlier: Notify,
}

#[derive(Debug)]
struct Inner {
    platform: Platform,
    clock: Clock,
    exchanges: BTreeMap<ExchangeId, oneshot::Sender<Reply>>,
    /// Upgrades without an answer; none means 101.
    upgrades: BTreeMap<ConnectionId, oneshot::Sender<Option<Response>>>,
    outboxes: BTreeMap<ConnectionId, Outbox>,
    waits: BTreeMap<u64, Wait>,
    made: u64,
    /// The machine's next deadline.
    deadline: Option<Time>,
    /// What the timekeeper sleeps for.
    armed: Option<Instant>,
    stopped: bool,
}

#[derive(Debug, Default)]
struct Outbox {
    commands: VecDeque<Command>,
    /// The connection stands still: what is to be sent waits until it goes on.
    frozen: bool,
    held: VecDeque<Command>,
    /// Of what waits here.
    bytes: usize,
    waker: Option<Waker>,
}

#[derive(Debug)]
struct Wait {
    until: Instant,
    waker: Waker,
}

impl Hub {
    pub(crate) fn new(platform: Platform, clock: Clock, hosts: Vec<String>) -> Hub {
        let inner = Inner {
            platform,
            clock,
            exchanges: BTreeMap::new(),
            upgrades: BTreeMap::new(),
            outboxes: BTreeMap::new(),
            waits: BTreeMap::new(),
            made: 0,
            deadline: None,
            armed: None,
            stopped: false,
        };
        Hub { inner: Mutex::new(inner), tape: Mutex::default(), hosts, earlier: Notify::new() }
    }

    /// Names beside those of loopback under which the page and the control API may be used.
    pub(super) fn hosts(&self) -> &[String] {
        &self.hosts
    }

    /// Puts a cassette in.
    pub(crate) fn load(&self, tape: Tape) {
        *self.tape.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(tape));
    }

    /// The cassette that was put in last.
    pub(crate) fn tape(&self) -> Option<Arc<Tape>> {
        self.tape.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks at the machine.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Platform) -> T) -> T {
        look(&self.lock().platform)
    }

    /// Does something to the machine, and then what it wants.
    pub(crate) fn act<T>(&self, act: impl FnOnce(&mut Platform, Time) -> T) -> T {
        let mut inner = self.lock();
        let now = inner.clock.now();
        let result = act(&mut inner.platform, now);
        inner.carry_out(now);
        self.settle(inner);
        result
    }

    /// How many times as fast as the real clock the machine's goes, and its time now.
    pub(crate) fn clock(&self) -> (f64, Time) {
        let inner = self.lock();
        (inner.clock.speed, inner.clock.now())
    }

    /// Lets the machine's time jump, and then go at another speed.
    pub(crate) fn turn_clock(&self, advance: Duration, speed: Option<f64>) {
        let mut inner = self.lock();
        let now = inner.clock.now().after(advance);
        let speed = speed.unwrap_or(inner.clock.speed);
        inner.clock.restart(now, speed);
        drop(inner);
        self.act(|platform, now| {
            platform.note_clock(now, advance, speed);
            platform.handle_input(now, Input::Timeout);
        });
    }

    /// Lets so much of the machine's time pass.
    pub(crate) async fn pause(&self, time: Duration) {
        let until = self.clock().1.after(time);
        let real = self.lock().clock.real(until).map(|end| end.saturating_duration_since(Instant::now()));
        // A clock that stands still or jumps is looked at again from time to time.
        const GLANCE: Duration = Duration::from_millis(500);
        let mut left = real.unwrap_or(GLANCE);
        while self.clock().1 < until && !self.is_stopped() {
            self.wait(left.min(GLANCE), |_| None::<()>).await;
            left = GLANCE;
        }
    }

    /// Waits until `look` sees what it looks for, at most for `limit` of real time.
    pub(crate) async fn wait<T>(&self, limit: Duration, mut look: impl FnMut(&Platform) -> Option<T>) -> Option<T> {
        let until = Instant::now().checked_add(limit);
        let registration = Registration { hub: self, number: self.number() };
        poll_fn(|context| {
            let mut inner = self.lock();
            if let Some(found) = look(&inner.platform) {
                return Poll::Ready(Some(found));
            }
            let Some(until) = until.filter(|until| *until > Instant::now() && !inner.stopped) else {
                return Poll::Ready(None);
            };
            inner.waits.insert(registration.number, Wait { until, waker: context.waker().clone() });
            if inner.armed.is_none_or(|armed| until < armed) {
                self.earlier.notify_one();
            }
            Poll::Pending
        })
        .await
    }

    /// Does what is due; the result is when to come again.
    pub(super) fn tick(&self) -> Option<Instant> {
        let mut inner = self.lock();
        let now = inner.clock.now();
        if inner.deadline.is_some_and(|deadline| deadline <= now) {
            inner.platform.handle_input(now, Input::Timeout);
            inner.carry_out(now);
            self.settle(inner);
            inner = self.lock();
        }
        let real_now = Instant::now();
        for wait in inner.waits.values().filter(|wait| wait.until <= real_now) {
            wait.waker.wake_by_ref();
        }
        inner.waits.retain(|_, wait| wait.until > real_now);
        inner.armed = inner.next();
        inner.armed
    }

    /// Completes when a deadline was set that is earlier than what [`Hub::tick`] said.
    pub(super) async fn earlier(&self) {
        self.earlier.notified().await;
    }

    pub(crate) fn stop(&self) {
        let mut inner = self.lock();
        inner.stopped = true;
        self.settle(inner);
        self.earlier.notify_one();
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.lock().stopped
    }

    /// Passes a request on; the answer comes through the channel, or never.
    pub(super) fn request(&self, request: Request) -> oneshot::Receiver<Reply> {
        let (sender, receiver) = oneshot::channel();
        let exchange = ExchangeId(self.number());
        let mut inner = self.lock();
        // Clients that left without their answer.
        inner.exchanges.retain(|_, sender| !sender.is_canceled());
        inner.exchanges.insert(exchange, sender);
        drop(inner);
        self.act(|platform, now| platform.handle_input(now, Input::Request { exchange, request }));
        receiver
    }

    /// Passes an upgrade request on; the answer comes through the channel, or never.
    pub(super) fn upgrade(&self, request: Request) -> (ConnectionId, oneshot::Receiver<Option<Response>>) {
        let (sender, receiver) = oneshot::channel();
        let connection = ConnectionId(self.number());
        let mut inner = self.lock();
        inner.upgrades.insert(connection, sender);
        inner.outboxes.insert(connection, Outbox::default());
        drop(inner);
        self.act(|platform, now| platform.handle_input(now, Input::Upgrade { connection, request }));
        (connection, receiver)
    }

    /// The connection is gone, for whatever reason.
    pub(super) fn lost(&self, connection: ConnectionId) {
        let mut inner = self.lock();
        inner.upgrades.remove(&connection);
        inner.outboxes.remove(&connection);
        drop(inner);
        self.act(|platform, now| platform.handle_input(now, Input::Lost { connection }));
    }

    /// Moves what is in the outbox to `commands`; if there is nothing, the task is woken when there is.
    pub(super) fn take(&self, id: ConnectionId, commands: &mut VecDeque<Command>, context: &Context<'_>) {
        if let Some(outbox) = self.lock().outboxes.get_mut(&id) {
            commands.append(&mut outbox.commands);
            if !outbox.frozen {
                outbox.bytes = 0;
            }
            outbox.waker = Some(context.waker().clone());
        }
    }

    fn number(&self) -> u64 {
        let mut inner = self.lock();
        inner.made = inner.made.saturating_add(1);
        inner.made
    }

    /// Lets go of the lock, and wakes those who may see something new.
    fn settle(&self, mut inner: MutexGuard<'_, Inner>) {
        let waits = std::mem::take(&mut inner.waits);
        let next = inner.next();
        let earlier = next.is_some_and(|next| inner.armed.is_none_or(|armed| next < armed));
        drop(inner);
        waits.into_values().for_each(|wait| wait.waker.wake());
        if earlier {
            self.earlier.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // After a panic the state is at worst incomplete, and the panic has been reported.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn carry_out(&mut self, now: Time) {
        loop {
            match self.platform.poll_output() {
                Output::Respond { exchange, response } => self.answer(exchange, Reply { response, half: false }),
                Output::RespondHalf { exchange, response } => self.answer(exchange, Reply { response, half: true }),
                Output::Accept { connection } => {
                    if let Some(sender) = self.upgrades.remove(&connection) {
                        let _ = sender.send(None);
                    }
                }
                Output::Refuse { connection, response } => {
                    self.outboxes.remove(&connection);
                    if let Some(sender) = self.upgrades.remove(&connection) {
                        let _ = sender.send(Some(response));
                    }
                }
                Output::Send { connection, message } => self.send(connection, message, now),
                Output::Close { connection, code, reason } => self.command(connection, Command::Close { code, reason }),
                Output::Abort { connection, how } => {
                    self.upgrades.remove(&connection);
                    self.command(connection, Command::Abort(how));
                }
                Output::Freeze { connection } => self.command(connection, Command::Freeze),
                Output::Thaw { connection } => self.command(connection, Command::Thaw),
                Output::Pace { connection, pace } => self.command(connection, Command::Pace(pace)),
                Output::Jump { by } => {
                    let (now, speed) = (self.clock.now().after(by), self.clock.speed);
                    self.clock.restart(now, speed);
                    self.platform.note_clock(now, by, speed);
                }
                Output::Wait(deadline) => {
                    self.deadline = deadline;
                    return;
                }
            }
        }
    }

    fn answer(&mut self, exchange: ExchangeId, reply: Reply) {
        if let Some(sender) = self.exchanges.remove(&exchange) {
            let _ = sender.send(reply);
        }
    }

    fn send(&mut self, connection: ConnectionId, message: Message, now: Time) {
        let Some(outbox) = self.outboxes.get_mut(&connection) else { return };
        let bytes = match &message {
            Message::Binary(data) | Message::Ping(data) | Message::Pong(data) => data.len(),
            Message::Text(text) => text.len(),
        };
        outbox.bytes = outbox.bytes.saturating_add(bytes);
        if outbox.bytes <= OUTBOX_BYTES {
            return self.command(connection, Command::Send(message));
        }
        outbox.commands.clear();
        outbox.held.clear();
        self.command(connection, Command::Abort(Abort::Reset));
        self.platform.handle_input(now, Input::Lost { connection });
    }

    fn command(&mut self, connection: ConnectionId, command: Command) {
        if let Some(outbox) = self.outboxes.get_mut(&connection) {
            match command {
                Command::Send(_) | Command::Close { .. } if outbox.frozen => return outbox.held.push_back(command),
                Command::Freeze => outbox.frozen = true,
                Command::Thaw => outbox.frozen = false,
                _ => {}
            }
            outbox.commands.push_back(command);
            if !outbox.frozen {
                outbox.commands.append(&mut outbox.held);
            }
            if let Some(waker) = outbox.waker.take() {
                waker.wake();
            }
        }
    }

    /// The earliest moment at which something is due.
    fn next(&self) -> Option<Instant> {
        let machine = self.deadline.and_then(|deadline| self.clock.real(deadline));
        self.waits.values().map(|wait| wait.until).chain(machine).min()
    }
}

/// A wait that is given up leaves nothing behind.
struct Registration<'a> {
    hub: &'a Hub,
    number: u64,
}

impl Drop for Registration<'_> {
    fn drop(&mut self) {
        self.hub.lock().waits.remove(&self.number);
    }
}
