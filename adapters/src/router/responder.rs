//! Answering a delivery from elsewhere, and later.

use std::error::Error;
use std::fmt;

use futures::channel::oneshot;
use larkwire_core::{BadReply, Replied, Reply};

use super::dispatch::Said;
use super::say::Turn;
use super::stats::End;
use super::{Ctx, FromCtx};

/// The answer to a delivery, to be given by whoever has this: it can be sent to another task, and outlives the handler.
///
/// A handler that takes one leaves the answer to it by ending well; its error is an answer all the same. A responder that is
/// dropped without an answer fails the delivery, so that the platform pushes the event again.
///
/// ```
/// use larkwire::event::card::{ActionReply, ActionTrigger, ToastKind};
/// use larkwire::{BoxError, Replied, Responder, Router};
///
/// async fn approve(responder: Responder, click: ActionTrigger) -> Result<(), BoxError> {
///     tokio::spawn(async move {
///         let reply = ActionReply::new().toast(ToastKind::Success, "approved");
///         match responder.reply(reply).await {
///             Ok(Replied::Sent) => {}
///             // The person got a neutral answer in time: update the card by the token of the click.
///             Ok(Replied::AlreadyAnswered) => println!("{:?}", click.token),
///             Ok(_) => println!("the connection is gone"),
///             Err(error) => println!("{error}"),
///         }
///     });
///     Ok(())
/// }
///
/// let router = Router::builder().on_callback(approve).build()?;
/// # Ok::<(), larkwire::RouterError>(())
/// ```
#[must_use = "a responder that is dropped fails its delivery"]
pub struct Responder {
    /// None once it has answered.
    ctx: Option<Ctx>,
}

/// What comes of an answer.
pub(crate) type Told = Result<Replied, RespondError>;

impl Responder {
    /// Acks the delivery now: the platform waits no longer, and will not push it again. A callback gets a neutral answer.
    ///
    /// What follows, be it an answer, an error of the handler or nothing, only says how the delivery ended: a failure lets a
    /// redelivery that comes all the same be handled again.
    pub fn acknowledge(&self) {
        if let Some(ctx) = &self.ctx
            && ctx.say().ack()
        {
            tell(ctx, Said::Acknowledge(ctx.delivery().id()));
        }
    }

    /// Answers the delivery, and tells what became of the answer: `()` says that it was handled, and callbacks have replies
    /// of their own.
    ///
    /// [`Replied::AlreadyAnswered`] means that an ack went before, by [`acknowledge`](Responder::acknowledge) or because the
    /// callback was late. Then a reply is not shown; a card can still be updated by the token of its callback, with
    /// [`card::Update`](crate::api::interactive::v1::card::Update).
    ///
    /// # Errors
    /// See [`RespondError`]. With [`RespondError::BadReply`] the delivery has failed.
    pub async fn reply(mut self, reply: impl Into<Reply>) -> Result<Replied, RespondError> {
        let Some(ctx) = self.ctx.take() else { return Err(RespondError::Over) };
        let (reply, bad) = match ctx.answer(reply.into()) {
            Ok(reply) => (reply.ok_or(RespondError::Over)?, None),
            Err(bad) => (Reply::failed(), Some(bad)),
        };
        let (told, tells) = oneshot::channel();
        tell(&ctx, Said::Reply { id: ctx.delivery().id(), reply, told: Some(told) });
        drop(ctx);
        let replied = tells.await.unwrap_or(Err(RespondError::Over));
        bad.map_or(replied, |bad| Err(RespondError::BadReply(bad)))
    }

    /// Fails the delivery: the platform will push an event again, and show an error for a callback.
    ///
    /// # Errors
    /// See [`RespondError`].
    pub async fn fail(self) -> Result<Replied, RespondError> {
        self.reply(Reply::failed()).await
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        let Some(ctx) = self.ctx.take() else { return };
        let reply = match ctx.say().let_go() {
            // The handler still runs, and has the say now.
            Turn::Others => None,
            Turn::Mine => ctx.settle(End::Handled, Reply::ok()),
            Turn::Nobodys => ctx.dropped(),
        };
        if let Some(reply) = reply {
            tell(&ctx, Said::Reply { id: ctx.delivery().id(), reply, told: None });
        }
    }
}

/// The bot may have ended, and then nobody listens.
fn tell(ctx: &Ctx, said: Said) {
    let _ = ctx.around().tell.unbounded_send(said);
}

impl FromCtx for Responder {
    type Error = AlreadyTaken;

    async fn from_ctx(ctx: &Ctx) -> Result<Responder, AlreadyTaken> {
        if ctx.say().take() { Ok(Responder { ctx: Some(ctx.clone()) }) } else { Err(AlreadyTaken) }
    }
}

impl fmt::Debug for Responder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Responder").field("ctx", &self.ctx).finish()
    }
}

/// A handler asked for two responders. There is one for each delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlreadyTaken;

impl fmt::Display for AlreadyTaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the handler asks for a second responder; a delivery has one")
    }
}

impl Error for AlreadyTaken {}

/// Why an answer was not given.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RespondError {
    /// The reply has a form that the platform does not take, and the delivery has failed. The application's to mend.
    BadReply(BadReply),
    /// The delivery was settled before, by an error of its handler; or it was given up, or the bot has ended.
    Over,
}

impl fmt::Display for RespondError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RespondError::BadReply(bad) => bad.fmt(f),
            RespondError::Over => f.write_str("the delivery was settled or given up already, or the bot has ended"),
        }
    }
}

impl Error for RespondError {}
