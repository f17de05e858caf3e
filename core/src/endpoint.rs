//! Endpoint discovery: the request, and what its answer means.
//!
//! `POST {domain}/callback/ws/endpoint` gives the URL of one connection, good for one use, and the platform's settings.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use bytes::Bytes;
use serde::Serialize;
use serde::de::{IgnoredAny, MapAccess};

use crate::Secret;
use crate::config::{Config, Credential};
use crate::failure::{Failure, LimitSignal, Refusal, Stop};
use crate::lenient::{Fields, Integer, Members, Text};
use crate::secret::presentable;
use crate::settings::ClientConfig;
use crate::url::{Scheme, Url};
use crate::vocabulary::{Assertion, AssertionError, Request};

const PATH: &str = "/callback/ws/endpoint";

/// The codes of the answer that mean something of their own.
pub(crate) mod code {
    pub(super) const OK: i64 = 0;
    /// The platform is busy. Fatal in the Node SDK, tried again by all others.
    pub(super) const BUSY: i64 = 1;
    pub(super) const INTERNAL: i64 = 1_000_040_343;
    /// App id or secret is wrong (field reports).
    pub(super) const CREDENTIALS: i64 = 1_000_040_345;
    pub(crate) const CONNECTION_LIMIT: i64 = 1_000_040_350;
    /// The app belongs to the other brand (field reports).
    pub(super) const WRONG_BRAND: i64 = 1_000_040_351;
}

/// Where to connect to.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    pub(crate) url: Url,
    pub(crate) connection_id: Option<String>,
    /// Goes into pings; 0 if the URL names none.
    pub(crate) service_id: Option<i32>,
}

impl Endpoint {
    /// The parts of the URL that must not be shown.
    pub(crate) fn secrets(&self) -> Vec<Secret> {
        let names = ["ticket", "access_key"];
        let raw: Vec<&str> = self.url.raw_values(&names).collect();
        let decoded = names.iter().filter_map(|name| self.url.query_value(name));
        let decoded = decoded.filter(|value| !raw.contains(&value.as_str())).map(Secret::from);
        raw.iter().copied().map(Secret::from).chain(decoded).collect()
    }
}

/// Why there is no endpoint.
#[derive(Debug, PartialEq)]
pub(crate) enum NoEndpoint {
    /// Another attempt may succeed.
    Retry(Failure),
    /// The same refusal at the connection limit, whose handling is a matter of configuration.
    Limit(LimitSignal, String),
    /// None will.
    Stop(Stop),
}

/// The names that are replaced, not merged, when the application sets them too.
const OURS: [&str; 4] = ["user-agent", "locale", "content-type", "x-target-service"];

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'a> {
    #[serde(rename = "AppID")]
    app_id: &'a str,
    app_secret: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_assertion: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel_tag: Option<&'a str>,
}

/// Who a client assertion is for: the host of the domain, with its port if that is not the usual one.
pub(crate) fn audience(config: &Config) -> String {
    config.base_url().map(|url| url.host_and_unusual_port().to_owned()).unwrap_or_default()
}

/// The request, for a checked configuration.
pub(crate) fn request(config: &Config, assertion: Option<&Assertion>) -> Result<Request, AssertionError> {
    let base = config.base_url().map_err(|_| AssertionError::BadTarget)?;
    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, value) in &config.discovery_headers {
        if !OURS.contains(&name.to_ascii_lowercase().as_str()) {
            headers.push((name.clone(), value.clone()));
        }
    }
    headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
    headers.push(("locale".to_owned(), config.locale.clone()));
    headers.push(("User-Agent".to_owned(), user_agent(config)));
    let url = match assertion.and_then(|assertion| assertion.target.as_ref()) {
        None => base.join(PATH),
        Some(target) => {
            headers.push(("X-Target-Service".to_owned(), audience(config)));
            let prefix = if target.prefix.is_empty() { String::new() } else { format!("/{}", target.prefix) };
            target_url(&target.service, &prefix)?
        }
    };
    let app_secret = match &config.credential {
        Credential::Secret(secret) => secret.expose(),
        Credential::Assertion => "",
    };
    let body = Body {
        app_id: &config.app_id,
        app_secret,
        client_assertion: assertion.map(|assertion| assertion.value.expose()),
        channel_tag: config.channel_tag.as_deref().filter(|tag| !tag.is_empty()),
    };
    // Strings always serialise; an empty body would be refused by the platform, not sent somewhere else.
    let body = serde_json::to_vec(&body).unwrap_or_default();
    Ok(Request {
        method: "POST",
        url,
        headers,
        body: Bytes::from(body),
        max_body: config.limits.discovery_body,
        deadlines: config.deadlines,
    })
}

/// The checks of the Node SDK: `https`, no user information, no path that climbs; repeated slashes count once.
fn target_url(service: &str, prefix: &str) -> Result<Url, AssertionError> {
    let service = if service.contains("://") { service.to_owned() } else { format!("https://{service}") };
    let url = Url::parse(&service).map_err(|_| AssertionError::BadTarget)?;
    let path = format!("{}{prefix}{PATH}", url.path_and_query());
    if url.scheme() != Scheme::Https || path.contains(['?', '#', '\\', '%']) || !path.is_ascii() {
        return Err(AssertionError::BadTarget);
    }
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    if segments.iter().any(|segment| matches!(*segment, "." | "..")) {
        return Err(AssertionError::BadTarget);
    }
    Url::parse(&format!("https://{}/{}", url.authority(), segments.join("/"))).map_err(|_| AssertionError::BadTarget)
}

/// `larkwire/<version>`, then ` source/<token>` and the tags: the grammar of the official SDKs, with our own name.
pub(crate) fn user_agent(config: &Config) -> String {
    let mut agent = format!("larkwire/{}", env!("CARGO_PKG_VERSION"));
    if let Some(source) = config.source.as_deref().filter(|source| !source.is_empty()) {
        agent.push_str(&format!(" source/{}", token(source)));
    }
    for tag in config.tags.iter().filter(|tag| !tag.is_empty()) {
        agent.push_str(&format!(" {}", token(tag)));
    }
    agent
}

/// At most 64 characters, each foreign one replaced by `_`.
fn token(text: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    text.chars().take(64).map(|c| if allowed(c) { c } else { '_' }).collect()
}

/// The answer. Whatever is not looked at is skipped, and what has another type than expected is as good as absent.
#[derive(Default)]
struct Answer<'a> {
    code: Integer,
    msg: Text<'a>,
    data: Fields<Data<'a>>,
}

#[derive(Default)]
struct Data<'a> {
    url: Text<'a>,
    settings: Fields<ClientConfig>,
}

impl<'de> Members<'de> for Answer<'de> {
    fn take<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "code" => self.code = map.next_value()?,
            "msg" => self.msg = map.next_value()?,
            "data" => self.data = map.next_value()?,
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }
}

impl<'de> Members<'de> for Data<'de> {
    fn take<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "URL" => self.url = map.next_value()?,
            "ClientConfig" => self.settings = map.next_value()?,
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }
}

/// What the answer means. The settings in it are returned also when there is no endpoint.
pub(crate) fn read(
    config: &Config,
    assertion: Option<&str>,
    status: u16,
    body: &[u8],
) -> (Result<Endpoint, NoEndpoint>, Option<ClientConfig>) {
    let shown = |text: &str| presentable(text, &[config.secret(), assertion.unwrap_or_default()]);
    let retry = |failure| (Err(NoEndpoint::Retry(failure)), None);
    if body.len() > config.limits.discovery_body {
        return retry(Failure::BadAnswer("it is too long"));
    }
    let answer = serde_json::from_slice::<Fields<Answer<'_>>>(body).ok().and_then(|answer| answer.0);
    let message = answer.as_ref().and_then(|answer| answer.msg.0.as_deref());
    if status != 200 {
        let message = message.map_or_else(|| shown(&String::from_utf8_lossy(body)), shown);
        return retry(Failure::HttpStatus { status, message });
    }
    let Some(answer) = answer else { return retry(Failure::BadAnswer("it is not a JSON object")) };
    let message = shown(answer.msg.0.as_deref().unwrap_or_default());
    let Some(code) = answer.code.0.and_then(|code| i64::try_from(code).ok()) else {
        return retry(Failure::BadAnswer("it has no code"));
    };
    let refusal = Refusal { code, message };
    match code {
        code::OK => {}
        code::BUSY | code::INTERNAL => return retry(Failure::Refused(refusal)),
        code::CONNECTION_LIMIT => {
            return (Err(NoEndpoint::Limit(LimitSignal::Discovery, refusal.message)), None);
        }
        code::CREDENTIALS => return (Err(NoEndpoint::Stop(Stop::Credentials(refusal))), None),
        code::WRONG_BRAND => return (Err(NoEndpoint::Stop(Stop::WrongBrand(refusal))), None),
        _ => return (Err(NoEndpoint::Stop(Stop::Refused(refusal))), None),
    }
    let Some(data) = answer.data.0 else { return retry(Failure::BadAnswer("it has no data")) };
    let settings = data.settings.0;
    let endpoint = match data.url.0.as_deref() {
        None | Some("") => Err(NoEndpoint::Retry(Failure::BadAnswer("it has no URL"))),
        Some(url) => connection_url(config, url),
    };
    (endpoint, settings)
}

/// Checks the platform's URL, and changes in it what the configuration wants changed.
fn connection_url(config: &Config, url: &str) -> Result<Endpoint, NoEndpoint> {
    let check = |url: &str| {
        let url = Url::parse(url)?;
        if !matches!(url.scheme(), Scheme::Ws | Scheme::Wss) {
            return Err(crate::UrlError::Scheme);
        }
        let url = match &config.connection_host {
            Some(host) => url.with_authority(host)?,
            None => url,
        };
        url.with_query(&config.connection_query).require_secure(config.allow_insecure)
    };
    let url = check(url).map_err(|error| NoEndpoint::Retry(Failure::BadUrl(error)))?;
    Ok(Endpoint {
        connection_id: url.query_value("device_id").filter(|id| !id.is_empty()),
        service_id: url.query_value("service_id").and_then(|id| id.parse().ok()),
        url,
    })
}

#[cfg(test)]
mod tests;
