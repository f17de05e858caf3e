use std::time::Duration;

use bytes::Bytes;
use larkwire_core::frame::{Frame, Header, METHOD_CONTROL, METHOD_DATA, key};
use larkwire_core::{
    AckMode, AliveKind, Assertion, AssertionError, Attempt, Config, DeliveryId, LateCallback, LinkErrorKind,
    MessageKind, Phase, Reply, Target, Time,
};

use crate::script::Script;
use crate::watch::{ASSERTION, SECRET, Said, TICKET, Watch, credential};

/// A life of a client: what it is told, when, and how it is configured, in any order.
///
/// All the properties that `watch.rs` lists hold after each step.
pub fn client(data: &[u8]) {
    let mut script = Script::new(data);
    let config = config(&mut script);
    let mut life = Life { watch: Watch::new(&config, u64::from(script.byte())), frames: 0, wall: 1_700_000_000_000 };
    while !script.is_over() {
        life.step(&mut script);
    }
}

fn config(script: &mut Script<'_>) -> Config {
    let choices = u32::from_le_bytes([script.byte(), script.byte(), script.byte(), 0]);
    let chosen = |bit: u32| choices >> bit & 1 != 0;
    let mut config = Config::new("cli_a1b2c3d4e5f60718", SECRET);
    config.credential = credential(chosen(0));
    config.ack_mode = if chosen(1) { AckMode::OnReceived } else { AckMode::OnHandled };
    config.late_callback = if chosen(2) { LateCallback::Wait } else { LateCallback::Neutral };
    config.dedup = !chosen(3);
    config.card_frames = !chosen(4);
    config.reconnect.max_attempts = chosen(5).then_some(2);
    config.reconnect.obey_server_count = chosen(6);
    config.reconnect.at_connection_limit = chosen(7).then_some(Duration::from_secs(1));
    config.channel_tag = chosen(8).then(|| "trusted_channel".into());
    config.liveness.websocket_ping = chosen(9).then_some(Duration::from_secs(20));
    if chosen(10) {
        config.liveness.pong_timeout = Duration::ZERO;
    }
    if chosen(11) {
        config.reconnect.floor = Duration::ZERO;
        config.reconnect.stable_after = Duration::ZERO;
    }
    if chosen(12) {
        let limits = &mut config.limits;
        (limits.unanswered, limits.dedup_entries, limits.dedup_answers) = (3, 2, 8);
        (limits.parts, limits.open_messages, limits.open_bytes, limits.payload) = (4, 2, 1_200, 300);
        (limits.headers, limits.header_bytes, limits.bad_per_minute) = (9, 64, 3);
        (limits.discovery_body, limits.rejected_body) = (400, 8);
    }
    if chosen(13) {
        let limits = &mut config.limits;
        (limits.unanswered, limits.dedup_entries, limits.open_messages, limits.open_bytes) = (0, 0, 0, 0);
    }
    if chosen(14) {
        (config.answer_within, config.handler_limit, config.limits.part_lifetime) = Default::default();
    }
    if chosen(15) {
        let deadlines = &mut config.deadlines;
        (deadlines.discovery, deadlines.connect, deadlines.close) = Default::default();
    }
    if chosen(16) {
        config.domain = larkwire_core::Domain::Custom("http://127.0.0.1:8080/lark/".into());
    }
    if chosen(17) && chosen(18) {
        config.app_id.clear();
    }
    if chosen(19) {
        (config.liveness.max_ping_interval, config.limits.dedup_window) = Default::default();
    }
    config
}

struct Life {
    watch: Watch,
    frames: u64,
    wall: u64,
}

impl Life {
    fn step(&mut self, script: &mut Script<'_>) {
        let step = script.below(20);
        let at = self.at(script);
        let said = match step {
            0 => Said::Timeout,
            1 => Said::Resumed,
            2 => {
                self.wall = self.wall.saturating_add_signed((i64::from(script.byte()) - 100) * 1_000);
                Said::Wall(if script.byte() == 0 { u64::MAX } else { self.wall })
            }
            3 => Said::Assertion(self.attempt(script), assertion(script)),
            4 | 5 => {
                let attempt = self.attempt(script);
                let (status, body) = response(script);
                Said::Response(attempt, status, body)
            }
            6 | 7 => Said::Opened(self.attempt(script)),
            8 => {
                let attempt = self.attempt(script);
                let (status, headers, body) = rejection(script);
                Said::Rejected(attempt, status, headers, body)
            }
            9 | 10 => self.message(script, |life, script| life.event(script)),
            11 => self.message(script, |life, script| life.part(script)),
            12 => self.message(script, |_, script| control(script)),
            13 => self.message(script, |_, script| Bytes::copy_from_slice(script.text())),
            14 => self.message(script, |life, script| {
                let mut data = life.event(script).to_vec();
                let place = usize::from(script.byte()) % data.len();
                data[place] ^= script.byte();
                data.into()
            }),
            15 => match script.below(4) {
                0 => Said::Message(self.attempt(script), MessageKind::Text, Bytes::from_static(b"hello")),
                1 => Said::Held,
                2 => Said::Alive(self.attempt(script), AliveKind::Part),
                _ => Said::Alive(self.attempt(script), AliveKind::Ping),
            },
            16 => {
                let attempt = self.attempt(script);
                let code = [1000, 1001, 1005, 1006, 1009, 3001][usize::from(script.below(6))];
                let reason = ["", "bye", "too many connections", SECRET, "a\r\nb\u{7}"][usize::from(script.below(5))];
                Said::Closed(attempt, code, reason.into())
            }
            17 => {
                let attempt = self.attempt(script);
                let detail = ["", "os error 104", SECRET, "a\nb"][usize::from(script.below(4))];
                Said::Failed(attempt, link_error(script), detail.into())
            }
            18 => {
                let id = self.delivery(script);
                match script.below(8) {
                    0 | 1 => Said::Reply(id, Reply::ok()),
                    2 => Said::Reply(id, Reply::json(r#"{"toast":{}}"#)),
                    3 => Said::Reply(id, Reply::json("x".repeat(100))),
                    4 | 5 => Said::Reply(id, Reply::failed()),
                    _ => Said::Abandon(id),
                }
            }
            _ => match script.byte() {
                // Most lives should not end early.
                0..8 => Said::Shutdown(
                    [Duration::ZERO, Duration::from_secs(3), Duration::MAX][usize::from(script.below(3))],
                ),
                _ => Said::Timeout,
            },
        };
        self.watch.say(at, said);
    }

    /// When the next thing happens: mostly now or a little later, sometimes just at the deadline, sometimes long ago.
    fn at(&self, script: &mut Script<'_>) -> Time {
        let now = self.watch.now();
        let later = |ms: u64| now.after(Duration::from_millis(ms));
        let deadline = self.watch.wait().unwrap_or(now);
        match script.below(20) {
            1 => later(1),
            2 => later(50),
            3 => later(1_000),
            4 => later(2_800),
            5 => later(3_500),
            6 => later(6_000),
            7 => later(10_000),
            8 => later(20_000),
            9 => later(60_000),
            10 => later(120_000),
            11 => later(300_000),
            12 => later(8 * 3_600_000),
            13 | 14 => deadline,
            15 => deadline.after(Duration::from_secs(6)),
            16 => later(200 * 365 * 86_400_000),
            17 => Time::ZERO,
            18 => Time::new(now.since_origin().saturating_sub(Duration::from_secs(10))),
            19 => Time::new(Duration::MAX),
            _ => now,
        }
    }

    /// Mostly the attempt that goes on.
    fn attempt(&self, script: &mut Script<'_>) -> Attempt {
        let number = self.watch.attempt().number();
        match script.below(16) {
            1 => Attempt::new(number.saturating_sub(1)),
            2 => Attempt::new(number.saturating_add(1)),
            3 => Attempt::new(u64::MAX),
            _ => Attempt::new(number),
        }
    }

    /// Mostly one that is open.
    fn delivery(&self, script: &mut Script<'_>) -> DeliveryId {
        let place = usize::from(script.byte());
        let open: Vec<DeliveryId> = self.watch.open().collect();
        match open.get(place % open.len().max(1)) {
            Some(id) if place < 240 => *id,
            _ => DeliveryId::new(place as u64),
        }
    }

    fn message(&mut self, script: &mut Script<'_>, data: impl Fn(&mut Life, &mut Script<'_>) -> Bytes) -> Said {
        let attempt = self.attempt(script);
        Said::Message(attempt, MessageKind::Binary, data(self, script))
    }

    fn frame(&mut self, headers: &[(&str, &str)], payload: impl Into<Bytes>) -> Frame {
        self.frames += 1;
        data_frame(self.frames, headers, payload)
    }

    fn event(&mut self, script: &mut Script<'_>) -> Bytes {
        let (shape, id) = (script.below(24), script.below(6));
        let message_id = format!("m{}", script.byte());
        let whole = [(key::TYPE, "event"), (key::MESSAGE_ID, &*message_id), (key::SUM, "1"), (key::SEQ, "0")];
        let p2 = |kind: &str| p2(kind, id, "cli_a1b2c3d4e5f60718");
        let frame = match shape {
            0 => self.frame(&whole, format!(r#"{{"uuid":"e{id}","event":{{"type":"message"}}}}"#)),
            1 => self.frame(&whole, p2("card.action.trigger")),
            2 => self.frame(&whole, p2("url.preview.get")),
            3 => self.frame(&whole, self::p2("contact.user.created_v3", id, "cli_0000000000000000")),
            4 => self.frame(&whole, r#"{"header":{"event_type":"im.message.receive_v1"}}"#),
            5 => self.frame(&whole, r#"{"encrypt":"c2VjcmV0"}"#),
            6 => self.frame(&whole, "not json"),
            7 => self.frame(&whole, "[1]"),
            8 => self.frame(&whole, ""),
            9 => self.frame(&[(key::TYPE, "card"), (key::MESSAGE_ID, "c")], p2("card.action.trigger")),
            10 => self.frame(&[(key::TYPE, "card")], r#"{"action":{}}"#),
            11 => self.frame(&[(key::TYPE, "sticker")], "{}"),
            12 => self.frame(&[], p2("im.message.receive_v1")),
            13 => Frame { method: Some(7), ..self.frame(&whole, "{}") },
            14 => Frame { seq_id: None, log_id: None, ..self.frame(&whole, p2("im.message.receive_v1")) },
            15 => self.frame(&[(key::TYPE, "event"), (key::SUM, "2147483647"), (key::SEQ, "0")], "{}"),
            16 => self.frame(&[(key::TYPE, "event"), (key::SUM, "3"), (key::SEQ, "-1")], "{}"),
            17 => self.frame(&[(key::TYPE, "event"), (key::SUM, "99999999999999999999")], "{}"),
            18 => self.frame(&whole, "x".repeat(400)),
            19 => self.frame(&[(key::TYPE, "event"), (&"k".repeat(80), "")], "{}"),
            20 => self.frame(&[(key::TYPE, "event"); 12], p2("im.message.receive_v1")),
            _ => self.frame(&whole, p2("im.message.receive_v1")),
        };
        frame.to_bytes()
    }

    /// A part of one of four messages; some pieces are wrong.
    fn part(&mut self, script: &mut Script<'_>) -> Bytes {
        let (message, sum, seq, flaw) = (script.below(4), 2 + script.below(4), script.below(6), script.byte());
        let whole = p2("im.message.receive_v1", message, "cli_a1b2c3d4e5f60718");
        let cut = |seq: u8| whole.len() * usize::from(seq.min(sum)) / usize::from(sum);
        let mut piece = whole.as_bytes()[cut(seq)..cut(seq + 1)].to_vec();
        if flaw > 220 {
            piece.reverse();
        }
        let (message, sum, seq) = (format!("p{message}"), sum.to_string(), seq.to_string());
        let headers = [(key::TYPE, "event"), (key::MESSAGE_ID, &*message), (key::SUM, &*sum), (key::SEQ, &*seq)];
        self.frame(if flaw == 220 { &headers[2..] } else { &headers }, piece).to_bytes()
    }
}

fn p2(kind: &str, id: u8, app: &str) -> String {
    format!(r#"{{"schema":"2.0","header":{{"event_id":"e{id}","event_type":"{kind}","app_id":"{app}"}},"event":{{}}}}"#)
}

/// A data frame with all required fields.
pub(crate) fn data_frame(seq_id: u64, headers: &[(&str, &str)], payload: impl Into<Bytes>) -> Frame {
    Frame {
        seq_id: Some(seq_id),
        log_id: Some(seq_id << 40),
        service: Some(33_554_678),
        method: Some(METHOD_DATA),
        headers: headers.iter().map(|(key, value)| Header::new(*key, *value)).collect(),
        payload: Some(payload.into()),
        ..Frame::default()
    }
}

fn control(script: &mut Script<'_>) -> Bytes {
    let kind = ["pong", "pong", "pong", "ping", "hello"][usize::from(script.below(5))];
    let payload = match script.below(6) {
        0 => None,
        1 => Some(""),
        2 => Some(r#"{"ReconnectCount":-1,"ReconnectInterval":120,"ReconnectNonce":30,"PingInterval":120}"#),
        3 => Some(r#"{"ReconnectCount":1,"ReconnectInterval":0,"ReconnectNonce":0,"PingInterval":1}"#),
        4 => Some(r#"{"ReconnectInterval":99999999999,"PingInterval":0}"#),
        _ => Some("[]"),
    };
    let frame = data_frame(0, &[(key::TYPE, kind)], payload.unwrap_or_default());
    let payload = payload.map(|payload| Bytes::from_static(payload.as_bytes()));
    Frame { method: Some(METHOD_CONTROL), payload, ..frame }.to_bytes()
}

fn assertion(script: &mut Script<'_>) -> Result<Assertion, AssertionError> {
    let mut assertion = Assertion::new(ASSERTION);
    match script.below(8) {
        0 => return Err(AssertionError::Unavailable("later".into())),
        1 => return Err(AssertionError::Denied("never".into())),
        2 => return Ok(Assertion::new("")),
        3 => assertion.target = Some(Target::new("https://relay.example")),
        4 => assertion.target = Some(Target::new("http://relay.example/..")),
        _ => {}
    }
    Ok(assertion)
}

fn response(script: &mut Script<'_>) -> (u16, Bytes) {
    let url = format!("wss://gateway.example/ws/v2?device_id=7&service_id=33554678&ticket={TICKET}");
    let answer = |data: &str| (200, format!(r#"{{"code":0,"msg":"","data":{data}}}"#));
    let refusal = |code: i64| (200, format!(r#"{{"code":{code},"msg":"no {SECRET} and {ASSERTION}","data":{{}}}}"#));
    let (status, body) = match script.below(16) {
        0 => answer(&format!(
            r#"{{"URL":"{url}","ClientConfig":{{"ReconnectCount":1,"ReconnectInterval":0,"ReconnectNonce":0,"PingInterval":5}}}}"#
        )),
        1 => answer(r#"{"URL":"ws://gateway.example/"}"#),
        2 => answer(r#"{"URL":"ws://127.0.0.1:9/"}"#),
        3 => answer("null"),
        4 => refusal(1),
        5 => refusal(1_000_040_345),
        6 => refusal(1_000_040_350),
        7 => refusal(1_000_040_351),
        8 => refusal(514),
        9 => (503, format!("<h1>{SECRET}</h1>\r\n")),
        10 => (200, String::from_utf8_lossy(script.text()).into_owned()),
        _ => answer(&format!(
            r#"{{"URL":"{url}","ClientConfig":{{"ReconnectCount":-1,"ReconnectInterval":120,"ReconnectNonce":30,"PingInterval":120}}}}"#
        )),
    };
    (status, body.into())
}

fn rejection(script: &mut Script<'_>) -> (u16, Vec<(String, String)>, Bytes) {
    let status = [400, 401, 403, 502, 0][usize::from(script.below(5))];
    let headers: &[(&str, &str)] = match script.below(6) {
        0 => &[("Handshake-Status", "514"), ("Handshake-Autherrcode", "1000040350")],
        1 => &[("handshake-status", "403"), ("Handshake-Msg", "forbidden")],
        2 => &[("Handshake-Status", "514"), ("Handshake-Autherrcode", "x")],
        3 => &[("Handshake-Msg", TICKET)],
        _ => &[],
    };
    let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    (status, headers, Bytes::from(format!("{TICKET} {SECRET}")))
}

fn link_error(script: &mut Script<'_>) -> LinkErrorKind {
    let kinds = [
        LinkErrorKind::Reset,
        LinkErrorKind::TooLarge,
        LinkErrorKind::Dns,
        LinkErrorKind::Tls,
        LinkErrorKind::Timeout(Phase::Tcp),
    ];
    kinds[usize::from(script.below(5))]
}
