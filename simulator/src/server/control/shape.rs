//! The form in which one event is delivered, as calls spell it: the names of the faults that do the same.

use std::time::Duration;

use serde::Deserialize;

use crate::platform::{Order, Shape, Split};

/// `shape` of a call.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ShapeSpec {
    split: Option<usize>,
    order: Ordering,
    duplicate: bool,
    delay_ms: u64,
    frame_type: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Ordering {
    #[default]
    InOrder,
    Reversed,
    Shuffled,
}

impl From<ShapeSpec> for Shape {
    fn from(spec: ShapeSpec) -> Shape {
        let mut shape = Shape::default();
        if let Some(parts) = spec.split {
            shape.split = Split::Parts(parts);
        }
        shape.order = match spec.order {
            Ordering::InOrder => Order::InOrder,
            Ordering::Reversed => Order::Parts((0..spec.split.unwrap_or(1).min(10_000)).rev().collect()),
            Ordering::Shuffled => Order::Shuffled,
        };
        shape.copies = if spec.duplicate { 2 } else { 1 };
        shape.delay = Duration::from_millis(spec.delay_ms);
        if let Some(frame_type) = spec.frame_type {
            shape.frame_type = frame_type.into();
        }
        shape
    }
}
