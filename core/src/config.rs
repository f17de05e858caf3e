//! What the application decides: who it is, how it connects, and how much it accepts.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use crate::Secret;
use crate::url::{Scheme, Url, UrlError, is_strict_authority};

/// Everything that one client needs to know beforehand.
///
/// [`Config::new`] has a working default for all but the app; change the fields that matter to you.
///
/// ```
/// use larkwire_core::{Config, Domain};
///
/// let mut config = Config::new("cli_a1b2c3d4e5f60718", "the app secret");
/// config.domain = Domain::Lark;
/// config.source = Some("my-bot".into());
/// assert!(config.check().is_ok());
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Config {
    /// The app: `cli_` and 16 hex digits. Another form is accepted with a warning ([`Config::app_id_is_unusual`]).
    pub app_id: String,
    /// How the app proves who it is.
    pub credential: Credential,
    /// Where the platform is.
    pub domain: Domain,
    /// Allows `http` and `ws` to hosts other than this machine. The app secret and all events then travel in plain text.
    pub allow_insecure: bool,
    /// The language of the platform's error texts: the `locale` header. Every official SDK sends `zh`.
    pub locale: String,
    /// Names the program in the User-Agent, as `source/…`.
    pub source: Option<String>,
    /// Further User-Agent words.
    pub tags: Vec<String>,
    /// Extra headers of endpoint discovery. `User-Agent`, `locale`, `Content-Type` and `X-Target-Service` stay ours.
    pub discovery_headers: Vec<(String, String)>,
    /// `host[:port]` that takes the place of the one in the connection URL; path and query stay.
    pub connection_host: Option<String>,
    /// Extra headers of the WebSocket upgrade.
    pub connection_headers: Vec<(String, String)>,
    /// Query parameters that are set on the connection URL.
    pub connection_query: Vec<(String, String)>,
    /// The tag of the trusted user channel (oapi-sdk-go 2026): sent on discovery and in each ping.
    pub channel_tag: Option<String>,
    /// When an event is acked.
    pub ack_mode: AckMode,
    /// What happens to a callback whose handler is late.
    pub late_callback: LateCallback,
    /// Whether frames of type `card` with a known envelope are delivered too. Official SDKs drop them.
    pub card_frames: bool,
    /// Whether an event that was handled already is answered without asking the application again.
    pub dedup: bool,
    /// From the receipt of a delivery to its [`Notice::Overdue`](crate::Notice::Overdue). The platform waits 3 s (official
    /// documentation); the default of 2.8 s leaves room for the way there.
    pub answer_within: Duration,
    /// After this an unanswered delivery is given up, so that a redelivery is handled again: 5 min from its receipt, waiting
    /// for a free handler included. `larkwire` ends the handler then.
    pub handler_limit: Duration,
    /// How the connection is kept and watched.
    pub liveness: Liveness,
    /// What happens when there is no connection.
    pub reconnect: Reconnect,
    /// How long each step may take.
    pub deadlines: Deadlines,
    /// How much is accepted.
    pub limits: Limits,
    /// How API calls are made. The connection itself has no use for it.
    pub calls: Calls,
}

/// Shows of headers and parameters only the names: gateways take tokens there.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |pairs: &[(String, String)]| pairs.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        f.debug_struct("Config")
            .field("app_id", &self.app_id)
            .field("credential", &self.credential)
            .field("domain", &self.domain)
            .field("discovery_headers", &names(&self.discovery_headers))
            .field("connection_host", &self.connection_host)
            .field("connection_headers", &names(&self.connection_headers))
            .field("connection_query", &names(&self.connection_query))
            .field("ack_mode", &self.ack_mode)
            .field("liveness", &self.liveness)
            .field("reconnect", &self.reconnect)
            .field("deadlines", &self.deadlines)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// How the app proves who it is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Credential {
    /// With the app secret of the developer console.
    Secret(Secret),
    /// With a signed client assertion, asked for by [`Output::Assertion`](crate::Output::Assertion) on every discovery.
    Assertion,
}

/// Where the platform is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Domain {
    /// `https://open.feishu.cn`
    #[default]
    Feishu,
    /// `https://open.larksuite.com`
    Lark,
    /// Another base URL: a private deployment, a gateway, a simulator. Slashes at its end do not count.
    Custom(String),
}

impl Domain {
    /// The base URL.
    pub fn as_str(&self) -> &str {
        match self {
            Domain::Feishu => "https://open.feishu.cn",
            Domain::Lark => "https://open.larksuite.com",
            Domain::Custom(url) => url,
        }
    }
}

/// When an event is acked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AckMode {
    /// When the application has answered it: a failure makes the platform push it again.
    #[default]
    OnHandled,
    /// As soon as it is delivered: a crash of the application loses it. Callbacks still wait for their answer.
    OnReceived,
}

/// What happens to a callback whose handler needs longer than [`Config::answer_within`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LateCallback {
    /// It gets an answer without content in time, and the user sees no error; the card can be updated later by its token.
    #[default]
    Neutral,
    /// Its own answer is sent, however late. After 3 s the user has seen an error (official documentation).
    Wait,
}

/// How the connection is kept and watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Liveness {
    /// With nothing at all received for so long after a ping the connection is dead: 20 s. Field reports call 3 s too short
    /// on lossy links, and 10 s to 60 s fine. Zero switches the watch off.
    pub pong_timeout: Duration,
    /// Longest time between two pings, whatever the platform says: 120 s, its usual value.
    pub max_ping_interval: Duration,
    /// Period of WebSocket-level pings, for middleboxes that forget idle connections. Off by default: whether the platform
    /// welcomes them is not known.
    pub websocket_ping: Option<Duration>,
}

/// What happens when there is no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reconnect {
    /// Shortest wait after a failed attempt: 1 s. Applies whatever the platform says.
    pub floor: Duration,
    /// Longest wait, unless the platform's own interval is longer: 60 s.
    pub cap: Duration,
    /// A connection that lived so long was a success: 10 s. One that did not counts as a failed attempt.
    pub stable_after: Duration,
    /// Failed attempts in a row after which the client stops. None by default: it never gives up.
    pub max_attempts: Option<u32>,
    /// Whether the `ReconnectCount` of the platform stops the client too. Off: it was seen to be set to 1 by accident.
    pub obey_server_count: bool,
    /// What to do when the app has too many connections: stop (`None`), or try again after so long, at least 60 s.
    pub at_connection_limit: Option<Duration>,
}

/// How long each step may take. The first three are kept by the machine, the others are told to the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deadlines {
    /// Endpoint discovery in all, a client assertion included: 15 s.
    pub discovery: Duration,
    /// From the start of the connection to the end of the WebSocket handshake: 30 s.
    pub connect: Duration,
    /// From our Close to the peer's: 5 s.
    pub close: Duration,
    /// Name resolution and TCP: 10 s.
    pub tcp: Duration,
    /// The answer of a proxy: 10 s.
    pub proxy: Duration,
    /// The TLS handshake: 10 s.
    pub tls: Duration,
    /// The WebSocket upgrade: 10 s.
    pub upgrade: Duration,
    /// A write that makes no progress: 30 s.
    pub write: Duration,
}

/// How API calls are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Calls {
    /// How often a call is made again, beyond the first time: 3. Only where nothing can happen twice: a call that reads, one
    /// with a `uuid`, or one of which it is known that nothing was done.
    pub repeats: u32,
    /// How long a call may take, with all repetitions, waits, and the fetching of a token: 30 s.
    pub within: Duration,
    /// The same for a call that moves a file: 5 min, so 350 kB/s for the largest one of 100 MB.
    pub transfer_within: Duration,
    /// Most connections for API calls at a time: 16. More calls wait for one. At 50 calls a second, the limit of the
    /// platform for an endpoint, it takes answers of more than 300 ms to fill them.
    pub connections: usize,
    /// A connection that was idle for so long is closed: 30 s. Later the platform may be closing it at the same moment.
    pub idle: Duration,
}

/// How much is accepted from the peer, so that no peer decides how much memory we use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Largest payload of a message, whole or reassembled: 16 MiB, sixteen times what the Python SDK takes.
    pub payload: usize,
    /// Most parts of a split message: 1,024, so 16 KiB each for the largest payload.
    pub parts: u32,
    /// Most split messages that are incomplete at a time: 256. Beyond, the oldest is given up.
    pub open_messages: usize,
    /// Most bytes that incomplete messages hold together: 32 MiB, two of the largest.
    pub open_bytes: usize,
    /// From the first part of a message to giving it up: 10 s. Official SDKs take 5 s to 5 min.
    pub part_lifetime: Duration,
    /// Most headers of a frame: 64. Seven are in use.
    pub headers: usize,
    /// Largest header: 4 KiB, key and value together.
    pub header_bytes: usize,
    /// Largest answer of endpoint discovery: 64 KiB. About 500 bytes are usual.
    pub discovery_body: usize,
    /// Most of a refused upgrade's body that is kept for the error: 4 KiB.
    pub rejected_body: usize,
    /// Most deliveries and waiting duplicates without an answer: 1,024. At the bound we stop reading, and TCP tells the peer.
    pub unanswered: usize,
    /// Most bytes of those deliveries and duplicates, headers included: 64 MiB, four of the largest payloads. At the bound we
    /// stop reading as well.
    pub unanswered_bytes: usize,
    /// Most events that are remembered as handled: 100,000, in at most 4 MB.
    pub dedup_entries: usize,
    /// Most bytes of callback answers that are remembered for duplicates, what it takes to keep them included: 1 MiB, which
    /// is room for 5,000 small ones.
    pub dedup_answers: usize,
    /// How long a handled event is remembered: 7 h 30 min. The platform pushes again after 15 s, 5 min, 1 h and 6 h.
    pub dedup_window: Duration,
    /// Most bad or unknown messages in a minute before the connection is given up as broken: 10,000.
    pub bad_per_minute: u32,
}

/// What is wrong with a [`Config`]. The application's to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// The app id is empty.
    NoAppId,
    /// The app secret is empty. Official SDKs report this as local code 7104, Python as 1000040344.
    NoSecret,
    /// The app id or the app secret, whichever is named, has spaces around it or a control character in it: it was read from a
    /// file with its line break, or copied with more than it.
    Blank(&'static str),
    /// The domain is not an absolute `https` URL without query, or `http` beyond this machine.
    Domain(UrlError),
    /// The connection host is not a strict `host[:port]`.
    ConnectionHost,
    /// A header that is not the application's to set, or has characters that no header has.
    Header(String),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigError::NoAppId => f.write_str("the app id is empty: copy it from the developer console"),
            ConfigError::NoSecret => f.write_str("the app secret is empty: copy it from the developer console"),
            ConfigError::Blank(what) => {
                write!(f, "the {what} has spaces around it, or a line break or the like in it: trim it")
            }
            ConfigError::Domain(error) => {
                write!(f, "the domain is not a base URL such as https://open.feishu.cn: {error}")
            }
            ConfigError::ConnectionHost => f.write_str("the connection host is not of the form host[:port]"),
            ConfigError::Header(name) => {
                write!(f, "the header {name:?} is not yours to set, or has characters that no header has")
            }
        }
    }
}

impl core::error::Error for ConfigError {}

impl Config {
    /// The configuration of an app that proves itself with its secret, at Feishu.
    pub fn new(app_id: impl Into<String>, secret: impl Into<Secret>) -> Config {
        Config::with_credential(app_id.into(), Credential::Secret(secret.into()))
    }

    /// The configuration of an app that proves itself with client assertions, at Feishu.
    pub fn with_assertion(app_id: impl Into<String>) -> Config {
        Config::with_credential(app_id.into(), Credential::Assertion)
    }

    fn with_credential(app_id: String, credential: Credential) -> Config {
        Config {
            app_id,
            credential,
            domain: Domain::default(),
            allow_insecure: false,
            locale: "zh".to_owned(),
            source: None,
            tags: Vec::new(),
            discovery_headers: Vec::new(),
            connection_host: None,
            connection_headers: Vec::new(),
            connection_query: Vec::new(),
            channel_tag: None,
            ack_mode: AckMode::default(),
            late_callback: LateCallback::default(),
            card_frames: true,
            dedup: true,
            answer_within: Duration::from_millis(2_800),
            handler_limit: Duration::from_secs(300),
            liveness: Liveness::default(),
            reconnect: Reconnect::default(),
            deadlines: Deadlines::default(),
            limits: Limits::default(),
            calls: Calls::default(),
        }
    }

    /// Looks for mistakes. A client that is made from a wrong configuration stops at once with the same error.
    ///
    /// # Errors
    /// The first mistake found.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.app_id.is_empty() {
            return Err(ConfigError::NoAppId);
        }
        if matches!(&self.credential, Credential::Secret(secret) if secret.is_empty()) {
            return Err(ConfigError::NoSecret);
        }
        if is_blank(&self.app_id) {
            return Err(ConfigError::Blank("app id"));
        }
        if is_blank(self.secret()) {
            return Err(ConfigError::Blank("app secret"));
        }
        self.base_url().map_err(ConfigError::Domain)?;
        if self.connection_host.as_deref().is_some_and(|host| !is_strict_authority(host)) {
            return Err(ConfigError::ConnectionHost);
        }
        let wrong = |(name, value): &&(String, String)| !is_header(name, value) || is_transport_header(name);
        match self.discovery_headers.iter().chain(&self.connection_headers).find(wrong) {
            Some((name, _)) => Err(ConfigError::Header(name.clone())),
            None if !is_header("locale", &self.locale) => Err(ConfigError::Header("locale".to_owned())),
            None => Ok(()),
        }
    }

    /// Whether the app id is not `cli_` and 16 hex digits. The Node SDK refuses to start then; no other one looks.
    pub fn app_id_is_unusual(&self) -> bool {
        let digits = self.app_id.strip_prefix("cli_");
        !digits.is_some_and(|digits| digits.len() == 16 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
    }

    /// Where endpoint discovery and the OpenAPI are.
    pub(crate) fn base_url(&self) -> Result<Url, UrlError> {
        let url = Url::parse(self.domain.as_str())?;
        if !matches!(url.scheme(), Scheme::Https | Scheme::Http) {
            return Err(UrlError::Scheme);
        }
        if url.query_names().next().is_some() {
            return Err(UrlError::Query);
        }
        url.require_secure(self.allow_insecure)
    }

    /// The app secret, for redaction.
    pub(crate) fn secret(&self) -> &str {
        match &self.credential {
            Credential::Secret(secret) => secret.expose(),
            Credential::Assertion => "",
        }
    }
}

/// Whether something is around or in a text that no id or secret has. A byte order mark is some editors' first character.
fn is_blank(text: &str) -> bool {
    text.trim() != text || text.contains(|c: char| c.is_control() || c == '\u{feff}')
}

/// RFC 9110: a token, and a value without line breaks.
fn is_header(name: &str, value: &str) -> bool {
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !name.is_empty() && name.bytes().all(token) && value.bytes().all(|b| b == b'\t' || (b' '..=b'~').contains(&b))
}

/// Headers that belong to the connection itself.
fn is_transport_header(name: &str) -> bool {
    const OURS: [&str; 7] =
        ["host", "connection", "upgrade", "content-length", "transfer-encoding", "te", "proxy-authorization"];
    let name = name.to_ascii_lowercase();
    OURS.contains(&name.as_str()) || name.starts_with("sec-websocket-")
}

impl Default for Liveness {
    fn default() -> Liveness {
        Liveness {
            pong_timeout: Duration::from_secs(20),
            max_ping_interval: Duration::from_secs(120),
            websocket_ping: None,
        }
    }
}

impl Default for Reconnect {
    fn default() -> Reconnect {
        Reconnect {
            floor: Duration::from_secs(1),
            cap: Duration::from_secs(60),
            stable_after: Duration::from_secs(10),
            max_attempts: None,
            obey_server_count: false,
            at_connection_limit: None,
        }
    }
}

impl Default for Deadlines {
    fn default() -> Deadlines {
        let ten = Duration::from_secs(10);
        Deadlines {
            discovery: Duration::from_secs(15),
            connect: Duration::from_secs(30),
            close: Duration::from_secs(5),
            tcp: ten,
            proxy: ten,
            tls: ten,
            upgrade: ten,
            write: Duration::from_secs(30),
        }
    }
}

impl Default for Calls {
    fn default() -> Calls {
        Calls {
            repeats: 3,
            within: Duration::from_secs(30),
            transfer_within: Duration::from_secs(300),
            connections: 16,
            idle: Duration::from_secs(30),
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            payload: 16 * 1024 * 1024,
            parts: 1_024,
            open_messages: 256,
            open_bytes: 32 * 1024 * 1024,
            part_lifetime: Duration::from_secs(10),
            headers: 64,
            header_bytes: 4 * 1024,
            discovery_body: 64 * 1024,
            rejected_body: 4 * 1024,
            unanswered: 1_024,
            unanswered_bytes: 64 * 1024 * 1024,
            dedup_entries: 100_000,
            dedup_answers: 1024 * 1024,
            dedup_window: Duration::from_secs(7 * 3600 + 1800),
            bad_per_minute: 10_000,
        }
    }
}

#[cfg(test)]
mod tests;
