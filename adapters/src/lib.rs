//! Bots for Feishu and Lark over the platform's *long connection*: events come by WebSocket, with no public address, tunnel
//! or certificate.
//!
// Everything that a peer sends passes through here.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(feature = "tokio", doc = "```no_run")]
#![cfg_attr(not(feature = "tokio"), doc = "```ignore")]
//! use larkwire::event::im::v1::MessageReceiveV1;
//! use larkwire::{ApiError, Bot, Config, Ctx, Router};
//!
//! async fn echo(ctx: Ctx, event: MessageReceiveV1) -> Result<(), ApiError> {
//!     let text = event.text();
//!     if let (Some(text), Some(id)) = (text, event.message.and_then(|message| message.message_id)) {
//!         ctx.api().reply_text(&id, &format!("echo: {text}")).await?;
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
//! - [`ApiClient`] makes API calls in the name of the app.
//! - [`Driver`] is the connection alone, for those who want each [`Notice`] themselves.
//! - [`Runtime`](runtime::Runtime) is all that is needed of an async runtime. tokio is at hand as `larkwire::tokio`.
//!
//! # Features
//!
//! | feature | default | adds |
//! | --- | --- | --- |
//! | `tokio` | yes | the tokio runtime |
//! | `ring` | yes | TLS, by rustls with the provider ring |
//!
//! All of them only add something. Without a TLS provider, `https` and `wss` end in a typed error.

mod api;
mod bot;
mod driver;
mod egress;
mod http;
mod net;
mod router;
pub mod runtime;
mod tls;
#[cfg(feature = "tokio")]
pub mod tokio;
mod ws;

pub use api::{ApiClient, ApiError, ReceiveIdType, Refused};
pub use bot::{Bot, BotStats, Handle, NotReady, Watch};
pub use driver::Driver;
pub use egress::{BadCertificate, Egress};
pub use larkwire_core::{
    AckMode, Assertion, AssertionError, Attempt, Config, ConfigError, Credential, Deadlines, Delivery, DeliveryId,
    Domain, DropReason, Failure, Gap, LateCallback, LimitSignal, Limits, LinkError, LinkErrorKind, Liveness, Notice,
    Phase, Reconnect, Refusal, Rejection, Replied, Reply, Secret, Settings, Stats, Status, Stop, Target, Time,
    UnknownDelivery, Url, UrlError, event,
};
pub use router::{BoxError, Ctx, DuplicateHandler, Router, RouterBuilder, RouterStats};
