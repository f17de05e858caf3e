//! Events and callbacks: their envelope, their bodies as types, and the trait for types of your own.
//!
//! The bodies are in a module for each domain and API version: `im.message.receive_v1` is `im::v1::MessageReceiveV1`. Which
//! domains are there depends on the features of this crate; the crate `larkwire_events` says more about their names and
//! how they are read. Callbacks are in `card` and `url`, with their answers.
//!
//! What has no type here, or more members than you want, gets a type of your own, which a handler asks for like any other:
//!
//! ```
//! use larkwire::event::{Event, EventType};
//! use larkwire::{BoxError, Ctx, Router};
//!
//! #[derive(serde::Deserialize)]
//! struct Rooms {
//!     #[serde(default)]
//!     rooms: Vec<String>,
//! }
//!
//! impl Event for Rooms {
//!     const TYPE: EventType<'static> = EventType::p2("acme.rooms.changed_v1");
//! }
//!
//! async fn changed(_: Ctx, event: Rooms) -> Result<(), BoxError> {
//!     println!("{} rooms", event.rooms.len());
//!     Ok(())
//! }
//!
//! let router = Router::builder().on(changed).build()?;
//! # Ok::<(), larkwire::RouterError>(())
//! ```
//!
//! The raw JSON is always at hand beside the typed body, as [`Envelope::event`] of
//! [`Delivery::envelope`](crate::Delivery::envelope).

#[doc(inline)]
pub use larkwire_core::event::*;
#[doc(inline)]
pub use larkwire_events::*;
