//! A client under watch: whatever goes in, what comes out is checked against the properties of the machine.
//!
//! 1. No panic.
//! 2. After each call the outputs end, within a bound, in a `Wait` for later than now.
//! 3. What is held is within the limits.
//! 4. A frame is acked at most once, and only on the connection that brought it.
//! 5. At most one discovery or connect is unanswered; sending happens only while open; `Stopped` comes once, and last.
//! 6. Two clients with the same seed and the same inputs do the same, byte for byte.
//! 7. An ack is the frame that it answers but for `biz_rt` and the payload.
//! 8. Each message ends in exactly one counter.
//!
//! Besides: neither outputs nor errors show the secrets.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use larkwire_core::frame::{Frame, FrameLimits, METHOD_CONTROL, METHOD_DATA, key};
use larkwire_core::{
    AliveKind, Assertion, Attempt, Client, Close, Config, Credential, Delivery, DeliveryId, DropReason, Failure, Input,
    LinkError, LinkErrorKind, MessageKind, Notice, Output, Replied, Reply, Scheme, Status, Time, UnknownDelivery, Url,
};

/// The app secret of every client here.
pub(crate) const SECRET: &str = "Zq7-app-secret-91x";
/// The client assertion of every client here.
pub(crate) const ASSERTION: &str = "Zq7.client.assertion.55k";
/// The ticket of every connection URL that is made here.
pub(crate) const TICKET: &str = "Zq7-ticket-43p";

/// After a hundred years time stands still for a client.
const LATEST: Time = Time::new(Duration::from_secs(100 * 365 * 24 * 3600));

pub(crate) const NO_LIMITS: FrameLimits = FrameLimits { headers: usize::MAX, header_bytes: usize::MAX };

/// What the client waits for an answer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    Assertion,
    Request,
    Connect,
}

/// What is said to the client, in a form that can be said twice.
#[derive(Clone, Debug)]
pub(crate) enum Said {
    Timeout,
    Held,
    Resumed,
    Wall(u64),
    Assertion(Attempt, Result<Assertion, larkwire_core::AssertionError>),
    Response(Attempt, u16, Bytes),
    Opened(Attempt),
    Rejected(Attempt, u16, Vec<(String, String)>, Bytes),
    Message(Attempt, MessageKind, Bytes),
    Alive(Attempt, AliveKind),
    Closed(Attempt, u16, String),
    Failed(Attempt, LinkErrorKind, String),
    Reply(DeliveryId, Reply),
    Abandon(DeliveryId),
    Shutdown(Duration),
}

/// Two clients in step, and what is known about them from outside.
#[derive(Debug)]
pub(crate) struct Watch {
    clients: [Client; 2],
    now: Time,
    wait: Option<Time>,
    last_attempt: u64,
    question: Option<(Attempt, Question)>,
    /// The question that this call answers; it counts as asked until something follows from it.
    answered: Option<(Attempt, Question)>,
    link: Option<Attempt>,
    closing: Option<Attempt>,
    /// Whether the last connection URL had the ticket in it.
    ticketed: bool,
    shutting_down: bool,
    stopped: bool,
    messages: u64,
    oversized: u64,
    deliveries: u64,
    open: BTreeSet<DeliveryId>,
    acks: u64,
    connections: u64,
    /// Data frames that came and were not acked, without their payloads.
    unacked: BTreeMap<(Attempt, Bytes), u64>,
}

impl Watch {
    pub(crate) fn new(config: &Config, seed: u64) -> Watch {
        let client = || Client::new(config.clone(), seed, Time::ZERO);
        let mut watch = Watch {
            clients: [client(), client()],
            now: Time::ZERO,
            wait: None,
            last_attempt: 0,
            question: None,
            answered: None,
            link: None,
            closing: None,
            ticketed: false,
            shutting_down: false,
            stopped: false,
            messages: 0,
            oversized: 0,
            deliveries: 0,
            open: BTreeSet::new(),
            acks: 0,
            connections: 0,
            unacked: BTreeMap::new(),
        };
        watch.outputs(None);
        watch.check();
        watch
    }

    pub(crate) fn client(&self) -> &Client {
        &self.clients[0]
    }

    pub(crate) fn now(&self) -> Time {
        self.now
    }

    /// Until when the client wants to wait.
    pub(crate) fn wait(&self) -> Option<Time> {
        self.wait
    }

    /// The latest attempt that the client began.
    pub(crate) fn attempt(&self) -> Attempt {
        Attempt::new(self.last_attempt)
    }

    pub(crate) fn question(&self) -> Option<(Attempt, Question)> {
        self.question
    }

    pub(crate) fn link(&self) -> Option<Attempt> {
        self.link
    }

    /// Deliveries without an answer.
    pub(crate) fn open(&self) -> impl Iterator<Item = DeliveryId> {
        self.open.iter().copied()
    }

    /// Says something at a time, which may be an earlier one, and gives what the client wants done.
    pub(crate) fn say(&mut self, at: Time, said: Said) -> Vec<Output> {
        self.now = self.now.max(at).min(LATEST);
        match &said {
            Said::Message(attempt, kind, data) => self.arrives(*attempt, *kind, data),
            Said::Assertion(attempt, _) => self.answers(*attempt, &[Question::Assertion]),
            Said::Response(attempt, ..) => self.answers(*attempt, &[Question::Request]),
            Said::Opened(attempt) | Said::Rejected(attempt, ..) => self.answers(*attempt, &[Question::Connect]),
            Said::Closed(attempt, ..) | Said::Failed(attempt, ..) => {
                self.answers(*attempt, &[Question::Assertion, Question::Request, Question::Connect]);
            }
            _ => {}
        }
        let known = matches!(&said, Said::Reply(id, _) if self.open.contains(id));
        let [first, second] = &mut self.clients;
        let replied = apply(first, at, said.clone());
        assert_eq!(replied, apply(second, at, said.clone()));
        let acks = self.acks;
        if let Said::Reply(id, _) | Said::Abandon(id) = &said
            && replied != Some(Err(UnknownDelivery))
        {
            // After the outputs: time passed before the answer, and the delivery may have become overdue then.
            let outputs = self.outputs(Some(&said));
            self.open.remove(id);
            if let Some(replied) = replied {
                assert!(known, "an answer to nothing was taken");
                assert!(replied != Ok(Replied::Sent) || self.acks > acks, "no ack was sent");
            }
            self.check();
            return outputs;
        }
        let outputs = self.outputs(Some(&said));
        // Only now: what was due before the shutdown comes before it.
        self.shutting_down |= matches!(said, Said::Shutdown(_));
        if let Said::Reply(id, _) = &said {
            assert!(!self.open.contains(id), "the answer to an open delivery was refused");
        }
        if let Said::Closed(attempt, ..) | Said::Failed(attempt, ..) = &said {
            assert_ne!(self.link, Some(*attempt), "a lost connection is not given up");
        }
        self.check();
        outputs
    }

    fn arrives(&mut self, attempt: Attempt, kind: MessageKind, data: &Bytes) {
        self.messages += 1;
        if kind == MessageKind::Binary
            && let Ok(mut frame) = Frame::from_bytes(data.clone(), &NO_LIMITS)
            && frame.method() == METHOD_DATA
        {
            frame.payload = None;
            *self.unacked.entry((attempt, frame.to_bytes())).or_default() += 1;
        }
    }

    fn answers(&mut self, attempt: Attempt, questions: &[Question]) {
        self.answered = self.question.take_if(|asked| asked.0 == attempt && questions.contains(&asked.1));
    }

    fn outputs(&mut self, said: Option<&Said>) -> Vec<Output> {
        let limits = self.client().config().limits;
        let bound = 32 + 4 * limits.unanswered.max(1);
        let mut outputs = Vec::new();
        loop {
            let [first, second] = &mut self.clients;
            let (output, other) = (first.poll_output(), second.poll_output());
            same(&output, &other);
            if let Output::Wait(until) = output {
                self.wait = until;
                break;
            }
            assert!(!self.stopped, "after Stopped came {output:?}");
            self.output(&output, said);
            outputs.push(output);
            assert!(outputs.len() <= bound, "more than {bound} outputs: {outputs:?}");
        }
        self.answered = None;
        if let Some(until) = self.wait {
            assert!(until > self.now, "it waits for {until:?} at {:?}", self.now);
        }
        outputs
    }

    fn output(&mut self, output: &Output, said: Option<&Said>) {
        shows_no_secrets(output, self.client().config(), self.ticketed);
        match output {
            Output::Assertion { attempt, .. } => {
                self.begins(*attempt);
                self.asks(*attempt, Question::Assertion);
            }
            Output::Request { attempt, .. } => {
                if self.answered != Some((*attempt, Question::Assertion)) {
                    self.begins(*attempt);
                }
                self.asks(*attempt, Question::Request);
            }
            Output::Connect { attempt, connect } => {
                assert_eq!(self.answered, Some((*attempt, Question::Request)), "a URL out of nowhere");
                self.asks(*attempt, Question::Connect);
                self.ticketed = connect.url.query_value("ticket").as_deref() == Some(TICKET);
                acceptable(&connect.url, self.client().config());
            }
            Output::Send { attempt, data } => {
                assert_eq!(self.link, Some(*attempt), "sends on a connection that is not open");
                self.sends(*attempt, data);
            }
            Output::Ping { attempt } => assert_eq!(self.link, Some(*attempt)),
            Output::Close { attempt, how } => {
                let asked = [self.question, self.answered].into_iter().flatten().any(|asked| asked.0 == *attempt);
                assert!(
                    asked || [self.link, self.closing].contains(&Some(*attempt)),
                    "closes what is not there: {attempt}"
                );
                self.closing = match how {
                    Close::Graceful { .. } => {
                        assert_eq!(self.link, Some(*attempt), "says goodbye on what is not open");
                        Some(*attempt)
                    }
                    _ => None,
                };
                self.question = None;
                self.link = None;
            }
            Output::Notice(notice) => self.notice(notice, said),
            other => panic!("an output of an unknown kind: {other:?}"),
        }
    }

    fn begins(&mut self, attempt: Attempt) {
        assert!(attempt.number() > self.last_attempt, "attempt {attempt} again");
        assert!(!self.shutting_down, "an attempt although it shuts down");
        self.last_attempt = attempt.number();
    }

    fn asks(&mut self, attempt: Attempt, question: Question) {
        assert_eq!(self.question, None, "two questions at a time");
        assert_eq!((self.link, self.closing), (None, None), "a question while there is a connection");
        self.question = Some((attempt, question));
    }

    /// Whatever is sent is a complete frame; an ack belongs to a frame of the same connection.
    fn sends(&mut self, attempt: Attempt, data: &Bytes) {
        let mut frame = Frame::from_bytes(data.clone(), &NO_LIMITS).expect("we send frames");
        assert!(frame.is_complete());
        if frame.method() == METHOD_CONTROL {
            return assert!(matches!(frame.header(key::TYPE), Some("ping" | "pong")));
        }
        assert_eq!(frame.method(), METHOD_DATA);
        self.acks += 1;
        let payload = frame.payload.take().expect("an ack has a payload");
        let answer: serde_json::Value = serde_json::from_slice(&payload).expect("an ack is JSON");
        assert!(matches!(answer["code"].as_i64(), Some(200 | 500)), "{answer}");
        let last = frame.headers.pop().expect("an ack has headers");
        assert_eq!(last.key(), key::BIZ_RT);
        assert!(last.value().parse::<u64>().is_ok(), "biz_rt is {:?}", last.value());
        let left = self.unacked.get_mut(&(attempt, frame.to_bytes())).filter(|left| **left > 0);
        *left.expect("an ack without a frame of this connection, or a second one") -= 1;
    }

    fn notice(&mut self, notice: &Notice, said: Option<&Said>) {
        match notice {
            Notice::Connected { attempt, .. } => {
                assert_eq!(self.answered, Some((*attempt, Question::Connect)));
                assert!(matches!(said, Some(Said::Opened(_))));
                self.link = Some(*attempt);
                self.connections += 1;
            }
            Notice::Ready { .. } => assert!(self.link.is_some()),
            Notice::Delivery(delivery) => self.delivered(delivery),
            Notice::Overdue { id, .. } => assert!(self.open.contains(id), "{id} is overdue, and answered"),
            Notice::Abandoned { id } => assert!(self.open.remove(id), "{id} is given up, and answered"),
            Notice::Dropped { frames, reason, .. } => {
                assert!(*frames > 0);
                if matches!((said, reason), (Some(Said::Failed(..)), DropReason::TooLarge("bytes in a message"))) {
                    self.oversized += 1;
                }
            }
            Notice::Degraded { times, failure } => {
                assert!(*times > 0);
                presentable(&failure.to_string());
            }
            Notice::Settings(settings) => {
                let day = Duration::from_secs(86_400);
                assert!(settings.reconnect_interval <= day && settings.reconnect_nonce <= day);
                assert!((Duration::from_secs(1)..=day).contains(&settings.ping_interval));
            }
            Notice::Disconnected { failure, retry_at, .. } => {
                presentable(&failure.to_string());
                assert!(retry_at.is_none_or(|at| at >= self.now));
                self.link = None;
                self.closing = None;
            }
            Notice::Stopped(stop) => {
                presentable(&stop.to_string());
                assert_eq!(self.question, None, "it stops while something outside works for it");
                (self.link, self.closing) = (None, None);
                self.stopped = true;
            }
            other => panic!("a notice of an unknown kind: {other:?}"),
        }
    }

    fn delivered(&mut self, delivery: &Delivery) {
        assert_eq!(self.link, Some(delivery.attempt()));
        assert!(!self.shutting_down, "a delivery although it shuts down");
        assert!(self.open.last().is_none_or(|last| *last < delivery.id()), "{} again", delivery.id());
        self.open.insert(delivery.id());
        self.deliveries += 1;
        let answer_within = self.client().config().answer_within;
        assert_eq!(delivery.answer_by(), delivery.received().after(answer_within));
        assert!(delivery.received() <= self.now);
    }

    /// What can be asked of the client fits what came out of it, and is within bounds.
    fn check(&mut self) {
        let [first, second] = &self.clients;
        let stats = first.stats();
        assert_eq!(stats, second.stats());
        assert_eq!(first.status(), second.status());
        assert_eq!(first.wants_input(), second.wants_input());

        let limits = first.config().limits;
        assert_eq!(
            stats.frames.total() + stats.parts_waiting,
            self.messages + self.oversized,
            "a message is in no counter, or in two: {stats:?}"
        );
        assert_eq!(stats.deliveries, self.deliveries);
        assert_eq!(stats.acks, self.acks);
        assert_eq!(stats.attempts, self.last_attempt);
        assert_eq!(stats.connections, self.connections);

        assert!(stats.unanswered <= limits.unanswered.max(1), "{stats:?}");
        assert!(self.open.len() <= stats.unanswered);
        // The headers, and the three texts and four numbers beside them.
        let headers = (limits.headers + 3) * (limits.header_bytes + 16) + 64;
        let most = limits.unanswered_bytes + limits.payload + headers;
        assert!(stats.unanswered_bytes <= most, "{stats:?}");
        let room =
            stats.unanswered < limits.unanswered.max(1) && stats.unanswered_bytes < limits.unanswered_bytes.max(1);
        assert_eq!(first.wants_input(), room || !matches!(first.status(), Status::Open { .. }));
        assert!(stats.dedup_entries <= limits.dedup_entries);
        let parts = u64::from(limits.parts);
        assert!(stats.parts_waiting <= parts.saturating_mul(limits.open_messages.max(1) as u64));
        let overhead = usize::try_from(parts).unwrap_or(usize::MAX).saturating_mul(128);
        let one = limits.payload.saturating_add(overhead).saturating_add(limits.header_bytes).saturating_add(512);
        assert!(stats.parts_bytes <= limits.open_bytes.max(one), "{stats:?}");

        match first.status() {
            Status::Discovering { attempt } => {
                let asked = self.question.filter(|asked| asked.1 != Question::Connect);
                assert_eq!(asked.map(|asked| asked.0), Some(attempt));
            }
            Status::Connecting { attempt } => assert_eq!(self.question, Some((attempt, Question::Connect))),
            Status::Open { attempt, .. } => assert_eq!(self.link, Some(attempt)),
            Status::BackingOff { until } => {
                assert!(until > self.now);
                assert_eq!((self.question, self.link, self.closing), (None, None, None));
            }
            // Without a connection it waits for the application alone.
            Status::Draining => assert!(self.shutting_down && (self.link.is_some() || stats.unanswered > 0)),
            Status::Closing => assert!(self.closing.is_some()),
            Status::Stopped => assert!(self.stopped),
            other => panic!("a status of an unknown kind: {other:?}"),
        }
        assert_eq!(self.stopped, first.status() == Status::Stopped);
    }
}

fn apply(client: &mut Client, at: Time, said: Said) -> Option<Result<Replied, UnknownDelivery>> {
    let headers = Vec::new();
    let input = match said {
        Said::Reply(id, reply) => return Some(client.reply(at, id, reply)),
        Said::Abandon(id) => {
            client.abandon(at, id);
            return None;
        }
        Said::Shutdown(drain) => {
            client.shutdown(at, drain);
            return None;
        }
        Said::Timeout => Input::Timeout,
        Said::Held => Input::Held,
        Said::Resumed => Input::Resumed,
        Said::Wall(unix_ms) => Input::Wall { unix_ms },
        Said::Assertion(attempt, result) => Input::Assertion { attempt, result },
        Said::Response(attempt, status, body) => Input::Response { attempt, status, headers, body },
        Said::Opened(attempt) => Input::Opened { attempt, headers },
        Said::Rejected(attempt, status, headers, body) => Input::Rejected { attempt, status, headers, body },
        Said::Message(attempt, kind, data) => Input::Message { attempt, kind, data },
        Said::Alive(attempt, kind) => Input::Alive { attempt, kind },
        Said::Closed(attempt, code, reason) => Input::Closed { attempt, code, reason },
        Said::Failed(attempt, kind, detail) => Input::Failed { attempt, error: LinkError::new(kind, detail) },
    };
    client.handle_input(at, input);
    None
}

/// The same to the last byte: Debug shows neither bodies nor payloads, so that they are compared one by one.
fn same(one: &Output, other: &Output) {
    assert_eq!(format!("{one:?}"), format!("{other:?}"));
    match (one, other) {
        (Output::Send { data: one, .. }, Output::Send { data: other, .. }) => assert_eq!(one, other),
        (Output::Request { request: one, .. }, Output::Request { request: other, .. }) => {
            assert_eq!(
                (one.method, one.url.expose(), &one.headers),
                (other.method, other.url.expose(), &other.headers)
            );
            assert_eq!((&one.body, one.max_body), (&other.body, other.max_body));
        }
        (Output::Connect { connect: one, .. }, Output::Connect { connect: other, .. }) => {
            assert_eq!((one.url.expose(), &one.headers), (other.url.expose(), &other.headers));
            assert_eq!((one.max_message, one.deadlines), (other.max_message, other.deadlines));
        }
        (Output::Notice(Notice::Delivery(one)), Output::Notice(Notice::Delivery(other))) => {
            assert_eq!(one.payload(), other.payload());
        }
        _ => {}
    }
}

fn acceptable(url: &Url, config: &Config) {
    assert!(matches!(url.scheme(), Scheme::Ws | Scheme::Wss), "{url}");
    let text = url.expose();
    assert!(!url.authority().contains('@') && !text.contains('#'), "{url}");
    assert!(url.scheme().is_secure() || url.is_loopback() || config.allow_insecure, "{url}");
    if let Some(host) = &config.connection_host {
        assert_eq!(url.authority(), host);
    }
    for (name, value) in config.connection_query.iter().filter(|(name, _)| !name.is_empty()) {
        assert_eq!(url.query_value(name).as_ref(), Some(value), "{url:?}");
    }
}

/// The credentials are in what our side says, and never in what is shown of it, nor in what we say about a refusal. Names
/// that the peer chose (of events, of hosts) are shown as they are.
fn shows_no_secrets(output: &Output, config: &Config, ticketed: bool) {
    let ours = matches!(
        output,
        Output::Assertion { .. }
            | Output::Request { .. }
            | Output::Notice(Notice::Disconnected { .. } | Notice::Degraded { .. } | Notice::Stopped(_))
    );
    if ours {
        let shown = match output {
            Output::Notice(Notice::Disconnected { failure, .. }) => format!("{output:?} {failure}"),
            Output::Notice(Notice::Stopped(stop)) => format!("{output:?} {stop}"),
            _ => format!("{output:?}"),
        };
        let refused = matches!(output, Output::Notice(Notice::Disconnected { failure: Failure::Handshake(_), .. }));
        let credential = if matches!(config.credential, Credential::Assertion) { ASSERTION } else { SECRET };
        for secret in [Some(credential), (refused && ticketed).then_some(TICKET)].into_iter().flatten() {
            assert!(!shown.contains(secret), "shows a secret: {shown}");
        }
    }
}

/// A text for a log line.
fn presentable(text: &str) {
    assert!(text.len() < 4_000 && !text.chars().any(char::is_control), "not fit to show: {text:?}");
}

/// The credential that a configuration is to be made with.
pub(crate) fn credential(with_assertion: bool) -> Credential {
    if with_assertion { Credential::Assertion } else { Credential::Secret(SECRET.into()) }
}
