//! Images and files that bots and people uploaded.

use bytes::Bytes;
use serde_json::{Value, json};

use super::Platform;
use super::events::insert;
use super::newest::Newest;
use super::people::Actor;

/// Bytes that are kept; then the oldest go.
pub(crate) const MOST_BYTES: usize = 256 * 1024 * 1024;

/// What a file is to the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileKind {
    /// An image: `img_v3_…`.
    Image,
    /// Anything else: `file_v3_…`.
    File,
}

/// An image or a file.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StoredFile {
    /// What it is to the platform.
    pub kind: FileKind,
    /// `message` or `avatar` of an image; `opus`, `mp4`, `pdf`, ..., `stream` of a file.
    pub file_type: String,
    /// Its name; empty if it has none.
    pub name: String,
    /// Who uploaded it.
    pub owner: Actor,
    /// How long it is, of sound and film, in ms.
    pub duration: Option<u64>,
    /// Its bytes.
    pub content: Bytes,
}

impl StoredFile {
    /// The media type, by the first bytes of an image and by the name or the type of a file.
    pub fn media_type(&self) -> &'static str {
        let begins = |bytes: &[u8]| self.content.starts_with(bytes);
        if self.kind == FileKind::Image {
            return match () {
                () if begins(b"\x89PNG") => "image/png",
                () if begins(b"\xff\xd8") => "image/jpeg",
                () if begins(b"GIF8") => "image/gif",
                () if begins(b"BM") => "image/bmp",
                () if begins(b"RIFF") => "image/webp",
                () => "image/png",
            };
        }
        match (self.file_type.as_str(), self.name.rsplit_once('.').map(|(_, ending)| ending)) {
            ("mp4", _) | (_, Some("mp4")) => "video/mp4",
            ("opus", _) | (_, Some("opus")) => "audio/opus",
            ("pdf", _) | (_, Some("pdf")) => "application/pdf",
            (_, Some("txt")) => "text/plain; charset=utf-8",
            (_, Some("json")) => "application/json",
            _ => "application/octet-stream",
        }
    }
}

/// The newest of them, by key.
pub(crate) type Files = Newest<String, StoredFile>;

impl Platform {
    /// A person uploads an image, or a file of this name; the key for a message is the result.
    pub fn upload(&mut self, name: &str, kind: FileKind, file_name: &str, content: impl Into<Bytes>) -> String {
        let owner = Actor::User(self.person(name).name);
        let file_type = if kind == FileKind::Image { "message" } else { "stream" };
        let (file_type, name, content) = (file_type.to_owned(), file_name.to_owned(), content.into());
        self.keep_file(StoredFile { kind, file_type, name, owner, duration: None, content })
    }

    /// An uploaded file; none if it was forgotten for newer ones.
    pub fn file(&self, key: &str) -> Option<&StoredFile> {
        self.files.get(key)
    }

    /// The content of a message with a file: files are received with their name, sound and film with their duration
    /// (official documentation).
    pub(super) fn file_shown(&self, msg_type: &str, content: &Value) -> String {
        let mut shown = content.clone();
        let key = content.get("file_key").and_then(Value::as_str).unwrap_or_default();
        if let Some(file) = self.file(key) {
            if msg_type != "audio" {
                insert(&mut shown, "file_name", json!(file.name));
            }
            if msg_type != "file" {
                insert(&mut shown, "duration", json!(file.duration.unwrap_or(0)));
            }
        }
        shown.to_string()
    }

    pub(super) fn keep_file(&mut self, file: StoredFile) -> String {
        let kind = if file.kind == FileKind::Image { "img_v3" } else { "file_v3" };
        let key = format!("{kind}_{}_{}", self.dice.hex(4), self.dice.uuid());
        let bytes = file.content.len();
        self.files.add(key.clone(), file, bytes, self.profile.records);
        key
    }
}
