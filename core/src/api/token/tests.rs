//! The tenant token in virtual time.

use super::*;
use alloc::format;

fn seconds(seconds: u64) -> Time {
    Time::new(Duration::from_secs(seconds))
}

fn grant(token: &str, life: u64) -> Grant {
    Grant { token: token.into(), life: Duration::from_secs(life) }
}

/// Shows what is to be done.
fn ask(tokens: &mut Tokens, at: u64) -> alloc::string::String {
    match tokens.ask(seconds(at)) {
        Ask::Use(token) => format!("use {}", token.expose()),
        Ask::Fetch { ticket, meanwhile: Some(token) } => format!("use {}, fetch {}", token.expose(), ticket.0),
        Ask::Fetch { ticket, meanwhile: None } => format!("fetch {}", ticket.0),
        Ask::Wait(ticket) => format!("wait for {}", ticket.0),
    }
}

/// With a token of this life, fetched at 0.
fn with(life: u64) -> Tokens {
    let mut tokens = Tokens::default();
    assert_eq!(ask(&mut tokens, 0), "fetch 1");
    tokens.fetched(Time::ZERO, Ticket(1), Some(&grant("a", life)));
    tokens
}

#[test]
fn the_first_who_asks_fetches_and_the_others_wait() {
    let mut tokens = Tokens::default();
    assert_eq!(ask(&mut tokens, 0), "fetch 1");
    for _ in 0..49 {
        assert_eq!(ask(&mut tokens, 1), "wait for 1");
    }
    tokens.fetched(seconds(1), Ticket(1), Some(&grant("a", 7200)));
    assert_eq!(ask(&mut tokens, 1), "use a");
}

#[test]
fn after_a_failure_the_next_who_asks_fetches() {
    let mut tokens = Tokens::default();
    assert_eq!(ask(&mut tokens, 0), "fetch 1");
    tokens.fetched(Time::ZERO, Ticket(1), None);
    assert_eq!(ask(&mut tokens, 0), "fetch 2");
}

#[test]
fn a_token_is_renewed_by_one_caller_half_an_hour_before_it_ends() {
    let mut tokens = with(7200);
    assert_eq!(ask(&mut tokens, 5_399), "use a");
    assert_eq!(ask(&mut tokens, 5_400), "use a, fetch 2");
    assert_eq!(ask(&mut tokens, 5_401), "use a");
    tokens.fetched(seconds(5_402), Ticket(2), Some(&grant("b", 7200)));
    assert_eq!(ask(&mut tokens, 5_402), "use b");
    assert_eq!(ask(&mut tokens, 5_402 + 5_400), "use b, fetch 3");
}

#[test]
fn of_a_short_life_the_last_quarter_is_for_renewing() {
    let mut tokens = with(600);
    assert_eq!(ask(&mut tokens, 449), "use a");
    assert_eq!(ask(&mut tokens, 450), "use a, fetch 2");
    // And the last ten seconds are for nothing.
    assert_eq!(ask(&mut tokens, 589), "use a");
    assert_eq!(ask(&mut tokens, 590), "wait for 2");
}

#[test]
fn a_renewal_that_fails_is_tried_again_ten_seconds_later_while_the_token_is_good() {
    let mut tokens = with(7200);
    assert_eq!(ask(&mut tokens, 5_400), "use a, fetch 2");
    tokens.fetched(seconds(5_401), Ticket(2), None);
    assert_eq!(ask(&mut tokens, 5_410), "use a");
    assert_eq!(ask(&mut tokens, 5_411), "use a, fetch 3");
    tokens.fetched(seconds(7_189), Ticket(3), None);
    // With no good token left there is nothing to wait for.
    assert_eq!(ask(&mut tokens, 7_190), "fetch 4");
}

#[test]
fn a_token_that_is_refused_is_not_used_again() {
    let mut tokens = with(7200);
    tokens.refused(&"a".into());
    assert_eq!(ask(&mut tokens, 1), "fetch 2");
    tokens.fetched(seconds(1), Ticket(2), Some(&grant("b", 7200)));
    // Others may come back late with the old one.
    tokens.refused(&"a".into());
    assert_eq!(ask(&mut tokens, 2), "use b");
}

#[test]
fn what_a_fetch_that_was_given_up_brings_is_not_taken() {
    let mut tokens = Tokens::default();
    assert_eq!(ask(&mut tokens, 0), "fetch 1");
    tokens.fetched(Time::ZERO, Ticket(1), None);
    assert_eq!(ask(&mut tokens, 0), "fetch 2");
    tokens.fetched(Time::ZERO, Ticket(1), Some(&grant("late", 7200)));
    assert_eq!(ask(&mut tokens, 0), "wait for 2");
}

#[test]
fn a_token_without_a_life_is_used_by_those_who_waited_only() {
    for life in [0, 1] {
        let mut tokens = with(life);
        assert_eq!(ask(&mut tokens, 1), "fetch 2");
    }
}

#[test]
fn times_that_go_backwards_and_the_end_of_time_do_no_harm() {
    let mut tokens = with(7200);
    assert_eq!(ask(&mut tokens, 5_400), "use a, fetch 2");
    assert_eq!(ask(&mut tokens, 0), "use a");
    tokens.fetched(Time::new(Duration::MAX), Ticket(2), Some(&grant("b", 7200)));
    assert_eq!(ask(&mut tokens, 0), "use b");
    // At the end of time nothing is valid any more.
    assert!(matches!(tokens.ask(Time::new(Duration::MAX)), Ask::Fetch { meanwhile: None, .. }));
}

#[test]
fn an_odd_answer_grants_what_can_be_made_of_it() {
    let granted = |body: &str| {
        let answer = Answer::new("", 200, alloc::vec::Vec::new(), bytes::Bytes::from(body.as_bytes().to_vec()));
        granted(&answer).map(|grant| (grant.token.expose().len(), grant.life.as_secs()))
    };
    assert_eq!(granted(r#"{"code":0,"tenant_access_token":"t-1","expire":"7200"}"#), Ok((3, 7200)));
    assert_eq!(granted(r#"{"code":0,"data":{"tenant_access_token":"t-1","expire":60}}"#), Ok((3, 60)));
    assert_eq!(granted(r#"{"code":0,"tenant_access_token":"t-1","expire":-5}"#), Ok((3, 0)));
    assert_eq!(granted(r#"{"code":0,"tenant_access_token":"t-1","expire":9223372036854775807}"#), Ok((3, LONGEST)));
    let missing = granted(r#"{"code":0,"expire":7200}"#).unwrap_err();
    assert!(matches!(missing, ApiError::BadAnswer { what: "no tenant_access_token", .. }));
}

#[test]
fn neither_the_machine_nor_what_it_says_shows_a_token() {
    let mut tokens = Tokens::default();
    let fetch = tokens.ask(Time::ZERO);
    let grant = grant("t-very-secret", 7200);
    tokens.fetched(Time::ZERO, Ticket(1), Some(&grant));
    let shown = format!("{fetch:?} {grant:?} {tokens:?} {:?}", tokens.ask(Time::ZERO));
    assert!(!shown.contains("very-secret"), "{shown}");
}
