//! The trusted user channel: a user who is bound to the connection of a bot, and again to each one that follows it.
//!
//! The calls are [`BindUser`] and [`UnbindUser`], with the user's own token and the
//! [`channel_tag`](larkwire_core::Config::channel_tag). The id of the connection changes with each one, so that the call has
//! to be made anew.

use std::error::Error;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use larkwire_core::{Attempt, Secret};
use tracing::{info, warn};

use super::handle::{Connection, Ground, Handle, NotReady};
use crate::api::codes::Kind;
use crate::api::event::v1::{BindUser, UnbindUser};
use crate::api::{ApiError, Call};
use crate::panics::words;
use crate::router::BoxError;
use crate::runtime::{Task, later};

/// A binding that failed and may succeed later is tried again after so long.
const AGAIN: Duration = Duration::from_secs(10);

/// A user who is bound, and will be bound to each connection to come. Dropping it ends the repetition only.
#[must_use = "dropping it ends the binding with the next reconnect"]
pub struct UserBinding {
    binding: Arc<Binding>,
    repetition: Task,
}

/// Why a user is not bound.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BindError {
    /// The bot has ended, so that there is no connection to bind to.
    NotReady(NotReady),
    /// The platform gave the connection no name to call it by.
    NoConnectionId,
    /// The provider gave no token, for this reason.
    Token(String),
    /// The call failed.
    Api(ApiError),
}

impl BindError {
    /// Whether trying again may help: the user's token was not at hand, or the platform or the way to it had a fault.
    pub fn is_transient(&self) -> bool {
        match self {
            BindError::NotReady(_) | BindError::NoConnectionId => false,
            BindError::Api(ApiError::Refused(refused)) => matches!(refused.kind(), Some(Kind::Busy | Kind::RateLimit)),
            BindError::Api(error) => {
                matches!(error, ApiError::Link(_) | ApiError::Timeout | ApiError::BadAnswer { .. })
            }
            BindError::Token(_) => true,
        }
    }
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BindError::NotReady(why) => write!(f, "there is no connection to bind to: {why}"),
            BindError::NoConnectionId => f.write_str("the platform gave the connection no id to bind to"),
            BindError::Token(why) => write!(f, "there is no token of the user: {why}"),
            BindError::Api(error) => error.fmt(f),
        }
    }
}

impl Error for BindError {}

/// What a binding and its repetition share.
struct Binding {
    handle: Handle,
    ground: Ground,
    token: Box<dyn Fn() -> BoxFuture<'static, Result<Secret, BoxError>> + Send + Sync>,
    /// How the last call went.
    outcome: Mutex<Result<(), BindError>>,
}

impl Handle {
    /// Binds a user to the connection of the bot, as soon as that is ready, and by itself to each one after a reconnect.
    ///
    /// The provider is asked for the user's access token (`u-…`) before each call; an `async` closure will do. To be
    /// called on the runtime of the bot. A repetition that fails is tried again every 10 s if that can help, and at the
    /// next connection in any case; [`UserBinding::outcome`] tells.
    ///
    /// # Errors
    /// See [`BindError`]. Nothing is repeated then.
    pub async fn bind_user<F>(&self, token: impl Fn() -> F + Send + Sync + 'static) -> Result<UserBinding, BindError>
    where
        F: Future<Output = Result<Secret, BoxError>> + Send + 'static,
    {
        let connection = self.next_connection(None).await.map_err(BindError::NotReady)?;
        let binding = Arc::new(Binding {
            handle: self.clone(),
            ground: self.ground().map_err(BindError::NotReady)?,
            token: Box::new(move || token().boxed()),
            outcome: Mutex::new(Ok(())),
        });
        binding.call(BindUser::new, &connection).await?;
        let repeated = Arc::clone(&binding);
        let repetition = async move { repeated.repeat(connection.attempt).await }.boxed();
        Ok(UserBinding { repetition: binding.ground.runtime.spawn(repetition), binding })
    }
}

impl UserBinding {
    /// How the last call to bind the user went.
    ///
    /// # Errors
    /// The user is not bound to the present connection, for this reason.
    pub fn outcome(&self) -> Result<(), BindError> {
        self.binding.outcome.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends the binding, now and for the connections to come. Without a connection there is nobody to tell.
    ///
    /// # Errors
    /// When the platform could not be told; the user may then be bound until the connection ends.
    pub async fn unbind(self) -> Result<(), BindError> {
        drop(self.repetition);
        match self.binding.handle.connection() {
            Some(connection) => self.binding.call(UnbindUser::new, &connection).await,
            None => Ok(()),
        }
    }
}

impl fmt::Debug for UserBinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserBinding").field("outcome", &self.outcome()).finish_non_exhaustive()
    }
}

impl Binding {
    /// Binds the user to each connection after that of the attempt `bound`, until the bot ends.
    async fn repeat(&self, mut bound: Attempt) {
        while let Ok(connection) = self.handle.next_connection(Some(bound)).await {
            let outcome = self.call(BindUser::new, &connection).await;
            let again = outcome.as_ref().is_err_and(BindError::is_transient);
            match &outcome {
                Ok(()) => info!(connection_id = connection.id, "the user is bound again"),
                Err(error) => warn!(connection_id = connection.id, again, %error, "the user could not be bound again"),
            }
            *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = outcome;
            if again {
                let runtime = &self.ground.runtime;
                runtime.sleep_until(later(runtime.now(), AGAIN)).await;
            } else {
                bound = connection.attempt;
            }
        }
    }

    async fn call<C: Call<Answer = ()>>(
        &self,
        make: impl FnOnce(String, Option<String>) -> C,
        connection: &Connection,
    ) -> Result<(), BindError> {
        let id = connection.id.as_deref().ok_or(BindError::NoConnectionId)?;
        // A panic would end the repetition, and nobody would know.
        let token = AssertUnwindSafe(async { (self.token)().await }).catch_unwind().await;
        let token = token.unwrap_or_else(|panic| {
            let panic = words(panic);
            warn!(panic, "the provider of user tokens panicked");
            Err("the provider panicked".into())
        });
        let token = token.map_err(|error| BindError::Token(error.to_string()))?;
        let call = make(id.to_owned(), self.ground.channel_tag.clone());
        self.ground.api.as_user(token).send(call).await.map_err(BindError::Api)
    }
}
