#![allow(clippy::arithmetic_side_effects)]

use alloc::format;
use alloc::string::ToString;
use core::time::Duration;

use super::*;

mod model;

const LIFETIME: Duration = Duration::from_secs(10);

fn limits() -> Limits {
    Limits { part_lifetime: LIFETIME, ..Limits::default() }
}

/// A reassembly, the time, and what was given up.
#[derive(Default)]
struct Bench {
    reassembly: Reassembly,
    limits: Option<Limits>,
    now: Time,
    given_up: Vec<GivenUp>,
}

impl Bench {
    fn with(limits: Limits) -> Bench {
        Bench { limits: Some(limits), ..Bench::default() }
    }

    fn add(&mut self, message_id: &str, sum: u32, seq: u32, data: impl AsRef<[u8]>) -> Added {
        let limits = self.limits.unwrap_or_else(limits);
        let part = Part { message_id, sum, seq, data: data.as_ref() };
        self.reassembly.add(self.now, part, &limits, &mut self.given_up)
    }

    fn at(&mut self, ms: u64) {
        self.now = Time::from_millis(ms);
        self.reassembly.expire(self.now, &mut self.given_up);
    }

    /// Of each message that was given up its name, its parts and the reason.
    fn told(&mut self) -> Vec<(String, u64, Reason)> {
        self.given_up.drain(..).map(|message| (message.message_id, message.frames, message.reason)).collect()
    }

    #[track_caller]
    fn is_empty(&self) {
        assert_eq!((self.reassembly.frames(), self.reassembly.held(), self.reassembly.expires()), (0, 0, None));
    }
}

fn complete(payload: &str, parts: u32) -> Added {
    Added::Complete { payload: Bytes::copy_from_slice(payload.as_bytes()), parts }
}

#[test]
fn parts_make_a_whole_in_any_order() {
    let parts = ["a", "bc", "def"];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut bench = Bench::default();
        for seq in &order[..2] {
            assert_eq!(bench.add("m", 3, *seq, parts[*seq as usize]), Added::Waiting);
        }
        assert_eq!(bench.add("m", 3, order[2], parts[order[2] as usize]), complete("abcdef", 3));
        bench.is_empty();
        assert_eq!(bench.told(), []);
    }
}

#[test]
fn a_cut_through_a_character_is_joined_as_bytes() {
    let text = "完成".as_bytes();
    let mut bench = Bench::default();
    assert_eq!(bench.add("m", 2, 1, &text[4..]), Added::Waiting);
    assert_eq!(bench.add("m", 2, 0, &text[..4]), complete("完成", 2));
}

#[test]
fn an_empty_part_is_present() {
    let mut bench = Bench::default();
    assert_eq!(bench.add("m", 3, 1, ""), Added::Waiting);
    assert_eq!(bench.add("m", 3, 1, ""), Added::Duplicate);
    assert_eq!(bench.add("m", 3, 0, "x"), Added::Waiting);
    assert_eq!(bench.add("m", 3, 2, ""), complete("x", 3));
    assert_eq!(bench.add("n", 2, 0, ""), Added::Waiting);
    assert_eq!(bench.add("n", 2, 1, ""), complete("", 2));
    bench.is_empty();
}

#[test]
fn a_part_that_came_twice_is_dropped() {
    let mut bench = Bench::default();
    bench.add("m", 2, 0, "x");
    let held = bench.reassembly.held();
    assert_eq!(bench.add("m", 2, 0, "x"), Added::Duplicate);
    assert_eq!((bench.reassembly.frames(), bench.reassembly.held()), (1, held));
    assert_eq!(bench.add("m", 2, 1, "y"), complete("xy", 2));
}

#[test]
fn a_part_that_came_twice_with_other_bytes_keeps_the_first() {
    let mut bench = Bench::default();
    bench.add("m", 2, 0, "x");
    assert_eq!(bench.add("m", 2, 0, "longer"), Added::Conflict);
    assert_eq!(bench.add("m", 2, 0, ""), Added::Conflict);
    assert_eq!(bench.add("m", 2, 1, "y"), complete("xy", 2));
    assert_eq!(bench.told(), []);
}

#[test]
fn messages_do_not_mix() {
    let mut bench = Bench::default();
    bench.add("a", 2, 0, "a0");
    bench.add("b", 2, 1, "b1");
    assert_eq!(bench.add("b", 2, 0, "b0"), complete("b0b1", 2));
    assert_eq!(bench.reassembly.frames(), 1);
    assert_eq!(bench.add("a", 2, 1, "a1"), complete("a0a1", 2));
    bench.is_empty();
}

#[test]
fn another_number_of_parts_begins_the_message_anew() {
    let mut bench = Bench::default();
    bench.add("m", 3, 0, "x");
    bench.add("m", 3, 1, "y");
    bench.at(4_000);
    assert_eq!(bench.add("m", 2, 0, "z"), Added::Waiting);
    assert_eq!(bench.told(), [("m".to_string(), 2, Reason::Restarted)]);
    // Its time runs from the new beginning.
    assert_eq!(bench.reassembly.expires(), Some(Time::from_millis(14_000)));
    assert_eq!(bench.add("m", 2, 1, "!"), complete("z!", 2));
    bench.is_empty();
}

#[test]
fn a_huge_number_of_parts_sizes_nothing() {
    let mut bench = Bench::with(Limits { parts: u32::MAX, ..limits() });
    assert_eq!(bench.add("m", u32::MAX, u32::MAX - 1, "x"), Added::Waiting);
    assert!(bench.reassembly.held() < 1_000, "{}", bench.reassembly.held());
    assert_eq!(bench.reassembly.frames(), 1);
}

#[test]
fn what_waits_too_long_is_given_up_at_the_very_moment() {
    let mut bench = Bench::default();
    bench.add("m", 3, 0, "x");
    bench.at(9_999);
    bench.add("m", 3, 1, "y");
    assert_eq!(bench.reassembly.expires(), Some(Time::from_millis(10_000)), "the first part counts, not the last");
    assert_eq!(bench.told(), []);
    bench.at(10_000);
    assert_eq!(bench.told(), [("m".to_string(), 2, Reason::Expired)]);
    bench.is_empty();
}

#[test]
fn messages_expire_in_the_order_in_which_they_began() {
    let mut bench = Bench::default();
    for (index, name) in ["a", "b", "c"].into_iter().enumerate() {
        bench.at(index as u64 * 1_000);
        bench.add(name, 3, 0, "x");
    }
    // A later part does not make a message younger.
    bench.at(5_000);
    bench.add("a", 3, 2, "x");
    bench.add("a", 3, 2, "x");
    bench.add("b", 3, 1, "other");
    assert_eq!(bench.reassembly.expires(), Some(Time::from_millis(10_000)));
    bench.at(11_000);
    assert_eq!(bench.told(), [("a".to_string(), 2, Reason::Expired), ("b".to_string(), 2, Reason::Expired)]);
    assert_eq!(bench.reassembly.expires(), Some(Time::from_millis(12_000)));
    bench.at(1_000_000);
    assert_eq!(bench.told(), [("c".to_string(), 1, Reason::Expired)]);
    bench.is_empty();
}

#[test]
fn a_lifetime_without_end_overflows_nothing() {
    let mut bench = Bench::with(Limits { part_lifetime: Duration::MAX, ..limits() });
    bench.at(1_000);
    bench.add("m", 2, 0, "x");
    bench.at(u64::MAX);
    assert_eq!(bench.add("m", 2, 1, "y"), complete("xy", 2));
}

#[test]
fn a_message_up_to_the_limit_is_taken_and_one_byte_more_is_given_up_whole() {
    let mut bench = Bench::with(Limits { payload: 10, ..limits() });
    bench.add("m", 2, 0, "12345");
    assert_eq!(bench.add("m", 2, 1, "67890"), complete("1234567890", 2));
    bench.add("n", 3, 0, "12345");
    bench.add("n", 3, 1, "67890");
    assert_eq!(bench.add("n", 3, 2, "!"), Added::TooLarge);
    assert_eq!(bench.told(), [("n".to_string(), 3, Reason::TooLarge)]);
    bench.is_empty();
    assert_eq!(bench.add("o", 2, 0, "12345678901"), Added::TooLarge);
    assert_eq!(bench.told(), [("o".to_string(), 1, Reason::TooLarge)]);
    bench.is_empty();
}

#[test]
fn at_the_bound_of_messages_the_oldest_goes() {
    let mut bench = Bench::with(Limits { open_messages: 3, ..limits() });
    for name in ["a", "b", "c", "d", "e"] {
        assert_eq!(bench.add(name, 3, 0, "x"), Added::Waiting);
    }
    assert_eq!(bench.told(), [("a".to_string(), 1, Reason::NoRoom), ("b".to_string(), 1, Reason::NoRoom)]);
    assert_eq!(bench.reassembly.frames(), 3);
    // A part of one that is there already needs no room.
    assert_eq!(bench.add("c", 3, 1, "x"), Added::Waiting);
    assert_eq!(bench.told(), []);
}

#[test]
fn a_bound_of_no_message_at_all_still_lets_the_one_at_hand_wait() {
    let mut bench = Bench::with(Limits { open_messages: 0, open_bytes: 0, ..limits() });
    assert_eq!(bench.add("a", 2, 0, "x"), Added::Waiting);
    assert_eq!(bench.add("b", 2, 0, "y"), Added::Waiting);
    assert_eq!(bench.told(), [("a".to_string(), 1, Reason::NoRoom)]);
    assert_eq!(bench.add("b", 2, 1, "z"), complete("yz", 2));
    bench.is_empty();
}

#[test]
fn at_the_bound_of_bytes_the_oldest_goes_but_never_the_one_at_hand() {
    let part = "x".repeat(1_000);
    let mut bench = Bench::with(Limits { open_bytes: 3_000, ..limits() });
    bench.add("a", 9, 0, &part);
    bench.add("b", 9, 0, &part);
    assert_eq!(bench.told(), []);
    // The oldest is the one at hand: the next oldest goes.
    assert_eq!(bench.add("a", 9, 1, &part), Added::Waiting);
    assert_eq!(bench.told(), [("b".to_string(), 1, Reason::NoRoom)]);
    assert_eq!(bench.add("a", 9, 2, &part), Added::Waiting);
    assert_eq!(bench.told(), []);
    assert_eq!(bench.add("c", 9, 0, &part), Added::Waiting);
    assert_eq!(bench.told(), [("a".to_string(), 3, Reason::NoRoom)]);
    assert!(bench.reassembly.held() <= 3_000);
}

#[test]
fn empty_parts_and_long_names_count_too() {
    let mut bench = Bench::with(Limits { open_bytes: 100_000, open_messages: usize::MAX, ..limits() });
    for message in 0..1_000 {
        bench.add(&format!("{message:0>100}"), 3, 0, "");
        bench.add(&format!("{message:0>100}"), 3, 1, "");
        assert!(bench.reassembly.held() <= 100_000);
    }
    let frames = bench.reassembly.frames();
    assert!(frames < 500, "{frames}");
    let given_up: u64 = bench.told().iter().map(|(_, frames, _)| frames).sum();
    assert_eq!(given_up + frames, 2_000);
}

#[test]
fn a_flood_of_beginnings_does_not_keep_a_whole_message_out() {
    let mut bench = Bench::default();
    for message in 0..10_000 {
        bench.add(&format!("flood {message}"), 2, 0, "x");
    }
    assert_eq!(bench.add("m", 2, 0, "a"), Added::Waiting);
    assert_eq!(bench.add("m", 2, 1, "b"), complete("ab", 2));
    assert_eq!(bench.reassembly.frames(), 255);
}

#[test]
fn a_late_copy_of_a_part_is_known_to_be_one_when_it_is_given_up() {
    let mut bench = Bench::default();
    bench.add("m", 2, 0, "a");
    assert_eq!(bench.add("m", 2, 1, "b"), complete("ab", 2));
    assert_eq!(bench.add("m", 2, 0, "a"), Added::Waiting);
    bench.add("n", 2, 0, "a");
    bench.at(10_000);
    let told: Vec<(&str, bool)> =
        bench.given_up.iter().map(|message| (message.message_id.as_str(), message.repeat)).collect();
    assert_eq!(told, [("m", true), ("n", false)]);
}

#[test]
fn a_message_that_comes_again_whole_is_whole_again() {
    let mut bench = Bench::default();
    for _ in 0..3 {
        assert_eq!(bench.add("m", 2, 0, "a"), Added::Waiting);
        assert_eq!(bench.add("m", 2, 1, "b"), complete("ab", 2));
    }
    bench.is_empty();
    assert_eq!(bench.reassembly.completed.len(), 1);
}

#[test]
fn a_message_that_comes_again_and_again_does_not_push_others_out_of_memory() {
    let mut bench = Bench::default();
    for message in 0..COMPLETED {
        bench.add(&message.to_string(), 2, 0, "a");
        bench.add(&message.to_string(), 2, 1, "b");
    }
    let newest = (COMPLETED - 1).to_string();
    for _ in 0..COMPLETED {
        bench.add(&newest, 2, 0, "a");
        bench.add(&newest, 2, 1, "b");
    }
    assert_eq!(bench.reassembly.completed.len(), COMPLETED);
    bench.add("next", 2, 0, "a");
    bench.add("next", 2, 1, "b");
    assert_eq!(bench.reassembly.completed.len(), COMPLETED);
    assert_eq!(bench.reassembly.completed.front(), Some(&hash("1")));
}

#[test]
fn parts_do_not_keep_the_buffer_alive_that_they_came_in() {
    let mut bench = Bench::default();
    let buffer = Bytes::from(alloc::vec![b'x'; 4_096]);
    bench.add("m", 2, 0, &buffer[..8]);
    assert!(buffer.is_unique());
}
