//! What comes back from a call.

use alloc::borrow::{Cow, ToOwned};
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::{ApiError, Refused};
use super::read::{Read, member};
use crate::Secret;
use crate::backoff;
use crate::secret::presentable;
use crate::value::any;
use crate::vocabulary::Headers;

/// The HTTP answer to a call, read to its end.
#[derive(Clone, Debug)]
pub struct Answer {
    endpoint: Cow<'static, str>,
    status: u16,
    headers: Headers,
    body: Bytes,
    /// What must not be shown when the platform or a gateway quotes it.
    secrets: Vec<Secret>,
}

/// A file that was downloaded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct File {
    /// Its bytes.
    pub content: Bytes,
    /// Its name, without a path.
    pub name: Option<String>,
    /// Its media type.
    pub media_type: Option<String>,
}

impl Answer {
    /// The answer to a call of this endpoint.
    pub fn new(endpoint: impl Into<Cow<'static, str>>, status: u16, headers: Headers, body: Bytes) -> Answer {
        Answer { endpoint: endpoint.into(), status, headers, body, secrets: Vec::new() }
    }

    /// With what must not be shown in an error, wherever the answer quotes it.
    #[must_use]
    pub fn masking(mut self, secrets: impl IntoIterator<Item = Secret>) -> Answer {
        self.secrets.extend(secrets);
        self
    }

    /// The HTTP status. The code in the body says more.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The `data` of the answer, or all of it where it has none.
    ///
    /// # Errors
    /// [`ApiError::Refused`] if the code is not 0, whatever the HTTP status is; [`ApiError::BadAnswer`] if there is none.
    pub fn data(&self) -> Result<Value, ApiError> {
        let mut body = any(&mut serde_json::Deserializer::from_slice(&self.body)).map_err(|_| self.bad("not JSON"))?;
        let code = body.get("code").and_then(|code| i64::read(code).ok()).ok_or_else(|| self.bad("no code"))?;
        if code != 0 {
            let shown = |text: &str| self.shown(text);
            let refused = Refused::read(&self.endpoint, code, &body, shown);
            let log_id = self.log_id().or(refused.log_id);
            let refused = Refused { status: self.status, log_id, retry_after: self.retry_after(), ..refused };
            return Err(ApiError::Refused(refused.into()));
        }
        let data = body.get_mut("data").map(Value::take).filter(|data| !data.is_null());
        Ok(data.unwrap_or(body))
    }

    /// The same as a type of yours.
    ///
    /// # Errors
    /// As [`data`](Answer::data); [`ApiError::BadAnswer`] if it is not of that type.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        serde_json::from_value(self.data()?).map_err(|_| self.bad("not what was expected"))
    }

    /// The same as a type of ours.
    pub(crate) fn read<T: Read>(&self) -> Result<T, ApiError> {
        T::read(&self.data()?).map_err(|what| self.bad(if what.is_empty() { "not what was expected" } else { what }))
    }

    /// One member of it; `what` says that it is missing.
    pub(crate) fn member<T: Read>(&self, name: &str, what: &'static str) -> Result<T, ApiError> {
        member(&self.data()?, name, what).map_err(|what| self.bad(what))
    }

    /// Nothing but that it succeeded.
    pub(crate) fn done(&self) -> Result<(), ApiError> {
        self.data().map(drop)
    }

    /// The file that it is.
    ///
    /// A failure is told in JSON. A file may be JSON, too; but then it has a name, or a status that says so.
    ///
    /// # Errors
    /// As [`data`](Answer::data).
    pub fn file(&self) -> Result<File, ApiError> {
        let disposition = self.header("content-disposition");
        let media_type = self.header("content-type").map(str::to_owned);
        let json = media_type.as_deref().is_some_and(|kind| kind.trim_start().starts_with("application/json"));
        if !(200..300).contains(&self.status) || (json && disposition.is_none()) {
            self.data()?;
        }
        if !(200..300).contains(&self.status) {
            return Err(self.bad("a code of 0 in place of the file"));
        }
        Ok(File { content: self.body.clone(), name: disposition.and_then(file_name), media_type })
    }

    fn bad(&self, what: &'static str) -> ApiError {
        ApiError::BadAnswer { status: self.status, what, log_id: self.log_id(), retry_after: self.retry_after() }
    }

    fn log_id(&self) -> Option<String> {
        self.header("x-tt-logid").map(|id| self.shown(id))
    }

    /// How long to wait: in seconds, which may have a fraction (field reports). `Retry-After` is the standard's, the other
    /// one the platform's. A date is not understood: the platform sends none.
    fn retry_after(&self) -> Option<Duration> {
        let seconds = |name| backoff::seconds(self.header(name)?);
        seconds("retry-after").or_else(|| seconds("x-ogw-ratelimit-reset"))
    }

    fn shown(&self, text: &str) -> String {
        let secrets: Vec<&str> = self.secrets.iter().map(Secret::expose).collect();
        presentable(text, &secrets)
    }
}

/// The name in a `Content-Disposition`: that of `filename*` (RFC 6266, RFC 8187) goes before that of `filename`. What is
/// before a slash or backslash is left out, since nobody shall write to another folder than is meant.
fn file_name(disposition: &str) -> Option<String> {
    let mut plain = None;
    let mut extended = None;
    for parameter in parameters(disposition) {
        let Some((name, value)) = parameter.split_once('=') else { continue };
        let value = value.trim();
        if name.trim().eq_ignore_ascii_case("filename*") {
            let encoded = value.split_once('\'').and_then(|(_, rest)| rest.split_once('\'')).map(|(_, text)| text);
            extended = encoded.map(|text| crate::url::decode_percent(text.trim_end_matches('"')));
        } else if name.trim().eq_ignore_ascii_case("filename") {
            let text = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
            plain =
                Some(text.map_or_else(|| value.to_owned(), |text| text.replace("\\\"", "\"").replace("\\\\", "\\")));
        }
    }
    let name = extended.or(plain)?;
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|c| !c.is_control()).collect();
    (!matches!(name.as_str(), "" | "." | "..")).then_some(name)
}

/// The parts between semicolons, of which those in quotes do not count.
fn parameters(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let mut escaped = false;
    text.split(move |c| {
        let ends = c == ';' && !quoted;
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\' && quoted && !escaped;
        ends
    })
}

#[cfg(test)]
mod tests;
