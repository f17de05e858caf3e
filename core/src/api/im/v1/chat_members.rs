//! `im.v1.chat_members`.
//!
//! Changes of one chat have to be made one after the other, else the platform refuses them (code 232019).

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::json;

use super::UserIdType;
use crate::api::read::answer;
use crate::api::{Answer, ApiError, Call, Page, Paged, Request};

const ALL: &str = "/open-apis/im/v1/chats/:chat_id/members";

answer! {
    /// A member of a chat.
    pub struct Member {
        /// Who.
        pub member_id: String,
        /// What kind of id that is.
        pub member_id_type: Option<String>,
        /// The name.
        pub name: Option<String>,
        /// The tenant.
        pub tenant_key: Option<String>,
    }
}

answer! {
    /// Those of a list of ids that were not added or removed.
    pub struct Left {
        /// Not ids.
        pub invalid_id_list: Vec<String>,
        /// Ids of nobody.
        pub not_existed_id_list: Vec<String>,
        /// Those who have to be approved first.
        pub pending_approval_id_list: Vec<String>,
    }
}

/// `im.v1.chat_members.get`: the people in a chat, page by page. Bots are never in it, and a page may be longer than asked
/// for.
#[derive(Clone, Debug)]
pub struct Get {
    chat_id: String,
    ids: Option<UserIdType>,
    page_size: Option<u32>,
    page_token: Option<String>,
}

impl Get {
    /// Of the chat of this id.
    pub fn new(chat_id: impl Into<String>) -> Get {
        Get { chat_id: chat_id.into(), ids: None, page_size: None, page_token: None }
    }

    /// With ids of this kind. Open ids else.
    #[must_use]
    pub fn ids(mut self, ids: UserIdType) -> Get {
        self.ids = Some(ids);
        self
    }

    /// So many on a page, 100 at most.
    #[must_use]
    pub fn page_size(mut self, size: u32) -> Get {
        self.page_size = Some(size);
        self
    }
}

impl Call for Get {
    type Answer = Page<Member>;

    fn request(&self) -> Request {
        Request::get(ALL)
            .named("im.v1.chat_members.get")
            .segment(&self.chat_id)
            .maybe("member_id_type", self.ids.map(UserIdType::as_str))
            .maybe("page_size", self.page_size.map(|size| size.to_string()))
            .maybe("page_token", self.page_token.as_deref())
    }

    fn read(&self, answer: &Answer) -> Result<Page<Member>, ApiError> {
        answer.read()
    }
}

impl Paged for Get {
    type Item = Member;

    fn page(mut self, token: impl Into<String>) -> Get {
        self.page_token = Some(token.into());
        self
    }
}

/// `im.v1.chat_members.create`: adds 50 people, or 5 bots, at most.
#[derive(Clone, Debug)]
pub struct Create {
    chat_id: String,
    kind: UserIdType,
    ids: Vec<String>,
    whom_possible: bool,
}

impl Create {
    /// To the chat of this id.
    pub fn new(
        chat_id: impl Into<String>,
        kind: UserIdType,
        ids: impl IntoIterator<Item = impl Into<String>>,
    ) -> Create {
        let ids = ids.into_iter().map(Into::into).collect();
        Create { chat_id: chat_id.into(), kind, ids, whom_possible: false }
    }

    /// Adds those it can, and tells of the others, instead of failing for all (`succeed_type` 1).
    #[must_use]
    pub fn whom_possible(mut self) -> Create {
        self.whom_possible = true;
        self
    }
}

impl Call for Create {
    type Answer = Left;

    fn request(&self) -> Request {
        Request::post(ALL)
            .named("im.v1.chat_members.create")
            .segment(&self.chat_id)
            .query("member_id_type", self.kind.as_str())
            .maybe("succeed_type", self.whom_possible.then_some("1"))
            .json(json!({"id_list": self.ids}))
    }

    fn read(&self, answer: &Answer) -> Result<Left, ApiError> {
        answer.read()
    }
}

/// `im.v1.chat_members.delete`: removes 50 people, or 5 bots, at most.
#[derive(Clone, Debug)]
pub struct Delete {
    chat_id: String,
    kind: UserIdType,
    ids: Vec<String>,
}

impl Delete {
    /// From the chat of this id.
    pub fn new(
        chat_id: impl Into<String>,
        kind: UserIdType,
        ids: impl IntoIterator<Item = impl Into<String>>,
    ) -> Delete {
        Delete { chat_id: chat_id.into(), kind, ids: ids.into_iter().map(Into::into).collect() }
    }
}

impl Call for Delete {
    type Answer = Left;

    fn request(&self) -> Request {
        Request::delete(ALL)
            .named("im.v1.chat_members.delete")
            .segment(&self.chat_id)
            .query("member_id_type", self.kind.as_str())
            .json(json!({"id_list": self.ids}))
    }

    fn read(&self, answer: &Answer) -> Result<Left, ApiError> {
        answer.read()
    }
}

/// `im.v1.chat_members.is_in_chat`: whether the caller is in a chat.
#[derive(Clone, Debug)]
pub struct IsInChat {
    chat_id: String,
}

impl IsInChat {
    /// Of this id.
    pub fn new(chat_id: impl Into<String>) -> IsInChat {
        IsInChat { chat_id: chat_id.into() }
    }
}

impl Call for IsInChat {
    type Answer = bool;

    fn request(&self) -> Request {
        Request::get("/open-apis/im/v1/chats/:chat_id/members/is_in_chat")
            .named("im.v1.chat_members.is_in_chat")
            .segment(&self.chat_id)
    }

    fn read(&self, answer: &Answer) -> Result<bool, ApiError> {
        answer.member("is_in_chat", "no is_in_chat")
    }
}
