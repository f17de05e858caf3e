//! Text messages.

use alloc::string::String;

/// The text of a message, with mentions and links.
///
/// ```
/// use larkwire_core::message::Text;
///
/// let text = Text::new("Build 42 passed, ").mention("ou_1").text(". <b>Not bold</b>").markup(" <b>Bold</b>");
/// assert!(text.as_str().starts_with("Build 42 passed, <at user_id=\"ou_1\"></at>."));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(String);

/// What the platform takes for markup, after `<` or `</`.
const TAGS: [&str; 5] = ["at", "b", "i", "u", "s"];

impl Text {
    /// Text that says just that. What the platform would take for a tag, such as `<at user_id="all">` in what somebody has
    /// written to the bot, is shown as it stands: an invisible character (U+200B) after its `<` makes it none.
    pub fn new(text: &str) -> Text {
        Text::default().text(text)
    }

    /// More text that says just that.
    #[must_use]
    pub fn text(mut self, text: &str) -> Text {
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('<') {
            self.0.push_str(before);
            self.0.push('<');
            if begins_tag(after) {
                self.0.push('\u{200b}');
            }
            rest = after;
        }
        self.0.push_str(rest);
        self
    }

    /// A mention of a person, by the open id, union id or user id.
    #[must_use]
    pub fn mention(self, user_id: &str) -> Text {
        self.mention_as(user_id, "")
    }

    /// The same, with the name that is shown where the person is not known.
    #[must_use]
    pub fn mention_as(mut self, user_id: &str, name: &str) -> Text {
        let within = |text: &str| text.replace(['<', '>', '"'], "");
        self.0.push_str("<at user_id=\"");
        self.0.push_str(&within(user_id));
        self.0.push_str("\">");
        self.0.push_str(&within(name));
        self.0.push_str("</at>");
        self
    }

    /// A mention of everyone in the chat. The settings of the group must allow it.
    #[must_use]
    pub fn mention_all(self) -> Text {
        self.mention("all")
    }

    /// A link. Neither its label nor its address can be the end of it.
    #[must_use]
    pub fn link(mut self, label: &str, url: &str) -> Text {
        self.0.push('[');
        self = self.text(&label.replace(['[', ']'], ""));
        self.0.push_str("](");
        self.0.push_str(&url.replace(')', "%29").replace(char::is_whitespace, ""));
        self.0.push(')');
        self
    }

    /// Text with the platform's own markup: `<b>`, `<i>`, `<u>`, `<s>`, `<at user_id="…">`. Not for what others have written.
    #[must_use]
    pub fn markup(mut self, markup: &str) -> Text {
        self.0.push_str(markup);
        self
    }

    /// As it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether the text after a `<` goes on like a tag.
fn begins_tag(after: &str) -> bool {
    let after = after.strip_prefix('/').unwrap_or(after);
    let name_ends = after.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(after.len());
    let (name, rest) = after.split_at(name_ends);
    // Only one of them has attributes: `a <b and c` is none.
    let ends = |c: char| c == '>' || c == '/' || (name.eq_ignore_ascii_case("at") && c.is_whitespace());
    rest.starts_with(ends) && TAGS.iter().any(|tag| tag.eq_ignore_ascii_case(name))
}
