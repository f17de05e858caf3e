//! Frequency limits, in sliding windows; the platform's own windows are not documented.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use larkwire_core::Time;

use super::call::Refusal;
use super::code;
use super::routes::Route;
use crate::platform::Platform;
use crate::platform::app::AppKey;

/// Windows that are kept at once.
const MOST_WINDOWS: usize = 10_000;
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// What is counted together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    /// Calls of one kind by one app.
    Calls(AppKey, &'static str, &'static str),
    /// Messages to one chat, from all bots.
    Chat(String),
    /// Patches of one message.
    Message(String),
    /// Operations on one card entity.
    Card(String),
}

/// When what happened.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rates {
    windows: BTreeMap<Key, VecDeque<Time>>,
}

impl Rates {
    /// Counts one more; if it is one too many, the limit and the time until the next can pass are the error.
    fn count(&mut self, now: Time, key: Key, limits: &[(Duration, usize)]) -> Result<(), (usize, Duration)> {
        if self.windows.len() >= MOST_WINDOWS {
            self.windows.retain(|_, times| times.back().is_some_and(|last| now.since(*last) < MINUTE));
        }
        let times = self.windows.entry(key).or_default();
        let longest = limits.iter().map(|(window, _)| *window).max().unwrap_or_default();
        while times.front().is_some_and(|first| now.since(*first) >= longest) {
            times.pop_front();
        }
        for (window, limit) in limits {
            let inside = times.iter().rev().take_while(|at| now.since(**at) < *window).count();
            if inside >= *limit {
                let oldest = times.iter().rev().nth(limit.saturating_sub(1)).copied().unwrap_or(now);
                return Err((*limit, window.saturating_sub(now.since(oldest))));
            }
        }
        times.push_back(now);
        Ok(())
    }
}

impl Platform {
    /// "1000/min and 50/s per API, app and tenant" (official documentation). The content of a card that is streaming is
    /// not limited.
    pub(super) fn rate_call(&mut self, app: AppKey, route: &Route) -> Result<(), Refusal> {
        if route.path.ends_with("/content") {
            return Ok(());
        }
        self.rate(Key::Calls(app, route.method, route.path), &[(SECOND, 50), (MINUTE, 1000)])
    }

    /// "5/s to one user; 5/s to one group, shared by all bots" (official documentation).
    pub(super) fn rate_chat(&mut self, chat_id: &str) -> Result<(), Refusal> {
        self.rate(Key::Chat(chat_id.to_owned()), &[(SECOND, 5)]).map_err(frequency)
    }

    /// "5/s per message" (official documentation of patch).
    pub(super) fn rate_message(&mut self, message_id: &str) -> Result<(), Refusal> {
        self.rate(Key::Message(message_id.to_owned()), &[(SECOND, 5)]).map_err(frequency)
    }

    /// "10/s per card" (official documentation).
    pub(super) fn rate_card(&mut self, card_id: &str) -> Result<(), Refusal> {
        self.rate(Key::Card(card_id.to_owned()), &[(SECOND, 10)])
    }

    fn rate(&mut self, key: Key, limits: &[(Duration, usize)]) -> Result<(), Refusal> {
        if !self.profile.rate_limits {
            return Ok(());
        }
        match self.rates.count(self.now, key, limits) {
            Ok(()) => Ok(()),
            Err((limit, wait)) => {
                // Whole seconds, at least one (field reports).
                let seconds = wait.as_millis().div_ceil(1000).max(1);
                Err(Refusal::new(code::RATE_LIMIT, "request trigger frequency limit")
                    .with_header("x-ogw-ratelimit-limit", limit.to_string())
                    .with_header("x-ogw-ratelimit-reset", seconds.to_string()))
            }
        }
    }
}

/// What is limited by chat or message has a code of its own, and no headers.
fn frequency(_: Refusal) -> Refusal {
    Refusal::new(code::message::FREQUENCY, "The operation triggers the frequency limit.")
}
