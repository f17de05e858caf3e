//! Delivering pushes: routing, frames, deadlines, acks and redelivery.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use larkwire_core::frame::{RawFrame, key};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Platform;
use super::ack;
use super::app::AppKey;
use super::connection::{Connection, Phase};
use super::profile::{Routing, Strictness};
use super::push::{
    AckRecord, Content, Damage, Delivery, Order, Outcome, Push, PushId, PushKind, PushRecord, Pushed, Sent, Shape,
};
use super::timer::Timer;
use super::transcript::What;
use super::verdict::{Finding, Rule, Severity};
use super::vocabulary::{ConnectionId, Message, Output};

/// What a user sees when a callback fails (field reports).
const CALLBACK_FAILED: i64 = 200_340;
/// The ack code of success.
const OK: i64 = 200;
/// How long a push waits for the one that it is to be mixed with.
const HELD: Duration = Duration::from_secs(1);
/// Stands for the connection of another instance of the app, which nobody here has.
const ELSEWHERE: ConnectionId = ConnectionId(0);

impl Platform {
    /// Takes over a push; its first delivery is still to come.
    pub(super) fn register(&mut self, push: Push) -> PushId {
        let Push { kind, content, shape, app_id, connection } = push;
        let of_connection = connection.and_then(|id| self.connections.get(&id)).map(|connection| connection.app);
        let app = match (of_connection, &app_id) {
            (Some(app), _) => Some(app),
            (None, Some(id)) => self.apps.find(id),
            (None, None) => Some(self.usual_app()),
        };
        // A fault on one connection has to know where a push goes before it goes there.
        let connection = match (connection, app) {
            (None, Some(app)) if self.faults.choose_connections() => self.route(app),
            (connection, _) => connection,
        };
        let shape = self.shape_fault(shape, connection);
        let app_id = app.map(|app| self.apps.get(app).id.clone()).or(app_id).unwrap_or_default();
        let payload = self.payload(&app_id, kind, content);
        let Identity { event_id, event_type, subject } = identify(&payload);
        self.stats.pushes = self.stats.pushes.saturating_add(1);
        let limit = self.profile.records;
        self.pushes.add(limit, |id| {
            let deliveries = Vec::new();
            let record =
                PushRecord { id, app_id, kind, event_id, event_type, subject, deliveries, outcome: Outcome::Pending };
            let bytes = payload.len();
            Pushed { record, app, payload, shape, connection, redelivered: 0, bytes }
        })
    }

    /// Delivers a push for the first time, now or when its delay is over.
    pub(super) fn start(&mut self, id: PushId) {
        let Some(shape) = self.pushes.all.get(&id).map(|pushed| &pushed.shape) else { return };
        if !shape.delay.is_zero() {
            self.timers.set(self.now.after(shape.delay), Timer::Deliver(id));
        } else if let Some(held) = self.pushes.held.take() {
            self.interleave(&[held, id]);
        } else if shape.interleave {
            self.pushes.held = Some(id);
            self.timers.set(self.now.after(HELD), Timer::Unhold(id));
        } else {
            self.deliver(id);
        }
    }

    /// No other push came in time.
    pub(super) fn unhold(&mut self, id: PushId) {
        if self.pushes.held.take_if(|held| *held == id).is_some() {
            self.deliver(id);
        }
    }

    /// Delivers a push once more, whatever became of it.
    pub(super) fn repeat(&mut self, id: PushId) {
        if let Some(pushed) = self.pushes.all.get_mut(&id) {
            pushed.shape = pushed.shape.again();
            pushed.connection = None;
            self.stats.redeliveries = self.stats.redeliveries.saturating_add(1);
            self.deliver(id);
        }
    }

    pub(super) fn deliver(&mut self, id: PushId) {
        let Some(pushed) = self.pushes.all.get(&id) else { return };
        let (shape, app, wanted) = (pushed.shape.clone(), pushed.app, pushed.connection);
        if let Some(pause) = shape.again {
            self.timers.set(self.now.after(pause), Timer::Repeat(id));
        }
        if shape.elsewhere {
            return self.taken_elsewhere(id);
        }
        // A copy more or less makes no difference to a client, a million would to this process.
        for _ in 0..shape.copies.clamp(1, 1000) {
            let connection = wanted.filter(|id| self.is_open(*id)).or_else(|| self.route(app?));
            if let Some(connection) = connection {
                for message in self.frames(id, connection, &shape) {
                    self.emit(Output::Send { connection, message });
                }
                self.afterwards(connection, &shape);
            } else {
                self.no_connection(id);
            }
        }
        self.conclude(id);
    }

    pub(super) fn redeliver(&mut self, id: PushId) {
        let Some(pushed) = self.pushes.all.get_mut(&id) else { return };
        pushed.redelivered = pushed.redelivered.saturating_add(1);
        pushed.record.outcome = Outcome::Pending;
        pushed.shape = pushed.shape.again();
        pushed.connection = None;
        self.stats.redeliveries = self.stats.redeliveries.saturating_add(1);
        self.deliver(id);
    }

    /// Sends several pushes on one connection, part by part in turn.
    pub(super) fn interleave(&mut self, ids: &[PushId]) {
        let app = ids.first().and_then(|id| self.pushes.all.get(id)).and_then(|pushed| pushed.app);
        let Some(connection) = app.and_then(|app| self.route(app)) else {
            for id in ids {
                self.no_connection(*id);
                self.conclude(*id);
            }
            return;
        };
        let mut queues = Vec::new();
        for id in ids {
            let shape = self.pushes.all.get(id).map(|pushed| pushed.shape.clone()).unwrap_or_default();
            queues.push(self.frames(*id, connection, &shape).into_iter());
        }
        loop {
            let round: Vec<Message> = queues.iter_mut().filter_map(Iterator::next).collect();
            if round.is_empty() {
                return;
            }
            for message in round {
                self.emit(Output::Send { connection, message });
            }
        }
    }

    /// What happens to a connection after a delivery.
    fn afterwards(&mut self, connection: ConnectionId, shape: &Shape) {
        if let Some(time) = shape.stall {
            self.stall(connection, time);
        }
        if let Some(how) = &shape.then {
            self.end(connection, how.clone());
        }
    }

    /// Another instance of the app gets a push, and acks it at once.
    fn taken_elsewhere(&mut self, id: PushId) {
        let (at, message_id) = (self.now, self.dice.uuid());
        let Some(pushed) = self.pushes.all.get_mut(&id) else { return };
        let ack = AckRecord {
            connection: ELSEWHERE,
            at,
            delay: Duration::ZERO,
            code: OK,
            data: None,
            biz_rt: None,
            on_time: true,
        };
        pushed.record.outcome = Outcome::Acked;
        pushed.record.deliveries.push(Delivery {
            message_id: message_id.clone(),
            connection: None,
            at,
            ack: Some(ack),
            failed: false,
        });
        let went = self.went(id, Some(ELSEWHERE), 1, message_id);
        self.write(went);
    }

    fn no_connection(&mut self, id: PushId) {
        let (at, message_id) = (self.now, self.dice.uuid());
        let Some(pushed) = self.pushes.all.get_mut(&id) else { return };
        let delivery = Delivery { message_id: message_id.clone(), connection: None, at, ack: None, failed: true };
        pushed.record.deliveries.push(delivery);
        let went = self.went(id, None, 0, message_id);
        self.write(went);
    }

    /// The entry of the transcript for a delivery.
    fn went(&self, id: PushId, connection: Option<ConnectionId>, parts: usize, message_id: String) -> What {
        let pushed = self.pushes.all.get(&id);
        let record = pushed.map(|pushed| &pushed.record);
        What::Push {
            push: id,
            event_type: record.map(|record| record.event_type.clone()).unwrap_or_default(),
            event_id: record.map(|record| record.event_id.clone()).unwrap_or_default(),
            subject: record.and_then(|record| record.subject.clone()),
            connection,
            attempt: pushed.map_or(0, |pushed| pushed.redelivered).saturating_add(1),
            of: record.map_or(0, |record| self.profile.attempts(record.kind)),
            parts,
            message_id,
            bytes: pushed.map_or(0, |pushed| pushed.payload.len()),
        }
    }

    /// One delivery as frames, in the order of sending; from here on its ack is expected.
    fn frames(&mut self, id: PushId, to: ConnectionId, shape: &Shape) -> Vec<Message> {
        let (message_id, trace_id) = (self.dice.uuid(), self.dice.hex(32));
        // Of two messages without an id, only the later one can be told from others.
        let acked_as: Arc<str> = acked_as(&message_id, &shape.damage).into();
        if !shape.damage.is_empty() {
            self.unanswered([Arc::clone(&acked_as)]);
        }
        let timestamp = self.unix_ms().to_string();
        let Some(pushed) = self.pushes.all.get_mut(&id) else { return Vec::new() };
        let Some(connection) = self.connections.get_mut(&to) else { return Vec::new() };
        let payload = match shape.damage.contains(&Damage::Json) {
            true => pushed.payload.slice(..pushed.payload.len() / 2),
            false => pushed.payload.clone(),
        };
        let parts = shape.parts(&payload);
        let sum = parts.len().to_string();
        let mut order: Vec<usize> = match &shape.order {
            Order::InOrder => (0..parts.len()).collect(),
            Order::Shuffled => self.dice.shuffled(parts.len()),
            Order::Parts(order) => order.clone(),
        };
        if shape.damage.contains(&Damage::MissingPart) && !order.is_empty() {
            order.remove(self.dice.below(order.len()));
        }
        let mut frames = Vec::new();
        let mut sent = Vec::new();
        let mut missing: std::collections::BTreeSet<usize> = (0..parts.len()).collect();
        let mut completing = None;
        for index in order {
            let Some(part) = parts.get(index) else { continue };
            let seq = index.to_string();
            let mut headers = vec![
                (key::TIMESTAMP, timestamp.as_str()),
                (key::TYPE, &shape.frame_type),
                (key::MESSAGE_ID, &message_id),
                (key::SUM, &sum),
                (key::SEQ, &seq),
                (key::TRACE_ID, &trace_id),
                (key::INSTANCE_ID, &connection.instance_id),
            ];
            damage_headers(&mut headers, &shape.damage);
            // 63 bits, so that a client with signed integers survives.
            let (seq_id, log_id) = (connection.seq_id, self.dice.next() >> 1);
            connection.seq_id = connection.seq_id.wrapping_add(1);
            missing.remove(&index);
            if missing.is_empty() && completing.is_none() {
                completing = Some(sent.len());
            }
            let frame = RawFrame::data(seq_id, log_id, self.profile.service_id, &headers, part);
            let mut data = frame.to_bytes();
            if shape.damage.contains(&Damage::Protobuf) {
                data.truncate(data.len().saturating_sub(3));
            }
            frames.push(Message::Binary(data));
            sent.push(frame.without_payload());
        }
        let message_id = acked_as;
        let due = self.timers.set(self.now.after(self.profile.ack_deadline), Timer::AckDue(Arc::clone(&message_id)));
        connection.unacked.insert(due, Arc::clone(&message_id));
        let delivery = pushed.record.deliveries.len();
        pushed.record.deliveries.push(Delivery {
            message_id: message_id.to_string(),
            connection: Some(to),
            at: self.now,
            ack: None,
            failed: false,
        });
        let service = self.profile.service_id;
        let sent = Sent { push: id, delivery, due, connection: to, service, parts: sent, completing };
        self.pushes.sent.insert(Arc::clone(&message_id), sent);
        self.stats.deliveries = self.stats.deliveries.saturating_add(1);
        self.write_with(|platform| platform.went(id, Some(to), frames.len(), message_id.to_string()));
        frames
    }

    fn route(&mut self, app: AppKey) -> Option<ConnectionId> {
        let open: Vec<ConnectionId> =
            self.open().filter(|connection| connection.app == app).map(|connection| connection.id).collect();
        let index = match self.profile.routing {
            Routing::Random => self.dice.below(open.len()),
            Routing::RoundRobin => {
                let turn = &mut self.apps.get_mut(app).turn;
                *turn = turn.wrapping_add(1);
                turn.wrapping_sub(1).checked_rem(open.len())?
            }
        };
        open.get(index).copied()
    }

    /// Connections that can take a push, in the order of their ids.
    pub fn open_connections(&self) -> impl Iterator<Item = ConnectionId> {
        self.open().map(|connection| connection.id)
    }

    pub(super) fn open(&self) -> impl Iterator<Item = &Connection> {
        self.connections.values().filter(|connection| connection.phase == Phase::Open)
    }

    /// The app of what names none: the first, or where any app is welcome the first that is there.
    pub(super) fn usual_app(&self) -> AppKey {
        let connected = |app: &AppKey| self.open().any(|connection| connection.app == *app);
        let there = if self.profile.any_app { self.apps.keys().find(connected) } else { None };
        there.unwrap_or(AppKey::FIRST)
    }

    fn is_open(&self, id: ConnectionId) -> bool {
        self.connections.get(&id).is_some_and(|connection| connection.phase == Phase::Open)
    }

    /// A data frame came from a client: an ack, or nonsense.
    pub(super) fn acked(&mut self, from: ConnectionId, frame: &RawFrame) {
        let message_id = frame.header(key::MESSAGE_ID).unwrap_or_default();
        let Some(sent) = self.pushes.sent.get(message_id) else {
            let text = format!("there is no pushed message with message_id {message_id:?}");
            return self.judge(from, Finding::violation(Rule::UnknownMessage, text));
        };
        let (id, index, to, due) = (sent.push, sent.delivery, sent.connection, sent.due);
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
        if delivery.ack.is_some() {
            let text = format!("the message {message_id} was acked before");
            return self.judge(from, Finding::violation(Rule::SecondAck, text));
        }
        let delay = now.since(delivery.at);
        let on_time = delay < deadline;
        let (data, biz_rt) = (ack.data, ack.biz_rt);
        let counts = on_time && code == OK && !delivery.failed;
        if data.is_some() {
            let bytes = frame.payload_bytes().map_or(0, <[u8]>::len);
            pushed.bytes = pushed.bytes.saturating_add(bytes);
            self.pushes.bytes = self.pushes.bytes.saturating_add(bytes);
        }
        delivery.ack = Some(AckRecord { connection: from, at: now, delay, code, data: data.clone(), biz_rt, on_time });
        self.stats.acks = self.stats.acks.saturating_add(1);
        if counts {
            pushed.record.outcome = Outcome::Acked;
        } else {
            delivery.failed = true;
        }
        if let Some(connection) = self.connections.get_mut(&to) {
            connection.unacked.remove(&due);
        }
        self.timers.cancel(due);
        self.write_with(|_| What::Ack {
            push: id,
            message_id: message_id.to_owned(),
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
        self.conclude(id);
    }

    /// The time for an ack is over.
    pub(super) fn ack_due(&mut self, message_id: Arc<str>) {
        if let Some(sent) = self.pushes.sent.get(&*message_id)
            && let Some(connection) = self.connections.get_mut(&sent.connection)
        {
            connection.unacked.remove(&sent.due);
        }
        self.unanswered([message_id]);
    }

    /// These messages got no ack, and will get none that counts.
    pub(super) fn unanswered(&mut self, message_ids: impl IntoIterator<Item = Arc<str>>) {
        for message_id in message_ids {
            let Some(sent) = self.pushes.sent.get(&*message_id) else { continue };
            let (id, index) = (sent.push, sent.delivery);
            if let Some(pushed) = self.pushes.all.get_mut(&id)
                && let Some(delivery) = pushed.record.deliveries.get_mut(index)
                && delivery.ack.is_none()
                && !delivery.failed
            {
                delivery.failed = true;
                self.write(What::AckMissed { push: id, message_id: message_id.to_string() });
                self.conclude(id);
            }
        }
    }

    /// Decides what follows once no delivery can succeed any more.
    fn conclude(&mut self, id: PushId) {
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
                let at_ms = super::millis(at);
                (Outcome::Redelivering { at_ms }, Some(What::RedeliveryDue { push: id, due_ms: at_ms }))
            }
        };
        record.outcome = outcome;
        match what {
            Some(what) => self.write(what),
            None => self.callback_unanswered(id, CALLBACK_FAILED),
        }
    }

    fn payload(&mut self, app_id: &str, kind: PushKind, content: Content) -> Bytes {
        let tenant_key = self.profile.tenant_key.clone();
        let unix_ms = self.unix_ms();
        match content {
            Content::Payload(payload) => payload,
            Content::Body { event_type, event } => {
                // Callbacks count in microseconds (official examples of card.action.trigger and url.preview.get).
                let create_time = match kind {
                    PushKind::Event => unix_ms,
                    PushKind::Callback => unix_ms.saturating_mul(1000),
                };
                let text = |text: &str| Value::from(text);
                // By hand, because the platform sends the envelope in this order. On the long connection `token` is
                // empty in observed traffic.
                format!(
                    r#"{{"schema":"2.0","header":{{"event_id":"{}","token":"","create_time":"{create_time}","event_type":{},"tenant_key":{},"app_id":{}}},"event":{event}}}"#,
                    self.dice.hex(32),
                    text(&event_type),
                    text(&tenant_key),
                    text(app_id),
                )
                .into()
            }
            Content::OldBody { event_type, event } => {
                let mut body = match event {
                    Value::Object(members) => members,
                    _ => Map::new(),
                };
                for (name, value) in [("type", event_type), ("app_id", app_id.to_owned()), ("tenant_key", tenant_key)] {
                    body.insert(name.into(), Value::from(value));
                }
                // Seconds with a fraction of six digits.
                let seconds = format!("{}.{:03}000", unix_ms / 1000, unix_ms % 1000);
                let body = Value::Object(body);
                format!(
                    r#"{{"uuid":"{}","ts":"{seconds}","token":"","type":"event_callback","event":{body}}}"#,
                    self.dice.hex(32)
                )
                .into()
            }
        }
    }
}

/// The `message_id` that an ack will carry.
fn acked_as(message_id: &str, damage: &[Damage]) -> String {
    let changed = damage.iter().rev().find_map(|damage| match damage {
        Damage::Header { name, value } if name == key::MESSAGE_ID => Some(value.clone().unwrap_or_default()),
        _ => None,
    });
    changed.unwrap_or_else(|| message_id.to_owned())
}

fn damage_headers<'a>(headers: &mut Vec<(&str, &'a str)>, damage: &'a [Damage]) {
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

/// What a payload says that it is.
#[derive(Default)]
struct Identity {
    event_id: String,
    event_type: String,
    subject: Option<String>,
}

/// As far as the payload has it, in the places of both versions of the envelope.
fn identify(payload: &[u8]) -> Identity {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Envelope<'a> {
        #[serde(borrow)]
        header: Header<'a>,
        #[serde(borrow)]
        uuid: Option<Cow<'a, str>>,
        #[serde(borrow)]
        event: Event<'a>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Header<'a> {
        #[serde(borrow)]
        event_id: Option<Cow<'a, str>>,
        #[serde(borrow)]
        event_type: Option<Cow<'a, str>>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Event<'a> {
        #[serde(borrow)]
        r#type: Option<Cow<'a, str>>,
        #[serde(borrow)]
        message_id: Option<Cow<'a, str>>,
        #[serde(borrow)]
        message: Message<'a>,
        #[serde(borrow)]
        context: Context<'a>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Message<'a> {
        #[serde(borrow)]
        message_id: Option<Cow<'a, str>>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Context<'a> {
        #[serde(borrow)]
        open_message_id: Option<Cow<'a, str>>,
    }
    // Text that is checked as a whole is read faster than string by string.
    let envelope = match std::str::from_utf8(payload) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(payload),
    };
    let Envelope { header, uuid, event } = envelope.unwrap_or_default();
    let subject = event.message.message_id.or(event.context.open_message_id).or(event.message_id);
    Identity {
        event_id: header.event_id.or(uuid).unwrap_or_default().into_owned(),
        event_type: header.event_type.or(event.r#type).unwrap_or_default().into_owned(),
        subject: subject.map(Cow::into_owned),
    }
}
