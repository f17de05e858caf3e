//! Reading any JSON as a [`Value`], without the special case in that type's own reader.
//!
//! With its feature `raw_value`, which other crates may switch on, serde_json reads an object whose only member is
//! `$serde_json::private::RawValue` as the JSON in its text, and starts a new count of the depth: texts in texts nest deeper
//! than a stack can bear. Here an object is an object, and the reader's limit of 128 levels holds.
//!
//! With its feature `arbitrary_precision` a fraction comes as an object, too, whose only member is [`NUMBER`]: that is the
//! number which is in its text, if it is one.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The member that stands for a number: see above.
pub const NUMBER: &str = "$serde_json::private::Number";

/// Reads any value: for `deserialize_with`.
///
/// # Errors
/// It is not JSON, or nested deeper than 128 levels.
pub fn any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    Plain::deserialize(deserializer).map(|plain| plain.0)
}

/// The same, but what is not an object, `null` included, is none.
///
/// # Errors
/// As [`any`].
pub fn object<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Map<String, Value>>, D::Error> {
    match any(deserializer)? {
        Value::Object(map) => Ok(Some(map)),
        _ => Ok(None),
    }
}

struct Plain(Value);

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PlainVisitor;

        impl<'de> Visitor<'de> for PlainVisitor {
            type Value = Plain;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }
            fn visit_bool<E>(self, value: bool) -> Result<Plain, E> {
                Ok(Plain(value.into()))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Plain, E> {
                Ok(Plain(value.into()))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Plain, E> {
                Ok(Plain(value.into()))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Plain, E> {
                Ok(Plain(value.into()))
            }
            fn visit_str<E>(self, value: &str) -> Result<Plain, E> {
                Ok(Plain(value.to_owned().into()))
            }
            fn visit_string<E>(self, value: String) -> Result<Plain, E> {
                Ok(Plain(value.into()))
            }
            fn visit_unit<E>(self) -> Result<Plain, E> {
                Ok(Plain(Value::Null))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Plain, A::Error> {
                let mut values = Vec::new();
                while let Some(Plain(value)) = seq.next_element()? {
                    values.push(value);
                }
                Ok(Plain(values.into()))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Plain, A::Error> {
                let mut members = Map::new();
                while let Some((name, Plain(value))) = map.next_entry::<String, Plain>()? {
                    members.insert(name, value);
                }
                let number = members.get(NUMBER).filter(|_| members.len() == 1).and_then(Value::as_str);
                if let Some(number) = number.and_then(|text| text.parse::<Number>().ok()) {
                    return Ok(Plain(number.into()));
                }
                Ok(Plain(members.into()))
            }
        }

        deserializer.deserialize_any(PlainVisitor)
    }
}
