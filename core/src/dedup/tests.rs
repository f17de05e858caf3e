#![allow(clippy::arithmetic_side_effects)]

use alloc::format;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;
use core::mem::size_of;

use super::*;

mod model;

const WINDOW: Duration = Duration::from_secs(27_000);

fn dedup() -> Dedup {
    Dedup::new((1, 2))
}

fn at(seconds: u64) -> Time {
    Time::from_millis(seconds * 1_000)
}

fn id(number: u64) -> DeliveryId {
    DeliveryId::new(number)
}

fn key(dedup: &Dedup, event_id: &str) -> Key {
    dedup.key(Some(Schema::P2), event_id)
}

fn small(entries: usize, answers: usize) -> Limits {
    Limits { dedup_entries: entries, dedup_answers: answers, ..Limits::default() }
}

#[test]
fn an_event_is_new_then_running_then_done() {
    let (mut dedup, limits) = (dedup(), Limits::default());
    let key = key(&dedup, "e1");
    assert_eq!(dedup.look(at(0), key), Seen::Never);
    dedup.start(key, id(7));
    assert_eq!(dedup.look(at(1), key), Seen::Running(id(7)));
    assert_eq!(dedup.entries(), 0);
    dedup.finish(at(2), key, None, &limits);
    assert_eq!(dedup.look(at(3), key), Seen::Done(None));
    assert_eq!(dedup.entries(), 1);
}

#[test]
fn the_answer_of_a_callback_is_remembered() {
    let (mut dedup, limits) = (dedup(), Limits::default());
    let key = key(&dedup, "e1");
    dedup.start(key, id(1));
    dedup.finish(at(0), key, Some("{}".into()), &limits);
    for _ in 0..3 {
        assert_eq!(dedup.look(at(1), key), Seen::Done(Some("{}".into())));
    }
}

#[test]
fn an_event_that_failed_is_handled_again_and_its_success_ends_that() {
    let (mut dedup, limits) = (dedup(), Limits::default());
    let key = key(&dedup, "e1");
    dedup.start(key, id(1));
    dedup.fail(key);
    assert_eq!(dedup.look(at(1), key), Seen::Failed);
    dedup.start(key, id(2));
    assert_eq!(dedup.look(at(1), key), Seen::Running(id(2)));
    dedup.finish(at(2), key, None, &limits);
    assert_eq!(dedup.look(at(3), key), Seen::Done(None));
    // Once it is forgotten, so is its failure.
    assert_eq!(dedup.look(at(100_000), key), Seen::Never);
}

#[test]
fn of_the_failed_only_the_last_few_are_known() {
    let mut dedup = dedup();
    let keys: Vec<Key> = (0..=FAILED).map(|event| key(&dedup, &event.to_string())).collect();
    for key in &keys {
        dedup.fail(*key);
        dedup.fail(*key);
    }
    assert_eq!(dedup.look(at(0), keys[0]), Seen::Never);
    assert_eq!(dedup.look(at(0), keys[1]), Seen::Failed);
    assert_eq!(dedup.failed.len(), FAILED);
}

#[test]
fn ids_of_the_two_versions_are_spaces_apart() {
    let (mut dedup, limits) = (dedup(), Limits::default());
    let (p1, p2) = (dedup.key(Some(Schema::P1), "e1"), dedup.key(Some(Schema::P2), "e1"));
    assert_ne!(p1, p2);
    dedup.finish(at(0), p1, None, &limits);
    assert_eq!(dedup.look(at(0), p2), Seen::Never);
    assert_eq!(dedup.look(at(0), p1), Seen::Done(None));
}

#[test]
fn the_same_id_has_the_same_key_and_who_does_not_know_the_secret_cannot_make_it() {
    let (first, second) = (Dedup::new((1, 2)), Dedup::new((1, 3)));
    assert_eq!(key(&first, "e1"), key(&Dedup::new((1, 2)), "e1"));
    assert_ne!(key(&first, "e1"), key(&second, "e1"));
    assert_ne!(key(&first, ""), key(&first, "\0"));
}

#[test]
fn a_done_event_is_known_for_the_window_and_hardly_longer() {
    let (mut dedup, limits) = (dedup(), Limits::default());
    assert_eq!(limits.dedup_window, WINDOW);
    let key = key(&dedup, "e1");
    // The last redelivery comes 6 h after the one before, 7 h 5 min 15 s after the first push.
    dedup.finish(Time::from_millis(1_999), key, Some("{}".into()), &limits);
    assert_eq!(dedup.look(Time::from_millis(27_001_999), key), Seen::Done(Some("{}".into())));
    assert_eq!(dedup.look(at(27_004), key), Seen::Never);
    assert_eq!((dedup.entries(), dedup.answer_bytes, dedup.evicted()), (0, 0, 0));
}

#[test]
fn a_running_event_is_never_forgotten_by_itself() {
    let mut dedup = dedup();
    let key = key(&dedup, "e1");
    dedup.start(key, id(1));
    assert_eq!(dedup.look(Time::new(Duration::MAX), key), Seen::Running(id(1)));
}

#[test]
fn the_window_of_an_event_counts_from_its_first_success() {
    let (mut dedup, limits) = (dedup(), Limits::default());
    let key = key(&dedup, "e1");
    dedup.finish(at(0), key, Some("first".into()), &limits);
    dedup.finish(at(20_000), key, Some("second".into()), &limits);
    assert_eq!(dedup.look(at(20_000), key), Seen::Done(Some("first".into())));
    assert_eq!(dedup.entries(), 1);
    assert_eq!(dedup.look(at(27_002), key), Seen::Never);
}

#[test]
fn extreme_windows_and_times_do_no_harm() {
    let mut dedup = dedup();
    let key = key(&dedup, "e1");
    let never = Limits { dedup_window: Duration::MAX, ..Limits::default() };
    dedup.finish(at(0), key, None, &never);
    assert_eq!(dedup.look(Time::new(Duration::MAX), key), Seen::Done(None));
    let none = Limits { dedup_window: Duration::ZERO, ..Limits::default() };
    let mut dedup = Dedup::new((0, 0));
    dedup.finish(at(0), key, None, &none);
    assert_eq!(dedup.look(at(2), key), Seen::Never);
}

#[test]
fn at_the_bound_the_oldest_done_event_goes_and_no_running_one() {
    let mut dedup = dedup();
    let limits = small(3, 1_000);
    let keys: Vec<Key> = (0..5).map(|event| key(&dedup, &event.to_string())).collect();
    let running = key(&dedup, "running");
    dedup.start(running, id(9));
    for key in &keys {
        dedup.start(*key, id(1));
        dedup.finish(at(0), *key, None, &limits);
    }
    let seen: Vec<bool> = keys.iter().map(|key| dedup.look(at(0), *key) == Seen::Done(None)).collect();
    assert_eq!(seen, [false, false, true, true, true]);
    assert_eq!((dedup.entries(), dedup.evicted()), (3, 2));
    assert_eq!(dedup.look(at(0), running), Seen::Running(id(9)));
}

#[test]
fn what_has_expired_makes_room_before_anything_is_evicted() {
    let mut dedup = dedup();
    let limits = small(2, 1_000);
    for (seconds, event) in [(0, "a"), (10, "b"), (27_005, "c")] {
        let key = key(&dedup, event);
        dedup.finish(at(seconds), key, None, &limits);
    }
    assert_eq!((dedup.entries(), dedup.evicted()), (2, 0));
}

#[test]
fn a_bound_of_zero_remembers_nothing() {
    let mut dedup = dedup();
    let key = key(&dedup, "e1");
    dedup.start(key, id(1));
    dedup.finish(at(0), key, Some("{}".into()), &small(0, 1_000));
    assert_eq!(dedup.look(at(0), key), Seen::Never);
    assert_eq!((dedup.entries(), dedup.evicted(), dedup.answer_bytes), (0, 0, 0));
}

#[test]
fn the_oldest_answers_go_and_their_events_stay_known() {
    let mut dedup = dedup();
    let limits = small(100, 2 * (ANSWER_OVERHEAD + 100));
    let keys: Vec<Key> = (0..3).map(|event| key(&dedup, &event.to_string())).collect();
    for key in &keys {
        dedup.finish(at(0), *key, Some(vec![b'x'; 100].into()), &limits);
    }
    assert_eq!(dedup.look(at(0), keys[0]), Seen::Done(None));
    assert_eq!(dedup.look(at(0), keys[1]), Seen::Done(Some(vec![b'x'; 100].into())));
    assert_eq!((dedup.entries(), dedup.answer_bytes), (3, limits.dedup_answers));
}

#[test]
fn an_answer_that_is_too_large_pushes_no_other_out() {
    let mut dedup = dedup();
    let limits = small(100, 1_000);
    let (a, b) = (key(&dedup, "a"), key(&dedup, "b"));
    dedup.finish(at(0), a, Some("{}".into()), &limits);
    dedup.finish(at(0), b, Some(vec![b'x'; 1_000].into()), &limits);
    assert_eq!(dedup.look(at(0), a), Seen::Done(Some("{}".into())));
    assert_eq!(dedup.look(at(0), b), Seen::Done(None));
}

#[test]
fn answers_go_with_their_events() {
    let mut dedup = dedup();
    let limits = small(2, 10_000);
    for (seconds, event, answer) in [(0, "a", Some("1")), (1, "b", None), (2, "c", Some("3")), (3, "d", Some("4"))] {
        let key = key(&dedup, event);
        dedup.finish(at(seconds), key, answer.map(Bytes::from), &limits);
    }
    assert_eq!((dedup.answers.len(), dedup.answered.len()), (2, 2));
    assert_eq!(dedup.answer_bytes, 2 * (ANSWER_OVERHEAD + 1));
    let key = key(&dedup, "e");
    assert_eq!(dedup.look(at(30_000), key), Seen::Never);
    assert_eq!((dedup.answers.len(), dedup.answered.len(), dedup.answer_bytes), (0, 0, 0));
}

/// What the table has allocated, by the capacities of its parts.
fn memory(dedup: &Dedup) -> usize {
    // A node of a B-tree has room for 11 entries, is at least half full but for the last, and has a header.
    let answer = (size_of::<Key>() + size_of::<Bytes>() + size_of::<usize>()) * 2;
    // A `Bytes` of its own: the bytes, and what malloc rounds up to.
    let heap: usize = dedup.answers.values().map(|answer| answer.len().next_multiple_of(16) + 16).sum();
    dedup.done.capacity() * size_of::<Done>()
        + dedup.index.allocation_size()
        + dedup.answered.capacity() * size_of::<Key>()
        + dedup.failed.capacity() * size_of::<Key>()
        + dedup.answers.len() * answer
        + heap
}

#[test]
fn a_hundred_thousand_events_take_at_most_4_mb() {
    let (mut dedup, limits) = (dedup(), Limits::default());
    assert_eq!(limits.dedup_entries, 100_000);
    for event in 0..250_000u64 {
        let key = key(&dedup, &event.to_string());
        dedup.start(key, id(event));
        dedup.finish(Time::from_millis(event), key, None, &limits);
    }
    assert_eq!((dedup.entries(), dedup.evicted()), (100_000, 150_000));
    assert!(memory(&dedup) <= 4_000_000, "{}", memory(&dedup));
}

#[test]
fn many_small_answers_take_no_more_than_their_limit() {
    let (mut dedup, limits) = (dedup(), Limits::default());
    for event in 0..100_000u64 {
        let key = key(&dedup, &event.to_string());
        dedup.finish(Time::from_millis(event), key, Some(vec![b'1'].into()), &limits);
    }
    let without = dedup.done.capacity() * size_of::<Done>() + dedup.index.allocation_size();
    assert!(memory(&dedup) - without <= limits.dedup_answers, "{}", memory(&dedup) - without);
}

#[test]
fn the_places_in_the_index_may_wrap_around() {
    let mut dedup = Dedup { taken: u64::from(u32::MAX) - 2, ..dedup() };
    let limits = small(4, 1_000);
    let keys: Vec<Key> = (0..20).map(|event| key(&dedup, &event.to_string())).collect();
    for (index, key) in keys.iter().enumerate() {
        dedup.finish(at(0), *key, None, &limits);
        for (other, key) in keys.iter().enumerate() {
            let known = other <= index && other + 4 > index;
            assert_eq!(dedup.look(at(0), *key) == Seen::Done(None), known, "{other} at {index}");
        }
    }
    // What is forgotten has made room for what came later.
    assert!(dedup.index.allocation_size() < 128, "{}", dedup.index.allocation_size());
}

#[test]
fn debug_shows_no_event_id() {
    let mut dedup = dedup();
    let key = key(&dedup, "the-event-id");
    dedup.start(key, id(1));
    assert!(!format!("{dedup:?}").contains("the-event-id"));
}
