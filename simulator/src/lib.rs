//! A local Feishu/Lark platform: a peer for clients of the long connection, not a mock of one.
//!
//! It answers endpoint discovery, opens long connections with single-use tickets, pushes events and callbacks, checks
//! acks as strictly as the protocol allows, and pushes again what was not acked. People talk in chats and groups, edit,
//! recall, react and touch cards; bots answer through the part of the OpenAPI that they need, with the checks, the codes
//! and the limits of the platform. It shares nothing with the larkwire client but the frame codec, so that a mistake of
//! the client cannot hide in it. Clients in any language can connect to it: set their domain to [`Sim::domain`].
//!
//! There are two ways to use it:
//!
//! - [`Sim`] runs it on a loopback port, on a thread of its own, under any async runtime or none. This is what tests of
//!   a bot use:
//!
//!   ```
//!   use larkwire_sim::Sim;
//!
//!   futures::executor::block_on(async {
//!       let sim = Sim::start().await;
//!       // Start the bot here, with sim.config(), or with sim.domain(), sim.app_id() and sim.app_secret(). Then:
//!       //   sim.faults().duplicate().next(1);
//!       //   sim.user("alice").dm("hi").await;
//!       //   assert_eq!(sim.expect_reply().await.text(), "echo: hi");
//!       //   sim.settle().await.assert_no_more_replies().assert_all_acked_within(Duration::from_secs(3));
//!       assert!(sim.violations().is_empty());
//!   });
//!   ```
//!
//!   `examples/testing_your_bot.rs` is that story with a bot.
//! - [`Platform`], or [`SimCore`], is the machine inside: no IO, no clock, all randomness from a seed. This is what tests
//!   in virtual time use: an event that nobody takes is pushed five times within seven hours, and the test takes no
//!   time.
//!
//!   ```
//!   use larkwire_sim::{Input, Outcome, Output, Profile, Push, SimCore, Time};
//!
//!   let mut platform = SimCore::new(Profile::default(), 42, Time::ZERO);
//!   let push = platform.push(Time::ZERO, Push::event("im.message.receive_v1", serde_json::json!({})));
//!   while let Output::Wait(Some(next)) = platform.poll_output() {
//!       platform.handle_input(next, Input::Timeout);
//!   }
//!   let record = platform.push_record(push).unwrap();
//!   assert_eq!((record.deliveries.len(), &record.outcome), (5, &Outcome::GivenUp));
//!   ```
//!
//! # How fast it is
//!
//! Fast enough to be no part of what you measure: on two cores, one client on loopback that acks each event and has at most
//! 256 open is to get at least 300,000 events a second without a transcript, and 150,000 in full service: the transcript is
//! kept, and a page is open, so that there is a stream of it. Each ack is checked in both, and each deadline runs. It is to
//! start within 50 ms, and to take less than 20 MB while it is idle. This says how it is on your machine, and which of these
//! goals are met there:
//!
//! ```text
//! cargo run --release -p larkwire-sim --example load -- headless
//! cargo run --release -p larkwire-sim --example load
//! ```
//!
//! [`Profile::transcript`] switches the transcript off.
//!
//! # What is true
//!
//! What is not known of the real platform is marked as assumed or recalled where it is written; everything else names
//! its source: official documentation, the source of an official SDK, or reports from the field.
// The peer is a client under test: whatever it sends is data, never a reason to panic.
#![warn(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod cassette;
mod link;
mod platform;
mod replay;
mod server;
mod sim;

pub use larkwire_core::Time;

pub use self::cassette::CassetteError;
pub use self::link::{Link, LinkProfile};
pub use self::platform::{
    Abort, AckRecord, ActError, ActiveFault, Actor, ApiFault, App, AppProfile, BotMessage, CardAction, Change, Chat,
    ChatMessage, ChatMode, Click, ClickResult, ClientConfig, Connection, ConnectionId, Damage, Delivery, DeliveryFault,
    Disconnect, DiscoveryFault, DiscoveryRecord, Draft, DropHow, Entry, ExchangeId, Fault, FaultChange, FaultError,
    FaultId, FaultKind, FileKind, GroupMessages, Hex, Incident, Input, LimitSignal, Mention, Message, NamedFault,
    NoData, Occasion, Order, Outcome, Output, Pace, Person, Phase, Platform, PongFault, Posted, Preset, Profile, Push,
    PushId, PushKind, PushRecord, Reaction, Request, Response, Routing, Rule, Said, Severity, Shape, Shown, Split,
    Stats, StoredFile, Strictness, Times, Toast, UpgradeFault, UrlForm, Violation, Wake, What, Wire, code,
};
pub use self::replay::{ReplaySpeed, Replayed};
pub use self::sim::{
    Faults, Group, Planned, PushHandle, SentMessage, Settled, Sim, SimBuilder, StartError, TimedOut, User,
};

/// The simulator's core: the machine without sockets, in virtual time.
pub type SimCore = Platform;
