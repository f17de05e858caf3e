//! Running handlers: so many at a time, in order where that is asked for, each a task of the runtime. Where all tasks share
//! one thread, a handler is polled in place first, and spawned if that does not end it.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::channel::mpsc::UnboundedReceiver;
use futures::channel::oneshot;
use futures::future::FutureExt;
use larkwire_core::{DeliveryId, Reply};
use tracing::warn;

use super::order::{Lane, Lanes, Order, take};
use super::responder::Told;
use super::stats::End;
use super::{Ctx, Surroundings};
use crate::driver::Alarm;
use crate::runtime::{Task, later};

/// How handlers are run.
pub(crate) struct Rules {
    /// So many at a time.
    pub(crate) most: usize,
    /// So many deliveries may wait; none: as many as the machine hands out.
    pub(crate) queue: Option<usize>,
    pub(crate) order: Option<Order>,
    /// So long may one run that has answered already.
    pub(crate) limit: Duration,
}

/// What handlers and responders say to the dispatch.
pub(crate) enum Said {
    /// A handler has ended, and has answered unless a responder does.
    Ended(DeliveryId, Option<Reply>),
    /// A responder answers.
    Reply { id: DeliveryId, reply: Reply, told: Option<oneshot::Sender<Told>> },
    /// A responder acks before the answer.
    Acknowledge(DeliveryId),
}

/// What the connection has to do for the handlers.
pub(crate) enum Due {
    /// To answer a delivery, and to tell what became of it.
    Reply(DeliveryId, Reply, Option<oneshot::Sender<Told>>),
    /// To ack a delivery before its answer.
    Acknowledge(DeliveryId),
}

/// A delivery that waits for its turn.
pub(super) struct Waiting {
    pub(super) ctx: Ctx,
    pub(super) lane: Option<Lane>,
}

/// A delivery whose handler has begun.
struct Open {
    ctx: Ctx,
    lane: Option<Lane>,
    /// None when the handler has ended, and left the answer to a responder.
    task: Option<Task>,
    /// Its responder has answered; until then its handler may run on.
    answered: Option<Instant>,
}

/// Handlers that run, and deliveries that wait for their turn. Neither grows beyond what the machine hands out without an
/// answer: [`Limits::unanswered`](larkwire_core::Limits::unanswered). Dropping it ends all of them.
pub(crate) struct Dispatch {
    around: Arc<Surroundings>,
    rules: Rules,
    in_place: bool,
    callbacks: VecDeque<Waiting>,
    events: VecDeque<Waiting>,
    lanes: Lanes,
    open: HashMap<DeliveryId, Open>,
    running: usize,
    said: UnboundedReceiver<Said>,
    /// Handlers that run on after their responder has answered, and until when. The machine has forgotten their deliveries.
    lingering: BTreeSet<(Instant, DeliveryId)>,
    alarm: Alarm,
}

impl Dispatch {
    pub(crate) fn new(around: Arc<Surroundings>, rules: Rules, said: UnboundedReceiver<Said>) -> Dispatch {
        let in_place = around.runtime.is_single_threaded();
        Dispatch {
            around,
            in_place,
            rules: Rules { most: rules.most.max(1), ..rules },
            callbacks: VecDeque::new(),
            events: VecDeque::new(),
            lanes: Lanes::default(),
            open: HashMap::new(),
            running: 0,
            said,
            lingering: BTreeSet::new(),
            alarm: Alarm::default(),
        }
    }

    /// Handlers that run.
    pub(crate) fn running(&self) -> usize {
        self.running
    }

    /// Deliveries that wait for their turn.
    pub(crate) fn waiting(&self) -> usize {
        self.callbacks.len() + self.events.len() + self.lanes.waiting()
    }

    /// Takes a delivery. Its handler begins when [`poll`](Dispatch::poll) finds room for it; that of a callback goes before
    /// those of events: somebody waits for it. Gives the answer at once if the queue is full.
    pub(crate) fn take(&mut self, ctx: Ctx) -> Option<Reply> {
        let lane = self.rules.order.as_ref().and_then(|order| order.lane(ctx.delivery()));
        if self.is_full(lane) {
            warn!(delivery = %ctx.delivery().id(), handler = ctx.route().name(), "refused: the queue is full");
            return ctx.settle(End::Refused, Reply::failed());
        }
        if let Some(waiting) = self.lanes.enter(Waiting { ctx, lane }) {
            self.queue(waiting);
        }
        None
    }

    fn is_full(&self, lane: Option<Lane>) -> bool {
        let Some(most) = self.rules.queue else { return false };
        let free = self.rules.most.saturating_sub(self.running);
        let queued = self.callbacks.len() + self.events.len();
        let begins_at_once = queued < free && !lane.is_some_and(|lane| self.lanes.is_taken(lane));
        !begins_at_once && queued.saturating_sub(free) + self.lanes.waiting() >= most
    }

    fn queue(&mut self, waiting: Waiting) {
        if waiting.ctx.is_callback() { &mut self.callbacks } else { &mut self.events }.push_back(waiting);
    }

    /// Ends a handler whose delivery was given up, so that one which hangs does not hold its place for ever.
    pub(crate) fn give_up(&mut self, id: DeliveryId) {
        if let Some((ctx, waits_for)) = self.find(id) {
            ctx.given_up(waits_for);
        }
        if let Some(open) = self.open.remove(&id) {
            self.leave(open);
        } else if self.lanes.remove(id).is_none() {
            let waiting = take(&mut self.callbacks, id).or_else(|| take(&mut self.events, id));
            self.next_of(waiting.and_then(|waiting| waiting.lane));
        }
    }

    /// No answer can be given any more.
    pub(crate) fn end(&mut self) {
        let open = self.open.drain().map(|(_, open)| open.ctx);
        let waiting = self.callbacks.drain(..).chain(self.events.drain(..)).chain(self.lanes.drain());
        for ctx in open.chain(waiting.map(|waiting| waiting.ctx)) {
            ctx.settle(End::GivenUp, Reply::failed());
        }
        self.running = 0;
    }

    /// A delivery that has no answer yet, and what it waits for.
    pub(crate) fn find(&self, id: DeliveryId) -> Option<(&Ctx, &'static str)> {
        match self.open.get(&id) {
            Some(Open { ctx, task: Some(_), .. }) => Some((ctx, "its handler")),
            Some(Open { ctx, .. }) => Some((ctx, "its responder")),
            None => {
                let mut waiting = self.callbacks.iter().chain(&self.events).chain(self.lanes.iter());
                let waiting = waiting.find(|waiting| waiting.ctx.delivery().id() == id)?;
                Some((&waiting.ctx, "its turn"))
            }
        }
    }

    /// What is to be done next.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Due> {
        while let Poll::Ready(Some(said)) = self.said.poll_next_unpin(cx) {
            if let Some(due) = self.hear(said) {
                return Poll::Ready(due);
            }
        }
        self.end_lingering(cx);
        while self.running < self.rules.most {
            let Some(waiting) = self.callbacks.pop_front().or_else(|| self.events.pop_front()) else { break };
            let id = waiting.ctx.delivery().id();
            if let Some(reply) = self.start(id, waiting) {
                return Poll::Ready(Due::Reply(id, reply, None));
            }
        }
        Poll::Pending
    }

    fn hear(&mut self, said: Said) -> Option<Due> {
        match said {
            Said::Acknowledge(id) => Some(Due::Acknowledge(id)),
            Said::Ended(id, reply) => {
                // It is not there if the delivery was given up a moment ago.
                let open = self.open.get_mut(&id)?;
                (open.task, self.running) = (None, self.running - 1);
                let lane = open.lane.take();
                let answered = open.answered;
                if let Some(until) = answered {
                    self.lingering.remove(&(until, id));
                }
                if reply.is_some() || answered.is_some() {
                    self.open.remove(&id);
                }
                self.next_of(lane);
                reply.map(|reply| Due::Reply(id, reply, None))
            }
            Said::Reply { id, reply, told } => {
                if let Some(open) = self.open.get_mut(&id) {
                    let until = later(self.around.runtime.now(), self.rules.limit);
                    open.answered = Some(until);
                    if open.task.is_none() {
                        self.open.remove(&id);
                    } else {
                        self.lingering.insert((until, id));
                    }
                }
                Some(Due::Reply(id, reply, told))
            }
        }
    }

    /// Starts a handler, and gives its answer if it ends at once.
    fn start(&mut self, id: DeliveryId, waiting: Waiting) -> Option<Reply> {
        let Waiting { ctx, lane } = waiting;
        let mut handling = ctx.route().run(ctx.clone());
        // Whatever it waits for wakes the task instead, which polls it again first.
        if self.in_place
            && let Poll::Ready(reply) = handling.poll_unpin(&mut Context::from_waker(Waker::noop()))
        {
            self.next_of(lane);
            if reply.is_none() {
                self.open.insert(id, Open { ctx, lane: None, task: None, answered: None });
            }
            return reply;
        }
        let around = Arc::clone(&self.around);
        let task = self.around.runtime.spawn(
            async move {
                let handling = poll_fn(|cx| {
                    let mut polled = Poll::Pending;
                    around.runtime.block_in_place(&mut || polled = handling.poll_unpin(cx));
                    polled
                });
                // An error means that nobody waits for the answer any more.
                let _ = around.tell.unbounded_send(Said::Ended(id, handling.await));
            }
            .boxed(),
        );
        self.running += 1;
        self.open.insert(id, Open { ctx, lane, task: Some(task), answered: None });
        None
    }

    /// Makes room: a handler has ended, or is ended now.
    fn leave(&mut self, open: Open) {
        if open.task.is_some() {
            self.running -= 1;
        }
        self.next_of(open.lane);
    }

    /// The next delivery of a lane has its turn.
    fn next_of(&mut self, lane: Option<Lane>) {
        if let Some(waiting) = lane.and_then(|lane| self.lanes.leave(lane)) {
            self.queue(waiting);
        }
    }

    fn end_lingering(&mut self, cx: &mut Context<'_>) {
        while let Some((until, id)) = self.lingering.first().copied() {
            if self.alarm.poll(cx, &*self.around.runtime, until).is_pending() {
                return;
            }
            self.lingering.pop_first();
            if let Some(open) = self.open.remove(&id) {
                warn!(delivery = %id, handler = open.ctx.route().name(), "a handler that ran on after its answer is ended");
                self.leave(open);
            }
        }
    }
}
