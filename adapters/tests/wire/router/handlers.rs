//! What a handler can be and ask for, and which one is for which event.

use std::sync::atomic::{AtomicUsize, Ordering};

use larkwire::event::im::v1::MessageReceiveV1;
use larkwire::event::{Event, EventType};
use larkwire::router::{AlreadyTaken, Needs, Route};
use larkwire::{
    ApiClient, Bot, BoxError, Ctx, Delivery, FromCtx, Reply, Responder, Router, RouterBuilder, RouterError, State,
};
use serde_json::json;
use tokio::sync::Notify;

use super::*;
use crate::bot::{MESSAGE, message, start, start_with};

struct Greeting(&'static str);
struct Count(AtomicUsize);

/// An extractor of the application: it needs state, waits, and may fail.
struct Tenant(String);

impl FromCtx for Tenant {
    type Error = BoxError;

    async fn from_ctx(ctx: &Ctx) -> Result<Tenant, BoxError> {
        let count = State::<Count>::from_ctx(ctx).await?;
        tokio::task::yield_now().await;
        count.0.0.fetch_add(1, Ordering::SeqCst);
        match ctx.event_id().as_deref() {
            Some("of a stranger") => Err("we do not know this tenant".into()),
            _ => Ok(Tenant(ctx.tenant_key().ok_or("no tenant")?.into_owned())),
        }
    }

    fn needs(needs: &mut Needs) {
        needs.state::<Count>();
    }
}

async fn ok(_: MessageReceiveV1) {}

async fn everything(
    ctx: Ctx,
    api: ApiClient,
    greeting: State<Greeting>,
    tenant: Tenant,
    delivery: Delivery,
    pair: (State<Count>, Ctx),
    event: MessageReceiveV1,
) -> Result<(), BoxError> {
    assert!(format!("{api:?}").contains("ApiClient"));
    assert_eq!((ctx.delivery().id(), pair.1.event_id()), (delivery.id(), delivery.envelope().event_id));
    assert_eq!((tenant.0.as_str(), greeting.0.0, event.text().as_deref()), ("t", "hello", Some("hi")));
    assert_eq!(pair.0.0.0.load(Ordering::SeqCst), 1);
    assert_eq!(ctx.connection_id(), Some("7001"));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_handler_takes_what_it_asks_for() {
    let router = Router::builder().state(Greeting("hello")).state(Count(AtomicUsize::new(0))).on(everything);
    let (_bot, handle, mut gateway, _peers) = start(router).await;
    gateway.push(&message("1", "hi")).await;
    assert_eq!(gateway.ack().await["code"], 200);
    assert_eq!(stats(&handle).await.handlers.handled, 1);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_had_fails_the_delivery_and_its_handler_is_not_called() {
    async fn never(_: Tenant, _: MessageReceiveV1) {
        panic!("it has no tenant");
    }
    async fn twice(_: Responder, _: Responder) {
        panic!("there is one");
    }
    /// It does not tell what it needs.
    struct Silent;
    impl FromCtx for Silent {
        type Error = BoxError;

        async fn from_ctx(ctx: &Ctx) -> Result<Silent, BoxError> {
            let error = State::<Greeting>::from_ctx(ctx).await.err().unwrap();
            assert!(error.to_string().contains("no state of the type"), "{error}");
            Err(error.into())
        }
    }
    async fn silent(_: Silent) {
        panic!("it has no greeting");
    }
    let router = Router::builder().state(Count(AtomicUsize::new(0)));
    let router = router.on(never).on_raw("twice", twice).on_raw("silent", silent);
    let (_bot, handle, mut gateway, _peers) = start(router).await;
    gateway.push(&message("of a stranger", "hi")).await;
    assert_eq!(gateway.ack().await["code"], 500);
    for kind in ["twice", "silent"] {
        gateway.push(&event(kind, kind, json!({}))).await;
        assert_eq!(gateway.ack().await["code"], 500);
    }
    assert_eq!(stats(&handle).await.handlers.failed, 3);
    assert!(AlreadyTaken.to_string().contains("second responder"));
}

#[test]
fn a_router_is_not_built_without_the_state_that_its_handlers_ask_for() {
    async fn typed(_: State<Greeting>, _: MessageReceiveV1) {}
    async fn raw(_: (Ctx, Tenant)) {}
    async fn plain(_: State<u64>) {}
    let missing = |router: RouterBuilder| match router.build() {
        Err(RouterError::MissingState { state, handler }) => (state.rsplit("::").next().unwrap(), handler),
        other => panic!("{other:?}"),
    };
    assert_eq!(missing(Router::builder().on(typed)), ("Greeting", MESSAGE.to_owned()));
    assert_eq!(missing(Router::builder().on_raw("a.*", raw)), ("Count", "a.*".to_owned()));
    assert_eq!(missing(Router::builder().state(7_u32).on_other(plain)), ("u64", "other".to_owned()));
    let blocking = |_: State<Greeting>, _: MessageReceiveV1| {};
    assert_eq!(missing(Router::builder().on_blocking(blocking)).0, "Greeting");
    assert!(Router::builder().state(7_u64).on_other(plain).build().is_ok());
    assert_eq!(Router::builder().state(7_u64).state(8_u64).build().unwrap_err(), RouterError::DuplicateState("u64"));

    let routes = Router::builder().build().unwrap().routes();
    assert!(matches!(routes.set(Route::event(typed)), Err(RouterError::MissingState { .. })));
    assert!(!routes.remove(MessageReceiveV1::TYPE), "it was not set");
}

#[test]
fn two_handlers_for_the_same_events_are_a_mistake() {
    let error = Router::builder().on(ok).on::<MessageReceiveV1, _>(|_: Ctx, _: MessageReceiveV1| async {}).build();
    assert_eq!(error.unwrap_err().to_string(), "there are two handlers for im.message.receive_v1");
    let raw = || async {};
    assert!(Router::builder().on(ok).on_raw(MESSAGE, raw).build().is_err());
    assert!(Router::builder().on(ok).on_raw_callback(MESSAGE, raw).build().is_err());
    assert!(Router::builder().on(ok).on_custom(MESSAGE, raw).build().is_ok(), "the versions are apart");
    assert!(Router::builder().on_raw("im.*", raw).on_custom("im.*", raw).on_raw("im.message.*", raw).build().is_ok());
    assert_eq!(
        Router::builder().on_raw("im.*", raw).on_raw("im.*", raw).build().unwrap_err(),
        RouterError::Duplicate("im.*".into())
    );
    assert!(Router::builder().on_other(raw).on_other(raw).build().is_err());
}

#[test]
fn a_pattern_has_one_asterisk_and_at_its_end() {
    for name in ["", "im.*.message", "*.message", "im.**"] {
        let error = Router::builder().on_raw(name, || async {}).build().unwrap_err();
        assert_eq!(error, RouterError::BadName(name.into()));
        assert!(error.to_string().contains("at its end"), "{error}");
    }
    assert!(Router::builder().on_raw("*", || async {}).build().is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_exact_name_goes_before_the_longest_pattern_and_that_before_the_rest() {
    let notes = Notes::default();
    let note = |text: &'static str| {
        let notes = notes.clone();
        move |delivery: Delivery| {
            assert!(delivery.payload().starts_with(b"{"));
            notes.add(text);
            async {}
        }
    };
    let router = Router::builder()
        .on_raw("im.*", note("short"))
        .on_raw("im.message.*", note("long"))
        .on_raw("im.message.reaction.created_v1", note("exact"))
        .on_custom("im.message.*", note("old"))
        .on_other(note("other"));
    let (_bot, _handle, mut gateway, _peers) = start(router).await;
    for (push, handler) in [
        (event("im.message.reaction.created_v1", "1", json!({})), "exact"),
        (event("im.message.message_read_v1", "2", json!({})), "long"),
        (event("im.message.", "3", json!({})), "long"),
        (event("im.chat.disbanded_v1", "4", json!({})), "short"),
        (event("contact.user.created_v3", "5", json!({})), "other"),
        (old("im.message.reaction.created_v1", "6"), "old"),
        (old("out_approval", "7"), "other"),
        (json!({"header": {"event_id": "8"}, "event": {}}), "other"),
    ] {
        gateway.push(&push).await;
        assert_eq!(gateway.ack().await, json!({"code": 200}));
        assert_eq!(notes.taken(), [handler], "{push}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_type_of_version_1_has_a_handler_like_any_other() {
    #[derive(serde::Deserialize)]
    struct OutApproval {
        instance_code: String,
    }
    impl Event for OutApproval {
        const TYPE: EventType<'static> = EventType::p1("out_approval");
    }
    let router = Router::builder().on(|event: OutApproval| async move {
        if event.instance_code == "81D3" { Ok(()) } else { Err("another one") }
    });
    let (_bot, handle, mut gateway, _peers) = start(router).await;
    let mut push = old("out_approval", "1");
    push["event"]["instance_code"] = "81D3".into();
    gateway.push(&push).await;
    assert_eq!(gateway.ack().await["code"], 200);
    gateway.push(&event("out_approval", "2", json!({"instance_code": "81D3"}))).await;
    assert_eq!(gateway.ack().await["code"], 200);
    let handlers = stats(&handle).await.handlers;
    assert_eq!((handlers.handled, handlers.unknown), (1, 1), "the versions are apart");
}

#[tokio::test(start_paused = true)]
async fn events_that_nobody_wants_are_acked_or_refused_as_one_likes() {
    let (_bot, handle, mut gateway, _peers) = start(Router::builder().on(ok).refuse_unknown()).await;
    gateway.push(&event("im.chat.disbanded_v1", "1", json!({}))).await;
    assert_eq!(gateway.ack().await["code"], 500);
    gateway.push(&old("out_approval", "2")).await;
    assert_eq!(gateway.ack().await["code"], 500);
    assert_eq!(stats(&handle).await.handlers.unknown, 2);
}

#[tokio::test(start_paused = true)]
async fn handlers_are_replaced_and_removed_while_one_of_them_runs() {
    let (notes, gate) = (Notes::default(), Arc::new(Notify::new()));
    let (first, open) = (notes.clone(), Arc::clone(&gate));
    let slow = move |_: MessageReceiveV1| {
        let (notes, open) = (first.clone(), Arc::clone(&open));
        async move {
            open.notified().await;
            notes.add("first");
        }
    };
    let router = Router::builder().on(slow).build().unwrap();
    let routes = router.routes();
    let (wire, mut peers) = Wire::new();
    let bot = Bot::new(config(), router).handlers(1);
    let bot = tokio::spawn(bot.run_on(Arc::new(wire)));
    let mut gateway = peers.open().await;
    // One runs, one waits for its turn.
    gateway.push(&message("1", "hi")).await;
    gateway.push(&message("2", "hi")).await;
    tokio::time::sleep(SECOND / 10).await;
    let second = notes.clone();
    let replaced = routes.set(Route::event(move |_: MessageReceiveV1| {
        second.add("second");
        async {}
    }));
    assert_eq!(replaced, Ok(true));
    assert_eq!(format!("{routes:?}"), format!("[{MESSAGE:?}]"));
    gateway.push(&message("3", "hi")).await;
    gate.notify_one();
    assert_eq!(gateway.ack().await["code"], 200);
    gate.notify_one();
    for _ in 0..2 {
        assert_eq!(gateway.ack().await["code"], 200);
    }
    assert_eq!(notes.taken(), ["first", "first", "second"]);

    assert!(routes.remove(MessageReceiveV1::TYPE));
    assert!(!routes.remove(MessageReceiveV1::TYPE));
    gateway.push(&message("4", "hi")).await;
    assert_eq!(gateway.ack().await["code"], 200, "it is unknown now");
    assert!(notes.taken().is_empty());

    let pattern = notes.clone();
    let pattern = Route::raw("im.*", move || {
        pattern.add("pattern");
        async {}
    });
    assert_eq!(pattern.name(), "im.*");
    assert_eq!(routes.set(pattern), Ok(false));
    assert_eq!(routes.set(Route::other(|| async { Reply::failed() })), Ok(false));
    gateway.push(&message("5", "hi")).await;
    assert_eq!(gateway.ack().await["code"], 200);
    assert_eq!(notes.taken(), ["pattern"]);
    assert!(routes.remove(EventType::p2("im.*")) && !routes.remove(EventType::p2("im.*")));
    gateway.push(&message("6", "hi")).await;
    assert_eq!(gateway.ack().await["code"], 500);
    assert!(routes.remove_other() && !routes.remove_other());
    assert!(!bot.is_finished());
}

#[tokio::test(start_paused = true)]
async fn a_blocking_handler_takes_arguments_as_well() {
    let router = Router::builder().state(Greeting("hello")).on_blocking(
        |ctx: Ctx, greeting: State<Greeting>, event: MessageReceiveV1| {
            assert_eq!((greeting.0.0, event.text().as_deref()), ("hello", Some("hi")));
            ctx.event_id().filter(|id| id == "1").map(drop).ok_or("another one")
        },
    );
    let (_bot, handle, mut gateway, _peers) = start_with(router, config(), |bot| bot).await;
    for (id, code) in [("1", 200), ("2", 500)] {
        gateway.push(&message(id, "hi")).await;
        assert_eq!(gateway.ack().await["code"], code);
    }
    let handlers = stats(&handle).await.handlers;
    assert_eq!((handlers.handled, handlers.failed), (1, 1));
}
