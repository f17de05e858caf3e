//! `GET /stream`: the transcript as server-sent events, as it happens.
//!
//! Entries come in batches, at most ten of them a second, so that a page stays smooth however fast the platform is. A
//! reader that is too slow misses entries, and is told.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use http_body_util::channel::{Channel, Sender};
use hyper::header::{CONTENT_TYPE, HeaderValue};

use super::call::Call;
use super::problem::Problem;
use crate::platform::{Entry, Platform};
use crate::server::body::{Answer, NoAnswer};
use crate::server::hub::Hub;

/// Least pause between two batches.
const PAUSE: Duration = Duration::from_millis(100);
/// Most entries of one batch: as many as a page can show in that time.
const BATCH: usize = 1000;
/// A sign of life, so that both sides notice when the other is gone.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// `GET /stream`: from `after` on, or `Last-Event-ID`, or now.
pub(super) fn open(call: &Call) -> Result<Answer, Problem> {
    let after = match call.last_event_id.or(call.query("after")?) {
        Some(after) => after,
        None => call.hub.look(Platform::transcript_seq),
    };
    let (sender, body) = Channel::new(1);
    tokio::spawn(send(Arc::clone(&call.hub), sender, after));
    let mut answer = hyper::Response::new(body.boxed_unsync());
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    Ok(answer)
}

/// Sends until the reader or the simulator is gone.
async fn send(hub: Arc<Hub>, mut to: Sender<Bytes, NoAnswer>, mut seen: u64) {
    let hello = format!("retry: 1000\nid: {seen}\n\n");
    let mut next = Bytes::from(hello);
    while to.send_data(next).await.is_ok() {
        let look = |platform: &Platform| {
            let new = platform.transcript_after(seen);
            let skipped = new.len().saturating_sub(BATCH);
            let batch: Vec<Entry> = new.skip(skipped).cloned().collect();
            (!batch.is_empty()).then_some(batch)
        };
        next = match hub.wait(KEEP_ALIVE, look).await {
            Some(batch) => {
                let text = events(&batch, seen);
                seen = batch.last().map_or(seen, |entry| entry.seq);
                text.into()
            }
            None if hub.is_stopped() => return,
            None => Bytes::from_static(b": still here\n\n"),
        };
        tokio::time::sleep(PAUSE).await;
    }
}

/// One batch as text; `seen` is the last entry that the reader has.
fn events(batch: &[Entry], seen: u64) -> String {
    let mut text = String::new();
    if let (Some(first), Some(last)) = (batch.first(), batch.last())
        && let Ok(entries) = serde_json::to_string(batch)
    {
        let lost = first.seq.saturating_sub(seen.saturating_add(1));
        // Writing into a string cannot fail.
        if lost > 0 {
            let _ = write!(text, "event: lost\ndata: {{\"count\":{lost}}}\n\n");
        }
        let _ = write!(text, "event: entries\nid: {}\ndata: {entries}\n\n", last.seq);
    }
    text
}
