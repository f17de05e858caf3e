//! Time as an argument.

use core::time::Duration;

/// A moment: the time since an origin that the caller chooses once, usually the start of the process.
///
/// It is not `std::time::Instant`, because a test, a recording or a wasm host cannot make one of those at will. Only
/// differences count. A caller whose clock goes backwards does no harm: the machine takes the latest time it was told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(Duration);

impl Time {
    /// The origin.
    pub const ZERO: Time = Time(Duration::ZERO);

    /// The moment `since_origin` after the origin.
    pub const fn new(since_origin: Duration) -> Time {
        Time(since_origin)
    }

    /// The moment `ms` milliseconds after the origin.
    pub const fn from_millis(ms: u64) -> Time {
        Time(Duration::from_millis(ms))
    }

    /// How long after the origin this is.
    pub const fn since_origin(self) -> Duration {
        self.0
    }

    /// How long this is after `earlier`; zero if it is not.
    #[must_use]
    pub const fn since(self, earlier: Time) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// The moment `duration` later, or the last representable one.
    #[must_use]
    pub const fn after(self, duration: Duration) -> Time {
        Time(self.0.saturating_add(duration))
    }
}
