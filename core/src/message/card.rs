//! Cards: messages that can be acted on, and changed.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Map, Value, json};

/// A card.
///
/// ```
/// use larkwire_core::message::{Button, Card};
/// use serde_json::{Value, json};
///
/// let card = Card::new()
///     .title("Holiday")
///     .markdown("Ada asks for **three days**.")
///     .buttons([
///         Button::new("Approve").primary().value(json!({"approve": true})),
///         Button::new("Refuse").danger().value(json!({"approve": false})),
///     ]);
/// assert_eq!(Value::from(card)["schema"], "2.0");
/// ```
///
/// What is not here can be added by [`element`](Card::element), [`config`](Card::config) and [`set`](Card::set), or the
/// whole card comes as JSON: [`Card::from`].
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    card: Map<String, Value>,
    /// Whether it is JSON 2.0, where elements stand elsewhere and buttons look different.
    second: bool,
}

/// A button of a [`Card`].
#[derive(Clone, Debug, PartialEq)]
pub struct Button {
    text: String,
    look: &'static str,
    value: Option<Value>,
    url: Option<String>,
    confirm: Option<(String, String)>,
}

impl Default for Card {
    fn default() -> Card {
        Card::new()
    }
}

impl Card {
    /// An empty card of JSON 2.0.
    pub fn new() -> Card {
        let mut card = Map::new();
        card.insert("schema".into(), "2.0".into());
        card.insert("body".into(), json!({"elements": []}));
        Card { card, second: true }
    }

    /// An empty card of JSON 1.0, for clients that are old.
    pub fn v1() -> Card {
        let mut card = Map::new();
        card.insert("elements".into(), json!([]));
        Card { card, second: false }.config("wide_screen_mode", true)
    }

    /// What `messageCard.defaultCard` of the official Node SDK gives: a blue title, and markdown.
    pub fn default_card(title: impl Into<String>, content: impl Into<String>) -> Card {
        Card::v1().title(title).markdown(content)
    }

    /// With a title, in blue.
    #[must_use]
    pub fn title(self, title: impl Into<String>) -> Card {
        let header = json!({"template": "blue", "title": {"tag": "plain_text", "content": title.into()}});
        self.set("header", header)
    }

    /// With this colour of the title: `blue`, `wathet`, `turquoise`, `green`, `yellow`, `orange`, `red`, `carmine`,
    /// `violet`, `purple`, `indigo`, `grey`.
    #[must_use]
    pub fn color(mut self, template: &str) -> Card {
        if let Some(Value::Object(header)) = self.card.get_mut("header") {
            header.insert("template".to_string(), template.into());
        }
        self
    }

    /// With markdown. Of what others have written, [`escape_markdown`] takes away the power.
    #[must_use]
    pub fn markdown(self, text: impl Into<String>) -> Card {
        self.element(json!({"tag": "markdown", "content": text.into()}))
    }

    /// The same, in an element of this id: a letter, then letters, digits and `_`, 20 characters at most. JSON 2.0 only.
    #[must_use]
    pub fn markdown_id(self, element_id: &str, text: impl Into<String>) -> Card {
        self.element(json!({"tag": "markdown", "element_id": element_id, "content": text.into()}))
    }

    /// With plain text.
    #[must_use]
    pub fn text(self, text: impl Into<String>) -> Card {
        self.element(json!({"tag": "div", "text": {"tag": "plain_text", "content": text.into()}}))
    }

    /// With an image, by the key that its upload gave.
    #[must_use]
    pub fn image(self, image_key: &str, alt: &str) -> Card {
        let alt = json!({"tag": "plain_text", "content": alt});
        self.element(json!({"tag": "img", "img_key": image_key, "alt": alt}))
    }

    /// With a line across.
    #[must_use]
    pub fn rule(self) -> Card {
        self.element(json!({"tag": "hr"}))
    }

    /// With buttons side by side.
    #[must_use]
    pub fn buttons(self, buttons: impl IntoIterator<Item = Button>) -> Card {
        let second = self.second;
        let buttons = buttons.into_iter().map(|button| button.json(second));
        if second {
            let column = |button| json!({"tag": "column", "width": "auto", "elements": [button]});
            let columns: Vec<Value> = buttons.map(column).collect();
            self.element(json!({"tag": "column_set", "flex_mode": "flow", "columns": columns}))
        } else {
            let buttons: Vec<Value> = buttons.collect();
            self.element(json!({"tag": "action", "actions": buttons}))
        }
    }

    /// With any element, as the platform has it.
    #[must_use]
    pub fn element(mut self, element: impl Into<Value>) -> Card {
        let elements = match self.second {
            true => self.card.get_mut("body").and_then(|body| body.get_mut("elements")),
            false => self.card.get_mut("elements"),
        };
        if let Some(Value::Array(elements)) = elements {
            elements.push(element.into());
        }
        self
    }

    /// Shared: everyone sees the same card, so that it can be changed by `im.v1.message.patch`. Always so in JSON 2.0.
    #[must_use]
    pub fn shared(self) -> Card {
        self.config("update_multi", true)
    }

    /// To be typed bit by bit, by a [`Writer`](crate::api::cardkit::v1::Writer); the list of chats shows `summary` in the
    /// meantime. JSON 2.0 only.
    #[must_use]
    pub fn streaming(self, summary: &str) -> Card {
        self.config("streaming_mode", true).config("summary", json!({"content": summary}))
    }

    /// With any member of `config`.
    #[must_use]
    pub fn config(mut self, name: &str, value: impl Into<Value>) -> Card {
        let config = self.card.entry("config").or_insert_with(|| json!({}));
        if let Value::Object(config) = config {
            config.insert(name.to_string(), value.into());
        }
        self
    }

    /// With any member of the card itself.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl Into<Value>) -> Card {
        self.card.insert(name.to_string(), value.into());
        self
    }
}

/// A card as the platform has it. What is not an object is a card without anything.
impl From<Value> for Card {
    fn from(card: Value) -> Card {
        let card = match card {
            Value::Object(card) => card,
            _ => Map::new(),
        };
        let second = card.get("schema").and_then(Value::as_str) == Some("2.0");
        Card { card, second }
    }
}

impl From<Card> for Value {
    fn from(card: Card) -> Value {
        Value::Object(card.card)
    }
}

impl Button {
    /// A button that says this, and does nothing yet.
    pub fn new(text: impl Into<String>) -> Button {
        Button { text: text.into(), look: "default", value: None, url: None, confirm: None }
    }

    /// It stands out.
    #[must_use]
    pub fn primary(mut self) -> Button {
        self.look = "primary";
        self
    }

    /// It warns.
    #[must_use]
    pub fn danger(mut self) -> Button {
        self.look = "danger";
        self
    }

    /// It sends this to the bot, as the `value` of a `card.action.trigger`. An object, or a text.
    #[must_use]
    pub fn value(mut self, value: impl Into<Value>) -> Button {
        self.value = Some(value.into());
        self
    }

    /// It opens this.
    #[must_use]
    pub fn url(mut self, url: impl Into<String>) -> Button {
        self.url = Some(url.into());
        self
    }

    /// It asks before.
    #[must_use]
    pub fn confirm(mut self, title: impl Into<String>, text: impl Into<String>) -> Button {
        self.confirm = Some((title.into(), text.into()));
        self
    }

    fn json(self, second: bool) -> Value {
        let plain = |text: String| json!({"tag": "plain_text", "content": text});
        let mut button = Map::new();
        let mut set = |name: &str, value: Value| button.insert(name.to_string(), value);
        set("tag", "button".into());
        set("text", plain(self.text));
        set("type", self.look.into());
        if second {
            let callback = self.value.map(|value| json!({"type": "callback", "value": value}));
            let open = self.url.map(|url| json!({"type": "open_url", "default_url": url}));
            let behaviors: Vec<Value> = callback.into_iter().chain(open).collect();
            set("behaviors", behaviors.into());
        } else {
            self.value.into_iter().for_each(|value| drop(set("value", value)));
            self.url.into_iter().for_each(|url| drop(set("url", url.into())));
        }
        if let Some((title, text)) = self.confirm {
            set("confirm", json!({"title": plain(title), "text": plain(text)}));
        }
        Value::Object(button)
    }
}

/// Text for the markdown of a card that says just that: what has a meaning there is written as an HTML entity, as the
/// documentation of the component has it.
pub fn escape_markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&#38;"),
            '<' => out.push_str("&#60;"),
            '>' => out.push_str("&#62;"),
            '*' => out.push_str("&#42;"),
            '_' => out.push_str("&#95;"),
            '~' => out.push_str("&#126;"),
            '`' => out.push_str("&#96;"),
            '[' => out.push_str("&#91;"),
            ']' => out.push_str("&#93;"),
            '(' => out.push_str("&#40;"),
            ')' => out.push_str("&#41;"),
            '#' => out.push_str("&#35;"),
            '!' => out.push_str("&#33;"),
            '\\' => out.push_str("&#92;"),
            c => out.push(c),
        }
    }
    out
}
