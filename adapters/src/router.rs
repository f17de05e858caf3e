//! From the type of an event to the async function that handles it.
//!
//! The body of an event is read when its handler is called, and only as the type that the handler asks for. Whatever a
//! handler does, the delivery gets its answer: an error or a panic becomes [`Reply::failed`], upon which the platform
//! pushes an event again, and shows a person that waits for a callback an error.
//!
//! What a handler is made of is in `handler.rs` and `extract.rs`, a handler with its name is a `Route`, all of them are a
//! table in `routes.rs`; `dispatch.rs` and `order.rs` say when each runs, `context.rs`, `say.rs` and `responder.rs` how its
//! delivery comes to its end, exactly once.

mod context;
pub(crate) mod dispatch;
mod extract;
mod handler;
mod observe;
mod order;
mod responder;
mod route;
mod routes;
mod say;
mod stats;

use std::any::type_name;
use std::collections::HashSet;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use larkwire_core::event::Event;
use larkwire_core::{Delivery, Reply};
use tracing::warn;

pub use context::Ctx;
pub(crate) use context::Surroundings;
use extract::States;
pub use extract::{FromCtx, MissingState, Needs, State};
pub use handler::{Arguments, Handler, Outcome};
use observe::short;
pub(crate) use order::Order;
pub(crate) use responder::Told;
pub use responder::{AlreadyTaken, RespondError, Responder};
pub use route::Route;
pub use routes::Routes;
use routes::Table;
pub use stats::RouterStats;
use stats::{Counters, End};

/// Any error of a handler.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Most names of unknown events that are remembered, so that each is logged once. The names are the peer's to choose.
const UNKNOWN_NAMES: usize = 256;

/// Which handler is for which event.
///
/// A handler is an async function with what it needs as its arguments: anything that is [`FromCtx`], and the body of the
/// event last.
///
/// ```
/// use larkwire::event::card::{ActionReply, ActionTrigger, ToastKind};
/// use larkwire::event::im::v1::MessageReceiveV1;
/// use larkwire::{ApiClient, ApiError, BoxError, Ctx, Delivery, Router, State};
///
/// struct Greeting(String);
///
/// async fn greet(api: ApiClient, greeting: State<Greeting>, event: MessageReceiveV1) -> Result<(), ApiError> {
///     if let Some(message) = event.message.and_then(|message| message.message_id) {
///         api.reply_text(&message, &greeting.0.0).await?;
///     }
///     Ok(())
/// }
///
/// async fn clicked(click: ActionTrigger) -> Result<ActionReply, BoxError> {
///     let who = click.operator.and_then(|operator| operator.open_id).ok_or("a click by nobody")?;
///     Ok(ActionReply::new().toast(ToastKind::Success, format!("thank you, {who}")))
/// }
///
/// let router = Router::builder()
///     .state(Greeting("hello".into()))
///     .on(greet)
///     .on_callback(clicked)
///     .on_raw("im.chat.*", |ctx: Ctx| async move { println!("{:?}", ctx.event_type()) })
///     .on_custom("out_approval", |approval: Delivery| async move { println!("{:?}", approval.payload()) })
///     .build()?;
/// # Ok::<(), larkwire::RouterError>(())
/// ```
///
/// Of several handlers that a delivery could go to, that of its exact name gets it, else that of the longest pattern, else
/// the one for all others.
pub struct Router {
    routes: Routes,
    counters: Arc<Counters>,
    refuse_unknown: bool,
    unknown: Mutex<HashSet<String>>,
}

/// Collects the handlers of a [`Router`].
#[derive(Default)]
#[must_use = "a router is made by build()"]
pub struct RouterBuilder {
    routes: Vec<Route>,
    states: States,
    twice: Option<&'static str>,
    refuse_unknown: bool,
}

/// Why there is no such router. The application's to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RouterError {
    /// Two handlers are for the same events.
    Duplicate(String),
    /// The name of an event is empty, or a pattern has an asterisk elsewhere than at its end.
    BadName(String),
    /// A handler asks for state that the router was not given.
    MissingState {
        /// The type of the state.
        state: &'static str,
        /// The name of the events that the handler is for.
        handler: String,
    },
    /// The router was given two states of this type.
    DuplicateState(&'static str),
}

impl fmt::Display for RouterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RouterError::Duplicate(name) => write!(f, "there are two handlers for {name}"),
            RouterError::BadName(name) => {
                write!(f, "{name:?} is no name of events; a pattern has one asterisk, at its end")
            }
            RouterError::MissingState { state, handler } => {
                write!(f, "the handler for {handler} asks for {state}: give the router one with state()")
            }
            RouterError::DuplicateState(state) => write!(f, "the router was given two states of the type {state}"),
        }
    }
}

impl Error for RouterError {}

impl RouterBuilder {
    /// A value that all handlers share, and take as [`State<S>`](State). One of each type.
    pub fn state<S: Send + Sync + 'static>(mut self, state: S) -> RouterBuilder {
        if !self.states.add(state) {
            self.twice.get_or_insert(type_name::<S>());
        }
        self
    }

    /// A handler of the events that its last argument is the body of. It returns nothing, or a [`Result`].
    ///
    /// It is a task of the runtime, and may block its thread where that is not the last one: it then holds up neither the
    /// connection nor other handlers. On a runtime with a single thread (tokio's `current_thread`, smol unless told otherwise)
    /// it would hold up all of them: see [`on_blocking`](RouterBuilder::on_blocking).
    pub fn on<E, A>(
        self,
        handler: impl Handler<A, Output: Future<Output: Outcome<Reply = ()>> + Send + 'static>,
    ) -> RouterBuilder
    where
        E: Event,
        A: Arguments<Event = E>,
    {
        self.route(Route::event(handler))
    }

    /// A handler of the events that its last argument is the body of, which may block its thread: an ordinary function. It
    /// runs on the runtime's pool of threads for such work, and holds up nobody; `futures::executor::block_on` makes API
    /// calls in it.
    ///
    /// It cannot be stopped: one that is given up, after [`Config::handler_limit`](larkwire_core::Config::handler_limit) or
    /// because the bot ends, keeps its thread until it returns.
    pub fn on_blocking<E, A>(self, handler: impl Handler<A, Output: Outcome<Reply = ()>>) -> RouterBuilder
    where
        E: Event,
        A: Arguments<Event = E>,
    {
        self.route(Route::blocking(handler))
    }

    /// A handler of the callbacks that its last argument is the body of: what it returns is the answer that the person gets.
    ///
    /// The answer is looked at before it is sent: see [`Reply::check`]. One that the platform would not take fails the
    /// callback, and the log says why. A handler that is late has its person get a neutral answer in time: see
    /// [`Config::late_callback`](larkwire_core::Config::late_callback).
    pub fn on_callback<E, A>(
        self,
        handler: impl Handler<A, Output: Future<Output: Outcome<Reply: Into<Reply>>> + Send + 'static>,
    ) -> RouterBuilder
    where
        E: Event,
        A: Arguments<Event = E>,
    {
        self.route(Route::callback(handler))
    }

    /// A handler of the callbacks that its last argument is the body of, which may block its thread: to
    /// [`on_callback`](RouterBuilder::on_callback) what [`on_blocking`](RouterBuilder::on_blocking) is to
    /// [`on`](RouterBuilder::on).
    pub fn on_blocking_callback<E, A>(
        self,
        handler: impl Handler<A, Output: Outcome<Reply: Into<Reply>>>,
    ) -> RouterBuilder
    where
        E: Event,
        A: Arguments<Event = E>,
    {
        self.route(Route::blocking_callback(handler))
    }

    /// A handler of the events of this name, whatever their body is, or of all events whose names begin alike: `im.message.*`.
    /// It takes what it needs of them, such as the [`Delivery`].
    ///
    /// It may return a [`Reply`]. Its data is sent only if the delivery is one of the callbacks that are known by name
    /// ([`EventType::is_callback`](larkwire_core::event::EventType::is_callback)): events get no answer but their ack. For
    /// callbacks of other names there is [`on_raw_callback`](RouterBuilder::on_raw_callback).
    pub fn on_raw<A>(
        self,
        name: &str,
        handler: impl Handler<A, Output: Future<Output: Outcome<Reply: Into<Reply>>> + Send + 'static>,
    ) -> RouterBuilder
    where
        A: FromCtx<Error: Into<BoxError>>,
    {
        self.route(Route::raw(name, handler))
    }

    /// The same, for events of version 1.0, such as `out_approval`.
    pub fn on_custom<A>(
        self,
        name: &str,
        handler: impl Handler<A, Output: Future<Output: Outcome<Reply: Into<Reply>>> + Send + 'static>,
    ) -> RouterBuilder
    where
        A: FromCtx<Error: Into<BoxError>>,
    {
        self.route(Route::custom(name, handler))
    }

    /// A handler of the callbacks of this name or pattern, such as `profile.view.get`, or one that larkwire does not know yet:
    /// what it returns is sent. All that is asked of the answer to an unknown callback is that it is a JSON object.
    pub fn on_raw_callback<A>(
        self,
        name: &str,
        handler: impl Handler<A, Output: Future<Output: Outcome<Reply: Into<Reply>>> + Send + 'static>,
    ) -> RouterBuilder
    where
        A: FromCtx<Error: Into<BoxError>>,
    {
        self.route(Route::raw_callback(name, handler))
    }

    /// A handler of all that has no other one, in both versions. Without it unknown events are acked, and unknown callbacks
    /// refused. What it returns is as with [`on_raw`](RouterBuilder::on_raw).
    pub fn on_other<A>(
        self,
        handler: impl Handler<A, Output: Future<Output: Outcome<Reply: Into<Reply>>> + Send + 'static>,
    ) -> RouterBuilder
    where
        A: FromCtx<Error: Into<BoxError>>,
    {
        self.route(Route::other(handler))
    }

    /// A handler as a value, with an ack mode of its own for example.
    pub fn route(mut self, route: Route) -> RouterBuilder {
        self.routes.push(route);
        self
    }

    /// Events without a handler are refused instead of acked, as the Go, Python and Java SDKs do: the platform pushes each of
    /// them four times more, and its log shows failures.
    pub fn refuse_unknown(mut self) -> RouterBuilder {
        self.refuse_unknown = true;
        self
    }

    /// The router.
    ///
    /// # Errors
    /// See [`RouterError`].
    pub fn build(self) -> Result<Router, RouterError> {
        if let Some(state) = self.twice {
            return Err(RouterError::DuplicateState(state));
        }
        let mut table = Table::default();
        for route in self.routes {
            routes::check(&route, &self.states)?;
            if let Some(replaced) = table.set(route)? {
                return Err(RouterError::Duplicate(replaced.name().to_owned()));
            }
        }
        Ok(Router {
            routes: Routes { table: Arc::new(RwLock::new(table)), states: self.states },
            counters: Arc::default(),
            refuse_unknown: self.refuse_unknown,
            unknown: Mutex::default(),
        })
    }
}

impl Router {
    /// A router without handlers, to add some to.
    pub fn builder() -> RouterBuilder {
        RouterBuilder::default()
    }

    /// The handlers, to be changed while the bot runs.
    pub fn routes(&self) -> Routes {
        self.routes.clone()
    }

    /// What has been counted.
    pub fn stats(&self) -> RouterStats {
        self.counters.read()
    }

    /// The handler of a delivery; without one, the answer.
    pub(crate) fn find(&self, delivery: &Delivery) -> Result<Arc<Route>, Reply> {
        self.routes.find(delivery.event_type()).ok_or_else(|| self.unknown(delivery))
    }

    /// The reply to a callback came too late to be shown.
    pub(crate) fn late_reply(&self) {
        self.counters.late_reply();
    }

    fn unknown(&self, delivery: &Delivery) -> Reply {
        self.counters.count(End::Unknown);
        let name = delivery.event_type().map_or("none", |of| short(of.name));
        let mut seen = self.unknown.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() < UNKNOWN_NAMES && seen.insert(name.to_owned()) {
            warn!(event_type = name, "there is no handler for these events; said once");
        }
        // An event that nobody wants is better not pushed again. A person who clicked is better told.
        if self.refuse_unknown || delivery.is_callback() { Reply::failed() } else { Reply::ok() }
    }
}

impl Surroundings {
    /// With what the handlers of this router share.
    pub(crate) fn new(
        router: &Router,
        app_id: String,
        api: crate::api::ApiClient,
        runtime: Arc<dyn crate::runtime::Runtime>,
        tell: futures::channel::mpsc::UnboundedSender<dispatch::Said>,
    ) -> Surroundings {
        let (states, counters) = (router.routes.states.clone(), Arc::clone(&router.counters));
        Surroundings { app_id, api, runtime, tell, states, counters }
    }
}

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Router").field("routes", &self.routes).finish_non_exhaustive()
    }
}

impl fmt::Debug for RouterBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouterBuilder").field("routes", &self.routes).finish_non_exhaustive()
    }
}
