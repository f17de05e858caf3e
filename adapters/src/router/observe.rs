//! What an observer sees of a handler: the span that its own log lines are in, how long it takes, and how it ends.

use std::error::Error;
use std::panic::AssertUnwindSafe;

use futures::future::{BoxFuture, FutureExt, TryFutureExt};
use larkwire_core::{Delivery, Reply};
use tracing::{Instrument, Span, error_span};

use super::{BoxError, Ctx};
use crate::panics::words;

/// Runs the handler of a delivery, observed, and turns however it ends into the answer; none if a responder gives that.
///
/// `handling` begins to run in here, since a handler may panic before its first await; and its error is put into words in
/// here, which are the application's as well.
pub(super) fn run(
    ctx: Ctx,
    handling: impl Future<Output = Result<Reply, BoxError>> + Send + 'static,
) -> BoxFuture<'static, Option<Reply>> {
    let span = span(ctx.delivery());
    let handling = AssertUnwindSafe(handling.map_err(|error| chain(error.as_ref()))).catch_unwind();
    async move {
        #[cfg(feature = "metrics")]
        let begun = ctx.runtime().now();
        let end = handling.await.map_err(words);
        #[cfg(feature = "metrics")]
        crate::metrics::handled(&ctx, matches!(&end, Ok(Ok(reply)) if !reply.is_failed()), begun);
        ctx.ended(end)
    }
    .instrument(span)
    .boxed()
}

/// Names the delivery in all that is logged on its behalf. At the highest level, so that no filter on levels takes it away.
fn span(delivery: &Delivery) -> Span {
    error_span!(
        "delivery",
        delivery = %delivery.id(),
        event_type = delivery.event_type().map(|of| short(of.name)),
        event_id = delivery.event_id().map(short),
        message_id = delivery.message_id().map(short),
        trace_id = delivery.trace_id().map(short),
    )
}

/// As much of a name or an id as a log line has room for. They are the peer's to choose, and may be as long as a message.
pub(super) fn short(text: &str) -> &str {
    text.char_indices().nth(128).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

/// An error with all its causes.
fn chain(error: &(dyn Error + 'static)) -> String {
    let (mut text, mut cause) = (error.to_string(), error.source());
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
