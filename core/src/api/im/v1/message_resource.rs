//! `im.v1.message_resource`: what is in the messages of people.

use alloc::string::String;

use super::MOST_DOWNLOAD;
use crate::api::{Answer, ApiError, Call, File, Request};

/// `im.v1.message_resource.get`: downloads a file or an image of a message, of a chat that the bot is in. 100 MB at most.
/// Not for stickers, cards, and what is in a forwarded bundle.
#[derive(Clone, Debug)]
pub struct Get {
    message_id: String,
    key: String,
    kind: &'static str,
}

impl Get {
    /// The image with the `image_key` in the content of the message.
    pub fn image(message_id: impl Into<String>, image_key: impl Into<String>) -> Get {
        Get { message_id: message_id.into(), key: image_key.into(), kind: "image" }
    }

    /// The file, sound or film with the `file_key` in the content of the message.
    pub fn file(message_id: impl Into<String>, file_key: impl Into<String>) -> Get {
        Get { message_id: message_id.into(), key: file_key.into(), kind: "file" }
    }
}

impl Call for Get {
    type Answer = File;

    fn request(&self) -> Request {
        Request::get("/open-apis/im/v1/messages/:message_id/resources/:file_key")
            .named("im.v1.message_resource.get")
            .segment(&self.message_id)
            .segment(&self.key)
            .query("type", self.kind)
            .download(MOST_DOWNLOAD)
    }

    fn read(&self, answer: &Answer) -> Result<File, ApiError> {
        answer.file()
    }
}
