//! The stories. Nothing in here knows which runtime or way it is about.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, unbounded};
use futures::channel::oneshot;
use larkwire::event::card::{ActionReply, ActionTrigger, ToastKind};
use larkwire::event::im::v1::MessageReceiveV1;
use larkwire::{ApiError, BoxError, Config, Ctx, Router, Status, Stop};
use larkwire_sim::{Abort, ClientConfig, Disconnect, Order, Push, Shape, Split, What};
use serde_json::{Value, json};

use crate::stage::{LIMIT, Stage, acking, eager};

async fn echo(ctx: Ctx, event: MessageReceiveV1) -> Result<(), ApiError> {
    let text = event.text();
    if let (Some(text), Some(id)) = (text, event.message.and_then(|message| message.message_id)) {
        ctx.api().reply_text(&id, &format!("echo: {text}")).await?;
    }
    Ok(())
}

/// A router whose handler of `slow` says that it runs, and then waits until it is released.
fn slow() -> (Router, UnboundedReceiver<()>, oneshot::Sender<()>) {
    let (enter, entered) = unbounded();
    let (release, released) = oneshot::channel();
    let released = Arc::new(Mutex::new(Some(released)));
    let router = Router::builder()
        .on_raw("slow", move || {
            enter.unbounded_send(()).expect("a test that listens");
            let released = released.lock().unwrap().take();
            async move {
                released.ok_or("this is for one event only")?.await?;
                Ok::<_, BoxError>(())
            }
        })
        .on_other(|| async {})
        .build()
        .unwrap();
    (router, entered, release)
}

pub(crate) async fn a_bot_connects_and_is_ready(stage: &Stage) {
    let bot = stage.ready(stage.config(), acking()).await;
    assert_eq!(stage.sim.connections().len(), 1);
    assert!(matches!(bot.handle.status(), Some(Status::Open { ready: true, .. })));
    stage.works().await;
}

pub(crate) async fn an_event_is_handled_answered_in_its_chat_and_acked(stage: &Stage) {
    let _bot = stage.ready(stage.config(), Router::builder().on(echo).build().unwrap()).await;
    let said = stage.sim.user("alice").dm("hi \"there\", 你好").await;
    let reply = stage.sim.expect_reply().await;
    assert_eq!(reply.text(), "echo: hi \"there\", 你好");
    assert_eq!(reply.replied_to.as_deref(), said.message_id());
    assert_eq!(said.acked(LIMIT).await.unwrap().code, 200);
}

pub(crate) async fn an_event_in_many_parts_arrives_whole(stage: &Stage) {
    let _bot = stage.ready(stage.config(), Router::builder().on(echo).build().unwrap()).await;
    let long = "长".repeat(30_000);
    let shape = Shape::split(Split::Parts(200)).ordered(Order::Shuffled);
    let said = stage.sim.user("alice").dm_shaped(&long, shape).await;
    assert_eq!(stage.sim.expect_reply().await.text(), format!("echo: {long}"));
    assert_eq!(said.acked(LIMIT).await.unwrap().code, 200);
}

pub(crate) async fn a_click_gets_its_toast(stage: &Stage) {
    let router = Router::builder()
        .on_callback(|click: ActionTrigger| async move {
            let choice = click.action.map(|action| action.value["choice"].clone());
            let text = choice.as_ref().and_then(Value::as_str).unwrap_or("nothing").to_owned();
            Ok::<_, BoxError>(ActionReply::new().toast(ToastKind::Success, text))
        })
        .build()
        .unwrap();
    let _bot = stage.ready(stage.config(), router).await;
    let click = stage.sim.user("alice").click("om_1", json!({"choice": "吃饭"})).await;
    let ack = click.acked(LIMIT).await.unwrap();
    assert_eq!(ack.data, Some(json!({"toast": {"type": "success", "content": "吃饭"}})));
}

pub(crate) async fn a_slow_handler_holds_up_nobody(stage: &Stage) {
    let (router, mut entered, release) = slow();
    let _bot = stage.ready(stage.config(), router).await;
    let slow = stage.sim.push(Push::event("slow", json!({}))).await;
    stage.within(entered.next()).await.unwrap();
    stage.works().await;
    assert!(slow.record().unwrap().ack().is_none());
    release.send(()).unwrap();
    assert_eq!(slow.acked(LIMIT).await.unwrap().code, 200);
}

pub(crate) async fn a_lost_connection_is_replaced_whatever_way_it_ended(stage: &Stage) {
    let bot = stage.ready(stage.config(), acking()).await;
    let ways = [
        Disconnect::Close { code: 1001, reason: "bye".into() },
        Disconnect::Abort(Abort::EndOfStream),
        Disconnect::Abort(Abort::Reset),
    ];
    for (count, way) in (2..).zip(ways) {
        stage.sim.drop_connections(way);
        bot.connections(count).await;
        stage.works().await;
    }
}

pub(crate) async fn a_bot_that_is_dropped_leaves_at_once(stage: &Stage) {
    let (router, mut entered, release) = slow();
    let bot = stage.ready(stage.config(), router).await;
    stage.sim.push(Push::event("slow", json!({}))).await;
    stage.within(entered.next()).await.unwrap();
    drop(bot);
    stage.sim.wait("the end", LIMIT, |platform| platform.connections().next().is_none().then_some(())).await.unwrap();
    // Its handler is gone too, and with it the other end of this.
    let mut release = release;
    stage.within(release.cancellation()).await;
}

pub(crate) async fn settings_in_a_pong_change_the_pings(stage: &Stage) {
    let _bot = stage.ready(stage.config(), acking()).await;
    let connection = stage.sim.connections()[0].clone();
    // By the settings so far, the next ping would be due in two minutes.
    assert!(eager().ping_interval > LIMIT.as_secs().try_into().unwrap());
    stage.sim.set_client_config(ClientConfig { ping_interval: 1, ..eager() });
    stage.sim.act(|platform, now| platform.push_settings(now, connection.id));
    let pinged = |platform: &larkwire_sim::Platform| {
        platform.connection(connection.id).filter(|now| now.pings > connection.pings).map(drop)
    };
    stage.sim.wait("another ping", LIMIT, pinged).await.unwrap();
}

pub(crate) async fn a_half_open_connection_is_noticed_and_replaced(stage: &Stage) {
    stage.sim.set_client_config(ClientConfig { ping_interval: 1, ..eager() });
    let mut impatient = stage.config();
    impatient.liveness.pong_timeout = Duration::from_millis(300);
    let bot = stage.ready(impatient, acking()).await;
    stage.sim.drop_connections(Disconnect::Freeze);
    bot.connections(2).await;
    stage.works().await;
}

pub(crate) async fn a_wrong_secret_ends_the_bot_with_the_reason(stage: &Stage) {
    let mut config = Config::new(stage.sim.app_id(), "not the secret");
    config.domain = stage.config().domain;
    let stop = stage.start(config, acking()).ended().await;
    assert!(matches!(stop, Stop::Credentials(_)), "{stop}");
}

pub(crate) async fn a_shutdown_lets_the_handler_finish_and_says_goodbye(stage: &Stage) {
    let (router, mut entered, release) = slow();
    let bot = stage.ready(stage.config(), router).await;
    let push = stage.sim.push(Push::event("slow", json!({}))).await;
    stage.within(entered.next()).await.unwrap();
    bot.handle.shutdown(LIMIT);
    bot.handle.shutdown(LIMIT);
    bot.status(Status::Draining).await;
    release.send(()).unwrap();
    assert_eq!(bot.ended().await, Stop::Shutdown);
    assert_eq!(push.acked(LIMIT).await.unwrap().code, 200);
    let goodbye = |entry: larkwire_sim::Entry| matches!(entry.what, What::Closed { code: Some(1000), .. });
    assert!(stage.sim.transcript().into_iter().any(goodbye));
}
