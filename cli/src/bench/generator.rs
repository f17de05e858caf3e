//! The load generator: just enough of the platform to push events as fast as any client takes them.
//!
//! Discovery, the upgrade, pongs, and messages with so many of them unacked at a time. It keeps no transcript and no page,
//! checks every ack, and copies no payload: the system takes them out of a ring that was prepared.

mod ack;
mod platform;
mod ring;
#[expect(unreachable_pub, reason = "benches/ has this file as a module, too")]
pub(super) mod samples;
mod tls;
mod traffic;
mod websocket;

use std::io::{Read, Write};

pub(super) use self::platform::Platform;
pub(super) use self::tls::Authority;
pub(super) use self::traffic::{Traffic, run};

/// A byte stream.
pub(super) trait Stream: Read + Write + Send {}

impl<T: Read + Write + Send> Stream for T {}
