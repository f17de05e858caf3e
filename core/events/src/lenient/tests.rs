use alloc::format;

use serde::de::IntoDeserializer;
use serde_json::json;

use super::*;

#[derive(Debug, Default, PartialEq)]
struct Sample {
    text: Option<String>,
    number: Option<i64>,
    float: Option<f64>,
    truth: Option<bool>,
    list: Option<Vec<Sample>>,
    texts: Option<Vec<String>>,
    numbers: Option<Vec<i64>>,
    map: Option<BTreeMap<String, String>>,
    any: Option<Value>,
    object: Option<Inner>,
    renamed: Option<String>,
}

#[derive(Debug, Default, PartialEq)]
struct Inner {
    id: Option<String>,
}

object!(Inner { id });
object!(Sample {
    text,
    number,
    float,
    truth,
    list,
    texts,
    numbers,
    map,
    any,
    object,
    renamed: "reNamed" | "other_name"
});

/// What is read from an object with this one member, written again.
#[track_caller]
fn read(member: &str, json: &str) -> Value {
    let text = format!(r#"{{"{member}":{json}}}"#);
    let read = serde_json::from_str::<Sample>(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let value = serde_json::to_value(read).unwrap();
    assert!(value.as_object().unwrap().len() <= 1);
    value.get(member).cloned().unwrap_or_default()
}

#[track_caller]
fn refused(member: &str, values: &[&str]) {
    for json in values {
        let text = format!(r#"{{"{member}":{json}}}"#);
        let error = serde_json::from_str::<Sample>(&text).expect_err(&text);
        assert!(error.is_data(), "{text}: {error}");
    }
}

#[test]
fn a_text_may_be_a_number() {
    assert_eq!(read("text", r#""a""#), json!("a"));
    assert_eq!(read("text", "1609073151345"), json!("1609073151345"));
    assert_eq!(read("text", "18446744073709551615"), json!("18446744073709551615"));
    assert_eq!(read("text", "-1.5"), json!("-1.5"));
    assert_eq!(read("text", r#""""#), json!(""));
    assert_eq!(read("text", "null"), Value::Null);
    refused("text", &["true", "[]", "{}", "[\"a\"]"]);
}

#[test]
fn an_integer_may_be_a_text_of_digits() {
    assert_eq!(read("number", "-7"), json!(-7));
    assert_eq!(read("number", r#""9223372036854775807""#), json!(i64::MAX));
    assert_eq!(read("number", r#""-9223372036854775808""#), json!(i64::MIN));
    for nothing in ["null", r#""""#] {
        assert_eq!(read("number", nothing), Value::Null);
    }
    refused(
        "number",
        &["1.5", "9223372036854775808", r#""9223372036854775808""#, r#""a""#, r#"" 1""#, "true", "{}", "[]"],
    );
}

#[test]
fn a_float_may_be_an_integer_or_a_text() {
    assert_eq!(read("float", "100"), json!(100.0));
    assert_eq!(read("float", r#""1.5""#), json!(1.5));
    for nothing in ["null", r#""""#] {
        assert_eq!(read("float", nothing), Value::Null);
    }
    refused("float", &["true", r#""a""#, r#""inf""#, r#""NaN""#, r#""1e999""#, "[]"]);
}

#[test]
fn a_truth_value_is_one_or_nothing() {
    assert_eq!(read("truth", "false"), json!(false));
    for nothing in ["null", r#""""#] {
        assert_eq!(read("truth", nothing), Value::Null);
    }
    refused("truth", &["0", r#""true""#, "[]", "{}"]);
}

#[test]
fn a_lone_object_is_a_list_of_one() {
    assert_eq!(read("list", r#"{"text":1}"#), json!([{"text": "1"}]));
    assert_eq!(read("list", r#"[{"number":"1"},null,"",{}]"#), json!([{"number": 1}, {}]));
    assert_eq!(read("list", "[]"), json!([]));
    for nothing in ["null", r#""""#] {
        assert_eq!(read("list", nothing), Value::Null);
        assert_eq!(read("texts", nothing), Value::Null);
    }
    refused("list", &["1", r#""a""#, "true", "[1]"]);
}

#[test]
fn the_entries_of_a_list_are_as_lenient_as_other_values() {
    assert_eq!(read("texts", r#"["a",1,null,""]"#), json!(["a", "1", ""]));
    assert_eq!(read("numbers", r#"[1,"2",null,""]"#), json!([1, 2]));
    refused("texts", &["[true]", "{}", r#""a""#]);
}

#[test]
fn an_object_is_one_or_nothing() {
    assert_eq!(read("object", r#"{"id":7,"new":[{}]}"#), json!({"id": "7"}));
    for nothing in ["null", r#""""#] {
        assert_eq!(read("object", nothing), Value::Null);
    }
    refused("object", &["1", "true", r#""a""#, "[]", "[{}]"]);
}

#[test]
fn a_map_of_texts_leaves_out_what_is_nothing() {
    assert_eq!(read("map", r#"{"zh_cn":"中","a":1,"b":null}"#), json!({"zh_cn": "中", "a": "1"}));
    refused("map", &["[]", r#"{"a":true}"#]);
}

#[test]
fn any_value_is_kept_as_it_is() {
    for json in ["1", "1.5", "true", r#""""#, r#"[1,"a",{"b":[null]}]"#, r#"{"$serde_json::private::RawValue":"1"}"#] {
        assert_eq!(read("any", json).to_string(), json);
    }
    assert_eq!(read("any", "null"), Value::Null);
}

#[test]
fn a_member_may_have_other_names_and_the_last_counts() {
    let text = r#"{"renamed":"a","reNamed":"b","other_name":"c"}"#;
    let sample: Sample = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&sample).unwrap(), r#"{"reNamed":"c"}"#);
    let sample: Sample = serde_json::from_str(r#"{"text":"a","\u0074ext":"b","number":1,"number":null}"#).unwrap();
    assert_eq!(sample, Sample { text: Some("b".to_owned()), ..Sample::default() });
}

#[test]
fn a_fraction_is_one_also_where_the_json_library_keeps_its_digits() {
    // With serde_json's feature `arbitrary_precision`, which another crate may switch on, fractions come like this.
    let fraction = r#"{"$serde_json::private::Number":"0.5"}"#;
    assert_eq!(read("float", fraction), json!(0.5));
    assert_eq!(read("text", fraction), json!("0.5"));
    assert_eq!(read("any", fraction), json!(0.5));
    assert_eq!(read("any", &format!("[{fraction}]")), json!([0.5]));
    for other in [r#"{"$serde_json::private::Number":"a"}"#, r#"{"$serde_json::private::Number":[]}"#, r#"{"a":"0.5"}"#]
    {
        refused("float", &[other]);
        assert_eq!(read("any", other).to_string(), other);
    }
}

#[test]
fn a_body_itself_has_to_be_an_object() {
    for json in ["null", r#""""#, "[]", "1", "true"] {
        assert!(serde_json::from_str::<Sample>(json).is_err_and(|error| error.is_data()), "{json}");
    }
    assert_eq!(serde_json::from_str::<Sample>("{}").unwrap(), Sample::default());
}

#[test]
fn nesting_without_end_exhausts_no_stack() {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    assert_eq!(serde_json::from_str::<Sample>(&format!(r#"{{"new":{}}}"#, deep("[", "]"))).unwrap(), Sample::default());
    for member in ["list", "any", "text", "object"] {
        assert!(serde_json::from_str::<Sample>(&format!(r#"{{"{member}":{}}}"#, deep("[", "]"))).is_err());
    }
    assert!(serde_json::from_str::<Sample>(&deep(r#"{"list":"#, "}")).is_err());
}

#[test]
fn a_value_that_was_read_before_can_be_read_too() {
    let value = json!({"text": 1, "list": {"numbers": ["1"]}, "any": {"a": null}, "new": 1});
    let sample: Sample = serde_json::from_value(value).unwrap();
    let expected = json!({"text": "1", "list": [{"numbers": [1]}], "any": {"a": null}});
    assert_eq!(serde_json::to_value(&sample).unwrap(), expected);
    let names: serde::de::value::MapDeserializer<'_, _, serde::de::value::Error> =
        serde::de::value::MapDeserializer::new([("text", 2u8.into_deserializer())].into_iter());
    assert_eq!(Sample::deserialize(names).unwrap().text.as_deref(), Some("2"));
}
