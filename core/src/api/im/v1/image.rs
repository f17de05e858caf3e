//! `im.v1.image`.

use alloc::string::String;
use alloc::vec;

use bytes::Bytes;

use super::MOST_DOWNLOAD;
use crate::api::{Answer, ApiError, Call, File, Identity, Part, Request};

/// `im.v1.image.create`: uploads an image, which gives the `image_key` that messages and cards name it by.
///
/// 10 MB at most, and not empty; JPEG, PNG, WEBP, GIF, BMP, ICO, TIFF, HEIC.
#[derive(Clone, Debug)]
pub struct Create {
    image_type: &'static str,
    file_name: String,
    content: Bytes,
}

impl Create {
    /// For messages.
    pub fn new(file_name: impl Into<String>, content: impl Into<Bytes>) -> Create {
        Create { image_type: "message", file_name: file_name.into(), content: content.into() }
    }

    /// For the picture of a chat or a bot.
    #[must_use]
    pub fn avatar(mut self) -> Create {
        self.image_type = "avatar";
        self
    }
}

impl Call for Create {
    /// The `image_key`.
    type Answer = String;

    fn request(&self) -> Request {
        Request::post("/open-apis/im/v1/images").named("im.v1.image.create").multipart(vec![
            Part::text("image_type", self.image_type),
            Part::file("image", &self.file_name, self.content.clone()),
        ])
    }

    fn read(&self, answer: &Answer) -> Result<String, ApiError> {
        answer.member("image_key", "no image_key")
    }
}

/// `im.v1.image.get`: downloads an image that this app has uploaded for messages. For those in messages of people see
/// [`message_resource`](super::message_resource).
#[derive(Clone, Debug)]
pub struct Get {
    image_key: String,
}

impl Get {
    /// Of this key.
    pub fn new(image_key: impl Into<String>) -> Get {
        Get { image_key: image_key.into() }
    }
}

impl Call for Get {
    type Answer = File;

    fn request(&self) -> Request {
        Request::get("/open-apis/im/v1/images/:image_key")
            .named("im.v1.image.get")
            .segment(&self.image_key)
            .identity(Identity::App)
            .download(MOST_DOWNLOAD)
    }

    fn read(&self, answer: &Answer) -> Result<File, ApiError> {
        answer.file()
    }
}
