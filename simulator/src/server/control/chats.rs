//! Groups, and the files that people send.

use hyper::header::{CONTENT_DISPOSITION, HeaderValue};
use serde::Deserialize;
use serde_json::json;

use super::call::{Call, json_answer, typed_answer};
use super::problem::Problem;
use crate::platform::FileKind;
use crate::server::body::Answer;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewGroup {
    /// The founder; without it, the first of the members who is a person.
    r#as: Option<String>,
    name: String,
    #[serde(default)]
    members: Vec<String>,
}

/// `POST /chats`
pub(super) fn found(call: &Call) -> Result<Answer, Problem> {
    let NewGroup { r#as, name, members } = call.json()?;
    let chat = call.hub.act(|platform, now| {
        let is_app = |id: &String| platform.apps().any(|app| app.id == *id);
        let founder = r#as.or_else(|| members.iter().find(|id| !is_app(id)).cloned());
        let founder = founder.ok_or_else(|| Problem::invalid("nobody founds the group", "name a person in as"))?;
        Ok::<_, Problem>(platform.found_group(now, &founder, &name, &members)?)
    })?;
    Ok(json_answer(&chat))
}

/// `POST /files?name=&kind=&as=`: the body as it is.
pub(super) fn upload(call: &Call) -> Result<Answer, Problem> {
    let kind = match call.text("kind") {
        Some("image") => FileKind::Image,
        Some("file") | None => FileKind::File,
        Some(other) => return Err(Problem::invalid(format!("kind={other}"), "it is image or file")),
    };
    let (name, owner) = (call.text("name").unwrap_or("unnamed"), call.text("as").unwrap_or("alice"));
    if call.body.is_empty() {
        return Err(Problem::invalid("the file is empty", "send its bytes as the body"));
    }
    let key = call.hub.act(|platform, _| platform.upload(owner, kind, name, call.body.clone()));
    Ok(json_answer(&json!({ "key": key })))
}

/// `GET /files/{key}`: only images are shown; anything else is saved, whatever its name or a bot says that it is, because
/// this origin is that of the page.
pub(super) fn file(call: &Call) -> Result<Answer, Problem> {
    let key = call.name();
    let file = call.hub.look(|platform| platform.file(key).cloned());
    let file = file.ok_or_else(|| Problem::not_found(format!("there is no file {key:?}"), "old files go"))?;
    if file.kind == FileKind::Image {
        return Ok(typed_answer(file.media_type(), file.content));
    }
    let mut answer = typed_answer("application/octet-stream", file.content);
    answer.headers_mut().insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    Ok(answer)
}
