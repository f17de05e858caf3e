//! One delivery as frames: its headers, its parts, and what is wrong with them.

use std::sync::Arc;

use larkwire_core::frame::{RawFrame, key};
use smallvec::SmallVec;

use crate::platform::Platform;
use crate::platform::dice::Dice;
use crate::platform::push::{Damage, Delivery, Order, PushId, Shape};
use crate::platform::pushes::Sent;
use crate::platform::timer::Timer;
use crate::platform::vocabulary::{ConnectionId, Message};

impl Platform {
    /// One delivery as frames, in the order of sending; from here on its ack is expected.
    pub(super) fn frames(&mut self, id: PushId, to: ConnectionId, shape: &Shape) -> SmallVec<[Message; 1]> {
        let (message_id, trace_id) = (self.dice.uuid(), self.dice.hex(32));
        // Of two messages without an id, only the later one can be told from others.
        let acked_as = acked_as(&message_id, &shape.damage);
        if !shape.damage.is_empty()
            && let Some(sent) = self.pushes.sent.get(&*acked_as)
        {
            self.missed(sent.push, sent.delivery);
        }
        let mut timestamp = itoa::Buffer::new();
        let timestamp = timestamp.format(self.unix_ms());
        let mut frames = SmallVec::new();
        let Some(pushed) = self.pushes.all.get_mut(&id) else { return frames };
        let Some(connection) = self.connections.get_mut(&to) else { return frames };
        let payload = match shape.damage.contains(&Damage::Json) {
            true => pushed.payload.get(..pushed.payload.len() / 2).unwrap_or_default(),
            false => &pushed.payload,
        };
        let count = shape.parts(payload.len());
        let order = order(shape, count, &mut self.dice);
        let completing = completing(&order, count);
        let (mut sum, mut seq) = (itoa::Buffer::new(), itoa::Buffer::new());
        let sum = sum.format(count);
        let mut sent = Vec::with_capacity(order.len());
        for index in order {
            let part = shape.part(payload, index, count);
            let mut headers = Headers::from([
                (key::TIMESTAMP, timestamp),
                (key::TYPE, &shape.frame_type),
                (key::MESSAGE_ID, &message_id),
                (key::SUM, sum),
                (key::SEQ, seq.format(index)),
                (key::TRACE_ID, &trace_id),
                (key::INSTANCE_ID, &connection.instance_id),
            ]);
            damage_headers(&mut headers, &shape.damage);
            // 63 bits, so that a client with signed integers survives.
            let (seq_id, log_id) = (connection.seq_id, self.dice.next() >> 1);
            connection.seq_id = connection.seq_id.wrapping_add(1);
            let frame = RawFrame::data(seq_id, log_id, self.profile.service_id, &headers, part);
            sent.push(frame.without_payload());
            let mut data = frame.into_bytes();
            if shape.damage.contains(&Damage::Protobuf) {
                data.truncate(data.len().saturating_sub(3));
            }
            frames.push(Message::Binary(data));
        }
        let message_id = acked_as;
        let delivery = pushed.record.deliveries.len();
        let deadline = self.now.after(self.profile.ack_deadline);
        let due = self.timers.set(deadline, Timer::AckDue { push: id, delivery, connection: to });
        connection.unacked.push_back(due);
        pushed.record.deliveries.push(Delivery {
            message_id: Arc::clone(&message_id),
            connection: Some(to),
            at: self.now,
            ack: None,
            failed: false,
        });
        let service = self.profile.service_id;
        let sent = Sent { push: id, delivery, due, connection: to, service, parts: sent, completing };
        self.pushes.sent.insert(Arc::clone(&message_id), sent);
        self.stats.deliveries = self.stats.deliveries.saturating_add(1);
        self.write_with(|platform| platform.went(id, Some(to), frames.len(), message_id));
        frames
    }
}

/// As many as a frame has.
type Headers<'a> = SmallVec<[(&'static str, &'a str); 7]>;

/// The indexes of the parts that go out, in the order of sending.
fn order(shape: &Shape, count: usize, dice: &mut Dice) -> SmallVec<[usize; 1]> {
    let mut order: SmallVec<[usize; 1]> = match &shape.order {
        Order::InOrder => (0..count).collect(),
        Order::Shuffled => dice.shuffled(count).into(),
        Order::Parts(order) => order.iter().copied().filter(|index| *index < count).collect(),
    };
    if shape.damage.contains(&Damage::MissingPart) && !order.is_empty() {
        order.remove(dice.below(order.len()));
    }
    order
}

/// Which of these completes a message of `count` parts; none if some of them are missing.
fn completing(order: &[usize], count: usize) -> Option<usize> {
    let (mut seen, mut missing) = (SmallVec::<[bool; 1]>::from_elem(false, count), count);
    order.iter().position(|index| {
        if seen.get_mut(*index).is_some_and(|seen| !std::mem::replace(seen, true)) {
            missing = missing.saturating_sub(1);
        }
        missing == 0
    })
}

/// The `message_id` that an ack will carry.
fn acked_as(message_id: &Arc<str>, damage: &[Damage]) -> Arc<str> {
    let changed = damage.iter().rev().find_map(|damage| match damage {
        Damage::Header { name, value } if name == key::MESSAGE_ID => Some(value.as_deref().unwrap_or_default().into()),
        _ => None,
    });
    changed.unwrap_or_else(|| Arc::clone(message_id))
}

fn damage_headers<'a>(headers: &mut Headers<'a>, damage: &'a [Damage]) {
    for damage in damage {
        match damage {
            Damage::Header { name, value: None } => headers.retain(|header| header.0 != name),
            Damage::Header { name, value: Some(value) } => {
                for header in headers.iter_mut().filter(|header| header.0 == name) {
                    header.1 = value;
                }
            }
            _ => {}
        }
    }
}
