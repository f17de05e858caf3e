//! Cards that can be changed bit by bit, and that seem to be typed.

pub mod v1;
