//! Images and files: upload, download, and the resources of messages.

use bytes::Bytes;
use serde_json::json;

use super::call::{Answer, Call, Outcome, refuse};
use super::code;
use super::multipart::{Part, parts};
use crate::platform::Platform;
use crate::platform::files::{FileKind, StoredFile};

/// Largest image (official documentation).
const IMAGE_BYTES: usize = 10 * 1024 * 1024;
/// Largest file (official documentation).
const FILE_BYTES: usize = 30 * 1024 * 1024;
const FILE_TYPES: [&str; 7] = ["opus", "mp4", "pdf", "doc", "xls", "ppt", "stream"];

impl Platform {
    /// `POST /im/v1/images`
    pub(super) fn create_image(&mut self, call: &Call<'_>) -> Outcome {
        let form = Form::read(call)?;
        let image_type = form.text("image_type");
        if !["message", "avatar"].contains(&image_type.as_str()) {
            return refuse(code::file::INVALID, "image_type must be message or avatar");
        }
        let (content, name) = form.file("image", IMAGE_BYTES)?;
        let key = self.keep_file(StoredFile {
            kind: FileKind::Image,
            file_type: image_type,
            name,
            owner: call.caller.clone(),
            duration: None,
            content,
        });
        Ok(Answer::Data(json!({"image_key": key})))
    }

    /// `POST /im/v1/files`
    pub(super) fn create_file(&mut self, call: &Call<'_>) -> Outcome {
        let form = Form::read(call)?;
        let (file_type, name) = (form.text("file_type"), form.text("file_name"));
        if !FILE_TYPES.contains(&file_type.as_str()) {
            return refuse(code::file::INVALID, format!("file_type must be one of {FILE_TYPES:?}"));
        }
        let (content, sent_name) = form.file("file", FILE_BYTES)?;
        let name = if name.is_empty() { sent_name } else { name };
        if name.is_empty() {
            return refuse(code::file::INVALID, "file_name is missing");
        }
        let key = self.keep_file(StoredFile {
            kind: FileKind::File,
            file_type,
            name,
            owner: call.caller.clone(),
            duration: form.text("duration").parse().ok(),
            content,
        });
        Ok(Answer::Data(json!({"file_key": key})))
    }

    /// `GET /im/v1/images/:image_key`: only those that the app uploaded for messages.
    pub(super) fn read_image(&mut self, call: &Call<'_>) -> Outcome {
        self.download(call, FileKind::Image)
    }

    /// `GET /im/v1/files/:file_key`: only those that the app uploaded.
    pub(super) fn read_file(&mut self, call: &Call<'_>) -> Outcome {
        self.download(call, FileKind::File)
    }

    fn download(&self, call: &Call<'_>, kind: FileKind) -> Outcome {
        let Some(file) = self.files.get(call.part(0)).filter(|file| file.kind == kind) else {
            return refuse(code::file::INVALID, "the key is unknown");
        };
        if file.owner != call.caller || file.file_type == "avatar" {
            return refuse(code::file::NOT_OWNER, "The app is not the resource sender.");
        }
        Ok(answer(file))
    }

    /// `GET /im/v1/messages/:message_id/resources/:file_key?type=`
    pub(super) fn read_resource(&mut self, call: &Call<'_>) -> Outcome {
        let kind = match call.query("type").as_str() {
            "image" => FileKind::Image,
            "file" => FileKind::File,
            _ => return refuse(code::file::INVALID, "type must be image or file"),
        };
        let Some(message) = self.messages.get(call.part(0)) else {
            return refuse(code::file::INVALID, "message_id is unknown");
        };
        if message.recalled {
            return refuse(code::message::DELETED, "The message has been deleted.");
        }
        self.caller_chat(call, &message.chat_id, code::file::NOT_IN_CHAT)?;
        if ["interactive", "sticker", "merge_forward"].contains(&message.msg_type.as_str()) {
            return refuse(code::file::TYPE_NOT_SUPPORTED, "The resources of this message cannot be downloaded.");
        }
        let key = call.part(1);
        let quoted = json!(key).to_string();
        match self.files.get(key).filter(|file| file.kind == kind && message.content.contains(&quoted)) {
            Some(file) => Ok(answer(file)),
            None => refuse(code::file::NOT_IN_MESSAGE, "File not in message"),
        }
    }
}

fn answer(file: &StoredFile) -> Answer {
    Answer::File { bytes: file.content.clone(), media_type: file.media_type().to_owned(), name: file.name.clone() }
}

/// The fields of an upload.
struct Form {
    parts: Vec<Part>,
}

impl Form {
    fn read(call: &Call<'_>) -> Result<Form, super::call::Refusal> {
        let content_type = call.request.header("Content-Type").unwrap_or_default();
        match parts(content_type, &call.request.body) {
            Some(parts) => Ok(Form { parts }),
            None => refuse(code::file::INVALID, "the body is not multipart/form-data"),
        }
    }

    fn part(&self, name: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.name == name)
    }

    fn text(&self, name: &str) -> String {
        self.part(name).map(|part| String::from_utf8_lossy(&part.content).into_owned()).unwrap_or_default()
    }

    /// The content of a file, and its name if it has one.
    fn file(&self, name: &str, most: usize) -> Result<(Bytes, String), super::call::Refusal> {
        match self.part(name) {
            None => refuse(code::file::INVALID, format!("the part {name} is missing")),
            Some(part) if part.content.is_empty() => refuse(code::file::EMPTY, "The file is empty."),
            Some(part) if part.content.len() > most => refuse(code::file::TOO_LARGE, "The file is too large."),
            // A part of a buffer would keep all of it.
            Some(part) => Ok((Bytes::copy_from_slice(&part.content), part.file_name.clone().unwrap_or_default())),
        }
    }
}
