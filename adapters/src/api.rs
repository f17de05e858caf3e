//! Calls of the platform's OpenAPI in the name of the app: [`ApiClient`] makes them.
//!
//! What can be called is in the modules, named as the platform names its endpoints: `im.v1.message.reply` is
//! [`im::v1::message::Reply`]. All that is decided about a call is in [`larkwire_core::api`]; here are the sockets.

mod pool;
mod token;

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use larkwire_core::api::session::{Course, Next, Session, Site};
#[doc(inline)]
pub use larkwire_core::api::{
    Answer, ApiError, Body, Call, File, Identity, Method, Page, Paged, Part, Refused, Repeat, Request, UuidPlace,
    Violation, bot, cardkit, codes, contact, event, im, interactive,
};
use larkwire_core::{Config, Secret, Time, UrlError};
use serde_json::Value;
use tracing::debug;

use crate::egress::Egress;
use crate::net::Net;
use crate::runtime::Runtime;
pub use im::v1::ReceiveIdType;
use im::v1::message;
use pool::Pool;
use token::Desk;

/// So many pages of a list may be empty.
const EMPTY_PAGES: usize = 100;

/// Makes API calls. Cheap to clone; all clones share the token and the connections.
///
/// A call that fails is made again where nothing can happen twice, within [`Calls`](larkwire_core::Calls): after a fault of
/// the network or the platform if it only reads or has a `uuid`, after a refusal because of too many calls in any case.
#[derive(Clone)]
pub struct ApiClient {
    shared: Arc<Shared>,
    user: Option<Secret>,
}

struct Shared {
    wire: Arc<Wire>,
    desk: Desk,
}

/// The way to the platform, and the machine that decides.
struct Wire {
    net: Net,
    pool: Pool,
    site: Result<Site, UrlError>,
    session: Mutex<Session>,
    origin: Instant,
    app_id: String,
}

impl ApiClient {
    /// Calls for the app of this configuration, at its domain. Nothing is sent before the first call.
    pub fn new(config: &Config, runtime: Arc<dyn Runtime>, egress: &Egress) -> ApiClient {
        let session = Session::new(config, RandomState::new().build_hasher().finish());
        let wire = Arc::new(Wire {
            origin: runtime.now(),
            net: Net::new(runtime, egress),
            pool: Pool::new(&config.calls),
            site: session.site(),
            session: Mutex::new(session),
            app_id: config.app_id.clone(),
        });
        let desk = Desk::new(Arc::clone(&wire));
        ApiClient { shared: Arc::new(Shared { wire, desk }), user: None }
    }

    /// The same client in the name of a user, with their access token (`u-…`), for all calls that can be made so.
    #[must_use]
    pub fn as_user(&self, token: impl Into<Secret>) -> ApiClient {
        ApiClient { shared: Arc::clone(&self.shared), user: Some(token.into()) }
    }

    /// Makes a call: one of those in [`larkwire_core::api`], or one of your own.
    ///
    /// ```no_run
    /// # async fn doc(api: larkwire::ApiClient) -> Result<(), larkwire::ApiError> {
    /// use larkwire::api::im::v1::{ReceiveIdType, message, message_resource};
    /// use larkwire::message::Card;
    ///
    /// let card = Card::default_card("Build 42", "**passed**");
    /// let sent = api.send(message::Create::new(ReceiveIdType::ChatId, "oc_1", card)).await?;
    /// api.send(message::Reply::new(&sent.message_id, "thanks to all").in_thread()).await?;
    /// let file = api.send(message_resource::Get::file("om_1", "file_v3_1")).await?;
    /// println!("{:?}: {} bytes", file.name, file.content.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// See [`ApiError`].
    pub async fn send<C: Call>(&self, call: C) -> Result<C::Answer, ApiError> {
        let wire = &*self.shared.wire;
        let site = wire.site()?;
        let request = call.request();
        let mut course = wire.session().begin(wire.now(), request);
        let until = wire.instant(course.until());
        let calling = async {
            loop {
                let token = self.token(course.identity()).await?;
                let begun = wire.net.runtime().now();
                let outcome = wire.exchange(site, &course, token.as_ref()).await.and_then(|answer| call.read(&answer));
                wire.tell(&course, begun, outcome.as_ref().err());
                let error = match outcome {
                    Ok(answer) => return Ok(answer),
                    Err(error) => error,
                };
                let by_user = self.user.is_some() && course.identity() != Identity::App;
                match course.failed(wire.now(), by_user, &error) {
                    Next::RenewToken => {
                        if let Some(token) = &token {
                            wire.session().tokens.refused(token);
                        }
                    }
                    Next::TryAt(time) => {
                        debug!(endpoint = %course.request().endpoint, %error, "the call is made again");
                        wire.net.runtime().sleep_until(wire.instant(time)).await;
                    }
                    _ => return Err(error),
                }
            }
        };
        let limit = until.saturating_duration_since(wire.net.runtime().now());
        wire.net.limit(limit, calling).await.unwrap_or(Err(ApiError::Timeout))
    }

    /// Calls any endpoint. `path` begins with `/open-apis/` and is percent-encoded, the query is not. Gives the `data` of
    /// the answer, or all of it if it has none.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<Value, ApiError> {
        let mut request = Request::new(method, path.to_owned());
        for (name, value) in query {
            request = request.query((*name).to_owned(), *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        self.send(request).await
    }

    /// All pages of a list, but no more than `most` items.
    ///
    /// # Errors
    /// See [`ApiError`]; [`ApiError::BadAnswer`] if the platform gives the same page, or empty ones, without end. What was
    /// read before is lost then; to keep it, ask for each [`Page`] yourself.
    pub async fn all<C: Paged + Clone>(&self, call: C, most: usize) -> Result<Vec<C::Item>, ApiError> {
        let mut items = Vec::new();
        let mut last = None;
        // Pages may be empty, but not all of them.
        for _ in 0..most.saturating_add(EMPTY_PAGES) {
            let next = match &last {
                None => call.clone(),
                Some(token) => call.clone().page(token),
            };
            let Page { items: more, next: token, .. } = self.send(next).await?;
            items.extend(more.into_iter().take(most.saturating_sub(items.len())));
            if token.is_none() || items.len() >= most {
                return Ok(items);
            }
            if token == last {
                break;
            }
            last = token;
        }
        Err(ApiError::BadAnswer { status: 200, what: "pages without end", log_id: None, retry_after: None })
    }

    /// Sends a text message, and gives the id of the new message.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub async fn send_text(&self, to: ReceiveIdType, id: &str, text: &str) -> Result<String, ApiError> {
        self.send(message::Create::new(to, id, text)).await.map(|message| message.message_id)
    }

    /// Replies to a message with a text, and gives the id of the new message.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub async fn reply_text(&self, message_id: &str, text: &str) -> Result<String, ApiError> {
        self.send(message::Reply::new(message_id, text)).await.map(|message| message.message_id)
    }

    /// The token for a call in this name.
    async fn token(&self, identity: Identity) -> Result<Option<Secret>, ApiError> {
        match (identity, &self.user) {
            (Identity::Nobody, _) => Ok(None),
            (Identity::User, None) => Err(ApiError::NoUser),
            (Identity::User | Identity::Either, Some(user)) => Ok(Some(user.clone())),
            _ => self.shared.desk.token().await.map(Some),
        }
    }
}

impl Wire {
    fn site(&self) -> Result<&Site, ApiError> {
        self.site.as_ref().map_err(|error| ApiError::Domain(*error))
    }

    fn session(&self) -> std::sync::MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Time {
        Time::new(self.net.runtime().now().saturating_duration_since(self.origin))
    }

    fn instant(&self, time: Time) -> Instant {
        crate::runtime::later(self.origin, time.since_origin())
    }

    /// One try of a call.
    async fn exchange(&self, site: &Site, course: &Course, token: Option<&Secret>) -> Result<Answer, ApiError> {
        let request = course.http(site, token)?;
        let answer = self.pool.exchange(&self.net, &request).await?;
        Ok(course.answer(site, token, answer.status, answer.headers, answer.body))
    }

    /// Logs and measures a try that began then.
    fn tell(&self, course: &Course, begun: Instant, error: Option<&ApiError>) {
        let took = self.net.runtime().now().saturating_duration_since(begun);
        let Request { endpoint, method, .. } = course.request();
        match error {
            None => debug!(%endpoint, %method, ?took, "API call"),
            Some(error) => debug!(%endpoint, %method, ?took, %error, "API call failed"),
        }
        #[cfg(feature = "metrics")]
        crate::metrics::called(&self.app_id, endpoint, error, took);
    }
}

/// Shows neither the secret nor a token.
impl fmt::Debug for ApiClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiClient").field("app_id", &self.shared.wire.app_id).finish_non_exhaustive()
    }
}
