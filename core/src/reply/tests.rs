use alloc::format;
use alloc::string::ToString;

use super::*;

const CLICK: EventType<'static> = EventType::p2("card.action.trigger");
const PREVIEW: EventType<'static> = EventType::p2("url.preview.get");

fn check(of: EventType<'_>, json: &str) -> Result<(), BadReply> {
    Reply::json(json.to_string()).check(of)
}

/// As in the official documentation, and as the official SDKs write them.
#[test]
fn replies_of_the_documentation_pass() {
    for reply in [
        "{}",
        r#"{"toast":{"type":"success","content":"卡片交互成功","i18n":{"zh_cn":"卡片交互成功","en_us":"card action success"}}}"#,
        r#"{"toast": {"type": "info", "content": "done"}, "card": {"type": "raw", "data": {"schema": "2.0"}}}"#,
        r#"{"card":{"type":"template","data":{"template_id":"AAq","template_variable":{"k":"v"},"template_version_name":"1.0.0"}}}"#,
        r#"{"toast":{"content":"no type"}}"#,
        r#"{"toast":null,"card":null}"#,
        r#"{"card":{"type":"card_json","data":"{}"},"new_member":1}"#,
    ] {
        assert_eq!(check(CLICK, reply), Ok(()), "{reply}");
    }
    let preview =
        r#"{"inline":{"title":"t","image_key":"img","url":{"copy_url":"u"}},"card":{"type":"raw","data":{}}}"#;
    assert_eq!(check(PREVIEW, preview), Ok(()));
}

#[test]
fn wrong_replies_are_told_with_the_code_that_people_would_see() {
    for (reply, code, why) in [
        ("[]", 200_672, "not a JSON object"),
        (r#""thanks""#, 200_672, "not a JSON object"),
        ("{", 200_672, "not a JSON object"),
        (r#"{"elements":[]}"#, 200_672, "none of the members"),
        (r#"{"toast":"thanks"}"#, 200_672, "not an object"),
        (r#"{"toast":{}}"#, 200_672, "neither content nor i18n"),
        (r#"{"toast":{"type":"green","content":"x"}}"#, 200_672, "its type"),
        (r#"{"toast":{"type":1,"content":"x"}}"#, 200_672, "its type"),
        (r#"{"toast":{"content":7}}"#, 200_672, "its content"),
        (r#"{"toast":{"i18n":"x"}}"#, 200_672, "its i18n"),
        (r#"{"card":"{}"}"#, 200_673, "not an object"),
        (r#"{"card":{"schema":"2.0"}}"#, 200_673, "no type"),
        (r#"{"card":{"type":"raw"}}"#, 200_673, "no data"),
        (r#"{"card":{"type":"raw","data":"{}"}}"#, 200_673, "data is not an object"),
        (r#"{"card":{"type":"template","data":{}}}"#, 200_673, "no template_id"),
    ] {
        let error = check(CLICK, reply).unwrap_err();
        assert_eq!(error.code(), code, "{reply}");
        let words = error.to_string();
        assert!(words.contains(why) && words.contains(&code.to_string()), "{words}");
    }
    assert_eq!(check(PREVIEW, r#"{"inline":[]}"#), Err(BadReply::Preview));
    let huge = format!(r#"{{"toast":{{"content":"{}"}}}}"#, "x".repeat(150 * 1024));
    assert!(matches!(check(CLICK, &huge), Err(BadReply::TooLarge { bytes }) if bytes == huge.len()));
}

#[test]
fn of_callbacks_without_a_known_form_only_an_object_is_asked() {
    for of in
        [EventType::p2("profile.view.get"), EventType::p2("some.new.callback"), EventType::p1("card.action.trigger")]
    {
        assert_eq!(check(of, r#"{"anything":[1]}"#), Ok(()));
        assert_eq!(check(of, "[1]"), Err(BadReply::NotAnObject));
    }
    assert_eq!(Reply::failed().check(CLICK), Ok(()));
    assert_eq!(Reply::from(()).check(CLICK), Ok(()));
}

#[test]
fn a_reply_shows_what_it_is() {
    assert_eq!(Reply::json("null").data(), None);
    assert_eq!(Reply::json("{}").data(), Some(&Bytes::from("{}")));
    assert!(Reply::failed().is_failed() && !Reply::ok().is_failed());
    assert_eq!(Reply::failed().data(), None);
}
