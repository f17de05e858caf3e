//! What happened: the transcript and views of it, with long polls.

use serde_json::{Value, json};

use super::call::{Call, json_answer};
use super::problem::Problem;
use crate::platform::{Delivery, Entry, Platform, PushId, PushRecord, What, millis};
use crate::server::body::Answer;

/// Most entries of one answer.
const MOST: usize = 10_000;

/// `GET /transcript`
pub(super) async fn all(call: Call) -> Result<Answer, Problem> {
    let kinds: Vec<String> =
        call.text("kinds").map(|kinds| kinds.split(',').map(str::to_owned).collect()).unwrap_or_default();
    view(&call, |what| kinds.is_empty() || kinds.iter().any(|kind| kind == what.kind())).await
}

/// `GET /frames`: messages of long connections, in both directions; `connection` chooses one.
pub(super) async fn frames(call: Call) -> Result<Answer, Problem> {
    let wanted: Option<u64> = call.query("connection")?;
    let keep = |what: &What| match what {
        What::Received { connection, .. } | What::Sent { connection, .. } => {
            wanted.is_none_or(|wanted| wanted == connection.0)
        }
        _ => false,
    };
    view(&call, keep).await
}

/// `GET /acks`
pub(super) async fn acks(call: Call) -> Result<Answer, Problem> {
    view(&call, |what| matches!(what, What::Ack { .. } | What::AckMissed { .. })).await
}

/// `GET /api-calls`: HTTP requests and their answers, endpoint discovery included.
pub(super) async fn api_calls(call: Call) -> Result<Answer, Problem> {
    view(&call, |what| matches!(what, What::Request { .. } | What::Response { .. })).await
}

/// The entries behind `after` that are kept, as soon as there is one or the wait is over.
async fn view(call: &Call, keep: impl Fn(&What) -> bool) -> Result<Answer, Problem> {
    let after: u64 = call.query("after")?.unwrap_or(0);
    let limit = call.query("limit")?.unwrap_or(1000).clamp(1, MOST);
    let mut looked_at = after;
    let look = |platform: &Platform| {
        let entries = platform.transcript_after(looked_at).filter(|entry| keep(&entry.what));
        let found: Vec<Entry> = entries.take(limit).cloned().collect();
        looked_at = platform.transcript_seq();
        (!found.is_empty()).then_some(found)
    };
    let found = call.hub.wait(call.patience()?, look).await.unwrap_or_default();
    let (newest, lost) = call.hub.look(|platform| {
        let oldest = platform.transcript_after(0).next().map_or(0, |entry| entry.seq);
        (platform.transcript_seq(), oldest.saturating_sub(after.saturating_add(1)))
    });
    // Where the next call has to go on: behind the last entry, or behind all that were looked at.
    let seq = match found.last() {
        Some(last) if found.len() >= limit => last.seq,
        _ => looked_at.min(newest),
    };
    Ok(json_answer(&json!({"entries": found, "seq": seq, "lost": lost})))
}

/// `GET /pushes/{push}`
pub(super) fn push(call: &Call) -> Result<Answer, Problem> {
    let id = PushId(call.id()?);
    match call.hub.look(|platform| platform.push_record(id).map(record)) {
        Some(record) => Ok(json_answer(&record)),
        None => Err(Problem::not_found(format!("there is no push {}", id.0), "old ones are forgotten for newer ones")),
    }
}

fn record(record: &PushRecord) -> Value {
    let delivery = |delivery: &Delivery| {
        let ack = delivery.ack.as_ref().map(|ack| {
            json!({
                "connection": ack.connection,
                "at_ms": millis(ack.at),
                "delay_ms": ack.delay.as_secs_f64() * 1e3,
                "code": ack.code,
                "data": ack.data,
                "biz_rt": ack.biz_rt,
                "on_time": ack.on_time,
            })
        });
        json!({
            "message_id": delivery.message_id,
            "connection": delivery.connection,
            "at_ms": millis(delivery.at),
            "ack": ack,
            "failed": delivery.failed,
        })
    };
    json!({
        "push": record.id,
        "kind": record.kind,
        "event_id": record.event_id,
        "event_type": record.event_type,
        "outcome": record.outcome,
        "settled": record.is_settled(),
        "deliveries": record.deliveries.iter().map(delivery).collect::<Vec<_>>(),
    })
}
