//! The fast reader against serde_json: what it reads has the same value there.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Debug;

use proptest::prelude::*;
use serde::Deserializer;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::*;

/// Reads a text both ways, and tells whether it was usual.
#[track_caller]
fn both<'a, T: Deserialize<'a> + Debug>(text: &'a str) -> bool {
    let Some(usual) = read::usual::<T>(text) else { return false };
    let read: T = serde_json::from_str(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    assert_eq!(format!("{usual:?}"), format!("{read:?}"), "{text:?}");
    true
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "Debug reads them")]
struct Derived<'a> {
    #[serde(borrow)]
    text: &'a str,
    owned: Option<String>,
    #[serde(default)]
    numbers: (u8, i16, u64),
    kind: Kind,
    wrapped: Wrapped,
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    One,
    Two(u8),
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "Debug reads it")]
struct Wrapped(Option<f64>);

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "Debug reads them")]
enum Either {
    Number(i64),
    Text(String),
    List(Vec<Either>),
}

/// Takes what it can get, and goes on after an error.
#[derive(Debug)]
#[expect(dead_code, reason = "Debug reads it")]
struct Careless(Vec<(Option<String>, Option<u8>)>);

impl<'de> Deserialize<'de> for Careless {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CarelessVisitor;

        impl<'de> Visitor<'de> for CarelessVisitor {
            type Value = Careless;

            fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Careless, A::Error> {
                let mut members = Vec::new();
                for _ in 0..4 {
                    let Ok(name) = map.next_key() else { continue };
                    members.push((name, map.next_value().ok()));
                }
                Ok(Careless(members))
            }
        }

        deserializer.deserialize_map(CarelessVisitor)
    }
}

/// Reads a text as many types, and tells as how many it was usual.
#[track_caller]
fn all(text: &str) -> usize {
    let read = [
        both::<Value>(text),
        both::<IgnoredAny>(text),
        both::<&str>(text),
        both::<String>(text),
        both::<char>(text),
        both::<bool>(text),
        both::<()>(text),
        both::<u8>(text),
        both::<i64>(text),
        both::<f64>(text),
        both::<Option<i32>>(text),
        both::<Kind>(text),
        both::<Either>(text),
        both::<Careless>(text),
        both::<Vec<Option<String>>>(text),
        both::<(u8, Value)>(text),
        both::<BTreeMap<String, Value>>(text),
        both::<BTreeMap<u16, u16>>(text),
        both::<BTreeMap<Kind, u16>>(text),
        both::<Derived<'_>>(text),
        both::<Box<RawValue>>(text),
    ];
    read.into_iter().filter(|usual| *usual).count()
}

#[test]
fn bodies_are_usual() {
    for text in [
        "{}",
        " [ ] ",
        "null",
        r#" { "a" : [ 1 , -2 , true , false , null , "b" ] , "c" : { } } "#,
        r#"{"text":"@_user_1 \"hi\" \\ \/ \b\f\n\r\t é \u00e9 中文 \u4e2d\u6587 \ud83d\ude00"}"#,
        r#"{"\u0061\"":"name with escapes"}"#,
        r#"[18446744073709551615,-9223372036854775808,0]"#,
        r#"{"a":"long enough to be looked at in longer strides, which begins after forty-eight bytes: \" and \n on"}"#,
    ] {
        assert!(both::<Value>(text), "{text}");
        assert!(both::<IgnoredAny>(text), "{text}");
    }
    assert!(both::<Derived<'_>>(
        r#"{"text":"a","owned":"\n","numbers":[1,-2,3],"kind":"One","wrapped":5,"x":[],"y":{"z":1}}"#
    ));
    assert!(both::<Derived<'_>>(r#"{"text":"a","owned":null,"kind":"One","wrapped":null}"#));
    assert!(both::<Either>(r#"["a",1,["\"",[]]]"#));
    assert!(both::<BTreeMap<Kind, u16>>(r#"{"One":1}"#));
}

#[test]
fn a_text_with_escapes_has_the_room_of_its_source_and_no_more() {
    let text = format!(r#""{}""#, r#"\"text\":1,"#.repeat(1_000));
    let read = read::usual::<String>(&text).unwrap();
    assert!(read.capacity() < text.len(), "{} of {}", read.capacity(), text.len());
}

#[test]
fn what_is_unusual_is_read_all_the_same() {
    for text in ["1.5", "-0", "1e3", "-0.0", "18446744073709551616", r#"{"Two":5}"#, r#"{"1":2}"#] {
        assert!(read::usual::<Value>(text).is_none() || text.contains('{'), "{text}");
        assert_eq!(from_str::<Value>(text).unwrap(), serde_json::from_str::<Value>(text).unwrap());
        all(text);
    }
    assert_eq!(from_str::<BTreeMap<u16, u16>>(r#"{"1":2}"#).unwrap(), BTreeMap::from([(1, 2)]));
    assert_eq!(from_str::<Kind>(r#"{"Two":5}"#).unwrap(), Kind::Two(5));
    assert_eq!(from_str::<&RawValue>("{\"a\" : 1}").unwrap().get(), "{\"a\" : 1}");
    let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    assert!(both::<Value>(&deep(64)) && read::usual::<Value>(&deep(65)).is_none());
    assert!(from_str::<Value>(&deep(100)).is_ok() && from_str::<Value>(&deep(200)).is_err());
}

#[test]
fn errors_are_those_of_serde_json() {
    for text in ["", "{", "[1,]", "{\"a\":1,}", "{\"a\"}", "\"\\ud83d\"", "\"\\udc00\\ud83d\"", "1 1", "{\"a\":\"b\"}x"]
    {
        let told = |error: serde_json::Error| format!("{error}");
        assert_eq!(from_str::<Value>(text).map_err(told), serde_json::from_str::<Value>(text).map_err(told), "{text}");
        all(text);
    }
}

#[test]
fn a_visitor_that_goes_on_after_an_error_reads_nothing_else() {
    for text in [r#"{"a":1,"b":"c","d":2}"#, r#"{"a":1.5}"#, r#"{"a"}}"#, r#"{"a":[}"#, r#"{"a":{"b"}}"#] {
        all(text);
        all(&format!("[{text}]"));
    }
}

fn json() -> impl Strategy<Value = String> {
    let text = prop::collection::vec(
        prop_oneof![
            r#"[a-z0-9 ]{0,20}"#,
            Just(r#"\""#.to_owned()),
            Just(r"\\".to_owned()),
            Just(r"\n".to_owned()),
            r"\\u[0-9a-fA-F]{4}",
            Just(r"\ud83d\ude00".to_owned()),
            Just("中é".to_owned()),
        ],
        0..8,
    )
    .prop_map(|parts| format!("\"{}\"", parts.concat()));
    let names = prop::sample::select(
        [r#""text""#, r#""owned""#, r#""kind""#, r#""numbers""#, r#""1""#, r#""\u0031""#].as_slice(),
    );
    let leaf = prop_oneof![
        text,
        any::<i64>().prop_map(|number| format!("{number}")),
        any::<u8>().prop_map(|number| format!("{number}")),
        any::<f64>().prop_map(|number| format!("{number}")),
        prop::sample::select(["null", "true", "false", "-0", r#""One""#, "[1,2,3]"].as_slice()).prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 24, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(|entries| format!("[{}]", entries.join(" ,"))),
            prop::collection::vec((names.clone(), inner), 0..5).prop_map(|members| {
                let members: Vec<String> =
                    members.into_iter().map(|(name, value)| format!("{name}: {value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_usual_is_the_same_to_serde_json(text in json()) {
        all(&text);
    }

    #[test]
    fn with_changes_too(text in json(), changes in prop::collection::vec((any::<prop::sample::Index>(), 0u8..0x7f), 1..4)) {
        let mut bytes = text.into_bytes();
        for (place, byte) in changes {
            let place = place.index(bytes.len().max(1));
            if let Some(found) = bytes.get_mut(place) {
                *found = byte;
            }
        }
        if let Ok(text) = core::str::from_utf8(&bytes) {
            all(text);
        }
    }
}
