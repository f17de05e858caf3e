//! Card entities: made, replaced, set, and changed in one batch.

use serde_json::{Map, Value, json};

use super::call::{Answer, Call, Outcome, Refusal, refuse};
use super::check::CARD_BYTES;
use super::code::card as code;
use super::elements;
use crate::platform::Platform;
use crate::platform::card::{self, CardError, sub_code};
use crate::platform::events::insert;

/// Largest `sequence` (official documentation).
const MOST_SEQUENCE: i64 = 2_147_483_647;
/// Longest idempotency key, in characters (official documentation).
const KEY_LENGTH: usize = 64;
/// Longest content of an element, in characters (official documentation).
const CONTENT_LENGTH: usize = 100_000;

impl Platform {
    /// `POST /cardkit/v1/cards`
    pub(super) fn create_card(&mut self, call: &Call<'_>) -> Outcome {
        call.object(code::INVALID)?;
        let data = json_text(call, "data")?;
        let card = match call.text("type") {
            "card_json" => data,
            "template" => self.template(data.get("data").unwrap_or(&data)).map_err(refused)?,
            _ => return refuse(code::INVALID, "type must be card_json or template"),
        };
        check_entity(&card)?;
        let card_id = self.new_entity(call.app, card);
        Ok(Answer::Data(json!({"card_id": card_id})))
    }

    /// `PUT /cardkit/v1/cards/:card_id`
    pub(super) fn replace_card(&mut self, call: &Call<'_>) -> Outcome {
        self.operate(call, true, |_| {
            let card = call.body.get("card").unwrap_or(&Value::Null);
            let data = match (card::text(card, "type"), card::text(card, "data")) {
                (Some("card_json") | None, Some(data)) => serde_json::from_str(data).ok(),
                _ => None,
            };
            data.ok_or_else(|| Refusal::new(code::INVALID, "card is not {type: card_json, data: JSON text}"))
        })
    }

    /// `PATCH /cardkit/v1/cards/:card_id/settings`
    pub(super) fn set_card(&mut self, call: &Call<'_>) -> Outcome {
        self.operate(call, true, |mut card| {
            apply_settings(&mut card, &json_text(call, "settings")?)?;
            Ok(card)
        })
    }

    /// `POST /cardkit/v1/cards/:card_id/batch_update`: all or nothing (inferred).
    pub(super) fn batch_card(&mut self, call: &Call<'_>) -> Outcome {
        self.operate(call, true, |mut card| {
            let actions = json_text(call, "actions")?;
            let Some(actions) = actions.as_array().filter(|actions| !actions.is_empty()) else {
                return refuse(code::INVALID, "actions is not the text of a JSON list");
            };
            for action in actions {
                let parameters = action.get("params").unwrap_or(&Value::Null);
                match card::text(action, "action") {
                    Some("partial_update_setting") => {
                        apply_settings(&mut card, &inner(parameters, "settings"))?;
                    }
                    Some(name) => elements::act(&mut card, name, parameters)?,
                    None => return refuse(code::INVALID, "an action has no name"),
                }
            }
            Ok(card)
        })
    }

    /// `PUT /cardkit/v1/cards/:card_id/elements/:element_id/content`
    pub(super) fn stream_content(&mut self, call: &Call<'_>) -> Outcome {
        let entity = self.entities.get(call.part(0));
        let (streaming, timed_out) = entity.map_or((true, false), |entity| (entity.is_streaming(), entity.timed_out));
        let content = call.text("content").to_owned();
        self.operate(call, !streaming, |mut card| {
            if !(1..=CONTENT_LENGTH).contains(&content.chars().count()) {
                return refuse(code::INVALID, "content must have 1 to 100000 characters");
            }
            if timed_out && !streaming {
                return refuse(code::STREAMING_TIMED_OUT, "streaming mode was closed by its time limit");
            }
            if !streaming {
                return refuse(code::STREAMING_OFF, "streaming mode is closed");
            }
            let Some(element) = card::find_mut(&mut card, call.part(1)) else {
                return refuse(code::UPDATE_FAILED, "the element is unknown");
            };
            if !["markdown", "plain_text"].contains(&card::tag(element)) {
                return refuse(code::ONLY_TEXT, "only plain_text and markdown take a content");
            }
            insert(element, "content", json!(content));
            Ok(card)
        })
    }

    /// `POST /cardkit/v1/cards/id_convert`: the entity of a message, which becomes one if it is none.
    pub(super) fn convert_card(&mut self, call: &Call<'_>) -> Outcome {
        let Some(message) = self.messages.get(call.text("message_id")).filter(|message| !message.recalled) else {
            return refuse(code::INVALID, "message_id is unknown");
        };
        if message.sender != call.caller {
            return refuse(code::NOT_CREATOR, "another app sent the card");
        }
        if let Some(card_id) = &message.card_id {
            return Ok(Answer::Data(json!({"card_id": card_id})));
        }
        let Some(card) = message.card.clone().filter(card::is_v2) else {
            return refuse(code::INVALID, "the message is no card of schema 2.0");
        };
        let message_id = message.message_id.clone();
        let card_id = self.new_entity(call.app, card);
        if let Some(entity) = self.entities.get_mut(&card_id) {
            entity.message_id = Some(message_id);
        }
        self.entity_changed(&card_id);
        Ok(Answer::Data(json!({"card_id": card_id})))
    }

    /// One operation on an entity: what all have in common, and then `change`. If it fails, nothing has happened.
    pub(super) fn operate(
        &mut self,
        call: &Call<'_>,
        limited: bool,
        change: impl FnOnce(Value) -> Result<Value, Refusal>,
    ) -> Outcome {
        call.object(code::INVALID)?;
        let (card_id, key) = (call.part(0).to_owned(), call.text("uuid").to_owned());
        let Some(entity) = self.entities.get(&card_id) else {
            return refuse(code::MISSING, "the card is unknown");
        };
        if entity.app != call.app {
            return refuse(code::NOT_CREATOR, "another app made the card");
        }
        if entity.is_expired(self.now) {
            return refuse(code::EXPIRED, "the card is older than 14 days");
        }
        let sequence = call.body.get("sequence").and_then(Value::as_i64);
        let Some(sequence) = sequence.filter(|sequence| (1..=MOST_SEQUENCE).contains(sequence)) else {
            return refuse(code::INVALID, "sequence must be a number from 1 to 2147483647");
        };
        if key.chars().count() > KEY_LENGTH {
            return refuse(code::INVALID, "uuid has more than 64 characters");
        }
        if entity.has_key(&key) {
            return refuse(code::UUID_USED, "the uuid was used before");
        }
        if sequence <= entity.sequence {
            let last = entity.sequence;
            return refuse(code::SEQUENCE, format!("sequence number compare failed: {sequence} is not above {last}"));
        }
        if entity.message_id.as_ref().is_some_and(|message_id| self.is_touched(message_id)) {
            return refuse(code::INTERACTION, "a user interacts with the card");
        }
        let card = entity.card.clone();
        if limited {
            self.rate_card(&card_id)?;
        }
        let card = change(card)?;
        // What is streamed may be longer than a card.
        if limited {
            check_entity(&card)?;
        }
        if let Some(entity) = self.entities.get_mut(&card_id) {
            (entity.card, entity.sequence) = (card, sequence);
            entity.keep_key(&key);
        }
        self.entity_changed(&card_id);
        Ok(Answer::done())
    }
}

/// JSON in a text of the body.
pub(super) fn json_text(call: &Call<'_>, name: &str) -> Result<Value, Refusal> {
    match serde_json::from_str(call.text(name)) {
        Ok(value) => Ok(value),
        Err(_) => refuse(code::INVALID, format!("{name} is not the text of JSON")),
    }
}

/// A member that is JSON, or the text of it: the forms inside a batch are not documented.
pub(super) fn inner(parameters: &Value, name: &str) -> Value {
    let member = parameters.get(name).unwrap_or(&Value::Null);
    member.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| member.clone())
}

fn apply_settings(card: &mut Value, settings: &Value) -> Result<(), Refusal> {
    let Some(settings) = settings.as_object() else {
        return refuse(code::CONFIG_FAILED, "settings is not an object with config or card_link");
    };
    for (name, value) in settings {
        match (name.as_str(), value) {
            ("config", Value::Object(changes)) => {
                let Some(members) = card.as_object_mut() else { continue };
                let config = members.entry("config").or_insert_with(|| Value::Object(Map::new()));
                for (name, value) in changes {
                    insert(config, name, value.clone());
                }
            }
            ("card_link", value) => insert(card, "card_link", value.clone()),
            _ => return refuse(code::CONFIG_FAILED, format!("{name} cannot be set")),
        }
    }
    Ok(())
}

/// What an entity must be.
fn check_entity(card: &Value) -> Result<(), Refusal> {
    if card.as_object().is_none_or(Map::is_empty) {
        return refuse(code::EMPTY, "the card is empty");
    }
    if !card::is_v2(card) {
        return refuse(code::SCHEMA, "only schema 2.0 is supported");
    }
    card::check(card).map_err(refused)?;
    if card.to_string().len() > CARD_BYTES {
        return refuse(code::TOO_LARGE, "the card has more than 30 KB");
    }
    Ok(())
}

/// A refused card in the codes of entities.
fn refused(error: CardError) -> Refusal {
    let code = match error.code {
        sub_code::LIMIT => code::TOO_MANY_ELEMENTS,
        sub_code::UNREADABLE => code::EMPTY,
        other => other,
    };
    Refusal::new(code, error.text)
}
