//! Message content: what is sent is not what is stored and received.

use serde_json::{Value, json};

use super::message::Mention;
use super::people::Actor;

/// Finds mentions, and numbers them.
struct Mentions<F> {
    find: F,
    found: Vec<Mention>,
}

/// Whom an id means, and under which name; none if nobody.
pub(crate) trait Find: Fn(&str) -> Option<(Actor, String)> {}
impl<F: Fn(&str) -> Option<(Actor, String)>> Find for F {}

impl<F: Find> Mentions<F> {
    /// The placeholder for a mention of this id; none if it means nobody. The same person twice gives two keys (inferred).
    fn key(&mut self, id: &str) -> Option<String> {
        if id == "all" {
            return Some("@_all".to_owned());
        }
        let (who, name) = (self.find)(id)?;
        let key = format!("@_user_{}", self.found.len().saturating_add(1));
        self.found.push(Mention { key: key.clone(), name, who });
        Some(key)
    }

    /// Replaces `<at user_id="...">Name</at>` by placeholders.
    fn text(&mut self, text: &str) -> String {
        const OPEN: &str = "<at user_id=\"";
        const CLOSE: &str = "</at>";
        let mut shown = String::new();
        let mut rest = text;
        while let Some((before, tag)) = rest.split_once(OPEN) {
            shown.push_str(before);
            let parsed = tag.split_once("\">").and_then(|(id, tail)| Some((id, tail.split_once(CLOSE)?.1)));
            rest = match parsed.and_then(|(id, tail)| Some((self.key(id)?, tail))) {
                Some((key, tail)) => {
                    shown.push_str(&key);
                    tail
                }
                // "Broken tags go out literally" (official documentation); unknown people do, too.
                None => {
                    shown.push_str(OPEN);
                    tag
                }
            };
        }
        shown.push_str(rest);
        shown
    }

    /// The first language of a post, Chinese before others: its nodes get a `style`, and `md` becomes text.
    fn post(&mut self, mut languages: Value) -> Option<Value> {
        let languages = languages.as_object_mut()?;
        let is_post = |post: &Value| post.get("content").is_some_and(Value::is_array);
        let first = ["zh_cn"].into_iter().chain(languages.keys().map(String::as_str));
        let language = first.into_iter().find(|name| languages.get(*name).is_some_and(is_post))?.to_owned();
        let mut post = languages.remove(&language)?;
        for paragraph in post.get_mut("content")?.as_array_mut()? {
            for node in paragraph.as_array_mut()? {
                self.node(node);
            }
        }
        if let Some(members) = post.as_object_mut() {
            members.entry("title").or_insert_with(|| json!(""));
        }
        Some(post)
    }

    fn node(&mut self, node: &mut Value) {
        let text = |name: &str| node.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        match text("tag").as_str() {
            "md" => {
                let shown = self.text(&text("text"));
                *node = json!({"tag": "text", "text": shown, "style": []});
                return;
            }
            "at" => {
                let id = text("user_id");
                if let (Some(key), Some(members)) = (self.key(&id), node.as_object_mut()) {
                    members.insert("user_id".into(), json!(key));
                    if let Some(mention) = self.found.last().filter(|_| id != "all") {
                        members.insert("user_name".into(), json!(mention.name));
                    }
                }
            }
            "text" | "a" => {}
            _ => return,
        }
        if let Some(members) = node.as_object_mut() {
            members.entry("style").or_insert_with(|| json!([]));
        }
    }
}

/// A text as it is received, in which mentions became placeholders (official documentation), and its mentions.
pub(crate) fn text(text: &str, find: impl Find) -> (String, Vec<Mention>) {
    let mut mentions = Mentions { find, found: Vec::new() };
    let shown = json!({"text": mentions.text(text)}).to_string();
    (shown, mentions.found)
}

/// A post as it is received, without the key of its language and with a `style` in its nodes (official documentation;
/// OpenAPI samples), and its mentions. None if it is no post.
pub(crate) fn post(content: &Value, find: impl Find) -> Option<(String, Vec<Mention>)> {
    let mut mentions = Mentions { find, found: Vec::new() };
    let shown = mentions.post(content.clone())?.to_string();
    Some((shown, mentions.found))
}

/// What is to be read of a content, as sent or as received: the text of a text, the lines of a post. None of other types.
pub(crate) fn plain(content: &str) -> Option<String> {
    let content: Value = serde_json::from_str(content).ok()?;
    if let Some(text) = content.get("text").and_then(Value::as_str) {
        return Some(text.to_owned());
    }
    let is_post = |post: &&Value| post.get("content").is_some_and(Value::is_array);
    let languages = content.get("zh_cn").into_iter().chain(content.as_object()?.values());
    let post = std::iter::once(&content).chain(languages).find(is_post)?;
    let title = post.get("title").and_then(Value::as_str).filter(|title| !title.is_empty());
    let node = |node: &Value| {
        let text = |name: &str| node.get(name).and_then(Value::as_str);
        match text("tag").unwrap_or_default() {
            "at" => {
                let who = text("user_name").or(text("user_id")).unwrap_or_default();
                format!("@{}", who.trim_start_matches('@'))
            }
            "emotion" => format!("[{}]", text("emoji_type").unwrap_or_default()),
            "hr" => "---".to_owned(),
            tag => text("text").map_or_else(|| format!("[{tag}]"), str::to_owned),
        }
    };
    let paragraphs = post.get("content").and_then(Value::as_array)?.iter();
    let lines = paragraphs.filter_map(Value::as_array).map(|nodes| nodes.iter().map(node).collect::<String>());
    Some(title.map(str::to_owned).into_iter().chain(lines).collect::<Vec<_>>().join("\n"))
}

/// A text in which a person wrote `@Name`: with placeholders for those among `known`, and for everyone. Those of `known`
/// who are `wanted` and not in the text are put before it.
pub(crate) fn spoken(text: &str, known: &[(String, Actor)], wanted: &[String]) -> (String, Vec<Mention>) {
    const EVERYONE: [&str; 2] = ["all", "所有人"];
    let mut mentions = Vec::new();
    let mut mention = |name: &str, who: &Actor| {
        let key = format!("@_user_{}", mentions.len().saturating_add(1));
        mentions.push(Mention { key: key.clone(), name: name.to_owned(), who: who.clone() });
        key
    };
    // The longest name that fits: "Ann Lee" before "Ann".
    let mut names: Vec<&(String, Actor)> = known.iter().filter(|(name, _)| !name.is_empty()).collect();
    names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    let mut shown = String::new();
    for wanted in wanted {
        if EVERYONE.contains(&wanted.as_str()) && !text.contains("@all") {
            shown.push_str("@_all ");
        }
        let is_meant = |(name, who): &&(String, Actor)| name == wanted || who.id() == wanted;
        if let Some((name, who)) = known.iter().find(is_meant)
            && !text.contains(&format!("@{name}"))
        {
            shown.push_str(&mention(name, who));
            shown.push(' ');
        }
    }
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('@') {
        shown.push_str(before);
        let named = names.iter().find_map(|(name, who)| Some((name, who, behind(after, name)?)));
        let everyone = EVERYONE.iter().find_map(|name| behind(after, name));
        rest = match (named, everyone) {
            (Some((name, who, tail)), _) => {
                shown.push_str(&mention(name, who));
                tail
            }
            (None, Some(tail)) => {
                shown.push_str("@_all");
                tail
            }
            (None, None) => {
                shown.push('@');
                after
            }
        };
    }
    shown.push_str(rest);
    (shown, mentions)
}

/// What stands behind a name; none if the text does not begin with it, or goes on like the beginning of a longer one.
fn behind<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let tail = text.strip_prefix(name)?;
    (!tail.starts_with(|letter: char| letter.is_ascii_alphanumeric())).then_some(tail)
}
