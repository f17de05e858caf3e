//! When a call is made again, and when not.

use core::time::Duration;

use super::codes::Kind;
use super::error::ApiError;
use super::request::Repeat;
use crate::Time;
use crate::backoff::Random;
use crate::config::Calls;

/// The wait before the first repetition of a call that failed by a fault of the platform's or of the way there. It
/// doubles with each further one.
const FAULT: Duration = Duration::from_millis(500);
/// The same after a refusal because of too many calls that does not say how long to wait. The limits are per second.
const LIMITED: Duration = Duration::from_secs(1);
/// Longest wait that nobody asked for.
const CAP: Duration = Duration::from_secs(8);
/// Least spread of a wait, so that those who were refused together do not come back together.
const SPREAD: Duration = Duration::from_millis(250);

/// The tries of one call.
#[derive(Debug)]
pub(super) struct Tries {
    repeat: Repeat,
    left: u32,
    made: u32,
    until: Time,
    renewed: bool,
    random: Random,
}

/// What to do about a failed try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Next {
    /// Give up: the error is the outcome of the call.
    GiveUp,
    /// Get another token, and try again at once.
    RenewToken,
    /// Try again at this time.
    TryAt(Time),
}

impl Tries {
    pub(super) fn new(rule: &Calls, now: Time, transfer: bool, repeat: Repeat, random: Random) -> Tries {
        let within = if transfer { rule.transfer_within } else { rule.within };
        Tries { repeat, left: rule.repeats, made: 0, until: now.after(within), renewed: false, random }
    }

    /// When the call has to be over.
    pub(super) fn until(&self) -> Time {
        self.until
    }

    /// Whether a try before this one may have taken effect.
    pub(super) fn repeated(&self) -> bool {
        self.made > 0
    }

    /// What to do after a try that failed. `app` says whether it was made with the token of the app, which can be renewed.
    pub(super) fn after(&mut self, now: Time, app: bool, error: &ApiError) -> Next {
        let kind = error.kind();
        if kind == Some(Kind::Token) {
            // The platform did nothing, so that any call can be repeated. Once: a second new token will not do either.
            let again = app && !self.renewed;
            self.renewed = true;
            return if again { Next::RenewToken } else { Next::GiveUp };
        }
        let Some((least, asked)) = self.wait(kind, error) else { return Next::GiveUp };
        if self.left == 0 {
            return Next::GiveUp;
        }
        self.left = self.left.saturating_sub(1);
        let grown = least.saturating_mul(1_u32.checked_shl(self.made).unwrap_or(u32::MAX)).min(CAP);
        self.made = self.made.saturating_add(1);
        let wait = asked.unwrap_or(grown);
        let quarter = wait.checked_div(4).unwrap_or_default();
        let at = now.after(wait).after(self.random.below(quarter.max(SPREAD)));
        // Waiting longer than the call may take would only hide the reason.
        if at < self.until { Next::TryAt(at) } else { Next::GiveUp }
    }

    /// The least wait and the one the platform asks for, if the call may be made again at all.
    fn wait(&self, kind: Option<Kind>, error: &ApiError) -> Option<(Duration, Option<Duration>)> {
        let safe = self.repeat != Repeat::Unsafe;
        match error {
            // Refused before anything was done.
            ApiError::Refused(refused) if kind == Some(Kind::RateLimit) => Some((LIMITED, refused.retry_after)),
            ApiError::BadAnswer { status: 429, retry_after, .. } => Some((LIMITED, *retry_after)),
            ApiError::Refused(refused) if safe && (kind == Some(Kind::Busy) || refused.status >= 500) => {
                Some((FAULT, refused.retry_after))
            }
            ApiError::BadAnswer { status: 500.., retry_after, .. } if safe => Some((FAULT, *retry_after)),
            ApiError::Link(_) if error.never_began() => Some((FAULT, None)),
            ApiError::Link(error) if safe && is_passing(error.kind) => Some((FAULT, None)),
            _ => None,
        }
    }
}

/// Whether another try has any chance.
fn is_passing(kind: crate::LinkErrorKind) -> bool {
    use crate::LinkErrorKind as K;
    matches!(kind, K::Reset | K::Io | K::Upgrade | K::Timeout(_))
}

#[cfg(test)]
mod tests;
