//! What was of another run: the events of a cassette were for its apps, and about messages that were never sent here.

use serde::Deserialize;

use super::Platform;
use super::app::AppKey;
use super::chat::ChatMode;
use super::people::Actor;

/// Who sent what was sent elsewhere; who it really was, the event does not say by name.
const SENDER: &str = "somebody";

impl Platform {
    /// The id of the app that gets here what was for the app of this id: the same if it is a further one of several, and else
    /// the usual one.
    pub(crate) fn app_here(&self, id: &str) -> &str {
        let further = self.apps.find(id).filter(|app| *app != AppKey::FIRST);
        &self.apps.get(further.unwrap_or_else(|| self.usual_app())).id
    }

    /// Lets the message of an `im.message.receive_v1` be there as if it had been sent, so that a bot can reply to it. What
    /// is there already, and what is another event, stays as it is.
    pub(crate) fn adopt_message(&mut self, payload: &str) {
        #[derive(Deserialize)]
        struct Envelope {
            header: Header,
            event: Event,
        }
        #[derive(Deserialize)]
        struct Header {
            event_type: String,
        }
        #[derive(Deserialize)]
        struct Event {
            message: Message,
        }
        #[derive(Deserialize)]
        struct Message {
            message_id: String,
            chat_id: String,
            #[serde(default)]
            chat_type: String,
            message_type: String,
            content: String,
        }
        let Ok(Envelope { header, event: Event { message } }) = serde_json::from_str(payload) else { return };
        if header.event_type != "im.message.receive_v1" || self.messages.get(&message.message_id).is_some() {
            return;
        }
        let sender = Actor::User(self.person(SENDER).name);
        if self.chats.get(&message.chat_id).is_none() {
            let mode = if message.chat_type == "p2p" { ChatMode::P2p } else { ChatMode::Group };
            let bots = self.apps.iter().map(|app| Actor::App(app.id.clone()));
            let members = std::iter::once(sender.clone()).chain(bots).collect();
            let chat = self.new_chat(message.chat_id.clone(), mode, "replayed", members, None);
            self.keep_chat(chat);
        }
        let mut adopted = self.new_message(&message.chat_id, sender, &message.message_type, &message.content);
        adopted.message_id = message.message_id;
        self.place(adopted);
    }
}
