//! A reader for serde which gives up early: on all that is unusual, and on all that does not fit.
//!
//! Its visitors are called as those of serde_json are, but that a text with escapes is handed over instead of lent.

use alloc::borrow::Cow;
use core::fmt;

use serde::Deserialize;
use serde::de::value::{BorrowedStrDeserializer, CowStrDeserializer, StringDeserializer};
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::Cut;

/// What is nested deeper is unusual. serde_json goes down to 128 levels.
const MOST_LEVELS: u32 = 64;
/// Names of types with a meaning to serde_json alone begin with this.
const PRIVATE: &str = "$serde_json::private::";

/// Reads a value. None says nothing about the text.
pub(super) fn usual<'a, T: Deserialize<'a>>(text: &'a str) -> Option<T> {
    let mut reader = Reader { cut: Cut::new(text), levels: MOST_LEVELS };
    reader.cut.skip_space();
    let value = T::deserialize(&mut reader).ok()?;
    reader.cut.skip_space();
    reader.cut.is_at_end().then_some(value)
}

struct Reader<'a> {
    /// Where the value begins, or what is left behind it.
    cut: Cut<'a>,
    /// How many more levels there may be.
    levels: u32,
}

/// Something is unusual, or does not fit. Which it is, and where, serde_json says.
#[derive(Debug)]
struct Unusual;

impl fmt::Display for Unusual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("left to serde_json")
    }
}

impl core::error::Error for Unusual {}

impl de::Error for Unusual {
    fn custom<T: fmt::Display>(_: T) -> Unusual {
        Unusual
    }
}

impl<'a> Reader<'a> {
    fn text(&mut self) -> Result<Cow<'a, str>, Unusual> {
        self.cut.string().ok_or(Unusual)
    }

    fn word<T>(&mut self, word: &[u8], value: T) -> Result<T, Unusual> {
        self.cut.word(word).map(|()| value).ok_or(Unusual)
    }

    /// Fractions are left to serde_json, as is `-0`, which is one.
    fn integer<V: Visitor<'a>>(&mut self, visitor: V) -> Result<V::Value, Unusual> {
        let digits = self.cut.value().ok_or(Unusual)?;
        if digits.starts_with('-') {
            let number = digits.parse().ok().filter(|number| *number != 0);
            visitor.visit_i64(number.ok_or(Unusual)?)
        } else {
            visitor.visit_u64(digits.parse().map_err(|_| Unusual)?)
        }
    }

    /// Reads what is between two brackets, of which the first is next.
    fn nested<T>(&mut self, end: u8, visit: impl FnOnce(Entries<'_, 'a>) -> Result<T, Unusual>) -> Result<T, Unusual> {
        self.levels = self.levels.checked_sub(1).ok_or(Unusual)?;
        self.cut.step();
        let value = visit(Entries { reader: self, end, first: true })?;
        self.cut.skip_space();
        self.cut.expect(end).ok_or(Unusual)?;
        self.levels = self.levels.saturating_add(1);
        Ok(value)
    }
}

/// Methods for what is asked for by its kind: it has to begin in this way.
macro_rules! kinds {
    ($($method:ident($($type:ty),*): $first:pat),* $(,)?) => {
        $(fn $method<V: Visitor<'a>>(self, $(_: $type,)* visitor: V) -> Result<V::Value, Unusual> {
            match self.cut.peek() {
                Some($first) => self.deserialize_any(visitor),
                _ => Err(Unusual),
            }
        })*
    };
}

impl<'a> Deserializer<'a> for &mut Reader<'a> {
    type Error = Unusual;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Unusual> {
        match self.cut.peek().ok_or(Unusual)? {
            b'"' => match self.text()? {
                Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
                Cow::Owned(text) => visitor.visit_string(text),
            },
            b'{' => self.nested(b'}', |members| visitor.visit_map(members)),
            b'[' => self.nested(b']', |elements| visitor.visit_seq(elements)),
            b't' => visitor.visit_bool(self.word(b"true", true)?),
            b'f' => visitor.visit_bool(self.word(b"false", false)?),
            b'n' => {
                self.word(b"null", ())?;
                visitor.visit_unit()
            }
            _ => self.integer(visitor),
        }
    }

    kinds! {
        deserialize_bool(): b't' | b'f',
        deserialize_i8(): b'-' | b'0'..=b'9',
        deserialize_i16(): b'-' | b'0'..=b'9',
        deserialize_i32(): b'-' | b'0'..=b'9',
        deserialize_i64(): b'-' | b'0'..=b'9',
        deserialize_u8(): b'-' | b'0'..=b'9',
        deserialize_u16(): b'-' | b'0'..=b'9',
        deserialize_u32(): b'-' | b'0'..=b'9',
        deserialize_u64(): b'-' | b'0'..=b'9',
        deserialize_f32(): b'-' | b'0'..=b'9',
        deserialize_f64(): b'-' | b'0'..=b'9',
        deserialize_char(): b'"',
        deserialize_str(): b'"',
        deserialize_string(): b'"',
        deserialize_identifier(): b'"',
        deserialize_unit(): b'n',
        deserialize_unit_struct(&'static str): b'n',
        deserialize_seq(): b'[',
        deserialize_tuple(usize): b'[',
        deserialize_tuple_struct(&'static str, usize): b'[',
        deserialize_map(): b'{',
        deserialize_struct(&'static str, &'static [&'static str]): b'{' | b'[',
    }

    fn deserialize_bytes<V: Visitor<'a>>(self, _: V) -> Result<V::Value, Unusual> {
        Err(Unusual)
    }

    fn deserialize_byte_buf<V: Visitor<'a>>(self, _: V) -> Result<V::Value, Unusual> {
        Err(Unusual)
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Unusual> {
        if self.cut.peek() == Some(b'n') {
            self.word(b"null", ())?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(self, name: &'static str, visitor: V) -> Result<V::Value, Unusual> {
        if name.starts_with(PRIVATE) { Err(Unusual) } else { visitor.visit_newtype_struct(self) }
    }

    /// Of the variants only those without contents are usual.
    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unusual> {
        match self.cut.peek() {
            Some(b'"') => visitor.visit_enum(CowStrDeserializer::new(self.text()?)),
            _ => Err(Unusual),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Unusual> {
        self.cut.value().ok_or(Unusual)?;
        visitor.visit_unit()
    }
}

/// The members of an object, or the elements of a list. An error leaves nothing to be read, so that no visitor goes on after
/// it.
struct Entries<'r, 'a> {
    reader: &'r mut Reader<'a>,
    end: u8,
    first: bool,
}

impl<'a> Entries<'_, 'a> {
    /// Goes to the next entry. False at the end, whose bracket is left where it is.
    fn next(&mut self) -> Result<bool, Unusual> {
        let cut = &mut self.reader.cut;
        cut.skip_space();
        if cut.peek() == Some(self.end) {
            return Ok(false);
        }
        if !core::mem::take(&mut self.first) {
            cut.expect(b',').ok_or(Unusual)?;
            cut.skip_space();
        }
        Ok(true)
    }

    fn name(&mut self) -> Result<Option<Cow<'a, str>>, Unusual> {
        if !self.next()? {
            return Ok(None);
        }
        let name = self.reader.text()?;
        self.reader.cut.colon().ok_or(Unusual)?;
        Ok(Some(name))
    }

    fn or_nothing<T>(&mut self, result: Result<T, Unusual>) -> Result<T, Unusual> {
        result.inspect_err(|_| self.reader.cut.give_up())
    }
}

impl<'a> SeqAccess<'a> for Entries<'_, 'a> {
    type Error = Unusual;

    fn next_element_seed<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Result<Option<T::Value>, Unusual> {
        let next = self.next();
        if self.or_nothing(next)? { self.next_value_seed(seed).map(Some) } else { Ok(None) }
    }
}

impl<'a> MapAccess<'a> for Entries<'_, 'a> {
    type Error = Unusual;

    fn next_key_seed<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Result<Option<T::Value>, Unusual> {
        let name = self.name();
        let key = match self.or_nothing(name)? {
            None => return Ok(None),
            Some(Cow::Borrowed(name)) => seed.deserialize(BorrowedStrDeserializer::new(name)),
            Some(Cow::Owned(name)) => seed.deserialize(StringDeserializer::new(name)),
        };
        self.or_nothing(key.map(Some))
    }

    fn next_value_seed<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Result<T::Value, Unusual> {
        let value = seed.deserialize(&mut *self.reader);
        self.or_nothing(value)
    }
}
