//! The callback of links: what becomes of a link to your pages when somebody puts it into a message.
//!
//! ```
//! use larkwire_events::url::{Inline, PreviewReply};
//!
//! let inline = Inline::new("构建 4471：通过").i18n("en_us", "Build 4471: passed").image_key("img_v2_1");
//! let reply = PreviewReply::new().inline(inline);
//! assert_eq!(
//!     reply.to_json(),
//!     r#"{"inline":{"title":"构建 4471：通过","i18n_title":{"en_us":"Build 4471: passed"},"image_key":"img_v2_1"}}"#
//! );
//! ```

use alloc::collections::BTreeMap;
use alloc::string::String;

use larkwire_core::Reply;
use larkwire_core::event::{Event, EventType};
use serde::{Deserialize, Serialize};

use crate::card::{Context, NewCard, Operator, json};
use crate::lenient::object;

/// `url.preview.get`: somebody put a link into a message whose preview this app makes. Its answer is a [`PreviewReply`].
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct PreviewGet {
    /// Who did it.
    pub operator: Option<Operator>,
    /// Where the link is: `im_message` or others.
    pub host: Option<String>,
    /// `url_preview`, as far as seen.
    pub delivery_type: Option<String>,
    /// The link, and in which message and chat it is.
    pub context: Option<Context>,
}

object!(PreviewGet { operator, host, delivery_type, context });

impl Event for PreviewGet {
    const TYPE: EventType<'static> = EventType::p2("url.preview.get");
}

/// The answer to a [`PreviewGet`]: a title in the place of the link, a card below the message, both or neither.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PreviewReply {
    /// What stands in the place of the link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inline: Option<Inline>,
    /// What is shown below the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card: Option<NewCard>,
}

impl PreviewReply {
    /// An answer with nothing in it: the link stays as it is.
    pub fn new() -> PreviewReply {
        PreviewReply::default()
    }

    /// With something in the place of the link.
    #[must_use]
    pub fn inline(mut self, inline: Inline) -> PreviewReply {
        self.inline = Some(inline);
        self
    }

    /// With a card below the message: a [`NewCard`], a [`Template`](crate::card::Template), or a card as JSON.
    #[must_use]
    pub fn card(mut self, card: impl Into<NewCard>) -> PreviewReply {
        self.card = Some(card.into());
        self
    }

    /// As JSON text.
    pub fn to_json(&self) -> String {
        json(self)
    }
}

impl From<PreviewReply> for Reply {
    fn from(reply: PreviewReply) -> Reply {
        Reply::json(reply.to_json())
    }
}

/// What stands in the place of a link.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Inline {
    /// The text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The text by language, such as `en_us`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub i18n_title: Option<BTreeMap<String, String>>,
    /// `img_…`: an icon before the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_key: Option<String>,
    /// Where it leads, if not where the link does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<InlineUrl>,
}

impl Inline {
    /// A text for everybody.
    pub fn new(title: impl Into<String>) -> Inline {
        Inline { title: Some(title.into()), ..Inline::default() }
    }

    /// With another text for those who use this language, such as `en_us`, `zh_cn` or `ja_jp`.
    #[must_use]
    pub fn i18n(mut self, language: impl Into<String>, title: impl Into<String>) -> Inline {
        self.i18n_title.get_or_insert_default().insert(language.into(), title.into());
        self
    }

    /// With an icon that was uploaded before.
    #[must_use]
    pub fn image_key(mut self, key: impl Into<String>) -> Inline {
        self.image_key = Some(key.into());
        self
    }

    /// Leading elsewhere.
    #[must_use]
    pub fn url(mut self, url: InlineUrl) -> Inline {
        self.url = Some(url);
        self
    }
}

/// Where an [`Inline`] leads, on each system.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InlineUrl {
    /// What is copied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copy_url: Option<String>,
    /// On iOS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ios: Option<String>,
    /// On Android.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub android: Option<String>,
    /// On desktops.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pc: Option<String>,
    /// In browsers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web: Option<String>,
}

impl InlineUrl {
    /// The same link on all systems. Assign the fields of those that need another.
    pub fn everywhere(url: impl Into<String>) -> InlineUrl {
        let url = Some(url.into());
        let (copy_url, ios, android, pc) = (url.clone(), url.clone(), url.clone(), url.clone());
        InlineUrl { copy_url, ios, android, pc, web: url }
    }
}

#[cfg(test)]
mod tests;
