use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};

use larkwire_core::Reply;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use larkwire_core::message::{Card, Template};
use larkwire_core::value;

/// The answer to an [`ActionTrigger`](super::ActionTrigger): a toast, a new card, both or neither.
///
/// ```
/// use larkwire_events::card::{ActionReply, ToastKind};
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

impl ActionReply {
    /// An answer with nothing in it: the person sees no error.
    pub fn new() -> ActionReply {
        ActionReply::default()
    }

    /// With a toast. One with texts in several languages is a [`Toast`] first: `ActionReply::from(toast)`.
    #[must_use]
    pub fn toast(mut self, kind: ToastKind, content: impl Into<String>) -> ActionReply {
        self.toast = Some(Toast::new(kind, content));
        self
    }

    /// With another card: a [`NewCard`], a [`Template`], or a card as JSON.
    #[must_use]
    pub fn card(mut self, card: impl Into<NewCard>) -> ActionReply {
        self.card = Some(card.into());
        self
    }

    /// As JSON text.
    pub fn to_json(&self) -> String {
        json(self)
    }
}

impl From<Toast> for ActionReply {
    fn from(toast: Toast) -> ActionReply {
        ActionReply { toast: Some(toast), card: None }
    }
}

impl From<ActionReply> for Reply {
    fn from(reply: ActionReply) -> Reply {
        Reply::json(reply.to_json())
    }
}

/// A short text that appears over the chat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Toast {
    /// Its colour and icon.
    #[serde(rename = "type", default)]
    pub kind: ToastKind,
    /// The text.
    #[serde(default)]
    pub content: String,
    /// The text by language, such as `en_us`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub i18n: Option<BTreeMap<String, String>>,
}

impl Toast {
    /// A toast with one text for everybody.
    pub fn new(kind: ToastKind, content: impl Into<String>) -> Toast {
        Toast { kind, content: content.into(), i18n: None }
    }

    /// A grey one.
    pub fn info(content: impl Into<String>) -> Toast {
        Toast::new(ToastKind::Info, content)
    }

    /// A green one.
    pub fn success(content: impl Into<String>) -> Toast {
        Toast::new(ToastKind::Success, content)
    }

    /// A red one.
    pub fn error(content: impl Into<String>) -> Toast {
        Toast::new(ToastKind::Error, content)
    }

    /// An orange one.
    pub fn warning(content: impl Into<String>) -> Toast {
        Toast::new(ToastKind::Warning, content)
    }

    /// With another text for those who use this language, such as `en_us`, `zh_cn` or `ja_jp`.
    #[must_use]
    pub fn i18n(mut self, language: impl Into<String>, content: impl Into<String>) -> Toast {
        self.i18n.get_or_insert_default().insert(language.into(), content.into());
        self
    }
}

/// The look of a [`Toast`] (official documentation).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ToastKind {
    /// Grey.
    #[default]
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
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
#[non_exhaustive]
pub enum NewCard {
    /// A card as JSON.
    Raw(#[serde(deserialize_with = "value::any")] Value),
    /// A card made in the card builder.
    Template(Template),
    /// A card entity (cardkit), as the JSON *text* of a card of schema 2.0. Not confirmed by an official SDK.
    CardJson(String),
}

impl From<Value> for NewCard {
    fn from(card: Value) -> NewCard {
        NewCard::Raw(card)
    }
}

impl From<Card> for NewCard {
    fn from(card: Card) -> NewCard {
        NewCard::Raw(card.into())
    }
}

impl From<Template> for NewCard {
    fn from(template: Template) -> NewCard {
        NewCard::Template(template)
    }
}

/// An answer as JSON text. All keys are texts, so that it cannot fail; if it did, an empty object is the neutral answer.
pub(crate) fn json(reply: &impl Serialize) -> String {
    serde_json::to_string(reply).unwrap_or_else(|_| "{}".to_string())
}
