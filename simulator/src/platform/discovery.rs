//! Endpoint discovery: `POST /callback/ws/endpoint`, the only request of a long connection that carries a secret.

use std::collections::{BTreeMap, VecDeque};

use larkwire_core::Time;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Platform;
use super::app::AppKey;
use super::fault::{DiscoveryFault, NoData, UrlForm};
use super::profile::LimitSignal;
use super::vocabulary::{ExchangeId, Request, Response};

/// Where clients ask. Not under `/open-apis`, and without a bearer token.
pub(crate) const PATH: &str = "/callback/ws/endpoint";

/// Codes of endpoint discovery. The first two: SDK sources; the others: field reports.
pub mod code {
    /// The request lacks what it needs to be authenticated.
    pub const AUTH_FAILED: i64 = 514;
    /// The app has too many connections.
    pub const CONNECTION_LIMIT: i64 = 1_000_040_350;
    /// App id or secret is wrong.
    pub const BAD_CREDENTIALS: i64 = 1_000_040_345;
    /// The app belongs to the other brand.
    pub const WRONG_DOMAIN: i64 = 1_000_040_351;
    /// The platform failed.
    pub const INTERNAL: i64 = 1_000_040_343;
    /// The platform is busy.
    pub const BUSY: i64 = 1;
}

/// What a client sent with one discovery request, apart from its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DiscoveryRecord {
    /// When, in ms after the machine's origin of time.
    pub at_ms: u64,
    /// `AppID`, if there was one.
    pub app_id: Option<String>,
    /// Whether there was a `ClientAssertion` that is not empty.
    pub assertion: bool,
    /// `ChannelTag`, if there was one.
    pub channel_tag: Option<String>,
    /// Header `User-Agent`.
    pub user_agent: Option<String>,
    /// Header `locale`.
    pub locale: Option<String>,
    /// Header `Content-Type`.
    pub content_type: Option<String>,
    /// Header `X-Target-Service`.
    pub target_service: Option<String>,
}

/// What a ticket opens.
#[derive(Clone, Debug)]
pub(crate) struct Ticket {
    pub(crate) app: AppKey,
    pub(crate) expires: Time,
    pub(crate) access_key: String,
    pub(crate) device_id: String,
}

/// The discovery side of the platform.
#[derive(Clone, Debug, Default)]
pub(crate) struct Discovery {
    /// Tickets that were not used yet.
    pub(crate) tickets: BTreeMap<String, Ticket>,
    pub(crate) records: VecDeque<DiscoveryRecord>,
}

impl Platform {
    pub(super) fn discover(&mut self, exchange: ExchangeId, request: &Request) {
        self.stats.discoveries = self.stats.discoveries.saturating_add(1);
        let body = serde_json::from_slice::<Value>(&request.body).unwrap_or_default();
        self.record_discovery(request, &body);
        match self.discovery_fault() {
            None => {
                let answer = self.endpoint(request, &body, None, None);
                self.respond(exchange, answer);
            }
            Some(DiscoveryFault::Hang) => {}
            Some(DiscoveryFault::Answer(answer)) => self.respond(exchange, answer),
            Some(DiscoveryFault::Code { code, msg, data }) => self.respond(exchange, refusal(code, &msg, data)),
            Some(DiscoveryFault::Delay(delay)) => {
                let answer = self.endpoint(request, &body, None, None);
                self.respond_after(delay, exchange, answer);
            }
            Some(DiscoveryFault::Url(form)) => {
                let answer = self.endpoint(request, &body, Some(&form), None);
                self.respond(exchange, answer);
            }
            Some(DiscoveryFault::Config(config)) => {
                let answer = self.endpoint(request, &body, None, Some(config));
                self.respond(exchange, answer);
            }
        }
    }

    /// The regular answer, but with another form of the URL or of the settings if these are given.
    fn endpoint(
        &mut self,
        request: &Request,
        body: &Value,
        url: Option<&UrlForm>,
        config: Option<Option<Value>>,
    ) -> Response {
        let app = match self.identify(body) {
            Ok(app) => app,
            Err((code, msg)) => return refusal(code, msg, NoData::Empty),
        };
        let url = self.url(app, request, url);
        let config = match config {
            None => serde_json::to_string(&self.profile.client_config).ok(),
            Some(config) => config.map(|config| config.to_string()),
        };
        let config = config.map(|config| format!(r#","ClientConfig":{config}"#)).unwrap_or_default();
        Response::json(200, format!(r#"{{"code":0,"msg":"","data":{{"URL":{}{config}}}}}"#, Value::from(url)))
    }

    /// The app that asks, if it may have one more connection.
    fn identify(&mut self, body: &Value) -> Result<AppKey, (i64, &'static str)> {
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        // Keys in lower case are refused like this (field report).
        if text("AppID").is_empty() {
            return Err((code::AUTH_FAILED, "AppID is missing"));
        }
        let by_assertion = self.profile.accepts_assertions && !text("ClientAssertion").is_empty();
        let known = self.apps.find(text("AppID"));
        let welcome = self.profile.any_app && self.apps.len() < self.profile.records.max(1);
        // An app that is still to come has the first one's secret.
        let like = known.or(welcome.then_some(AppKey::FIRST)).map(|app| self.apps.get(app));
        if !like.is_some_and(|app| by_assertion || app.has_secret(text("AppSecret"))) {
            return Err((code::BAD_CREDENTIALS, "app_id or app_secret is invalid"));
        }
        let app = known.unwrap_or_else(|| self.apps.add(text("AppID"), &self.profile.app_secret, text("AppID")));
        let full = self.live_connections(app) >= self.profile.connection_limit;
        if full && self.profile.limit_signal == LimitSignal::Discovery {
            return Err((code::CONNECTION_LIMIT, "the number of connections exceeded the limit"));
        }
        Ok(app)
    }

    /// A URL for one upgrade. Its parameters stand in the order seen in production logs.
    fn url(&mut self, app: AppKey, request: &Request, form: Option<&UrlForm>) -> String {
        let base = match self.profile.socket_base.as_str() {
            "" => format!("ws://{}/ws/v2", request.header("Host").unwrap_or_default()),
            base => format!("{base}/ws/v2"),
        };
        let (names, encoded) = match form {
            None => (None, false),
            Some(UrlForm::Empty) => return String::new(),
            Some(UrlForm::Literal(url)) => return url.clone(),
            Some(UrlForm::Query(names)) => (Some(names), false),
            Some(UrlForm::PercentEncoded) => (None, true),
        };
        let (ticket, access_key, device_id) = (self.dice.uuid().to_string(), self.dice.hex(32), self.dice.digits(19));
        self.keep_ticket(&ticket, app, &access_key, &device_id);
        let service_id = self.profile.service_id.to_string();
        let all = [
            ("fpid", "493"),
            ("aid", "552564"),
            ("device_id", &device_id),
            ("access_key", &access_key),
            ("service_id", &service_id),
            ("ticket", &ticket),
        ];
        let pair = |&(name, value): &(&str, &str)| {
            let value =
                if encoded { value.bytes().map(|byte| format!("%{byte:02X}")).collect() } else { value.to_owned() };
            format!("{name}={value}")
        };
        let pairs: Vec<String> = match names {
            None => all.iter().map(pair).collect(),
            Some(names) => names.iter().filter_map(|name| all.iter().find(|(own, _)| own == name)).map(pair).collect(),
        };
        format!("{base}?{}", pairs.join("&"))
    }

    fn keep_ticket(&mut self, ticket: &str, app: AppKey, access_key: &str, device_id: &str) {
        let (now, limit) = (self.now, self.profile.records.max(1));
        let tickets = &mut self.discovery.tickets;
        tickets.retain(|_, ticket| ticket.expires > now);
        while tickets.len() >= limit {
            tickets.pop_first();
        }
        let expires = now.after(self.profile.ticket_life);
        tickets.insert(
            ticket.to_owned(),
            Ticket { app, expires, access_key: access_key.to_owned(), device_id: device_id.to_owned() },
        );
    }

    fn record_discovery(&mut self, request: &Request, body: &Value) {
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        let header = |name: &str| request.header(name).map(str::to_owned);
        let record = DiscoveryRecord {
            at_ms: self.at_ms(),
            app_id: text("AppID"),
            assertion: text("ClientAssertion").is_some_and(|assertion| !assertion.is_empty()),
            channel_tag: text("ChannelTag"),
            user_agent: header("User-Agent"),
            locale: header("locale"),
            content_type: header("Content-Type"),
            target_service: header("X-Target-Service"),
        };
        while self.discovery.records.len() >= self.profile.records.max(1) {
            self.discovery.records.pop_front();
        }
        self.discovery.records.push_back(record);
    }
}

/// Codes come with HTTP status 200: with any other status no official SDK looks at them.
fn refusal(code: i64, msg: &str, data: NoData) -> Response {
    let mut body = Map::from_iter([("code".to_owned(), json!(code)), ("msg".to_owned(), json!(msg))]);
    match data {
        NoData::Empty => drop(body.insert("data".into(), json!({}))),
        NoData::Null => drop(body.insert("data".into(), Value::Null)),
        NoData::Absent => {}
    }
    Response::json(200, Value::Object(body).to_string())
}
