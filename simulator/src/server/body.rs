//! Bodies of answers: whole, cut in the middle, or told bit by bit.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::Frame;

/// A body of any kind.
pub(super) type Body = UnsyncBoxBody<Bytes, NoAnswer>;
/// An answer with any kind of body.
pub(super) type Answer = hyper::Response<Body>;

/// There is no more of an answer, or none at all: its connection just ends.
#[derive(Debug)]
pub(super) struct NoAnswer;

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the platform ends the connection without an answer")
    }
}

impl std::error::Error for NoAnswer {}

/// A body that is complete.
pub(super) fn whole(content: Bytes) -> Body {
    Full::new(content).map_err(|never| match never {}).boxed_unsync()
}

/// The first half of a body; then its connection ends.
pub(super) fn half(content: Bytes) -> Body {
    /// For what was written to be on its way.
    const PAUSE: Duration = Duration::from_millis(20);
    let half = content.slice(..content.len() / 2);
    let parts = stream::iter([Ok(Frame::data(half))]).chain(stream::once(async {
        tokio::time::sleep(PAUSE).await;
        Err(NoAnswer)
    }));
    StreamBody::new(parts).boxed_unsync()
}
