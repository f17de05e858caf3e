//! What is done about failures, in virtual time.

use super::*;
use crate::api::Refused;
use crate::failure::{LinkError, LinkErrorKind, Phase};
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::vec::Vec;

fn tries(repeat: Repeat) -> Tries {
    Tries::new(&Calls::default(), Time::ZERO, false, repeat, Random::new(7))
}

fn refused(code: i64, status: u16, retry_after: Option<u64>) -> ApiError {
    let refused = Refused::read("im.v1.message.create", code, &serde_json::Value::Null, str::to_owned);
    ApiError::Refused(Box::new(Refused { status, retry_after: retry_after.map(Duration::from_secs), ..refused }))
}

fn odd(status: u16) -> ApiError {
    ApiError::BadAnswer { status, what: "not JSON", log_id: None, retry_after: None }
}

fn link(kind: LinkErrorKind) -> ApiError {
    ApiError::Link(LinkError::new(kind, ""))
}

/// The waits in seconds until it is given up, each failure coming at the moment of its try.
fn waits(repeat: Repeat, error: &ApiError) -> Vec<f64> {
    let (mut tries, mut now, mut waits) = (tries(repeat), Time::ZERO, Vec::new());
    while let Next::TryAt(at) = tries.after(now, true, error) {
        waits.push(at.since(now).as_secs_f64());
        now = at;
    }
    waits
}

/// Whether it is made again at all.
fn again(repeat: Repeat, error: &ApiError) -> bool {
    !waits(repeat, error).is_empty()
}

#[test]
fn faults_of_the_platform_wait_longer_each_time() {
    for error in [odd(502), refused(2200, 200, None), refused(4711, 503, None), link(LinkErrorKind::Reset)] {
        let waits = waits(Repeat::Safe, &error);
        assert_eq!(waits.len(), 3, "{error:?}");
        for (wait, from) in waits.into_iter().zip([0.5, 1.0, 2.0]) {
            assert!((from..from * 1.25 + 0.26).contains(&wait), "{wait} {error:?}");
        }
    }
}

#[test]
fn what_may_have_taken_effect_is_made_again_only_if_it_is_done_once() {
    use crate::api::UuidPlace;
    let unknown =
        [odd(500), refused(230_049, 400, None), link(LinkErrorKind::Io), link(LinkErrorKind::Timeout(Phase::Write))];
    for error in unknown {
        assert!(again(Repeat::Safe, &error) && again(Repeat::Uuid(UuidPlace::Body), &error), "{error:?}");
        assert!(!again(Repeat::Unsafe, &error), "{error:?}");
    }
}

#[test]
fn what_certainly_had_no_effect_is_made_again_whatever_it_is() {
    let never = [
        link(LinkErrorKind::Dns),
        link(LinkErrorKind::Connect),
        link(LinkErrorKind::Timeout(Phase::Tls)),
        refused(99_991_400, 400, None),
        refused(230_020, 400, None),
        refused(1, 429, None),
        odd(429),
    ];
    for error in never {
        assert!(again(Repeat::Unsafe, &error), "{error:?}");
    }
}

#[test]
fn what_another_try_would_not_change_is_told_at_once() {
    let lasting = [
        refused(230_001, 400, None),
        refused(230_002, 400, None),
        refused(99_991_672, 403, None),
        refused(4711, 400, None),
        odd(404),
        odd(200),
        link(LinkErrorKind::Tls),
        link(LinkErrorKind::Proxy),
        link(LinkErrorKind::TooLarge),
        ApiError::NoSecret,
        ApiError::Timeout,
    ];
    for error in lasting {
        assert!(!again(Repeat::Safe, &error), "{error:?}");
    }
}

#[test]
fn the_platforms_own_wait_goes_before_ours() {
    for wait in waits(Repeat::Unsafe, &refused(99_991_400, 429, Some(6))) {
        assert!((6.0..7.5).contains(&wait), "{wait}");
    }
    // Zero is as soon as possible, but not all at once.
    for wait in waits(Repeat::Unsafe, &refused(99_991_400, 429, Some(0))) {
        assert!(wait < 0.25, "{wait}");
    }
}

#[test]
fn waits_that_go_beyond_the_time_of_the_call_are_not_begun() {
    assert_eq!(waits(Repeat::Safe, &refused(99_991_400, 429, Some(30))), [0.0; 0]);
    let (mut tries, error) = (tries(Repeat::Safe), odd(503));
    let late = Time::from_millis(29_600);
    assert_eq!(tries.after(late, true, &error), Next::GiveUp);
    // All waits together stay within it as well.
    let all: f64 = waits(Repeat::Safe, &refused(99_991_400, 429, Some(12))).iter().sum();
    assert!(all < 30.0, "{all}");
}

#[test]
fn a_wait_beyond_all_bounds_does_no_harm() {
    let error = refused(99_991_400, 429, Some(u64::MAX));
    assert_eq!(tries(Repeat::Safe).after(Time::ZERO, true, &error), Next::GiveUp);
    let forever = Calls { repeats: u32::MAX, within: Duration::MAX, ..Calls::default() };
    let mut tries = Tries::new(&forever, Time::ZERO, false, Repeat::Safe, Random::new(7));
    for _ in 0..100 {
        let Next::TryAt(at) = tries.after(Time::ZERO, true, &odd(503)) else { panic!("given up") };
        assert!(at <= Time::from_millis(10_000));
    }
}

#[test]
fn a_token_is_renewed_once_and_costs_no_repetition() {
    let (mut tries, token) = (tries(Repeat::Unsafe), refused(99_991_663, 400, None));
    assert_eq!(tries.after(Time::ZERO, true, &token), Next::RenewToken);
    assert!(matches!(tries.after(Time::ZERO, true, &refused(99_991_400, 429, None)), Next::TryAt(_)));
    assert_eq!(tries.after(Time::ZERO, true, &token), Next::GiveUp);
    // The token of a user is not ours to renew.
    assert_eq!(self::tries(Repeat::Safe).after(Time::ZERO, false, &token), Next::GiveUp);
    assert_eq!(self::tries(Repeat::Safe).after(Time::ZERO, true, &refused(99_991_668, 400, None)), Next::GiveUp);
}

#[test]
fn those_who_were_refused_together_do_not_come_back_together() {
    let at = |seed| {
        let mut tries = Tries::new(&Calls::default(), Time::ZERO, false, Repeat::Safe, Random::new(seed));
        tries.after(Time::ZERO, true, &refused(99_991_400, 429, Some(4)))
    };
    let mut all: Vec<_> = (0..64).map(|seed| alloc::format!("{:?}", at(seed))).collect();
    all.sort();
    all.dedup();
    assert!(all.len() > 60, "{}", all.len());
    assert_eq!(at(1), at(1));
}
