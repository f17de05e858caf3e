//! `im.v1.file`.

use alloc::string::{String, ToString};
use alloc::vec;

use bytes::Bytes;

use super::MOST_DOWNLOAD;
use crate::api::{Answer, ApiError, Call, File, Identity, Part, Request};

/// What a file is to the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileType {
    /// Sound. Has to be opus.
    Opus,
    /// A film. Has to be mp4.
    Mp4,
    /// A PDF.
    Pdf,
    /// A text document.
    Doc,
    /// A spreadsheet.
    Xls,
    /// Slides.
    Ppt,
    /// Anything else.
    Stream,
}

impl FileType {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            FileType::Opus => "opus",
            FileType::Mp4 => "mp4",
            FileType::Pdf => "pdf",
            FileType::Doc => "doc",
            FileType::Xls => "xls",
            FileType::Ppt => "ppt",
            FileType::Stream => "stream",
        }
    }
}

/// `im.v1.file.create`: uploads a file, which gives the `file_key` that messages name it by. 30 MB at most, and not empty.
#[derive(Clone, Debug)]
pub struct Create {
    file_type: FileType,
    file_name: String,
    duration_ms: Option<u64>,
    content: Bytes,
}

impl Create {
    /// A file of this name, with its ending, that is to the platform what its ending says.
    pub fn new(file_name: impl Into<String>, content: impl Into<Bytes>) -> Create {
        let file_name = file_name.into();
        let ending = file_name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
        let file_type = match ending.as_str() {
            "opus" => FileType::Opus,
            "mp4" => FileType::Mp4,
            "pdf" => FileType::Pdf,
            "doc" | "docx" => FileType::Doc,
            "xls" | "xlsx" => FileType::Xls,
            "ppt" | "pptx" => FileType::Ppt,
            _ => FileType::Stream,
        };
        Create { file_type, file_name, duration_ms: None, content: content.into() }
    }

    /// As a file of this type.
    #[must_use]
    pub fn file_type(mut self, file_type: FileType) -> Create {
        self.file_type = file_type;
        self
    }

    /// With how long the sound or film takes, in ms.
    #[must_use]
    pub fn duration_ms(mut self, duration: u64) -> Create {
        self.duration_ms = Some(duration);
        self
    }
}

impl Call for Create {
    /// The `file_key`.
    type Answer = String;

    fn request(&self) -> Request {
        let mut parts =
            vec![Part::text("file_type", self.file_type.as_str()), Part::text("file_name", &self.file_name)];
        parts.extend(self.duration_ms.map(|duration| Part::text("duration", duration.to_string())));
        parts.push(Part::file("file", &self.file_name, self.content.clone()));
        Request::post("/open-apis/im/v1/files").named("im.v1.file.create").multipart(parts)
    }

    fn read(&self, answer: &Answer) -> Result<String, ApiError> {
        answer.member("file_key", "no file_key")
    }
}

/// `im.v1.file.get`: downloads a file that this app has uploaded. For those in messages of people see
/// [`message_resource`](super::message_resource).
#[derive(Clone, Debug)]
pub struct Get {
    file_key: String,
}

impl Get {
    /// Of this key.
    pub fn new(file_key: impl Into<String>) -> Get {
        Get { file_key: file_key.into() }
    }
}

impl Call for Get {
    type Answer = File;

    fn request(&self) -> Request {
        Request::get("/open-apis/im/v1/files/:file_key")
            .named("im.v1.file.get")
            .segment(&self.file_key)
            .identity(Identity::App)
            .download(MOST_DOWNLOAD)
    }

    fn read(&self, answer: &Answer) -> Result<File, ApiError> {
        answer.file()
    }
}
