//! Waiting for the platform: pushes and the error when nothing comes.

use std::sync::Arc;
use std::time::Duration;

use super::Sim;
use crate::platform::{AckRecord, ClickResult, Entry, Platform, PushId, PushRecord};
use crate::server::Hub;

/// What was waited for did not happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimedOut {
    what: String,
    limit: Duration,
    last: String,
}

impl TimedOut {
    /// What was waited for.
    pub fn what(&self) -> &str {
        &self.what
    }
}

impl std::fmt::Display for TimedOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "waited {:?} for {}; the last that happened:\n{}", self.limit, self.what, self.last)
    }
}

impl std::error::Error for TimedOut {}

pub(super) async fn until<T>(
    hub: &Hub,
    what: &str,
    limit: Duration,
    look: impl FnMut(&Platform) -> Option<T>,
) -> Result<T, TimedOut> {
    /// As much as fits on a screen.
    const LAST: usize = 20;
    const WIDTH: usize = 240;
    if let Some(found) = hub.wait(limit, look).await {
        return Ok(found);
    }
    let last = hub.look(|platform| {
        let mut last: Vec<&Entry> = platform.transcript().rev().take(LAST).collect();
        last.reverse();
        json_lines(last).lines().map(|line| line.chars().take(WIDTH).chain(['\n']).collect::<String>()).collect()
    });
    Err(TimedOut { what: what.to_owned(), limit, last })
}

pub(super) fn json_lines<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> String {
    let mut lines = String::new();
    for entry in entries {
        if let Ok(line) = serde_json::to_string(entry) {
            lines.push_str(&line);
            lines.push('\n');
        }
    }
    lines
}

/// A push, and what becomes of it.
#[derive(Clone, Debug)]
pub struct PushHandle {
    hub: Arc<Hub>,
    id: PushId,
    message_id: Option<String>,
    patience: Duration,
}

impl PushHandle {
    pub(super) fn new(sim: &Sim, id: PushId, message_id: Option<String>) -> PushHandle {
        PushHandle { hub: Arc::clone(&sim.hub), id, message_id, patience: sim.patience }
    }

    /// The message of the chat that it is about: `om_...`; none if it is about none that is known here.
    pub fn message_id(&self) -> Option<&str> {
        self.message_id.as_deref()
    }

    /// Names it.
    pub fn id(&self) -> PushId {
        self.id
    }

    /// What became of it so far; none if it was forgotten for newer ones.
    pub fn record(&self) -> Option<PushRecord> {
        self.hub.look(|platform| platform.push_record(self.id).cloned())
    }

    /// Waits for the first ack that is accepted, whatever its code.
    ///
    /// # Errors
    /// When there is none within `limit` of real time. Acks that break a rule are not accepted; the violations say why.
    pub async fn acked(&self, limit: Duration) -> Result<AckRecord, TimedOut> {
        let look = |platform: &Platform| platform.push_record(self.id)?.ack().cloned();
        until(&self.hub, "an ack", limit, look).await
    }

    /// Waits for what comes of a click: what the person sees.
    ///
    /// # Errors
    /// When the bot is neither done nor late within the builder's patience, or when this is no click.
    pub async fn answered(&self) -> Result<ClickResult, TimedOut> {
        let look = |platform: &Platform| {
            let result = &platform.click_result(self.id)?.result;
            (*result != ClickResult::Pending).then(|| result.clone())
        };
        until(&self.hub, "the answer to a click", self.patience, look).await
    }

    /// Waits until nothing more will happen to it: acked in time, given up, or failed before a user's eyes.
    ///
    /// # Errors
    /// When that does not happen within the builder's patience.
    pub async fn settled(&self) -> Result<PushRecord, TimedOut> {
        let look = |platform: &Platform| platform.push_record(self.id).filter(|record| record.is_settled()).cloned();
        until(&self.hub, "the end of a push", self.patience, look).await
    }
}
