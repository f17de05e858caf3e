//! The data in `core/events/schema`: what is in its files, and where we know better.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Deserialize)]
pub struct Catalogue {
    pub events: Vec<Event>,
    /// By `domain.version.Name`.
    pub types: BTreeMap<String, Type>,
}

#[derive(Deserialize)]
pub struct Event {
    /// The key: `im.message.receive_v1`.
    #[serde(rename = "type")]
    pub key: String,
    pub version: String,
    pub domain: String,
    pub api_version: String,
    pub name: String,
    /// The key of its body in the types.
    pub body: String,
    /// Who knows it, if the Python SDK does not.
    #[serde(default, rename = "in")]
    pub witnesses: Vec<String>,
}

impl Event {
    pub fn is_p1(&self) -> bool {
        self.version == "p1"
    }
}

#[derive(Deserialize, PartialEq)]
pub struct Type {
    pub fields: Vec<Field>,
}

#[derive(Deserialize, PartialEq)]
pub struct Field {
    /// The JSON key.
    pub name: String,
    #[serde(rename = "type")]
    pub declared: String,
    /// The JSON form that is sent, where it is another.
    pub wire: Option<String>,
    /// Forms that other SDKs or the documentation declare.
    #[serde(default)]
    pub alt: Vec<String>,
    #[serde(default, rename = "enum")]
    pub values: Vec<String>,
}

#[derive(Deserialize)]
pub struct Page {
    pub url: Option<String>,
    pub title_zh: Option<String>,
}

/// All that the types are made of.
pub struct Schema {
    pub p2: Catalogue,
    pub p1: Catalogue,
    /// The official page of an event, by its key.
    pub pages: BTreeMap<String, Page>,
    /// What a field is, by `domain.version.Name.field`, or `*.field` for all of that name.
    pub fields: BTreeMap<String, String>,
}

impl Schema {
    pub fn read(directory: &Path) -> Result<Schema, Box<dyn Error>> {
        #[derive(Deserialize)]
        struct Pages {
            docs: BTreeMap<String, Page>,
        }
        let mut schema = Schema {
            p2: read(directory, "p2_events.json")?,
            p1: read(directory, "p1_events.json")?,
            pages: read::<Pages>(directory, "event_docs.json")?.docs,
            fields: read(directory, "field_docs.json")?,
        };
        for (of, name) in NOT_THERE {
            let fields = &mut schema.p1.types.get_mut(*of).ok_or(*of)?.fields;
            fields.retain(|field| field.name != *name);
        }
        Ok(schema)
    }
}

fn read<T: DeserializeOwned>(directory: &Path, name: &str) -> Result<T, Box<dyn Error>> {
    let text = std::fs::read_to_string(directory.join(name)).map_err(|error| format!("{name}: {error}"))?;
    Ok(serde_json::from_str(&text).map_err(|error| format!("{name}: {error}"))?)
}

/// Fields that only the Node SDK has, whose type for this event is a copy of another one, and the other name of one that
/// SDKs do not agree about.
const NOT_THERE: &[(&str, &str)] = &[
    ("approval.v4.P1RemedyApprovalV4Data", "shift_time"),
    ("approval.v4.P1RemedyApprovalV4Data", "return_time"),
    ("approval.v4.P1RemedyApprovalV4Data", "shift_reason"),
    ("im.v1.P1MessageReadV1Data", "open_message_ids"),
];

/// Other names of a field: the Go and Java SDKs say `message_id_list`, the Node SDK `open_message_ids`.
pub fn aliases(of: &str, field: &str) -> &'static [&'static str] {
    match (of, field) {
        ("im.v1.P1MessageReadV1Data", "message_id_list") => &["open_message_ids"],
        _ => &[],
    }
}

/// Texts that let their holder do something, so that Debug must not show them. `file_token` and the like are ids.
pub fn is_secret(of: &str, field: &str) -> bool {
    (of, field) == ("application.v6.P1AppTicketV6Data", "app_ticket")
}
