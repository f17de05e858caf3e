//! How this platform behaves when no fault is asked for. The defaults imitate production as far as it is known.

use std::time::Duration;

use serde::Serialize;

use super::dice::Dice;
use super::push::PushKind;

/// The settings that the platform hands to clients, in its own words and units (seconds, except the count).
///
/// Names, units and the default values: every official SDK; values seen in the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ClientConfig {
    /// Most reconnect attempts of one outage; negative: no limit.
    pub reconnect_count: i64,
    /// Pause between two failed attempts, in seconds.
    pub reconnect_interval: i64,
    /// Upper bound of the random delay before the first attempt of an outage, in seconds.
    pub reconnect_nonce: i64,
    /// Period of application pings, in seconds.
    pub ping_interval: i64,
}

impl Default for ClientConfig {
    fn default() -> ClientConfig {
        ClientConfig { reconnect_count: -1, reconnect_interval: 120, reconnect_nonce: 30, ping_interval: 120 }
    }
}

/// Which connection of an app gets a push. "Cluster mode: one random client gets each push" (official FAQ).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Routing {
    /// A live connection at random, all with the same chance.
    #[default]
    Random,
    /// The live connections in turn.
    RoundRobin,
}

/// How a client learns that the app has too many connections. All three occur in practice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LimitSignal {
    /// Endpoint discovery answers code 1000040350 (field reports).
    #[default]
    Discovery,
    /// The upgrade is refused with Handshake-Status 514 and Handshake-Autherrcode 1000040350 (SDK sources).
    Handshake,
    /// The upgrade succeeds and a Close frame with code 3001 follows at once (field reports).
    Close,
}

/// What happens when a client breaks a rule of the protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Strictness {
    /// Rules that can be passed over are passed over; each breach is still listed as a note.
    Lenient,
    /// A breach is listed as a violation, and an ack that breaks a rule does not count.
    #[default]
    Strict,
    /// Like [`Strictness::Strict`], and the connection is closed with 1002.
    Close,
}

/// Which messages in a group a bot gets events of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum GroupMessages {
    /// Those that mention it, as without the permission for all messages of a group.
    #[default]
    Mentioned,
    /// All of them.
    All,
}

/// One more app than the first.
#[derive(Clone)]
#[non_exhaustive]
pub struct AppProfile {
    /// Its id: `cli_` and 16 hexadecimal digits.
    pub id: String,
    /// Its secret.
    pub secret: String,
    /// The name that people see.
    pub name: String,
}

impl AppProfile {
    /// An app that is called like its id.
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> AppProfile {
        let id = id.into();
        AppProfile { name: id.clone(), id, secret: secret.into() }
    }
}

/// Everything that can be chosen about the platform before it starts.
#[derive(Clone)]
#[non_exhaustive]
pub struct Profile {
    /// The app's id: `cli_` and 16 hexadecimal digits, because the Node SDK refuses to start with anything else.
    pub app_id: String,
    /// The app's secret.
    pub app_secret: String,
    /// The name that people see.
    pub app_name: String,
    /// More apps; each has connections, tickets, tokens and idempotency keys of its own.
    pub apps: Vec<AppProfile>,
    /// Whether discovery takes any app id with the first app's secret, for tests with many apps: a new id becomes an app
    /// of its own. A push that says neither its app nor its connection then goes to the first app with one open.
    pub any_app: bool,
    /// The tenant of the app and of all users: 16 hexadecimal digits.
    pub tenant_key: String,
    /// Scheme and authority of the URLs in discovery answers, for example `ws://127.0.0.1:9380`. If it is empty, they
    /// lead back to where the client asked (`Host`).
    pub socket_base: String,
    /// The wall clock at the machine's first moment, in ms since 1970. Decides `create_time` and the like.
    pub unix_ms: u64,
    /// Whether discovery with a client assertion instead of a secret succeeds. The assertion itself is opaque.
    pub accepts_assertions: bool,
    /// The settings in discovery answers and pongs.
    pub client_config: ClientConfig,
    /// `service_id` of the URL and `service` of frames. Default 33554678, seen in production logs.
    pub service_id: i32,
    /// Live connections of one app. Default 50 (official documentation).
    pub connection_limit: usize,
    /// How the connection limit is told.
    pub limit_signal: LimitSignal,
    /// How long a ticket opens a connection. Default 60 s (assumed).
    pub ticket_life: Duration,
    /// How long a tenant token works. Default 7200 s (official documentation).
    pub token_life: Duration,
    /// Time for an ack. Default 3 s (official documentation).
    pub ack_deadline: Duration,
    /// Pauses between the pushes of an event that is not acked. Default 15 s, 5 min, 1 h, 6 h (official
    /// documentation); empty: no redelivery. Callbacks are never pushed again.
    pub redelivery: Vec<Duration>,
    /// Which connection gets a push.
    pub routing: Routing,
    /// Which messages in a group a bot gets events of.
    pub group_messages: GroupMessages,
    /// Whether calls are limited as in production: 50/s and 1000/min of one kind, 5 messages/s to one chat, 5 patches/s of
    /// one message, 10 operations/s on one card. Default no: how fast a test goes depends on the machine.
    pub rate_limits: bool,
    /// How long a message can be edited and recalled after it was sent. Default 24 h (official documentation; the
    /// administrator of a tenant decides).
    pub change_window: Duration,
    /// How often the token of a callback updates its card. Default 2 (official documentation; older pages say 3).
    pub update_token_uses: u32,
    /// Permissions that the apps lack: calls that need one are refused with 99991672. For example `im:message`.
    pub denied_scopes: Vec<String>,
    /// What a breach of the protocol leads to.
    pub strictness: Strictness,
    /// Whether what happens is written down. Without it, the transcript stays empty; counters and records of pushes do not.
    /// Default: yes.
    pub transcript: bool,
    /// Most entries of the transcript, and of every other record that is kept. Default 10,000.
    pub records: usize,
}

impl Default for Profile {
    fn default() -> Profile {
        const MINUTE: u64 = 60;
        Profile {
            app_id: "cli_51a0000000000001".into(),
            app_secret: "sim-secret-not-real-0123456789ab".into(),
            app_name: "Bot".into(),
            apps: Vec::new(),
            any_app: false,
            tenant_key: Dice::of("tenant").hex(16),
            socket_base: "ws://127.0.0.1:9380".into(),
            // 2026-01-01T00:00:00Z: a fixed moment, so that virtual time gives the same bytes every time.
            unix_ms: 1_767_225_600_000,
            accepts_assertions: true,
            client_config: ClientConfig::default(),
            service_id: 33_554_678,
            connection_limit: 50,
            limit_signal: LimitSignal::default(),
            ticket_life: Duration::from_secs(60),
            token_life: Duration::from_secs(7200),
            ack_deadline: Duration::from_secs(3),
            redelivery: [15, 5 * MINUTE, 60 * MINUTE, 360 * MINUTE].map(Duration::from_secs).into(),
            routing: Routing::default(),
            group_messages: GroupMessages::default(),
            rate_limits: false,
            change_window: Duration::from_secs(24 * 60 * MINUTE),
            update_token_uses: 2,
            denied_scopes: Vec::new(),
            strictness: Strictness::default(),
            transcript: true,
            records: 10_000,
        }
    }
}

impl Profile {
    /// How often a push of this kind goes out at most.
    pub(crate) fn attempts(&self, kind: PushKind) -> usize {
        match kind {
            PushKind::Event => self.redelivery.len().saturating_add(1),
            PushKind::Callback => 1,
        }
    }

    pub(crate) fn secrets(&self) -> impl Iterator<Item = String> {
        std::iter::once(&self.app_secret).chain(self.apps.iter().map(|app| &app.secret)).cloned()
    }
}

/// Shows everything but the secret.
impl std::fmt::Debug for AppProfile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppProfile").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

/// Shows everything but the secret, which may be a real one that somebody pasted.
impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Profile")
            .field("app_id", &self.app_id)
            .field("apps", &self.apps)
            .field("socket_base", &self.socket_base)
            .field("client_config", &self.client_config)
            .field("connection_limit", &self.connection_limit)
            .field("strictness", &self.strictness)
            .finish_non_exhaustive()
    }
}
