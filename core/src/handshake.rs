//! What a refused upgrade means. The platform puts the reason into response headers (all SDK sources).

use alloc::string::String;

use crate::endpoint::code::CONNECTION_LIMIT;
use crate::failure::{LimitSignal, Rejection};
use crate::vocabulary::Headers;

/// What to do about a refused upgrade.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Try again.
    Retry(Rejection),
    /// A plain 401 or 403, which may come from a proxy on the way: fatal if it comes twice in a row.
    Doubtful(Rejection),
    /// The platform says no.
    Forbidden(Rejection),
    /// The app has too many connections.
    Limit(LimitSignal, String),
}

/// Reads a refusal. `shown` makes a text of the peer fit to be shown.
pub(crate) fn read(status: u16, headers: &Headers, body: &[u8], shown: impl Fn(&str) -> String) -> Verdict {
    let header =
        |name: &str| headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim());
    let number = |name| header(name).and_then(|value| value.parse::<i64>().ok());
    let message = match header("Handshake-Msg") {
        Some(message) => shown(message),
        None => shown(&String::from_utf8_lossy(body)),
    };
    let rejection = Rejection {
        status,
        handshake_status: number("Handshake-Status"),
        auth_code: number("Handshake-Autherrcode"),
        message,
    };
    match (rejection.handshake_status, rejection.auth_code) {
        (Some(514) | None, Some(CONNECTION_LIMIT)) => Verdict::Limit(LimitSignal::Handshake, rejection.message),
        (Some(403), _) => Verdict::Forbidden(rejection),
        (Some(_), _) => Verdict::Retry(rejection),
        (None, _) if matches!(status, 401 | 403) => Verdict::Doubtful(rejection),
        (None, _) => Verdict::Retry(rejection),
    }
}

/// Whether a Close of the platform is its third signal of the connection limit (field report): code 3001, or words that
/// say so. Only words about the number of connections do: this is fatal, and "connection idle time exceeded" is not.
pub(crate) fn is_limit_close(code: u16, reason: &str) -> bool {
    let reason = reason.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|words| reason.contains(words));
    let exceeded = has(&["number of connections", "connections exceed", "connection limit", "connection count"]);
    code == 3001 || (has(&["too many"]) && has(&["connections"])) || (has(&["exceed"]) && exceeded)
}

#[cfg(test)]
mod tests;
