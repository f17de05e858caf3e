//! Many pushes, each with ids of its own.

use crate::samples::{MARK, Places, push};

/// Pushes of message events, made by writing another number into frames that are there.
pub struct Pushes {
    frames: Vec<(Vec<u8>, Places)>,
    number: u64,
}

impl Pushes {
    /// Pushes of this many bytes each, in so many parts; the first has the number 1.
    pub fn new(bytes: usize, parts: usize) -> Pushes {
        let frames = push(MARK, bytes, parts);
        Pushes { frames: frames.iter().map(|frame| (frame.to_vec(), Places::of(frame))).collect(), number: 0 }
    }

    /// The frames of the next push.
    pub fn next_push(&mut self) -> impl Iterator<Item = &[u8]> {
        self.number += 1;
        for (frame, places) in &mut self.frames {
            places.write(self.number, frame);
        }
        self.frames.iter().map(|(frame, _)| frame.as_slice())
    }
}
