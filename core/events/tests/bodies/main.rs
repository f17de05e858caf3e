//! All bodies against the data that they come from: that each is there, and that it reads what its schema says.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod count;
mod random;
mod samples;
mod schema;
mod table;

use std::any::type_name;
use std::fmt::Debug;

use larkwire_core::event::{BodyError, Event, EventType, Schema};
use larkwire_events::card::ActionTrigger;
use larkwire_events::url::PreviewGet;
use serde::Serialize;
use serde_json::Value;

/// A type that is the body of an event.
pub(crate) struct Body {
    event_type: EventType<'static>,
    rust_name: &'static str,
    read: fn(&str) -> Result<Read, BodyError>,
}

/// A body after it was read.
pub(crate) struct Read {
    /// Written again.
    value: Value,
    /// As Debug shows it.
    shown: String,
}

impl Body {
    fn of<E: Event + Serialize + Debug>() -> Body {
        let read = |json: &str| {
            let body = E::parse(json)?;
            Ok(Read { value: serde_json::to_value(&body).unwrap(), shown: format!("{body:?}") })
        };
        Body { event_type: E::TYPE, rust_name: type_name::<E>(), read }
    }

    /// `p1` or `p2`, and the key of the event.
    fn key(&self) -> (&'static str, &'static str) {
        let version = match self.event_type.schema {
            Schema::P1 => "p1",
            Schema::P2 => "p2",
            other => panic!("{other:?}"),
        };
        (version, self.event_type.name)
    }
}

/// The bodies that are written by hand.
fn callbacks() -> [Body; 2] {
    [Body::of::<ActionTrigger>(), Body::of::<PreviewGet>()]
}

fn all() -> impl Iterator<Item = Body> {
    table::events().into_iter().chain(callbacks())
}
