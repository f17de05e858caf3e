//! What the data cannot say about messages.

use alloc::string::String;

use serde::Deserialize;

use crate::im::v1::MessageReceiveV1;

impl MessageReceiveV1 {
    /// The text of a text message, its mentions still as placeholders such as `@_user_1`. None for other message types.
    pub fn text(&self) -> Option<String> {
        #[derive(Deserialize)]
        struct Content {
            text: String,
        }
        let message = self.message.as_ref()?;
        if message.message_type.as_deref() != Some("text") {
            return None;
        }
        serde_json::from_str::<Content>(message.content.as_deref()?).ok().map(|content| content.text)
    }
}

#[cfg(test)]
mod tests;
