//! What a call sends.

use alloc::borrow::{Cow, ToOwned};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;
use serde_json::Value;

use super::error::ApiError;
use crate::Secret;
use crate::url::encode;

/// What most answers stay far below.
const MOST_JSON: usize = 16 * 1024 * 1024;

/// A call as a value: all but who makes it and where.
///
/// It is a [`Call`](super::Call) itself, for endpoints that have no type here:
///
/// ```
/// use larkwire_core::api::Request;
/// use serde_json::json;
///
/// let request = Request::post("/open-apis/im/v1/chats/:chat_id/announcement")
///     .segment("oc_5ad11d72b830411d72b836c20")
///     .query("user_id_type", "open_id")
///     .json(json!({"revision": "12"}));
/// assert_eq!(request.path().unwrap(), "/open-apis/im/v1/chats/oc_5ad11d72b830411d72b836c20/announcement");
/// ```
///
/// Its Debug shows neither ids nor query nor body.
#[derive(Clone)]
#[non_exhaustive]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// The platform's name of the endpoint, such as `im.v1.message.reply`; that of its family if it has no type here.
    pub endpoint: Cow<'static, str>,
    /// The path as in the platform's documentation: `:name` stands for a segment.
    pub template: Cow<'static, str>,
    /// What stands in the path, in order. Not encoded yet.
    pub segments: Vec<String>,
    /// The query. Not encoded yet.
    pub query: Vec<(Cow<'static, str>, String)>,
    /// The body.
    pub body: Body,
    /// In whose name.
    pub identity: Identity,
    /// Whether it can be sent again when nobody knows what became of it.
    pub repeat: Repeat,
    /// Whether it moves a file, which takes longer.
    pub transfer: bool,
    /// Most bytes of the answer's body: 16 MiB.
    pub max_answer: usize,
    /// What must not be shown when the answer quotes it, beyond the token that it is made with.
    pub secrets: Vec<Secret>,
}

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// Reads.
    Get,
    /// Creates, or does something.
    Post,
    /// Replaces.
    Put,
    /// Changes in part.
    Patch,
    /// Deletes.
    Delete,
}

impl Method {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The body of a call.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Body {
    /// None.
    Empty,
    /// JSON.
    Json(Value),
    /// A form with files.
    Multipart(Vec<Part>),
}

/// A part of a form.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part {
    /// The name of the field.
    pub name: &'static str,
    /// The name of the file, if it is one.
    pub file_name: Option<String>,
    /// What is in it.
    pub content: Bytes,
}

impl Part {
    /// A field of text.
    pub fn text(name: &'static str, value: impl Into<String>) -> Part {
        Part { name, file_name: None, content: Bytes::from(value.into()) }
    }

    /// A file.
    pub fn file(name: &'static str, file_name: impl Into<String>, content: impl Into<Bytes>) -> Part {
        Part { name, file_name: Some(file_name.into()), content: content.into() }
    }
}

/// Shows the size in place of the content.
impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part").field("name", &self.name).field("bytes", &self.content.len()).finish_non_exhaustive()
    }
}

/// In whose name a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Identity {
    /// Nobody's: it gets a token.
    Nobody,
    /// The app's, with its tenant token.
    App,
    /// The user's if the client acts for one, else the app's.
    Either,
    /// The user's.
    User,
}

/// Whether a call can be sent again when nobody knows what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Repeat {
    /// It can: it only reads, or doing it twice is doing it once.
    Safe,
    /// It can, by its `uuid`: the platform does it once. A client gives one where there is none.
    Uuid(UuidPlace),
    /// It cannot.
    Unsafe,
}

/// Where the `uuid` of a call goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UuidPlace {
    /// Into the JSON body.
    Body,
    /// Into the query.
    Query,
}

impl Request {
    /// A call of any endpoint, by the app, or by the user for whom the client acts. The path may have `:name` in it for a
    /// [`segment`](Request::segment); the rest of it is sent as it is.
    pub fn new(method: Method, path: impl Into<Cow<'static, str>>) -> Request {
        let path = path.into();
        Request {
            method,
            endpoint: Cow::Owned(family(&path)),
            template: path,
            segments: Vec::new(),
            query: Vec::new(),
            body: Body::Empty,
            identity: Identity::Either,
            repeat: if method == Method::Get { Repeat::Safe } else { Repeat::Unsafe },
            transfer: false,
            max_answer: MOST_JSON,
            secrets: Vec::new(),
        }
    }

    /// A call that reads.
    pub fn get(path: impl Into<Cow<'static, str>>) -> Request {
        Request::new(Method::Get, path)
    }

    /// A call that creates, or does something.
    pub fn post(path: impl Into<Cow<'static, str>>) -> Request {
        Request::new(Method::Post, path)
    }

    /// A call that replaces.
    pub fn put(path: impl Into<Cow<'static, str>>) -> Request {
        Request::new(Method::Put, path)
    }

    /// A call that changes in part.
    pub fn patch(path: impl Into<Cow<'static, str>>) -> Request {
        Request::new(Method::Patch, path)
    }

    /// A call that deletes.
    pub fn delete(path: impl Into<Cow<'static, str>>) -> Request {
        Request::new(Method::Delete, path)
    }

    /// With what stands for the next `:name` of the path. It is percent-encoded.
    #[must_use]
    pub fn segment(mut self, value: impl Into<String>) -> Request {
        self.segments.push(value.into());
        self
    }

    /// With a parameter of the query. It is percent-encoded.
    #[must_use]
    pub fn query(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Request {
        self.query.push((name.into(), value.into()));
        self
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(mut self, body: impl Into<Value>) -> Request {
        self.body = Body::Json(body.into());
        self
    }

    /// With a form as its body.
    #[must_use]
    pub fn multipart(mut self, parts: Vec<Part>) -> Request {
        self.body = Body::Multipart(parts);
        self.transfer = true;
        self
    }

    /// In this name.
    #[must_use]
    pub fn identity(mut self, identity: Identity) -> Request {
        self.identity = identity;
        self
    }

    /// With this rule for sending it again. Unless told otherwise, only GET can be.
    #[must_use]
    pub fn repeat(mut self, repeat: Repeat) -> Request {
        self.repeat = repeat;
        self
    }

    /// With an answer that is a file, of at most so many bytes.
    #[must_use]
    pub fn download(mut self, max_answer: usize) -> Request {
        self.transfer = true;
        self.max_answer = max_answer;
        self
    }

    /// With something in it that must not be shown when the answer quotes it.
    #[must_use]
    pub fn secret(mut self, secret: impl Into<Secret>) -> Request {
        self.secrets.push(secret.into());
        self
    }

    /// With a parameter of the query, if there is one.
    #[must_use]
    pub(crate) fn maybe(self, name: &'static str, value: Option<impl Into<String>>) -> Request {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    /// With the platform's name of the endpoint.
    #[must_use]
    pub(crate) fn named(mut self, endpoint: &'static str) -> Request {
        self.endpoint = Cow::Borrowed(endpoint);
        self
    }

    /// The path, encoded.
    ///
    /// # Errors
    /// A segment is missing, or is empty, `.` or `..`, which is the path of something else; or the path does not begin with
    /// a slash.
    pub fn path(&self) -> Result<String, ApiError> {
        if !self.template.starts_with('/') {
            return Err(ApiError::Path(crate::UrlError::Host));
        }
        let mut values = self.segments.iter();
        let mut path = String::with_capacity(self.template.len().saturating_mul(2));
        for part in self.template.split('/').skip(1) {
            path.push('/');
            match part.strip_prefix(':').filter(|name| !name.is_empty()) {
                None => path.push_str(part),
                Some(name) => match values.next() {
                    Some(value) if !matches!(value.as_str(), "" | "." | "..") => path.push_str(&encode(value)),
                    _ => return Err(ApiError::Segment(name.to_owned())),
                },
            }
        }
        Ok(path)
    }

    /// Path and query, encoded.
    ///
    /// # Errors
    /// As [`path`](Request::path).
    pub fn path_and_query(&self) -> Result<String, ApiError> {
        let mut path = self.path()?;
        for (name, value) in &self.query {
            path.push(if path.contains('?') { '&' } else { '?' });
            path.push_str(&format!("{}={}", encode(name), encode(value)));
        }
        Ok(path)
    }

    /// Gives it a `uuid`, if it takes one and has none.
    pub(crate) fn identify(&mut self, uuid: impl FnOnce() -> String) {
        match (self.repeat, &mut self.body) {
            (Repeat::Uuid(UuidPlace::Body), Body::Json(Value::Object(body))) => {
                body.entry("uuid").or_insert_with(|| Value::String(uuid()));
            }
            (Repeat::Uuid(UuidPlace::Query), _) if self.query.iter().all(|(name, _)| name != "uuid") => {
                self.query.push((Cow::Borrowed("uuid"), uuid()));
            }
            _ => {}
        }
    }
}

/// Shows what is called, and neither what is in it nor its query.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("endpoint", &self.endpoint)
            .field("method", &self.method)
            .field("path", &self.template.split('?').next().unwrap_or_default())
            .field("identity", &self.identity)
            .field("repeat", &self.repeat)
            .finish_non_exhaustive()
    }
}

/// `im.v1` of `/open-apis/im/v1/messages`.
fn family(path: &str) -> String {
    let path = path.strip_prefix("/open-apis/").unwrap_or_default();
    let mut parts = path.split(['/', '?']);
    match (parts.next(), parts.next()) {
        (Some(service), Some(version)) if !service.is_empty() => format!("{service}.{version}"),
        _ => String::new(),
    }
}
