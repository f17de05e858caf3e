//! `im.v1.message`.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Value, json};

use super::{Message, ReceiveIdType, UserIdType};
use crate::api::read::answer;
use crate::api::{Answer, ApiError, Call, Identity, Page, Paged, Repeat, Request, UuidPlace};
use crate::message::Content;

const ONE: &str = "/open-apis/im/v1/messages/:message_id";
/// How a card comes, and the value for the one that was sent.
const CARDS: &str = "card_msg_content_type";
const RAW: &str = "raw_card_content";

/// `im.v1.message.create`: sends a message.
///
/// At most 5 a second to one person or group. It is repeated safely, by a `uuid` that the client gives it.
#[derive(Clone, Debug)]
pub struct Create {
    to: ReceiveIdType,
    id: String,
    content: Content,
    uuid: Option<String>,
}

impl Create {
    /// To a chat or a person. The content may be a text, a [`Post`](crate::message::Post), a
    /// [`Card`](crate::message::Card), or any [`Content`].
    pub fn new(to: ReceiveIdType, id: impl Into<String>, content: impl Into<Content>) -> Create {
        Create { to, id: id.into(), content: content.into(), uuid: None }
    }

    /// With a `uuid` of your own, of at most 50 characters: of all messages with the same one, the platform sends only one
    /// in an hour.
    #[must_use]
    pub fn uuid(mut self, uuid: impl Into<String>) -> Create {
        self.uuid = Some(uuid.into());
        self
    }
}

impl Call for Create {
    type Answer = Message;

    fn request(&self) -> Request {
        let mut body = json!({"receive_id": self.id});
        fill(&mut body, &self.content, self.uuid.as_ref());
        Request::post("/open-apis/im/v1/messages")
            .named("im.v1.message.create")
            .query("receive_id_type", self.to.as_str())
            .json(body)
            .repeat(Repeat::Uuid(UuidPlace::Body))
    }

    fn read(&self, answer: &Answer) -> Result<Message, ApiError> {
        answer.read()
    }
}

/// `im.v1.message.reply`: replies to a message.
///
/// It is repeated safely, by a `uuid` that the client gives it.
#[derive(Clone, Debug)]
pub struct Reply {
    message_id: String,
    content: Content,
    in_thread: bool,
    uuid: Option<String>,
}

impl Reply {
    /// To the message of this id, with content as in [`Create::new`].
    pub fn new(message_id: impl Into<String>, content: impl Into<Content>) -> Reply {
        Reply { message_id: message_id.into(), content: content.into(), in_thread: false, uuid: None }
    }

    /// In a thread: the message becomes its root, if it is in none.
    #[must_use]
    pub fn in_thread(mut self) -> Reply {
        self.in_thread = true;
        self
    }

    /// With a `uuid` of your own: see [`Create::uuid`].
    #[must_use]
    pub fn uuid(mut self, uuid: impl Into<String>) -> Reply {
        self.uuid = Some(uuid.into());
        self
    }
}

impl Call for Reply {
    type Answer = Message;

    fn request(&self) -> Request {
        let mut body = json!({});
        fill(&mut body, &self.content, self.uuid.as_ref());
        set(&mut body, "reply_in_thread", self.in_thread.then_some(true));
        Request::post("/open-apis/im/v1/messages/:message_id/reply")
            .named("im.v1.message.reply")
            .segment(&self.message_id)
            .json(body)
            .repeat(Repeat::Uuid(UuidPlace::Body))
    }

    fn read(&self, answer: &Answer) -> Result<Message, ApiError> {
        answer.read()
    }
}

/// `im.v1.message.update`: changes a text or post of the bot's own. 20 times at most, and within the time that the
/// administrator has set.
#[derive(Clone, Debug)]
pub struct Update {
    message_id: String,
    content: Content,
}

impl Update {
    /// Of this message to this content, of the same type.
    pub fn new(message_id: impl Into<String>, content: impl Into<Content>) -> Update {
        Update { message_id: message_id.into(), content: content.into() }
    }
}

impl Call for Update {
    type Answer = Message;

    fn request(&self) -> Request {
        let mut body = json!({});
        fill(&mut body, &self.content, None);
        let request = Request::put(ONE).named("im.v1.message.update").segment(&self.message_id);
        request.json(body).identity(Identity::App)
    }

    fn read(&self, answer: &Answer) -> Result<Message, ApiError> {
        answer.read()
    }
}

/// `im.v1.message.patch`: changes a card of the bot's own. Within 14 days, and 5 times a second at most.
///
/// A card of JSON 1.0 has to be [shared](crate::message::Card::shared), before and after.
#[derive(Clone, Debug)]
pub struct Patch {
    message_id: String,
    content: Content,
}

impl Patch {
    /// Of this message to this card.
    pub fn new(message_id: impl Into<String>, card: impl Into<Content>) -> Patch {
        Patch { message_id: message_id.into(), content: card.into() }
    }
}

impl Call for Patch {
    type Answer = ();

    fn request(&self) -> Request {
        let request = Request::patch(ONE).named("im.v1.message.patch").segment(&self.message_id);
        request.json(json!({"content": self.content.json()}))
    }

    fn read(&self, answer: &Answer) -> Result<(), ApiError> {
        answer.done()
    }
}

/// `im.v1.message.delete`: recalls a message.
#[derive(Clone, Debug)]
pub struct Delete {
    message_id: String,
}

impl Delete {
    /// Of this id.
    pub fn new(message_id: impl Into<String>) -> Delete {
        Delete { message_id: message_id.into() }
    }
}

impl Call for Delete {
    type Answer = ();

    fn request(&self) -> Request {
        Request::delete(ONE).named("im.v1.message.delete").segment(&self.message_id)
    }

    fn read(&self, answer: &Answer) -> Result<(), ApiError> {
        answer.done()
    }
}

/// `im.v1.message.get`: reads a message. Of a forwarded bundle it gives all messages in it, after the bundle itself.
#[derive(Clone, Debug)]
pub struct Get {
    message_id: String,
    ids: Option<UserIdType>,
    raw_cards: bool,
}

impl Get {
    /// Of this id.
    pub fn new(message_id: impl Into<String>) -> Get {
        Get { message_id: message_id.into(), ids: None, raw_cards: false }
    }

    /// With ids of this kind for people. Open ids else.
    #[must_use]
    pub fn ids(mut self, ids: UserIdType) -> Get {
        self.ids = Some(ids);
        self
    }

    /// Cards as they were sent, in a member `json_card` of their content (source: `card_msg_content_type` of the official command
    /// line). What the platform makes of them for reading else has neither names nor values of what can be clicked.
    #[must_use]
    pub fn raw_cards(mut self) -> Get {
        self.raw_cards = true;
        self
    }
}

impl Call for Get {
    type Answer = Vec<Message>;

    fn request(&self) -> Request {
        let request = Request::get(ONE).named("im.v1.message.get").segment(&self.message_id);
        request.maybe("user_id_type", self.ids.map(UserIdType::as_str)).maybe(CARDS, self.raw_cards.then_some(RAW))
    }

    fn read(&self, answer: &Answer) -> Result<Vec<Message>, ApiError> {
        answer.read::<Page<Message>>().map(|page| page.items)
    }
}

/// `im.v1.message.list`: the history of a chat or a thread, page by page.
#[derive(Clone, Debug)]
pub struct List {
    container: &'static str,
    id: String,
    from: Option<u64>,
    to: Option<u64>,
    newest_first: Option<bool>,
    raw_cards: bool,
    page_size: Option<u32>,
    page_token: Option<String>,
}

impl List {
    /// Of a chat. Of a thread in it only the root is in the list, unless the group is one of topics.
    pub fn chat(chat_id: impl Into<String>) -> List {
        List::of("chat", chat_id.into())
    }

    /// Of a thread. It knows no times.
    pub fn thread(thread_id: impl Into<String>) -> List {
        List::of("thread", thread_id.into())
    }

    fn of(container: &'static str, id: String) -> List {
        List {
            container,
            id,
            from: None,
            to: None,
            newest_first: None,
            raw_cards: false,
            page_size: None,
            page_token: None,
        }
    }

    /// Not older than this: **seconds** since 1970.
    #[must_use]
    pub fn from(mut self, unix_seconds: u64) -> List {
        self.from = Some(unix_seconds);
        self
    }

    /// Not younger than this: **seconds** since 1970.
    #[must_use]
    pub fn to(mut self, unix_seconds: u64) -> List {
        self.to = Some(unix_seconds);
        self
    }

    /// The oldest first, as without a word, too.
    #[must_use]
    pub fn oldest_first(mut self) -> List {
        self.newest_first = Some(false);
        self
    }

    /// The newest first.
    #[must_use]
    pub fn newest_first(mut self) -> List {
        self.newest_first = Some(true);
        self
    }

    /// Cards as they were sent: see [`Get::raw_cards`].
    #[must_use]
    pub fn raw_cards(mut self) -> List {
        self.raw_cards = true;
        self
    }

    /// So many on a page, 50 at most. 20 else.
    #[must_use]
    pub fn page_size(mut self, size: u32) -> List {
        self.page_size = Some(size);
        self
    }
}

impl Call for List {
    type Answer = Page<Message>;

    fn request(&self) -> Request {
        let order = |newest| if newest { "ByCreateTimeDesc" } else { "ByCreateTimeAsc" };
        Request::get("/open-apis/im/v1/messages")
            .named("im.v1.message.list")
            .query("container_id_type", self.container)
            .query("container_id", &self.id)
            .maybe("start_time", self.from.map(|time| time.to_string()))
            .maybe("end_time", self.to.map(|time| time.to_string()))
            .maybe("sort_type", self.newest_first.map(order))
            .maybe(CARDS, self.raw_cards.then_some(RAW))
            .maybe("page_size", self.page_size.map(|size| size.to_string()))
            .maybe("page_token", self.page_token.as_deref())
    }

    fn read(&self, answer: &Answer) -> Result<Page<Message>, ApiError> {
        answer.read()
    }
}

impl Paged for List {
    type Item = Message;

    fn page(mut self, token: impl Into<String>) -> List {
        self.page_token = Some(token.into());
        self
    }
}

/// `im.v1.message.forward`: forwards a message.
///
/// It is repeated safely, by a `uuid` that the client gives it.
#[derive(Clone, Debug)]
pub struct Forward {
    message_id: String,
    to: ReceiveIdType,
    id: String,
}

impl Forward {
    /// The message of this id to a chat, a person or a thread.
    pub fn new(message_id: impl Into<String>, to: ReceiveIdType, id: impl Into<String>) -> Forward {
        Forward { message_id: message_id.into(), to, id: id.into() }
    }
}

impl Call for Forward {
    type Answer = Message;

    fn request(&self) -> Request {
        Request::post("/open-apis/im/v1/messages/:message_id/forward")
            .named("im.v1.message.forward")
            .segment(&self.message_id)
            .query("receive_id_type", self.to.as_str())
            .json(json!({"receive_id": self.id}))
            .repeat(Repeat::Uuid(UuidPlace::Query))
    }

    fn read(&self, answer: &Answer) -> Result<Message, ApiError> {
        answer.read()
    }
}

/// `im.v1.message.read_users`: who has read a message of the bot's own that is not older than 7 days, page by page.
#[derive(Clone, Debug)]
pub struct ReadUsers {
    message_id: String,
    ids: UserIdType,
    page_size: Option<u32>,
    page_token: Option<String>,
}

answer! {
    /// Somebody who has read a message.
    pub struct Reader {
        /// Who.
        pub user_id: String,
        /// What kind of id that is.
        pub user_id_type: Option<String>,
        /// When: ms since 1970.
        pub timestamp: Option<i64>,
        /// Their tenant.
        pub tenant_key: Option<String>,
    }
}

impl ReadUsers {
    /// Of the message of this id, with ids of this kind.
    pub fn new(message_id: impl Into<String>, ids: UserIdType) -> ReadUsers {
        ReadUsers { message_id: message_id.into(), ids, page_size: None, page_token: None }
    }

    /// So many on a page.
    #[must_use]
    pub fn page_size(mut self, size: u32) -> ReadUsers {
        self.page_size = Some(size);
        self
    }
}

impl Call for ReadUsers {
    type Answer = Page<Reader>;

    fn request(&self) -> Request {
        Request::get("/open-apis/im/v1/messages/:message_id/read_users")
            .named("im.v1.message.read_users")
            .segment(&self.message_id)
            .query("user_id_type", self.ids.as_str())
            .maybe("page_size", self.page_size.map(|size| size.to_string()))
            .maybe("page_token", self.page_token.as_deref())
    }

    fn read(&self, answer: &Answer) -> Result<Page<Reader>, ApiError> {
        answer.read()
    }
}

impl Paged for ReadUsers {
    type Item = Reader;

    fn page(mut self, token: impl Into<String>) -> ReadUsers {
        self.page_token = Some(token.into());
        self
    }
}

/// What every message has in its body.
fn fill(body: &mut Value, content: &Content, uuid: Option<&String>) {
    set(body, "msg_type", Some(content.msg_type()));
    set(body, "content", Some(content.json()));
    set(body, "uuid", uuid.map(String::as_str));
}

fn set(body: &mut Value, name: &str, value: Option<impl Into<Value>>) {
    if let (Value::Object(body), Some(value)) = (body, value) {
        body.insert(name.to_string(), value.into());
    }
}
