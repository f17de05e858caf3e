//! Lists in pages.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use serde_json::{Value, json};

use super::call::{Call, Refusal, refuse};

/// How long pages are, and with which codes a bad page is refused.
pub(super) struct Pages {
    pub(super) usual: usize,
    pub(super) most: usize,
    pub(super) bad_size: i64,
    pub(super) bad_token: i64,
}

impl Pages {
    /// One page of `all`, each with what tells it apart: `items`, `has_more` and, if there is more, `page_token`.
    pub(super) fn of(&self, call: &Call<'_>, all: Vec<(String, Value)>) -> Result<Value, Refusal> {
        let size = match call.query("page_size").as_str() {
            "" => self.usual,
            text => match text.parse() {
                Ok(size) if (1..=self.most).contains(&size) => size,
                _ => return refuse(self.bad_size, format!("page_size must be a number from 1 to {}", self.most)),
            },
        };
        let token = call.query("page_token");
        let begin = if token.is_empty() {
            0
        } else {
            let last = decode(&token).and_then(|last| all.iter().position(|(key, _)| *key == last));
            match last {
                Some(last) => last.saturating_add(1),
                None => return refuse(self.bad_token, "page_token is invalid"),
            }
        };
        let mut rest = all.into_iter().skip(begin).peekable();
        let (mut items, mut last) = (Vec::new(), String::new());
        while items.len() < size
            && let Some((key, item)) = rest.next()
        {
            items.push(item);
            last = key;
        }
        Ok(match rest.peek() {
            Some(_) => json!({"items": items, "has_more": true, "page_token": encode(&last)}),
            None => json!({"items": items, "has_more": false, "page_token": ""}),
        })
    }
}

fn encode(last: &str) -> String {
    format!("pt_{}", URL_SAFE.encode(last))
}

fn decode(token: &str) -> Option<String> {
    String::from_utf8(URL_SAFE.decode(token.strip_prefix("pt_")?).ok()?).ok()
}
