//! When to try again: jitter, interval, growth; and the seeded generator behind the jitter.

use core::time::Duration;

use crate::config::Reconnect;
use crate::settings::Settings;
use crate::vocabulary::Headers;

/// SplitMix64: small, fast, and the same everywhere. Good enough to spread clients; not for secrets.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in `[0, bound)`.
    pub(crate) fn below(&mut self, bound: Duration) -> Duration {
        let nanos = bound.as_nanos().saturating_mul(u128::from(self.next())) >> 64;
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

/// Longest wait that a refusal can ask for. A proxy that asks for a day would make the client deaf for a day.
const ASKED: Duration = Duration::from_secs(600);

/// How long a refusal asks to be left alone, by its `Retry-After`. A date is not understood: that takes a wall clock.
pub(crate) fn asked(headers: &Headers) -> Duration {
    let mut found = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("retry-after"));
    found.next().and_then(|(_, value)| seconds(value)).unwrap_or_default().min(ASKED)
}

/// A number of seconds, which may have a fraction (field reports).
pub(crate) fn seconds(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.trim().parse().ok()?).ok()
}

/// The wait before the next attempt, after `failures` failed ones in this outage.
///
/// The first attempt of an outage waits a random part of the platform's nonce, so that the clients of a restarted gateway
/// do not come all at once. After that the wait doubles from the base up to the cap, with up to a quarter of jitter on top:
/// never below what the platform asked for (`settings`, if it has sent any), and never below the floor. That holds for the
/// first attempt too if the platform asks for no wait at all. Nor is it below what a refusal has asked for.
pub(crate) fn wait(
    rule: &Reconnect,
    settings: Option<&Settings>,
    failures: u32,
    asked: Duration,
    random: &mut Random,
) -> Duration {
    let restless = settings.is_some_and(|settings| settings.reconnect_nonce.max(settings.reconnect_interval).is_zero());
    if failures == 0 && asked.is_zero() && !restless {
        return settings.map_or(Duration::ZERO, |settings| random.below(settings.reconnect_nonce));
    }
    let base = settings.map_or(Duration::from_secs(1), |settings| settings.reconnect_interval);
    let doublings = failures.saturating_sub(1).min(31);
    let grown = base.saturating_mul(1u32.checked_shl(doublings).unwrap_or(u32::MAX)).min(base.max(rule.cap));
    let wait = grown.max(rule.floor).max(asked);
    let quarter = wait.checked_div(4).unwrap_or_default();
    wait.saturating_add(random.below(quarter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::borrow::ToOwned;
    use alloc::vec::Vec;

    fn seconds(rule: &Reconnect, interval: Option<u64>, failures: u32) -> (f64, f64) {
        let settings = interval
            .map(|seconds| Settings { reconnect_interval: Duration::from_secs(seconds), ..Settings::default() });
        let mut random = Random::new(7);
        let waits: Vec<f64> = (0..2_000)
            .map(|_| wait(rule, settings.as_ref(), failures, Duration::ZERO, &mut random).as_secs_f64())
            .collect();
        (waits.iter().copied().fold(f64::MAX, f64::min), waits.iter().copied().fold(0.0, f64::max))
    }

    #[track_caller]
    fn spread(found: (f64, f64), from: f64, to: f64) {
        assert!(found.0 >= from && found.0 < from + (to - from) * 0.01 + 1e-9, "{found:?}");
        assert!(found.1 <= to && found.1 > to - (to - from) * 0.01 - 1e-9, "{found:?}");
    }

    #[test]
    fn without_settings_the_wait_doubles_from_a_second_to_a_minute_with_a_quarter_of_jitter() {
        let rule = Reconnect::default();
        spread(seconds(&rule, None, 1), 1.0, 1.25);
        spread(seconds(&rule, None, 2), 2.0, 2.5);
        spread(seconds(&rule, None, 6), 32.0, 40.0);
        spread(seconds(&rule, None, 7), 60.0, 75.0);
        spread(seconds(&rule, None, u32::MAX), 60.0, 75.0);
    }

    #[test]
    fn the_interval_of_the_platform_is_a_lower_bound_and_a_longer_one_does_not_grow() {
        let rule = Reconnect::default();
        spread(seconds(&rule, Some(120), 1), 120.0, 150.0);
        spread(seconds(&rule, Some(120), 9), 120.0, 150.0);
        spread(seconds(&rule, Some(40), 2), 60.0, 75.0);
    }

    #[test]
    fn an_interval_of_zero_leaves_the_floor() {
        let mut rule = Reconnect::default();
        spread(seconds(&rule, Some(0), 5), 1.0, 1.25);
        rule.floor = Duration::ZERO;
        assert_eq!(seconds(&rule, Some(0), 5), (0.0, 0.0));
    }

    #[test]
    fn the_first_attempt_of_an_outage_waits_a_part_of_the_nonce() {
        spread(seconds(&Reconnect::default(), Some(120), 0), 0.0, 30.0);
        assert_eq!(seconds(&Reconnect::default(), None, 0), (0.0, 0.0));
    }

    #[test]
    fn a_refusal_may_ask_for_seconds_up_to_ten_minutes() {
        let asked = |name: &str, value: &str| asked(&[(name.to_owned(), value.to_owned())].into()).as_secs_f64();
        for (value, seconds) in [("30", 30.0), (" 1.5 ", 1.5), ("0", 0.0), ("86400", 600.0)] {
            assert_eq!(asked("retry-After", value), seconds);
        }
        for value in ["", "-1", "inf", "NaN", "1e300", "soon", "Wed, 21 Oct 2015 07:28:00 GMT"] {
            assert_eq!(asked("Retry-After", value), 0.0, "{value}");
        }
        assert_eq!(asked("Retry", "30"), 0.0);
    }

    #[test]
    fn the_generator_gives_the_published_numbers() {
        // SplitMix64 with seed 1234567, from the reference implementation.
        let mut random = Random::new(1_234_567);
        assert_eq!(random.next(), 6_457_827_717_110_365_317);
        assert_eq!(random.next(), 3_203_168_211_198_807_973);
    }
}
