//! Callbacks of cards: what a person did with a card, and the answer to it.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::event::{Event, EventType};
use crate::vocabulary::Reply;

/// `card.action.trigger`: somebody clicked, chose or submitted something in a card. Its answer is an [`ActionReply`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ActionTrigger {
    /// Who did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<Operator>,
    /// With this the card can be updated later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<UpdateToken>,
    /// What was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
    /// Where the card is: `im_message` or `im_top_notice`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// `url_preview` for a card that is the preview of a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery_type: Option<String>,
    /// In which message and chat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
}

impl Event for ActionTrigger {
    const TYPE: EventType<'static> = EventType::p2("card.action.trigger");
}

/// The token that lets a card be updated for 30 minutes. Not shown by Debug.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UpdateToken(String);

impl UpdateToken {
    /// The token itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl core::fmt::Debug for UpdateToken {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("***")
    }
}

/// Who acted on a card.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Operator {
    /// Its tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_key: Option<String>,
    /// The id in the tenant. Needs a permission.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// `ou_…`: the id in this app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_id: Option<String>,
    /// `on_…`: the same in all apps of a vendor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub union_id: Option<String>,
}

/// What was done with a card.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Action {
    /// What the developer bound to the element: an object, or a text if a text was bound (official documentation).
    #[serde(skip_serializing_if = "Value::is_null", deserialize_with = "crate::event::value::any")]
    pub value: Value,
    /// The kind of element: `button`, `select_static`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// What was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub option: Option<String>,
    /// The time zone of the person, for date pickers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// The name of the element.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What a form contains, by the names of its elements.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "crate::event::value::object")]
    pub form_value: Option<Map<String, Value>>,
    /// What was typed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_value: Option<String>,
    /// What was chosen, where several can be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<Vec<String>>,
    /// Whether it was checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked: Option<bool>,
}

/// Where the card is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Context {
    /// The link, for a preview.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The token of the preview. A capability: treat it like one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preview_token: Option<UpdateToken>,
    /// `om_…`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_message_id: Option<String>,
    /// `oc_…`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_chat_id: Option<String>,
}

/// The answer to an [`ActionTrigger`]: a toast, a new card, both or neither.
///
/// ```
/// use larkwire_core::event::card::{ActionReply, ToastKind};
///
/// let reply = ActionReply::new().toast(ToastKind::Success, "done");
/// assert_eq!(reply.to_json(), r#"{"toast":{"type":"success","content":"done"}}"#);
/// assert_eq!(ActionReply::new().to_json(), "{}");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ActionReply {
    /// A short text that appears over the chat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toast: Option<Toast>,
    /// What the card becomes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card: Option<NewCard>,
}

/// A short text that appears over the chat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Toast {
    /// Its colour and icon.
    #[serde(rename = "type")]
    pub kind: ToastKind,
    /// The text.
    pub content: String,
    /// The text by language, such as `en_us`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub i18n: Option<BTreeMap<String, String>>,
}

/// The look of a [`Toast`] (official documentation).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ToastKind {
    /// Grey.
    Info,
    /// Green.
    Success,
    /// Red.
    Error,
    /// Orange.
    Warning,
}

/// A card that takes the place of the one that was acted on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all = "lowercase")]
#[non_exhaustive]
pub enum NewCard {
    /// A card as JSON.
    Raw(Value),
    /// A template of the card builder: `template_id`, `template_variable`, `template_version_name`.
    Template(Value),
}

impl ActionReply {
    /// An answer with nothing in it: the person sees no error.
    pub fn new() -> ActionReply {
        ActionReply::default()
    }

    /// With a toast.
    #[must_use]
    pub fn toast(mut self, kind: ToastKind, content: impl Into<String>) -> ActionReply {
        self.toast = Some(Toast { kind, content: content.into(), i18n: None });
        self
    }

    /// With another card.
    #[must_use]
    pub fn card(mut self, card: NewCard) -> ActionReply {
        self.card = Some(card);
        self
    }

    /// As JSON text.
    pub fn to_json(&self) -> String {
        // All keys are text, so that it cannot fail; if it did, an empty object would be the neutral answer.
        serde_json::to_string(self).unwrap_or_else(|_| "{}".to_string())
    }
}

impl From<ActionReply> for Reply {
    fn from(reply: ActionReply) -> Reply {
        Reply::json(reply.to_json())
    }
}
