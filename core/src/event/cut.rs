//! Cutting JSON into the members of an object, without reading their values.
//!
//! What the envelope wants of a payload is a handful of short texts and where the body is. serde_json looks at each byte of
//! the body for that, as the reader of the body does after it. Here strings are passed over in strides, so that a long payload
//! is not read twice. This accepts nothing that serde_json does not, and need not accept everything: whatever is unusual is
//! left to serde_json.

use memchr::memchr2;

/// Calls `each` with key and value of each member of the object that `text` is, in their order. None if it is not an object,
/// or not JSON, or has a key with an escape, or is nested deeper than 64 levels, or if `each` says so.
pub(super) fn members<'a>(text: &'a str, mut each: impl FnMut(&'a str, &'a str) -> Option<()>) -> Option<()> {
    let mut rest = Cut { text, at: 0 };
    rest.skip_space();
    rest.expect(b'{')?;
    rest.skip_space();
    if rest.peek() == Some(b'}') {
        rest.step();
    } else {
        loop {
            let begin = rest.at.saturating_add(1);
            rest.key()?;
            let key = text.get(begin..)?;
            let key = key.get(..memchr2(b'"', b'\\', key.as_bytes())?)?;
            if text.as_bytes().get(begin.saturating_add(key.len())) != Some(&b'"') {
                return None;
            }
            let begin = rest.at;
            rest.value()?;
            each(key, text.get(begin..rest.at)?)?;
            rest.skip_space();
            match rest.next()? {
                b',' => rest.skip_space(),
                b'}' => break,
                _ => return None,
            }
        }
    }
    rest.skip_space();
    rest.peek().is_none().then_some(())
}

/// Text up to a place.
struct Cut<'a> {
    text: &'a str,
    at: usize,
}

/// Longer numbers are unusual.
const MOST_DIGITS: usize = 64;

/// What is open around a place: a bit for each level, set for objects.
#[derive(Default)]
struct Nesting {
    levels: u32,
    objects: u64,
}

impl Nesting {
    fn open(&mut self, object: bool) -> Option<()> {
        self.objects = self.objects << 1 | u64::from(object);
        self.levels = self.levels.saturating_add(1);
        (self.levels <= u64::BITS).then_some(())
    }

    fn close(&mut self) {
        self.objects >>= 1;
        self.levels = self.levels.saturating_sub(1);
    }

    fn in_object(&self) -> bool {
        self.objects & 1 == 1
    }
}

impl Cut<'_> {
    /// Passes over one value.
    fn value(&mut self) -> Option<()> {
        let mut nesting = Nesting::default();
        loop {
            match self.next()? {
                b'"' => self.string()?,
                b't' => self.word(b"rue")?,
                b'f' => self.word(b"alse")?,
                b'n' => self.word(b"ull")?,
                b'-' => {
                    let first = self.next()?;
                    self.number(first)?;
                }
                first @ b'0'..=b'9' => self.number(first)?,
                bracket @ (b'{' | b'[') => {
                    let object = bracket == b'{';
                    nesting.open(object)?;
                    self.skip_space();
                    // The brackets of each kind are two apart.
                    if self.peek() != Some(bracket.wrapping_add(2)) {
                        if object {
                            self.key()?;
                        }
                        continue;
                    }
                    self.step();
                    nesting.close();
                }
                _ => return None,
            }
            // A value has ended, and with it perhaps those around it.
            loop {
                if nesting.levels == 0 {
                    return Some(());
                }
                self.skip_space();
                match (self.next()?, nesting.in_object()) {
                    (b',', object) => {
                        self.skip_space();
                        if object {
                            self.key()?;
                        }
                        break;
                    }
                    (b'}', true) | (b']', false) => nesting.close(),
                    _ => return None,
                }
            }
        }
    }

    /// Passes over a key, and all between it and its value.
    fn key(&mut self) -> Option<()> {
        self.expect(b'"')?;
        self.string()?;
        self.skip_space();
        self.expect(b':')?;
        self.skip_space();
        Some(())
    }

    /// Passes over the rest of a string.
    fn string(&mut self) -> Option<()> {
        loop {
            let length = plain(self.rest())?;
            self.at = self.at.saturating_add(length);
            match self.next()? {
                b'"' => return Some(()),
                b'\\' => match self.next()? {
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                    b'u' => {
                        for _ in 0..4 {
                            self.next()?.is_ascii_hexdigit().then_some(())?;
                        }
                    }
                    _ => return None,
                },
                _ => return None,
            }
        }
    }

    /// Passes over the rest of a number that begins with this digit.
    fn number(&mut self, first: u8) -> Option<()> {
        let begin = self.at;
        match first {
            b'0' if self.peek().is_some_and(|byte| byte.is_ascii_digit()) => return None,
            b'0' => {}
            b'1'..=b'9' => self.skip_digits(),
            _ => return None,
        }
        if self.peek() == Some(b'.') {
            self.step();
            self.next()?.is_ascii_digit().then_some(())?;
            self.skip_digits();
        }
        // Such a number may be out of range, which serde_json says where it reads it.
        let ordinary = self.at.saturating_sub(begin) <= MOST_DIGITS;
        (ordinary && !matches!(self.peek(), Some(b'e' | b'E'))).then_some(())
    }

    fn word(&mut self, rest: &[u8]) -> Option<()> {
        rest.iter().try_for_each(|byte| self.expect(*byte))
    }

    fn skip_digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.step();
        }
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.step();
        }
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.step();
        Some(byte)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn step(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    fn rest(&self) -> &[u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }
}

/// So many words are looked at one by one, before longer strides are worth their preparation.
const WORDS: usize = 6;

/// How many bytes there are before the first that is special in a string.
fn plain(bytes: &[u8]) -> Option<usize> {
    let mut length = 0usize;
    for word in bytes.as_chunks().0.iter().take(WORDS) {
        let found = special(u64::from_le_bytes(*word));
        if found != 0 {
            return length.checked_add(found.trailing_zeros() as usize / 8);
        }
        length = length.saturating_add(8);
    }
    let rest = bytes.get(length..)?;
    let more = memchr2(b'"', b'\\', rest)?;
    // Not `any`, which stops at the first, and goes by single bytes for that.
    let control = rest.get(..more)?.iter().fold(false, |found, byte| found | (*byte < b' '));
    (!control).then_some(length.saturating_add(more))
}

/// The highest bit of each byte that is a quote, a backslash or a control character. Bytes above the lowest such one may be
/// marked by mistake, since a subtraction borrows from them.
fn special(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let below = |word: u64, byte: u8| word.wrapping_sub(EACH.wrapping_mul(u64::from(byte))) & !word;
    let is = |byte: u8| below(word ^ EACH.wrapping_mul(u64::from(byte)), 1);
    (is(b'"') | is(b'\\') | below(word, b' ')) & EACH.wrapping_mul(0x80)
}
