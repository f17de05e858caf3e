//! Card entities: cards that are made first, sent once, and changed while they are shown; and templates.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use larkwire_core::Time;
use serde_json::{Value, json};

use super::Platform;
use super::app::AppKey;
use super::card::{self, CardError, sub_code};
use super::events::insert;
use super::message::{Change, ChatMessage};
use super::newest::Newest;
use super::timer::Timer;

/// How long an entity lives (official documentation).
const LIFE: Duration = Duration::from_secs(14 * 24 * 3600);
/// How long streaming lasts before the platform ends it (official documentation).
const STREAMING: Duration = Duration::from_secs(10 * 60);
/// Idempotency keys that are remembered of one entity.
const MOST_KEYS: usize = 1000;
/// Bytes of cards that are kept.
pub(crate) const MOST_BYTES: usize = 64 * 1024 * 1024;
/// Templates that are kept.
const MOST_TEMPLATES: usize = 1000;

/// A card entity.
#[derive(Clone, Debug)]
pub(crate) struct Entity {
    /// Who made it: nobody else may use it.
    pub(crate) app: AppKey,
    pub(crate) card: Value,
    made: Time,
    /// `sequence` of the last operation.
    pub(crate) sequence: i64,
    streaming_since: Option<Time>,
    /// Whether the platform ended its streaming.
    pub(crate) timed_out: bool,
    /// Where it was sent.
    pub(crate) message_id: Option<String>,
    keys: BTreeSet<String>,
    key_order: VecDeque<String>,
}

impl Entity {
    pub(crate) fn is_expired(&self, now: Time) -> bool {
        now.since(self.made) > LIFE
    }

    pub(crate) fn is_streaming(&self) -> bool {
        self.streaming_since.is_some()
    }

    pub(crate) fn has_key(&self, key: &str) -> bool {
        self.keys.contains(key)
    }

    pub(crate) fn keep_key(&mut self, key: &str) {
        if key.is_empty() {
            return;
        }
        while self.key_order.len() >= MOST_KEYS {
            if let Some(oldest) = self.key_order.pop_front() {
                self.keys.remove(&oldest);
            }
        }
        self.key_order.push_back(key.to_owned());
        self.keys.insert(key.to_owned());
    }
}

/// The newest entities, by id.
pub(crate) type Entities = Newest<String, Entity>;

/// Templates by id.
pub(crate) type Templates = BTreeMap<String, Value>;

/// The card that a content means.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    pub(crate) card: Value,
    /// The entity that it is.
    pub(crate) card_id: Option<String>,
}

impl Platform {
    /// Makes a template known: card JSON in which `${name}` stands for a variable. Cards that use another one are shown as
    /// labelled placeholders.
    pub fn add_template(&mut self, template_id: impl Into<String>, card: Value) {
        let templates = &mut self.templates;
        if templates.len() >= MOST_TEMPLATES {
            templates.pop_first();
        }
        templates.insert(template_id.into(), card);
    }

    /// The card of an `interactive` message: card JSON, a template, or an entity.
    pub(super) fn resolve(&self, content: &Value, app: AppKey) -> Result<Resolved, CardError> {
        let data = content.get("data").unwrap_or(&Value::Null);
        let card_id = match content.get("type").and_then(Value::as_str) {
            Some("card") => card::text(data, "card_id"),
            Some("template") => {
                let card = self.template(data)?;
                return Ok(Resolved { card, card_id: None });
            }
            _ => {
                card::check(content)?;
                return Ok(Resolved { card: content.clone(), card_id: None });
            }
        };
        let card_id = card_id.unwrap_or_default();
        let error = |text: &str| Err(CardError::new(sub_code::NO_ENTITY, format!("card id {card_id:?} {text}")));
        match self.entities.get(card_id) {
            None => error("is unknown"),
            Some(entity) if entity.app != app => error("belongs to another app"),
            Some(entity) if entity.is_expired(self.now) => error("is older than 14 days"),
            // The code of this refusal is assumed.
            Some(entity) if entity.message_id.is_some() => error("was sent before"),
            Some(entity) => Ok(Resolved { card: entity.card.clone(), card_id: Some(card_id.to_owned()) }),
        }
    }

    /// The card of `{template_id, template_variable}`.
    pub(super) fn template(&self, data: &Value) -> Result<Value, CardError> {
        let Some(template_id) = card::text(data, "template_id").filter(|id| !id.is_empty()) else {
            return Err(CardError::new(sub_code::UNREADABLE, "template_id is missing"));
        };
        let variables = data.get("template_variable").unwrap_or(&Value::Null);
        let card = match (self.templates.get(template_id), variables) {
            (Some(template), Value::Object(variables)) => card::filled(template, variables),
            (Some(template), _) => template.clone(),
            (None, variables) => card::placeholder(template_id, variables),
        };
        card::check(&card)?;
        Ok(card)
    }

    /// Fills in what a message shows.
    pub(super) fn show(message: &mut ChatMessage, resolved: Resolved) {
        message.shown = card::simplified(&resolved.card).to_string();
        message.card_bytes = resolved.card.to_string().len();
        message.streaming = resolved.card_id.is_some() && card::is_streaming(&resolved.card);
        (message.card, message.card_id) = (Some(resolved.card), resolved.card_id);
    }

    /// A new entity; its id is the result.
    pub(super) fn new_entity(&mut self, app: AppKey, card: Value) -> String {
        let card_id = self.dice.digits(19);
        let entity = Entity {
            app,
            card,
            made: self.now,
            sequence: 0,
            streaming_since: None,
            timed_out: false,
            message_id: None,
            keys: BTreeSet::new(),
            key_order: VecDeque::new(),
        };
        self.entities.add(card_id.clone(), entity, 0, self.profile.records);
        self.entity_changed(&card_id);
        card_id
    }

    /// Follows the card of an entity: whether it is streaming, and what its message shows.
    pub(super) fn entity_changed(&mut self, card_id: &str) {
        let now = self.now;
        let Some(entity) = self.entities.get_mut(card_id) else { return };
        match (card::is_streaming(&entity.card), entity.streaming_since) {
            (true, None) => {
                (entity.streaming_since, entity.timed_out) = (Some(now), false);
                let ends = Timer::StreamingEnds { card_id: card_id.to_owned(), since: now };
                self.timers.set(now.after(STREAMING), ends);
            }
            (false, Some(_)) => entity.streaming_since = None,
            _ => {}
        }
        let (card, message_id) = (entity.card.clone(), entity.message_id.clone());
        self.entities.weigh(card_id, card.to_string().len());
        if let Some(message_id) = message_id {
            let (resolved, unix_ms) = (Resolved { card, card_id: Some(card_id.to_owned()) }, self.unix_ms());
            self.change_message(&message_id, Change::Card, |message| {
                Platform::show(message, resolved);
                message.update_ms = unix_ms;
            });
        }
    }

    /// "Closes by itself 10 min after being switched on" (official documentation).
    pub(super) fn streaming_ends(&mut self, card_id: &str, since: Time) {
        let Some(entity) = self.entities.get_mut(card_id) else { return };
        if entity.streaming_since != Some(since) {
            return;
        }
        if let Some(config) = entity.card.get_mut("config") {
            insert(config, "streaming_mode", json!(false));
        }
        entity.timed_out = true;
        self.entity_changed(card_id);
    }
}
