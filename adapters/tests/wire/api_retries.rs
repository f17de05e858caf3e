//! API calls that fail: which are made again, and when.

use std::time::Duration;

use larkwire::api::cardkit::v1::Writer;
use larkwire::api::im::v1::message;
use larkwire::{ApiError, LinkErrorKind, ReceiveIdType};
use serde_json::json;
use tokio::time::Instant;

use crate::api::{act, body, client, read};
use crate::support::*;

const BUSY: &str = "HTTP/1.1 503 Busy\r\nContent-Length: 5\r\n\r\n<html";

/// The answer of a gateway to too many calls.
fn limited(header: &str) -> String {
    let body = json!({"code": 99991400, "msg": "request trigger frequency limit"}).to_string();
    format!("HTTP/1.1 429 Slow\r\n{header}Content-Length: {}\r\n\r\n{body}", body.len())
}

#[track_caller]
fn within(waited: Duration, from: f64, to: f64) {
    assert!((from..to).contains(&waited.as_secs_f64()), "{waited:?} is not in {from}..{to}");
}

#[tokio::test(start_paused = true)]
async fn too_many_calls_wait_as_long_as_the_platform_says() {
    for header in ["Retry-After: 3\r\n", "x-ogw-ratelimit-reset: 3\r\n", "x-ogw-ratelimit-reset: 3.0\r\n"] {
        let (client, mut peers) = client();
        let call = tokio::spawn(async move { act(&client).await });
        let mut peer = peers.accept().await;
        peer.answer_token("t-12345").await;
        peer.request().await;
        peer.answer(limited(header)).await;
        let refused = Instant::now();
        peer.answer_call("t-12345", 200, &json!({"code": 0})).await;
        within(refused.elapsed(), 3.0, 3.76);
        call.await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_chat_with_too_many_messages_is_tried_again_more_and_more_slowly() {
    let (client, mut peers) = client();
    let call = tokio::spawn(async move { client.send_text(ReceiveIdType::ChatId, "oc_1", "hi").await });
    let mut peer = peers.accept().await;
    peer.answer_token("t-12345").await;
    let mut uuids = Vec::new();
    let mut last = Instant::now();
    for (from, to) in [(0.0, 0.1), (1.0, 1.26), (2.0, 2.51), (4.0, 5.01)] {
        let request = peer.answer_call("t-12345", 400, &json!({"code": 230020, "msg": "frequency limit"})).await;
        within(last.elapsed(), from, to);
        last = Instant::now();
        uuids.push(body(&request)["uuid"].clone());
    }
    assert_eq!(call.await.unwrap().unwrap_err().code(), Some(230020));
    uuids.dedup();
    assert_eq!(uuids.len(), 1, "another uuid would be another message");
}

#[tokio::test(start_paused = true)]
async fn a_wait_longer_than_the_call_may_take_is_the_callers_to_decide() {
    let (client, mut peers) = client();
    let begun = Instant::now();
    let call = tokio::spawn(async move { read(&client).await });
    let mut peer = peers.accept().await;
    peer.answer_token("t-12345").await;
    peer.request().await;
    peer.answer(limited("Retry-After: 60\r\n")).await;
    let Err(ApiError::Refused(refused)) = call.await.unwrap() else { panic!("not refused") };
    assert_eq!(refused.retry_after, Some(Duration::from_secs(60)));
    within(begun.elapsed(), 0.0, 0.1);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_reads_is_made_again_after_a_fault_of_the_platform() {
    let (client, mut peers) = client();
    let call = tokio::spawn(async move { read(&client).await });
    let mut peer = peers.accept().await;
    peer.answer_token("t-12345").await;
    peer.request().await;
    peer.answer(BUSY).await;
    peer.answer_call("t-12345", 200, &json!({"code": 2200, "msg": "internal error"})).await;
    peer.answer_call("t-12345", 200, &json!({"code": 0})).await;
    call.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_platform_that_stays_at_fault_is_asked_four_times() {
    let (client, mut peers) = client();
    let call = tokio::spawn(async move { read(&client).await });
    let mut peer = peers.accept().await;
    peer.answer_token("t-12345").await;
    for _ in 0..4 {
        peer.request().await;
        peer.answer(BUSY).await;
    }
    let error = call.await.unwrap().unwrap_err();
    assert!(matches!(error, ApiError::BadAnswer { status: 503, what: "not JSON", .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_may_have_taken_effect_is_not_made_again() {
    for answer in [Some(BUSY), None] {
        let (client, mut peers) = client();
        let call = tokio::spawn(async move { act(&client).await });
        let mut peer = peers.accept().await;
        peer.answer_token("t-12345").await;
        peer.request().await;
        match answer {
            Some(answer) => peer.answer(answer).await,
            None => drop(peer),
        }
        match call.await.unwrap().unwrap_err() {
            ApiError::BadAnswer { status: 503, .. } => assert!(answer.is_some()),
            ApiError::Link(error) => assert!(answer.is_none() && error.kind == LinkErrorKind::Reset, "{error}"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_is_sent_again_with_the_same_uuid_when_the_connection_is_cut() {
    let (client, mut peers) = client();
    let call = tokio::spawn(async move { client.send(message::Reply::new("om_1", "hi")).await });
    let mut peer = peers.accept().await;
    peer.answer_token("t-12345").await;
    let first = body(&peer.request().await);
    drop(peer);
    let answer = json!({"code": 0, "data": {"message_id": "om_2"}});
    let second = body(&peers.accept().await.answer_call("t-12345", 200, &answer).await);
    assert_eq!(first, second);
    assert_eq!(call.await.unwrap().unwrap().message_id, "om_2");
}

#[tokio::test(start_paused = true)]
async fn a_change_of_a_card_that_was_made_already_has_succeeded() {
    let (client, mut peers) = client();
    let call = tokio::spawn(async move { client.send(Writer::new("7").content("md", "text")).await });
    let mut peer = peers.accept().await;
    peer.answer_token("t-12345").await;
    peer.request().await;
    drop(peer);
    peers.accept().await.answer_call("t-12345", 400, &json!({"code": 200770, "msg": "uuid conflict"})).await;
    call.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_that_the_platform_closes_costs_nobody_a_call() {
    let (client, mut peers) = client();
    let calls = tokio::spawn(async move {
        act(&client).await.unwrap();
        tokio::time::sleep(SECOND).await;
        act(&client).await.unwrap();
    });
    let mut peer = peers.accept().await;
    peer.answer_token("t-12345").await;
    peer.answer_call("t-12345", 200, &json!({"code": 0})).await;
    drop(peer);
    peers.accept().await.answer_call("t-12345", 200, &json!({"code": 0})).await;
    calls.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_call_that_never_left_is_made_again_whatever_it_does() {
    let (client, peers) = client();
    // Nobody listens.
    drop(peers);
    let begun = Instant::now();
    let Err(ApiError::Link(error)) = act(&client).await else { panic!("no error") };
    assert_eq!(error.kind, LinkErrorKind::Connect);
    // Three waits: 0.5 s, 1 s and 2 s, each with a little more.
    within(begun.elapsed(), 3.5, 4.6);
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_is_given_up_and_does_not_reach_the_next_call() {
    let (client, mut peers) = client();
    let calls = tokio::spawn(async move { (act(&client).await, read(&client).await) });
    let mut peer = peers.accept().await;
    peer.answer_token("t-12345").await;
    peer.request().await;
    let mut second = peers.accept().await;
    second.answer_call("t-12345", 200, &json!({"code": 0, "data": "the second"})).await;
    let (slow, next) = calls.await.unwrap();
    assert_eq!((slow, next), (Err(ApiError::Timeout), Ok(json!("the second"))));
}
