//! A bot that runs: between the driver, which brings deliveries, and the dispatch, which has them handled.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::channel::mpsc::unbounded;
use futures::channel::oneshot;
use larkwire_core::{AckMode, Delivery, DeliveryId, LateCallback, Notice, Replied, Reply, Stop, Time};
use tracing::{debug, error, warn};

use super::handle::{BotStats, Ground, Shared};
use super::{Bot, Listener, WhenFull, log};
use crate::api::ApiClient;
use crate::driver::Driver;
#[cfg(feature = "metrics")]
use crate::metrics::Meter;
use crate::panics::words;
use crate::router::dispatch::{Dispatch, Due, Rules};
use crate::router::{Ctx, RespondError, Router, Surroundings, Told};
use crate::runtime::Runtime;

/// A bot that runs.
pub(super) struct Session {
    pub(super) driver: Driver,
    dispatch: Dispatch,
    router: Router,
    around: Arc<Surroundings>,
    /// When deliveries are acked whose route says nothing else. The machine is told each time.
    ack_mode: AckMode,
    late_callback: LateCallback,
    shared: Shared,
    listener: Option<Listener>,
    connection_id: Option<Arc<str>>,
    #[cfg(feature = "metrics")]
    meter: Meter,
}

/// What a session has to do next.
pub(super) enum Step {
    Shutdown(Duration),
    Due(Due),
    Notice(Notice),
}

impl Session {
    pub(super) fn new(bot: Bot, runtime: Arc<dyn Runtime>) -> Session {
        let Bot { mut config, router, egress, handlers, queue, order, assertions, listener, payloads, shared, .. } =
            bot;
        if config.app_id_is_unusual() {
            warn!(app_id = config.app_id, "app ids are cli_ and 16 hexadecimal digits: was this one copied whole?");
        }
        if let Some((most, WhenFull::StopReading)) = queue {
            let unanswered = &mut config.limits.unanswered;
            *unanswered = handlers.saturating_add(most).min(*unanswered);
        }
        let queue = queue.filter(|(_, when_full)| *when_full == WhenFull::Refuse).map(|(most, _)| most);
        let rules = Rules { most: handlers, queue, order, limit: config.handler_limit };
        let (ack_mode, late_callback) = (std::mem::take(&mut config.ack_mode), config.late_callback);
        let egress = egress.unwrap_or_default();
        let api = ApiClient::new(&config, Arc::clone(&runtime), &egress);
        let (tell, said) = unbounded();
        let (app_id, channel_tag) = (config.app_id.clone(), config.channel_tag.clone());
        let around = Arc::new(Surroundings::new(&router, app_id, api.clone(), Arc::clone(&runtime), tell));
        let driver = Driver::new(config, Arc::clone(&runtime), &egress);
        let driver = driver.with_assertions(assertions).trace_payloads(payloads);
        let origin = driver.instant(Time::ZERO);
        shared.started(Ground { origin, runtime, api, channel_tag });
        Session {
            driver,
            dispatch: Dispatch::new(Arc::clone(&around), rules, said),
            router,
            ack_mode,
            late_callback,
            shared,
            listener,
            connection_id: None,
            #[cfg(feature = "metrics")]
            meter: Meter::new(&around.app_id),
            around,
        }
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        if let Poll::Ready(drain) = self.shared.poll_shutdown(cx) {
            return Poll::Ready(Step::Shutdown(drain));
        }
        // Answers go first, so that those of one wake leave in one packet.
        let span = self.driver.span();
        if let Poll::Ready(due) = span.in_scope(|| self.dispatch.poll(cx)) {
            return Poll::Ready(Step::Due(due));
        }
        if let Poll::Ready(Some(notice)) = self.driver.poll_next(cx) {
            return Poll::Ready(Step::Notice(notice));
        }
        self.publish();
        Poll::Pending
    }

    fn publish(&mut self) {
        let stats = BotStats {
            connection: self.driver.stats(),
            handlers: self.router.stats(),
            running: self.dispatch.running(),
            waiting: self.dispatch.waiting(),
        };
        #[cfg(feature = "metrics")]
        self.meter.rest(self.driver.time(), &stats);
        self.shared.publish(self.driver.status(), stats, self.connection_id.as_deref());
    }

    pub(super) fn carry_out(&mut self, due: Due) {
        match due {
            Due::Reply(id, reply, told) => self.reply(id, reply, told),
            Due::Acknowledge(id) => self.acknowledge(id),
        }
    }

    fn reply(&mut self, id: DeliveryId, reply: Reply, told: Option<oneshot::Sender<Told>>) {
        #[cfg(feature = "metrics")]
        self.meter.answered(id, self.driver.time());
        let has_data = reply.data().is_some();
        let replied = self.driver.reply(id, reply);
        match replied {
            Ok(Replied::AlreadyAnswered) if has_data => {
                self.router.late_reply();
                warn!(
                    parent: self.driver.span(),
                    delivery = %id,
                    "this reply came after the neutral answer and is not shown; the card can still be updated by the token of \
                     its callback: api::interactive::v1::card::Update"
                );
            }
            Ok(replied) => debug!(parent: self.driver.span(), delivery = %id, ?replied, "answered"),
            Err(error) => debug!(parent: self.driver.span(), delivery = %id, %error, "answered too late"),
        }
        if let Some(told) = told {
            // An error means that nobody wants to know.
            let _ = told.send(replied.map_err(|_| RespondError::Over));
        }
    }

    fn acknowledge(&mut self, id: DeliveryId) {
        match self.driver.acknowledge(id) {
            Ok(replied) => debug!(parent: self.driver.span(), delivery = %id, ?replied, "acked before its answer"),
            Err(error) => debug!(delivery = %id, %error, "acked too late"),
        }
    }

    /// Does what a notice asks for; gives the reason if it was the last.
    pub(super) fn take(&mut self, notice: Notice) -> Option<Stop> {
        self.driver.span().in_scope(|| log::notice(&notice, || self.driver.time()));
        #[cfg(feature = "metrics")]
        self.meter.notice(&notice);
        self.tell(&notice);
        match notice {
            Notice::Connected { connection_id, .. } => self.connection_id = connection_id.map(Arc::from),
            Notice::Delivery(delivery) => self.deliver(delivery),
            Notice::Overdue { id, answered } => self.overdue(id, answered),
            Notice::Abandoned { id } => self.dispatch.give_up(id),
            Notice::Stopped(stop) => {
                self.dispatch.end();
                self.publish();
                self.shared.stopped(stop.clone());
                return Some(stop);
            }
            _ => {}
        }
        None
    }

    fn overdue(&mut self, id: DeliveryId, mut answered: bool) {
        let Some((ctx, waits_for)) = self.dispatch.find(id) else { return };
        // The machine knows callbacks by their names, and has seen to those.
        if !answered && self.late_callback == LateCallback::Neutral && ctx.is_callback() {
            answered = self.driver.acknowledge(id) == Ok(Replied::Sent);
        }
        self.driver.span().in_scope(|| ctx.overdue(waits_for, answered));
    }

    fn deliver(&mut self, delivery: Delivery) {
        let id = delivery.id();
        let span = self.driver.span().clone();
        let _entered = span.enter();
        let route = match self.router.find(&delivery) {
            Ok(route) => route,
            Err(reply) => return self.reply(id, reply, None),
        };
        let at_once = route.ack_mode(self.ack_mode, &delivery) == AckMode::OnReceived;
        let came = self.driver.instant(delivery.received());
        let answer_by = self.driver.instant(delivery.answer_by());
        let around = Arc::clone(&self.around);
        let ctx = Ctx::new(delivery, route, came, answer_by, self.connection_id.clone(), around);
        match self.dispatch.take(ctx) {
            Some(refusal) => self.reply(id, refusal, None),
            None if at_once => self.acknowledge(id),
            None => {}
        }
    }

    fn tell(&mut self, notice: &Notice) {
        if let Some(listener) = &mut self.listener
            && let Err(panic) = catch_unwind(AssertUnwindSafe(|| listener(notice)))
        {
            let panic = words(panic);
            error!(app_id = self.around.app_id, panic, "the listener of the bot panicked");
        }
    }
}
