//! The elements of card entities: added, replaced, changed, removed.

use serde_json::{Value, json};

use super::call::{Call, Outcome, Refusal, refuse};
use super::cardkit::{inner, json_text};
use super::code::card as code;
use crate::platform::Platform;
use crate::platform::card;
use crate::platform::events::insert;

impl Platform {
    /// `POST /cardkit/v1/cards/:card_id/elements`
    pub(super) fn create_elements(&mut self, call: &Call<'_>) -> Outcome {
        self.operate(call, true, |mut card| {
            act(&mut card, "add_elements", &with(call, "elements")?)?;
            Ok(card)
        })
    }

    /// `PUT /cardkit/v1/cards/:card_id/elements/:element_id`
    pub(super) fn replace_element(&mut self, call: &Call<'_>) -> Outcome {
        self.operate(call, true, |mut card| {
            act(&mut card, "update_element", &with(call, "element")?)?;
            Ok(card)
        })
    }

    /// `PATCH /cardkit/v1/cards/:card_id/elements/:element_id`
    pub(super) fn patch_element(&mut self, call: &Call<'_>) -> Outcome {
        self.operate(call, true, |mut card| {
            act(&mut card, "partial_update_element", &with(call, "partial_element")?)?;
            Ok(card)
        })
    }

    /// `DELETE /cardkit/v1/cards/:card_id/elements/:element_id`
    pub(super) fn delete_element(&mut self, call: &Call<'_>) -> Outcome {
        self.operate(call, true, |mut card| {
            act(&mut card, "delete_elements", &json!({"element_ids": [call.part(1)]}))?;
            Ok(card)
        })
    }
}

/// The body as the parameters of a batched action: with this text as JSON, and with the element of the path.
fn with(call: &Call<'_>, text: &str) -> Result<Value, Refusal> {
    let mut parameters = call.body.clone();
    insert(&mut parameters, text, json_text(call, text)?);
    insert(&mut parameters, "element_id", json!(call.part(1)));
    Ok(parameters)
}

/// Carries out one action of a batch, or the call that does the same.
pub(super) fn act(card: &mut Value, name: &str, parameters: &Value) -> Result<(), Refusal> {
    let element_id = card::text(parameters, "element_id").unwrap_or_default();
    match name {
        "add_elements" => add(card, parameters),
        "delete_elements" => {
            let ids = parameters.get("element_ids").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            for id in ids.iter().filter_map(Value::as_str) {
                if !card::splice(card, id, &mut |_| Vec::new()) {
                    return refuse(code::DELETE_FAILED, format!("the element {id:?} is unknown"));
                }
            }
            Ok(())
        }
        "update_element" => {
            let element = inner(parameters, "element");
            if card::tag(&element).is_empty() {
                return refuse(code::INVALID, "element has no tag");
            }
            match card::find_mut(card, element_id) {
                Some(found) => *found = element,
                None => return refuse(code::UPDATE_FAILED, format!("the element {element_id:?} is unknown")),
            }
            Ok(())
        }
        "partial_update_element" => {
            let Some(found) = card::find_mut(card, element_id) else {
                return refuse(code::UPDATE_FAILED, format!("the element {element_id:?} is unknown"));
            };
            let changes = inner(parameters, "partial_element");
            let Some(changes) = changes.as_object() else {
                return refuse(code::INVALID, "partial_element is not an object");
            };
            if changes.get("tag").is_some_and(|tag| Some(tag) != found.get("tag")) {
                return refuse(code::TAG_CHANGE, "the tag of an element cannot change");
            }
            for (name, value) in changes {
                insert(found, name, value.clone());
            }
            Ok(())
        }
        _ => refuse(code::INVALID, format!("the action {name:?} is unknown")),
    }
}

fn add(card: &mut Value, parameters: &Value) -> Result<(), Refusal> {
    let elements = inner(parameters, "elements");
    let Some(elements) = elements.as_array().filter(|elements| elements.iter().all(|new| !card::tag(new).is_empty()))
    else {
        return refuse(code::ADD_FAILED, "elements is not a list of elements");
    };
    let target = card::text(parameters, "target_element_id").filter(|target| !target.is_empty());
    let added = match (card::text(parameters, "type"), target) {
        (Some("append"), target) => match card::list_mut(card, target) {
            Some(list) => {
                list.extend(elements.iter().cloned());
                true
            }
            None => false,
        },
        (Some("insert_before"), Some(target)) => {
            card::splice(card, target, &mut |old| elements.iter().cloned().chain([old]).collect())
        }
        (Some("insert_after"), Some(target)) => {
            card::splice(card, target, &mut |old| [old].into_iter().chain(elements.iter().cloned()).collect())
        }
        _ => {
            return refuse(
                code::INVALID,
                "type must be append, or insert_before or insert_after with a target_element_id",
            );
        }
    };
    match added {
        true => Ok(()),
        false => refuse(code::ADD_FAILED, "the target is unknown, or holds no elements"),
    }
}
