//! The machine behind API calls, for those who carry them over a network: `larkwire::ApiClient` does.
//!
//! A [`Session`] is who calls, and where to. For each call it begins a [`Course`], and that is what an adapter does for it:
//!
//! ```
//! use larkwire_core::api::session::{Ask, Next, Session};
//! use larkwire_core::api::{Call, bot};
//! use larkwire_core::{Config, LinkError, LinkErrorKind, Time};
//!
//! let now = Time::ZERO;
//! let mut session = Session::new(&Config::new("cli_a1b2c3d4e5f60718", "the app secret"), 42);
//! let site = session.site().unwrap();
//!
//! // 1. A token: fetched by the first who asks, for all others. This is its answer.
//! let Ask::Fetch { ticket, .. } = session.tokens.ask(now) else { panic!("nobody has fetched one") };
//! let fetch = session.begin_fetch(now).unwrap();
//! assert!(fetch.http(&site, None).unwrap().url.to_string().ends_with("/tenant_access_token/internal"));
//! let body = r#"{"code":0,"tenant_access_token":"t-1","expire":7200}"#;
//! let grant = Session::granted(&fetch.answer(&site, None, 200, Vec::new(), body.into())).unwrap();
//! session.tokens.fetched(now, ticket, Some(&grant));
//!
//! // 2. The call. The network fails, so that it is to be made again, half a second later or so.
//! let mut course = session.begin(now, bot::v3::Info.request());
//! let http = course.http(&site, Some(grant.token())).unwrap();
//! assert_eq!((http.method, &*http.url.path_and_query()), ("GET", "/open-apis/bot/v3/info"));
//! let error = LinkError::new(LinkErrorKind::Reset, "cut").into();
//! let Next::TryAt(time) = course.failed(now, false, &error) else { panic!("given up") };
//! assert!(time >= Time::from_millis(500));
//!
//! // 3. The answer.
//! let body = r#"{"code":0,"msg":"ok","bot":{"open_id":"ou_1"}}"#;
//! let answer = course.answer(&site, Some(grant.token()), 200, Vec::new(), body.into());
//! assert_eq!(bot::v3::Info.read(&answer).unwrap().open_id, "ou_1");
//! ```

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use bytes::Bytes;

use super::answer::Answer;
use super::error::ApiError;
use super::multipart;
use super::request::{Body, Identity, Request};
use super::retry::Tries;
use super::token;
use crate::backoff::Random;
use crate::config::{Config, Credential, Deadlines};
use crate::endpoint::user_agent;
use crate::url::{Url, UrlError};
use crate::vocabulary::Headers;
use crate::{Secret, Time};

pub use super::retry::Next;
pub use super::token::{Ask, Grant, Ticket, Tokens};

/// The calls of one app at one domain: a machine without IO, as [`Client`](crate::Client) is for the connection.
///
/// For each call [`begin`](Session::begin) gives a [`Course`], which says what to send and what to do about a failure. The
/// tenant token that most of them need is in [`tokens`](Session::tokens).
#[derive(Debug)]
pub struct Session {
    /// The tenant token.
    pub tokens: Tokens,
    config: Config,
    random: Random,
}

/// One call on its way, from its first try to its outcome.
#[derive(Debug)]
pub struct Course {
    request: Request,
    tries: Tries,
    boundary: String,
}

impl Session {
    /// The calls of the app of this configuration. The seed has to be random: two clients with the same one would give the
    /// same `uuid` to different messages, of which the platform then sends only one.
    pub fn new(config: &Config, seed: u64) -> Session {
        Session { tokens: Tokens::default(), config: config.clone(), random: Random::new(seed) }
    }

    /// Begins a call. It gets a `uuid` if it takes one and has none.
    pub fn begin(&mut self, now: Time, mut request: Request) -> Course {
        request.identify(|| self.unique());
        let boundary = format!("larkwire-{}", self.unique());
        let random = Random::new(self.random.next());
        let tries = Tries::new(&self.config.calls, now, request.transfer, request.repeat, random);
        Course { request, tries, boundary }
    }

    /// Begins to fetch a tenant token, for [`Ask::Fetch`].
    ///
    /// # Errors
    /// [`ApiError::NoSecret`] if the app has none.
    pub fn begin_fetch(&mut self, now: Time) -> Result<Course, ApiError> {
        let request = token::fetch(&self.config)?;
        Ok(self.begin(now, request))
    }

    /// What the answer to that grants.
    ///
    /// # Errors
    /// As [`Answer::data`].
    pub fn granted(answer: &Answer) -> Result<Grant, ApiError> {
        token::granted(answer)
    }

    /// Where to and as whom, without the state: what an adapter needs while others use the session.
    ///
    /// # Errors
    /// The domain of the configuration cannot be used.
    pub fn site(&self) -> Result<Site, UrlError> {
        Ok(Site {
            base: self.config.base_url()?,
            headers: [
                ("User-Agent".to_owned(), user_agent(&self.config)),
                ("locale".to_owned(), self.config.locale.clone()),
            ]
            .into(),
            deadlines: self.config.deadlines,
            secret: match &self.config.credential {
                Credential::Secret(secret) => Some(secret.clone()),
                Credential::Assertion => None,
            },
        })
    }

    fn unique(&mut self) -> String {
        format!("{:016x}{:016x}", self.random.next(), self.random.next())
    }
}

/// Where to and as whom.
#[derive(Clone, Debug)]
pub struct Site {
    base: Url,
    headers: Headers,
    deadlines: Deadlines,
    secret: Option<Secret>,
}

impl Course {
    /// What is called.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// In whose name.
    pub fn identity(&self) -> Identity {
        self.request.identity
    }

    /// When the call has to be over, whatever happens: then it is [`ApiError::Timeout`].
    pub fn until(&self) -> Time {
        self.tries.until()
    }

    /// The HTTP request of a try.
    ///
    /// # Errors
    /// The path cannot be used.
    pub fn http(&self, site: &Site, token: Option<&Secret>) -> Result<crate::Request, ApiError> {
        let base = site.base.expose();
        let path = self.request.path_and_query()?;
        let url = Url::parse(&format!("{}{path}", base.trim_end_matches('/'))).map_err(ApiError::Path)?;
        let mut headers = site.headers.clone();
        let mut header = |name: &str, value: String| headers.push((name.to_owned(), value));
        if let Some(token) = token {
            header("Authorization", format!("Bearer {}", token.expose()));
        }
        let json = || "application/json; charset=utf-8".to_owned();
        let body = match &self.request.body {
            // The platform names a file only for a request that claims to be JSON (documentation of im.v1.file.get).
            Body::Empty if self.request.transfer => {
                header("Content-Type", json());
                Bytes::new()
            }
            Body::Empty => Bytes::new(),
            Body::Json(value) => {
                header("Content-Type", json());
                Bytes::from(serde_json::to_vec(value).unwrap_or_default())
            }
            Body::Multipart(parts) => {
                header("Content-Type", format!("multipart/form-data; boundary={}", self.boundary));
                multipart::encode(parts, &self.boundary)
            }
        };
        Ok(crate::Request {
            method: self.request.method.as_str(),
            url,
            headers,
            body,
            max_body: self.request.max_answer,
            deadlines: site.deadlines,
        })
    }

    /// The answer to a try.
    pub fn answer(&self, site: &Site, token: Option<&Secret>, status: u16, headers: Headers, body: Bytes) -> Answer {
        let secrets: Vec<Secret> = site.secret.iter().chain(token).chain(&self.request.secrets).cloned().collect();
        Answer::new(self.request.endpoint.clone(), status, headers, body).masking(secrets)
    }

    /// Whether a try before this one may have taken effect.
    pub fn repeated(&self) -> bool {
        self.tries.repeated()
    }

    /// What to do after a try that failed. `user` says whether it was made with the token of a user.
    pub fn failed(&mut self, now: Time, user: bool, error: &ApiError) -> Next {
        let app = !user && self.request.identity != Identity::Nobody;
        self.tries.after(now, app, error)
    }
}

#[cfg(test)]
mod tests;
