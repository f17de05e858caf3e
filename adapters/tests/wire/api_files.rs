//! Files that API calls move.

use larkwire::api::im::v1::{file, image, message_resource};
use larkwire::{ApiError, LinkErrorKind};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;

use crate::api::client;

#[tokio::test(start_paused = true)]
async fn a_file_is_uploaded_as_a_form() {
    let (client, mut peers) = client();
    let call = tokio::spawn(async move {
        let key = client.send(file::Create::new("报告.pdf", "PDF-BYTES")).await.unwrap();
        (key, client.send(image::Create::new("a.png", "PNG-BYTES")).await.unwrap())
    });
    let mut peer = peers.accept().await;
    peer.answer_token("t-12345").await;
    let request = peer.answer_call("t-12345", 200, &json!({"code": 0, "data": {"file_key": "file_1"}})).await;
    let (head, form) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /open-apis/im/v1/files HTTP/1.1\r\n"), "{head}");
    let boundary = head.split_once("multipart/form-data; boundary=").unwrap().1.lines().next().unwrap();
    let parts: Vec<&str> = form.split(&format!("--{boundary}")).collect();
    assert_eq!(parts[1], "\r\nContent-Disposition: form-data; name=\"file_type\"\r\n\r\npdf\r\n");
    assert_eq!(parts[2], "\r\nContent-Disposition: form-data; name=\"file_name\"\r\n\r\n报告.pdf\r\n");
    assert!(parts[3].starts_with("\r\nContent-Disposition: form-data; name=\"file\"; filename=\"报告.pdf\"\r\n"));
    assert!(parts[3].ends_with("\r\n\r\nPDF-BYTES\r\n"));
    assert_eq!((parts.len(), parts[4]), (5, "--\r\n"));
    let answer = json!({"code": 0, "data": {"image_key": "img_1"}});
    let request = peer.answer_call("t-12345", 200, &answer).await;
    assert!(request.contains("name=\"image_type\"\r\n\r\nmessage\r\n"), "{request}");
    assert_eq!(call.await.unwrap(), ("file_1".to_owned(), "img_1".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_file_is_downloaded_with_its_name_and_type() {
    let (client, mut peers) = client();
    let call = tokio::spawn(async move { client.send(message_resource::Get::file("om_1", "file_1")).await });
    let mut peer = peers.accept().await;
    peer.answer_token("t-12345").await;
    let request = peer.request().await;
    let line = "GET /open-apis/im/v1/messages/om_1/resources/file_1?type=file HTTP/1.1\r\n";
    assert!(request.starts_with(line), "{request}");
    let disposition = "attachment; filename=\"x.pdf\"; filename*=UTF-8''%E6%8A%A5%E5%91%8A.pdf";
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\nContent-Disposition: {disposition}\r\n");
    peer.answer(format!("{head}Content-Length: 4\r\n\r\n")).await;
    peer.answer(b"\x00\xff\x0a{").await;
    let file = call.await.unwrap().unwrap();
    assert_eq!((&file.content[..], file.name.as_deref()), (&b"\x00\xff\x0a{"[..], Some("报告.pdf")));
    assert_eq!(file.media_type.as_deref(), Some("application/pdf"));
}

#[tokio::test(start_paused = true)]
async fn a_download_that_is_refused_is_no_file() {
    let (client, mut peers) = client();
    let call = tokio::spawn(async move { client.send(message_resource::Get::image("om_1", "img_1")).await });
    let mut peer = peers.accept().await;
    peer.answer_token("t-12345").await;
    peer.answer_call("t-12345", 400, &json!({"code": 234003, "msg": "File not in msg."})).await;
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(error.code(), Some(234003));
    assert!(error.to_string().contains("correct the request"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_download_beyond_the_limit_is_not_read() {
    let (client, mut peers) = client();
    let call = tokio::spawn(async move { client.send(message_resource::Get::file("om_1", "file_1")).await });
    let mut peer = peers.accept().await;
    peer.answer_token("t-12345").await;
    peer.request().await;
    peer.answer(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", 101 * 1024 * 1024)).await;
    let writing = tokio::spawn(async move {
        let chunk = vec![7; 1024 * 1024];
        while peer.0.write_all(&chunk).await.is_ok() {}
    });
    let Err(ApiError::Link(error)) = call.await.unwrap() else { panic!("no error") };
    assert_eq!(error.kind, LinkErrorKind::TooLarge);
    writing.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_file_may_take_five_minutes() {
    let (client, mut peers) = client();
    let begun = Instant::now();
    let call = tokio::spawn(async move { client.send(file::Create::new("a.bin", "x")).await });
    let mut peer = peers.accept().await;
    peer.answer_token("t-12345").await;
    peer.request().await;
    assert_eq!(call.await.unwrap(), Err(ApiError::Timeout));
    assert_eq!(begun.elapsed().as_secs(), 300);
}
