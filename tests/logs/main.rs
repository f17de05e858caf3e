//! Everything that is logged in a bot's life, by us and by the libraries below, at the most talkative level: no secret is in
//! it. A binary of its own, since a process has one logger.

#[path = "../support/log.rs"]
mod log;

use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use larkwire::event::im::v1::MessageReceiveV1;
use larkwire::{ApiError, Bot, BoxError, Config, Ctx, Delivery, Domain, Driver, Egress, Router, Secret, Stop};
use larkwire_sim::{Abort, ApiFault, ClientConfig, Disconnect, DiscoveryFault, Push, Response, Sim, UpgradeFault};
use serde_json::json;

use log::Log;

const LIMIT: Duration = Duration::from_secs(30);
const SECRET: &str = "app-secret-0123456789";
const USER_TOKEN: &str = "u-token-of-a-user";

async fn echo(ctx: Ctx, event: MessageReceiveV1) -> Result<(), ApiError> {
    if let Some(id) = event.message.and_then(|message| message.message_id) {
        ctx.api().reply_text(&id, "the text of the reply").await?;
        tracing::info!("this handler has replied");
    }
    Ok(())
}

/// What `Debug` and `Display` show of everything that a program can get hold of.
#[derive(Clone, Default)]
struct Shown(Arc<Mutex<String>>);

impl Shown {
    fn debug(&self, value: &dyn Debug) {
        self.add(&format!("{value:?} {value:#?}"));
    }

    fn error(&self, error: &dyn std::error::Error) {
        self.add(&format!("{error} {error:?}"));
    }

    fn add(&self, text: &str) {
        *self.0.lock().unwrap() += &format!("{}\n", text.replace('\n', " "));
    }
}

/// Discovery, refusals that quote what they refuse, a connection, messages, API calls, a bound user, a loss, the end.
async fn a_life(payloads: bool) -> String {
    let sim = Sim::builder().app("cli_51a0000000000001", SECRET).start().await.unwrap();
    sim.set_client_config(ClientConfig { reconnect_interval: 0, reconnect_nonce: 0, ..ClientConfig::default() });
    sim.inject(DiscoveryFault::code(1, format!("busy with {SECRET}")));
    sim.inject(DiscoveryFault::not_json());
    sim.inject(UpgradeFault::Refuse {
        status: 400,
        handshake_status: Some(514),
        msg: Some(format!("bad ticket=1234-5678, access_key=0123456789abcdef, {SECRET}")),
        autherrcode: Some(1),
    });
    let shown = Shown::default();
    let mut config = Config::new(sim.app_id(), SECRET);
    config.domain = Domain::Custom(sim.domain());
    (config.reconnect.floor, config.reconnect.cap) = (Duration::ZERO, Duration::ZERO);
    config.reconnect.stable_after = Duration::ZERO;
    shown.debug(&config);
    shown.debug(&Driver::new(config.clone(), Arc::new(larkwire::tokio::Tokio), &Egress::new()));
    let in_handler = shown.clone();
    let router = Router::builder().on(echo).on_raw("fails", || async { Err::<(), _>("out of paper") }).on_raw(
        "works",
        move |ctx: Ctx, delivery: Delivery| {
            in_handler.debug(&(&ctx, &delivery, ctx.api()));
            async {}
        },
    );
    let in_listener = shown.clone();
    let bot = Bot::new(config, router.build().unwrap()).trace_payloads(payloads);
    let bot = bot.on_notice(move |notice| in_listener.debug(notice));
    let handle = bot.handle();
    shown.debug(&bot);
    let running = tokio::spawn(bot.run());
    handle.ready().await.unwrap();
    sim.user("alice").dm("the text of the message").await.acked(LIMIT).await.unwrap();
    for kind in ["fails", "works", "unknown"] {
        sim.push(Push::event(kind, json!({"token": "t"}))).await.acked(LIMIT).await.unwrap();
    }
    let token = || async { Ok::<_, BoxError>(Secret::new(USER_TOKEN)) };
    let quote = json!({"code": 99_991_668, "msg": format!("who is {USER_TOKEN}, and {SECRET}?")});
    sim.inject(ApiFault::Answer(Response::json(400, quote.to_string())));
    shown.error(&handle.bind_user(token).await.unwrap_err());
    let binding = handle.bind_user(token).await.unwrap();
    shown.debug(&binding);
    sim.drop_connections(Disconnect::Abort(Abort::Reset));
    sim.push(Push::event("works", json!({}))).await.acked(LIMIT).await.unwrap();
    sim.inject(DiscoveryFault::code(1_000_040_345, format!("wrong: {SECRET}")));
    sim.drop_connections(Disconnect::Close { code: 1001, reason: "goodbye".into() });
    let stop = running.await.unwrap();
    assert!(matches!(stop, Stop::Credentials(_)), "{stop}");
    shown.error(&stop);
    shown.error(&handle.ready().await.unwrap_err());
    shown.debug(&(&handle, handle.stats(), handle.watch()));
    let shown = shown.0.lock().unwrap();
    shown.clone()
}

/// Whether a secret is in a line. Whatever the simulator made up to look like one is none.
#[track_caller]
fn shows_no_secret(line: &str) {
    let line = line.replace("ticket=1234-5678, access_key=0123456789abcdef", "");
    assert!(!line.contains(SECRET), "the app secret: {line}");
    assert!(!line.contains(USER_TOKEN), "the token of the user: {line}");
    for name in ["ticket=", "access_key="] {
        assert!(line.split(name).skip(1).all(|value| value.starts_with("***")), "{name} {line}");
    }
    assert!(!line.contains("Bearer ") && !line.contains("tenant_access_token\":"), "a token: {line}");
}

#[tokio::test]
async fn at_trace_level_nothing_shows_a_secret_and_what_people_write_only_where_that_was_asked_for() {
    let log = Log::default();
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(log.clone())
        .init();
    for payloads in [false, true] {
        let shown = a_life(payloads).await;
        let logged = log.take();
        assert!(logged.lines().count() > 40 && shown.lines().count() > 20, "this proves nothing:\n{logged}\n{shown}");
        logged.lines().chain(shown.lines()).for_each(shows_no_secret);
        assert!(!shown.contains("the text of the"), "{shown}");
        // tungstenite writes whole frames at this level, and offers no way to prevent it but a filter on its target.
        let ours = || logged.lines().filter(|line| !line.contains(" tungstenite::"));
        assert_eq!(ours().any(|line| line.contains("the text of the message")), payloads);
        assert!(!ours().any(|line| line.contains("the text of the reply")));
        has_spans_and_levels(&logged);
    }
}

/// What a log is read for: who, on which connection, about what; and how loud.
#[track_caller]
fn has_spans_and_levels(logged: &str) {
    let line = |words: &[&str]| {
        let found = logged.lines().find(|line| words.iter().all(|word| line.contains(word)));
        found.unwrap_or_else(|| panic!("no line with {words:?} in\n{logged}"))
    };
    let who = "connection{app_id=\"cli_51a0000000000001\" attempt=";
    for words in ["connected to", "ready again", "reconnecting"] {
        line(&[" INFO ", who, words]);
    }
    assert!(line(&[" INFO ", "connected to"]).contains("connection_id=\""));
    line(&["ERROR ", who, "stopped"]);
    line(&["DEBUG ", who, "opening a connection", "/callback/ws/endpoint"]);
    line(&["DEBUG ", who, "sent", "kind=\"ping\""]);
    line(&["DEBUG ", who, "received", "kind=\"event\"", "bytes=", "message_id=\""]);
    line(&[" INFO ", who, "delivery{", "event_type=\"im.message.receive_v1\"", "this handler has replied"]);
    let handler = line(&[" WARN ", who, "delivery{", "the handler failed"]);
    for word in ["delivery=", "event_type=\"fails\"", "event_id=\"", "message_id=\"", "trace_id=\""] {
        assert!(handler.contains(word), "no {word} in {handler}");
    }
}
