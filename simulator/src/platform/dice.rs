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
        let (version, variant) = (0x4000, 0b10 << 62);
        let numbers = [self.next() & !0xf000 | version, self.next() & !(0b11 << 62) | variant];
        let mut text = Vec::with_capacity(36);
        text.extend_from_slice(numbers.map(hex_digits).as_flattened());
        for place in [8, 13, 18, 23] {
            text.insert(place, b'-');
        }
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

/// A number in sixteen digits. All at once, because every push has two identifiers of them: each half byte goes to a byte of
/// its own, and what is above 9 is moved up to the letters.
fn hex_digits(number: u64) -> [u8; 16] {
    const EACH: u128 = u128::MAX / 0xff;
    let spread = |digits: u128, by: u32, mask: u128| (digits | digits << by) & mask;
    let digits = spread(number.into(), 32, 0x0000_0000_ffff_ffff_0000_0000_ffff_ffff);
    let digits = spread(digits, 16, 0x0000_ffff_0000_ffff_0000_ffff_0000_ffff);
    let digits = spread(digits, 8, 0x00ff_00ff_00ff_00ff_00ff_00ff_00ff_00ff);
    let digits = spread(digits, 4, 0x0f0f_0f0f_0f0f_0f0f_0f0f_0f0f_0f0f_0f0f);
    let letters = (digits.wrapping_add(EACH * 6) >> 4) & EACH;
    let to_letter = u128::from(b'a' - b'9' - 1);
    digits.wrapping_add(EACH * u128::from(b'0')).wrapping_add(letters.wrapping_mul(to_letter)).to_be_bytes()
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
