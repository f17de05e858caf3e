//! Running handlers: so many at a time, each a task of the runtime. Where all tasks share one thread, a handler is polled in
//! place first, and spawned if that does not end it.

use std::collections::{HashMap, VecDeque};
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::future::FutureExt;
use larkwire_core::{DeliveryId, Reply};

use super::{Ctx, Router, observe};
use crate::runtime::{Runtime, Task};

/// Handlers that run, and deliveries that wait for their turn. Neither grows beyond what the machine hands out without an
/// answer: [`Limits::unanswered`](larkwire_core::Limits::unanswered). Dropping it ends all of them.
pub(crate) struct Dispatch {
    router: Arc<Router>,
    runtime: Arc<dyn Runtime>,
    in_place: bool,
    most: usize,
    callbacks: VecDeque<(DeliveryId, Ctx)>,
    waiting: VecDeque<(DeliveryId, Ctx)>,
    running: HashMap<DeliveryId, Task>,
    ended: UnboundedReceiver<(DeliveryId, Reply)>,
    end: UnboundedSender<(DeliveryId, Reply)>,
}

impl Dispatch {
    /// At most `most` handlers run at a time.
    pub(crate) fn new(router: Arc<Router>, runtime: Arc<dyn Runtime>, most: usize) -> Dispatch {
        let (end, ended) = unbounded();
        let in_place = runtime.is_single_threaded();
        let most = most.max(1);
        let (callbacks, waiting) = (VecDeque::new(), VecDeque::new());
        Dispatch { router, runtime, in_place, most, callbacks, waiting, running: HashMap::new(), ended, end }
    }

    /// Takes a delivery. Its handler begins when [`poll_ended`](Dispatch::poll_ended) finds room for it.
    /// That of a callback goes before those of events: somebody waits for it.
    pub(crate) fn take(&mut self, ctx: Ctx) {
        let queue = if ctx.delivery().is_callback() { &mut self.callbacks } else { &mut self.waiting };
        queue.push_back((ctx.delivery().id(), ctx));
    }

    /// Ends a handler whose delivery was given up, so that one which hangs does not hold its place for ever.
    pub(crate) fn give_up(&mut self, id: DeliveryId) {
        self.running.remove(&id);
        for queue in [&mut self.callbacks, &mut self.waiting] {
            queue.retain(|(waiting, _)| *waiting != id);
        }
    }

    /// The next delivery whose handler has ended.
    pub(crate) fn poll_ended(&mut self, cx: &mut Context<'_>) -> Poll<(DeliveryId, Reply)> {
        while let Poll::Ready(Some((id, reply))) = self.ended.poll_next_unpin(cx) {
            // It is not there if the delivery was given up a moment ago.
            if self.running.remove(&id).is_some() {
                return Poll::Ready((id, reply));
            }
        }
        while self.running.len() < self.most {
            let Some((id, ctx)) = self.callbacks.pop_front().or_else(|| self.waiting.pop_front()) else { break };
            if let Some(reply) = self.start(id, ctx) {
                return Poll::Ready((id, reply));
            }
        }
        Poll::Pending
    }

    /// Starts a handler, and gives its answer if it ends at once.
    fn start(&mut self, id: DeliveryId, ctx: Ctx) -> Option<Reply> {
        let mut handling = observe::handle(Arc::clone(&self.router), ctx);
        // Whatever it waits for wakes the task instead, which polls it again first.
        if self.in_place
            && let Poll::Ready(reply) = handling.poll_unpin(&mut Context::from_waker(Waker::noop()))
        {
            return Some(reply);
        }
        let (runtime, end) = (Arc::clone(&self.runtime), self.end.clone());
        let task = self.runtime.spawn(
            async move {
                let handling = poll_fn(|cx| {
                    let mut polled = Poll::Pending;
                    runtime.block_in_place(&mut || polled = handling.poll_unpin(cx));
                    polled
                });
                // An error means that nobody waits for the answer any more.
                let _ = end.unbounded_send((id, handling.await));
            }
            .boxed(),
        );
        self.running.insert(id, task);
        None
    }
}
