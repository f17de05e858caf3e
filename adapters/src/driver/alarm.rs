//! A timer that is set anew as seldom as possible.

use std::task::{Context, Poll};
use std::time::Instant;

use futures::future::{BoxFuture, FutureExt};

use crate::runtime::Runtime;

/// A timer that is set anew only when it would ring too late. One that rings too early costs a look at the clock; setting
/// it on each wake would cost more.
#[derive(Default)]
pub(crate) struct Alarm {
    set: Option<(Instant, BoxFuture<'static, ()>)>,
}

impl Alarm {
    /// Ready once the clock shows `deadline`.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, runtime: &dyn Runtime, deadline: Instant) -> Poll<()> {
        while runtime.now() < deadline {
            let (_, sleep) = match &mut self.set {
                Some(set) if set.0 <= deadline => set,
                set => set.insert((deadline, runtime.sleep_until(deadline))),
            };
            if sleep.poll_unpin(cx).is_pending() {
                return Poll::Pending;
            }
            self.set = None;
        }
        Poll::Ready(())
    }
}
