//! One call: what was asked, read, and the forms of an answer.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::http::request::Parts;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::server::body::{Answer, whole};
use crate::server::hub::Hub;

/// Longest wait of a long poll.
const LONGEST: Duration = Duration::from_secs(60);

/// A call whose path and method are known.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) hub: Arc<Hub>,
    /// The name under which the simulator was called.
    pub(super) host: String,
    /// What stands in the place of the path's `{…}`.
    parameters: Vec<String>,
    query: Vec<(String, String)>,
    /// Where a stream that broke off had come to.
    pub(super) last_event_id: Option<u64>,
    pub(super) body: Bytes,
}

impl Call {
    pub(super) fn new(hub: Arc<Hub>, parameters: Vec<String>, head: &Parts, body: Bytes) -> Call {
        let query = form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        let last = head.headers.get("last-event-id").and_then(|value| value.to_str().ok()?.parse().ok());
        let host = head.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default().to_owned();
        Call { hub, host, parameters, query, last_event_id: last, body }
    }

    /// The first parameter of the path, as text.
    pub(super) fn name(&self) -> &str {
        self.parameters.first().map(String::as_str).unwrap_or_default()
    }

    /// The first parameter of the path, as a number.
    pub(super) fn id(&self) -> Result<u64, Problem> {
        let name = self.name();
        name.parse().map_err(|_| Problem::invalid(format!("{name:?} is not a number"), "ids are whole numbers"))
    }

    /// A parameter of the query; none if it is not there.
    pub(super) fn query<T: FromStr>(&self, name: &str) -> Result<Option<T>, Problem> {
        let Some(value) = self.text(name) else { return Ok(None) };
        let wrong = |_| Problem::invalid(format!("{name}={value} cannot be read"), "see /_sim/v1/openapi.json");
        value.parse().map(Some).map_err(wrong)
    }

    /// A parameter of the query, as it is.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// `wait_ms`: how long to wait for something new; not at all if it is not there.
    pub(super) fn patience(&self) -> Result<Duration, Problem> {
        Ok(Duration::from_millis(self.query("wait_ms")?.unwrap_or(0)).min(LONGEST))
    }

    /// The body, read as JSON; an empty one counts as `{}`.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let body: &[u8] = if self.body.is_empty() { b"{}" } else { &self.body };
        let wrong = |error| Problem::invalid(format!("the body: {error}"), "see /_sim/v1/openapi.json");
        serde_json::from_slice(body).map_err(wrong)
    }
}

/// An answer with status 200 and this JSON.
pub(super) fn json_answer(value: &impl Serialize) -> Answer {
    let bytes = serde_json::to_vec(value).unwrap_or_default();
    typed_answer("application/json; charset=utf-8", bytes)
}

/// An answer with status 200 and this content.
pub(super) fn typed_answer(content_type: &str, content: impl Into<Bytes>) -> Answer {
    let mut answer = hyper::Response::new(whole(content.into()));
    if let Ok(value) = HeaderValue::from_str(content_type) {
        answer.headers_mut().insert(CONTENT_TYPE, value);
    }
    answer
}
