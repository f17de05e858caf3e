//! Everything that is logged in a bot's life, by us and by the libraries below, at the most talkative level: no secret is in
//! it. A binary of its own, since a process has one logger.

use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use larkwire::event::im::v1::MessageReceiveV1;
use larkwire::{ApiError, Bot, Config, Ctx, Domain, Reply, Router, Stop};
use larkwire_sim::{Abort, ClientConfig, Disconnect, DiscoveryFault, Push, Sim, UpgradeFault};
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

const LIMIT: Duration = Duration::from_secs(30);
const SECRET: &str = "app-secret-0123456789";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Log;
    fn make_writer(&'a self) -> Log {
        self.clone()
    }
}

async fn echo(ctx: Ctx, event: MessageReceiveV1) -> Result<(), ApiError> {
    if let Some(id) = event.message.and_then(|message| message.message_id) {
        ctx.api().reply_text(&id, "the text of the reply").await?;
    }
    Ok(())
}

/// Discovery, refusals that quote what they refuse, a connection, messages, API calls, a loss, the end.
async fn a_life() -> String {
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
    let mut config = Config::new(sim.app_id(), SECRET);
    config.domain = Domain::Custom(sim.domain());
    (config.reconnect.floor, config.reconnect.cap) = (Duration::ZERO, Duration::ZERO);
    config.reconnect.stable_after = Duration::ZERO;
    let router = Router::builder()
        .on(echo)
        .on_raw("fails", |_, _| async { Err::<Reply, _>("out of paper") })
        .on_raw("works", |_, _| async { Ok::<_, Infallible>(Reply::ok()) });
    let bot = Bot::new(config, router.build().unwrap());
    let handle = bot.handle();
    let running = tokio::spawn(bot.run());
    handle.ready().await.unwrap();
    sim.user("alice").dm("the text of the message").await.acked(LIMIT).await.unwrap();
    for kind in ["fails", "works", "unknown"] {
        sim.push(Push::event(kind, json!({"token": "t"}))).await.acked(LIMIT).await.unwrap();
    }
    sim.drop_connections(Disconnect::Abort(Abort::Reset));
    sim.push(Push::event("works", json!({}))).await.acked(LIMIT).await.unwrap();
    sim.inject(DiscoveryFault::code(1_000_040_345, format!("wrong: {SECRET}")));
    sim.drop_connections(Disconnect::Close { code: 1001, reason: "goodbye".into() });
    let stop = running.await.unwrap();
    assert!(matches!(stop, Stop::Credentials(_)), "{stop}");
    format!("{stop} {stop:?} {handle:?} {:?}", handle.stats())
}

#[tokio::test]
async fn at_trace_level_nothing_shows_a_secret_and_we_do_not_show_what_people_write() {
    let log = Log::default();
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(log.clone())
        .init();
    let shown = a_life().await;
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines = || logged.lines().chain([shown.as_str()]);
    assert!(lines().count() > 40, "this log says too little to prove anything:\n{logged}");
    for line in lines() {
        // The simulator's own quote of made-up values is not what is meant here.
        let line = line.replace("ticket=1234-5678, access_key=0123456789abcdef", "");
        assert!(!line.contains(SECRET), "the app secret: {line}");
        for name in ["ticket=", "access_key="] {
            assert!(line.split(name).skip(1).all(|value| value.starts_with("***")), "{name} {line}");
        }
        assert!(!line.contains("Bearer ") && !line.contains("tenant_access_token\":"), "a token: {line}");
        // tungstenite writes whole frames at this level, and offers no way to prevent it but a filter on its target.
        assert!(line.contains(" tungstenite::") || !line.contains("the text of the"), "what people write: {line}");
    }
}
