//! Cards: their elements, what is refused, and the simplified form in which others get them.
//!
//! Only what the platform checks is checked here. Properties and elements that are not known pass through, since the
//! platform adds new ones all the time.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// Elements and components of a card (official documentation).
const MOST_ELEMENTS: usize = 200;
/// Tables of a card (field reports).
const MOST_TABLES: usize = 5;

/// Sub codes of a refused card (official documentation).
pub(crate) mod sub_code {
    pub(crate) const LIMIT: i64 = 11_310;
    pub(crate) const UNREADABLE: i64 = 200_621;
    pub(crate) const NO_ENTITY: i64 = 200_740;
    pub(crate) const OLD_ELEMENT: i64 = 200_861;
    pub(crate) const ELEMENT_ID_TWICE: i64 = 300_301;
    pub(crate) const NOT_SHARED: i64 = 300_302;
}

/// Why a card is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CardError {
    pub(crate) code: i64,
    pub(crate) text: String,
}

impl CardError {
    pub(crate) fn new(code: i64, text: impl Into<String>) -> CardError {
        CardError { code, text: text.into() }
    }
}

/// Whether it is card JSON 2.0.
pub(crate) fn is_v2(card: &Value) -> bool {
    card.get("schema").and_then(Value::as_str) == Some("2.0")
}

/// Whether all who see it see the same. In 2.0 always.
pub(crate) fn is_shared(card: &Value) -> bool {
    is_v2(card) || card.pointer("/config/update_multi") == Some(&Value::Bool(true))
}

/// Whether its text is to be typed.
pub(crate) fn is_streaming(card: &Value) -> bool {
    card.pointer("/config/streaming_mode") == Some(&Value::Bool(true))
}

/// Refuses what the platform refuses.
pub(crate) fn check(card: &Value) -> Result<(), CardError> {
    if card.as_object().is_none_or(Map::is_empty) {
        return Err(CardError::new(sub_code::UNREADABLE, "parse card json err"));
    }
    let elements = elements(card);
    if elements.len() > MOST_ELEMENTS {
        return Err(CardError::new(sub_code::LIMIT, "element exceeds the limit"));
    }
    if elements.iter().filter(|element| tag(element) == "table").count() > MOST_TABLES {
        return Err(CardError::new(sub_code::LIMIT, "card table number over limit"));
    }
    if is_v2(card) {
        if let Some(old) = elements.iter().find(|element| matches!(tag(element), "action" | "note")) {
            let text = format!("cards of schema V2 no longer support this capability; unsupported tag {}", tag(old));
            return Err(CardError::new(sub_code::OLD_ELEMENT, text));
        }
        if card.pointer("/config/update_multi") == Some(&Value::Bool(false)) {
            return Err(CardError::new(sub_code::NOT_SHARED, "update_multi must be true"));
        }
    }
    let mut ids = BTreeSet::new();
    match elements.iter().filter_map(|element| text(element, "element_id")).find(|id| !ids.insert(*id)) {
        Some(id) => Err(CardError::new(sub_code::ELEMENT_ID_TWICE, format!("element_id {id:?} stands twice"))),
        None => Ok(()),
    }
}

/// The members of a card or an element that hold elements.
const HOLDERS: [&str; 6] = ["body", "elements", "columns", "actions", "extra", "i18n_elements"];

/// All elements, in the order of reading. Not those of other languages than the first.
pub(crate) fn elements(card: &Value) -> Vec<&Value> {
    let mut found = Vec::new();
    collect(card, &mut found);
    found
}

fn collect<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(members) => {
            if members.contains_key("tag") {
                found.push(value);
            }
            for (name, member) in members.iter().filter(|(name, _)| HOLDERS.contains(&name.as_str())) {
                match (name.as_str(), member) {
                    ("i18n_elements", Value::Object(languages)) => {
                        languages.values().take(1).for_each(|elements| collect(elements, found));
                    }
                    _ => collect(member, found),
                }
            }
        }
        _ => {}
    }
}

/// The element with this id.
pub(crate) fn find_mut<'a>(value: &'a mut Value, element_id: &str) -> Option<&'a mut Value> {
    if has_id(value, element_id) {
        return Some(value);
    }
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| find_mut(item, element_id)),
        // The text of an element can have an id of its own.
        Value::Object(members) => members
            .iter_mut()
            .filter(|(name, _)| *name == "text" || HOLDERS.contains(&name.as_str()))
            .find_map(|(_, member)| find_mut(member, element_id)),
        _ => None,
    }
}

/// Replaces the element with this id by others, at its place; whether it was there is the result.
pub(crate) fn splice(value: &mut Value, element_id: &str, others: &mut dyn FnMut(Value) -> Vec<Value>) -> bool {
    match value {
        Value::Array(items) => {
            if let Some(index) = items.iter().position(|item| has_id(item, element_id)) {
                let old = items.remove(index);
                let new = others(old);
                items.splice(index..index, new);
                return true;
            }
            items.iter_mut().any(|item| splice(item, element_id, others))
        }
        Value::Object(members) => members
            .iter_mut()
            .filter(|(name, _)| HOLDERS.contains(&name.as_str()))
            .any(|(_, member)| splice(member, element_id, others)),
        _ => false,
    }
}

/// The list of elements at the end of a card, or of one of its containers.
pub(crate) fn list_mut<'a>(card: &'a mut Value, container: Option<&str>) -> Option<&'a mut Vec<Value>> {
    let holder = match container {
        Some(element_id) => find_mut(card, element_id)?,
        None if card.get("body").is_some_and(Value::is_object) => card.get_mut("body")?,
        None => card,
    };
    let members = holder.as_object_mut()?;
    members.entry("elements").or_insert_with(|| json!([])).as_array_mut()
}

fn has_id(value: &Value, element_id: &str) -> bool {
    value.get("tag").is_some() && text(value, "element_id") == Some(element_id)
}

pub(crate) fn tag(element: &Value) -> &str {
    text(element, "tag").unwrap_or_default()
}

pub(crate) fn text<'a>(element: &'a Value, name: &str) -> Option<&'a str> {
    element.get(name).and_then(Value::as_str)
}

/// What is to be read on an element: its `content`, or that of its `text`.
pub(crate) fn label(element: &Value) -> Option<&str> {
    text(element, "content")
        .or_else(|| element.pointer("/text/content").and_then(Value::as_str))
        .or_else(|| text(element, "text"))
}

fn title(card: &Value) -> Option<&str> {
    card.pointer("/header/title/content").and_then(Value::as_str)
}

/// All texts of a card, one per line.
pub(crate) fn texts(card: &Value) -> String {
    let elements = elements(card);
    let lines: Vec<&str> = title(card).into_iter().chain(elements.into_iter().filter_map(label)).collect();
    lines.join("\n")
}

/// The form in which a card is received, from which the card cannot be made again (official documentation).
pub(crate) fn simplified(card: &Value) -> Value {
    let top = card.pointer("/body/elements").or_else(|| card.get("elements"));
    let top = top.or_else(|| card.get("i18n_elements")?.as_object()?.values().next());
    let paragraphs: Vec<Vec<Value>> = top
        .and_then(Value::as_array)
        .map(|elements| elements.iter().map(nodes).filter(|nodes| !nodes.is_empty()).collect())
        .unwrap_or_default();
    json!({"title": title(card), "elements": paragraphs})
}

/// The flat nodes of one element.
fn nodes(element: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    collect(element, &mut all);
    all.into_iter().filter_map(node).collect()
}

fn node(element: &Value) -> Option<Value> {
    let label = label(element);
    match tag(element) {
        "hr" => Some(json!({"tag": "hr"})),
        "img" => Some(json!({"tag": "img", "image_key": text(element, "img_key")})),
        "button" => Some(json!({"tag": "button", "text": label, "type": text(element, "type").unwrap_or("default")})),
        tag @ ("select_static" | "overflow" | "date_picker") => Some(json!({"tag": tag})),
        "note" => Some(json!({"tag": "note"})),
        _ => label.map(|label| json!({"tag": "text", "text": label})),
    }
}

/// A card in place of a template that is not known here: labelled, so that nobody takes it for the real one.
pub(crate) fn placeholder(template_id: &str, variables: &Value) -> Value {
    let mut lines = format!("The template `{template_id}` is kept on the platform and not known here.");
    if let Some(variables) = variables.as_object() {
        for (name, value) in variables {
            lines.push_str(&format!("\n- {name}: {value}"));
        }
    }
    json!({
        "schema": "2.0",
        "header": {"title": {"tag": "plain_text", "content": format!("Template {template_id}")}, "template": "grey"},
        "body": {"elements": [{"tag": "markdown", "content": lines}]},
    })
}

/// A template with its variables: `${name}` in a text is replaced, and a text that is nothing else by the value itself.
pub(crate) fn filled(template: &Value, variables: &Map<String, Value>) -> Value {
    match template {
        Value::String(text) => {
            let whole = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
            if let Some(value) = whole.and_then(|name| variables.get(name)) {
                return value.clone();
            }
            let replaced = variables.iter().fold(text.clone(), |text, (name, value)| {
                let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                text.replace(&format!("${{{name}}}"), &shown)
            });
            Value::String(replaced)
        }
        Value::Array(items) => items.iter().map(|item| filled(item, variables)).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, member)| (name.clone(), filled(member, variables))).collect()
        }
        other => other.clone(),
    }
}
