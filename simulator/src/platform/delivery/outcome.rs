//! What becomes of deliveries: acks, deadlines that pass, and what follows from both.

use std::collections::VecDeque;
use std::sync::Arc;

use larkwire_core::frame::{RawFrame, key};

use super::OK;
use crate::platform::Platform;
use crate::platform::ack;
use crate::platform::millis;
use crate::platform::profile::Strictness;
use crate::platform::push::{AckRecord, Outcome, PushId, PushKind};
use crate::platform::timer::{Timer, TimerKey};
use crate::platform::transcript::What;
use crate::platform::verdict::{Finding, Rule, Severity};
use crate::platform::vocabulary::ConnectionId;

/// What a user sees when a callback fails (field reports).
const CALLBACK_FAILED: i64 = 200_340;

impl Platform {
    /// A data frame came from a client: an ack, or nonsense.
    pub(in crate::platform) fn acked(&mut self, from: ConnectionId, frame: &RawFrame) {
        let message_id = frame.header(key::MESSAGE_ID).unwrap_or_default();
        let Some(sent) = self.pushes.sent.get(message_id) else {
            let text = format!("there is no pushed message with message_id {message_id:?}");
            return self.judge(from, Finding::violation(Rule::UnknownMessage, text));
        };
        let (id, index, to, due) = (sent.push, sent.delivery, sent.connection, sent.due);
        let Some(delivery) = self.pushes.all.get(&id).and_then(|pushed| pushed.record.deliveries.get(index)) else {
            return;
        };
        if delivery.ack.is_some() {
            let text = format!("the message {message_id} was acked before");
            return self.judge(from, Finding::violation(Rule::SecondAck, text));
        }
        let ack = ack::read(frame, from, sent);
        let refused = ack.findings.iter().any(|finding| finding.severity == Severity::Violation);
        for finding in ack.findings {
            self.judge(from, finding);
        }
        let (now, deadline) = (self.now, self.profile.ack_deadline);
        let strict = self.profile.strictness != Strictness::Lenient;
        let Some(code) = ack.code.filter(|_| !(refused && strict)) else {
            self.stats.refused_acks = self.stats.refused_acks.saturating_add(1);
            return;
        };
        let Some(pushed) = self.pushes.all.get_mut(&id) else { return };
        let Some(delivery) = pushed.record.deliveries.get_mut(index) else { return };
        let delay = now.since(delivery.at);
        let on_time = delay < deadline;
        let (data, biz_rt) = (ack.data, ack.biz_rt);
        let counts = on_time && code == OK && !delivery.failed;
        if data.is_some() {
            let bytes = frame.payload_bytes().map_or(0, <[u8]>::len);
            pushed.bytes = pushed.bytes.saturating_add(bytes);
            self.pushes.bytes = self.pushes.bytes.saturating_add(bytes);
        }
        let acked_as = Arc::clone(&delivery.message_id);
        delivery.ack = Some(AckRecord { connection: from, at: now, delay, code, data: data.clone(), biz_rt, on_time });
        self.stats.acks = self.stats.acks.saturating_add(1);
        if counts {
            pushed.record.outcome = Outcome::Acked;
        } else {
            delivery.failed = true;
        }
        if let Some(connection) = self.connections.get_mut(&to)
            && let Ok(place) = connection.unacked.binary_search(&due)
        {
            connection.unacked.remove(place);
        }
        self.timers.cancel(due);
        if let Some(sent) = self.pushes.sent.get_mut(message_id) {
            // A second ack is one too many, whatever is in it.
            sent.parts = Vec::new();
        }
        self.write_with(|_| What::Ack {
            push: id,
            message_id: acked_as,
            connection: from,
            code,
            biz_rt,
            delay_ms: u64::try_from(delay.as_millis()).unwrap_or(u64::MAX),
            on_time,
            data: data.clone(),
        });
        if counts {
            self.callback_answered(id, data);
        }
        if !on_time {
            self.stats.late_acks = self.stats.late_acks.saturating_add(1);
            let text = format!("the ack came after {} ms", delay.as_millis());
            self.judge(from, Finding::note(Rule::Late, text));
        }
        if !counts {
            self.conclude(id);
        }
    }

    /// The time for an ack is over. Its deadline was the earliest of all, so that of its connection it was the first.
    pub(in crate::platform) fn ack_due(&mut self, id: PushId, delivery: usize, connection: ConnectionId) {
        if let Some(connection) = self.connections.get_mut(&connection) {
            connection.unacked.pop_front();
        }
        self.missed(id, delivery);
    }

    /// The connection of these messages is at its end.
    pub(in crate::platform) fn unanswered(&mut self, deadlines: VecDeque<TimerKey>) {
        for deadline in deadlines {
            if let Some(Timer::AckDue { push, delivery, .. }) = self.timers.cancel(deadline) {
                self.missed(push, delivery);
            }
        }
    }

    /// A message got no ack, and will get none that counts.
    pub(super) fn missed(&mut self, id: PushId, index: usize) {
        if let Some(pushed) = self.pushes.all.get_mut(&id)
            && let Some(delivery) = pushed.record.deliveries.get_mut(index)
            && delivery.ack.is_none()
            && !delivery.failed
        {
            delivery.failed = true;
            let message_id = Arc::clone(&delivery.message_id);
            self.write(What::AckMissed { push: id, message_id });
            self.conclude(id);
        }
    }

    /// Decides what follows once no delivery can succeed any more.
    pub(super) fn conclude(&mut self, id: PushId) {
        let Some(pushed) = self.pushes.all.get_mut(&id) else { return };
        let record = &mut pushed.record;
        if record.outcome != Outcome::Pending || record.deliveries.iter().any(|delivery| !delivery.failed) {
            return;
        }
        let last = record.deliveries.last().map(|delivery| delivery.at).unwrap_or(self.now);
        let (outcome, what) = match (record.kind, self.profile.redelivery.get(pushed.redelivered)) {
            (PushKind::Callback, _) => (Outcome::UserSawError { code: CALLBACK_FAILED }, None),
            (PushKind::Event, None) => (Outcome::GivenUp, Some(What::GivenUp { push: id })),
            (PushKind::Event, Some(pause)) => {
                let at = last.after(*pause).max(self.now);
                self.timers.set(at, Timer::Redeliver(id));
                let at_ms = millis(at);
                (Outcome::Redelivering { at_ms }, Some(What::RedeliveryDue { push: id, due_ms: at_ms }))
            }
        };
        record.outcome = outcome;
        match what {
            Some(what) => self.write(what),
            None => self.callback_unanswered(id, CALLBACK_FAILED),
        }
    }
}
