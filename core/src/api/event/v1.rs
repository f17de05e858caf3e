//! `event.v1`.

use alloc::string::String;

use serde_json::json;

use crate::api::{Answer, ApiError, Call, Identity, Request};

/// `event.v1.connection.get`: how many long connections the app has. 50 are allowed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Connections;

impl Call for Connections {
    type Answer = i64;

    fn request(&self) -> Request {
        Request::get("/open-apis/event/v1/connection").named("event.v1.connection.get").identity(Identity::App)
    }

    fn read(&self, answer: &Answer) -> Result<i64, ApiError> {
        answer.member("online_instance_cnt", "no online_instance_cnt")
    }
}

/// `event.v1.connections.bind_user`: binds a user to a connection, by the user's own token. Known from the sources of the
/// official Go SDK of 2026 and of sdk-rs; not documented.
#[derive(Clone, Debug)]
pub struct BindUser(Binding);

/// `event.v1.connections.unbind_user`: the opposite of [`BindUser`].
#[derive(Clone, Debug)]
pub struct UnbindUser(Binding);

#[derive(Clone, Debug)]
struct Binding {
    connection_id: String,
    channel_tag: Option<String>,
}

impl BindUser {
    /// To the connection of this id, with the [`channel_tag`](crate::Config::channel_tag) that it was made with.
    pub fn new(connection_id: impl Into<String>, channel_tag: Option<String>) -> BindUser {
        BindUser(Binding { connection_id: connection_id.into(), channel_tag })
    }
}

impl UnbindUser {
    /// From the connection of this id, with the [`channel_tag`](crate::Config::channel_tag) that it was made with.
    pub fn new(connection_id: impl Into<String>, channel_tag: Option<String>) -> UnbindUser {
        UnbindUser(Binding { connection_id: connection_id.into(), channel_tag })
    }
}

impl Binding {
    fn request(&self, path: &'static str) -> Request {
        let tag = self.channel_tag.as_ref().filter(|tag| !tag.is_empty());
        let body = tag.map_or_else(|| json!({}), |tag| json!({"channel_tag": tag}));
        Request::post(path).segment(&self.connection_id).json(body).identity(Identity::User)
    }
}

impl Call for BindUser {
    type Answer = ();

    fn request(&self) -> Request {
        let path = "/open-apis/event/v1/connections/:device_id/bind_user";
        self.0.request(path).named("event.v1.connections.bind_user")
    }

    fn read(&self, answer: &Answer) -> Result<(), ApiError> {
        answer.done()
    }
}

impl Call for UnbindUser {
    type Answer = ();

    fn request(&self) -> Request {
        let path = "/open-apis/event/v1/connections/:device_id/unbind_user";
        self.0.request(path).named("event.v1.connections.unbind_user")
    }

    fn read(&self, answer: &Answer) -> Result<(), ApiError> {
        answer.done()
    }
}
