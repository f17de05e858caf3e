//! What an observer sees of a handler: the span that its own log lines are in, and how long it takes.

use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt};
use larkwire_core::{Delivery, Reply};
use tracing::{Instrument, Span, error_span};

use super::{Ctx, Router};

/// Runs the handler of a delivery, observed.
pub(super) fn handle(router: Arc<Router>, ctx: Ctx) -> BoxFuture<'static, Reply> {
    let span = span(ctx.delivery());
    #[cfg(feature = "metrics")]
    let (app_id, runtime) = (ctx.app_id().to_owned(), Arc::clone(ctx.runtime()));
    async move {
        #[cfg(feature = "metrics")]
        let begun = runtime.now();
        let reply = router.handle(ctx).await;
        #[cfg(feature = "metrics")]
        crate::metrics::handled(&app_id, &reply, runtime.now().saturating_duration_since(begun));
        reply
    }
    .instrument(span)
    .boxed()
}

/// Names the delivery in all that is logged on its behalf. At the highest level, so that no filter on levels takes it away.
fn span(delivery: &Delivery) -> Span {
    error_span!(
        "delivery",
        delivery = %delivery.id(),
        event_type = delivery.event_type().map(|of| of.name),
        event_id = delivery.envelope().event_id.as_deref(),
        message_id = delivery.message_id(),
        trace_id = delivery.trace_id(),
    )
}
