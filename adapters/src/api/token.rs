//! The tenant token, fetched by one caller for all. Who fetches, and when, says
//! [`Tokens`](larkwire_core::api::session::Tokens).

use std::sync::{Arc, Mutex, PoisonError};

use futures::future::{BoxFuture, FutureExt, WeakShared};
use larkwire_core::Secret;
use larkwire_core::api::ApiError;
use larkwire_core::api::session::{Ask, Next, Session, Ticket};
use tracing::{debug, warn};

use super::Wire;
use crate::runtime::Task;

/// What all who wait for a token wait for. It goes on as long as one of them does.
type Fetch = BoxFuture<'static, Result<Secret, ApiError>>;

pub(super) struct Desk {
    wire: Arc<Wire>,
    /// The one under way. Weak, so that it ends with the last who waits for it.
    fetch: Mutex<Option<(Ticket, WeakShared<Fetch>)>>,
    /// A renewal for which nobody waits.
    renewal: Mutex<Option<Task>>,
}

/// Gives the ticket back, however the fetching ends.
struct Holder {
    wire: Arc<Wire>,
    ticket: Ticket,
}

impl Drop for Holder {
    fn drop(&mut self) {
        let now = self.wire.now();
        self.wire.session().tokens.fetched(now, self.ticket, None);
    }
}

impl Desk {
    pub(super) fn new(wire: Arc<Wire>) -> Desk {
        Desk { wire, fetch: Mutex::default(), renewal: Mutex::default() }
    }

    /// The tenant token.
    pub(super) async fn token(&self) -> Result<Secret, ApiError> {
        loop {
            let fetch = {
                let mut fetch = self.fetch.lock().unwrap_or_else(PoisonError::into_inner);
                let ask = self.wire.session().tokens.ask(self.wire.now());
                match ask {
                    Ask::Use(token) => return Ok(token),
                    Ask::Fetch { ticket, meanwhile } => {
                        let holder = Holder { wire: Arc::clone(&self.wire), ticket };
                        let new = async move { holder.fetch().await }.boxed().shared();
                        *fetch = new.downgrade().map(|weak| (ticket, weak));
                        if let Some(token) = meanwhile {
                            let renewing = new.map(|outcome| match outcome {
                                Ok(_) => {}
                                Err(error) => warn!(%error, "the tenant token could not be renewed early"),
                            });
                            let task = self.wire.net.runtime().spawn(renewing.boxed());
                            *self.renewal.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
                            return Ok(token);
                        }
                        Some(new)
                    }
                    Ask::Wait(ticket) => {
                        let under_way = fetch.as_ref().filter(|(of, _)| *of == ticket);
                        let under_way = under_way.and_then(|(_, weak)| weak.upgrade());
                        if under_way.is_none() {
                            // All who waited for it are gone.
                            self.wire.session().tokens.fetched(self.wire.now(), ticket, None);
                        }
                        under_way
                    }
                    _ => None,
                }
            };
            if let Some(fetch) = fetch {
                return fetch.await;
            }
        }
    }
}

impl Holder {
    async fn fetch(&self) -> Result<Secret, ApiError> {
        let wire = &*self.wire;
        let site = wire.site()?;
        let mut course = wire.session().begin_fetch(wire.now())?;
        let limit = wire.instant(course.until()).saturating_duration_since(wire.net.runtime().now());
        let fetching = async {
            loop {
                let begun = wire.net.runtime().now();
                let outcome = wire.exchange(site, &course, None).await.and_then(|answer| Session::granted(&answer));
                wire.tell(&course, begun, outcome.as_ref().err());
                let error = match outcome {
                    Ok(grant) => return Ok(grant),
                    Err(error) => error,
                };
                match course.failed(wire.now(), false, &error) {
                    Next::TryAt(time) => wire.net.runtime().sleep_until(wire.instant(time)).await,
                    _ => return Err(error),
                }
            }
        };
        let grant = wire.net.limit(limit, fetching).await.unwrap_or(Err(ApiError::Timeout))?;
        debug!("tenant token renewed");
        wire.session().tokens.fetched(wire.now(), self.ticket, Some(&grant));
        Ok(grant.token().clone())
    }
}
