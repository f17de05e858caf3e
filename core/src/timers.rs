//! Every deadline of the machine in one table, and one function that answers "when next?".

use crate::Time;

/// What a deadline is for. In the order in which those that are due at once take their turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// The end of the present state: of discovery, of connecting, of the backoff, of draining, of closing.
    Phase,
    /// Parts of the oldest incomplete message are given up.
    Parts,
    /// The oldest delivery without an answer gets its notice.
    Overdue,
    /// The oldest delivery without an answer is given up.
    Handler,
    /// Nothing came after a ping.
    Silence,
    /// The next ping.
    Ping,
    /// The next WebSocket-level ping.
    WebSocketPing,
}

const ALL: [Timer; 7] =
    [Timer::Phase, Timer::Parts, Timer::Overdue, Timer::Handler, Timer::Silence, Timer::Ping, Timer::WebSocketPing];

/// At most one deadline of each kind.
#[derive(Debug, Default)]
pub(crate) struct Timers([Option<Time>; ALL.len()]);

impl Timers {
    /// Sets a deadline, or removes it.
    pub(crate) fn set(&mut self, timer: Timer, at: Option<Time>) {
        if let Some(slot) = self.0.get_mut(timer as usize) {
            *slot = at;
        }
    }

    /// A deadline that is set.
    pub(crate) fn at(&self, timer: Timer) -> Option<Time> {
        self.0.get(timer as usize).copied().flatten()
    }

    /// When next?
    pub(crate) fn next(&self) -> Option<Time> {
        self.0.iter().flatten().min().copied()
    }

    /// Takes a deadline that has come. The earliest goes first, so that a late wake sees things in their order.
    pub(crate) fn take_due(&mut self, now: Time) -> Option<Timer> {
        let due = self.next().filter(|at| *at <= now)?;
        let timer = ALL.into_iter().zip(&mut self.0).find(|(_, at)| **at == Some(due));
        timer.map(|(timer, at)| {
            *at = None;
            timer
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_come_in_their_order_each_once() {
        let ms = Time::from_millis;
        let mut timers = Timers::default();
        timers.set(Timer::Ping, Some(ms(5)));
        timers.set(Timer::Silence, Some(ms(5)));
        timers.set(Timer::Overdue, Some(ms(3)));
        timers.set(Timer::Handler, Some(ms(9)));
        timers.set(Timer::Handler, None);
        assert_eq!(timers.next(), Some(ms(3)));
        assert_eq!(timers.take_due(ms(2)), None);
        assert_eq!(timers.take_due(ms(5)), Some(Timer::Overdue));
        assert_eq!(timers.take_due(ms(5)), Some(Timer::Silence));
        assert_eq!(timers.take_due(ms(5)), Some(Timer::Ping));
        assert_eq!(timers.next(), None);
    }
}
