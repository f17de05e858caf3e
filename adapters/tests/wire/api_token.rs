//! The tenant token of API calls: fetched once for all, renewed early, replaced when it is refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures::StreamExt;
use futures::future::join_all;
use larkwire::ApiError;
use serde_json::json;

use crate::api::{act, client, read};
use crate::support::*;

#[tokio::test(start_paused = true)]
async fn fifty_calls_fetch_one_token() {
    let (client, mut peers) = client();
    let calls = tokio::spawn(async move { join_all((0..50).map(|_| read(&client))).await });
    let mut first = peers.accept().await;
    first.answer_token("t-12345").await;
    let mut open = vec![tokio::spawn(first.serve())];
    while open.len() < 16 {
        open.push(tokio::spawn(peers.accept().await.serve()));
    }
    assert!(calls.await.unwrap().into_iter().all(|outcome| outcome.is_ok()));
    let served = join_all(open).await.into_iter().map(Result::unwrap);
    assert_eq!(served.sum::<usize>(), 50);
}

#[tokio::test(start_paused = true)]
async fn fifty_calls_learn_from_one_refusal_that_the_secret_is_wrong() {
    let (client, mut peers) = client();
    let calls = tokio::spawn(async move { join_all((0..50).map(|_| act(&client))).await });
    let mut peer = peers.accept().await;
    peer.token_request().await;
    peer.answer_json(400, &json!({"code": 10015, "msg": "app secret invalid"})).await;
    for outcome in calls.await.unwrap() {
        let error = outcome.unwrap_err();
        assert_eq!(error.code(), Some(10015));
        assert!(error.hint().starts_with("copy the app secret again"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_given_up_does_not_take_the_token_from_the_others() {
    let (client, mut peers) = client();
    let spawn = || {
        let client = client.clone();
        tokio::spawn(async move { read(&client).await })
    };
    let first = spawn();
    let mut peer = peers.accept().await;
    peer.token_request().await;
    let second = spawn();
    tokio::task::yield_now().await;
    first.abort();
    let answer = json!({"code": 0, "tenant_access_token": "t-12345", "expire": 7200});
    peer.answer_json(200, &answer).await;
    peer.answer_call("t-12345", 200, &json!({"code": 0})).await;
    second.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn when_all_who_wait_for_a_token_are_gone_the_next_one_begins_anew() {
    let (client, mut peers) = client();
    let call = client.clone();
    let first = tokio::spawn(async move { read(&call).await });
    let mut gone = peers.accept().await;
    gone.token_request().await;
    first.abort();
    assert!(first.await.is_err());
    let second = tokio::spawn(async move { read(&client).await });
    let mut peer = peers.accept().await;
    peer.answer_token("t-12345").await;
    peer.answer_call("t-12345", 200, &json!({"code": 0})).await;
    second.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_refused_is_renewed_and_the_call_repeated_once() {
    let (client, mut peers) = client();
    // A call that may not be made twice: the platform has done nothing.
    let call = tokio::spawn(async move { act(&client).await });
    let mut peer = peers.accept().await;
    let refused = json!({"code": 99991663, "msg": "token t-23456 of hunter2hunter2 is invalid"});
    peer.answer_token("t-12345").await;
    peer.answer_call("t-12345", 400, &refused).await;
    peer.answer_token("t-23456").await;
    peer.answer_call("t-23456", 400, &refused).await;
    let Err(ApiError::Refused(refused)) = call.await.unwrap() else { panic!("not refused") };
    assert_eq!((refused.code, refused.status, refused.log_id.as_deref()), (99991663, 400, Some("log-1")));
    assert_eq!(refused.message, "token *** of *** is invalid");
}

#[tokio::test(start_paused = true)]
async fn the_token_of_a_user_is_not_renewed() {
    let (client, mut peers) = client();
    let user = client.as_user("u-12345");
    let call = tokio::spawn(async move { read(&user).await });
    peers.accept().await.answer_call("u-12345", 400, &json!({"code": 99991663, "msg": "invalid"})).await;
    assert_eq!(call.await.unwrap().unwrap_err().code(), Some(99991663));
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_in_the_background_half_an_hour_before_it_ends() {
    let (client, mut peers) = client();
    let calls = tokio::spawn(async move {
        for pause in [5_399, 1, 1] {
            read(&client).await.unwrap();
            tokio::time::sleep(SECOND * pause).await;
        }
        read(&client).await.unwrap();
    });
    let mut peer = peers.accept().await;
    peer.answer_token("t-12345").await;
    peer.answer_call("t-12345", 200, &json!({"code": 0})).await;
    let mut peer = peers.accept().await;
    peer.answer_call("t-12345", 200, &json!({"code": 0})).await;
    // The call does not wait for the new token.
    peer.answer_call("t-12345", 200, &json!({"code": 0})).await;
    let mut renewing = peers.accept().await;
    renewing.answer_token("t-23456").await;
    renewing.answer_call("t-23456", 200, &json!({"code": 0})).await;
    calls.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn dropping_the_client_ends_a_renewal_in_the_background() {
    let (client, mut peers) = client();
    let calls = tokio::spawn(async move {
        read(&client).await.unwrap();
        tokio::time::sleep(SECOND * 5_400).await;
        read(&client).await.unwrap();
    });
    let mut peer = peers.accept().await;
    peer.answer_token("t-12345").await;
    peer.answer_call("t-12345", 200, &json!({"code": 0})).await;
    let (mut one, mut other) = (peers.accept().await, peers.accept().await);
    let (first, second) = (one.request().await, other.request().await);
    let (calling, renewing) = if first.contains("bot") { (&mut one, &mut other) } else { (&mut other, &mut one) };
    assert!(first.contains("bot") != second.contains("bot"), "{first} {second}");
    calling.answer_json(200, &json!({"code": 0})).await;
    calls.await.unwrap();
    assert_eq!(renewing.next_request().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_cannot_be_fetched_for_a_passing_reason_is_fetched_again() {
    let (client, mut peers) = client();
    let call = tokio::spawn(async move { act(&client).await });
    let mut peer = peers.accept().await;
    peer.token_request().await;
    peer.answer("HTTP/1.1 502 Bad\r\nContent-Length: 5\r\n\r\n<html").await;
    peer.answer_token("t-12345").await;
    peer.answer_call("t-12345", 200, &json!({"code": 0})).await;
    call.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn fifty_calls_whose_token_ends_on_the_way_fetch_one_new_token() {
    let (client, mut peers) = client();
    // How many tokens were given, and whether the first one has ended.
    let state = Arc::new((AtomicUsize::new(0), AtomicBool::new(false)));
    let ends = Arc::clone(&state);
    let calls = tokio::spawn(async move {
        act(&client).await.unwrap();
        ends.1.store(true, Ordering::SeqCst);
        join_all((0..50).map(|_| act(&client))).await
    });
    let serve = |mut peer: Peer, state: Arc<(AtomicUsize, AtomicBool)>| async move {
        while let Some(request) = peer.next_request().await {
            let answer = if request.contains("tenant_access_token") {
                let token = format!("t-{}", state.0.fetch_add(1, Ordering::SeqCst) + 1);
                json!({"code": 0, "tenant_access_token": token, "expire": 7200})
            } else if request.contains("Bearer t-1\r\n") && state.1.load(Ordering::SeqCst) {
                json!({"code": 99991663, "msg": "expired"})
            } else {
                json!({"code": 0})
            };
            peer.answer_json(200, &answer).await;
        }
    };
    let mut serving = Vec::new();
    // Until the client is gone.
    while let Some(peer) = peers.0.next().await {
        serving.push(tokio::spawn(serve(Peer(peer), Arc::clone(&state))));
    }
    assert!(calls.await.unwrap().into_iter().all(|outcome| outcome.is_ok()));
    assert_eq!(state.0.load(Ordering::SeqCst), 2);
    assert!(serving.len() <= 16, "{}", serving.len());
}
