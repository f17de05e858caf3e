//! From the type of an event to the async function that handles it.
//!
//! The body of an event is read when its handler is called, and only as the type that the handler asks for. Whatever a
//! handler does, the delivery gets its answer: an error or a panic becomes [`Reply::failed`], upon which the platform
//! pushes an event again, and shows a person that waits for a callback an error.

mod context;
pub(crate) mod dispatch;
mod observe;

use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures::channel::oneshot;
use futures::future::{BoxFuture, FutureExt};
use larkwire_core::event::{Event, EventType, Schema};
use larkwire_core::{Delivery, Reply};
use tracing::{Span, debug, error, warn};

use crate::runtime::Runtime;
pub use context::Ctx;
pub(crate) use context::Surroundings;

/// Any error of a handler.
pub type BoxError = Box<dyn Error + Send + Sync>;

type Handler = Arc<dyn Fn(Ctx) -> BoxFuture<'static, Result<Reply, BoxError>> + Send + Sync>;

/// Most names of unknown events that are remembered, so that each is logged once. The names are the peer's to choose.
const UNKNOWN_NAMES: usize = 256;

/// Which handler is for which event.
///
/// ```
/// use larkwire::event::card::{ActionReply, ActionTrigger, ToastKind};
/// use larkwire::event::im::v1::MessageReceiveV1;
/// use larkwire::{ApiError, BoxError, Ctx, Router};
///
/// async fn greet(ctx: Ctx, event: MessageReceiveV1) -> Result<(), ApiError> {
///     if let Some(message) = event.message.and_then(|message| message.message_id) {
///         ctx.api().reply_text(&message, "hello").await?;
///     }
///     Ok(())
/// }
///
/// let router = Router::builder()
///     .on(greet)
///     .on_callback(|_, click: ActionTrigger| async move {
///         let who = click.operator.and_then(|operator| operator.open_id).ok_or("a click by nobody")?;
///         Ok::<_, BoxError>(ActionReply::new().toast(ToastKind::Success, format!("thank you, {who}")))
///     })
///     .build()?;
/// # Ok::<(), larkwire::DuplicateHandler>(())
/// ```
pub struct Router {
    routes: HashMap<Schema, HashMap<String, Handler>>,
    other: Option<Handler>,
    counters: Counters,
    unknown: Mutex<HashSet<String>>,
}

#[derive(Default)]
struct Counters {
    handled: AtomicU64,
    failed: AtomicU64,
    panicked: AtomicU64,
    unknown: AtomicU64,
}

/// What a router has counted. Each delivery whose handler came to an end is in exactly one of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RouterStats {
    /// The handler ended well.
    pub handled: u64,
    /// The handler gave an error, or the body did not fit the type that it asks for.
    pub failed: u64,
    /// The handler panicked.
    pub panicked: u64,
    /// There was no handler.
    pub unknown: u64,
}

/// Collects the handlers of a [`Router`].
#[derive(Default)]
#[must_use = "a router is made by build()"]
pub struct RouterBuilder {
    routes: HashMap<Schema, HashMap<String, Handler>>,
    other: Option<Handler>,
    duplicate: Option<DuplicateHandler>,
}

/// Two handlers are for the same events. The application's to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuplicateHandler(String);

impl fmt::Display for DuplicateHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there are two handlers for {}", self.0)
    }
}

impl Error for DuplicateHandler {}

impl RouterBuilder {
    /// A handler of the events that `E` is the body of. It is a task of the runtime, and may block its thread where that is not
    /// the last one: it then holds up neither the connection nor other handlers. On a runtime with a single thread (tokio's
    /// `current_thread`, smol unless told otherwise) it would hold up all of them: see
    /// [`on_blocking`](RouterBuilder::on_blocking).
    pub fn on<E, F, Fut, Err>(self, handler: F) -> RouterBuilder
    where
        E: Event + Send + 'static,
        F: Fn(Ctx, E) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), Err>> + Send + 'static,
        Err: Into<BoxError>,
    {
        self.typed(handler, |()| Reply::ok())
    }

    /// A handler of the events that `E` is the body of, which may block its thread. It runs on the runtime's pool of threads
    /// for such work, and holds up nobody; `futures::executor::block_on` makes API calls in it.
    ///
    /// It cannot be stopped: one that is given up, after [`Config::handler_limit`](larkwire_core::Config::handler_limit) or
    /// because the bot ends, keeps its thread until it returns.
    pub fn on_blocking<E, F, Err>(self, handler: F) -> RouterBuilder
    where
        E: Event + Send + 'static,
        F: Fn(Ctx, E) -> Result<(), Err> + Send + Sync + 'static,
        Err: Into<BoxError>,
    {
        let handler = Arc::new(handler);
        self.on(move |ctx: Ctx, event: E| {
            let (handler, runtime) = (Arc::clone(&handler), Arc::clone(ctx.runtime()));
            blocking(runtime, move || handler(ctx, event).map_err(Into::into))
        })
    }

    /// A handler of the callbacks that `E` is the body of: what it returns is the answer that the person gets.
    pub fn on_callback<E, R, F, Fut, Err>(self, handler: F) -> RouterBuilder
    where
        E: Event + Send + 'static,
        R: Into<Reply> + 'static,
        F: Fn(Ctx, E) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, Err>> + Send + 'static,
        Err: Into<BoxError>,
    {
        self.typed(handler, R::into)
    }

    /// A handler of the events with this name, whatever their body is; it gives the answer itself.
    pub fn on_raw<F, Fut, Err>(self, name: &str, handler: F) -> RouterBuilder
    where
        F: Fn(Ctx, Delivery) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Reply, Err>> + Send + 'static,
        Err: Into<BoxError>,
    {
        self.route(EventType::p2(name), raw(handler))
    }

    /// A handler of the events of version 1.0 with this name, such as `out_approval`; it gives the answer itself.
    pub fn on_custom<F, Fut, Err>(self, name: &str, handler: F) -> RouterBuilder
    where
        F: Fn(Ctx, Delivery) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Reply, Err>> + Send + 'static,
        Err: Into<BoxError>,
    {
        self.route(EventType::p1(name), raw(handler))
    }

    /// A handler of all that has no other one. Without it unknown events are acked, and unknown callbacks refused.
    pub fn on_other<F, Fut, Err>(mut self, handler: F) -> RouterBuilder
    where
        F: Fn(Ctx, Delivery) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Reply, Err>> + Send + 'static,
        Err: Into<BoxError>,
    {
        if self.other.replace(boxed(raw(handler))).is_some() {
            self.duplicate.get_or_insert(DuplicateHandler("all other events".to_owned()));
        }
        self
    }

    /// The router.
    ///
    /// # Errors
    /// When two handlers are for the same events.
    pub fn build(self) -> Result<Router, DuplicateHandler> {
        match self.duplicate {
            Some(duplicate) => Err(duplicate),
            None => Ok(Router {
                routes: self.routes,
                other: self.other,
                counters: Counters::default(),
                unknown: Mutex::default(),
            }),
        }
    }

    fn typed<E, T, F, Fut, Err>(self, handler: F, answer: fn(T) -> Reply) -> RouterBuilder
    where
        E: Event + Send + 'static,
        F: Fn(Ctx, E) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, Err>> + Send + 'static,
        Err: Into<BoxError>,
        T: 'static,
    {
        self.route(E::TYPE, move |ctx| {
            let running = body(&ctx).map(|event| handler(ctx, event));
            async move { running?.await.map(answer).map_err(Into::into) }
        })
    }

    fn route<Fut>(mut self, of: EventType<'_>, handler: impl Fn(Ctx) -> Fut + Send + Sync + 'static) -> RouterBuilder
    where
        Fut: Future<Output = Result<Reply, BoxError>> + Send + 'static,
    {
        let routes = self.routes.entry(of.schema).or_default();
        if routes.insert(of.name.to_owned(), boxed(handler)).is_some() {
            self.duplicate.get_or_insert(DuplicateHandler(of.name.to_owned()));
        }
        self
    }
}

impl Router {
    /// A router without handlers, to add some to.
    pub fn builder() -> RouterBuilder {
        RouterBuilder::default()
    }

    /// What has been counted.
    pub fn stats(&self) -> RouterStats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        RouterStats {
            handled: read(&self.counters.handled),
            failed: read(&self.counters.failed),
            panicked: read(&self.counters.panicked),
            unknown: read(&self.counters.unknown),
        }
    }

    /// Runs the handler of a delivery, and turns however it ends into an answer.
    pub(crate) async fn handle(&self, ctx: Ctx) -> Reply {
        let delivery = ctx.delivery().clone();
        let Some(handler) = self.handler_of(&delivery) else { return self.unknown(&delivery) };
        let (event_type, event_id) = (name(&delivery), delivery.envelope().event_id);
        // The handler is called inside, since it may panic before its first await; and its error put into words, which are
        // the application's as well.
        let running = async { handler(ctx).await.map_err(|cause| chain(cause.as_ref())) };
        let running = AssertUnwindSafe(running).catch_unwind();
        match running.await {
            Ok(Ok(reply)) => {
                count(&self.counters.handled);
                debug!(event_type, ?event_id, "handled");
                reply
            }
            Ok(Err(cause)) => {
                count(&self.counters.failed);
                warn!(event_type, ?event_id, error = cause, "the handler failed");
                Reply::failed()
            }
            Err(panic) => {
                count(&self.counters.panicked);
                error!(event_type, ?event_id, panic = words(panic.as_ref()), "the handler panicked");
                Reply::failed()
            }
        }
    }

    fn handler_of(&self, delivery: &Delivery) -> Option<&Handler> {
        let of = delivery.event_type();
        of.and_then(|of| self.routes.get(&of.schema)?.get(of.name)).or(self.other.as_ref())
    }

    fn unknown(&self, delivery: &Delivery) -> Reply {
        count(&self.counters.unknown);
        let name = name(delivery);
        let mut seen = self.unknown.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() < UNKNOWN_NAMES && seen.insert(name.to_owned()) {
            warn!(event_type = name, "there is no handler for these events; said once");
        }
        // An event that nobody wants is better not pushed again. A person who clicked is better told.
        if delivery.is_callback() { Reply::failed() } else { Reply::ok() }
    }
}

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<&str> = self.routes.values().flat_map(HashMap::keys).map(String::as_str).collect();
        names.sort_unstable();
        f.debug_struct("Router").field("events", &names).finish_non_exhaustive()
    }
}

impl fmt::Debug for RouterBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RouterBuilder")
    }
}

fn boxed<Fut>(handler: impl Fn(Ctx) -> Fut + Send + Sync + 'static) -> Handler
where
    Fut: Future<Output = Result<Reply, BoxError>> + Send + 'static,
{
    Arc::new(move |ctx| handler(ctx).boxed())
}

fn raw<F, Fut, Err>(handler: F) -> impl Fn(Ctx) -> BoxFuture<'static, Result<Reply, BoxError>> + Send + Sync + 'static
where
    F: Fn(Ctx, Delivery) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Reply, Err>> + Send + 'static,
    Err: Into<BoxError>,
{
    move |ctx| {
        let delivery = ctx.delivery().clone();
        handler(ctx, delivery).map(|outcome| outcome.map_err(Into::into)).boxed()
    }
}

/// Runs a handler where it may block. If it panics, the panic goes on here, and is caught like any other.
async fn blocking(
    runtime: Arc<dyn Runtime>,
    work: impl FnOnce() -> Result<(), BoxError> + Send + 'static,
) -> Result<(), BoxError> {
    let (tell, told) = oneshot::channel();
    let span = Span::current();
    let work = move || {
        // An error means that nobody waits for the outcome any more.
        let _ = tell.send(span.in_scope(|| catch_unwind(AssertUnwindSafe(work))));
    };
    runtime.spawn_blocking(Box::new(work)).await;
    told.await?.unwrap_or_else(|panic| resume_unwind(panic))
}

/// The body of an event, as the type that its handler asks for.
fn body<E: Event>(ctx: &Ctx) -> Result<E, BoxError> {
    Ok(E::parse(ctx.delivery().envelope().event.unwrap_or("null"))?)
}

fn name(delivery: &Delivery) -> &str {
    delivery.event_type().map_or("none", |of| of.name)
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
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

/// What a panic says.
fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without words")
}
