//! What can be a handler: a function that takes what it needs as arguments.
//!
//! A function of so many arguments is a [`Handler`] of their tuple, whatever they are. That each of them can be had is asked
//! separately, of the tuple, so that the compiler's complaint is about the argument that is wrong.

use larkwire_core::Reply;
use larkwire_core::event::Event;

use super::{BoxError, Ctx, FromCtx, Needs};
#[cfg(feature = "event-card")]
use crate::event::{card::ActionReply, url::PreviewReply};

/// A function whose arguments are the tuple `A`, at most seven. Implemented for all of them. A closure has to name the types
/// of its arguments: `|event: MessageReceiveV1| async move { … }`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler",
    label = "not a function of at most seven arguments",
    note = "a handler is a function, `async` unless it blocks, and can be called many times from any thread"
)]
pub trait Handler<A>: Send + Sync + 'static {
    /// What it returns.
    type Output;

    /// Calls it.
    fn call(&self, arguments: A) -> Self::Output;
}

/// The arguments of a handler of typed events: at most six that are [`FromCtx`], and the body of the event last.
///
/// ```
/// # use larkwire::{Ctx, Router, event::im::v1::MessageReceiveV1};
/// async fn handler(ctx: Ctx, event: MessageReceiveV1) {}
/// let router = Router::builder().on(handler);
/// ```
///
/// ```compile_fail,E0277
/// # use larkwire::{Ctx, Router, event::im::v1::MessageReceiveV1};
/// async fn handler(event: MessageReceiveV1, ctx: Ctx) {}
/// let router = Router::builder().on(handler);
/// ```
///
/// An event has no answer, so that its handler does not return one:
///
/// ```compile_fail,E0271
/// # use larkwire::{Reply, Router, event::im::v1::MessageReceiveV1};
/// async fn handler(event: MessageReceiveV1) -> Reply {
///     Reply::json("{}")
/// }
/// let router = Router::builder().on(handler);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` are not the arguments of a handler of typed events",
    label = "the last argument is not an event",
    note = "the body of the event, such as `im::v1::MessageReceiveV1`, has to be the last argument; handlers without one are for `on_raw`"
)]
pub trait Arguments: Sized + Send + 'static {
    /// The last of them.
    type Event: Event;

    /// All of them, the event last.
    ///
    /// # Errors
    /// When one of them cannot be had, or the body does not fit the type of the event.
    fn extract(ctx: &Ctx) -> impl Future<Output = Result<Self, BoxError>> + Send;

    /// Adds what they need to be had: see [`FromCtx::needs`].
    fn needs(needs: &mut Needs);
}

/// What a handler returns: nothing, a reply if it is for callbacks, or a [`Result`] of that with any error.
#[diagnostic::on_unimplemented(
    message = "a handler does not return `{Self}`",
    label = "neither `()` nor a reply nor a `Result`",
    note = "handlers return `()`, a reply, or a `Result` of these whose error is an `Error` or a text"
)]
pub trait Outcome {
    /// What it has to say to the platform.
    type Reply;

    /// As a result.
    ///
    /// # Errors
    /// That of the handler.
    fn into_result(self) -> Result<Self::Reply, BoxError>;
}

impl Outcome for () {
    type Reply = ();

    fn into_result(self) -> Result<(), BoxError> {
        Ok(())
    }
}

impl Outcome for Reply {
    type Reply = Reply;

    fn into_result(self) -> Result<Reply, BoxError> {
        Ok(self)
    }
}

#[cfg(feature = "event-card")]
impl Outcome for ActionReply {
    type Reply = ActionReply;

    fn into_result(self) -> Result<ActionReply, BoxError> {
        Ok(self)
    }
}

#[cfg(feature = "event-card")]
impl Outcome for PreviewReply {
    type Reply = PreviewReply;

    fn into_result(self) -> Result<PreviewReply, BoxError> {
        Ok(self)
    }
}

impl<R, E: Into<BoxError>> Outcome for Result<R, E> {
    type Reply = R;

    fn into_result(self) -> Result<R, BoxError> {
        self.map_err(Into::into)
    }
}

/// The body of an event, as the type that its handler asks for.
fn body<E: Event>(ctx: &Ctx) -> Result<E, BoxError> {
    Ok(E::parse(ctx.delivery().body().unwrap_or("null"))?)
}

macro_rules! arguments {
    ($($name:ident)*) => {
        impl<F, O, $($name,)*> Handler<($($name,)*)> for F
        where
            F: Fn($($name,)*) -> O + Send + Sync + 'static,
        {
            type Output = O;

            #[allow(non_snake_case, reason = "a value has the name of its type")]
            fn call(&self, ($($name,)*): ($($name,)*)) -> O {
                self($($name,)*)
            }
        }

        /// One after the other.
        impl<$($name: FromCtx,)*> FromCtx for ($($name,)*) {
            type Error = BoxError;

            #[allow(unused_variables, reason = "no arguments need no context")]
            async fn from_ctx(ctx: &Ctx) -> Result<Self, BoxError> {
                Ok(($($name::from_ctx(ctx).await.map_err(Into::into)?,)*))
            }

            #[allow(unused_variables, reason = "no arguments need nothing")]
            fn needs(needs: &mut Needs) {
                $($name::needs(needs);)*
            }
        }

        impl<$($name: FromCtx,)* E: Event + Send + 'static> Arguments for ($($name,)* E,) {
            type Event = E;

            async fn extract(ctx: &Ctx) -> Result<Self, BoxError> {
                Ok(($($name::from_ctx(ctx).await.map_err(Into::into)?,)* body(ctx)?,))
            }

            #[allow(unused_variables, reason = "no arguments need nothing")]
            fn needs(needs: &mut Needs) {
                $($name::needs(needs);)*
            }
        }
    };
}

arguments!();
arguments!(A1);
arguments!(A1 A2);
arguments!(A1 A2 A3);
arguments!(A1 A2 A3 A4);
arguments!(A1 A2 A3 A4 A5);
arguments!(A1 A2 A3 A4 A5 A6);

impl<F, O, A1, A2, A3, A4, A5, A6, A7> Handler<(A1, A2, A3, A4, A5, A6, A7)> for F
where
    F: Fn(A1, A2, A3, A4, A5, A6, A7) -> O + Send + Sync + 'static,
{
    type Output = O;

    #[allow(clippy::many_single_char_names, reason = "there are seven")]
    fn call(&self, (a, b, c, d, e, f, g): (A1, A2, A3, A4, A5, A6, A7)) -> O {
        self(a, b, c, d, e, f, g)
    }
}
