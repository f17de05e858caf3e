//! Long connections: the upgrade with its single-use ticket, pings and pongs, and the end.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use larkwire_core::Time;
use larkwire_core::frame::{Frame, Header, METHOD_CONTROL, METHOD_DATA, RawFrame, key};
use serde::Serialize;

use super::Platform;
use super::app::AppKey;
use super::discovery::code;
use super::fault::{PongFault, UpgradeFault};
use super::profile::{LimitSignal, Strictness};
use super::timer::{Timer, TimerKey};
use super::uri;
use super::verdict::{Finding, Rule};
use super::vocabulary::{Abort, ConnectionId, Message, Output, Pace, Request, Response};

/// Handshake-Status of a refusal for reasons of authentication (SDK sources).
const AUTH_FAILED: i64 = 514;
/// Close code of too many connections (field reports).
const TOO_MANY_CONNECTIONS: u16 = 3001;
/// Close code of a breach of the protocol (RFC 6455).
const PROTOCOL_ERROR: u16 = 1002;

/// Where a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Phase {
    /// Its upgrade is not answered yet.
    Upgrading,
    /// It is in use.
    Open,
    /// The platform neither reads nor writes, and gives it no pushes; that the client left is not seen either.
    Frozen,
    /// A Close frame is under way.
    Closing,
}

/// One long connection.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Connection {
    /// Names it.
    pub id: ConnectionId,
    /// Where it stands.
    pub phase: Phase,
    /// The app whose ticket opened it.
    pub app_id: String,
    /// `device_id` of its URL, if the client kept it.
    pub device_id: String,
    /// Path and query of its upgrade request, without secrets.
    pub target: String,
    /// Headers of its upgrade request, without secrets.
    pub headers: Vec<(String, String)>,
    /// Since when it is open.
    pub opened: Option<Time>,
    /// Application pings so far.
    pub pings: u64,
    /// When the last application ping came.
    pub last_ping: Option<Time>,
    pub(crate) app: AppKey,
    /// SeqID of the next data frame.
    pub(crate) seq_id: u64,
    /// Header `instance_id` of its data frames.
    pub(crate) instance_id: String,
    /// The deadlines of the messages that wait for their ack, the earliest first: all have the same time from their sending.
    pub(crate) unacked: VecDeque<TimerKey>,
    /// Its client's machine sleeps: what is sent there waits on the way.
    pub(crate) asleep: bool,
    /// Sent right after the upgrade.
    close_at_once: Option<(u16, String)>,
    /// Kept from the upgrade on.
    pace: Option<Pace>,
}

impl Connection {
    /// The value of the first header of the upgrade request named `name`, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// How to end a connection from the platform's side.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Disconnect {
    /// With a Close frame.
    Close {
        /// Its code.
        code: u16,
        /// Its reason.
        reason: String,
    },
    /// Without one: the stream ends or is reset.
    Abort(Abort),
    /// Not at all: the connection stays open, but the platform neither reads nor writes (half-open).
    Freeze,
}

impl Platform {
    pub(super) fn upgrade(&mut self, connection: ConnectionId, request: &Request) {
        self.stats.upgrades = self.stats.upgrades.saturating_add(1);
        let mut close = None;
        let (mut delay, mut pace) = (None, None);
        match self.upgrade_fault() {
            None => {}
            Some(UpgradeFault::Hang) => return,
            Some(UpgradeFault::Refuse { status, handshake_status, msg, autherrcode }) => {
                let answer = refusal(status, handshake_status, msg.as_deref(), autherrcode);
                return self.emit(Output::Refuse { connection, response: answer });
            }
            Some(UpgradeFault::Delay(late)) => delay = Some(late),
            Some(UpgradeFault::Pace(slow)) => pace = Some(slow),
            Some(UpgradeFault::Close { code, reason }) => close = Some((code, reason)),
        }
        let (app, device_id) = match self.redeem(request) {
            Ok(redeemed) => redeemed,
            Err(msg) => {
                // Which Autherrcode goes with a bad ticket is not known; Python fails on its absence.
                let answer = refusal(400, Some(AUTH_FAILED), Some(msg), Some(code::BAD_CREDENTIALS));
                return self.emit(Output::Refuse { connection, response: answer });
            }
        };
        if self.live_connections(app) >= self.profile.connection_limit {
            let msg = "the number of registered connections exceeded the limit";
            if self.profile.limit_signal == LimitSignal::Close {
                close = Some((TOO_MANY_CONNECTIONS, msg.to_owned()));
            } else {
                let answer = refusal(400, Some(AUTH_FAILED), Some(msg), Some(code::CONNECTION_LIMIT));
                return self.emit(Output::Refuse { connection, response: answer });
            }
        }
        let opened = Connection {
            id: connection,
            phase: Phase::Upgrading,
            app_id: self.apps.get(app).id.clone(),
            device_id,
            target: self.redactor.target(&request.target),
            headers: self.redactor.headers(&request.headers),
            opened: None,
            pings: 0,
            last_ping: None,
            app,
            seq_id: 1,
            instance_id: self.dice.hex(16),
            unacked: VecDeque::new(),
            asleep: false,
            close_at_once: close,
            pace,
        };
        self.connections.insert(connection, opened);
        match delay {
            Some(delay) => {
                self.timers.set(self.now.after(delay), Timer::Accept(connection));
            }
            None => self.accept(connection),
        }
    }

    pub(super) fn accept(&mut self, id: ConnectionId) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        connection.phase = Phase::Open;
        connection.opened = Some(self.now);
        let (close, pace) = (connection.close_at_once.take(), connection.pace);
        self.emit(Output::Accept { connection: id });
        if let Some(pace) = pace {
            self.emit(Output::Pace { connection: id, pace });
        }
        if let Some((code, reason)) = close {
            self.close(id, code, reason);
        }
    }

    /// Uses up the ticket of an upgrade request; its app and the `device_id` are the result.
    fn redeem(&mut self, request: &Request) -> Result<(AppKey, String), &'static str> {
        if request.path() != "/ws/v2" {
            return Err("no such path");
        }
        let decoded = |name: &str| request.query(name).map(uri::decode).unwrap_or_default();
        let ticket =
            self.discovery.tickets.remove(&decoded("ticket")).ok_or("the ticket is unknown or already used")?;
        if ticket.expires <= self.now {
            return Err("the ticket is expired");
        }
        if ticket.access_key != decoded("access_key") {
            return Err("the access key does not fit the ticket");
        }
        Ok((ticket.app, ticket.device_id))
    }

    pub(super) fn message(&mut self, id: ConnectionId, message: Message) {
        if !self.connections.get(&id).is_some_and(|connection| connection.phase == Phase::Open) {
            return;
        }
        match message {
            Message::Ping(_) | Message::Pong(_) => {}
            Message::Text(_) => self.judge(id, Finding::violation(Rule::NotBinary, "the client sent a text message")),
            Message::Binary(data) => match RawFrame::from_bytes(data, &super::FRAME_LIMITS) {
                Err(error) => self.judge(id, Finding::violation(Rule::NotAFrame, error.to_string())),
                Ok(frame) => self.frame(id, &frame),
            },
        }
    }

    fn frame(&mut self, id: ConnectionId, frame: &RawFrame) {
        if !frame.is_complete() {
            let text = "SeqID, LogID, service, method and both fields of each header must be present, even when zero";
            self.judge(id, Finding::violation(Rule::RequiredField, text));
            if self.profile.strictness != Strictness::Lenient {
                return;
            }
        }
        match frame.method() {
            METHOD_CONTROL => self.control(id, frame),
            METHOD_DATA => self.acked(id, frame),
            other => self.judge(id, Finding::violation(Rule::Method, format!("the frame has method {other}"))),
        }
    }

    fn control(&mut self, id: ConnectionId, frame: &RawFrame) {
        match frame.header(key::TYPE) {
            Some("ping") => {}
            // The answer to a ping of ours; most SDKs do not send one.
            Some("pong") => return,
            other => {
                let text = format!("the control frame has type {other:?}");
                return self.judge(id, Finding::violation(Rule::ControlType, text));
            }
        }
        if frame.service() != self.profile.service_id {
            let text = format!("the ping has service {}, the URL {}", frame.service(), self.profile.service_id);
            self.judge(id, Finding::violation(Rule::Service, text));
        }
        if frame.seq_id() != 0 || frame.log_id() != 0 {
            self.judge(id, Finding::note(Rule::PingIds, "the ping has a SeqID or LogID other than 0"));
        }
        self.stats.pings = self.stats.pings.saturating_add(1);
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.pings = connection.pings.saturating_add(1);
            connection.last_ping = Some(self.now);
        }
        let fault = self.pong_fault(id);
        let settings = || serde_json::to_vec(&self.profile.client_config).ok().map(Bytes::from);
        match fault {
            None => self.send_frame(id, &pong(frame.service(), settings())),
            Some(PongFault::Mute) => {}
            Some(PongFault::NoPayload) => self.send_frame(id, &pong(frame.service(), None)),
            Some(PongFault::Payload(payload)) => self.send_frame(id, &pong(frame.service(), Some(payload))),
            Some(PongFault::Delay(delay)) => {
                let message = Message::Binary(pong(frame.service(), settings()).to_bytes());
                self.emit_after(delay, Output::Send { connection: id, message });
            }
        }
    }

    /// Sends a pong with the current settings that nobody asked for.
    pub(super) fn push_settings_to(&mut self, id: ConnectionId) {
        let payload = serde_json::to_vec(&self.profile.client_config).ok().map(Bytes::from);
        self.send_frame(id, &pong(self.profile.service_id, payload));
    }

    /// Sends an application ping.
    pub(super) fn ping(&mut self, id: ConnectionId) {
        let ping = control_frame("ping", self.profile.service_id, None);
        self.send_frame(id, &ping);
    }

    pub(super) fn send_frame(&mut self, id: ConnectionId, frame: &Frame) {
        self.emit(Output::Send { connection: id, message: Message::Binary(frame.to_bytes()) });
    }

    /// The client sent a Close frame.
    pub(super) fn closed(&mut self, id: ConnectionId, code: Option<u16>) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if connection.phase == Phase::Open {
            // A client's 1000 is answered with "bye" (field reports).
            match code {
                None | Some(1000) => self.close(id, 1000, "bye".into()),
                Some(code) => self.close(id, code, String::new()),
            }
        }
    }

    pub(super) fn lost(&mut self, id: ConnectionId) {
        if let Some(connection) = self.connections.remove(&id) {
            self.unanswered(connection.unacked);
        }
    }

    pub(super) fn end(&mut self, id: ConnectionId, how: Disconnect) {
        match how {
            Disconnect::Close { code, reason } => self.close(id, code, reason),
            Disconnect::Abort(how) => {
                if self.connections.contains_key(&id) {
                    self.emit(Output::Abort { connection: id, how });
                    self.lost(id);
                }
            }
            Disconnect::Freeze => {
                if let Some(connection) = self.connections.get_mut(&id)
                    && connection.phase == Phase::Open
                {
                    connection.phase = Phase::Frozen;
                    self.emit(Output::Freeze { connection: id });
                }
            }
        }
    }

    /// Lets a connection stand still for so long.
    pub(super) fn stall(&mut self, id: ConnectionId, time: Duration) {
        self.end(id, Disconnect::Freeze);
        self.timers.set(self.now.after(time), Timer::Thaw(id));
    }

    /// Lets a connection that stands still go on.
    pub(super) fn thaw(&mut self, id: ConnectionId) {
        if let Some(connection) = self.connections.get_mut(&id)
            && connection.phase == Phase::Frozen
        {
            connection.phase = Phase::Open;
            if !connection.asleep {
                self.emit(Output::Thaw { connection: id });
            }
        }
    }

    fn close(&mut self, id: ConnectionId, code: u16, reason: String) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if connection.phase != Phase::Open {
            return;
        }
        connection.phase = Phase::Closing;
        let unacked = std::mem::take(&mut connection.unacked);
        self.emit(Output::Close { connection: id, code, reason });
        self.unanswered(unacked);
    }

    /// Lists a finding and, if the profile wants it, ends the connection for it.
    pub(super) fn judge(&mut self, id: ConnectionId, finding: Finding) {
        if self.list(Some(id), finding.clone()) && self.profile.strictness == Strictness::Close {
            let mut reason = finding.explanation;
            // A Close frame has room for 123 bytes (RFC 6455).
            while reason.len() > 123 {
                reason.pop();
            }
            self.close(id, PROTOCOL_ERROR, reason);
        }
    }
}

/// A refused upgrade. The SDKs only ask that the status is not 101.
fn refusal(status: u16, handshake: Option<i64>, msg: Option<&str>, autherrcode: Option<i64>) -> Response {
    let headers = [
        ("Handshake-Status", handshake.map(|status| status.to_string())),
        ("Handshake-Msg", msg.map(str::to_owned)),
        ("Handshake-Autherrcode", autherrcode.map(|code| code.to_string())),
    ];
    headers.into_iter().fold(Response::status(status), |answer, (name, value)| match value {
        Some(value) => answer.with_header(name, value),
        None => answer,
    })
}

fn pong(service: i32, payload: Option<Bytes>) -> Frame {
    control_frame("pong", service, payload)
}

fn control_frame(kind: &str, service: i32, payload: Option<Bytes>) -> Frame {
    Frame {
        seq_id: Some(0),
        log_id: Some(0),
        service: Some(service),
        method: Some(METHOD_CONTROL),
        headers: vec![Header::new(key::TYPE, kind)],
        payload,
        ..Frame::default()
    }
}
