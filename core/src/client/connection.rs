//! What comes on an open connection, and the pings that keep it.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::num::IntErrorKind;
use core::time::Duration;

use bytes::Bytes;

use super::Client;
use crate::ack;
use crate::config::Limits;
use crate::failure::Failure;
use crate::frame::{FrameError, FrameLimits, METHOD_CONTROL, METHOD_DATA, RawFrame, key};
use crate::lenient::Fields;
use crate::reassembly::{Added, GivenUp, Part, Reason};
use crate::settings::ClientConfig;
use crate::state::State;
use crate::stats::count;
use crate::vocabulary::{AliveKind, Attempt, DropReason, Gap, MessageKind, Notice, Output};

/// A frame of type `card`, in which official SDKs show no interest.
const CARD: &str = "card";
/// After so long a count of bad messages begins anew.
const MINUTE: Duration = Duration::from_secs(60);
/// The parts of one message prove for no longer than this that the peer lives: the largest message at 56 kB/s.
const SLOWEST: Duration = Duration::from_secs(300);

impl Client {
    /// A WebSocket ping or pong came, or a part of a message.
    pub(super) fn alive(&mut self, attempt: Attempt, kind: AliveKind) {
        if !self.is_current(attempt) {
            return;
        }
        let now = self.now;
        let Some(connection) = self.state.connection_mut() else { return };
        let begun = (kind == AliveKind::Part).then(|| connection.message_begun.unwrap_or(now));
        if begun.is_none_or(|begun| now.since(begun) < SLOWEST) {
            self.heard();
            if let Some(connection) = self.state.connection_mut() {
                connection.message_begun = begun;
            }
        }
    }

    /// Something came on the connection: it lives.
    fn heard(&mut self) {
        let now = self.now;
        if let Some(connection) = self.state.connection_mut() {
            connection.last_heard = now;
            connection.awaiting = None;
            connection.message_begun = None;
            connection.probed = false;
            self.stats.last_heard = Some(now);
        }
    }

    pub(super) fn message(&mut self, attempt: Attempt, kind: MessageKind, data: Bytes) {
        if !self.is_current(attempt) || matches!(self.state, State::Discovering(_) | State::Connecting(_)) {
            return count(&mut self.stats.frames.ignored);
        }
        if matches!(self.state, State::Closing(_)) {
            return count(&mut self.stats.frames.refused);
        }
        self.heard();
        if kind == MessageKind::Text {
            return self.ignore();
        }
        let limits = &self.config.limits;
        let frame_limits = FrameLimits { headers: limits.headers, header_bytes: limits.header_bytes };
        match RawFrame::from_bytes(data, &frame_limits) {
            Ok(frame) => self.frame(attempt, &frame),
            Err(FrameError::Malformed(error)) => {
                count(&mut self.stats.frames.malformed);
                self.drop_one(DropReason::Malformed(error.to_string()), None);
                self.bad_message();
            }
            Err(error) => {
                count(&mut self.stats.frames.refused);
                let limit =
                    if error == FrameError::TooManyHeaders { "headers of a frame" } else { "bytes of a header" };
                self.drop_one(DropReason::TooLarge(limit), None);
                self.bad_message();
            }
        }
    }

    fn frame(&mut self, attempt: Attempt, frame: &RawFrame) {
        if !frame.is_complete() {
            count(&mut self.stats.oddities.incomplete_frames);
        }
        if frame.payload_bytes().is_some_and(|payload| payload.len() > self.config.limits.payload) {
            return self.too_large();
        }
        match (frame.method(), frame.header(key::TYPE)) {
            (METHOD_CONTROL, Some("pong")) => self.pong(frame),
            (METHOD_CONTROL, Some("ping")) => {
                count(&mut self.stats.frames.control);
                self.output(Output::Send { attempt, data: ack::pong(frame) });
            }
            (METHOD_DATA, Some("event")) => self.data(attempt, frame, false),
            (METHOD_DATA, Some(CARD)) if self.config.card_frames => self.data(attempt, frame, true),
            (METHOD_DATA, Some(CARD)) => {
                count(&mut self.stats.frames.ignored);
                self.drop_one(DropReason::CardFrame, frame.header(key::MESSAGE_ID));
            }
            (METHOD_DATA, kind) => {
                let kind = self.presentable(kind.unwrap_or_default()).chars().take(64).collect();
                self.drop_one(DropReason::UnknownType(kind), frame.header(key::MESSAGE_ID));
                self.ignore();
            }
            _ => self.ignore(),
        }
    }

    fn pong(&mut self, frame: &RawFrame) {
        count(&mut self.stats.frames.control);
        count(&mut self.stats.pongs);
        let now = self.now;
        if let Some(connection) = self.state.connection_mut().filter(|connection| !connection.ponged) {
            connection.ponged = true;
            self.stats.round_trip = Some(now.since(connection.last_ping));
        }
        match frame.payload_bytes() {
            None | Some([]) => {}
            Some(payload) => match serde_json::from_slice::<Fields<ClientConfig>>(payload) {
                Ok(Fields(Some(config))) => self.merge_settings(&config),
                _ => {
                    count(&mut self.stats.oddities.bad_pongs);
                    self.bad_message();
                }
            },
        }
        self.ready();
    }

    /// Takes over the platform's settings, and tells if they are new.
    pub(super) fn merge_settings(&mut self, config: &ClientConfig) {
        let before = self.settings;
        let settings = self.settings.get_or_insert_default();
        settings.merge(config);
        let settings = *settings;
        if before != Some(settings) {
            self.notify(Notice::Settings(settings));
        }
    }

    fn data(&mut self, attempt: Attempt, frame: &RawFrame, card: bool) {
        self.ready();
        if matches!(self.state, State::Draining(_)) {
            count(&mut self.stats.frames.refused);
            return self.drop_one(DropReason::ShuttingDown, frame.header(key::MESSAGE_ID));
        }
        match place(frame, &self.config.limits) {
            Ok(None) => self.deliver(attempt, frame, frame.payload().unwrap_or_default(), 1, card),
            Ok(Some(place)) => self.part(attempt, frame, place, card),
            Err(reason) => {
                match reason {
                    DropReason::Malformed(_) => count(&mut self.stats.frames.malformed),
                    _ => count(&mut self.stats.frames.refused),
                }
                self.drop_one(reason, frame.header(key::MESSAGE_ID));
                self.bad_message();
            }
        }
    }

    fn part(&mut self, attempt: Attempt, frame: &RawFrame, place: Place, card: bool) {
        let Some(connection) = self.state.connection_mut() else { return };
        let message_id = frame.header(key::MESSAGE_ID).unwrap_or_default();
        let data = frame.payload_bytes().unwrap_or_default();
        let part = Part { message_id, sum: place.sum, seq: place.seq, data };
        let mut given_up = Vec::new();
        let added = connection.reassembly.add(self.now, part, &self.config.limits, &mut given_up);
        self.parts_given_up(given_up);
        match added {
            Added::Waiting | Added::TooLarge => {}
            Added::Duplicate => count(&mut self.stats.frames.duplicate),
            Added::Conflict => {
                count(&mut self.stats.frames.duplicate);
                count(&mut self.stats.oddities.conflicting_parts);
            }
            Added::Complete { payload, parts } => {
                self.deliver(attempt, frame, payload, u64::from(parts), card);
            }
        }
    }

    pub(super) fn expire_parts(&mut self) {
        let Some(connection) = self.state.connection_mut() else { return };
        let mut given_up = Vec::new();
        connection.reassembly.expire(self.now, &mut given_up);
        self.parts_given_up(given_up);
    }

    /// Counts parts that will not become a message. However many messages it is, there is one notice for each reason.
    fn parts_given_up(&mut self, given_up: Vec<GivenUp>) {
        for reason in [Reason::Expired, Reason::NoRoom, Reason::Restarted, Reason::TooLarge] {
            let mut told: Option<(u64, Option<String>)> = None;
            for message in given_up.iter().filter(|message| message.reason == reason) {
                let frames = &mut self.stats.frames;
                let counter = match reason {
                    _ if message.repeat => &mut frames.duplicate,
                    Reason::Expired | Reason::Restarted => &mut frames.expired,
                    Reason::NoRoom | Reason::TooLarge => &mut frames.refused,
                };
                *counter = counter.saturating_add(message.frames);
                if !message.repeat {
                    told = Some(match told {
                        None => (message.frames, Some(message.message_id.clone())),
                        Some((frames, _)) => (frames.saturating_add(message.frames), None),
                    });
                }
            }
            let reason = match reason {
                Reason::Expired => DropReason::Incomplete,
                Reason::NoRoom => DropReason::NoRoom,
                Reason::Restarted => DropReason::Restarted,
                Reason::TooLarge => DropReason::TooLarge("bytes in a message"),
            };
            if let Some((frames, message_id)) = told {
                self.notify(Notice::Dropped { reason, frames, message_id });
            }
        }
    }

    /// The platform has answered on this connection.
    fn ready(&mut self) {
        let now = self.now;
        let Some(connection) = self.state.connection_mut().filter(|connection| !connection.ready) else { return };
        connection.ready = true;
        let first = !self.history.was_ready;
        self.history.was_ready = true;
        self.history.streak = None;
        let gap = self.history.outage.take().map(|(last_heard, lost)| Gap::new(last_heard, lost, now));
        self.notify(Notice::Ready { first, gap });
    }

    pub(super) fn drop_one(&mut self, reason: DropReason, message_id: Option<&str>) {
        self.notify(Notice::Dropped { reason, frames: 1, message_id: message_id.map(ToOwned::to_owned) });
    }

    fn ignore(&mut self) {
        count(&mut self.stats.frames.ignored);
        self.bad_message();
    }

    /// A connection on which hardly anything makes sense is better replaced.
    pub(super) fn bad_message(&mut self) {
        let now = self.now;
        let Some(connection) = self.state.connection_mut() else { return };
        if now.since(connection.bad.since) >= MINUTE {
            connection.bad = crate::state::Bad { since: now, messages: 0 };
        }
        connection.bad.messages = connection.bad.messages.saturating_add(1);
        if connection.bad.messages > self.config.limits.bad_per_minute {
            self.lose(Failure::TooManyBadMessages);
        }
    }

    /// Time between two pings: what the platform says, within what we accept.
    pub(super) fn ping_interval(&self) -> Duration {
        let longest = self.config.liveness.max_ping_interval;
        let interval = self.settings.unwrap_or_default().ping_interval.min(longest);
        interval.max(Duration::from_secs(1))
    }

    /// Sends a ping, and expects a sign of life from now on if none is expected yet.
    pub(super) fn ping(&mut self) {
        let now = self.now;
        let Some(connection) = self.state.connection_mut() else { return };
        connection.last_ping = now;
        connection.ponged = false;
        connection.awaiting.get_or_insert(now);
        let (attempt, service_id) = (connection.attempt, connection.service_id);
        count(&mut self.stats.pings);
        let data = ack::ping(service_id, self.config.channel_tag.as_deref().filter(|tag| !tag.is_empty()));
        self.output(Output::Send { attempt, data });
    }

    pub(super) fn websocket_ping(&mut self) {
        let now = self.now;
        let Some(connection) = self.state.connection_mut() else { return };
        connection.last_websocket_ping = now;
        let attempt = connection.attempt;
        self.output(Output::Ping { attempt });
    }

    /// We slept, and do not know what became of the connection: it has the full time from now to show that it lives. Once
    /// only, so that a clock which always jumps does not keep a dead one.
    pub(super) fn probe(&mut self) {
        let now = self.now;
        if let Some(connection) = self.state.connection_mut().filter(|connection| !connection.probed) {
            connection.probed = true;
            connection.awaiting = Some(now);
            self.ping();
        }
    }
}

/// Where a part belongs.
struct Place {
    sum: u32,
    seq: u32,
}

/// Reads `sum` and `seq`. A message without a usable `sum` is whole, as it is for Go and Rust clients.
fn place(frame: &RawFrame, limits: &Limits) -> Result<Option<Place>, DropReason> {
    let sum = match frame.header(key::SUM).map(str::parse::<i64>) {
        Some(Ok(sum)) => sum,
        Some(Err(error)) if *error.kind() == IntErrorKind::PosOverflow => i64::MAX,
        Some(Err(_)) | None => 1,
    };
    if sum <= 1 {
        return Ok(None);
    }
    let sum = u32::try_from(sum).ok().filter(|sum| *sum <= limits.parts);
    let sum = sum.ok_or(DropReason::TooLarge("parts of a message"))?;
    let malformed = |what: &str| DropReason::Malformed(what.to_owned());
    if frame.header(key::MESSAGE_ID).is_none_or(str::is_empty) {
        return Err(malformed("a part without message_id"));
    }
    let seq = frame.header(key::SEQ).and_then(|seq| seq.parse::<u32>().ok()).filter(|seq| *seq < sum);
    let seq = seq.ok_or_else(|| malformed("a part whose seq is not below its sum"))?;
    Ok(Some(Place { sum, seq }))
}
