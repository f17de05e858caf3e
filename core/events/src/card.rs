//! Callbacks of cards: what a person did with a card, and the answer to it.
//!
//! ```
//! use larkwire_core::event::Event;
//! use larkwire_events::card::{ActionReply, ActionTrigger, Template, Toast};
//!
//! let click = ActionTrigger::parse(r#"{"action":{"tag":"button","value":{"approve":true}},"token":"c-1"}"#)?;
//! let action = click.action.unwrap_or_default();
//! assert_eq!(action.value["approve"], true);
//!
//! let reply = ActionReply::from(Toast::success("完成").i18n("en_us", "done"))
//!     .card(Template::new("AAqyBQVmUNxxx").version("1.0.0").variable("state", "approved"));
//! assert_eq!(
//!     reply.to_json(),
//!     r#"{"toast":{"type":"success","content":"完成","i18n":{"en_us":"done"}},"card":{"type":"template","data":{"template_id":"AAqyBQVmUNxxx","template_version_name":"1.0.0","template_variable":{"state":"approved"}}}}"#
//! );
//! # Ok::<(), larkwire_core::event::BodyError>(())
//! ```

mod reply;

use alloc::string::String;
use alloc::vec::Vec;

use larkwire_core::event::{Event, EventType};
use serde_json::{Map, Value};

use crate::lenient::object;

pub use crate::Token as UpdateToken;
pub use larkwire_core::message::Template;
pub(crate) use reply::json;
pub use reply::{ActionReply, NewCard, Toast, ToastKind};

/// `card.action.trigger`: somebody clicked, chose or submitted something in a card. Its answer is an [`ActionReply`].
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ActionTrigger {
    /// Who did it.
    pub operator: Option<Operator>,
    /// With this the card can be updated later, for 30 minutes.
    pub token: Option<UpdateToken>,
    /// What was done.
    pub action: Option<Action>,
    /// Where the card is: `im_message` or `im_top_notice`.
    pub host: Option<String>,
    /// `url_preview` for a card that is the preview of a link.
    pub delivery_type: Option<String>,
    /// In which message and chat.
    pub context: Option<Context>,
}

object!(ActionTrigger { operator, token, action, host, delivery_type, context });

impl Event for ActionTrigger {
    const TYPE: EventType<'static> = EventType::p2("card.action.trigger");
}

/// Who acted on a card, or sees a link.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Operator {
    /// Its tenant.
    pub tenant_key: Option<String>,
    /// The id in the tenant. Needs a permission.
    pub user_id: Option<String>,
    /// `ou_…`: the id in this app.
    pub open_id: Option<String>,
    /// `on_…`: the same in all apps of a vendor.
    pub union_id: Option<String>,
}

object!(Operator { tenant_key, user_id, open_id, union_id });

/// What was done with a card.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Action {
    /// What the developer bound to the element: an object, or a text if a text was bound (official documentation).
    pub value: Value,
    /// The kind of element: `button`, `select_static`, …; `button` for a form, too.
    pub tag: Option<String>,
    /// What was chosen.
    pub option: Option<String>,
    /// The time zone of the person, for date pickers.
    pub timezone: Option<String>,
    /// The name of the element.
    pub name: Option<String>,
    /// What a form contains, by the names of its elements.
    pub form_value: Option<Map<String, Value>>,
    /// What was typed.
    pub input_value: Option<String>,
    /// What was chosen, where several can be.
    pub options: Option<Vec<String>>,
    /// Whether it was checked.
    pub checked: Option<bool>,
}

object!(Action { value, tag, option, timezone, name, form_value, input_value, options, checked });

/// Where the card or the link is.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Context {
    /// The link, for a preview.
    pub url: Option<String>,
    /// The token of the preview.
    pub preview_token: Option<UpdateToken>,
    /// `om_…`
    pub open_message_id: Option<String>,
    /// `oc_…`
    pub open_chat_id: Option<String>,
}

object!(Context { url, preview_token, open_message_id, open_chat_id });

#[cfg(test)]
mod tests;
