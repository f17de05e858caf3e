//! Cards that a person has acted on.

pub mod v1;
