//! API calls: the token, the connection, the errors.

use std::sync::Arc;

use larkwire::{ApiClient, ApiError, Config, Domain, Egress, ReceiveIdType, UrlError};
use serde_json::{Value, json};

use crate::support::*;

fn client() -> (ApiClient, Peers) {
    let (wire, peers) = Wire::new();
    (ApiClient::new(&config(), Arc::new(wire), &Egress::new()), peers)
}

impl Peer {
    async fn answer_token(&mut self, token: &str) {
        let request = self.request().await;
        assert!(request.starts_with("POST /open-apis/auth/v3/tenant_access_token/internal HTTP/1.1\r\n"), "{request}");
        assert!(request.ends_with(&json!({"app_id": APP, "app_secret": "hunter2hunter2"}).to_string()), "{request}");
        self.answer_json(200, &json!({"code": 0, "msg": "ok", "tenant_access_token": token, "expire": 7200})).await;
    }

    async fn answer_call(&mut self, token: &str, status: u16, answer: &Value) -> String {
        let request = self.request().await;
        assert!(request.contains(&format!("Authorization: Bearer {token}\r\n")), "{request}");
        self.answer_json(status, answer).await;
        request
    }
}

#[tokio::test(start_paused = true)]
async fn a_text_is_sent_with_a_tenant_token() {
    let (client, mut peers) = client();
    let call = tokio::spawn(async move { client.send_text(ReceiveIdType::ChatId, "oc_1", "hi").await });
    let mut peer = peers.accept().await;
    peer.answer_token("t-1").await;
    let answer = json!({"code": 0, "msg": "success", "data": {"message_id": "om_1"}});
    let request = peer.answer_call("t-1", 200, &answer).await;
    assert!(request.starts_with("POST /open-apis/im/v1/messages?receive_id_type=chat_id HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("Host: localhost:7\r\n"), "{request}");
    assert!(request.contains("Content-Type: application/json; charset=utf-8\r\n"), "{request}");
    let (_, body) = request.split_once("\r\n\r\n").unwrap();
    let expected = json!({"receive_id": "oc_1", "msg_type": "text", "content": "{\"text\":\"hi\"}"});
    assert_eq!(serde_json::from_str::<Value>(body).unwrap(), expected);
    assert_eq!(call.await.unwrap().unwrap(), "om_1");
}

#[tokio::test(start_paused = true)]
async fn all_who_need_a_token_wait_for_the_same_one() {
    let (client, mut peers) = client();
    let calls: Vec<_> = (0..5)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.call("GET", "/open-apis/bot/v3/info", None).await })
        })
        .collect();
    peers.accept().await.answer_token("t-1").await;
    for _ in &calls {
        peers.accept().await.answer_call("t-1", 200, &json!({"code": 0, "bot": {"app_name": "me"}})).await;
    }
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap()["bot"]["app_name"], "me");
    }
}

#[tokio::test(start_paused = true)]
async fn calls_one_after_the_other_share_a_connection() {
    let (client, mut peers) = client();
    let calls = tokio::spawn(async move {
        for _ in 0..3 {
            client.call("GET", "/open-apis/bot/v3/info", None).await.unwrap();
        }
    });
    let mut peer = peers.accept().await;
    peer.answer_token("t-1").await;
    for _ in 0..3 {
        peer.answer_call("t-1", 200, &json!({"code": 0})).await;
    }
    calls.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_refused_is_renewed_and_the_call_repeated_once() {
    let (client, mut peers) = client();
    let call = tokio::spawn(async move { client.call("GET", "/open-apis/bot/v3/info", None).await });
    let mut peer = peers.accept().await;
    let refused = json!({"code": 99991663, "msg": "token t-2 of hunter2hunter2 is invalid"});
    peer.answer_token("t-1").await;
    peer.answer_call("t-1", 400, &refused).await;
    peer.answer_token("t-2").await;
    peer.answer_call("t-2", 400, &refused).await;
    let Err(ApiError::Refused(refused)) = call.await.unwrap() else { panic!("not refused") };
    assert_eq!((refused.code, refused.status, refused.log_id.as_deref()), (99991663, 400, Some("log-1")));
    assert_eq!(refused.message, "token *** of *** is invalid");
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_before_it_ends() {
    let (client, mut peers) = client();
    let calls = tokio::spawn(async move {
        for _ in 0..3 {
            client.call("GET", "/open-apis/bot/v3/info", None).await.unwrap();
            tokio::time::sleep(SECOND * 3400).await;
        }
    });
    // An old connection is not used again either.
    let mut peer = peers.accept().await;
    peer.answer_token("t-1").await;
    peer.answer_call("t-1", 200, &json!({"code": 0})).await;
    peers.accept().await.answer_call("t-1", 200, &json!({"code": 0})).await;
    let mut peer = peers.accept().await;
    peer.answer_token("t-2").await;
    peer.answer_call("t-2", 200, &json!({"code": 0})).await;
    calls.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_platform_that_does_not_answer_is_given_up_after_30_s() {
    let (client, mut peers) = client();
    let begun = tokio::time::Instant::now();
    let silent = tokio::spawn(async move { peers.accept().await });
    assert_eq!(client.call("GET", "/open-apis/bot/v3/info", None).await, Err(ApiError::Timeout));
    assert_eq!(begun.elapsed().as_secs(), 30);
    drop(silent);
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_a_gateway_is_no_answer() {
    let (client, mut peers) = client();
    let call = tokio::spawn(async move { client.call("GET", "/open-apis/bot/v3/info", None).await });
    let mut peer = peers.accept().await;
    peer.request().await;
    peer.answer("HTTP/1.1 502 Bad\r\nContent-Length: 5\r\n\r\n<html").await;
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(error, ApiError::BadAnswer { status: 502, what: "not JSON", log_id: None });
}

#[tokio::test(start_paused = true)]
async fn no_secret_is_sent_in_plain_text_to_another_machine() {
    let (wire, _peers) = Wire::new();
    let mut config = config();
    config.domain = Domain::Custom("http://elsewhere".into());
    let client = ApiClient::new(&config, Arc::new(wire), &Egress::new());
    let error = client.call("GET", "/open-apis/bot/v3/info", None).await.unwrap_err();
    assert_eq!(error, ApiError::Domain(UrlError::Insecure));
}

#[tokio::test(start_paused = true)]
async fn a_client_shows_no_secret() {
    let (client, mut peers) = client();
    let shown = client.clone();
    let call = tokio::spawn(async move { client.call("GET", "/open-apis/bot/v3/info", None).await });
    let mut peer = peers.accept().await;
    peer.answer_token("t-1").await;
    peer.answer_call("t-1", 200, &json!({"code": 0})).await;
    call.await.unwrap().unwrap();
    let shown = format!("{shown:?}");
    assert!(!shown.contains("hunter2") && !shown.contains("t-1"), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn an_app_without_a_secret_is_told_that_calls_need_one() {
    let (wire, _peers) = Wire::new();
    let client = ApiClient::new(&Config::with_assertion(APP), Arc::new(wire), &Egress::new());
    assert_eq!(client.call("GET", "/open-apis/bot/v3/info", None).await, Err(ApiError::NoSecret));
}

#[tokio::test(start_paused = true)]
async fn sixty_four_calls_to_a_platform_that_does_not_answer_are_all_given_up_in_time() {
    let (client, mut peers) = client();
    let begun = tokio::time::Instant::now();
    let silent = tokio::spawn(async move {
        let mut held = Vec::new();
        loop {
            held.push(peers.accept().await);
        }
    });
    let calls = (0..64).map(|_| client.call("GET", "/open-apis/bot/v3/info", None));
    let outcomes = futures::future::join_all(calls).await;
    silent.abort();
    assert!(outcomes.into_iter().all(|outcome| outcome == Err(ApiError::Timeout)));
    assert_eq!(begun.elapsed().as_secs(), 30);
}
