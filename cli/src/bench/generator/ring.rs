//! Pushes as they go over the wire, in one buffer that is written again and again.

use super::samples::{MARK, Places, push};
use super::websocket::write_frame;

/// So much is written at once, if the window allows it. It stays in the cache of a CPU.
const CHUNK: usize = 256 * 1024;

/// Several pushes behind each other. They differ in their numbers only, which are written over those of the last time.
pub(super) struct Ring {
    bytes: Vec<u8>,
    /// Bytes of a push with all its frames.
    stride: usize,
    places: Places,
    number: u64,
}

impl Ring {
    /// Pushes of so many bytes each, in so many parts; no more at once than the window.
    pub(super) fn new(bytes: usize, parts: usize, window: usize) -> Ring {
        let mut one = Vec::new();
        for frame in push(MARK, bytes, parts) {
            write_frame(&frame, &mut one);
        }
        let count = (CHUNK / one.len()).clamp(1, window.max(1));
        Ring { bytes: one.repeat(count), stride: one.len(), places: Places::of(&one), number: 0 }
    }

    /// Leaves out so many pushes.
    pub(super) fn skip(&mut self, pushes: u64) {
        self.number += pushes;
    }

    /// The number of the last push; that of the first is 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// So many it gives at once, at most.
    pub(super) fn count(&self) -> usize {
        self.bytes.len() / self.stride
    }

    /// The next pushes, at most [`count`](Ring::count) of them.
    pub(super) fn next(&mut self, count: usize) -> &[u8] {
        for push in self.bytes.chunks_mut(self.stride).take(count) {
            self.number += 1;
            self.places.write(self.number, push);
        }
        self.bytes.get(..count * self.stride).unwrap_or(&self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_ring_gives_are_the_pushes_of_its_numbers() {
        let mut ring = Ring::new(1024, 4, 3);
        let mut number = 0;
        for count in [3, 1, 2, 3] {
            let mut expected = Vec::new();
            for _ in 0..count {
                number += 1;
                push(number, 1024, 4).iter().for_each(|frame| write_frame(frame, &mut expected));
            }
            assert_eq!(ring.next(count), expected);
        }
        assert_eq!((ring.number(), ring.count()), (9, 3));
    }
}
