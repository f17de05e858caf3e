//! The application's answer to a delivery, and whether a person will see what it means.

use alloc::collections::BTreeMap;
use alloc::string::String;
use core::fmt;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::event::EventType;

/// The application's answer to a [`Delivery`](crate::Delivery).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub(crate) outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done(Option<Bytes>),
    Failed,
}

impl Reply {
    /// Handled.
    pub const fn ok() -> Reply {
        Reply { outcome: Outcome::Done(None) }
    }

    /// A callback was handled, and this JSON text is its answer. No text, or `null`, is no answer: the platform gets neither.
    ///
    /// The machine sends it for events as well, since callbacks of kinds that are not known yet look like them. The router
    /// of `larkwire` does so only where a handler was registered for a callback.
    pub fn json(data: impl Into<Bytes>) -> Reply {
        let data = data.into();
        let empty = matches!(data.trim_ascii(), b"" | b"null");
        Reply { outcome: Outcome::Done(Some(data).filter(|_| !empty)) }
    }

    /// Not handled: the platform will push an event again, and show an error for a callback.
    pub const fn failed() -> Reply {
        Reply { outcome: Outcome::Failed }
    }

    /// Whether this is [`Reply::failed`].
    pub fn is_failed(&self) -> bool {
        self.outcome == Outcome::Failed
    }

    /// The answer to a callback, if there is one.
    pub fn data(&self) -> Option<&Bytes> {
        match &self.outcome {
            Outcome::Done(data) => data.as_ref(),
            Outcome::Failed => None,
        }
    }

    /// Looks whether the answer has a form that the platform takes for a callback of this type. What has no answer is fine.
    ///
    /// Members that are not known are left to the platform, and so are the insides of cards.
    ///
    /// ```
    /// use larkwire_core::Reply;
    /// use larkwire_core::event::EventType;
    ///
    /// let click = EventType::p2("card.action.trigger");
    /// assert!(Reply::json(r#"{"toast":{"type":"info","content":"done"}}"#).check(click).is_ok());
    /// let error = Reply::json(r#"{"toast":{"type":"green","content":"done"}}"#).check(click).unwrap_err();
    /// assert_eq!(error.code(), 200672);
    /// ```
    ///
    /// # Errors
    /// What is wrong, and which error the person would see.
    pub fn check(&self, of: EventType<'_>) -> Result<(), BadReply> {
        let Some(data) = self.data() else { return Ok(()) };
        let text = core::str::from_utf8(data).map_err(|_| BadReply::NotAnObject)?;
        let answer = object(text).ok_or(BadReply::NotAnObject)?;
        let known: &[&str] = match (of.is_callback(), of.name) {
            (true, "card.action.trigger") => &["toast", "card"],
            (true, "url.preview.get") => &["inline", "card"],
            _ => return Ok(()),
        };
        if data.len() > LARGEST {
            return Err(BadReply::TooLarge { bytes: data.len() });
        }
        if !answer.is_empty() && !known.iter().any(|name| answer.contains_key(*name)) {
            return Err(BadReply::Empty);
        }
        for name in known {
            let Some(member) = answer.get(*name).filter(|member| member.get() != "null") else { continue };
            let member = object(member.get());
            match *name {
                "toast" => member.as_ref().map_or(Err("it is not an object"), toast).map_err(BadReply::Toast)?,
                "card" => member.as_ref().map_or(Err("it is not an object"), card).map_err(BadReply::Card)?,
                _ if member.is_none() => return Err(BadReply::Preview),
                _ => {}
            }
        }
        Ok(())
    }
}

/// `()` is the answer of a handler that has nothing to say.
impl From<()> for Reply {
    fn from((): ()) -> Reply {
        Reply::ok()
    }
}

/// Cards of 131 KB were seen to be accepted and of 164 KB to be refused (field report); 30 KB are documented for messages.
const LARGEST: usize = 150 * 1024;

/// The answer to a callback has a form that the platform does not take. The application's to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadReply {
    /// It is not a JSON object.
    NotAnObject,
    /// It is larger than 150 KiB, which no card may be.
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// It has members, but none that this callback has.
    Empty,
    /// Its `toast` is not a toast, for this reason.
    Toast(&'static str),
    /// Its `card` is not a card, for this reason.
    Card(&'static str),
    /// Its `inline` is not an object.
    Preview,
}

impl BadReply {
    /// The code that the person would be shown on the card (official documentation, seen in field reports): 200672 for an
    /// answer, 200673 for a card in it. An answer that failed, as the router gives in its place, shows 200671.
    pub fn code(&self) -> u32 {
        match self {
            BadReply::Card(_) => 200_673,
            _ => 200_672,
        }
    }
}

impl fmt::Display for BadReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the platform does not take this reply: ")?;
        match self {
            BadReply::NotAnObject => f.write_str("it is not a JSON object")?,
            BadReply::TooLarge { bytes } => write!(f, "it has {bytes} bytes, and the most are {LARGEST}")?,
            BadReply::Empty => f.write_str("it has none of the members that a reply to this callback has")?,
            BadReply::Toast(why) => write!(f, "its toast is wrong: {why}")?,
            BadReply::Card(why) => write!(f, "its card is wrong: {why}")?,
            BadReply::Preview => f.write_str("its `inline` is not an object")?,
        }
        write!(f, " (people would see error {})", self.code())
    }
}

impl core::error::Error for BadReply {}

type Members<'a> = BTreeMap<String, &'a RawValue>;

fn object(json: &str) -> Option<Members<'_>> {
    serde_json::from_str(json).ok()
}

fn text(member: &RawValue) -> Option<String> {
    String::deserialize(member).ok()
}

/// Type and text may both be left out (official documentation), but a toast without any text is none.
fn toast(toast: &Members<'_>) -> Result<(), &'static str> {
    match toast.get("type").map(|kind| text(kind)) {
        None => {}
        Some(Some(kind)) if ["info", "success", "error", "warning"].contains(&kind.as_str()) => {}
        Some(_) => return Err("its type is not one of info, success, error and warning"),
    }
    match (toast.get("content"), toast.get("i18n")) {
        (Some(content), _) if text(content).is_none() => Err("its content is not a text"),
        (None, None) => Err("it has neither content nor i18n"),
        (_, Some(i18n)) if object(i18n.get()).is_none() => Err("its i18n is not an object"),
        _ => Ok(()),
    }
}

/// `raw` and `template` are documented; what comes with another type is the platform's to judge.
fn card(card: &Members<'_>) -> Result<(), &'static str> {
    let kind = card.get("type").and_then(|kind| text(kind)).ok_or("it has no type, such as raw or template")?;
    let data = card.get("data").ok_or("it has no data")?;
    match (kind.as_str(), object(data.get())) {
        ("raw" | "template", None) => Err("its data is not an object"),
        ("template", Some(data)) if data.get("template_id").and_then(|id| text(id)).is_none() => {
            Err("its data has no template_id")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
