//! The OpenAPI, family by family.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod calls;
mod cardkit;
mod chats;
#[path = "../common/mod.rs"]
mod common;
mod files;
mod hostile;
mod messages;
mod reactions;
mod replay;
