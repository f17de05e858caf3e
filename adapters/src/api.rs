//! Calls of the platform's OpenAPI in the name of the app.

mod error;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::lock;
use larkwire_core::{Config, Credential, Deadlines, Headers, Secret, Url, UrlError};
use serde::Deserialize;
use serde_json::{Value, json};
use tracing::debug;

use crate::egress::Egress;
use crate::http::{Answer, Connection, outgoing};
use crate::net::Net;
use crate::runtime::{Runtime, later};
pub use error::{ApiError, Refused};

/// How long a call may take in all.
const CALL: Duration = Duration::from_secs(30);
/// Largest answer: no answer that is JSON comes near it.
const MOST_BODY: usize = 16 * 1024 * 1024;
/// A connection that was idle for so long is not used again: the platform may be closing it at this moment.
const IDLE: Duration = Duration::from_secs(30);
/// A token is renewed so long before it ends, or when a quarter of its time is left. Official SDKs take 3 to 10 min.
const TOKEN_MARGIN: Duration = Duration::from_secs(600);
/// Codes that say that the token is no longer, or not yet, valid. Official SDKs get a new one and repeat the call once.
const TOKEN_CODES: [i64; 4] = [99991661, 99991663, 99991664, 99991671];

/// Makes API calls. Cheap to clone; all clones share the token and the connection.
#[derive(Clone)]
pub struct ApiClient {
    shared: Arc<Shared>,
}

struct Shared {
    net: Net,
    deadlines: Deadlines,
    /// The base URL without slashes at its end.
    base: Result<String, UrlError>,
    app_id: String,
    secret: Option<Secret>,
    locale: String,
    channel_tag: Option<String>,
    /// Locked while a new one is fetched, so that all who need it wait for the same.
    token: lock::Mutex<Option<Token>>,
    idle: Mutex<Option<(Connection, Instant)>>,
}

struct Token {
    value: Secret,
    renew_at: Instant,
}

/// What the id of a receiver is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReceiveIdType {
    /// `oc_…`: a chat.
    ChatId,
    /// `ou_…`: a person, in this app.
    OpenId,
    /// `on_…`: a person, in all apps of a vendor.
    UnionId,
    /// A person, in the tenant. Needs a permission.
    UserId,
    /// A person, by mail address.
    Email,
}

impl ReceiveIdType {
    /// As in the query.
    pub const fn as_str(self) -> &'static str {
        match self {
            ReceiveIdType::ChatId => "chat_id",
            ReceiveIdType::OpenId => "open_id",
            ReceiveIdType::UnionId => "union_id",
            ReceiveIdType::UserId => "user_id",
            ReceiveIdType::Email => "email",
        }
    }
}

impl ApiClient {
    /// Calls for the app of this configuration, at its domain. Nothing is sent before the first call.
    pub fn new(config: &Config, runtime: Arc<dyn Runtime>, egress: &Egress) -> ApiClient {
        let secret = match &config.credential {
            Credential::Secret(secret) => Some(secret.clone()),
            _ => None,
        };
        ApiClient {
            shared: Arc::new(Shared {
                net: Net::new(runtime, egress),
                deadlines: config.deadlines,
                base: base(config),
                app_id: config.app_id.clone(),
                secret,
                locale: config.locale.clone(),
                channel_tag: config.channel_tag.clone().filter(|tag| !tag.is_empty()),
                token: lock::Mutex::new(None),
                idle: Mutex::new(None),
            }),
        }
    }

    /// Sends a text message, and gives the id of the new message.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub async fn send_text(&self, to: ReceiveIdType, id: &str, text: &str) -> Result<String, ApiError> {
        let path = format!("/open-apis/im/v1/messages?receive_id_type={}", to.as_str());
        let body = json!({"receive_id": id, "msg_type": "text", "content": content(text)});
        self.message(&path, &body).await
    }

    /// Replies to a message with a text, and gives the id of the new message.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub async fn reply_text(&self, message_id: &str, text: &str) -> Result<String, ApiError> {
        let path = format!("/open-apis/im/v1/messages/{}/reply", segment(message_id));
        self.message(&path, &json!({"msg_type": "text", "content": content(text)})).await
    }

    async fn message(&self, path: &str, body: &Value) -> Result<String, ApiError> {
        let data = self.call("POST", path, Some(body)).await?;
        let id = data.get("message_id").and_then(Value::as_str);
        id.map(str::to_owned).ok_or(ApiError::BadAnswer { status: 200, what: "no message_id", log_id: None })
    }

    /// Any call, with a tenant token. `path` begins with `/open-apis/` and is percent-encoded. Gives the `data` of the
    /// answer, or all of it if it has none.
    ///
    /// A token that the platform no longer takes is renewed, and the call repeated once.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, ApiError> {
        let calling = async {
            let token = self.token(None).await?;
            match self.send(method, path, Some(&token), body).await {
                Err(ApiError::Refused(refused)) if TOKEN_CODES.contains(&refused.code) => {
                    let token = self.token(Some(&token)).await?;
                    self.send(method, path, Some(&token), body).await
                }
                outcome => outcome,
            }
        };
        self.in_time(calling).await
    }

    /// The outcome of a call with all that belongs to it, waiting for a token that others fetch included.
    async fn in_time<T>(&self, calling: impl Future<Output = Result<T, ApiError>>) -> Result<T, ApiError> {
        self.shared.net.limit(CALL, calling).await.unwrap_or(Err(ApiError::Timeout))
    }

    /// Does something about a connection in the name of a user: `bind_user` or `unbind_user`.
    pub(crate) async fn on_connection(&self, id: &str, action: &str, user: &Secret) -> Result<(), ApiError> {
        let path = format!("/open-apis/event/v1/connections/{}/{action}", segment(id));
        let body = self.shared.channel_tag.as_ref().map_or_else(|| json!({}), |tag| json!({"channel_tag": tag}));
        self.in_time(self.send("POST", &path, Some(user), Some(&body))).await.map(drop)
    }

    /// The tenant token: the one at hand, unless it is near its end or the `stale` one that the platform refused.
    async fn token(&self, stale: Option<&Secret>) -> Result<Secret, ApiError> {
        let mut held = self.shared.token.lock().await;
        let now = self.shared.net.runtime().now();
        let is_stale = |token: &Token| stale.is_some_and(|stale| stale.expose() == token.value.expose());
        if let Some(token) = held.as_ref().filter(|token| now < token.renew_at && !is_stale(token)) {
            return Ok(token.value.clone());
        }
        let secret = self.shared.secret.as_ref().ok_or(ApiError::NoSecret)?;
        let body = json!({"app_id": self.shared.app_id, "app_secret": secret.expose()});
        let answer = self.send("POST", "/open-apis/auth/v3/tenant_access_token/internal", None, Some(&body)).await?;
        let token = TokenAnswer::deserialize(answer);
        let token = token.map_err(|_| ApiError::BadAnswer { status: 200, what: "no tenant token", log_id: None })?;
        let life = Duration::from_secs(token.expire);
        let renew_at = later(now, life.saturating_sub(TOKEN_MARGIN.min(life / 4)));
        let value = Secret::new(token.tenant_access_token);
        *held = Some(Token { value: value.clone(), renew_at });
        debug!(seconds = token.expire, "tenant token renewed");
        Ok(value)
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        token: Option<&Secret>,
        body: Option<&Value>,
    ) -> Result<Value, ApiError> {
        let base = self.shared.base.as_ref().map_err(|error| ApiError::Domain(*error))?;
        let url = Url::parse(&format!("{base}{path}")).map_err(ApiError::Path)?;
        let mut headers = vec![
            ("User-Agent".to_owned(), concat!("larkwire/", env!("CARGO_PKG_VERSION")).to_owned()),
            ("locale".to_owned(), self.shared.locale.clone()),
        ];
        if let Some(token) = token {
            headers.push(("Authorization".to_owned(), format!("Bearer {}", token.expose())));
        }
        if body.is_some() {
            headers.push(("Content-Type".to_owned(), "application/json; charset=utf-8".to_owned()));
        }
        let body = body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string()));
        let answer = self.exchange(method, &url, &headers, body).await?;
        debug!(method, path = %url, status = answer.status, "API call");
        let secrets = [self.shared.secret.as_ref(), token];
        error::read(answer, secrets.into_iter().flatten())
    }

    /// One exchange, on the connection of the last one if that is still open.
    async fn exchange(&self, method: &str, url: &Url, headers: &Headers, body: Bytes) -> Result<Answer, ApiError> {
        let Shared { net, deadlines, idle, .. } = &*self.shared;
        let request = outgoing(method, url, headers, body)?;
        let free = idle.lock().unwrap_or_else(PoisonError::into_inner).take();
        let fresh = |since: Instant| net.runtime().now().saturating_duration_since(since) < IDLE;
        let free = match free.filter(|(_, since)| fresh(*since)) {
            Some((connection, _)) => connection.ready().await,
            None => None,
        };
        let mut connection = match free {
            Some(connection) => connection,
            None => Connection::open(net, url, deadlines).await?,
        };
        let answer = connection.send(request).await?.read(MOST_BODY).await?;
        *idle.lock().unwrap_or_else(PoisonError::into_inner) = Some((connection, net.runtime().now()));
        Ok(answer)
    }
}

/// Shows neither the secret nor the token.
impl fmt::Debug for ApiClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shared { app_id, base, .. } = &*self.shared;
        f.debug_struct("ApiClient").field("app_id", app_id).field("base", base).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct TokenAnswer {
    tenant_access_token: String,
    expire: u64,
}

/// The domain as a base for paths, if secrets may be sent there.
fn base(config: &Config) -> Result<String, UrlError> {
    let url = Url::parse(config.domain.as_str())?;
    if !(url.scheme().is_secure() || url.is_loopback() || config.allow_insecure) {
        return Err(UrlError::Insecure);
    }
    Ok(config.domain.as_str().trim_end_matches('/').to_owned())
}

/// The content of a text message: JSON in a string.
fn content(text: &str) -> String {
    json!({"text": text}).to_string()
}

/// Percent-encodes all but the unreserved characters of RFC 3986, so that an id stays within its part of the path.
fn segment(id: &str) -> String {
    id.bytes().fold(String::with_capacity(id.len()), |mut out, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
        out
    })
}
