//! A user who is bound to the connection: what is asked of the platform, and when again.

use larkwire::{ApiError, BindError, Bot, BoxError, Router, Secret};
use serde_json::json;
use tokio::time::Instant;

use crate::support::*;

#[tokio::test(start_paused = true)]
async fn a_repetition_that_fails_for_a_passing_reason_is_made_again_ten_seconds_later() {
    let (wire, mut peers) = Wire::new();
    let mut config = config();
    config.reconnect.stable_after = SECOND;
    let bot = Bot::new(config, Router::builder().build().unwrap());
    let handle = bot.handle();
    let _running = tokio::spawn(bot.run_on(wire));
    let mut gateway = peers.open().await;
    gateway.pong().await;
    let token = || async { Ok::<_, BoxError>(Secret::new("u-1")) };
    let binding = tokio::spawn(async move { handle.bind_user(token).await });
    let mut api = peers.accept().await;
    let request = api.request().await;
    assert!(request.starts_with("POST /open-apis/event/v1/connections/7001/bind_user HTTP/1.1\r\n"), "{request}");
    for part in ["\r\nAuthorization: Bearer u-1\r\n", "\r\nLocale: zh\r\n", "\r\n\r\n{}"] {
        assert!(request.contains(part), "no {part:?} in {request}");
    }
    api.answer_json(200, &json!({"code": 0, "msg": "ok"})).await;
    let binding = binding.await.unwrap().unwrap();

    tokio::time::advance(SECOND * 5).await;
    drop(gateway);
    let mut gateway = peers.open().await;
    gateway.pong().await;
    api.request().await;
    api.answer_json(200, &json!({"code": 1, "msg": "busy"})).await;
    let busy = Instant::now();
    api.request().await;
    assert_eq!(busy.elapsed().as_secs(), 10);
    assert!(matches!(binding.outcome(), Err(BindError::Api(ApiError::Refused(refused))) if refused.code == 1));
    api.answer_json(200, &json!({"code": 0})).await;
    while binding.outcome().is_err() {
        tokio::task::yield_now().await;
    }
}
