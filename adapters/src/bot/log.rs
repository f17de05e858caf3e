//! What a bot writes to the log. Neither secrets nor what people write are ever in it.

use larkwire_core::{Notice, Stop, Time};
use tracing::{debug, error, info, warn};

pub(super) fn notice(notice: &Notice, app_id: &str, now: Time) {
    match notice {
        Notice::Connected { connection_id, url, .. } => info!(app_id, connection_id, "connected to {url}"),
        Notice::Ready { first: true, .. } => info!(app_id, "ready"),
        Notice::Ready { gap, .. } => info!(app_id, gap = ?gap.map(|gap| gap.length()), "ready again"),
        Notice::Delivery(delivery) => debug!(app_id, ?delivery, "delivered"),
        Notice::Overdue { id, answered } => warn!(app_id, delivery = %id, answered, "the answer is late"),
        Notice::Abandoned { id } => warn!(app_id, delivery = %id, "given up: no answer came"),
        Notice::Dropped { reason, frames, message_id } => warn!(app_id, %reason, frames, message_id, "dropped"),
        Notice::Degraded { failure, times } => warn!(app_id, %failure, times, "the same failure again and again"),
        Notice::Settings(settings) => debug!(app_id, ?settings, "settings"),
        Notice::Disconnected { failure, retry_at: Some(at), was_open } => {
            info!(app_id, %failure, was_open, wait = ?at.since(now), "reconnecting");
        }
        Notice::Disconnected { failure, .. } => info!(app_id, %failure, "disconnected"),
        Notice::Stopped(Stop::Shutdown) => info!(app_id, "stopped as asked"),
        Notice::Stopped(stop) => error!(app_id, %stop, "stopped"),
        other => debug!(app_id, ?other, "notice"),
    }
}
