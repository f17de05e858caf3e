//! What the application has to answer, and the acks that tell the platform.

use alloc::collections::BTreeMap;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Bound;
use core::time::Duration;

use bytes::Bytes;

use super::Client;
use crate::Time;
use crate::ack::{self, Ack};
use crate::config::{AckMode, LateCallback};
use crate::dedup::{Key, Seen};
use crate::delivery::{Arrival, Delivery};
use crate::event::{Envelope, EnvelopeError};
use crate::frame::{RawFrame, key};
use crate::reply::Outcome;
use crate::state::State;
use crate::stats::count;
use crate::vocabulary::{Attempt, DeliveryId, DropReason, Notice, Output, Replied, UnknownDelivery};

/// What the platform waits for an ack (official documentation).
const PLATFORM_DEADLINE: Duration = Duration::from_secs(3);

/// A delivery without an answer. It outlives its connection: the outcome counts even when the ack does not.
#[derive(Debug)]
struct Unanswered {
    key: Option<Key>,
    received: Time,
    /// That it keeps, its waiting duplicates included.
    bytes: usize,
    callback: bool,
    ack: Pending,
    /// Duplicates that came meanwhile and wait for the same outcome.
    waiting: Vec<Ack>,
}

#[derive(Debug)]
enum Pending {
    /// To be sent with the answer.
    Ack(Ack),
    /// Sent before the answer.
    Sent,
    /// Its connection is gone.
    Lost,
}

/// All deliveries without an answer, by age.
#[derive(Debug, Default)]
pub(super) struct Deliveries {
    last: u64,
    open: BTreeMap<DeliveryId, Unanswered>,
    waiting: usize,
    bytes: usize,
    /// Up to here they have been told to be overdue.
    overdue: u64,
}

impl Deliveries {
    pub(super) fn unanswered(&self) -> usize {
        self.open.len().saturating_add(self.waiting)
    }

    /// Bytes that they keep.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Whether the platform has an ack already, and waits for nothing.
    fn is_acked(&self, id: DeliveryId) -> bool {
        self.open.get(&id).is_some_and(|delivery| matches!(delivery.ack, Pending::Sent))
    }

    /// When the oldest one came.
    pub(super) fn oldest(&self) -> Option<Time> {
        self.open.first_key_value().map(|(_, delivery)| delivery.received)
    }

    /// When the oldest one came of those that are not known to be overdue.
    pub(super) fn next_overdue(&self) -> Option<Time> {
        self.first_not_overdue().map(|(_, delivery)| delivery.received)
    }

    fn first_not_overdue(&self) -> Option<(&DeliveryId, &Unanswered)> {
        self.open.range((Bound::Excluded(DeliveryId::new(self.overdue)), Bound::Unbounded)).next()
    }

    /// The connection is gone, and with it all acks that were to be sent on it.
    /// Tells how many duplicates waited for theirs.
    pub(super) fn forget_acks(&mut self) -> usize {
        for delivery in self.open.values_mut() {
            let acks = core::mem::take(&mut delivery.waiting);
            delivery.release(&acks, &mut self.bytes);
            if matches!(delivery.ack, Pending::Ack(_)) {
                delivery.ack = Pending::Lost;
            }
        }
        core::mem::take(&mut self.waiting)
    }

    fn remove(&mut self, id: DeliveryId) -> Option<Unanswered> {
        let delivery = self.open.remove(&id)?;
        self.waiting = self.waiting.saturating_sub(delivery.waiting.len());
        self.bytes = self.bytes.saturating_sub(delivery.bytes);
        Some(delivery)
    }
}

impl Unanswered {
    /// These duplicates wait no longer.
    fn release(&mut self, acks: &[Ack], all: &mut usize) {
        let bytes = acks.iter().map(|ack| ack.frame.size()).fold(0, usize::saturating_add);
        self.bytes = self.bytes.saturating_sub(bytes);
        *all = all.saturating_sub(bytes);
    }
}

impl Client {
    /// A message is complete, with this frame.
    pub(super) fn deliver(&mut self, attempt: Attempt, frame: &RawFrame, payload: Bytes, frames: u64, card: bool) {
        let envelope = match Envelope::parse(&payload) {
            Ok(envelope) if !card || envelope.event_type().is_some() => envelope,
            Ok(_) | Err(_) if card => return self.drop_card(frame, frames),
            Ok(envelope) => envelope,
            Err(error) => return self.refuse_payload(attempt, frame, error, frames),
        };
        if envelope.app_id.as_deref().is_some_and(|app| !app.is_empty() && app != self.config.app_id) {
            count(&mut self.stats.oddities.foreign_app);
        }
        let callback = envelope.event_type().is_some_and(|event_type| event_type.is_callback());
        let at_once = self.config.ack_mode == AckMode::OnReceived && !callback;
        let event_id = envelope.event_id.as_deref().filter(|id| self.config.dedup && !id.is_empty());
        let key = event_id.map(|id| self.dedup.key(envelope.schema, id));
        let mut seen_before = false;
        match key.map(|key| self.dedup.look(self.now, key)) {
            Some(Seen::Running(id)) if self.deliveries.is_acked(id) => {
                self.count_frames(frames, |counters| &mut counters.duplicate);
                return self.send_ack(attempt, frame, self.now, &Outcome::Done(None));
            }
            Some(Seen::Running(id)) if self.wants_input() => {
                self.count_frames(frames, |counters| &mut counters.duplicate);
                let frame = Arc::new(frame.without_payload());
                return self.wait_for(id, Ack { frame, received: self.now });
            }
            Some(Seen::Done(answer)) => {
                self.count_frames(frames, |counters| &mut counters.duplicate);
                return self.send_ack(attempt, frame, self.now, &Outcome::Done(answer));
            }
            Some(Seen::Failed) => seen_before = true,
            Some(Seen::Never | Seen::Running(_)) | None => {}
        }
        if !self.wants_input() {
            self.count_frames(frames, |counters| &mut counters.refused);
            return self.drop_message(DropReason::NoRoom, frame, frames);
        }
        self.count_frames(frames, |counters| &mut counters.delivered);
        count(&mut self.stats.deliveries);
        self.stats.last_event = Some(self.now);
        self.deliveries.last = self.deliveries.last.saturating_add(1);
        let id = DeliveryId::new(self.deliveries.last);
        if let Some(key) = key {
            self.dedup.start(key, id);
        }
        let (received, answer_by) = (self.now, self.now.after(self.config.answer_within));
        let arrival = Arrival { id, attempt, received, answer_by, seen_before, joined: frames > 1 };
        let delivery = Delivery::new(arrival, frame, payload.clone(), &envelope);
        let bytes = delivery.bytes();
        let ack = if at_once { Pending::Sent } else { Pending::Ack(delivery.ack()) };
        self.notify(Notice::Delivery(delivery));
        if at_once {
            self.send_ack(attempt, frame, received, &Outcome::Done(None));
        }
        let delivery = Unanswered { key, received, bytes, callback, ack, waiting: Vec::new() };
        self.deliveries.bytes = self.deliveries.bytes.saturating_add(bytes);
        self.deliveries.open.insert(id, delivery);
    }

    /// The application has answered.
    pub(super) fn settle(&mut self, id: DeliveryId, outcome: Outcome) -> Result<Replied, UnknownDelivery> {
        let delivery = self.deliveries.remove(id).ok_or(UnknownDelivery)?;
        let attempt = self.state.attempt();
        let replied = match (&delivery.ack, attempt) {
            (Pending::Ack(ack), Some(attempt)) => {
                self.send_ack(attempt, &ack.frame, ack.received, &outcome);
                Replied::Sent
            }
            (Pending::Sent, _) => Replied::AlreadyAnswered,
            (Pending::Ack(_) | Pending::Lost, _) => {
                count(&mut self.stats.acks_lost);
                Replied::ConnectionLost
            }
        };
        for ack in &delivery.waiting {
            if let Some(attempt) = attempt {
                self.send_ack(attempt, &ack.frame, ack.received, &outcome);
            }
        }
        if let Some(key) = delivery.key {
            match outcome {
                Outcome::Done(answer) => self.dedup.finish(self.now, key, answer, &self.config.limits),
                Outcome::Failed => self.dedup.fail(key),
            }
        }
        self.close_if_drained();
        Ok(replied)
    }

    /// No answer will come.
    pub(super) fn give_up(&mut self, id: DeliveryId) {
        let Some(delivery) = self.deliveries.remove(id) else { return };
        count(&mut self.stats.abandoned);
        if let Some(key) = delivery.key {
            self.dedup.fail(key);
        }
        if !matches!(self.state, State::Stopped) {
            self.notify(Notice::Abandoned { id });
        }
        self.close_if_drained();
    }

    pub(super) fn handler_limit(&mut self) {
        if let Some(id) = self.deliveries.open.first_key_value().map(|(id, _)| *id) {
            self.give_up(id);
        }
    }

    pub(super) fn overdue(&mut self) {
        let Some(id) = self.deliveries.first_not_overdue().map(|(id, _)| *id) else { return };
        self.deliveries.overdue = id.number();
        if self.deliveries.is_acked(id) {
            return;
        }
        count(&mut self.stats.overdue);
        let neutral = self.config.late_callback == LateCallback::Neutral;
        let callback = self.deliveries.open.get(&id).is_some_and(|delivery| delivery.callback);
        let answered = callback && neutral && self.ack_early(id) == Ok(Replied::Sent);
        self.notify(Notice::Overdue { id, answered });
    }

    /// Acks a delivery, and its waiting duplicates, without an answer; that may still come.
    pub(super) fn ack_early(&mut self, id: DeliveryId) -> Result<Replied, UnknownDelivery> {
        let delivery = self.deliveries.open.get_mut(&id).ok_or(UnknownDelivery)?;
        let ack = match &delivery.ack {
            Pending::Ack(ack) => ack.clone(),
            Pending::Sent => return Ok(Replied::AlreadyAnswered),
            Pending::Lost => return Ok(Replied::ConnectionLost),
        };
        delivery.ack = Pending::Sent;
        let mut acks = core::mem::take(&mut delivery.waiting);
        self.deliveries.waiting = self.deliveries.waiting.saturating_sub(acks.len());
        delivery.release(&acks, &mut self.deliveries.bytes);
        acks.insert(0, ack);
        if let Some(attempt) = self.state.attempt() {
            for ack in &acks {
                self.send_ack(attempt, &ack.frame, ack.received, &Outcome::Done(None));
            }
        }
        Ok(Replied::Sent)
    }

    fn wait_for(&mut self, id: DeliveryId, ack: Ack) {
        if let Some(delivery) = self.deliveries.open.get_mut(&id) {
            let bytes = ack.frame.size();
            delivery.waiting.push(ack);
            delivery.bytes = delivery.bytes.saturating_add(bytes);
            self.deliveries.bytes = self.deliveries.bytes.saturating_add(bytes);
            self.deliveries.waiting = self.deliveries.waiting.saturating_add(1);
        }
    }

    fn send_ack(&mut self, attempt: Attempt, frame: &RawFrame, received: Time, outcome: &Outcome) {
        debug_assert!(
            matches!(self.state, State::Open(_) | State::Draining(_)),
            "acks are forgotten with their connection"
        );
        count(&mut self.stats.acks);
        if self.now.since(received) > PLATFORM_DEADLINE {
            count(&mut self.stats.acks_late);
        }
        let data = ack::encode(frame, received, self.now, outcome);
        self.output(Output::Send { attempt, data });
    }

    /// What is no envelope is answered with a failure: the platform shall know.
    fn refuse_payload(&mut self, attempt: Attempt, frame: &RawFrame, error: EnvelopeError, frames: u64) {
        self.count_frames(frames, |counters| &mut counters.malformed);
        let reason = match error {
            EnvelopeError::Encrypted => DropReason::Encrypted,
            error => DropReason::Malformed(error.to_string()),
        };
        self.drop_message(reason, frame, frames);
        self.send_ack(attempt, frame, self.now, &Outcome::Failed);
        self.bad_message();
    }

    fn drop_card(&mut self, frame: &RawFrame, frames: u64) {
        self.count_frames(frames, |counters| &mut counters.ignored);
        self.drop_message(DropReason::CardFrame, frame, frames);
    }

    fn drop_message(&mut self, reason: DropReason, frame: &RawFrame, frames: u64) {
        let message_id = frame.header(key::MESSAGE_ID).map(ToString::to_string);
        self.notify(Notice::Dropped { reason, frames, message_id });
    }

    fn count_frames(&mut self, frames: u64, counter: impl FnOnce(&mut crate::stats::Frames) -> &mut u64) {
        let counter = counter(&mut self.stats.frames);
        *counter = counter.saturating_add(frames);
    }
}
