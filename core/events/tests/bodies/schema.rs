//! The data in `schema/`, as it is: nothing that the generator knows better.

use serde_json::Value;

pub(crate) struct Schema {
    pub(crate) p2: Value,
    pub(crate) p1: Value,
    pub(crate) callbacks: Value,
}

impl Schema {
    pub(crate) fn read() -> Schema {
        let read = |text: &str| serde_json::from_str(text).unwrap();
        Schema {
            p2: read(include_str!("../../schema/p2_events.json")),
            p1: read(include_str!("../../schema/p1_events.json")),
            callbacks: read(include_str!("../../schema/callbacks.json")),
        }
    }

    /// The fields of the type with this name.
    pub(crate) fn fields(&self, name: &str) -> &[Value] {
        let all = [&self.p2, &self.p1, &self.callbacks];
        let found = all.into_iter().find_map(|part| part["types"].get(name));
        found.and_then(|found| found["fields"].as_array()).unwrap_or_else(|| panic!("there is no {name}"))
    }

    /// Each event with the name of its body.
    pub(crate) fn bodies(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        let events = [&self.p2, &self.p1].into_iter().flat_map(|part| part["events"].as_array().unwrap());
        let callbacks = self.callbacks["callbacks"].as_array().unwrap();
        let event = |event| (text(event, "version"), text(event, "type"), text(event, "body"));
        let callback = |event| (text(event, "version"), text(event, "type"), text(event, "request"));
        events.map(event).chain(callbacks.iter().map(callback))
    }
}

pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}
