//! Every body is fed with random values of its own schema, in all forms in which they may be sent.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::schema::{Schema, text};
use crate::{Body, all};

/// Fields of the data that no type has: they belong to another event, of which the Node SDK has copied the type.
const NOT_THERE: [(&str, &str); 3] = [
    ("approval.v4.P1RemedyApprovalV4Data", "shift_time"),
    ("approval.v4.P1RemedyApprovalV4Data", "return_time"),
    ("approval.v4.P1RemedyApprovalV4Data", "shift_reason"),
];

/// Another name of a field beside it: it is not sent here.
const OTHER_NAME: (&str, &str) = ("im.v1.P1MessageReadV1Data", "open_message_ids");

static SCHEMA: LazyLock<Schema> = LazyLock::new(Schema::read);

/// Every body, with the name of its type in the data.
static BODIES: LazyLock<Vec<(Body, &'static str)>> = LazyLock::new(|| {
    let types: BTreeMap<_, _> = SCHEMA.bodies().map(|(version, key, of)| ((version, key), of)).collect();
    all()
        .map(|body| {
            let of = types[&body.key()];
            (body, of)
        })
        .collect()
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_body_reads_what_its_schema_says_in_every_form(choices in proptest::collection::vec(any::<u32>(), 0..400)) {
        for (body, of) in &*BODIES {
            let (sent, wanted) = Dice { choices: choices.iter() }.object(of);
            let sent = sent.to_string();
            let read = (body.read)(&sent).unwrap_or_else(|error| panic!("{}: {error}: {sent}", body.rust_name));
            prop_assert_eq!(read.value, wanted, "{}: {}", body.rust_name, sent);
        }
    }
}

/// Nothing is left to chance here: every field is there, once in the form of the wire and once in the other.
#[test]
fn every_field_of_every_type_is_read() {
    for form in [0, 1] {
        let choices = vec![form; 10_000];
        for (body, of) in &*BODIES {
            let (sent, wanted) = Dice { choices: choices.iter() }.object(of);
            let not_there = NOT_THERE.iter().chain([&OTHER_NAME]).filter(|(owner, _)| owner == of).count();
            assert_eq!(wanted.as_object().unwrap().len(), SCHEMA.fields(of).len() - not_there, "{of}");
            assert_eq!((body.read)(&sent.to_string()).unwrap().value, wanted, "{}: {sent}", body.rust_name);
        }
    }
}

/// A member that no type has.
const NEW: &str = "$new";

/// Makes values of the schema. With no choices left, everything has the form of the wire.
struct Dice<'c> {
    choices: std::slice::Iter<'c, u32>,
}

impl Dice<'_> {
    fn number(&mut self) -> u32 {
        self.choices.next().copied().unwrap_or(0)
    }

    /// An object of this type: as it is sent, and as it should be read.
    fn object(&mut self, of: &str) -> (Value, Value) {
        let (mut sent, mut wanted) = (Map::new(), Map::new());
        for field in SCHEMA.fields(of) {
            let name = text(field, "name");
            let form = field.get("wire").unwrap_or(&field["type"]).as_str().unwrap();
            let (value, read) = self.value(form);
            // Seldom nothing at all.
            if self.number() % 16 == 15 || (of, name) == OTHER_NAME {
                continue;
            }
            sent.insert(name.to_owned(), value);
            if let Some(read) = read.filter(|_| !NOT_THERE.contains(&(of, name))) {
                wanted.insert(name.to_owned(), read);
            }
        }
        if self.number() % 8 == 7 {
            sent.insert(NEW.to_owned(), self.any(0));
        }
        (sent.into(), wanted.into())
    }

    /// A value of a form: as it is sent, and as it should be read, which may be nothing.
    fn value(&mut self, form: &str) -> (Value, Option<Value>) {
        let kind = self.number() % 8;
        if kind == 7 {
            return (Value::Null, None);
        }
        if kind == 6 && !["string", "any"].contains(&form) && !form.starts_with("map<string,any>") {
            return (json!(""), None);
        }
        let number = self.number();
        match form {
            "string" => match kind {
                1 | 2 => (json!(number), Some(json!(number.to_string()))),
                3 => (json!(-1.5), Some(json!("-1.5"))),
                6 => same(json!("")),
                _ => same(json!(format!("\"{number}\" 中"))),
            },
            "int" => {
                let number = i64::from(number) * 2_000_000_000 - 1;
                if kind % 2 == 1 { (json!(number.to_string()), Some(json!(number))) } else { same(json!(number)) }
            }
            "float" => match kind {
                1 => (json!("2.5"), Some(json!(2.5))),
                2 => (json!(number), Some(json!(f64::from(number)))),
                _ => same(json!(f64::from(number) / 4.0)),
            },
            "bool" => same(json!(number.is_multiple_of(2))),
            "any" => {
                let value = self.any(0);
                (value.clone(), Some(value).filter(|value| !value.is_null()))
            }
            "map<string,any>" => same(json!({"a": self.any(0), "b": number})),
            "map<string,string>" => match kind {
                1 => (json!({"zh_cn": number, "en_us": null}), Some(json!({"zh_cn": number.to_string()}))),
                _ => same(json!({"zh_cn": "中", "en_us": ""})),
            },
            list if list.starts_with("list<") => {
                let entry = &list[5..list.len() - 1];
                if kind == 1 && entry.contains('.') {
                    let (sent, wanted) = self.object(entry);
                    return (sent, Some(json!([wanted])));
                }
                let entries: Vec<_> = (0..1 + number % 3).map(|_| self.value(entry)).collect();
                let (sent, wanted): (Vec<_>, Vec<_>) = entries.into_iter().unzip();
                (sent.into(), Some(wanted.into_iter().flatten().collect()))
            }
            named => {
                let (sent, wanted) = self.object(named);
                (sent, Some(wanted))
            }
        }
    }

    /// Any JSON, not too deep.
    fn any(&mut self, depth: u32) -> Value {
        let number = self.number();
        match (number >> 8) % if depth < 3 { 8 } else { 5 } {
            0 => json!("中\u{1}"),
            1 => json!(number),
            2 => json!(-0.5),
            3 => json!(true),
            4 => Value::Null,
            5 => json!([self.any(depth + 1), self.any(depth + 1)]),
            6 => json!({"a": self.any(depth + 1), "": []}),
            _ => json!({"$serde_json::private::RawValue": "[1]"}),
        }
    }
}

/// Read as it is sent.
fn same(value: Value) -> (Value, Option<Value>) {
    (value.clone(), Some(value))
}
