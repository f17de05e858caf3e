//! Which handler gets a delivery, when it runs, and how the delivery comes to its end.

mod answers;
mod handlers;
mod running;

use std::sync::Arc;
use std::sync::Mutex;

use larkwire::{BotStats, Handle};
use serde_json::{Value, json};

use crate::support::*;

/// What handlers note down, in the order of its happening.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn add(&self, note: impl Into<String>) {
        self.0.lock().unwrap().push(note.into());
    }

    fn taken(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// What has been counted once all is at rest; each delivery that has ended is in one counter.
async fn stats(handle: &Handle) -> BotStats {
    tokio::time::sleep(SECOND / 1_000).await;
    let stats = handle.stats();
    let open = stats.connection.unanswered as u64;
    assert_eq!(stats.handlers.total() + open, stats.connection.deliveries, "{stats:?}");
    stats
}

fn click(id: &str) -> Value {
    let context = json!({"open_message_id": "om_1", "open_chat_id": "oc_1"});
    event("card.action.trigger", id, json!({"token": "c-1", "action": {"tag": "button"}, "context": context}))
}

fn old(kind: &str, id: &str) -> Value {
    json!({"uuid": id, "ts": "1700000000.0", "event": {"type": kind, "app_id": APP}})
}
