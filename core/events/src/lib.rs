//! The bodies of the platform's events and callbacks as types: [`im::v1::MessageReceiveV1`], [`card::ActionTrigger`], …
//!
//! Each type implements [`Event`](larkwire_core::event::Event), which says which events it is the body of and reads it. The
//! package `larkwire` has all of this as `larkwire::event`.
//!
//! ```
//! use larkwire_core::event::{Envelope, Event};
//! use larkwire_events::im::v1::MessageReceiveV1;
//!
//! let payload = br#"{"schema":"2.0","header":{"event_type":"im.message.receive_v1"},"event":{
//!     "message":{"message_type":"text","content":"{\"text\":\"hi\"}","create_time":1609073151345,"new":[]}}}"#;
//! let envelope = Envelope::parse(payload)?;
//! assert_eq!(envelope.event_type(), Some(MessageReceiveV1::TYPE));
//!
//! let body = MessageReceiveV1::parse(envelope.event.unwrap_or("null"))?;
//! assert_eq!(body.text().as_deref(), Some("hi"));
//! assert_eq!(body.message.and_then(|message| message.create_time).as_deref(), Some("1609073151345"));
//! assert_eq!(body.sender, None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Names
//!
//! An event of version 2.0 is in the module of its domain and API version: `im.message.receive_v1` is
//! [`im::v1::MessageReceiveV1`]. The bodies of version 1.0 are beside them and begin with `P1`: `out_approval` is
//! `approval::v4::P1OutApprovalV4`. Where several keys of version 1.0 share a body, each key has a type of its own around
//! it: `user_leave` is [`contact::v3::P1UserLeave`], with the members of [`contact::v3::P1UserChangedV3`].
//! The key of an event is in the first line of its documentation, so that a search for it finds the type.
//!
//! # Reading
//!
//! What the platform sends is not quite what its documentation says, so reading is lenient:
//!
//! - Every member is optional: the platform leaves out what an app has no permission for.
//! - A text may come as a number, an integer as a text of digits. Where the platform sends another form than it declares,
//!   as it does for the times of a message, the type is that of what is sent.
//! - `null` is nothing everywhere, and `""` is nothing where no text is expected.
//! - A lone object stands for a list of one.
//! - Unknown members are skipped, so that new ones never fail. Of a repeated member the last counts.
//!
//! Anything else of another form than declared is a [`BodyError`](larkwire_core::event::BodyError), which quotes nothing.
//! The raw JSON stays at hand beside the typed body: [`Envelope::event`](larkwire_core::event::Envelope::event).
//! Values that are an enumeration today are texts and numbers here: the platform adds to them.
//!
//! # Features
//!
//! One for each domain, with the name of its module; by default `application`, `card` (the callbacks, with [`url`]),
//! `contact` and `im`; `all` for all of them. A type that no handler asks for costs nothing at run time.
//!
//! The types come from the data in `schema/`, by `cargo run -p xtask -- events`.
#![no_std]
// Everything in this crate may touch what the peer sent.
#![warn(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

extern crate alloc;
#[cfg(test)]
extern crate std;

#[cfg(feature = "card")]
pub mod card;
mod generated;
mod lenient;
#[cfg(feature = "im")]
mod message;
mod token;
#[cfg(feature = "card")]
pub mod url;

pub use generated::*;
pub use token::Token;
