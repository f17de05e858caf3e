//! Playing a cassette again: the same events and callbacks to the bots that are connected now, each to that of its app, and
//! what differs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cassette::{Recorded, RecordedAck, Tape, is_open};
use crate::platform::{Phase, Platform, Push, PushId};
use crate::server::Hub;

/// When the events of a cassette go out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReplaySpeed {
    /// With the pauses that were between them, by the platform's clock.
    Original,
    /// All at once, as far as the platform keeps so many.
    #[default]
    Instant,
}

/// What a replay gave.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Replayed {
    /// Events and callbacks that went out.
    pub pushes: usize,
    /// Those whose ack said the same as on the cassette, or was missing as it was there.
    pub same: usize,
    /// The others: `event_type`, and the acks that were `recorded` and `replayed`.
    pub different: Vec<Value>,
}

/// How long the pushes of a replay may stay open, in real time.
const PATIENCE: Duration = Duration::from_secs(60);

/// The app that gets what the tape has for one of these, and that no bot is connected for.
pub(crate) fn absent(platform: &Platform, apps: &BTreeSet<&str>) -> Option<String> {
    let is_connected = |id: &str| platform.connections().any(|one| one.app_id == id && one.phase == Phase::Open);
    apps.iter().map(|id| platform.app_here(id)).find(|id| !is_connected(id)).map(str::to_owned)
}

/// Plays a tape to its end.
pub(crate) async fn play(hub: &Arc<Hub>, tape: &Tape, speed: ReplaySpeed) -> Replayed {
    let mut before = tape.pushes.first().map_or(0, |push| push.at_ms);
    let mut different = Vec::new();
    // What the platform has forgotten cannot be compared. It keeps others besides, from people who write meanwhile.
    let at_once = hub.look(|platform| platform.profile().records / 2).max(1);
    for pushes in tape.pushes.chunks(at_once) {
        let mut ids: Vec<(PushId, &Recorded)> = Vec::new();
        for recorded in pushes {
            if speed == ReplaySpeed::Original {
                hub.pause(Duration::from_millis(recorded.at_ms.saturating_sub(before))).await;
                before = recorded.at_ms;
            }
            ids.push((push(hub, recorded), recorded));
        }
        compare(hub, &ids, &mut different).await;
    }
    let pushes = tape.pushes.len();
    Replayed { pushes, same: pushes.saturating_sub(different.len()), different }
}

/// Waits for the acks of these, and adds those that differ.
async fn compare(hub: &Hub, ids: &[(PushId, &Recorded)], different: &mut Vec<Value>) {
    let all_answered = |platform: &Platform| {
        let open = |id| platform.push_record(id).is_some_and(|record| is_open(&record.outcome));
        (!ids.iter().any(|(id, _)| open(*id))).then_some(())
    };
    // Who is not done by then differs from what was recorded, or does not.
    let _ = hub.wait(PATIENCE, all_answered).await;
    let acks: BTreeMap<PushId, RecordedAck> =
        hub.look(|platform| ids.iter().filter_map(|(id, _)| Some((*id, RecordedAck::of(platform, *id)?))).collect());
    for (id, recorded) in ids {
        let now = acks.get(id);
        let same = match (&recorded.ack, now) {
            (None, None) => true,
            (Some(then), Some(now)) => then.says(now),
            _ => false,
        };
        if !same {
            different.push(json!({
                "push": id,
                "recorded_push": recorded.id,
                "event_type": recorded.event_type,
                "recorded": recorded.ack.as_ref().map(RecordedAck::view),
                "replayed": now.map(RecordedAck::view),
            }));
        }
    }
}

fn push(hub: &Hub, recorded: &Recorded) -> PushId {
    let payload = recorded.payload.clone();
    let push = if recorded.callback { Push::callback_payload(payload) } else { Push::payload(payload) };
    hub.act(|platform, now| {
        platform.adopt_message(&recorded.payload);
        let app = platform.app_here(&recorded.app_id).to_owned();
        platform.push(now, push.app(app))
    })
}
