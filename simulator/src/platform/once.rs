//! Idempotency keys: what was done under a key is answered again, and not done again.

use std::time::Duration;

use larkwire_core::Time;
use serde_json::Value;

use super::app::AppKey;
use super::newest::Newest;

/// Bytes of answers that are kept.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// The answers that were given under the keys of one kind of call.
#[derive(Clone, Debug)]
pub(crate) struct Once {
    life: Duration,
    /// Each with its end. All live equally long, so the oldest ends first.
    answers: Newest<(AppKey, String), (Time, Value)>,
}

impl Once {
    pub(crate) fn new(life: Duration) -> Once {
        Once { life, answers: Newest::new(MOST_BYTES) }
    }

    /// The answer of the first time; none if there was none, or no key.
    pub(crate) fn again(&mut self, now: Time, app: AppKey, key: &str) -> Option<Value> {
        while self.answers.oldest().is_some_and(|(ends, _)| *ends <= now) {
            self.answers.forget_oldest();
        }
        if key.is_empty() {
            return None;
        }
        self.answers.get(&(app, key.to_owned())).map(|(_, answer)| answer.clone())
    }

    /// Keeps the answer of the first time.
    pub(crate) fn keep(&mut self, now: Time, app: AppKey, key: &str, answer: &Value, limit: usize) {
        if !key.is_empty() {
            let bytes = answer.to_string().len();
            self.answers.add((app, key.to_owned()), (now.after(self.life), answer.clone()), bytes, limit);
        }
    }
}
