//! How an API call fails, and who is at fault.

use std::error::Error;
use std::fmt;

use larkwire_core::{LinkError, Secret, UrlError};
use serde::Deserialize;
use serde_json::Value;

use crate::http::Answer;

/// Why an API call has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApiError {
    /// The domain of the configuration cannot be used. The application's to mend.
    Domain(UrlError),
    /// The path cannot be used. The application's to mend.
    Path(UrlError),
    /// The app proves itself with client assertions, and these calls need its secret.
    NoSecret,
    /// The way to the platform failed. Whether the call took effect is not known.
    Link(LinkError),
    /// There was no answer in 30 s. Whether the call took effect is not known.
    Timeout,
    /// The platform refused.
    Refused(Refused),
    /// The answer makes no sense.
    BadAnswer {
        /// The HTTP status.
        status: u16,
        /// What is wrong with it.
        what: &'static str,
        /// `X-Tt-Logid`.
        log_id: Option<String>,
    },
}

/// A refusal by the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refused {
    /// The platform's code.
    pub code: i64,
    /// The platform's words.
    pub message: String,
    /// The HTTP status. The code says more.
    pub status: u16,
    /// `X-Tt-Logid`: what the platform's support asks for.
    pub log_id: Option<String>,
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let log = |log_id: &Option<String>| log_id.as_ref().map_or_else(String::new, |id| format!(", log id {id}"));
        match self {
            ApiError::Domain(error) => write!(f, "the domain cannot be used: {error}"),
            ApiError::Path(error) => write!(f, "the path cannot be used: {error}"),
            ApiError::NoSecret => f.write_str("API calls need the app secret"),
            ApiError::Link(error) => error.fmt(f),
            ApiError::Timeout => f.write_str("the platform did not answer in time"),
            ApiError::Refused(Refused { code, message, status, log_id }) => {
                write!(f, "the platform refused: {code} {message} (HTTP status {status}{})", log(log_id))
            }
            ApiError::BadAnswer { status, what, log_id } => {
                write!(f, "the answer makes no sense: {what} (HTTP status {status}{})", log(log_id))
            }
        }
    }
}

impl Error for ApiError {}

impl From<LinkError> for ApiError {
    fn from(error: LinkError) -> ApiError {
        ApiError::Link(error)
    }
}

/// Most characters of the platform's words that are kept.
const SHOWN: usize = 300;

#[derive(Deserialize)]
struct Verdict {
    code: i64,
    #[serde(default)]
    msg: String,
}

/// Reads an answer: its `data`, or all of it if there is none. The code decides, whatever the HTTP status is.
pub(super) fn read<'a>(answer: Answer, secrets: impl Iterator<Item = &'a Secret>) -> Result<Value, ApiError> {
    let status = answer.status;
    let log_id = answer.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("x-tt-logid"));
    let log_id = log_id.map(|(_, value)| plain(value));
    let bad = |what| ApiError::BadAnswer { status, what, log_id: log_id.clone() };
    let mut body: Value = serde_json::from_slice(&answer.body).map_err(|_| bad("not JSON"))?;
    let verdict = Verdict::deserialize(&body).map_err(|_| bad("no code"))?;
    if verdict.code != 0 {
        // It would not be the first gateway to quote what it refuses.
        let quoted = |text: String, secret: &Secret| match secret.is_empty() {
            true => text,
            false => text.replace(secret.expose(), "***"),
        };
        let message = plain(&secrets.fold(verdict.msg, quoted));
        return Err(ApiError::Refused(Refused { code: verdict.code, message, status, log_id }));
    }
    let data = body.get_mut("data").map(Value::take).filter(|data| !data.is_null());
    Ok(data.unwrap_or(body))
}

/// Fit for a log line.
fn plain(text: &str) -> String {
    text.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
