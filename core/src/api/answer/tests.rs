use super::*;
use alloc::format;
use alloc::string::ToString;
use serde_json::json;

fn answer(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Answer::new("im.v1.message.create", status, headers, Bytes::copy_from_slice(body.as_ref()))
}

fn data(body: Value) -> Result<Value, ApiError> {
    answer(200, &[], body.to_string()).data()
}

#[test]
fn the_data_is_what_counts_or_all_if_there_is_none() {
    assert_eq!(data(json!({"code": 0, "msg": "ok", "data": {"a": 1}})).unwrap(), json!({"a": 1}));
    assert_eq!(data(json!({"code": 0, "bot": {}})).unwrap(), json!({"code": 0, "bot": {}}));
    assert_eq!(data(json!({"code": 0, "data": null})).unwrap(), json!({"code": 0, "data": null}));
    assert_eq!(data(json!({"code": "0", "data": []})).unwrap(), json!([]));
}

#[test]
fn the_code_decides_whatever_the_status_is() {
    let body = json!({"code": 230_002, "msg": "no"}).to_string();
    for status in [200, 400, 500] {
        let error = answer(status, &[], &body).data().unwrap_err();
        assert_eq!((error.code(), status), (Some(230_002), status));
    }
    assert!(answer(400, &[], r#"{"code":0}"#).data().is_ok());
}

#[test]
fn what_is_not_an_answer_says_what_is_wrong_with_it() {
    let what = |body: &str| match answer(502, &[("X-TT-LOGID", "l-1")], body).data() {
        Err(ApiError::BadAnswer { status: 502, what, log_id, .. }) => {
            assert_eq!(log_id.as_deref(), Some("l-1"));
            what
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(what("<html>"), "not JSON");
    assert_eq!(what(""), "not JSON");
    assert_eq!(what("{}"), "no code");
    assert_eq!(what("[]"), "no code");
    assert_eq!(what(r#"{"code":"x"}"#), "no code");
    assert_eq!(what(&"[".repeat(100_000)), "not JSON");
}

#[test]
fn json_inside_texts_stays_text() {
    let nested = r#"{"code":0,"data":{"$serde_json::private::RawValue":"[[1]]"}}"#;
    let data = answer(200, &[], nested).data().unwrap();
    assert_eq!(data["$serde_json::private::RawValue"], "[[1]]");
}

#[test]
fn how_long_to_wait_comes_in_seconds() {
    let wait = |headers: &[(&str, &str)]| match answer(429, headers, r#"{"code":99991400}"#).data() {
        Err(ApiError::Refused(refused)) => refused.retry_after.map(|wait| wait.as_millis()),
        other => panic!("{other:?}"),
    };
    assert_eq!(wait(&[("Retry-After", "3")]), Some(3_000));
    assert_eq!(wait(&[("X-Ogw-Ratelimit-Reset", " 0.25 ")]), Some(250));
    assert_eq!(wait(&[("x-ogw-ratelimit-reset", "9"), ("retry-after", "3")]), Some(3_000));
    assert_eq!(wait(&[("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT"), ("x-ogw-ratelimit-reset", "9")]), Some(9_000));
    for odd in ["", "-1", "NaN", "inf", "1e300", "soon"] {
        assert_eq!(wait(&[("retry-after", odd)]), None, "{odd}");
    }
}

#[test]
fn a_secret_is_masked_wherever_the_platform_quotes_it() {
    let violations = json!([{"subject": "t-secret", "description": "for t-secret"}]);
    let error =
        json!({"log_id": "t-secret", "permission_violations": violations, "troubleshooter": "http://x/t-secret"});
    let body = json!({"code": 1, "msg": "t-secret and the app secret", "error": error}).to_string();
    let answer = answer(400, &[("X-Request-Id", "t-secret")], body).masking(["t-secret".into(), "app secret".into()]);
    let error = answer.data().unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("secret"), "{shown}");
    assert!(shown.contains("*** and the ***"), "{shown}");
}

#[test]
fn a_file_has_a_name_and_a_type() {
    let name = |disposition| answer(200, &[("Content-Disposition", disposition)], "x").file().unwrap().name;
    let named = |disposition| name(disposition).unwrap();
    assert_eq!(named("attachment; filename=\"clip.mp4\""), "clip.mp4");
    assert_eq!(named("attachment; filename=clip.mp4"), "clip.mp4");
    assert_eq!(named("attachment; filename=\"a;b=\\\"c\\\".txt\"; size=3"), "a;b=\"c\".txt");
    assert_eq!(named("attachment; filename=\"x\"; filename*=UTF-8''%E6%8A%A5+1.pdf"), "报+1.pdf");
    assert_eq!(named("attachment;FileName*=utf-8'en'a%20b.txt"), "a b.txt");
    // Nobody shall write elsewhere.
    assert_eq!(named("attachment; filename=\"../../etc/passwd\""), "passwd");
    assert_eq!(named("attachment; filename*=UTF-8''..%2F..%5Cx%00y"), "xy");
    for nothing in ["attachment", "attachment; filename=\"\"", "attachment; filename=\"..\"", "; ;=;'", "filename*=x"] {
        assert_eq!(name(nothing), None, "{nothing}");
    }
}

#[test]
fn a_failure_in_json_is_not_taken_for_a_file() {
    let json = ("Content-Type", "application/json; charset=utf-8");
    let refusal = r#"{"code":234003,"msg":"no"}"#;
    assert_eq!(answer(400, &[json], refusal).file().unwrap_err().code(), Some(234_003));
    assert_eq!(answer(200, &[json], refusal).file().unwrap_err().code(), Some(234_003));
    // A file that looks like one has a name.
    let named = ("Content-Disposition", "attachment; filename=\"a.json\"");
    assert_eq!(answer(200, &[json, named], refusal).file().unwrap().content, refusal.as_bytes());
    let odd = answer(502, &[], "<html>").file().unwrap_err();
    assert!(odd.to_string().contains("HTTP status 502"), "{odd}");
    assert!(answer(404, &[], r#"{"code":0}"#).file().is_err());
}

#[test]
fn a_type_of_ones_own_can_be_read() {
    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Own {
        a: u8,
    }
    assert_eq!(answer(200, &[], r#"{"code":0,"data":{"a":7}}"#).parse::<Own>().unwrap(), Own { a: 7 });
    let error = answer(200, &[], r#"{"code":0,"data":{"a":"x"}}"#).parse::<Own>().unwrap_err();
    assert!(matches!(error, ApiError::BadAnswer { what: "not what was expected", .. }));
}
