//! Idempotency keys: what was done under a key is answered again, and not done again.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use larkwire_core::Time;
use serde_json::Value;

use super::app::AppKey;

/// The answers that were given under the keys of one kind of call.
#[derive(Clone, Debug)]
pub(crate) struct Once {
    life: Duration,
    answers: BTreeMap<(AppKey, String), Value>,
    /// The oldest first; all live equally long.
    order: VecDeque<(Time, (AppKey, String))>,
}

impl Once {
    pub(crate) fn new(life: Duration) -> Once {
        Once { life, answers: BTreeMap::new(), order: VecDeque::new() }
    }

    /// The answer of the first time; none if there was none, or no key.
    pub(crate) fn again(&mut self, now: Time, app: AppKey, key: &str) -> Option<Value> {
        while let Some((ends, _)) = self.order.front() {
            if *ends > now {
                break;
            }
            if let Some((_, key)) = self.order.pop_front() {
                self.answers.remove(&key);
            }
        }
        if key.is_empty() {
            return None;
        }
        self.answers.get(&(app, key.to_owned())).cloned()
    }

    /// Keeps the answer of the first time. The oldest go when there are too many.
    pub(crate) fn keep(&mut self, now: Time, app: AppKey, key: &str, answer: &Value, limit: usize) {
        if key.is_empty() {
            return;
        }
        while self.order.len() >= limit.max(1) {
            if let Some((_, key)) = self.order.pop_front() {
                self.answers.remove(&key);
            }
        }
        let key = (app, key.to_owned());
        self.order.push_back((now.after(self.life), key.clone()));
        self.answers.insert(key, answer.clone());
    }
}
