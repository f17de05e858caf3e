//! `cardkit.v1`: card entities, which can be changed bit by bit.
//!
//! How an answer seems to be typed, from the documentation:
//!
//! ```
//! use larkwire_core::api::cardkit::v1::{Create, Writer};
//! use larkwire_core::api::im::v1::{ReceiveIdType, message};
//! use larkwire_core::message::{Card, Content};
//!
//! // 1. A card with an element that has an id.
//! let card = Card::new().streaming("thinking").markdown_id("answer", "…");
//! let create = Create::new(card);
//! // 2. Its id, from the answer, is sent as a message. Once only.
//! let card_id = "7355372766134157313";
//! let send = message::Create::new(ReceiveIdType::ChatId, "oc_1", Content::card_entity(card_id));
//! // 3. The whole text, again and again, as it grows.
//! let mut writer = Writer::new(card_id);
//! let _ = writer.content("answer", "Hello, wor");
//! let _ = writer.content("answer", "Hello, world.");
//! // 4. The end.
//! let _ = writer.finish("Hello, world.");
//! # let _ = (create, send);
//! ```

use alloc::format;
use alloc::string::{String, ToString};
use core::marker::PhantomData;

use serde_json::{Value, json};

use crate::api::{Answer, ApiError, Call, Identity, Method, Repeat, Request, UuidPlace};
use crate::message::Template;

/// `cardkit.v1.card.create`: makes a card entity, which lives for 14 days.
#[derive(Clone, Debug)]
pub struct Create {
    kind: &'static str,
    data: String,
}

impl Create {
    /// Of this card, of JSON 2.0.
    pub fn new(card: impl Into<Value>) -> Create {
        Create { kind: "card_json", data: card.into().to_string() }
    }

    /// Of a template of the card builder.
    pub fn template(template: Template) -> Create {
        Create { kind: "template", data: Value::from(template).to_string() }
    }
}

impl Call for Create {
    /// The `card_id`.
    type Answer = String;

    fn request(&self) -> Request {
        Request::post("/open-apis/cardkit/v1/cards")
            .named("cardkit.v1.card.create")
            .json(json!({"type": self.kind, "data": self.data}))
            .identity(Identity::App)
    }

    fn read(&self, answer: &Answer) -> Result<String, ApiError> {
        answer.member("card_id", "no card_id")
    }
}

/// Changes a card entity. It counts the changes, since the platform takes none whose number is not greater than that of the
/// last: for each card there is one writer, and a change is made before the next one begins.
#[derive(Clone, Debug)]
pub struct Writer {
    card_id: String,
    sequence: u32,
}

/// One change of a card entity. While there is one, its [`Writer`] makes no other.
///
/// It is repeated safely, by its `uuid`: the refusal of a repetition (code 200770) counts as success.
#[derive(Clone, Debug)]
#[must_use = "it does nothing until it is sent"]
pub struct Change<'w> {
    request: Request,
    writer: PhantomData<&'w mut Writer>,
}

/// The code for a `uuid` that was used.
const DONE_BEFORE: i64 = 200_770;

impl Writer {
    /// For a new card.
    pub fn new(card_id: impl Into<String>) -> Writer {
        Writer::after(card_id, 0)
    }

    /// For a card whose last change had this number.
    pub fn after(card_id: impl Into<String>, sequence: u32) -> Writer {
        Writer { card_id: card_id.into(), sequence }
    }

    /// Of which card.
    pub fn card_id(&self) -> &str {
        &self.card_id
    }

    /// The number of the last change.
    pub fn sequence(&self) -> u32 {
        self.sequence
    }

    /// `cardkit.v1.card_element.content`: what a text or markdown element says, all of it. If that begins with what it said
    /// before, the rest seems to be typed. 100,000 characters at most, and not empty.
    pub fn content(&mut self, element_id: &str, text: &str) -> Change<'_> {
        let path = "/open-apis/cardkit/v1/cards/:card_id/elements/:element_id/content";
        let request = Request::put(path).named("cardkit.v1.card_element.content");
        self.change('c', request, Some(element_id), json!({"content": text}))
    }

    /// Ends the typing, with what the list of chats shows of the message.
    pub fn finish(&mut self, summary: &str) -> Change<'_> {
        self.settings(&json!({"config": {"streaming_mode": false, "summary": {"content": summary}}}))
    }

    /// `cardkit.v1.card.settings`: an object with `config` and `card_link`. The platform ends the typing 10 min after it
    /// was begun; `{"config": {"streaming_mode": true}}` begins it again.
    pub fn settings(&mut self, settings: &Value) -> Change<'_> {
        let path = "/open-apis/cardkit/v1/cards/:card_id/settings";
        let request = Request::patch(path).named("cardkit.v1.card.settings");
        self.change('s', request, None, json!({"settings": settings.to_string()}))
    }

    /// `cardkit.v1.card.update`: another card in its place, of JSON 2.0.
    pub fn update(&mut self, card: impl Into<Value>) -> Change<'_> {
        let request = Request::put("/open-apis/cardkit/v1/cards/:card_id").named("cardkit.v1.card.update");
        let card = json!({"type": "card_json", "data": card.into().to_string()});
        self.change('u', request, None, json!({"card": card}))
    }

    /// `cardkit.v1.card_element.create`: more elements, a list of objects, at the end of the card.
    pub fn append(&mut self, elements: &Value) -> Change<'_> {
        let path = "/open-apis/cardkit/v1/cards/:card_id/elements";
        let request = Request::post(path).named("cardkit.v1.card_element.create");
        self.change('a', request, None, json!({"type": "append", "elements": elements.to_string()}))
    }

    /// `cardkit.v1.card_element.update`: another element in the place of one.
    pub fn element(&mut self, element_id: &str, element: &Value) -> Change<'_> {
        let path = "/open-apis/cardkit/v1/cards/:card_id/elements/:element_id";
        let request = Request::put(path).named("cardkit.v1.card_element.update");
        self.change('e', request, Some(element_id), json!({"element": element.to_string()}))
    }

    /// `cardkit.v1.card_element.delete`: removes an element, with those in it.
    pub fn remove(&mut self, element_id: &str) -> Change<'_> {
        let path = "/open-apis/cardkit/v1/cards/:card_id/elements/:element_id";
        let request = Request::delete(path).named("cardkit.v1.card_element.delete");
        self.change('d', request, Some(element_id), json!({}))
    }

    /// Any other change: its number and its `uuid` are added to the body. The first segment of the path is the card's id.
    pub fn any(&mut self, method: Method, path: &'static str, body: Value) -> Change<'_> {
        self.change('x', Request::new(method, path), None, body)
    }

    fn change(&mut self, kind: char, request: Request, element_id: Option<&str>, mut body: Value) -> Change<'_> {
        self.sequence = self.sequence.saturating_add(1);
        if let Value::Object(body) = &mut body {
            body.insert("sequence".to_string(), self.sequence.into());
            body.insert("uuid".to_string(), format!("{kind}_{}_{}", self.card_id, self.sequence).into());
        }
        let request = request.segment(&self.card_id);
        let request = match element_id {
            Some(id) => request.segment(id),
            None => request,
        };
        let request = request.json(body).identity(Identity::App).repeat(Repeat::Uuid(UuidPlace::Body));
        Change { request, writer: PhantomData }
    }
}

impl Call for Change<'_> {
    type Answer = ();

    fn request(&self) -> Request {
        self.request.clone()
    }

    fn read(&self, answer: &Answer) -> Result<(), ApiError> {
        match answer.done() {
            Err(error) if error.code() == Some(DONE_BEFORE) => Ok(()),
            outcome => outcome,
        }
    }
}
