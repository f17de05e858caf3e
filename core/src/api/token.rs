//! The tenant token: cached, renewed early, fetched by one caller for all.

use alloc::string::String;
use core::time::Duration;

use serde_json::json;

use super::answer::Answer;
use super::error::ApiError;
use super::request::{Identity, Repeat, Request};
use crate::config::{Config, Credential};
use crate::{Secret, Time};

/// A token is renewed so long before it ends: below it, and only below it, the platform gives a new one while the old one
/// goes on to be valid. Of a shorter life it is a quarter. Official SDKs take 3 to 10 min.
const MARGIN: Duration = Duration::from_secs(30 * 60);
/// A token is not used so close to its end, since the call takes time, too. Of a shorter life it is a tenth.
const LAST: Duration = Duration::from_secs(10);
/// A renewal in the background that failed is tried again after so long.
const AGAIN: Duration = Duration::from_secs(10);
/// Longest life that is believed. The platform gives 2 h.
const LONGEST: u64 = 24 * 3600;

/// The tenant token of an app, as a machine: whoever needs it [asks](Tokens::ask), and does what he is told.
///
/// Of all who ask while there is none, the first is told to fetch one; the others wait for what that one
/// [gets](Tokens::fetched).
#[derive(Debug, Default)]
pub struct Tokens {
    held: Option<Held>,
    /// The ticket of whoever fetches one at this time.
    fetching: Option<Ticket>,
    last_ticket: u64,
    /// Until then nobody is sent to renew in the background.
    quiet_until: Time,
}

#[derive(Debug)]
struct Held {
    token: Secret,
    renew_at: Time,
    end: Time,
}

/// Names the fetching of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(u64);

/// What to do for a token.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Ask {
    /// Use this one.
    Use(Secret),
    /// Fetch one, by [`Session::begin_fetch`](super::session::Session::begin_fetch), and say what came of it by
    /// [`Tokens::fetched`]: for all who ask in the meantime.
    Fetch {
        /// To be named then.
        ticket: Ticket,
        /// Use this one now, and fetch in the background.
        meanwhile: Option<Secret>,
    },
    /// Wait for what the holder of this ticket gets.
    Wait(Ticket),
}

/// A new token.
#[derive(Clone, Debug)]
pub struct Grant {
    token: Secret,
    life: Duration,
}

impl Grant {
    /// The token itself.
    pub fn token(&self) -> &Secret {
        &self.token
    }
}

impl Tokens {
    /// What to do for a token.
    pub fn ask(&mut self, now: Time) -> Ask {
        let usable = self.held.as_ref().filter(|held| now < held.end);
        let token = usable.map(|held| held.token.clone());
        let fresh = usable.is_some_and(|held| now < held.renew_at || now < self.quiet_until);
        match (token, self.fetching) {
            (Some(token), fetching) if fresh || fetching.is_some() => Ask::Use(token),
            (None, Some(ticket)) => Ask::Wait(ticket),
            (meanwhile, _) => {
                self.last_ticket = self.last_ticket.wrapping_add(1);
                let ticket = Ticket(self.last_ticket);
                self.fetching = Some(ticket);
                Ask::Fetch { ticket, meanwhile }
            }
        }
    }

    /// What came of fetching: the token, or nothing if it failed or was given up.
    pub fn fetched(&mut self, now: Time, ticket: Ticket, grant: Option<&Grant>) {
        if self.fetching != Some(ticket) {
            return;
        }
        self.fetching = None;
        match grant {
            None => self.quiet_until = now.after(AGAIN),
            Some(Grant { token, life }) => {
                let quarter = life.checked_div(4).unwrap_or_default();
                let tenth = life.checked_div(10).unwrap_or_default();
                self.held = Some(Held {
                    token: token.clone(),
                    renew_at: now.after(life.saturating_sub(MARGIN.min(quarter))),
                    end: now.after(life.saturating_sub(LAST.min(tenth))),
                });
            }
        }
    }

    /// The platform no longer takes this token. If it is the one held, it is dropped.
    pub fn refused(&mut self, token: &Secret) {
        self.held = self.held.take().filter(|held| held.token.expose() != token.expose());
    }
}

/// The call that gets a tenant token.
///
/// # Errors
/// [`ApiError::NoSecret`] if the app has none.
pub(super) fn fetch(config: &Config) -> Result<Request, ApiError> {
    let Credential::Secret(secret) = &config.credential else { return Err(ApiError::NoSecret) };
    Ok(Request::post("/open-apis/auth/v3/tenant_access_token/internal")
        .named("auth.v3.tenant_access_token.internal")
        .json(json!({"app_id": config.app_id, "app_secret": secret.expose()}))
        .identity(Identity::Nobody)
        .repeat(Repeat::Safe))
}

/// Reads the answer to it. Both stand beside the code, but some gateway may put them into `data`.
pub(super) fn granted(answer: &Answer) -> Result<Grant, ApiError> {
    let token: String = answer.member("tenant_access_token", "no tenant_access_token")?;
    let seconds: i64 = answer.member("expire", "no expire")?;
    let life = Duration::from_secs(u64::try_from(seconds).unwrap_or_default().min(LONGEST));
    Ok(Grant { token: Secret::new(token), life })
}

#[cfg(test)]
mod tests;
