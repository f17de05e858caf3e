//! Calls of the platform's OpenAPI as values: what they send, and how their answers read. No IO.
//!
//! The modules are named as the platform names its endpoints: `im.v1.message.reply` is [`im::v1::message::Reply`]. Each of
//! these types is a [`Call`]; `larkwire::ApiClient` makes it. For endpoints that have no type here, a [`Request`] is a call
//! too, or you implement the trait:
//!
//! ```
//! use larkwire_core::api::{Answer, ApiError, Call, Request};
//! use serde::Deserialize;
//!
//! /// `tenant.v2.tenant.query`
//! struct Tenant;
//!
//! #[derive(Deserialize)]
//! struct Found {
//!     tenant: Named,
//! }
//!
//! #[derive(Deserialize)]
//! struct Named {
//!     name: String,
//! }
//!
//! impl Call for Tenant {
//!     type Answer = String;
//!
//!     fn request(&self) -> Request {
//!         Request::get("/open-apis/tenant/v2/tenant/query")
//!     }
//!
//!     fn read(&self, answer: &Answer) -> Result<String, ApiError> {
//!         answer.parse::<Found>().map(|found| found.tenant.name)
//!     }
//! }
//! ```
//!
//! What is decided about a call is decided here, too, with the time as an argument: a [`Session`](session::Session) has the
//! tenant token, says when a call is made again and after how long, and gives it the `uuid` by which the platform recognises a
//! repetition.
//! Errors are [`ApiError`]; what the platform's codes mean is in [`codes`].

use serde_json::Value;

mod answer;
pub mod bot;
pub mod cardkit;
pub mod codes;
pub mod contact;
mod error;
pub mod event;
pub mod im;
pub mod interactive;
mod multipart;
mod page;
mod read;
mod request;
mod retry;
pub mod session;
mod token;

pub use answer::{Answer, File};
pub use error::{ApiError, Refused, Violation};
pub use page::{Page, Paged};
pub use request::{Body, Identity, Method, Part, Repeat, Request, UuidPlace};

/// A call of an endpoint, as a value.
pub trait Call {
    /// What it gives.
    type Answer;

    /// What it sends.
    fn request(&self) -> Request;

    /// Reads the answer.
    ///
    /// # Errors
    /// The platform refused, or the answer makes no sense.
    fn read(&self, answer: &Answer) -> Result<Self::Answer, ApiError>;
}

/// Gives the `data` of the answer, or all of it where it has none.
impl Call for Request {
    type Answer = Value;

    fn request(&self) -> Request {
        self.clone()
    }

    fn read(&self, answer: &Answer) -> Result<Value, ApiError> {
        answer.data()
    }
}

impl<C: Call + ?Sized> Call for &C {
    type Answer = C::Answer;

    fn request(&self) -> Request {
        (**self).request()
    }

    fn read(&self, answer: &Answer) -> Result<C::Answer, ApiError> {
        (**self).read(answer)
    }
}
