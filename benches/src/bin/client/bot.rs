//! A larkwire bot, as anybody would write it.

use std::convert::Infallible;
use std::env;

use larkwire::event::im::v1::MessageReceiveV1;
use larkwire::runtime::Runtime;
use larkwire::{Bot, Config, Ctx, Domain, Router};
use larkwire_benches::load::BoxError;

async fn nothing(_: Ctx, _: MessageReceiveV1) -> Result<(), Infallible> {
    Ok(())
}

/// Runs it on this runtime.
pub(crate) async fn run(runtime: impl Runtime) -> Result<(), BoxError> {
    let mut config = Config::new(env::var("LARK_APP_ID")?, env::var("LARK_APP_SECRET")?);
    config.domain = Domain::Custom(env::var("LARK_DOMAIN")?);
    let router = Router::builder().on(nothing).build()?;
    Err(Bot::new(config, router).run_on(runtime).await.into())
}

/// Runs it as a task of tokio's runtime with many threads.
pub(crate) async fn spawned() -> Result<(), BoxError> {
    tokio::spawn(run(larkwire::tokio::Tokio)).await?
}
