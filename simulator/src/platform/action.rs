//! What a person does with an element of a card, as the bot is told of it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::card;
use super::message::ChatMessage;

/// `action` of `card.action.trigger` (official documentation).
///
/// ```
/// use larkwire_sim::CardAction;
/// use serde_json::json;
///
/// let action = CardAction::of("select_static").name("city").option("sz");
/// assert_eq!(serde_json::to_value(action).unwrap(), json!({"tag": "select_static", "name": "city", "option": "sz"}));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CardAction {
    /// The kind of element: `button`, `select_static`, `multi_select_static`, `date_picker`, `picker_time`,
    /// `picker_datetime`, `input`, `checker`, `overflow`, ... The submit button of a form is a `button`.
    pub tag: String,
    /// What the developer bound to the element: an object, or a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The name of the element.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What was chosen; of date pickers, the date with its zone: `2026-01-31 +0800`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub option: Option<String>,
    /// What was chosen, where several can be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<Vec<String>>,
    /// Whether it was checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked: Option<bool>,
    /// What was typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_value: Option<String>,
    /// What the form contains, by the names of its elements.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form_value: Option<Map<String, Value>>,
    /// The time zone of the person. Without it, `Asia/Shanghai`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
}

impl CardAction {
    /// Something is done with an element of this kind.
    pub fn of(tag: impl Into<String>) -> CardAction {
        CardAction { tag: tag.into(), ..CardAction::default() }
    }

    /// A button with this value is clicked.
    pub fn button(value: Value) -> CardAction {
        CardAction { value: Some(value), ..CardAction::of("button") }
    }

    /// The same with the name of the element.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> CardAction {
        self.name = Some(name.into());
        self
    }

    /// The same with what was chosen.
    #[must_use]
    pub fn option(mut self, option: impl Into<String>) -> CardAction {
        self.option = Some(option.into());
        self
    }

    /// The same with what was chosen, where several can be.
    #[must_use]
    pub fn options<S: Into<String>>(mut self, options: impl IntoIterator<Item = S>) -> CardAction {
        self.options = Some(options.into_iter().map(Into::into).collect());
        self
    }

    /// The same, checked or not.
    #[must_use]
    pub fn checked(mut self, checked: bool) -> CardAction {
        self.checked = Some(checked);
        self
    }

    /// The same with what was typed.
    #[must_use]
    pub fn input(mut self, text: impl Into<String>) -> CardAction {
        self.input_value = Some(text.into());
        self
    }

    /// The same with one more element of the form that is submitted.
    #[must_use]
    pub fn field(mut self, name: impl Into<String>, value: impl Into<Value>) -> CardAction {
        self.form_value.get_or_insert_default().insert(name.into(), value.into());
        self
    }
}

impl ChatMessage {
    /// What happens when the element with this label, name or id is touched: its kind, name and value. What was chosen or
    /// typed is to be added. None if the message shows no card with such an element.
    pub fn action(&self, element: &str) -> Option<CardAction> {
        let elements = card::elements(self.card.as_ref()?);
        let named = |found: &&&Value| {
            let names = [card::text(found, "name"), card::text(found, "element_id"), card::label(found)];
            let placeholder = found.pointer("/placeholder/content").and_then(Value::as_str);
            names.contains(&Some(element)) || placeholder == Some(element)
        };
        // A text can say the same as a button.
        let touchable = |found: &&&Value| !["markdown", "div", "hr", "img", "form"].contains(&card::tag(found));
        let found = elements.iter().filter(touchable).find(named)?;
        Some(CardAction {
            value: bound_value(found).cloned(),
            name: card::text(found, "name").map(str::to_owned),
            ..CardAction::of(card::tag(found))
        })
    }
}

/// What the developer bound to an element: `value`, or that of a callback in `behaviors`.
fn bound_value(element: &Value) -> Option<&Value> {
    let callback = |behavior: &&Value| card::text(behavior, "type") == Some("callback");
    let behaviors = element.get("behaviors").and_then(Value::as_array);
    let of_behavior = behaviors.and_then(|behaviors| behaviors.iter().find(callback)?.get("value"));
    of_behavior.or_else(|| element.get("value"))
}
