//! Waiting until nothing happens any more, and what a test asserts then.

use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

use super::Sim;
use crate::platform::{Outcome, Platform, PushRecord};

/// So long nothing may happen. A bot that sends two replies sends them one after the other.
const QUIET: Duration = Duration::from_millis(150);

/// A platform on which nothing is under way. Its assertions can be chained.
#[derive(Clone, Copy, Debug)]
pub struct Settled<'a> {
    sim: &'a Sim,
}

impl Sim {
    /// Waits until nothing is under way: each push was answered, or waits for its redelivery, and the bot has called
    /// nothing for a moment.
    ///
    /// # Panics
    /// When that does not come within the builder's patience.
    #[expect(clippy::panic, reason = "an assertion")]
    pub async fn settle(&self) -> Settled<'_> {
        let end = Instant::now().checked_add(self.patience);
        let left = || end.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()));
        let idle = |platform: &Platform| (!platform.push_records().any(is_under_way)).then(|| activity(platform));
        loop {
            let before = match self.wait("the end of all that is under way", left(), idle).await {
                Ok(before) => before,
                Err(error) => panic!("{error}"),
            };
            let busy = |platform: &Platform| (activity(platform) != before).then_some(());
            if self.hub.wait(QUIET.min(left()), busy).await.is_none() && !left().is_zero() {
                return Settled { sim: self };
            }
        }
    }
}

fn is_under_way(push: &PushRecord) -> bool {
    push.outcome == Outcome::Pending
}

/// Changes with all that a bot does, but not with pings, which never end.
fn activity(platform: &Platform) -> [u64; 4] {
    let stats = platform.stats();
    [stats.deliveries, stats.acks, stats.api_calls, stats.refused_acks]
}

impl Settled<'_> {
    /// Checks that the bot sent no message but those that [`Sim::expect_reply`] and [`Sim::next_reply`] gave out.
    ///
    /// # Panics
    /// When it did.
    #[track_caller]
    pub fn assert_no_more_replies(self) -> Self {
        let read = self.sim.read.load(SeqCst);
        let more: Vec<String> =
            self.sim.look(|platform| platform.bot_messages(read).map(|message| message.text()).collect());
        assert!(more.is_empty(), "the bot also said {more:?}");
        self
    }

    /// Like [`Sim::assert_all_acked_within`].
    ///
    /// # Panics
    /// When a push was not acked in time.
    #[track_caller]
    pub fn assert_all_acked_within(self, limit: Duration) -> Self {
        self.sim.assert_all_acked_within(limit);
        self
    }

    /// Like [`Sim::assert_no_violations`].
    ///
    /// # Panics
    /// When a client broke the protocol.
    #[track_caller]
    pub fn assert_no_violations(self) -> Self {
        self.sim.assert_no_violations();
        self
    }
}
