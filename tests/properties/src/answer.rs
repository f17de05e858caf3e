use bytes::Bytes;
use larkwire_core::Secret;
use larkwire_core::api::contact::v3::user;
use larkwire_core::api::im::v1::{UserIdType, chat, chat_members, image, message, message_reaction, message_resource};
use larkwire_core::api::{Answer, ApiError, Call, Paged, Request, bot, cardkit, event};

use crate::script::Script;
use crate::watch::SECRET;

/// The answer to an API call: the first byte chooses the status, then come three headers as texts, the rest is the body.
///
/// Each call reads it as what it gives, or as an error that is typed and shows no secret, even if the answer quotes it. A
/// refusal has a code other than 0. A file has a name that leads nowhere, and a wait is one that a clock can show.
pub fn answer(data: &[u8]) {
    let mut script = Script::new(data);
    let status = match script.below(8) {
        0 => 400,
        1 => 429,
        2 => 503,
        3 => u16::from_le_bytes([script.byte(), script.byte()]),
        _ => 200,
    };
    let names = ["Content-Disposition", "Retry-After", "X-Tt-Logid"];
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers = names.map(|name| (name.to_owned(), text(script.text()))).to_vec();
    let body = Bytes::copy_from_slice(script.rest());
    let answer = Answer::new("im.v1.message.create", status, headers, body).masking([Secret::new(SECRET)]);

    let read = |outcome: Option<ApiError>| {
        let Some(error) = outcome else { return };
        let shown = format!("{error} {error:?} {}", error.hint());
        assert!(!shown.contains(SECRET), "{shown}");
        match &error {
            ApiError::Refused(refused) => assert!(refused.code != 0 && refused.status == status, "{error:?}"),
            ApiError::BadAnswer { status: of, .. } => assert_eq!(*of, status),
            other => panic!("an answer is {other:?}"),
        }
    };
    read(Request::get("/").read(&answer).err());
    read(bot::v3::Info.read(&answer).err());
    read(event::v1::Connections.read(&answer).err());
    read(message::Get::new("om").read(&answer).err());
    read(message::Patch::new("om", "x").read(&answer).err());
    read(message_reaction::Create::new("om", "OK").read(&answer).err());
    read(image::Create::new("a", "b").read(&answer).err());
    read(chat::Get::new("oc").read(&answer).err());
    read(chat_members::Delete::new("oc", UserIdType::OpenId, ["ou"]).read(&answer).err());
    read(user::Get::new("ou").read(&answer).err());
    read(user::BatchGetId::new().read(&answer).err());
    read(cardkit::v1::Writer::new("7").finish("x").read(&answer).err());
    match message::List::chat("oc").read(&answer) {
        Ok(page) => {
            // The next page is asked for only with what the platform gave, and never without end for nothing.
            if let Some(token) = page.next {
                assert!(!token.is_empty());
                let next = message::List::chat("oc").page(token.clone()).request();
                assert!(next.query.iter().any(|(name, value)| name == "page_token" && *value == token));
            }
        }
        Err(error) => read(Some(error)),
    }
    match message_resource::Get::file("om", "f").read(&answer) {
        Ok(file) => {
            assert!((200..300).contains(&status));
            if let Some(name) = file.name {
                assert!(!name.is_empty() && name != "." && name != "..", "{name:?}");
                assert!(!name.contains(['/', '\\']) && !name.chars().any(char::is_control), "{name:?}");
            }
        }
        Err(error) => read(Some(error)),
    }
}
