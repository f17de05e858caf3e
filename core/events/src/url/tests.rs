use alloc::format;

use serde_json::json;

use super::*;
use crate::card::Template;

#[test]
fn an_answer_has_a_title_a_card_both_or_neither() {
    assert_eq!(PreviewReply::new().to_json(), "{}");
    let inline = Inline::new("构建 4471").i18n("en_us", "Build 4471").image_key("img_1");
    let reply =
        PreviewReply::new().inline(inline.url(InlineUrl::everywhere("https://a.example/"))).card(json!({"a": 1}));
    let expected = r#"{"inline":{"title":"构建 4471","i18n_title":{"en_us":"Build 4471"},"image_key":"img_1","url":{"copy_url":"https://a.example/","ios":"https://a.example/","android":"https://a.example/","pc":"https://a.example/","web":"https://a.example/"}},"card":{"type":"raw","data":{"a":1}}}"#;
    assert_eq!(reply.to_json(), expected);
    assert_eq!(serde_json::from_str::<PreviewReply>(expected).unwrap(), reply);
    let reply = PreviewReply::new().card(Template::new("AAq1"));
    assert_eq!(reply.to_json(), r#"{"card":{"type":"template","data":{"template_id":"AAq1"}}}"#);
    assert_eq!(Reply::from(reply.clone()), Reply::json(reply.to_json()));
    assert_eq!(Reply::from(reply).check(PreviewGet::TYPE), Ok(()));
}

#[test]
fn debug_shows_no_token_of_a_preview() {
    let body = r#"{"host":"im_message","context":{"url":"https://a.example/","preview_token":"tok_secret"}}"#;
    let body = PreviewGet::parse(body).unwrap();
    let context = body.context.as_ref().unwrap();
    assert_eq!(context.preview_token.as_ref().map(|token| token.expose()), Some("tok_secret"));
    let shown = format!("{body:?}");
    assert!(shown.contains("a.example") && !shown.contains("secret"), "{shown}");
}
