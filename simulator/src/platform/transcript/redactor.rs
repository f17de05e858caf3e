//! Hiding secrets.

use bytes::Bytes;
use serde_json::Value;

use super::wire::text;

/// What stands in place of a secret.
const REDACTED: &str = "***";

/// Hides secrets in what is recorded.
#[derive(Clone)]
pub(crate) struct Redactor {
    secrets: Vec<String>,
}

/// Shows nothing: its only content are the secrets.
impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Redactor")
    }
}

impl Redactor {
    pub(crate) fn new(secrets: impl Iterator<Item = String>) -> Redactor {
        Redactor { secrets: secrets.filter(|secret| !secret.is_empty()).collect() }
    }

    pub(crate) fn headers(&self, headers: &[(String, String)]) -> Vec<(String, String)> {
        const SECRET: [&str; 4] = ["authorization", "cookie", "proxy-authorization", "set-cookie"];
        let hidden = |name: &str| SECRET.iter().any(|secret| name.eq_ignore_ascii_case(secret));
        let shown = |value: &str| self.plain(value);
        headers
            .iter()
            .map(|(name, value)| (name.clone(), if hidden(name) { REDACTED.to_owned() } else { shown(value) }))
            .collect()
    }

    /// A URL or its path and query.
    pub(crate) fn target(&self, target: &str) -> String {
        const SECRET: [&str; 3] = ["ticket=", "access_key=", "access_token="];
        let Some((path, query)) = target.split_once('?') else { return self.plain(target) };
        let shown: Vec<String> = query
            .split('&')
            .map(|pair| match SECRET.iter().find(|name| pair.starts_with(**name)) {
                Some(name) => format!("{name}{REDACTED}"),
                None => pair.to_owned(),
            })
            .collect();
        self.plain(&format!("{path}?{}", shown.join("&")))
    }

    /// The body of a request or an answer. What is not JSON is cut down to its length, for nobody knows what is in it.
    pub(crate) fn body(&self, body: &Bytes) -> String {
        if body.is_empty() {
            return String::new();
        }
        match serde_json::from_slice::<Value>(body) {
            Ok(mut value) => {
                self.json(&mut value);
                text(self.plain(&value.to_string()).as_bytes())
            }
            Err(_) => format!("{} bytes, not JSON", body.len()),
        }
    }

    fn json(&self, value: &mut Value) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    match name.to_ascii_lowercase().as_str() {
                        "url" => {
                            if let Value::String(url) = member {
                                *url = self.target(url);
                            }
                        }
                        "appsecret" | "app_secret" | "clientassertion" | "token" => hide(member),
                        name if name.ends_with("_token") => hide(member),
                        _ => self.json(member),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.json(item)),
            _ => {}
        }
    }

    pub(crate) fn plain(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, REDACTED))
    }
}

fn hide(member: &mut Value) {
    if member.as_str() != Some("") {
        *member = Value::from(REDACTED);
    }
}
