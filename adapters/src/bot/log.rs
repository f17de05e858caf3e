//! What a bot writes to the log, in the span of its connection, which names the app. Neither secrets nor what people write
//! are ever in it.

use larkwire_core::{Notice, Stop, Time};
use tracing::{debug, error, info, warn};

/// `now` is asked only where a wait is told: a look at the clock for each delivery would be felt.
pub(super) fn notice(notice: &Notice, now: impl Fn() -> Time) {
    match notice {
        Notice::Connected { connection_id, url, .. } => info!(connection_id, "connected to {url}"),
        Notice::Ready { first: true, .. } => info!("ready"),
        Notice::Ready { gap, .. } => info!(gap = ?gap.map(|gap| gap.length()), "ready again"),
        Notice::Delivery(delivery) => debug!(?delivery, "delivered"),
        // The dispatch knows which handler it is.
        Notice::Overdue { .. } | Notice::Abandoned { .. } => {}
        Notice::Dropped { reason, frames, message_id } => warn!(%reason, frames, message_id, "dropped"),
        Notice::Degraded { failure, times } => warn!(%failure, times, "the same failure again and again"),
        Notice::Settings(settings) => debug!(?settings, "settings"),
        Notice::Disconnected { failure, retry_at: Some(at), was_open: true } => {
            info!(%failure, wait = ?at.since(now()), "reconnecting");
        }
        Notice::Disconnected { failure, retry_at: Some(at), .. } => {
            info!(%failure, wait = ?at.since(now()), "not connected, trying again");
        }
        Notice::Disconnected { failure, .. } => info!(%failure, "disconnected"),
        Notice::Stopped(Stop::Shutdown) => info!("stopped as asked"),
        Notice::Stopped(stop) => error!(%stop, "stopped"),
        other => debug!(?other, "notice"),
    }
}
