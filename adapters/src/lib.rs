//! Bots for Feishu and Lark over the platform's *long connection*: events come by WebSocket, with no public address, tunnel
//! or certificate.
//!
// Everything that a peer sends passes through here.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(all(feature = "tokio", feature = "event-im"), doc = "```no_run")]
#![cfg_attr(not(all(feature = "tokio", feature = "event-im")), doc = "```ignore")]
//! use larkwire::event::im::v1::MessageReceiveV1;
//! use larkwire::{ApiClient, ApiError, Bot, Config, Router};
//!
//! async fn echo(api: ApiClient, event: MessageReceiveV1) -> Result<(), ApiError> {
//!     let text = event.text();
//!     if let (Some(text), Some(id)) = (text, event.message.and_then(|message| message.message_id)) {
//!         api.reply_text(&id, &format!("echo: {text}")).await?;
//!     }
//!     Ok(())
//! }
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let config = Config::new(std::env::var("LARK_APP_ID")?, std::env::var("LARK_APP_SECRET")?);
//! let router = Router::builder().on(echo).build()?;
//! Err(Bot::new(config, router).run().await.into())
//! # }
//! ```
//!
//! The protocol is in `larkwire-core`, which knows no socket, clock or thread: when to connect, what to answer, what to
//! give up. This crate moves the bytes. From the top:
//!
//! - [`Bot`] runs a [`Router`] and keeps the connection; its [`Handle`] watches and stops it.
//! - What a handler can be and ask for, and how it is replaced while the bot runs, is in [`router`].
//! - [`ApiClient`] makes API calls in the name of the app: those of [`api`], with what [`message`] can say.
//! - [`Driver`] is the connection alone, for those who want each [`Notice`] themselves.
//! - [`Runtime`](runtime::Runtime) is all that is needed of an async runtime. tokio, smol and async-std are
//!   at hand, as `larkwire::tokio` and so on; `examples/custom_runtime.rs` makes one of plain threads.
//!
//! # Features
//!
//! | feature | default | adds |
//! | --- | --- | --- |
//! | `tokio` | yes | the tokio runtime |
//! | `smol` | | the smol runtime |
//! | `async-std` | | the async-std runtime, which is discontinued upstream |
//! | `ring` | yes | TLS, by rustls with the provider ring |
//! | `aws-lc-rs` | | TLS, by rustls with the provider aws-lc-rs; with both, ring is used |
//! | `platform-verifier` | | `Egress::platform_roots`: the operating system says whom to trust |
//! | `metrics` | | metrics through the facade crate `metrics`: see `larkwire::metrics` for their names |
//! | `events` | yes | events of `im`, `contact` and `application` as types, and the callbacks (`card`) |
//! | `event-vc` … | | events of one more domain: the first word of their keys; see below |
//! | `all-events` | | events of all 25 domains |
//!
//! All of them only add something. Without a TLS provider, `https` and `wss` end in a typed error. Events without a type
//! are no less handled: see `on_raw`, and [`event`] for types of your own.
//!
//! The domains are `acs`, `apaas`, `application`, `approval`, `attendance`, `auth`, `calendar`, `card`, `compensation`,
//! `contact`, `corehr`, `drive`, `elearning`, `helpdesk`, `hire`, `im`, `mail`, `meeting_room`, `minutes`, `moments`,
//! `payroll`, `performance`, `security_and_compliance`, `task` and `vc`. Keys of version 1.0 are in `application`
//! (`app_open`, …), `approval` (all approvals), `contact` (`user_add`, `dept_add`, …), `im` (`message`, `add_bot`, …) and
//! `meeting_room`.

pub mod api;
#[cfg(feature = "async-std")]
pub mod async_std;
mod bot;
mod driver;
mod egress;
pub mod event;
mod http;
#[cfg(feature = "metrics")]
pub mod metrics;
mod net;
mod panics;
mod proxy;
mod roots;
pub mod router;
pub mod runtime;
#[cfg(feature = "smol")]
pub mod smol;
mod tls;
#[cfg(feature = "tokio")]
pub mod tokio;
mod ws;

pub use api::{ApiClient, ApiError, ReceiveIdType, Refused};
pub use bot::{BindError, Bot, BotStats, Handle, NotReady, UserBinding, Watch, WhenFull};
pub use driver::Driver;
pub use egress::Egress;
pub use larkwire_core::{
    AckMode, Assertion, AssertionError, Attempt, BadReply, Calls, Config, ConfigError, Credential, Deadlines, Delivery,
    DeliveryId, Domain, DropReason, Failure, Gap, LateCallback, LimitSignal, Limits, LinkError, LinkErrorKind,
    Liveness, Notice, Phase, Reconnect, Refusal, Rejection, Replied, Reply, Secret, Settings, Stats, Status, Stop,
    Target, Time, UnknownDelivery, Url, UrlError, message,
};
pub use proxy::{BadProxy, Proxy, Route};
pub use roots::BadCertificate;
pub use router::{
    BoxError, Ctx, FromCtx, RespondError, Responder, Router, RouterBuilder, RouterError, RouterStats, State,
};

/// Its programs have to compile.
#[cfg(all(doctest, feature = "tokio", feature = "events"))]
#[doc = include_str!("../../README.md")]
#[doc = include_str!("../../README.zh.md")]
#[doc = include_str!("../../docs/EVENTS.md")]
#[doc = include_str!("../../docs/OFFICIAL_SAMPLES.md")]
struct Readme;
