use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use larkwire_core::frame::key;
use larkwire_core::{Config, MessageKind, Notice, Output, Reply, Time};

use crate::client::data_frame;
use crate::script::Script;
use crate::watch::{Question, SECRET, Said, TICKET, Watch};

/// Parts of split messages, in any order, damaged, repeated, late, and across reconnects.
///
/// A naive model that keeps every part in a list says what becomes of each: a message is delivered exactly when its last
/// part comes, as the join of its parts, and every counter has the value of the model. What is held is within the limits.
pub fn reassembly(data: &[u8]) {
    let mut script = Script::new(data);
    let choices = script.byte();
    let mut config = Config::new("cli_a1b2c3d4e5f60718", SECRET);
    config.dedup = false;
    config.liveness.pong_timeout = Duration::ZERO;
    config.limits.open_messages = usize::from(choices % 4);
    config.limits.parts = 7;
    config.limits.payload = 220;
    // With little room the model does not know what has to go; the properties of the machine hold all the same.
    let tight = choices & 4 != 0;
    if tight {
        config.limits.open_bytes = 900;
    }
    let messages: Vec<Message> = (0..6).map(|name| Message::new(name, &mut script)).collect();
    let mut model = Model { limits: config.limits, ..Model::default() };
    let mut watch = Watch::new(&config, 1);
    connect(&mut watch);
    let mut frames = 0;
    while !script.is_over() {
        let step = script.byte();
        match step {
            0..200 => {
                let message = &messages[usize::from(step % 6)];
                frames += 1;
                let part = message.part(&mut script);
                let headers = part.headers();
                let headers: Vec<(&str, &str)> = headers.iter().map(|(key, value)| (*key, &**value)).collect();
                let frame = data_frame(frames, &headers, part.data.clone());
                let attempt = watch.link().expect("a connection");
                let outputs = watch.say(watch.now(), Said::Message(attempt, MessageKind::Binary, frame.to_bytes()));
                let expected = model.part(watch.now(), &part);
                let delivered = deliveries(&mut watch, &outputs);
                if tight {
                    let whole = |payload: &Bytes| messages.iter().any(|message| message.is(payload));
                    assert!(delivered.iter().all(whole), "delivered what nobody sent");
                } else {
                    assert_eq!(delivered, expected.into_iter().collect::<Vec<_>>());
                }
            }
            200..240 => {
                let later = [1, 50, 1_000, 4_999, 5_000, 9_999, 10_000, 60_000][usize::from(step % 8)];
                watch.say(watch.now().after(Duration::from_millis(later)), Said::Timeout);
            }
            _ => {
                let attempt = watch.link().expect("a connection");
                watch.say(watch.now(), Said::Closed(attempt, 1001, String::new()));
                model.disconnected();
                connect(&mut watch);
            }
        }
        model.expire(watch.now());
        if !tight {
            let stats = watch.client().stats();
            let found = [
                stats.parts_waiting,
                stats.frames.delivered,
                stats.frames.duplicate,
                stats.frames.malformed,
                stats.frames.refused,
                stats.frames.expired,
            ];
            assert_eq!(found, model.counts(), "waiting, delivered, duplicate, malformed, refused, expired");
        }
    }
}

fn connect(watch: &mut Watch) {
    while watch.question().is_none() {
        let until = watch.wait().expect("a time to wait for");
        watch.say(until, Said::Timeout);
    }
    let (attempt, question) = watch.question().expect("a question");
    assert_eq!(question, Question::Request);
    let url = format!("wss://gateway.example/ws/v2?device_id=7&service_id=3&ticket={TICKET}");
    let body = format!(r#"{{"code":0,"data":{{"URL":"{url}"}}}}"#);
    watch.say(watch.now(), Said::Response(attempt, 200, body.into()));
    watch.say(watch.now(), Said::Opened(attempt));
    assert_eq!(watch.link(), Some(attempt));
}

/// What was delivered, answered at once.
fn deliveries(watch: &mut Watch, outputs: &[Output]) -> Vec<Bytes> {
    let mut payloads = Vec::new();
    for output in outputs {
        if let Output::Notice(Notice::Delivery(delivery)) = output {
            payloads.push(delivery.payload());
            watch.say(watch.now(), Said::Reply(delivery.id(), Reply::ok()));
        }
    }
    payloads
}

/// A message and where it is cut.
#[derive(Debug)]
struct Message {
    name: u8,
    sum: u8,
    text: Vec<u8>,
}

impl Message {
    fn new(name: u8, script: &mut Script<'_>) -> Message {
        let (sum, length) = (script.below(9), script.byte());
        // One piece alone stays below the limit: a frame beyond it ends the connection, which is not the matter here.
        let length = if sum <= 1 { length.min(120) } else { length };
        // Characters of three bytes, so that most cuts go through one.
        let filler = "声".repeat(usize::from(length) / 3);
        let text = match length {
            255 => "not an envelope, whatever the parts are".to_owned(),
            _ => format!(r#"{{"header":{{"event_type":"t{name}","event_id":"{length}"}},"event":"{filler}"}}"#),
        };
        Message { name, sum, text: text.into() }
    }

    fn piece(&self, seq: u8) -> &[u8] {
        let (sum, seq) = (self.sum.max(1), seq.min(self.sum.max(1)));
        let cut = |seq: u8| self.text.len() * usize::from(seq.min(sum)) / usize::from(sum);
        &self.text[cut(seq)..cut(seq + 1)]
    }

    /// A part of it, sometimes with something wrong.
    fn part(&self, script: &mut Script<'_>) -> Part {
        let seq = script.below(9);
        let flaw = script.byte();
        let mut part = Part {
            message_id: Some(format!("m{}", self.name)),
            sum: self.sum,
            seq: i16::from(seq),
            data: self.piece(seq).to_vec(),
        };
        match flaw {
            255 => part.message_id = None,
            254 => part.seq = -1,
            253 => part.sum += 1,
            252 => part.data.clear(),
            251 => part.data.push(b' '),
            _ => {}
        }
        part
    }

    /// Whether a payload is this message, with blanks where parts got one.
    fn is(&self, payload: &Bytes) -> bool {
        let letters = |text: &[u8]| text.iter().copied().filter(|b| *b != b' ').collect::<Vec<u8>>();
        letters(payload) == letters(&self.text) || payload.len() < self.text.len()
    }
}

#[derive(Clone, Debug)]
struct Part {
    message_id: Option<String>,
    sum: u8,
    seq: i16,
    data: Vec<u8>,
}

impl Part {
    fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = vec![(key::TYPE, "event".to_owned())];
        headers.extend(self.message_id.clone().map(|id| (key::MESSAGE_ID, id)));
        headers.extend([(key::SUM, self.sum.to_string()), (key::SEQ, self.seq.to_string())]);
        headers
    }
}

/// Everything that waits, the oldest first, and what became of the rest.
#[derive(Debug, Default)]
struct Model {
    limits: larkwire_core::Limits,
    waiting: Vec<Waiting>,
    complete: BTreeSet<String>,
    delivered: u64,
    duplicate: u64,
    malformed: u64,
    refused: u64,
    expired: u64,
}

#[derive(Debug)]
struct Waiting {
    name: String,
    sum: u8,
    since: Time,
    parts: BTreeMap<i16, Vec<u8>>,
    /// All of it came before: these are copies.
    again: bool,
}

impl Waiting {
    fn count(&self) -> u64 {
        self.parts.len() as u64
    }

    fn joined(&self) -> Bytes {
        self.parts.values().flatten().copied().collect()
    }
}

impl Model {
    /// Takes a part in; gives the message if it is delivered now.
    fn part(&mut self, now: Time, part: &Part) -> Option<Bytes> {
        self.expire(now);
        if part.sum <= 1 {
            return self.whole(part.data.clone().into(), 1);
        }
        if u32::from(part.sum) > self.limits.parts {
            self.refused += 1;
            return None;
        }
        let Some(name) = part.message_id.clone().filter(|_| (0..i16::from(part.sum)).contains(&part.seq)) else {
            self.malformed += 1;
            return None;
        };
        if let Some(old) = self.waiting.iter().position(|waiting| waiting.name == name && waiting.sum != part.sum) {
            let old = self.waiting.remove(old);
            *(if old.again { &mut self.duplicate } else { &mut self.expired }) += old.count();
        }
        let place = self.waiting.iter().position(|waiting| waiting.name == name).unwrap_or_else(|| {
            let again = self.complete.contains(&name);
            self.waiting.push(Waiting { name, sum: part.sum, since: now, parts: BTreeMap::new(), again });
            self.waiting.len() - 1
        });
        let waiting = &mut self.waiting[place];
        if waiting.parts.contains_key(&part.seq) {
            self.duplicate += 1;
            return None;
        }
        waiting.parts.insert(part.seq, part.data.clone());
        if waiting.joined().len() > self.limits.payload {
            let old = self.waiting.remove(place);
            *(if old.again { &mut self.duplicate } else { &mut self.refused }) += old.count();
            return None;
        }
        if waiting.count() == u64::from(part.sum) {
            let done = self.waiting.remove(place);
            let (count, payload) = (done.count(), done.joined());
            self.complete.insert(done.name);
            return self.whole(payload, count);
        }
        if self.waiting.len() > self.limits.open_messages.max(1) {
            let oldest = if place == 0 { 1 } else { 0 };
            let old = self.waiting.remove(oldest);
            *(if old.again { &mut self.duplicate } else { &mut self.refused }) += old.count();
        }
        None
    }

    fn whole(&mut self, payload: Bytes, count: u64) -> Option<Bytes> {
        let envelope = serde_json::from_slice::<serde_json::Value>(&payload).is_ok_and(|value| value.is_object());
        *(if envelope { &mut self.delivered } else { &mut self.malformed }) += count;
        envelope.then_some(payload)
    }

    fn expire(&mut self, now: Time) {
        let lifetime = self.limits.part_lifetime;
        let (old, young): (Vec<Waiting>, Vec<Waiting>) =
            self.waiting.drain(..).partition(|waiting| waiting.since.after(lifetime) <= now);
        self.waiting = young;
        for old in old {
            *(if old.again { &mut self.duplicate } else { &mut self.expired }) += old.count();
        }
    }

    fn disconnected(&mut self) {
        self.expired += self.waiting.drain(..).map(|waiting| waiting.count()).sum::<u64>();
        self.complete.clear();
    }

    fn counts(&self) -> [u64; 6] {
        let waiting = self.waiting.iter().map(Waiting::count).sum();
        [waiting, self.delivered, self.duplicate, self.malformed, self.refused, self.expired]
    }
}
