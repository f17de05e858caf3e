//! Reading bodies without being particular, and writing them again: the rules are in the front page of the crate.
//!
//! The structs have no derived reader, which would need an attribute on each field: [`object!`] makes one of a list of names,
//! and what a field accepts follows from its type, by [`Read`].

use alloc::borrow::{Cow, ToOwned};
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, Expected, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::ser::{Serialize, SerializeMap};
use serde_json::{Map, Value};

use larkwire_core::value;

/// A value inside a body.
pub(crate) trait Read: Sized {
    /// Reads it; none is what stands for nothing.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error>;
}

/// A member of a struct.
pub(crate) trait Field {
    fn take<'de, A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<(), A::Error>;
    fn put<M: SerializeMap>(&self, key: &'static str, map: &mut M) -> Result<(), M::Error>;
}

impl<T: Read + Serialize> Field for Option<T> {
    fn take<'de, A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<(), A::Error> {
        *self = map.next_value_seed(Seed(PhantomData))?;
        Ok(())
    }
    fn put<M: SerializeMap>(&self, key: &'static str, map: &mut M) -> Result<(), M::Error> {
        self.as_ref().map_or(Ok(()), |value| map.serialize_entry(key, value))
    }
}

/// What is any JSON needs no `Option` around it: `null` is nothing.
impl Field for Value {
    fn take<'de, A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<(), A::Error> {
        *self = map.next_value_seed(Seed(PhantomData))?.unwrap_or_default();
        Ok(())
    }
    fn put<M: SerializeMap>(&self, key: &'static str, map: &mut M) -> Result<(), M::Error> {
        if self.is_null() { Ok(()) } else { map.serialize_entry(key, self) }
    }
}

/// A struct that is made of the members of an object.
pub(crate) trait Object: Default {
    /// Takes the value of the member `name` from `map`. False if there is no such member: then the value is still there.
    fn take<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<bool, A::Error>;
}

/// Makes a struct readable and writable: `object!(Name { field, other: "itsJsonKey", third: "key" | "another" });`
macro_rules! object {
    ($name:ident { $($field:ident $(: $key:literal $(| $alias:literal)*)?),* $(,)? }) => {
        impl $crate::lenient::Object for $name {
            fn take<'de, A: serde::de::MapAccess<'de>>(
                &mut self,
                name: &str,
                _map: &mut A,
            ) -> Result<bool, A::Error> {
                match name {
                    $($crate::lenient::object!(@pattern $field $($key $(| $alias)*)?) =>
                        $crate::lenient::Field::take(&mut self.$field, _map)?,)*
                    _ => return Ok(false),
                }
                Ok(true)
            }
        }

        impl $crate::lenient::Read for $name {
            fn read<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
                $crate::lenient::members(deserializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::lenient::whole(deserializer)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut _map = serializer.serialize_map(None)?;
                $($crate::lenient::Field::put(
                    &self.$field,
                    $crate::lenient::object!(@key $field $($key)?),
                    &mut _map,
                )?;)*
                serde::ser::SerializeMap::end(_map)
            }
        }
    };
    (@pattern $field:ident) => { stringify!($field) };
    (@pattern $field:ident $($key:literal)|+) => { $($key)|+ };
    (@key $field:ident) => { stringify!($field) };
    (@key $field:ident $key:literal) => { $key };
}
pub(crate) use object;

/// A type of its own for each of several keys that share a body.
#[cfg(any(feature = "approval", feature = "contact", feature = "im", feature = "meeting_room"))]
macro_rules! shares {
    ($name:ident($body:ident)) => {
        impl core::ops::Deref for $name {
            type Target = $body;

            fn deref(&self) -> &$body {
                &self.0
            }
        }

        impl core::ops::DerefMut for $name {
            fn deref_mut(&mut self) -> &mut $body {
                &mut self.0
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $body::deserialize(deserializer).map($name)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.serialize(serializer)
            }
        }
    };
}
#[cfg(any(feature = "approval", feature = "contact", feature = "im", feature = "meeting_room"))]
pub(crate) use shares;

/// Reads an object, or what stands for nothing.
pub(crate) fn members<'de, D: Deserializer<'de>, T: Object>(deserializer: D) -> Result<Option<T>, D::Error> {
    deserializer.deserialize_any(ObjectVisitor(PhantomData))
}

/// Reads an object that has to be there.
pub(crate) fn whole<'de, D: Deserializer<'de>, T: Object>(deserializer: D) -> Result<T, D::Error> {
    members(deserializer)?.ok_or_else(|| D::Error::invalid_type(Unexpected::Unit, &"an object"))
}

struct Seed<T>(PhantomData<T>);

impl<'de, T: Read> DeserializeSeed<'de> for Seed<T> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<T>, D::Error> {
        T::read(deserializer)
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Object> Visitor<'de> for ObjectVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_unit<E: Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Option<T>, E> {
        nothing(text, &self)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<T>, A::Error> {
        let mut members = T::default();
        while let Some(Key(name)) = map.next_key()? {
            if !members.take(&name, &mut map)? {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Some(members))
    }
}

/// An empty text, where none is expected.
fn nothing<T, E: Error>(text: &str, expected: &dyn Expected) -> Result<Option<T>, E> {
    if text.is_empty() { Ok(None) } else { Err(E::invalid_type(Unexpected::Str(text), expected)) }
}

/// The name of a member, borrowed where the JSON has no escapes in it.
struct Key<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_str(ScalarVisitor)? {
            Scalar::Text(name) => Ok(Key(name)),
            other => Err(other.unexpected("a name")),
        }
    }
}

/// A value that is neither list nor object.
enum Scalar<'de> {
    Text(Cow<'de, str>),
    Integer(i128),
    Float(f64),
    Bool(bool),
    Null,
}

impl Scalar<'_> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Scalar<'de>, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }

    fn unexpected<E: Error>(&self, expected: &str) -> E {
        let found = match self {
            Scalar::Text(text) => Unexpected::Str(text),
            Scalar::Integer(_) => Unexpected::Other("an integer"),
            Scalar::Float(number) => Unexpected::Float(*number),
            Scalar::Bool(value) => Unexpected::Bool(*value),
            Scalar::Null => Unexpected::Unit,
        };
        E::invalid_type(found, &expected)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number or a truth value")
    }
    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Text(Cow::Borrowed(text)))
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Text(Cow::Owned(text.to_owned())))
    }
    fn visit_string<E: Error>(self, text: String) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Text(Cow::Owned(text)))
    }
    fn visit_i64<E: Error>(self, number: i64) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Integer(number.into()))
    }
    fn visit_u64<E: Error>(self, number: u64) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Integer(number.into()))
    }
    fn visit_f64<E: Error>(self, number: f64) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Float(number))
    }
    fn visit_bool<E: Error>(self, value: bool) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Bool(value))
    }
    fn visit_unit<E: Error>(self) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Null)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar<'de>, A::Error> {
        let number = match map.next_key()? {
            Some(Key(name)) if name == value::NUMBER => map.next_value::<Key<'de>>()?.0.parse().ok(),
            _ => None,
        };
        number.map(Scalar::Float).ok_or_else(|| A::Error::invalid_type(Unexpected::Map, &self))
    }
}

impl Read for String {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
        match Scalar::read(deserializer)? {
            Scalar::Text(text) => Ok(Some(text.into_owned())),
            Scalar::Integer(number) => Ok(Some(number.to_string())),
            Scalar::Float(number) => Ok(Some(number.to_string())),
            Scalar::Null => Ok(None),
            other => Err(other.unexpected("a text")),
        }
    }
}

impl Read for i64 {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
        let scalar = Scalar::read(deserializer)?;
        let number = match &scalar {
            Scalar::Integer(number) => i64::try_from(*number).ok(),
            Scalar::Text(text) if !text.is_empty() => text.parse().ok(),
            Scalar::Text(_) | Scalar::Null => return Ok(None),
            _ => None,
        };
        number.map(Some).ok_or_else(|| scalar.unexpected("an integer of 64 bits"))
    }
}

impl Read for f64 {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
        let scalar = Scalar::read(deserializer)?;
        let number = match &scalar {
            Scalar::Float(number) => Some(*number),
            Scalar::Integer(number) => Some(*number as f64),
            Scalar::Text(text) if !text.is_empty() => text.parse().ok().filter(|number: &f64| number.is_finite()),
            Scalar::Text(_) | Scalar::Null => return Ok(None),
            Scalar::Bool(_) => None,
        };
        number.map(Some).ok_or_else(|| scalar.unexpected("a number"))
    }
}

impl Read for bool {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
        match Scalar::read(deserializer)? {
            Scalar::Bool(value) => Ok(Some(value)),
            Scalar::Null => Ok(None),
            Scalar::Text(text) if text.is_empty() => Ok(None),
            other => Err(other.unexpected("a truth value")),
        }
    }
}

/// Entries that are nothing are left out.
impl<T: Read> Read for Vec<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<T>>, D::Error> {
        struct ListVisitor<T>(PhantomData<T>);

        impl<'de, T: Read> Visitor<'de> for ListVisitor<T> {
            type Value = Option<Vec<T>>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }
            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(None)
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                nothing(text, &self)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut list = Vec::new();
                while let Some(entry) = seq.next_element_seed(Seed(PhantomData))? {
                    list.extend(entry);
                }
                Ok(Some(list))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Ok(T::read(MapAccessDeserializer::new(map))?.map(|lone| [lone].into()))
            }
        }

        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

/// Members that are nothing are left out.
impl Read for BTreeMap<String, String> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        members(deserializer).map(|texts: Option<Texts>| texts.map(|texts| texts.0))
    }
}

#[derive(Default)]
struct Texts(BTreeMap<String, String>);

impl Object for Texts {
    fn take<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<bool, A::Error> {
        let text = map.next_value_seed(Seed(PhantomData))?;
        self.0.extend(text.map(|text| (name.to_owned(), text)));
        Ok(true)
    }
}

impl Read for Value {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
        value::any(deserializer).map(|value| Some(value).filter(|value| !value.is_null()))
    }
}

/// What is not an object is nothing.
impl Read for Map<String, Value> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        value::object(deserializer)
    }
}

#[cfg(test)]
mod tests;
