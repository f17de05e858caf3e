use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use larkwire_core::api::session::{Ask, Course, Next, Session, Site};
use larkwire_core::api::{ApiError, Body, Identity, Repeat, Request, UuidPlace};
use larkwire_core::{Config, LinkError, LinkErrorKind, Secret, Time};
use serde_json::json;

use crate::script::Script;

/// The calls of an app in virtual time: each byte is something that happens to them, or time that passes.
///
/// One caller at a time fetches the token. No caller gets a token that was refused before it was granted anew, or that has
/// ended. A call is made at most five times: four, and once more for a new token. It is not made again after an outcome
/// that nobody knows, unless it can be. No wait begins in the past or ends after the call. Nothing shows a secret.
pub fn calls(data: &[u8]) {
    let mut script = Script::new(data);
    let mut session = Session::new(&Config::new("cli_1", "Zq7-app-secret-91x"), script.byte().into());
    let site = session.site().expect("a domain");
    let mut now = Time::ZERO;
    let mut ticket = None;
    let mut granted = 0_u32;
    // By their numbers in the token.
    let mut ends: Vec<Time> = Vec::new();
    let mut refused: BTreeSet<usize> = BTreeSet::new();
    let mut uuids: BTreeSet<String> = BTreeSet::new();
    let mut course: Option<(Course, Repeat, u32)> = None;
    let number = |token: &Secret| token.expose().strip_prefix("t-secret-").expect("a token").parse().expect("a number");

    while !script.is_over() {
        match script.below(8) {
            0 => now = now.after(Duration::from_millis(u64::from(script.byte()) * 40)),
            1 => now = now.after(Duration::from_secs(u64::from(script.byte()) * 60)),
            // Somebody needs a token.
            2 | 3 => match session.tokens.ask(now) {
                Ask::Use(token) => {
                    let number: usize = number(&token);
                    assert!(now < ends[number] && !refused.contains(&number), "token {number} at {now:?}");
                }
                Ask::Fetch { ticket: new, meanwhile } => {
                    assert!(ticket.replace(new).is_none(), "two fetch a token");
                    if let Some(number) = meanwhile.as_ref().map(number) {
                        let number: usize = number;
                        assert!(now < ends[number] && !refused.contains(&number), "token {number} at {now:?}");
                    }
                }
                Ask::Wait(for_whom) => assert_eq!(ticket, Some(for_whom)),
                other => panic!("{other:?}"),
            },
            // The fetch ends.
            4 => {
                let Some(ticket) = ticket.take() else { continue };
                let life = u64::from(script.byte()) * 60;
                let body = json!({"code": 0, "tenant_access_token": format!("t-secret-{granted}"), "expire": life});
                let fetch = session.begin_fetch(now).expect("a secret");
                let answer = fetch.answer(&site, None, 200, Vec::new(), Bytes::from(body.to_string()));
                let grant = Session::granted(&answer).expect("a token");
                let grant = (script.below(4) > 0).then_some(grant);
                session.tokens.fetched(now, ticket, grant.as_ref());
                if grant.is_some() {
                    granted += 1;
                    ends.push(now.after(Duration::from_secs(life)));
                }
            }
            5 => {
                let of = usize::from(script.byte());
                let Some(of) = of.checked_rem(ends.len()) else { continue };
                session.tokens.refused(&format!("t-secret-{of}").into());
                // Only the one held is dropped; an older one is not given out again anyway.
                refused.insert(of);
            }
            6 => {
                let repeat =
                    [Repeat::Safe, Repeat::Unsafe, Repeat::Uuid(UuidPlace::Body)][usize::from(script.below(3))];
                let request = Request::post("/open-apis/x/v1/y").json(json!({})).identity(Identity::App).repeat(repeat);
                let new = session.begin(now, request);
                if let Body::Json(body) = &new.request().body {
                    let uuid = body["uuid"].as_str().map(str::to_owned);
                    assert_eq!(uuid.is_some(), matches!(repeat, Repeat::Uuid(_)));
                    assert!(uuid.is_none_or(|uuid| uuids.insert(uuid)), "a uuid twice");
                }
                course = Some((new, repeat, 1));
            }
            // A try of the call fails.
            _ => {
                let Some((mut call, repeat, tries)) = course.take() else { continue };
                let (unknown, error) = failure(&call, &site, &mut script);
                match call.failed(now, false, &error) {
                    Next::GiveUp => continue,
                    Next::RenewToken => {}
                    Next::TryAt(at) => {
                        assert!(at >= now && at < call.until(), "{at:?}");
                        assert!(!unknown || repeat != Repeat::Unsafe, "{error:?}");
                    }
                    other => panic!("{other:?}"),
                }
                assert!(tries < 5, "{error:?}");
                course = Some((call, repeat, tries + 1));
            }
        }
    }
    let shown = format!("{session:?} {course:?}");
    assert!(!shown.contains("app-secret") && !shown.contains("t-secret"), "{shown}");
}

/// How a try fails, and whether it may have taken effect.
fn failure(call: &Course, site: &Site, script: &mut Script<'_>) -> (bool, ApiError) {
    let link = |kind| ApiError::Link(LinkError::new(kind, ""));
    let refused = |status, code: i64, wait: u8| {
        let headers = vec![("Retry-After".to_owned(), wait.to_string())];
        let body = Bytes::from(json!({"code": code, "msg": "t-secret-0"}).to_string());
        call.answer(site, Some(&"t-secret-0".into()), status, headers, body).data().expect_err("a refusal")
    };
    match script.below(8) {
        0 => (true, link(LinkErrorKind::Reset)),
        1 => (false, link(LinkErrorKind::Connect)),
        2 => (true, ApiError::Timeout),
        3 => (false, refused(400, 99_991_663, script.byte())),
        4 => (false, refused(429, 99_991_400, script.byte())),
        5 => (false, refused(400, 230_020, script.byte())),
        6 => (true, refused(200, 2_200, script.byte())),
        _ => (true, refused(503, i64::from(script.byte()) + 1_000_000, script.byte())),
    }
}
