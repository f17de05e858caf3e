//! Reading JSON of the peer without being particular: what has another form than expected reads as absent.
//!
//! Nothing here builds a `serde_json::Value` of what nobody asked for: that would cost many times the size of the text, and
//! with the feature `raw_value` it reads an object with a certain key as JSON inside a text, which a peer can nest deeper
//! than a stack can bear.

use alloc::borrow::{Cow, ToOwned};
use alloc::string::ToString;
use core::fmt;
use core::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A text, borrowed where the JSON has no escapes in it. A number reads as its digits, anything else as absent.
#[derive(Default, PartialEq)]
pub(crate) struct Text<'a>(pub(crate) Option<Cow<'a, str>>);

/// A number without a fraction. Anything else, a text of digits included, reads as absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Integer(pub(crate) Option<i128>);

/// A struct that picks its members out of an object.
pub(crate) trait Members<'de>: Default {
    /// Takes the value of the member `name` from `map`, or skips it.
    fn take<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error>;
}

/// The members of an object, or nothing if the JSON is not an object. Of a repeated member the last counts.
#[derive(PartialEq)]
pub(crate) struct Fields<T>(pub(crate) Option<T>);

impl<T> Default for Fields<T> {
    fn default() -> Self {
        Fields(None)
    }
}

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Text(match deserializer.deserialize_any(AnyVisitor::<Nothing>(PhantomData))? {
            Any::Text(text) => Some(text),
            Any::Integer(number) => Some(Cow::Owned(number.to_string())),
            Any::Float(number) => Some(Cow::Owned(number.to_string())),
            Any::Members(_) | Any::Other => None,
        }))
    }
}

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Integer(match deserializer.deserialize_any(AnyVisitor::<Nothing>(PhantomData))? {
            Any::Integer(number) => Some(number),
            _ => None,
        }))
    }
}

impl<'de, T: Members<'de>> Deserialize<'de> for Fields<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Fields(match deserializer.deserialize_any(AnyVisitor::<T>(PhantomData))? {
            Any::Members(members) => Some(members),
            _ => None,
        }))
    }
}

/// Any JSON value, of which only the outermost layer is kept.
enum Any<'de, T> {
    Text(Cow<'de, str>),
    Integer(i128),
    Float(f64),
    Members(T),
    Other,
}

struct AnyVisitor<T>(PhantomData<T>);

impl<'de, T: Members<'de>> Visitor<'de> for AnyVisitor<T> {
    type Value = Any<'de, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Any::Text(Cow::Borrowed(text)))
    }
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Any::Text(Cow::Owned(text.to_owned())))
    }
    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Any::Integer(number.into()))
    }
    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Any::Integer(number.into()))
    }
    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Any::Float(number))
    }
    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Any::Other)
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Any::Other)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        IgnoredAny.visit_seq(seq).map(|_| Any::Other)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = T::default();
        while let Some(name) = map.next_key::<Text<'de>>()? {
            members.take(name.0.as_deref().unwrap_or_default(), &mut map)?;
        }
        Ok(Any::Members(members))
    }
}

/// No members: an object of which nothing is of interest.
#[derive(Default)]
struct Nothing;

impl<'de> Members<'de> for Nothing {
    fn take<A: MapAccess<'de>>(&mut self, _: &str, map: &mut A) -> Result<(), A::Error> {
        map.next_value::<IgnoredAny>().map(drop)
    }
}
