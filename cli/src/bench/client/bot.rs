//! larkwire bots, as anybody would write them.

use std::convert::Infallible;
use std::env;
use std::time::Duration;

use futures::future::{FutureExt, try_join_all};
use larkwire::event::im::v1::MessageReceiveV1;
use larkwire::runtime::Runtime;
use larkwire::{Bot, Config, Ctx, Domain, Egress, Router, RouterBuilder};

use crate::bench::BoxError;

async fn nothing(_: Ctx, _: MessageReceiveV1) -> Result<(), Infallible> {
    Ok(())
}

/// Leaves the configuration as it is.
pub(super) fn usual(_: &mut Config) {}

/// Waits for nothing before it connects again but the nonce.
pub(super) fn eager(config: &mut Config) {
    (config.reconnect.floor, config.reconnect.stable_after) = Default::default();
}

/// One on this runtime.
pub(super) async fn one(runtime: impl Runtime) -> Result<(), BoxError> {
    Err(bot(usual, Router::builder().on(nothing))?.run_on(runtime).await.into())
}

/// One as a task of tokio's runtime with many threads.
pub(super) async fn spawned() -> Result<(), BoxError> {
    tokio::spawn(one(larkwire::tokio::Tokio)).await?
}

/// So many, which share the way out.
pub(super) async fn many(bots: usize, change: fn(&mut Config)) -> Result<(), BoxError> {
    let egress = Egress::new();
    let one = |_| Ok(bot(change, Router::builder().on(nothing))?.egress(egress.clone()).run().map(Err));
    let bots: Result<Vec<_>, BoxError> = (0..bots).map(one).collect();
    try_join_all(bots?).await.map(|_: Vec<()>| ()).map_err(BoxError::from)
}

/// One with so many handlers, all but one of them for events that do not come.
pub(super) async fn with_handlers(handlers: usize) -> Result<(), BoxError> {
    let others = (1..handlers).map(|number| format!("bench.other_{number}_v1"));
    let router = others.fold(Router::builder().on(nothing), |router, name| router.on_raw(&name, || async {}));
    Err(bot(usual, router)?.run().await.into())
}

/// One whose handler waits for so many milliseconds, or only lets others go first.
pub(super) async fn that_awaits(milliseconds: usize) -> Result<(), BoxError> {
    let wait = Duration::from_millis(u64::try_from(milliseconds)?);
    let router = Router::builder().on(move |_: Ctx, _: MessageReceiveV1| async move {
        if wait.is_zero() {
            tokio::task::yield_now().await;
        } else {
            tokio::time::sleep(wait).await;
        }
        Ok::<(), Infallible>(())
    });
    Err(bot(usual, router)?.run().await.into())
}

fn bot(change: impl FnOnce(&mut Config), router: RouterBuilder) -> Result<Bot, BoxError> {
    let mut config = Config::new(env::var("LARK_APP_ID")?, env::var("LARK_APP_SECRET")?);
    config.domain = Domain::Custom(env::var("LARK_DOMAIN")?);
    change(&mut config);
    Ok(Bot::new(config, router.build()?))
}
