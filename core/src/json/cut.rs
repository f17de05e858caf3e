//! Cutting JSON at its tokens, without reading more than is wanted of what is between them.
//!
//! Strings are passed over eight bytes at a time, and long ones in longer strides. This accepts nothing that serde_json does
//! not, and need not accept everything: whatever is unusual is left to serde_json.

use alloc::borrow::Cow;
use alloc::string::String;

use memchr::memchr2;

use crate::lenient::Text;

/// JSON, cut up to a place. Every function gives none where there is something else than it is for, or something unusual.
pub(crate) struct Cut<'a> {
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
    pub(super) fn new(text: &'a str) -> Cut<'a> {
        Cut { text, rest: text.as_bytes() }
    }

    /// Calls `each` with the name of each member of the object that `text` is, in their order, and with the place of its
    /// value, which `each` has to pass over. A name with an escape is unusual.
    pub(crate) fn whole(text: &'a str, each: impl FnMut(&'a str, &mut Cut<'a>) -> Option<()>) -> Option<()> {
        let mut cut = Cut::new(text);
        cut.skip_space();
        cut.members(each)?;
        cut.skip_space();
        cut.is_at_end().then_some(())
    }

    /// The same with the object that is next.
    pub(crate) fn members(&mut self, mut each: impl FnMut(&'a str, &mut Cut<'a>) -> Option<()>) -> Option<()> {
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
    pub(crate) fn is_at_object(&self) -> bool {
        self.peek() == Some(b'{')
    }

    /// Reads the value that is next: a string without escapes is what is between its quotes.
    pub(crate) fn text(&mut self) -> Option<Text<'a>> {
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
    pub(crate) fn value(&mut self) -> Option<&'a str> {
        let begin = self.at();
        let mut nesting = Nesting::default();
        loop {
            match self.next()? {
                b'"' => drop(self.skip_string()?),
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
        self.skip_string()?;
        self.colon()
    }

    pub(super) fn colon(&mut self) -> Option<()> {
        self.skip_space();
        self.expect(b':')?;
        self.skip_space();
        Some(())
    }

    /// Passes over the rest of a string, and gives it if it has no escapes.
    fn plain_string(&mut self) -> Option<Option<&'a str>> {
        let begin = self.at();
        let plain = self.skip_string()?;
        let end = self.at().saturating_sub(1);
        Some(self.text.get(begin..end).filter(|_| plain))
    }

    /// Reads the string that is next.
    #[inline]
    pub(super) fn string(&mut self) -> Option<Cow<'a, str>> {
        self.expect(b'"')?;
        let begin = self.at();
        let special = skip_plain(self.rest)?;
        let end = self.place(special);
        if let Some((b'"', behind)) = special.split_first() {
            self.rest = behind;
            return self.text.get(begin..end).map(Cow::Borrowed);
        }
        self.skip_escapes(special)?;
        unescape(self.since(begin)?).map(Cow::Owned)
    }

    /// Passes over the rest of a string, and tells whether it has no escapes.
    #[inline]
    fn skip_string(&mut self) -> Option<bool> {
        let special = skip_plain(self.rest)?;
        if let Some((b'"', behind)) = special.split_first() {
            self.rest = behind;
            return Some(true);
        }
        self.skip_escapes(special).map(|()| false)
    }

    /// Passes over the rest of a string, from its first escape on.
    fn skip_escapes(&mut self, mut special: &'a [u8]) -> Option<()> {
        loop {
            let behind = match special {
                [b'"', behind @ ..] => break self.rest = behind,
                [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', behind @ ..] => behind,
                [b'\\', b'u', behind @ ..] => {
                    let (digits, behind) = behind.split_first_chunk::<4>()?;
                    digits.iter().all(u8::is_ascii_hexdigit).then_some(behind)?
                }
                _ => return None,
            };
            special = skip_plain(behind)?;
        }
        Some(())
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

    pub(super) fn word(&mut self, rest: &[u8]) -> Option<()> {
        rest.iter().try_for_each(|byte| self.expect(*byte))
    }

    fn skip_digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.step();
        }
    }

    pub(super) fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.step();
        }
    }

    pub(super) fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    fn next(&mut self) -> Option<u8> {
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*byte)
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    pub(super) fn step(&mut self) {
        self.rest = self.rest.get(1..).unwrap_or_default();
    }

    /// Leaves nothing to be read.
    pub(super) fn give_up(&mut self) {
        self.rest = &[];
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    fn at(&self) -> usize {
        self.place(self.rest)
    }

    /// Where in the text this rest of it begins.
    fn place(&self, rest: &[u8]) -> usize {
        self.text.len().wrapping_sub(rest.len())
    }

    fn since(&self, begin: usize) -> Option<&'a str> {
        self.text.get(begin..self.at())
    }
}

/// A text without its escapes, from behind its first quote to its last. No text is longer than it is with its escapes.
/// Half of a surrogate pair is unusual.
fn unescape(quoted: &str) -> Option<String> {
    let mut text = String::with_capacity(quoted.len());
    let mut rest = quoted;
    loop {
        let plain = rest.len().checked_sub(skip_plain(rest.as_bytes())?.len())?;
        let (plain, special) = rest.split_at_checked(plain)?;
        text.push_str(plain);
        let Some(escape) = special.strip_prefix('\\') else { return Some(text) };
        let (kind, behind) = escape.split_at_checked(1)?;
        rest = behind;
        text.push(match kind {
            "b" => '\u{8}',
            "f" => '\u{c}',
            "n" => '\n',
            "r" => '\r',
            "t" => '\t',
            "u" => {
                let first = unit(&mut rest)?;
                match char::from_u32(first.into()) {
                    Some(character) => character,
                    None => {
                        rest = rest.strip_prefix("\\u")?;
                        char::decode_utf16([first, unit(&mut rest)?]).next()?.ok()?
                    }
                }
            }
            // A quote, a backslash or a slash.
            itself => itself.chars().next()?,
        });
    }
}

/// The four digits that are next.
fn unit(rest: &mut &str) -> Option<u16> {
    let (digits, behind) = rest.split_at_checked(4)?;
    *rest = behind;
    u16::from_str_radix(digits, 16).ok()
}

/// So many words are looked at one by one, before longer strides are worth their preparation.
const WORDS: usize = 6;

/// What is left of a string from the first byte on that has a meaning of its own there.
#[inline]
fn skip_plain(mut rest: &[u8]) -> Option<&[u8]> {
    for _ in 0..WORDS {
        let Some((word, behind)) = rest.split_first_chunk::<8>() else { break };
        let found = special(u64::from_le_bytes(*word));
        if found != 0 {
            return rest.get(found.trailing_zeros() as usize / 8..);
        }
        rest = behind;
    }
    skip_long(rest)
}

fn skip_long(rest: &[u8]) -> Option<&[u8]> {
    let (plain, rest) = rest.split_at_checked(memchr2(b'"', b'\\', rest)?)?;
    let least = plain.iter().fold(u8::MAX, |least, byte| least.min(*byte));
    (least >= b' ').then_some(rest)
}

/// The highest bit of each byte that is a quote, a backslash or a control character. Bytes above the lowest such one may be
/// marked by mistake, since a subtraction borrows from them.
fn special(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let each = |byte: u8| EACH.wrapping_mul(u64::from(byte));
    // The highest bit of such a byte is set by the subtraction, as is that of others which had it before. With its second bit
    // turned over a quote is a space, next to the control characters, and a space is none any more.
    let quote_or_control = (word ^ each(2)).wrapping_sub(each(b' ' + 1));
    let backslash = (word ^ each(b'\\')).wrapping_sub(EACH);
    (quote_or_control | backslash) & !word & each(0x80)
}
