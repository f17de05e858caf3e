//! Cutting JSON into the members of an object, without reading more than is wanted of their values.
//!
//! What the envelope wants of a payload is a handful of short texts and where the body is. serde_json looks at each byte of
//! the body for that, as the reader of the body does after it. Here strings are passed over eight bytes at a time, and long
//! ones in longer strides. This accepts nothing that serde_json does not, and need not accept everything: whatever is
//! unusual is left to serde_json.

use alloc::borrow::Cow;

use memchr::memchr2;

use crate::lenient::Text;

/// JSON, cut up to a place. Every function gives none where there is something else than it is for, or something unusual.
pub(super) struct Cut<'a> {
    text: &'a str,
    rest: &'a [u8],
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

impl<'a> Cut<'a> {
    /// Calls `each` with the name of each member of the object that `text` is, in their order, and with the place of its
    /// value, which `each` has to pass over. A name with an escape is unusual.
    pub(super) fn whole(text: &'a str, each: impl FnMut(&'a str, &mut Cut<'a>) -> Option<()>) -> Option<()> {
        let mut cut = Cut { text, rest: text.as_bytes() };
        cut.skip_space();
        cut.members(each)?;
        cut.skip_space();
        cut.rest.is_empty().then_some(())
    }

    /// The same with the object that is next.
    pub(super) fn members(&mut self, mut each: impl FnMut(&'a str, &mut Cut<'a>) -> Option<()>) -> Option<()> {
        self.expect(b'{')?;
        self.skip_space();
        if self.peek() == Some(b'}') {
            self.step();
            return Some(());
        }
        loop {
            self.expect(b'"')?;
            let name = self.plain_string()??;
            self.colon()?;
            each(name, self)?;
            self.skip_space();
            match self.next()? {
                b',' => self.skip_space(),
                b'}' => return Some(()),
                _ => return None,
            }
        }
    }

    /// Whether an object is next.
    pub(super) fn is_at_object(&self) -> bool {
        self.peek() == Some(b'{')
    }

    /// Reads the value that is next: a string without escapes is what is between its quotes.
    pub(super) fn text(&mut self) -> Option<Text<'a>> {
        let begin = self.at();
        if self.peek() == Some(b'"') {
            self.step();
            if let Some(text) = self.plain_string()? {
                return Some(Text(Some(Cow::Borrowed(text))));
            }
        } else {
            self.value()?;
        }
        serde_json::from_str(self.since(begin)?).ok()
    }

    /// Passes over the value that is next.
    pub(super) fn value(&mut self) -> Option<&'a str> {
        let begin = self.at();
        let mut nesting = Nesting::default();
        loop {
            match self.next()? {
                b'"' => drop(self.string()?),
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
                    return self.since(begin);
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
        self.colon()
    }

    fn colon(&mut self) -> Option<()> {
        self.skip_space();
        self.expect(b':')?;
        self.skip_space();
        Some(())
    }

    /// Passes over the rest of a string, and gives it if it has no escapes.
    fn plain_string(&mut self) -> Option<Option<&'a str>> {
        let begin = self.at();
        let plain = self.string()?;
        let end = self.at().saturating_sub(1);
        Some(self.text.get(begin..end).filter(|_| plain))
    }

    /// Passes over the rest of a string, and tells whether it has no escapes.
    fn string(&mut self) -> Option<bool> {
        let mut plain = true;
        let mut rest = self.rest;
        loop {
            let (byte, behind) = skip_plain(rest)?.split_first()?;
            rest = match byte {
                b'"' => break self.rest = behind,
                b'\\' => behind,
                _ => return None,
            };
            plain = false;
            let (byte, behind) = rest.split_first()?;
            rest = match byte {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => behind,
                b'u' => {
                    let (digits, behind) = behind.split_first_chunk::<4>()?;
                    digits.iter().all(u8::is_ascii_hexdigit).then_some(behind)?
                }
                _ => return None,
            };
        }
        Some(plain)
    }

    /// Passes over the rest of a number that begins with this digit.
    fn number(&mut self, first: u8) -> Option<()> {
        let begin = self.rest.len();
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
        let ordinary = begin.saturating_sub(self.rest.len()) <= MOST_DIGITS;
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
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*byte)
    }

    fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    fn step(&mut self) {
        self.rest = self.rest.get(1..).unwrap_or_default();
    }

    fn at(&self) -> usize {
        self.text.len().saturating_sub(self.rest.len())
    }

    fn since(&self, begin: usize) -> Option<&'a str> {
        self.text.get(begin..self.at())
    }
}

/// So many words are looked at one by one, before longer strides are worth their preparation.
const WORDS: usize = 6;

/// What is left of a string from the first byte on that has a meaning of its own there.
fn skip_plain(mut rest: &[u8]) -> Option<&[u8]> {
    for _ in 0..WORDS {
        let Some((word, behind)) = rest.split_first_chunk::<8>() else { break };
        let found = special(u64::from_le_bytes(*word));
        if found != 0 {
            return rest.get(found.trailing_zeros() as usize / 8..);
        }
        rest = behind;
    }
    let (plain, rest) = rest.split_at_checked(memchr2(b'"', b'\\', rest)?)?;
    let least = plain.iter().fold(u8::MAX, |least, byte| least.min(*byte));
    (least >= b' ').then_some(rest)
}

/// The highest bit of each byte that is a quote, a backslash or a control character. Bytes above the lowest such one may be
/// marked by mistake, since a subtraction borrows from them.
fn special(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let each = |byte: u8| EACH.wrapping_mul(u64::from(byte));
    // The highest bit of such a byte is set by the subtraction, as is that of others which had it before.
    let quote = (word ^ each(b'"')).wrapping_sub(EACH);
    let backslash = (word ^ each(b'\\')).wrapping_sub(EACH);
    let control = word.wrapping_sub(each(b' '));
    (quote | backslash | control) & !word & each(0x80)
}
