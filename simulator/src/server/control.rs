//! The control API, `/_sim/v1/*`: what a person at the page, a test in another language or a shell script can do to the
//! platform and learn of it.
//!
//! It is HTTP around [`Platform`](crate::Platform) and decides nothing: `routes` says which call is which function,
//! `guard` who may call at all, and the other modules translate. Its own requests do not enter the transcript.

mod call;
mod cards;
mod cassette;
mod chats;
mod clock;
mod connections;
mod copy;
mod description;
mod events;
mod faults;
mod guard;
mod messages;
mod metrics;
mod problem;
mod routes;
mod shape;
mod state;
mod stream;
mod transcript;

use std::sync::Arc;

use bytes::Bytes;
use hyper::Method;
use hyper::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use hyper::http::request::Parts;

use self::call::Call;
use self::problem::Problem;
use super::body::Answer;
use super::hub::Hub;
use super::page;

/// Where the page is, and in front of what it calls.
const PAGE: &str = "/_sim";
/// In front of every call.
const BASE: &str = "/_sim/v1/";

/// Calls that are in front of all paths, too, because supervisors and Prometheus look for them there.
const PROBES: [&str; 3] = ["/livez", "/readyz", "/metrics"];

/// Whether a request is for the page or the control API.
pub(super) fn owns(path: &str) -> bool {
    PROBES.contains(&path) || path.strip_prefix(PAGE).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The call that a path names, as `routes` has it.
fn called(path: &str) -> Option<&str> {
    path.strip_prefix(if PROBES.contains(&path) { "/" } else { BASE })
}

/// Answers a request that it [owns](owns).
pub(super) async fn answer(hub: Arc<Hub>, local: Option<std::net::IpAddr>, head: Parts, body: Bytes) -> Answer {
    let answered = match guard::admit(&head, local, hub.hosts()) {
        Err(problem) => Err(problem),
        Ok(()) => dispatch(hub, &head, body).await,
    };
    let mut answer = answered.unwrap_or_else(Problem::into_answer);
    const STRICT: [(&str, &str); 3] =
        [("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"), ("x-frame-options", "DENY")];
    let headers = answer.headers_mut();
    for (name, value) in STRICT {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    answer
}

fn is_page(head: &Parts) -> bool {
    [Method::GET, Method::HEAD].contains(&head.method) && matches!(head.uri.path().strip_prefix(PAGE), Some("" | "/"))
}

async fn dispatch(hub: Arc<Hub>, head: &Parts, body: Bytes) -> Result<Answer, Problem> {
    if is_page(head) {
        return Ok(page::answer());
    }
    let Some(path) = called(head.uri.path()) else {
        return Err(Problem::not_found("there is nothing here", "the control API begins at /_sim/v1/state"));
    };
    let (handler, parameters) = routes::find(&head.method, path)?;
    handler.run(Call::new(hub, parameters, head, body)).await
}
