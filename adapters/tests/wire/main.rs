//! The adapter against peers made by hand: in-memory streams instead of sockets, a clock that jumps instead of waiting.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

mod api;
mod api_files;
mod api_retries;
mod api_token;
mod bot;
mod driver;
mod hostile;
mod http;
mod log;
mod proxy;
mod router;
mod support;
#[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
mod tls;
mod user;
