//! One handler, and what it is for.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use futures::channel::oneshot;
use futures::future::BoxFuture;
use larkwire_core::event::{Event, EventType, Schema};
use larkwire_core::{AckMode, Delivery, Reply};
use tracing::Span;

use super::handler::{Arguments, Handler, Outcome};
use super::{BoxError, Ctx, FromCtx, Needs, observe};
use crate::runtime::Runtime;

/// Runs the handler. It gives the answer, or none if a responder gives it.
type Run = Box<dyn Fn(Ctx) -> BoxFuture<'static, Option<Reply>> + Send + Sync>;

/// A handler, and the events or callbacks that it is for. The methods of [`RouterBuilder`](crate::RouterBuilder) make them
/// too; by itself it can have its own ack mode, and be put into a router that runs: [`Routes::set`](super::Routes::set).
///
/// ```
/// use larkwire::event::im::v1::MessageReceiveV1;
/// use larkwire::router::Route;
/// use larkwire::{AckMode, Router};
///
/// // May run for minutes, and would rather lose a message than answer it twice.
/// async fn answer(event: MessageReceiveV1) {}
///
/// let router = Router::builder().route(Route::event(answer).ack(AckMode::OnReceived)).build()?;
/// # Ok::<(), larkwire::RouterError>(())
/// ```
#[must_use = "a route is for a router"]
pub struct Route {
    /// None for all that have no other handler.
    pub(super) of: Option<Schema>,
    /// The name of its events, or a pattern.
    pub(crate) name: Arc<str>,
    pub(super) needs: Needs,
    callback: bool,
    ack: Option<AckMode>,
    run: Run,
}

impl Route {
    /// A handler of the events that its last argument is the body of: see [`on`](crate::RouterBuilder::on).
    pub fn event<E, A>(handler: impl Handler<A, Output: Future<Output: Outcome<Reply = ()>> + Send + 'static>) -> Route
    where
        E: Event,
        A: Arguments<Event = E>,
    {
        Route::typed(handler)
    }

    /// A handler of events that may block its thread: see [`on_blocking`](crate::RouterBuilder::on_blocking).
    pub fn blocking<E, A>(handler: impl Handler<A, Output: Outcome<Reply = ()>>) -> Route
    where
        E: Event,
        A: Arguments<Event = E>,
    {
        Route::blocks(handler)
    }

    /// A handler of callbacks: see [`on_callback`](crate::RouterBuilder::on_callback).
    pub fn callback<E, A>(
        handler: impl Handler<A, Output: Future<Output: Outcome<Reply: Into<Reply>>> + Send + 'static>,
    ) -> Route
    where
        E: Event,
        A: Arguments<Event = E>,
    {
        Route { callback: true, ..Route::typed(handler) }
    }

    /// A handler of callbacks that may block its thread: see
    /// [`on_blocking_callback`](crate::RouterBuilder::on_blocking_callback).
    pub fn blocking_callback<E, A>(handler: impl Handler<A, Output: Outcome<Reply: Into<Reply>>>) -> Route
    where
        E: Event,
        A: Arguments<Event = E>,
    {
        Route { callback: true, ..Route::blocks(handler) }
    }

    /// A handler of the events of this name or pattern, by hand: see [`on_raw`](crate::RouterBuilder::on_raw).
    pub fn raw<A>(
        name: &str,
        handler: impl Handler<A, Output: Future<Output: Outcome<Reply: Into<Reply>>> + Send + 'static>,
    ) -> Route
    where
        A: FromCtx<Error: Into<BoxError>>,
    {
        Route::untyped(EventType::p2(name), handler)
    }

    /// A handler of the events of version 1.0 of this name or pattern: see
    /// [`on_custom`](crate::RouterBuilder::on_custom).
    pub fn custom<A>(
        name: &str,
        handler: impl Handler<A, Output: Future<Output: Outcome<Reply: Into<Reply>>> + Send + 'static>,
    ) -> Route
    where
        A: FromCtx<Error: Into<BoxError>>,
    {
        Route::untyped(EventType::p1(name), handler)
    }

    /// A handler of the callbacks of this name, by hand: see [`on_raw_callback`](crate::RouterBuilder::on_raw_callback).
    pub fn raw_callback<A>(
        name: &str,
        handler: impl Handler<A, Output: Future<Output: Outcome<Reply: Into<Reply>>> + Send + 'static>,
    ) -> Route
    where
        A: FromCtx<Error: Into<BoxError>>,
    {
        Route { callback: true, ..Route::untyped(EventType::p2(name), handler) }
    }

    /// A handler of all that has no other one: see [`on_other`](crate::RouterBuilder::on_other).
    pub fn other<A>(
        handler: impl Handler<A, Output: Future<Output: Outcome<Reply: Into<Reply>>> + Send + 'static>,
    ) -> Route
    where
        A: FromCtx<Error: Into<BoxError>>,
    {
        Route { of: None, ..Route::untyped(EventType::p2("other"), handler) }
    }

    /// With an ack mode of its own, instead of [`Config::ack_mode`](larkwire_core::Config::ack_mode).
    ///
    /// Acked on receipt, a callback gets its neutral answer at once, and what its handler replies comes too late to be shown.
    pub fn ack(mut self, mode: AckMode) -> Route {
        self.ack = Some(mode);
        self
    }

    /// The name of its events, or the pattern of their names; `other` for those that have no other handler.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs the handler, whatever it does.
    pub(super) fn run(&self, ctx: Ctx) -> BoxFuture<'static, Option<Reply>> {
        (self.run)(ctx)
    }

    /// Whether a person waits for the answer to this delivery.
    pub(super) fn answers(&self, delivery: &Delivery) -> bool {
        self.callback || delivery.is_callback()
    }

    /// When a delivery to this handler is acked, if all others are acked so.
    pub(crate) fn ack_mode(&self, of_others: AckMode, delivery: &Delivery) -> AckMode {
        self.ack.unwrap_or(if self.answers(delivery) { AckMode::OnHandled } else { of_others })
    }

    fn typed<A, H, R>(handler: H) -> Route
    where
        A: Arguments,
        H: Handler<A, Output: Future<Output: Outcome<Reply = R>> + Send + 'static>,
        R: Into<Reply>,
    {
        let handler = Arc::new(handler);
        Route::new(A::Event::TYPE, A::needs, move |ctx: Ctx| {
            let handler = Arc::clone(&handler);
            async move {
                let arguments = A::extract(&ctx).await?;
                handler.call(arguments).await.into_result().map(Into::into)
            }
        })
    }

    fn blocks<A, H, R>(handler: H) -> Route
    where
        A: Arguments,
        H: Handler<A, Output: Outcome<Reply = R>>,
        R: Into<Reply>,
    {
        let handler = Arc::new(handler);
        Route::new(A::Event::TYPE, A::needs, move |ctx: Ctx| {
            let handler = Arc::clone(&handler);
            async move {
                let arguments = A::extract(&ctx).await?;
                blocking(&**ctx.runtime(), move || handler.call(arguments).into_result().map(Into::into)).await
            }
        })
    }

    fn untyped<A, H, R>(of: EventType<'_>, handler: H) -> Route
    where
        A: FromCtx<Error: Into<BoxError>>,
        H: Handler<A, Output: Future<Output: Outcome<Reply = R>> + Send + 'static>,
        R: Into<Reply>,
    {
        let handler = Arc::new(handler);
        Route::new(of, A::needs, move |ctx: Ctx| {
            let handler = Arc::clone(&handler);
            async move {
                let arguments = A::from_ctx(&ctx).await.map_err(Into::into)?;
                handler.call(arguments).await.into_result().map(Into::into)
            }
        })
    }

    fn new<F>(of: EventType<'_>, needs: fn(&mut Needs), handle: impl Fn(Ctx) -> F + Send + Sync + 'static) -> Route
    where
        F: Future<Output = Result<Reply, BoxError>> + Send + 'static,
    {
        let mut needed = Needs::default();
        needs(&mut needed);
        Route {
            of: Some(of.schema),
            name: of.name.into(),
            needs: needed,
            callback: false,
            ack: None,
            run: Box::new(move |ctx| observe::run(ctx.clone(), handle(ctx))),
        }
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route").field("of", &self.of).field("name", &self.name).finish_non_exhaustive()
    }
}

/// Runs a handler where it may block. If it panics, the panic goes on here, and is caught like any other.
async fn blocking(
    runtime: &dyn Runtime,
    work: impl FnOnce() -> Result<Reply, BoxError> + Send + 'static,
) -> Result<Reply, BoxError> {
    let (tell, told) = oneshot::channel();
    let span = Span::current();
    let work = move || {
        // An error means that nobody waits for the outcome any more.
        let _ = tell.send(span.in_scope(|| catch_unwind(AssertUnwindSafe(work))));
    };
    runtime.spawn_blocking(Box::new(work)).await;
    told.await?.unwrap_or_else(|panic| resume_unwind(panic))
}
