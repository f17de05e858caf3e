//! The bot itself.

pub mod v3;
