//! `im.v1.chat`.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::{Map, Value, json};

use super::UserIdType;
use crate::api::read::answer;
use crate::api::{Answer, ApiError, Call, Page, Paged, Repeat, Request, UuidPlace};

const ONE: &str = "/open-apis/im/v1/chats/:chat_id";
const ALL: &str = "/open-apis/im/v1/chats";

answer! {
    /// A chat. Seen from outside it has a name, a picture, counts and a status only.
    pub struct Chat {
        /// `oc_…`. The answer about one chat does not repeat it.
        pub chat_id: Option<String>,
        /// Its name.
        pub name: Option<String>,
        /// Its picture.
        pub avatar: Option<String>,
        /// What it is about.
        pub description: Option<String>,
        /// The owner. Empty if that is a bot.
        pub owner_id: Option<String>,
        /// What kind of id that is.
        pub owner_id_type: Option<String>,
        /// Administrators that are people.
        pub user_manager_id_list: Vec<String>,
        /// Administrators that are bots.
        pub bot_manager_id_list: Vec<String>,
        /// `group`, `topic`, `p2p`.
        pub chat_mode: Option<String>,
        /// `private`, `public`.
        pub chat_type: Option<String>,
        /// `inner`, …
        pub chat_tag: Option<String>,
        /// `normal`, `dissolved`, …
        pub chat_status: Option<String>,
        /// `chat` or `thread`: what a new message begins.
        pub group_message_type: Option<String>,
        /// Whether people of other tenants are in it.
        pub external: Option<bool>,
        /// Its tenant.
        pub tenant_key: Option<String>,
        /// How many people are in it.
        pub user_count: Option<i64>,
        /// How many bots are in it.
        pub bot_count: Option<i64>,
        /// Who may add members.
        pub add_member_permission: Option<String>,
        /// Who may mention everyone.
        pub at_all_permission: Option<String>,
        /// Who may edit it.
        pub edit_permission: Option<String>,
        /// Who may pass the card of the chat on.
        pub share_card_permission: Option<String>,
        /// Who may begin urgent messages.
        pub urgent_setting: Option<String>,
        /// Who may begin video conferences.
        pub video_conference_setting: Option<String>,
        /// Who is told of somebody who joins.
        pub join_message_visibility: Option<String>,
        /// Who is told of somebody who leaves.
        pub leave_message_visibility: Option<String>,
        /// Who may write.
        pub moderation_permission: Option<String>,
        /// Whether joining needs approval.
        pub membership_approval: Option<String>,
        /// Labels.
        pub labels: Vec<String>,
    }
}

/// `im.v1.chat.get`: reads about a chat.
#[derive(Clone, Debug)]
pub struct Get {
    chat_id: String,
    ids: Option<UserIdType>,
}

impl Get {
    /// Of this id.
    pub fn new(chat_id: impl Into<String>) -> Get {
        Get { chat_id: chat_id.into(), ids: None }
    }

    /// With ids of this kind for people. Open ids else.
    #[must_use]
    pub fn ids(mut self, ids: UserIdType) -> Get {
        self.ids = Some(ids);
        self
    }
}

impl Call for Get {
    type Answer = Chat;

    fn request(&self) -> Request {
        let request = Request::get(ONE).named("im.v1.chat.get").segment(&self.chat_id);
        request.maybe("user_id_type", self.ids.map(UserIdType::as_str))
    }

    fn read(&self, answer: &Answer) -> Result<Chat, ApiError> {
        answer.read()
    }
}

/// `im.v1.chat.list`: the chats that the bot is in, page by page; those of two not among them.
#[derive(Clone, Debug, Default)]
pub struct List {
    order: Option<&'static str>,
    page_size: Option<u32>,
    page_token: Option<String>,
}

impl List {
    /// All of them.
    pub fn new() -> List {
        List::default()
    }

    /// Those first in which somebody has written last.
    #[must_use]
    pub fn recently_active_first(mut self) -> List {
        self.order = Some("ByActiveTimeDesc");
        self
    }

    /// The oldest first, as without a word, too.
    #[must_use]
    pub fn oldest_first(mut self) -> List {
        self.order = Some("ByCreateTimeAsc");
        self
    }

    /// So many on a page, 100 at most.
    #[must_use]
    pub fn page_size(mut self, size: u32) -> List {
        self.page_size = Some(size);
        self
    }
}

impl Call for List {
    type Answer = Page<Chat>;

    fn request(&self) -> Request {
        Request::get(ALL)
            .named("im.v1.chat.list")
            .maybe("sort_type", self.order)
            .maybe("page_size", self.page_size.map(|size| size.to_string()))
            .maybe("page_token", self.page_token.as_deref())
    }

    fn read(&self, answer: &Answer) -> Result<Page<Chat>, ApiError> {
        answer.read()
    }
}

impl Paged for List {
    type Item = Chat;

    fn page(mut self, token: impl Into<String>) -> List {
        self.page_token = Some(token.into());
        self
    }
}

/// `im.v1.chat.create`: makes a group, with the bot in it.
///
/// It is repeated safely, by a `uuid` that the client gives it: good for 10 h.
#[derive(Clone, Debug, Default)]
pub struct Create {
    body: Map<String, Value>,
    ids: Option<UserIdType>,
    managed: Option<bool>,
    uuid: Option<String>,
}

impl Create {
    /// A private group of this name, owned by the bot.
    pub fn new(name: impl Into<String>) -> Create {
        Create::default().set("name", name.into()).set("chat_mode", "group").set("chat_type", "private")
    }

    /// What it is about.
    #[must_use]
    pub fn description(self, description: impl Into<String>) -> Create {
        self.set("description", description.into())
    }

    /// Owned by this person.
    #[must_use]
    pub fn owner(self, user_id: impl Into<String>) -> Create {
        self.set("owner_id", user_id.into())
    }

    /// With these people. One of them who may not see the bot fails it all (code 232043).
    #[must_use]
    pub fn users(self, ids: impl IntoIterator<Item = impl Into<String>>) -> Create {
        let ids: Vec<String> = ids.into_iter().map(Into::into).collect();
        self.set("user_id_list", ids)
    }

    /// With these bots, by their app ids.
    #[must_use]
    pub fn bots(self, app_ids: impl IntoIterator<Item = impl Into<String>>) -> Create {
        let ids: Vec<String> = app_ids.into_iter().map(Into::into).collect();
        self.set("bot_id_list", ids)
    }

    /// With any other member of the body.
    #[must_use]
    pub fn set(mut self, name: impl Into<String>, value: impl Into<Value>) -> Create {
        self.body.insert(name.into(), value.into());
        self
    }

    /// With ids of this kind for people.
    #[must_use]
    pub fn ids(mut self, ids: UserIdType) -> Create {
        self.ids = Some(ids);
        self
    }

    /// Whether the bot becomes an administrator.
    #[must_use]
    pub fn managed_by_bot(mut self, managed: bool) -> Create {
        self.managed = Some(managed);
        self
    }

    /// With a `uuid` of your own.
    #[must_use]
    pub fn uuid(mut self, uuid: impl Into<String>) -> Create {
        self.uuid = Some(uuid.into());
        self
    }
}

impl Call for Create {
    type Answer = Chat;

    fn request(&self) -> Request {
        Request::post(ALL)
            .named("im.v1.chat.create")
            .maybe("user_id_type", self.ids.map(UserIdType::as_str))
            .maybe("set_bot_manager", self.managed.map(|managed| managed.to_string()))
            .maybe("uuid", self.uuid.as_deref())
            .json(self.body.clone())
            .repeat(Repeat::Uuid(UuidPlace::Query))
    }

    fn read(&self, answer: &Answer) -> Result<Chat, ApiError> {
        answer.read()
    }
}

/// `im.v1.chat.update`: changes a group.
#[derive(Clone, Debug)]
pub struct Update {
    chat_id: String,
    body: Map<String, Value>,
}

impl Update {
    /// Of this id.
    pub fn new(chat_id: impl Into<String>) -> Update {
        Update { chat_id: chat_id.into(), body: Map::new() }
    }

    /// With this name.
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Update {
        self.set("name", name.into())
    }

    /// With any other member of the body.
    #[must_use]
    pub fn set(mut self, name: impl Into<String>, value: impl Into<Value>) -> Update {
        self.body.insert(name.into(), value.into());
        self
    }
}

impl Call for Update {
    type Answer = ();

    fn request(&self) -> Request {
        Request::put(ONE).named("im.v1.chat.update").segment(&self.chat_id).json(json!(self.body))
    }

    fn read(&self, answer: &Answer) -> Result<(), ApiError> {
        answer.done()
    }
}

/// `im.v1.chat.delete`: dissolves a group.
#[derive(Clone, Debug)]
pub struct Delete {
    chat_id: String,
}

impl Delete {
    /// Of this id.
    pub fn new(chat_id: impl Into<String>) -> Delete {
        Delete { chat_id: chat_id.into() }
    }
}

impl Call for Delete {
    type Answer = ();

    fn request(&self) -> Request {
        Request::delete(ONE).named("im.v1.chat.delete").segment(&self.chat_id)
    }

    fn read(&self, answer: &Answer) -> Result<(), ApiError> {
        answer.done()
    }
}
