use alloc::string::String;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Content;
use crate::value;

/// A card made in the card builder, with values for its variables.
///
/// It is sent as a message, made into a card entity, or takes the place of a card that somebody acted on.
///
/// ```
/// use larkwire_core::message::{Content, Template};
///
/// let content = Content::from(Template::new("AAqyBQVmUNxxx").version("1.0.0").variable("state", "open"));
/// let sent: serde_json::Value = serde_json::from_str(content.json())?;
/// assert_eq!(sent["type"], "template");
/// assert_eq!(sent["data"]["template_version_name"], "1.0.0");
/// assert_eq!(sent["data"]["template_variable"]["state"], "open");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Template {
    /// `AAq…`
    pub template_id: String,
    /// Which version of it; the last one published if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_version_name: Option<String>,
    /// The values of its variables, by their names.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "value::object")]
    pub template_variable: Option<Map<String, Value>>,
}

impl Template {
    /// The last version that was published, without variables.
    pub fn new(id: impl Into<String>) -> Template {
        Template { template_id: id.into(), template_version_name: None, template_variable: None }
    }

    /// In a certain version, such as `1.0.0`.
    #[must_use]
    pub fn version(mut self, name: impl Into<String>) -> Template {
        self.template_version_name = Some(name.into());
        self
    }

    /// With a value for a variable.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<Value>) -> Template {
        self.template_variable.get_or_insert_default().insert(name.into(), value.into());
        self
    }
}

/// The object with `template_id` and so on.
impl From<Template> for Value {
    fn from(template: Template) -> Value {
        // All keys are texts, so that it cannot fail.
        serde_json::to_value(template).unwrap_or_default()
    }
}

impl From<Template> for Content {
    fn from(template: Template) -> Content {
        Content::new("interactive", json!({"type": "template", "data": Value::from(template)}))
    }
}
