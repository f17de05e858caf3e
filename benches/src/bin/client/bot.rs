//! A larkwire bot, as anybody would write it.

use std::convert::Infallible;
use std::env;

use futures::future::{FutureExt, try_join_all};
use larkwire::event::im::v1::MessageReceiveV1;
use larkwire::runtime::Runtime;
use larkwire::{Bot, Config, Ctx, Domain, Egress, Router};
use larkwire_benches::load::BoxError;

async fn nothing(_: Ctx, _: MessageReceiveV1) -> Result<(), Infallible> {
    Ok(())
}

/// Runs it on this runtime.
pub(crate) async fn run(runtime: impl Runtime) -> Result<(), BoxError> {
    Err(bot(|_| {})?.run_on(runtime).await.into())
}

/// Runs one that waits for nothing before it connects again.
pub(crate) async fn eager() -> Result<(), BoxError> {
    let bot = bot(|config| (config.reconnect.floor, config.reconnect.stable_after) = Default::default())?;
    Err(bot.run().await.into())
}

/// Runs so many, which share the way out.
pub(crate) async fn many(bots: usize) -> Result<(), BoxError> {
    let egress = Egress::new();
    let bots = (0..bots).map(|_| Ok(bot(|_| {})?.egress(egress.clone()).run().map(Err)));
    try_join_all(bots.collect::<Result<Vec<_>, BoxError>>()?).await.map(|_: Vec<()>| ()).map_err(BoxError::from)
}

fn bot(change: impl FnOnce(&mut Config)) -> Result<Bot, BoxError> {
    let mut config = Config::new(env::var("LARK_APP_ID")?, env::var("LARK_APP_SECRET")?);
    config.domain = Domain::Custom(env::var("LARK_DOMAIN")?);
    change(&mut config);
    Ok(Bot::new(config, Router::builder().on(nothing).build()?))
}

/// Runs it as a task of tokio's runtime with many threads.
pub(crate) async fn spawned() -> Result<(), BoxError> {
    tokio::spawn(run(larkwire::tokio::Tokio)).await?
}
