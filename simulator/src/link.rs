//! A network in virtual time: one direction of an ordered stream, with its delays.
//!
//! What goes in comes out in order, later or never. Loss does not lose anything here, as it does not on TCP: the lost
//! segment is sent again after a while, and everything behind it waits.

use std::collections::VecDeque;
use std::time::Duration;

use larkwire_core::Time;

use crate::platform::Dice;

/// How a [`Link`] behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct LinkProfile {
    /// From one end to the other.
    pub latency: Duration,
    /// Chance of each message to need one more transmission, from 0 to 1; the next transmission has the same chance.
    pub loss: f64,
    /// The first pause before a message is sent again; it doubles each time, as TCP's does.
    pub retransmission: Duration,
}

impl LinkProfile {
    /// No delay and no loss.
    pub fn perfect() -> LinkProfile {
        LinkProfile::default()
    }

    /// Half of `round_trip` each way, `loss` of the messages sent again after 200 ms or one round trip, if that is longer.
    pub fn lossy(round_trip: Duration, loss: f64) -> LinkProfile {
        let latency = round_trip.checked_div(2).unwrap_or_default();
        LinkProfile { latency, loss, retransmission: round_trip.max(Duration::from_millis(200)) }
    }
}

/// One direction.
#[derive(Debug)]
pub struct Link<T> {
    profile: LinkProfile,
    dice: Dice,
    on_the_way: VecDeque<(Time, T)>,
    /// Nothing arrives before this, since what was sent before arrives then.
    behind: Time,
    stalled_until: Time,
    cut: bool,
}

/// Longest pause before a message is sent again.
const LONGEST: Duration = Duration::from_secs(60);

impl<T> Link<T> {
    /// A link with nothing on it. The losses follow from `seed`.
    pub fn new(profile: LinkProfile, seed: u64) -> Link<T> {
        Link {
            profile,
            dice: Dice::new(seed),
            on_the_way: VecDeque::new(),
            behind: Time::ZERO,
            stalled_until: Time::ZERO,
            cut: false,
        }
    }

    /// Puts something on the link.
    pub fn send(&mut self, now: Time, what: T) {
        if self.cut {
            return;
        }
        let mut arrives = now.after(self.profile.latency);
        let mut pause = self.profile.retransmission;
        while self.dice.chance(self.profile.loss) && pause < LONGEST {
            arrives = arrives.after(pause);
            pause = pause.saturating_mul(2);
        }
        self.behind = self.behind.max(arrives);
        self.on_the_way.push_back((self.behind, what));
    }

    /// When the next thing arrives.
    pub fn next(&self) -> Option<Time> {
        self.on_the_way.front().map(|(at, _)| (*at).max(self.stalled_until))
    }

    /// Takes what has arrived.
    pub fn receive(&mut self, now: Time) -> Option<T> {
        if self.next().is_none_or(|at| at > now) {
            return None;
        }
        self.on_the_way.pop_front().map(|(_, what)| what)
    }

    /// Nothing arrives before `until`; then everything does.
    pub fn stall(&mut self, until: Time) {
        self.stalled_until = self.stalled_until.max(until);
    }

    /// The far end is gone, and nobody says so: what is on the way is lost, and what follows as well.
    pub fn cut(&mut self) {
        self.cut = true;
        self.on_the_way.clear();
    }

    /// A new connection over the same network.
    pub fn renew(&mut self) {
        self.cut = false;
        self.on_the_way.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Time {
        Time::from_millis(ms)
    }

    #[test]
    fn what_goes_in_comes_out_in_order_after_the_latency() {
        let mut link = Link::new(LinkProfile::lossy(Duration::from_millis(80), 0.0), 1);
        link.send(ms(0), 'a');
        link.send(ms(5), 'b');
        assert_eq!(link.receive(ms(39)), None);
        assert_eq!((link.receive(ms(40)), link.receive(ms(40)), link.receive(ms(45))), (Some('a'), None, Some('b')));
    }

    #[test]
    fn what_is_lost_comes_late_and_holds_up_what_follows() {
        let mut link = Link::new(LinkProfile::lossy(Duration::from_millis(100), 0.3), 7);
        for n in 0..1_000u64 {
            link.send(ms(n * 10), n);
        }
        let (mut expected, mut late) = (0, 0);
        while let Some(at) = link.next() {
            while let Some(n) = link.receive(at) {
                assert_eq!(n, expected);
                expected += 1;
                late += usize::from(at > ms(n * 10 + 50));
            }
        }
        assert_eq!(expected, 1_000);
        assert!(late > 300, "only {late} were late");
    }

    #[test]
    fn a_stalled_link_delivers_everything_afterwards_and_a_cut_one_nothing() {
        let mut link = Link::new(LinkProfile::perfect(), 1);
        link.send(ms(0), 'a');
        link.stall(ms(500));
        assert_eq!((link.receive(ms(499)), link.receive(ms(500))), (None, Some('a')));
        link.send(ms(600), 'b');
        link.cut();
        link.send(ms(601), 'c');
        assert_eq!((link.next(), link.receive(ms(9_000))), (None, None));
        link.renew();
        link.send(ms(700), 'd');
        assert_eq!(link.receive(ms(700)), Some('d'));
    }
}
