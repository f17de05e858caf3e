//! Reading the JSON of an answer without being particular: a message that was sent must not look like a failure because a
//! number came as text.
//!
//! What a program cannot go on without, such as the id of a new message, is of the type itself and has to be there. All else
//! is optional, and what has another form than expected reads as absent.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::Value;

/// What can be read from JSON, leniently.
pub(crate) trait Read: Sized {
    /// From a value that is there. The error says what is missing.
    fn read(value: &Value) -> Result<Self, &'static str>;

    /// From nothing; `what` says what is missing.
    fn absent(what: &'static str) -> Result<Self, &'static str> {
        Err(what)
    }
}

/// Reads a member of an object.
pub(crate) fn member<T: Read>(object: &Value, name: &str, what: &'static str) -> Result<T, &'static str> {
    match object.get(name) {
        None | Some(Value::Null) => T::absent(what),
        Some(value) => T::read(value).map_err(|inner| if inner.is_empty() { what } else { inner }),
    }
}

/// A number is its digits.
impl Read for String {
    fn read(value: &Value) -> Result<String, &'static str> {
        match value {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            _ => Err(""),
        }
    }
}

/// The platform writes most 64-bit numbers as text.
impl Read for i64 {
    fn read(value: &Value) -> Result<i64, &'static str> {
        let number = match value {
            Value::String(text) => text.trim().parse().ok(),
            value => value.as_i64(),
        };
        number.ok_or("")
    }
}

impl Read for bool {
    fn read(value: &Value) -> Result<bool, &'static str> {
        match value {
            Value::Bool(flag) => Ok(*flag),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            _ => Err(""),
        }
    }
}

impl<T: Read> Read for Option<T> {
    fn read(value: &Value) -> Result<Option<T>, &'static str> {
        Ok(T::read(value).ok())
    }

    fn absent(_: &'static str) -> Result<Option<T>, &'static str> {
        Ok(None)
    }
}

/// One thing is a list of one; what cannot be read is left out.
impl<T: Read> Read for Vec<T> {
    fn read(value: &Value) -> Result<Vec<T>, &'static str> {
        let items = value.as_array().map_or(core::slice::from_ref(value), Vec::as_slice);
        Ok(items.iter().filter_map(|item| T::read(item).ok()).collect())
    }

    fn absent(_: &'static str) -> Result<Vec<T>, &'static str> {
        Ok(Vec::new())
    }
}

/// A struct whose members are read from those of an object, by their names.
macro_rules! answer {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$about:meta])* $each:vis $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        $vis struct $name { $($(#[$about])* $each $field: $type,)* }

        impl $crate::api::read::Read for $name {
            fn read(value: &serde_json::Value) -> Result<$name, &'static str> {
                if !value.is_object() {
                    return Err("");
                }
                Ok($name { $(
                    $field: $crate::api::read::member(value, stringify!($field), concat!("no ", stringify!($field)))?,
                )* })
            }
        }
    };
}
pub(crate) use answer;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use serde_json::json;

    answer! {
        /// For the tests.
        struct Sample {
            /// Has to be there.
            id: String,
            /// May be.
            time: Option<i64>,
            /// May be.
            flag: Option<bool>,
            /// Any number.
            names: Vec<String>,
            /// Inside.
            inner: Option<Inner>,
        }
    }

    answer! {
        /// Inside.
        struct Inner {
            /// Has to be there.
            key: String,
        }
    }

    #[test]
    fn numbers_and_flags_come_as_text_or_not() {
        let read = |value| Sample::read(&value).unwrap();
        let sample = read(json!({"id": 7, "time": "1767196800123", "flag": "True", "names": ["a", 1, null]}));
        let expected = Sample {
            id: "7".into(),
            time: Some(1_767_196_800_123),
            flag: Some(true),
            names: vec!["a".into(), "1".into()],
            inner: None,
        };
        assert_eq!(sample, expected);
        assert_eq!(read(json!({"id": "7", "time": 5, "flag": false, "names": "a"})).names, ["a"]);
    }

    #[test]
    fn what_has_another_form_reads_as_absent() {
        let sample = Sample::read(&json!({"id": "x", "time": "soon", "flag": [], "names": null, "inner": {}})).unwrap();
        assert_eq!((sample.time, sample.flag, sample.inner), (None, None, None));
        assert!(sample.names.is_empty());
    }

    #[test]
    fn what_has_to_be_there_is_named_when_it_is_not() {
        assert_eq!(Sample::read(&json!({})), Err("no id"));
        assert_eq!(Sample::read(&json!({"id": {}})), Err("no id"));
        assert_eq!(Sample::read(&json!([])), Err(""));
    }
}
