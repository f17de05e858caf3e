//! Posts: text with a title, lines, and things between the words.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Map, Value, json};

/// A post, in one language or several.
///
/// ```
/// use larkwire_core::message::{Node, Post};
///
/// let post = Post::new()
///     .title("Build 42")
///     .line([Node::text("passed, see ").bold(), Node::link("the log", "https://example.com/42")])
///     .line([Node::mention("ou_1")]);
/// # let _ = post;
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Post {
    /// The languages in their order; never empty.
    languages: Vec<Language>,
}

#[derive(Clone, Debug, PartialEq)]
struct Language {
    name: String,
    title: Option<String>,
    lines: Vec<Value>,
}

/// A part of a line of a [`Post`]. Its texts say just that: nothing in them is markup, but in [`Node::markdown`].
#[derive(Clone, Debug, PartialEq)]
pub struct Node(Value);

impl Default for Post {
    fn default() -> Post {
        Post::new()
    }
}

impl Post {
    /// An empty one, in `zh_cn`, which is shown to those who have no other language of it, too.
    pub fn new() -> Post {
        Post { languages: Vec::new() }.language("zh_cn")
    }

    /// What follows is in this language: `zh_cn`, `en_us`, `ja_jp`.
    #[must_use]
    pub fn language(mut self, name: &str) -> Post {
        self.languages.retain(|language| !language.lines.is_empty() || language.title.is_some());
        self.languages.push(Language { name: name.to_owned(), title: None, lines: Vec::new() });
        self
    }

    /// With a title.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Post {
        if let Some(language) = self.languages.last_mut() {
            language.title = Some(title.into());
        }
        self
    }

    /// With one more line. An image or a film has to have one for itself.
    #[must_use]
    pub fn line(mut self, nodes: impl IntoIterator<Item = Node>) -> Post {
        if let Some(language) = self.languages.last_mut() {
            language.lines.push(nodes.into_iter().map(|node| node.0).collect());
        }
        self
    }
}

impl From<Post> for Value {
    fn from(post: Post) -> Value {
        let mut all = Map::new();
        for Language { name, title, lines } in post.languages {
            let mut one = json!({"content": lines});
            if let (Value::Object(one), Some(title)) = (&mut one, title) {
                one.insert("title".to_string(), title.into());
            }
            all.insert(name, one);
        }
        Value::Object(all)
    }
}

impl Node {
    /// Text.
    pub fn text(text: impl Into<String>) -> Node {
        Node(json!({"tag": "text", "text": text.into()}))
    }

    /// A link.
    pub fn link(text: impl Into<String>, href: impl Into<String>) -> Node {
        Node(json!({"tag": "a", "text": text.into(), "href": href.into()}))
    }

    /// A mention of a person.
    pub fn mention(user_id: impl Into<String>) -> Node {
        Node(json!({"tag": "at", "user_id": user_id.into()}))
    }

    /// A mention of everyone in the chat.
    pub fn mention_all() -> Node {
        Node::mention("all")
    }

    /// An image, by the key that its upload gave.
    pub fn image(image_key: impl Into<String>) -> Node {
        Node(json!({"tag": "img", "image_key": image_key.into()}))
    }

    /// A film, by the key that its upload gave, with an image for the time before it plays.
    pub fn media(file_key: impl Into<String>, image_key: impl Into<String>) -> Node {
        Node(json!({"tag": "media", "file_key": file_key.into(), "image_key": image_key.into()}))
    }

    /// An emoji, such as `SMILE`.
    pub fn emotion(emoji_type: impl Into<String>) -> Node {
        Node(json!({"tag": "emotion", "emoji_type": emoji_type.into()}))
    }

    /// A line across.
    pub fn rule() -> Node {
        Node(json!({"tag": "hr"}))
    }

    /// Code.
    pub fn code(language: impl Into<String>, text: impl Into<String>) -> Node {
        Node(json!({"tag": "code_block", "language": language.into(), "text": text.into()}))
    }

    /// Markdown, which has to have a line for itself: mentions, links, lists, code, quotes, bold, italic. No tables.
    pub fn markdown(text: impl Into<String>) -> Node {
        Node(json!({"tag": "md", "text": text.into()}))
    }

    /// Any other, as the platform has it.
    pub fn raw(node: impl Into<Value>) -> Node {
        Node(node.into())
    }

    /// In bold.
    #[must_use]
    pub fn bold(self) -> Node {
        self.style("bold")
    }

    /// In italics.
    #[must_use]
    pub fn italic(self) -> Node {
        self.style("italic")
    }

    /// Underlined.
    #[must_use]
    pub fn underline(self) -> Node {
        self.style("underline")
    }

    /// Struck through.
    #[must_use]
    pub fn strike(self) -> Node {
        self.style("lineThrough")
    }

    fn style(mut self, style: &str) -> Node {
        if let Value::Object(node) = &mut self.0 {
            let styles = node.entry("style").or_insert_with(|| json!([]));
            if let Value::Array(styles) = styles {
                styles.push(style.into());
            }
        }
        self
    }
}
