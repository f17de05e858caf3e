//! The Feishu/Lark *long connection* as a pure state machine.
//!
//! A bot opens one WebSocket to the open platform and receives events and card callbacks over it. This crate knows
//! everything about that: endpoint discovery, refused upgrades, frames, split messages, acks, pings, liveness, reconnecting,
//! deduplication. And it does nothing: no socket, no clock, no thread, no runtime, not even `std`. Bytes and times go in;
//! requests, messages and notices come out. The package `larkwire` carries it over real connections.
//!
//! # States
//!
//! ```text
//!   new ──▶ Discovering ──▶ Connecting ──▶ Open ──┐          Open ──▶ Draining ──▶ Closing ──▶ Stopped
//!               ▲  │            │            │    │ ping, ack, settings
//!               │  └────────────┼────────────┤◀───┘
//!               │               │ lost       │
//!               └── Backoff ◀───┴────────────┘      Stopped: refused for good, tries used up, shutdown
//! ```
//!
//! # The loop
//!
//! Whoever drives a [`Client`] tells it what happened ([`Client::handle_input`]) and does what it says
//! ([`Client::poll_output`]) until it says [`Output::Wait`]; then waits for the time given there or for something to happen,
//! whichever is first. This one has a network that never works:
//!
//! ```
//! use larkwire_core::{Client, Config, Input, LinkError, LinkErrorKind, Notice, Output, Stop, Time};
//!
//! let mut config = Config::new("cli_a1b2c3d4e5f60718", "the app secret");
//! config.reconnect.max_attempts = Some(3);
//!
//! let mut now = Time::ZERO;
//! let mut client = Client::new(config, 42, now);
//! let stop = loop {
//!     match client.poll_output() {
//!         Output::Request { attempt, request } => {
//!             assert_eq!(request.url.to_string(), "https://open.feishu.cn/callback/ws/endpoint");
//!             let error = LinkError::new(LinkErrorKind::Dns, "no such host");
//!             client.handle_input(now, Input::Failed { attempt, error });
//!         }
//!         Output::Notice(Notice::Stopped(stop)) => break stop,
//!         Output::Notice(notice) => println!("{notice:?}"),
//!         Output::Wait(Some(until)) => {
//!             now = until; // a driver sleeps here
//!             client.handle_input(now, Input::Timeout);
//!         }
//!         _ => unreachable!("there is no connection to use"),
//!     }
//! };
//! assert!(matches!(stop, Stop::TriesUsedUp { attempts: 3, .. }));
//! // Two waits: one second and two, each with up to a quarter more.
//! assert!((3.0..3.75).contains(&now.since_origin().as_secs_f64()));
//! ```
//!
//! # What it does not do
//!
//! It does not resolve, connect, encrypt, sleep, spawn, log or lock; does not ask what time it is, and does not make its own
//! randomness; does not run handlers. It has no global state: as many clients as you like. Calls of the OpenAPI are values,
//! too: [`api`] says what is sent and what comes of the answer, and [`message`] what messages say.
//!
//! # Hostile input
//!
//! Every number of the peer is checked against a [limit](Limits) before it sizes anything. Whatever cannot be understood is
//! counted and told, and the next message is looked at with fresh eyes. Secrets are never shown: not by `Debug`, not in an
//! error, and not when the platform quotes them.
#![no_std]
// Everything in this crate may touch what the peer sent.
#![warn(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc
)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod ack;
pub mod api;
mod backoff;
mod client;
mod config;
mod dedup;
mod delivery;
mod endpoint;
pub mod event;
mod failure;
pub mod frame;
mod handshake;
mod json;
mod lenient;
pub mod message;
mod reassembly;
mod reply;
mod secret;
mod settings;
mod state;
mod stats;
mod time;
mod timers;
mod url;
pub mod value;
mod vocabulary;

pub use client::Client;
pub use config::{
    AckMode, Calls, Config, ConfigError, Credential, Deadlines, Domain, LateCallback, Limits, Liveness, Reconnect,
};
pub use delivery::Delivery;
pub use failure::{Failure, LimitSignal, LinkError, LinkErrorKind, Phase, Refusal, Rejection, Stop};
pub use reply::{BadReply, Reply};
pub use secret::Secret;
pub use settings::Settings;
pub use stats::{Frames, Oddities, Stats, Status};
pub use time::Time;
pub use url::{Scheme, Url, UrlError};
pub use vocabulary::{
    AliveKind, Assertion, AssertionError, Attempt, Close, Connect, DeliveryId, DropReason, Gap, Headers, Input,
    MessageKind, Notice, Output, Replied, Request, Target, UnknownDelivery,
};
