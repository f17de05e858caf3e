//! Message content: what a bot sends is not what is stored and received.

use serde_json::{Value, json};

use super::people::Person;

/// Content as it is stored, and its mentions as an API answer lists them.
///
/// In a text, mentions become placeholders; a post loses its language key, and its nodes get a `style` (official
/// documentation; OpenAPI samples). Everything else stays as it is.
pub(crate) fn stored<'a>(
    msg_type: &str,
    content: &str,
    tenant_key: &str,
    find: impl Fn(&str) -> Option<&'a Person>,
) -> (String, Vec<Value>) {
    let value: Value = serde_json::from_str(content).unwrap_or_default();
    match (msg_type, value.get("text").and_then(Value::as_str)) {
        ("text", Some(text)) => {
            let (text, people) = mentions(text, find);
            let list = people.iter().map(|(key, person)| {
                let (id, name) = (&person.open_id, &person.name);
                json!({"key": key, "id": id, "id_type": "open_id", "name": name, "tenant_key": tenant_key})
            });
            (json!({"text": text}).to_string(), list.collect())
        }
        ("post", _) => (post(value).map_or_else(|| content.to_owned(), |post| post.to_string()), Vec::new()),
        _ => (content.to_owned(), Vec::new()),
    }
}

/// Replaces `<at user_id="...">Name</at>` by `@_user_N` for those who exist, and by `@_all` for everyone.
fn mentions<'a>(text: &str, find: impl Fn(&str) -> Option<&'a Person>) -> (String, Vec<(String, &'a Person)>) {
    const OPEN: &str = "<at user_id=\"";
    const CLOSE: &str = "</at>";
    let mut people = Vec::new();
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once(OPEN) {
        shown.push_str(before);
        let parsed = tag.split_once("\">").and_then(|(id, tail)| Some((id, tail.split_once(CLOSE)?.1)));
        rest = match parsed.map(|(id, tail)| (id, find(id), tail)) {
            Some(("all", _, tail)) => {
                shown.push_str("@_all");
                tail
            }
            Some((_, Some(person), tail)) => {
                let key = format!("@_user_{}", people.len().saturating_add(1));
                shown.push_str(&key);
                people.push((key, person));
                tail
            }
            // "Broken tags go out literally" (official documentation); unknown people do, too.
            _ => {
                shown.push_str(OPEN);
                tag
            }
        };
    }
    shown.push_str(rest);
    (shown, people)
}

/// The first language of a post.
fn post(value: Value) -> Option<Value> {
    let Value::Object(languages) = value else { return None };
    let mut post = languages.into_iter().map(|(_, post)| post).find(|post| post.get("content").is_some())?;
    for paragraph in post.get_mut("content")?.as_array_mut()? {
        for node in paragraph.as_array_mut()? {
            let styled = matches!(node.get("tag").and_then(Value::as_str), Some("text" | "a" | "at"));
            if let Some(members) = node.as_object_mut().filter(|_| styled) {
                members.entry("style").or_insert_with(|| json!([]));
            }
        }
    }
    Some(post)
}
