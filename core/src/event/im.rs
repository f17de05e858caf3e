//! Events of messages.

pub mod v1;
