//! People and groups, as a test moves them.

use bytes::Bytes;
use serde_json::Value;

use super::{PushHandle, Sim};
use crate::platform::{ActError, CardAction, Chat, ChatMessage, Draft, FileKind, Person, Posted, PushId, Shape};

/// A message that a person sent, and the pushes that tell bots of it: none in a group where no bot may read it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SentMessage {
    /// The message.
    pub message_id: String,
    /// One for each bot that gets it.
    pub pushes: Vec<PushHandle>,
}

/// A group of people and bots.
#[derive(Clone, Debug)]
pub struct Group<'a> {
    sim: &'a Sim,
    chat_id: String,
}

impl<'a> Group<'a> {
    pub(super) fn new(sim: &'a Sim, chat_id: String) -> Group<'a> {
        Group { sim, chat_id }
    }

    /// `oc_…`
    pub fn chat_id(&self) -> &str {
        &self.chat_id
    }

    /// The group as it is now.
    pub fn chat(&self) -> Option<Chat> {
        self.sim.look(|platform| platform.chat(&self.chat_id).cloned())
    }
}

/// A person who talks to the bot.
///
/// What a person does is told to the bot once a client is connected; without one, the events count as failed deliveries.
#[derive(Debug)]
pub struct User<'a> {
    sim: &'a Sim,
    name: String,
}

impl<'a> User<'a> {
    pub(super) fn new(sim: &'a Sim, name: String) -> User<'a> {
        User { sim, name }
    }

    /// The person's ids.
    pub fn person(&self) -> Person {
        self.sim.act(|platform, _| platform.person(&self.name))
    }

    /// Sends the bot a text in their chat, once a client is connected.
    pub async fn dm(&self, text: &str) -> PushHandle {
        self.dm_shaped(text, Shape::default()).await
    }

    /// Sends the bot a text; its event is delivered in this shape.
    pub async fn dm_shaped(&self, text: &str, shape: Shape) -> PushHandle {
        self.sim.await_any_connection().await;
        let said = self.sim.act(|platform, now| platform.say_shaped(now, &self.name, text, shape));
        PushHandle::new(self.sim, said.push, Some(said.message_id))
    }

    /// Sends any message.
    ///
    /// # Errors
    /// When the chat or the message that it replies to is not there, or the person is not in the chat.
    pub async fn post(&self, draft: Draft) -> Result<SentMessage, ActError> {
        self.sim.await_any_connection().await;
        let Posted { message_id, pushes } = self.sim.act(|platform, now| platform.post(now, &self.name, draft))?;
        let handle = |push: PushId| PushHandle::new(self.sim, push, Some(message_id.clone()));
        Ok(SentMessage { pushes: pushes.into_iter().map(handle).collect(), message_id })
    }

    /// Writes in a group. `@Name` mentions somebody; bots get what mentions them.
    ///
    /// # Errors
    /// When the person is not in the group, or the group is no more.
    pub async fn say(&self, group: &Group<'_>, text: &str) -> Result<SentMessage, ActError> {
        self.post(Draft::text(text).in_chat(&group.chat_id)).await
    }

    /// Writes in a group and mentions the first app's bot.
    ///
    /// # Errors
    /// When the person is not in the group, or the group is no more.
    pub async fn mention(&self, group: &Group<'_>, text: &str) -> Result<SentMessage, ActError> {
        self.post(Draft::text(text).in_chat(&group.chat_id).mention(self.sim.app_id())).await
    }

    /// Replies to a message. In a group, a bot gets the reply only if `@Name` mentions it.
    ///
    /// # Errors
    /// When the message is not there, or in a chat of others.
    pub async fn reply(&self, message_id: &str, text: &str) -> Result<SentMessage, ActError> {
        self.post(Draft::text(text).reply_to(message_id)).await
    }

    /// Replies to a message in its thread, which it opens if there is none.
    ///
    /// # Errors
    /// When the message is not there, or in a chat of others.
    pub async fn reply_in_thread(&self, message_id: &str, text: &str) -> Result<SentMessage, ActError> {
        self.post(Draft::text(text).reply_to(message_id).in_thread()).await
    }

    /// Edits a text of theirs. No event tells the bot.
    ///
    /// # Errors
    /// When the message is not there, not a text, or somebody else's.
    pub async fn edit(&self, message_id: &str, text: &str) -> Result<(), ActError> {
        self.sim.act(|platform, now| platform.edit(now, &self.name, message_id, text))
    }

    /// Takes a message back.
    ///
    /// # Errors
    /// When the message is not there, or somebody else's.
    pub async fn recall(&self, message_id: &str) -> Result<(), ActError> {
        self.sim.await_any_connection().await;
        self.sim.act(|platform, now| platform.recall(now, &self.name, message_id)).map(drop)
    }

    /// Puts an emoji on a message: `OK`, `THUMBSUP`, ...
    ///
    /// # Errors
    /// When the message is not there, or in a chat of others.
    pub async fn react(&self, message_id: &str, emoji: &str) -> Result<(), ActError> {
        self.sim.await_any_connection().await;
        self.sim.act(|platform, now| platform.react(now, &self.name, message_id, emoji)).map(drop)
    }

    /// Takes an emoji off a message.
    ///
    /// # Errors
    /// When the message is not there, or in a chat of others.
    pub async fn unreact(&self, message_id: &str, emoji: &str) -> Result<(), ActError> {
        self.sim.await_any_connection().await;
        self.sim.act(|platform, now| platform.unreact(now, &self.name, message_id, emoji)).map(drop)
    }

    /// Uploads an image, or a file of this name; its key goes into a [`Draft`].
    pub fn upload(&self, kind: FileKind, file_name: &str, content: impl Into<Bytes>) -> String {
        self.sim.act(|platform, _| platform.upload(&self.name, kind, file_name, content))
    }

    /// Opens the chat with the first app's bot.
    ///
    /// # Errors
    /// When there are so many people that this one is not remembered.
    pub async fn enter(&self) -> Result<(), ActError> {
        self.sim.await_any_connection().await;
        let enter = |platform: &mut crate::Platform, now| {
            let chat_id = platform.person(&self.name).chat_id;
            platform.enter(now, &self.name, &chat_id)
        };
        self.sim.act(enter).map(drop)
    }

    /// Reads all that bots wrote in a chat.
    ///
    /// # Errors
    /// When the chat is not there, or one of others.
    pub async fn read(&self, chat_id: &str) -> Result<(), ActError> {
        self.sim.await_any_connection().await;
        self.sim.act(|platform, now| platform.read(now, &self.name, chat_id)).map(drop)
    }

    /// Clicks a button with this value on a message, whether it shows such a button or not, once a client is connected.
    pub async fn click(&self, message_id: &str, value: Value) -> PushHandle {
        self.sim.await_any_connection().await;
        let said = self.sim.act(|platform, now| platform.click(now, &self.name, message_id, value));
        PushHandle::new(self.sim, said.push, Some(said.message_id))
    }

    /// Touches the element with this label, name or id on the card of a message, as it is shown now.
    ///
    /// # Errors
    /// When the message is not there, in a chat of others, or shows no such element.
    pub async fn press(&self, message_id: &str, element: &str) -> Result<PushHandle, ActError> {
        let shown = self.sim.message(message_id);
        let action = shown.as_ref().and_then(|message| message.action(element));
        self.touch(message_id, &action.ok_or_else(|| ActError::NoSuchElement(element.to_owned()))?).await
    }

    /// Does something with the card of a message: chooses, types, submits. [`ChatMessage::action`] makes the action from the
    /// card.
    ///
    /// # Errors
    /// When the message is not there, in a chat of others, or no card.
    pub async fn touch(&self, message_id: &str, action: &CardAction) -> Result<PushHandle, ActError> {
        self.sim.await_any_connection().await;
        let act = |platform: &mut crate::Platform, now| {
            platform.act_on_card(now, &self.name, message_id, action, Shape::default())
        };
        let said = self.sim.act(act)?;
        Ok(PushHandle::new(self.sim, said.push, Some(said.message_id)))
    }
}

impl Sim {
    /// A person, who exists from now on.
    pub fn user(&self, name: impl Into<String>) -> User<'_> {
        User::new(self, name.into())
    }

    /// A group of this name with at least these people and the first app's bot. Bots of other apps are named by app id. The
    /// same name gives the same group; no event tells of it, as if it had been there before.
    pub fn group<S: AsRef<str>>(&self, name: &str, members: impl IntoIterator<Item = S>) -> Group<'_> {
        let mut all = vec![self.app_id().to_owned()];
        all.extend(members.into_iter().map(|member| member.as_ref().to_owned()));
        Group::new(self, self.act(|platform, now| platform.group(now, name, all)).chat_id)
    }

    /// A message as it is now; none if it never was, or was forgotten for newer ones.
    pub fn message(&self, message_id: &str) -> Option<ChatMessage> {
        self.look(|platform| platform.chat_message(message_id).cloned())
    }

    /// Waits until a message is as it should be: edited, patched, typed to its end.
    ///
    /// # Errors
    /// When it does not become so within the builder's patience.
    pub async fn wait_message(
        &self,
        message_id: &str,
        mut as_it_should_be: impl FnMut(&ChatMessage) -> bool,
    ) -> Result<ChatMessage, super::TimedOut> {
        let look = |platform: &crate::Platform| {
            platform.chat_message(message_id).filter(|message| as_it_should_be(message)).cloned()
        };
        self.wait("a change of a message", self.patience, look).await
    }
}
