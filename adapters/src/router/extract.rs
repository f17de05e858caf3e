//! What a handler can ask for beside the event.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use larkwire_core::Delivery;

use super::{BoxError, Ctx};
use crate::api::ApiClient;

/// What a handler can have as an argument: the [`Ctx`] itself, the [`ApiClient`], shared [`State`], a
/// [`Responder`](crate::Responder), the raw [`Delivery`], and types of your own.
///
/// ```
/// use larkwire::router::Needs;
/// use larkwire::{BoxError, Ctx, FromCtx, State};
///
/// struct Tenants(Vec<String>);
///
/// /// The tenant of an event, if it is one of ours.
/// struct Tenant(String);
///
/// impl FromCtx for Tenant {
///     type Error = BoxError;
///
///     async fn from_ctx(ctx: &Ctx) -> Result<Tenant, BoxError> {
///         let State(tenants) = State::<Tenants>::from_ctx(ctx).await?;
///         let key = ctx.tenant_key().ok_or("an event of no tenant")?;
///         let ours = tenants.0.iter().find(|ours| **ours == key).ok_or("an event of a stranger")?;
///         Ok(Tenant(ours.clone()))
///     }
///
///     fn needs(needs: &mut Needs) {
///         needs.state::<Tenants>();
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a handler here",
    label = "not something that a handler can ask for",
    note = "handlers can ask for `Ctx`, `ApiClient`, `State<_>`, `Responder`, `Delivery`, and types of your own that implement `FromCtx`; the body of the event is the last argument"
)]
pub trait FromCtx: Sized + Send + 'static {
    /// Why it cannot be had. The delivery fails with it, as if its handler had returned it.
    type Error: Into<BoxError>;

    /// Gets it for the handler of this delivery. It may wait; the time counts as the handler's.
    ///
    /// # Errors
    /// When it cannot be had.
    fn from_ctx(ctx: &Ctx) -> impl Future<Output = Result<Self, Self::Error>> + Send;

    /// Adds the state that it needs, so that a router which was not given it cannot be built. Without this its absence is an
    /// error of each delivery.
    fn needs(needs: &mut Needs) {
        let _ = needs;
    }
}

impl FromCtx for Ctx {
    type Error = Infallible;

    async fn from_ctx(ctx: &Ctx) -> Result<Ctx, Infallible> {
        Ok(ctx.clone())
    }
}

impl FromCtx for ApiClient {
    type Error = Infallible;

    async fn from_ctx(ctx: &Ctx) -> Result<ApiClient, Infallible> {
        Ok(ctx.api().clone())
    }
}

impl FromCtx for Delivery {
    type Error = Infallible;

    async fn from_ctx(ctx: &Ctx) -> Result<Delivery, Infallible> {
        Ok(ctx.delivery().clone())
    }
}

/// A value that all handlers share: given to the router with [`state`](crate::RouterBuilder::state), one of each type.
pub struct State<S>(pub Arc<S>);

impl<S> Clone for State<S> {
    fn clone(&self) -> State<S> {
        State(Arc::clone(&self.0))
    }
}

impl<S> Deref for State<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.0
    }
}

impl<S: fmt::Debug> fmt::Debug for State<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("State").field(&self.0).finish()
    }
}

impl<S: Send + Sync + 'static> FromCtx for State<S> {
    type Error = MissingState;

    async fn from_ctx(ctx: &Ctx) -> Result<State<S>, MissingState> {
        ctx.states().find().map(State).ok_or(MissingState(type_name::<S>()))
    }

    fn needs(needs: &mut Needs) {
        needs.state::<S>();
    }
}

/// The router was not given the state of this type. Seen only where [`FromCtx::needs`] does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingState(&'static str);

impl fmt::Display for MissingState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the router was given no state of the type {}", self.0)
    }
}

impl Error for MissingState {}

/// What the arguments of a handler need of the router.
#[derive(Clone, Debug, Default)]
pub struct Needs(Vec<(TypeId, &'static str)>);

impl Needs {
    /// The state of this type.
    pub fn state<S: Send + Sync + 'static>(&mut self) {
        self.0.push((TypeId::of::<S>(), type_name::<S>()));
    }
}

/// The shared values of a router, by type.
#[derive(Clone, Default)]
pub(super) struct States(HashMap<TypeId, Arc<dyn Any + Send + Sync>>);

impl States {
    /// False if there was one of this type.
    pub(super) fn add<S: Send + Sync + 'static>(&mut self, state: S) -> bool {
        self.0.insert(TypeId::of::<S>(), Arc::new(state)).is_none()
    }

    fn find<S: Send + Sync + 'static>(&self) -> Option<Arc<S>> {
        Arc::clone(self.0.get(&TypeId::of::<S>())?).downcast().ok()
    }

    /// The first state that is needed and not there.
    pub(super) fn missing(&self, needs: &Needs) -> Option<&'static str> {
        needs.0.iter().find(|(id, _)| !self.0.contains_key(id)).map(|(_, name)| *name)
    }
}
