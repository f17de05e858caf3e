//! All randomness of the machine, from one seed, and the shapes of identifiers made with it.

use std::sync::Arc;

/// SplitMix64: small, fast, and good enough for identifiers that only have to be different.
#[derive(Clone, Debug)]
pub(crate) struct Dice {
    state: u64,
}

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        Dice { state: seed }
    }

    /// Dice whose throws depend on `text` only, so that a name always gives the same identifiers.
    pub(crate) fn of(text: &str) -> Dice {
        // FNV-1a, 64 bits.
        let hash = text
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Dice::new(hash)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of `0..count`; 0 when `count` is 0.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.next().checked_rem(count).and_then(|value| usize::try_from(value).ok()).unwrap_or(0)
    }

    /// True with this chance, from 0 to 1.
    pub(crate) fn chance(&mut self, chance: f64) -> bool {
        let bits = u32::try_from(self.next() >> 43).unwrap_or_default();
        f64::from(bits) < chance * f64::from(1_u32 << 21)
    }

    /// The indexes `0..count` in random order (Fisher-Yates).
    pub(crate) fn shuffled(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for index in (1..count).rev() {
            order.swap(index, self.below(index.saturating_add(1)));
        }
        order
    }

    /// `length` lower-case hexadecimal digits.
    pub(crate) fn hex(&mut self, length: usize) -> String {
        let mut text = Vec::with_capacity(length.next_multiple_of(16));
        while text.len() < length {
            text.extend(hex_digits(self.next()));
        }
        text.truncate(length);
        String::from_utf8(text).unwrap_or_default()
    }

    /// `length` decimal digits, the first of them not 0.
    pub(crate) fn digits(&mut self, length: usize) -> String {
        let mut digits = self.text(1, b"123456789");
        digits.push_str(&self.text(length.saturating_sub(1), b"0123456789"));
        digits
    }

    /// A random UUID (version 4).
    pub(crate) fn uuid(&mut self) -> Arc<str> {
        let mut rest = u128::from(self.next()) << 64 | u128::from(self.next());
        let text: [u8; 36] = std::array::from_fn(|place| {
            if let 8 | 13 | 18 | 23 = place {
                return b'-';
            }
            rest = rest.rotate_left(4);
            let throw = u8::try_from(rest & 0xf).unwrap_or_default();
            hex_digit(match place {
                14 => 4,
                19 => 0b1000 | throw & 0b11,
                _ => throw,
            })
        });
        std::str::from_utf8(&text).unwrap_or_default().into()
    }

    fn text<const COUNT: usize>(&mut self, length: usize, alphabet: &[u8; COUNT]) -> String {
        (0..length).map(|_| self.one_of(alphabet)).collect()
    }

    /// The length of the alphabet is known when this is compiled: identifiers are made often, and dividing is slow.
    fn one_of<const COUNT: usize>(&mut self, alphabet: &[u8; COUNT]) -> char {
        alphabet.get(self.below(COUNT)).copied().map(char::from).unwrap_or_default()
    }
}

/// A number in sixteen digits.
fn hex_digits(number: u64) -> [u8; 16] {
    let mut rest = number;
    std::array::from_fn(|_| {
        rest = rest.rotate_left(4);
        hex_digit(u8::try_from(rest & 0xf).unwrap_or_default())
    })
}

fn hex_digit(value: u8) -> u8 {
    match value {
        0..=9 => b'0'.wrapping_add(value),
        _ => (b'a' - 10).wrapping_add(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_its_digits() {
        assert_eq!(&hex_digits(0x0123_4567_89ab_cdef), b"0123456789abcdef");
    }

    #[test]
    fn identifiers_have_the_shape_of_real_ones() {
        let mut dice = Dice::new(7);
        for _ in 0..100 {
            let uuid = dice.uuid();
            let parts: Vec<&str> = uuid.split('-').collect();
            assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{uuid}");
            assert!(parts[2].starts_with('4') && parts[3].starts_with(['8', '9', 'a', 'b']), "{uuid}");
            assert!(parts.concat().bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')), "{uuid}");
        }
        assert_eq!([0, 4, 16, 24, 32].map(|length| dice.hex(length).len()), [0, 4, 16, 24, 32]);
    }
}
