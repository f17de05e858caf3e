//! API calls: what is sent, the connections, the errors.

use std::sync::Arc;

use futures::{FutureExt, StreamExt};
use larkwire::api::im::v1::message;
use larkwire::api::{Method, Request, bot};
use larkwire::{ApiClient, ApiError, Config, Domain, Egress, LinkErrorKind, ReceiveIdType, Secret, UrlError};
use serde_json::{Value, json};

use crate::support::*;

pub(crate) fn client() -> (ApiClient, Peers) {
    client_of(config())
}

pub(crate) fn client_of(config: Config) -> (ApiClient, Peers) {
    let (wire, peers) = Wire::new();
    (ApiClient::new(&config, Arc::new(wire), &Egress::new()), peers)
}

pub(crate) const INFO: &str = "/open-apis/bot/v3/info";

/// A call that reads.
pub(crate) async fn read(client: &ApiClient) -> Result<Value, ApiError> {
    client.call(Method::Get, INFO, &[], None).await
}

/// A call that does something, and cannot be made twice.
pub(crate) async fn act(client: &ApiClient) -> Result<Value, ApiError> {
    client.call(Method::Post, "/open-apis/im/v1/batch_messages", &[], Some(json!({"a": 1}))).await
}

impl Peer {
    pub(crate) async fn answer_token(&mut self, token: &str) {
        self.token_request().await;
        self.answer_json(200, &json!({"code": 0, "msg": "ok", "tenant_access_token": token, "expire": 7200})).await;
    }

    pub(crate) async fn token_request(&mut self) {
        let request = self.request().await;
        assert!(request.starts_with("POST /open-apis/auth/v3/tenant_access_token/internal HTTP/1.1\r\n"), "{request}");
        assert!(request.ends_with(&json!({"app_id": APP, "app_secret": "hunter2hunter2"}).to_string()), "{request}");
        assert!(!request.contains("Authorization"), "{request}");
    }

    /// Answers calls until the connection ends, and says how many.
    pub(crate) async fn serve(mut self) -> usize {
        let mut served = 0;
        while let Some(request) = self.next_request().await {
            assert!(request.contains("Authorization: Bearer t-12345\r\n"), "{request}");
            self.answer_json(200, &json!({"code": 0})).await;
            served += 1;
        }
        served
    }

    pub(crate) async fn answer_call(&mut self, token: &str, status: u16, answer: &Value) -> String {
        let request = self.request().await;
        assert!(request.contains(&format!("Authorization: Bearer {token}\r\n")), "{request}");
        self.answer_json(status, answer).await;
        request
    }
}

/// The JSON in the body of a request.
pub(crate) fn body(request: &str) -> Value {
    serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_text_is_sent_with_a_tenant_token_and_a_uuid() {
    let (client, mut peers) = client();
    let call = tokio::spawn(async move { client.send_text(ReceiveIdType::ChatId, "oc_1", "hi").await });
    let mut peer = peers.accept().await;
    peer.answer_token("t-12345").await;
    let answer = json!({"code": 0, "msg": "success", "data": {"message_id": "om_1"}});
    let request = peer.answer_call("t-12345", 200, &answer).await;
    assert!(request.starts_with("POST /open-apis/im/v1/messages?receive_id_type=chat_id HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("Host: localhost:7\r\n"), "{request}");
    assert!(request.contains("Content-Type: application/json; charset=utf-8\r\n"), "{request}");
    let mut sent = body(&request);
    let uuid = sent.as_object_mut().unwrap().remove("uuid").unwrap();
    assert_eq!(uuid.as_str().unwrap().len(), 32);
    assert_eq!(sent, json!({"receive_id": "oc_1", "msg_type": "text", "content": "{\"text\":\"hi\"}"}));
    assert_eq!(call.await.unwrap().unwrap(), "om_1");
}

#[tokio::test(start_paused = true)]
async fn any_endpoint_can_be_called_with_a_query_and_a_body() {
    let (client, mut peers) = client();
    let call = tokio::spawn(async move {
        let query = [("user_id_type", "open_id"), ("name", "a&b c")];
        client.call(Method::Patch, "/open-apis/x/v1/y", &query, Some(json!({"z": null}))).await
    });
    let mut peer = peers.accept().await;
    peer.answer_token("t-12345").await;
    let request = peer.answer_call("t-12345", 200, &json!({"code": 0, "data": {"w": [1]}})).await;
    let line = "PATCH /open-apis/x/v1/y?user_id_type=open_id&name=a%26b%20c HTTP/1.1\r\n";
    assert!(request.starts_with(line), "{request}");
    assert_eq!(body(&request), json!({"z": null}));
    assert_eq!(call.await.unwrap().unwrap(), json!({"w": [1]}));
}

#[tokio::test(start_paused = true)]
async fn a_call_can_be_made_for_a_user() {
    let (client, mut peers) = client();
    let user = client.as_user("u-12345");
    let call = tokio::spawn(async move {
        user.send(message::Reply::new("om_1", "hi")).await.unwrap();
        // The bot itself is asked as the app, whoever asks.
        user.send(bot::v3::Info).await.unwrap()
    });
    let mut peer = peers.accept().await;
    peer.answer_call("u-12345", 200, &json!({"code": 0, "data": {"message_id": "om_2"}})).await;
    peer.answer_token("t-12345").await;
    peer.answer_call("t-12345", 200, &json!({"code": 0, "data": {"bot": {"open_id": "ou_1"}}})).await;
    assert_eq!(call.await.unwrap().open_id, "ou_1");
}

#[tokio::test(start_paused = true)]
async fn what_only_a_user_can_do_needs_one() {
    use larkwire::api::event::v1::BindUser;
    let (client, _peers) = client();
    assert_eq!(client.send(BindUser::new("7001", None)).await, Err(ApiError::NoUser));
}

#[tokio::test(start_paused = true)]
async fn calls_one_after_the_other_share_a_connection() {
    let (client, mut peers) = client();
    let calls = tokio::spawn(async move {
        for _ in 0..3 {
            read(&client).await.unwrap();
        }
    });
    let mut peer = peers.accept().await;
    peer.answer_token("t-12345").await;
    for _ in 0..3 {
        peer.answer_call("t-12345", 200, &json!({"code": 0})).await;
    }
    calls.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_was_idle_for_half_a_minute_is_closed() {
    let (client, mut peers) = client();
    let calls = tokio::spawn(async move {
        read(&client).await.unwrap();
        tokio::time::sleep(SECOND * 29).await;
        read(&client).await.unwrap();
        tokio::time::sleep(SECOND * 31).await;
        read(&client).await.unwrap();
    });
    let mut peer = peers.accept().await;
    peer.answer_token("t-12345").await;
    peer.answer_call("t-12345", 200, &json!({"code": 0})).await;
    peer.answer_call("t-12345", 200, &json!({"code": 0})).await;
    let idle = tokio::time::Instant::now();
    assert_eq!(peer.next_request().await, None);
    assert_eq!(idle.elapsed().as_secs(), 30);
    let mut another = peers.accept().await;
    assert_eq!(idle.elapsed().as_secs(), 31);
    another.answer_call("t-12345", 200, &json!({"code": 0})).await;
    calls.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn sixty_four_calls_at_once_share_sixteen_connections() {
    let (client, mut peers) = client();
    let calls: Vec<_> =
        (0..64).map(|_| client.clone()).map(|one| tokio::spawn(async move { read(&one).await })).collect();
    let mut first = peers.accept().await;
    first.answer_token("t-12345").await;
    let mut open = vec![tokio::spawn(first.serve())];
    while open.len() < 16 {
        open.push(tokio::spawn(peers.accept().await.serve()));
    }
    for call in calls {
        call.await.unwrap().unwrap();
    }
    drop(client);
    let served = futures::future::join_all(open).await.into_iter().map(Result::unwrap);
    assert_eq!((served.sum::<usize>(), peers.0.next().now_or_never().flatten().is_none()), (64, true));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_given_up_while_it_waits_in_line_leaves_its_place() {
    let mut config = config();
    config.calls.connections = 1;
    let (client, mut peers) = client_of(config);
    let spawn = || {
        let client = client.clone();
        tokio::spawn(async move { read(&client).await })
    };
    let first = spawn();
    let mut peer = peers.accept().await;
    peer.answer_token("t-12345").await;
    let request = peer.request().await;
    assert!(request.starts_with("GET"), "{request}");
    let (second, third) = (spawn(), spawn());
    tokio::task::yield_now().await;
    second.abort();
    peer.answer_json(200, &json!({"code": 0})).await;
    peer.answer_call("t-12345", 200, &json!({"code": 0})).await;
    first.await.unwrap().unwrap();
    third.await.unwrap().unwrap();
    // The one who holds the connection may give up, too.
    let fourth = spawn();
    peer.request().await;
    let fifth = spawn();
    tokio::task::yield_now().await;
    fourth.abort();
    peers.accept().await.answer_call("t-12345", 200, &json!({"code": 0})).await;
    fifth.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_platform_that_does_not_answer_is_given_up_after_30_s() {
    let (client, mut peers) = client();
    let begun = tokio::time::Instant::now();
    let silent = tokio::spawn(async move { peers.accept().await });
    assert_eq!(read(&client).await, Err(ApiError::Timeout));
    assert_eq!(begun.elapsed().as_secs(), 30);
    drop(silent);
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
    let outcomes = futures::future::join_all((0..64).map(|_| read(&client))).await;
    silent.abort();
    assert!(outcomes.into_iter().all(|outcome| outcome == Err(ApiError::Timeout)));
    assert_eq!(begun.elapsed().as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn an_answer_beyond_the_limit_is_not_read() {
    let (client, mut peers) = client();
    let call = tokio::spawn(async move { read(&client).await });
    let mut peer = peers.accept().await;
    peer.answer_token("t-12345").await;
    peer.request().await;
    let writing = tokio::spawn(async move {
        use tokio::io::AsyncWriteExt;
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", 17 * 1024 * 1024);
        peer.0.write_all(head.as_bytes()).await.unwrap();
        // It is cut short before it is all written.
        peer.0.write_all(&vec![b' '; 17 * 1024 * 1024]).await
    });
    let Err(ApiError::Link(error)) = call.await.unwrap() else { panic!("no error") };
    assert_eq!(error.kind, LinkErrorKind::TooLarge);
    assert!(writing.await.unwrap().is_err());
}

#[tokio::test(start_paused = true)]
async fn no_secret_is_sent_in_plain_text_to_another_machine() {
    let mut config = config();
    config.domain = Domain::Custom("http://elsewhere".into());
    let (client, _peers) = client_of(config);
    assert_eq!(read(&client).await, Err(ApiError::Domain(UrlError::Insecure)));
}

#[tokio::test(start_paused = true)]
async fn a_path_cannot_lead_to_another_host_or_endpoint() {
    let (client, mut peers) = client();
    let calls = tokio::spawn(async move {
        for path in [".evil.example/x", "@evil.example/x", "", "https://evil.example/"] {
            let outcome = client.call(Method::Get, path, &[], None).await;
            assert_eq!(outcome, Err(ApiError::Path(UrlError::Host)), "{path}");
        }
        for id in ["", ".", ".."] {
            let outcome = client.send(message::Delete::new(id)).await;
            assert_eq!(outcome, Err(ApiError::Segment("message_id".into())), "{id:?}");
        }
        client.send(Request::delete("/open-apis/im/v1/messages/:message_id").segment("a/../b?c#d")).await.unwrap();
    });
    let mut peer = peers.accept().await;
    peer.answer_token("t-12345").await;
    let request = peer.answer_call("t-12345", 200, &json!({"code": 0})).await;
    assert!(request.starts_with("DELETE /open-apis/im/v1/messages/a%2F..%2Fb%3Fc%23d HTTP/1.1\r\n"), "{request}");
    calls.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_client_shows_no_secret() {
    let (client, mut peers) = client();
    let shown = client.as_user(Secret::new("u-12345"));
    let call = tokio::spawn(async move { read(&client).await });
    let mut peer = peers.accept().await;
    peer.answer_token("t-12345").await;
    peer.answer_call("t-12345", 200, &json!({"code": 0})).await;
    call.await.unwrap().unwrap();
    let shown = format!("{shown:?}");
    assert!(!shown.contains("hunter2") && !shown.contains("-12345"), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_the_platform_quotes_is_not_shown() {
    let (client, mut peers) = client();
    let call = tokio::spawn(async move { act(&client).await });
    let mut peer = peers.accept().await;
    peer.answer_token("t-12345").await;
    let quoting = json!({"code": 9499, "msg": "Bearer t-12345 of hunter2hunter2", "error": {"log_id": "t-12345"}});
    peer.answer_call("t-12345", 400, &quoting).await;
    let error = call.await.unwrap().unwrap_err();
    let ApiError::Refused(refused) = &error else { panic!("not refused") };
    assert_eq!((refused.message.as_str(), refused.log_id.as_deref()), ("Bearer *** of ***", Some("log-1")));
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("hunter2") && !shown.contains("12345"), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn an_app_without_a_secret_is_told_that_calls_need_one() {
    let (client, _peers) = client_of(Config::with_assertion(APP));
    assert_eq!(read(&client).await, Err(ApiError::NoSecret));
}

#[tokio::test(start_paused = true)]
async fn all_pages_of_a_list_are_read() {
    use larkwire::api::im::v1::chat;
    let (client, mut peers) = client();
    let call = tokio::spawn(async move {
        let all = client.all(chat::List::new().page_size(2), 100).await.unwrap();
        (all.len(), client.all(chat::List::new(), 1).await.unwrap().len())
    });
    let mut peer = peers.accept().await;
    peer.answer_token("t-12345").await;
    let page = |items: Value, token: &str| json!({"code": 0, "data": {"items": items, "page_token": token}});
    let two = json!([{"chat_id": "oc_1"}, {"chat_id": "oc_2"}]);
    peer.answer_call("t-12345", 200, &page(two.clone(), "a=")).await;
    let request = peer.answer_call("t-12345", 200, &page(json!([{"chat_id": "oc_3"}]), "")).await;
    assert!(request.starts_with("GET /open-apis/im/v1/chats?page_size=2&page_token=a%3D HTTP/1.1"), "{request}");
    peer.answer_call("t-12345", 200, &page(two, "more")).await;
    assert_eq!(call.await.unwrap(), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn pages_without_end_are_given_up() {
    use larkwire::api::im::v1::chat;
    for same in [true, false] {
        let (client, mut peers) = client();
        let call = tokio::spawn(async move { client.all(chat::List::new(), 5).await });
        let mut peer = peers.accept().await;
        peer.answer_token("t-12345").await;
        let mut pages = 0;
        while peer.next_request().await.is_some() {
            pages += 1;
            let token = if same { "again".to_owned() } else { pages.to_string() };
            peer.answer_json(200, &json!({"code": 0, "data": {"has_more": true, "page_token": token}})).await;
        }
        let error = call.await.unwrap().unwrap_err();
        assert!(matches!(error, ApiError::BadAnswer { what: "pages without end", .. }), "{error}");
        assert_eq!(pages, if same { 2 } else { 105 });
    }
}
