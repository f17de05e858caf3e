//! The ways from a bot to the platform, over real sockets: TLS, proxies, several addresses. Each test waits for what happens,
//! never for time.

#[path = "../support/log.rs"]
mod log;
#[path = "../support/mod.rs"]
mod support;

mod addresses;
mod bots;
mod hostile;
mod installed;
mod told;
mod ways;
