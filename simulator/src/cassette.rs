//! A run as lines of JSON: written down, and read again.
//!
//! The first line names the run; each further line is an entry of the transcript. Where an event or a callback goes out for
//! the first time, its line has the app and the whole payload besides, so that it can go out again. Secrets are masked as
//! they are in the transcript.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::platform::{Entry, Outcome, Platform, PushId, PushKind, What};

/// The version of this form.
const VERSION: u64 = 1;

/// The first line.
pub(crate) fn head(platform: &Platform) -> String {
    let profile = platform.profile();
    let (seed, unix_ms) = (platform.seed(), profile.unix_ms);
    json!({"cassette": VERSION, "app_id": profile.app_id, "seed": seed, "unix_ms": unix_ms}).to_string()
}

/// The line of an entry.
pub(crate) fn line(platform: &Platform, entry: &Entry) -> String {
    let mut line = serde_json::to_value(entry).unwrap_or_default();
    if let (What::Push { push, .. }, Value::Object(members)) = (&entry.what, &mut line)
        && let Some((kind, payload)) = platform.push_payload(*push)
    {
        members.insert("app_id".into(), platform.push_record(*push).map(|record| record.app_id.as_str()).into());
        members.insert("callback".into(), Value::from(kind == PushKind::Callback));
        members.insert("payload".into(), Value::from(payload));
    }
    line.to_string()
}

/// What a cassette holds that can be played.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Tape {
    /// In the order of time.
    pub(crate) pushes: Vec<Recorded>,
}

/// An event or a callback of a cassette.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Recorded {
    pub(crate) id: u64,
    pub(crate) at_ms: u64,
    /// The app that it was for; empty if the cassette does not say.
    pub(crate) app_id: String,
    pub(crate) callback: bool,
    pub(crate) event_type: String,
    pub(crate) payload: String,
    pub(crate) ack: Option<RecordedAck>,
}

/// The first ack of one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RecordedAck {
    pub(crate) code: i64,
    pub(crate) on_time: bool,
    pub(crate) delay_ms: u64,
    pub(crate) data: Option<Value>,
}

impl RecordedAck {
    /// What a run of now gave.
    pub(crate) fn of(platform: &Platform, push: PushId) -> Option<RecordedAck> {
        let ack = platform.push_record(push)?.ack()?;
        let delay_ms = u64::try_from(ack.delay.as_millis()).unwrap_or(u64::MAX);
        Some(RecordedAck { code: ack.code, on_time: ack.on_time, delay_ms, data: ack.data.clone() })
    }

    pub(crate) fn view(&self) -> Value {
        json!({"code": self.code, "on_time": self.on_time, "delay_ms": self.delay_ms, "data": self.data})
    }

    /// Whether the other one says the same, however long it took.
    pub(crate) fn says(&self, other: &RecordedAck) -> bool {
        (self.code, self.on_time, &self.data) == (other.code, other.on_time, &other.data)
    }
}

/// Whether a push of this outcome can still get an ack.
pub(crate) fn is_open(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Pending)
}

/// Why a cassette cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CassetteError {
    /// The first line is not that of a cassette.
    NotOne,
    /// It was made by a newer version.
    Version(u64),
    /// A line, counted from 1, is not the JSON that it should be.
    Line(usize, String),
}

impl std::fmt::Display for CassetteError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CassetteError::NotOne => f.write_str("the first line is not that of a cassette"),
            CassetteError::Version(version) => {
                write!(f, "the cassette has version {version}, this program knows {VERSION}")
            }
            CassetteError::Line(line, error) => write!(f, "line {line}: {error}"),
        }
    }
}

impl std::error::Error for CassetteError {}

impl Tape {
    /// The apps that it has something for.
    pub(crate) fn apps(&self) -> BTreeSet<&str> {
        self.pushes.iter().map(|push| push.app_id.as_str()).collect()
    }

    /// Reads the lines of a cassette.
    pub(crate) fn read(text: &str) -> Result<Tape, CassetteError> {
        #[derive(Deserialize)]
        struct Head {
            cassette: u64,
        }
        #[derive(Deserialize)]
        struct Line {
            kind: String,
            #[serde(default)]
            at_ms: u64,
            push: Option<u64>,
            payload: Option<String>,
            app_id: Option<String>,
            #[serde(default)]
            callback: bool,
            #[serde(default)]
            event_type: String,
            code: Option<i64>,
            #[serde(default)]
            on_time: bool,
            #[serde(default)]
            delay_ms: u64,
            data: Option<Value>,
        }
        let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let (_, first) = lines.next().ok_or(CassetteError::NotOne)?;
        let head: Head = serde_json::from_str(first).map_err(|_| CassetteError::NotOne)?;
        if head.cassette != VERSION {
            return Err(CassetteError::Version(head.cassette));
        }
        let mut tape = Tape::default();
        let mut places: BTreeMap<u64, usize> = BTreeMap::new();
        for (number, line) in lines {
            let wrong = |error: serde_json::Error| CassetteError::Line(number.saturating_add(1), error.to_string());
            let line: Line = serde_json::from_str(line).map_err(wrong)?;
            let (kind, Some(id)) = (line.kind.as_str(), line.push) else { continue };
            let known = places.get(&id).and_then(|place| tape.pushes.get_mut(*place));
            match (kind, known, line.payload, line.code) {
                ("push", None, Some(payload), _) => {
                    let Line { at_ms, app_id, callback, event_type, .. } = line;
                    let app_id = app_id.unwrap_or_default();
                    places.insert(id, tape.pushes.len());
                    tape.pushes.push(Recorded { id, at_ms, app_id, callback, event_type, payload, ack: None });
                }
                ("ack", Some(push), _, Some(code)) if push.ack.is_none() => {
                    let Line { on_time, delay_ms, data, .. } = line;
                    push.ack = Some(RecordedAck { code, on_time, delay_ms, data });
                }
                _ => {}
            }
        }
        Ok(tape)
    }
}
