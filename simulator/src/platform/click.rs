//! What people do with cards: buttons, selections, forms; and the answers of bots, with what their users then see.
//!
//! A callback is never pushed again. Its answer shows a toast, changes the card, or both; an answer that is late, missing or
//! malformed shows an error.

use std::collections::BTreeMap;
use std::time::Duration;

use larkwire_core::Time;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Platform;
use super::action::CardAction;
use super::app::AppKey;
use super::draft::{ActError, Said};
use super::entity::Resolved;
use super::events::insert;
use super::message::{Change, ChatMessage};
use super::people::Actor;
use super::push::{Outcome, Push, PushId, Shape};
use super::transcript::What;

/// How long the token of a callback updates its card (official documentation).
const TOKEN_LIFE: Duration = Duration::from_secs(30 * 60);

/// Codes that a user sees (official documentation, field reports).
mod code {
    pub(super) const BAD_ANSWER: i64 = 200_672;
    pub(super) const BAD_CARD: i64 = 200_673;
    pub(super) const STREAMING: i64 = 200_810;
}

/// A short text over the chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Toast {
    /// `info`, `success`, `error` or `warning`.
    pub level: String,
    /// What it says.
    pub text: String,
}

/// What a person did with a card, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Click {
    /// Who.
    pub person: String,
    /// The message with the card.
    pub message_id: String,
    /// The app that is asked.
    pub app_id: String,
    /// What came of it.
    pub result: ClickResult,
}

/// What came of a click.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ClickResult {
    /// The bot has not answered yet.
    Pending,
    /// The bot answered.
    Answered {
        /// What the person sees for a moment.
        toast: Option<Toast>,
        /// Whether the answer changed the card.
        card: bool,
    },
    /// The person sees an error.
    Failed {
        /// Its code.
        code: i64,
        /// What is wrong, for the bot's developer.
        message: String,
    },
}

/// With which a bot may update a card after its answer.
#[derive(Clone, Debug)]
pub(crate) struct UpdateToken {
    pub(crate) app: AppKey,
    pub(crate) message_id: String,
    pub(crate) expires: Time,
    pub(crate) uses: u32,
}

/// Clicks and tokens.
#[derive(Clone, Default)]
pub(crate) struct Clicks {
    all: BTreeMap<PushId, Click>,
    pub(crate) tokens: BTreeMap<String, UpdateToken>,
}

/// Shows no token.
impl std::fmt::Debug for Clicks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clicks").field("all", &self.all.len()).finish_non_exhaustive()
    }
}

impl Platform {
    /// A person clicks a button with this value on a message, whether it shows such a button or not.
    pub fn click(&mut self, now: Time, name: &str, message_id: &str, value: Value) -> Said {
        self.advance(now);
        let person = self.person(name);
        let message = self.messages.get(message_id);
        let app = message.and_then(|message| self.app_of(message)).unwrap_or_else(|| self.usual_app());
        let chat_id = match message {
            Some(message) => message.chat_id.clone(),
            None => self.p2p(&person, app),
        };
        self.callback(name, app, message_id, &chat_id, &CardAction::button(value), Shape::default())
    }

    /// A person does something with a card; the callback is delivered in this shape.
    ///
    /// # Errors
    /// When there is no such message in a chat of this person, or it is not a card of a bot.
    pub fn act_on_card(
        &mut self,
        now: Time,
        name: &str,
        message_id: &str,
        action: &CardAction,
        shape: Shape,
    ) -> Result<Said, ActError> {
        self.advance(now);
        self.person(name);
        let message = self.visible(name, message_id)?;
        let app = self.app_of(&message).filter(|_| message.card.is_some());
        let app = app.ok_or_else(|| ActError::NoSuchElement(action.tag.clone()))?;
        Ok(self.callback(name, app, message_id, &message.chat_id, action, shape))
    }

    /// What came of a click; none if the push was none, or was forgotten for newer ones.
    pub fn click_result(&self, push: PushId) -> Option<&Click> {
        self.clicks.all.get(&push)
    }

    fn app_of(&self, message: &ChatMessage) -> Option<AppKey> {
        match &message.sender {
            Actor::App(app_id) => self.apps.find(app_id),
            Actor::User(_) => None,
        }
    }

    fn callback(
        &mut self,
        name: &str,
        app: AppKey,
        message_id: &str,
        chat_id: &str,
        action: &CardAction,
        shape: Shape,
    ) -> Said {
        let mut operator = self.ids(&Actor::User(name.to_owned()), app);
        insert(&mut operator, "tenant_key", json!(self.profile.tenant_key));
        let token = self.update_token(app, message_id);
        let mut action = serde_json::to_value(action).unwrap_or_default();
        if action.get("timezone").is_none() {
            insert(&mut action, "timezone", json!("Asia/Shanghai"));
        }
        let event = json!({
            "operator": operator,
            "token": token,
            "action": action,
            "host": "im_message",
            "context": {"open_message_id": message_id, "open_chat_id": chat_id},
        });
        let app_id = self.apps.get(app).id.clone();
        let push = Push::callback("card.action.trigger", event).app(app_id.clone()).shaped(shape);
        let push = self.register(push);
        let (person, message_id) = (name.to_owned(), message_id.to_owned());
        while self.clicks.all.len() >= self.profile.records.max(1) {
            self.clicks.all.pop_first();
        }
        let click = Click { person, message_id: message_id.clone(), app_id, result: ClickResult::Pending };
        self.clicks.all.insert(push, click);
        self.start(push);
        Said { message_id, push }
    }

    fn update_token(&mut self, app: AppKey, message_id: &str) -> String {
        let (now, limit) = (self.now, self.profile.records.max(1));
        let token = format!("c-{}", self.dice.hex(32));
        let tokens = &mut self.clicks.tokens;
        if tokens.len() >= limit {
            tokens.retain(|_, token| token.expires > now);
        }
        while tokens.len() >= limit {
            tokens.pop_first();
        }
        let kept = UpdateToken { app, message_id: message_id.to_owned(), expires: now.after(TOKEN_LIFE), uses: 0 };
        tokens.insert(token.clone(), kept);
        token
    }

    /// Whether somebody waits for the answer to a click on this message.
    pub(super) fn is_touched(&self, message_id: &str) -> bool {
        // Clicks are answered within seconds: only the newest can be pending.
        let newest = self.clicks.all.values().rev().take(100);
        newest.into_iter().any(|click| click.message_id == message_id && click.result == ClickResult::Pending)
    }

    /// A callback was acked in time, with success.
    pub(super) fn callback_answered(&mut self, push: PushId, data: Option<Value>) {
        let Some(click) = self.clicks.all.get(&push).cloned() else { return };
        match self.apply(&click, data.unwrap_or_default()) {
            Ok(result) => drop(self.set_result(push, result)),
            Err((code, message)) => {
                if let Some(pushed) = self.pushes.all.get_mut(&push) {
                    pushed.record.outcome = Outcome::UserSawError { code };
                }
                self.callback_failed(push, code, message);
            }
        }
    }

    /// No answer to a callback can come any more.
    pub(super) fn callback_unanswered(&mut self, push: PushId, code: i64) {
        self.callback_failed(push, code, "the bot did not answer in time, or answered with a failure".to_owned());
    }

    /// The user sees an error, and so does everybody who looks at the transcript.
    fn callback_failed(&mut self, push: PushId, code: i64, message: String) {
        let click = self.set_result(push, ClickResult::Failed { code, message: message.clone() });
        let (message_id, person) = click.map(|click| (click.message_id, click.person)).unzip();
        self.write(What::CallbackFailed { push, code, message, message_id, person });
    }

    fn set_result(&mut self, push: PushId, result: ClickResult) -> Option<Click> {
        let click = self.clicks.all.get_mut(&push)?;
        click.result = result;
        Some(click.clone())
    }

    /// Shows the answer to the person who clicked. All of it is checked before anything is shown.
    fn apply(&mut self, click: &Click, answer: Value) -> Result<ClickResult, (i64, String)> {
        let bad = |text: &str| (code::BAD_ANSWER, text.to_owned());
        let members = match answer {
            Value::Null => Map::new(),
            Value::Object(members) => members,
            _ => return Err(bad("the answer is not a JSON object")),
        };
        let toast = match members.get("toast") {
            None | Some(Value::Null) => None,
            Some(toast) => Some(read_toast(toast).ok_or_else(|| bad("toast has no content, or an unknown type"))?),
        };
        let card = match members.get("card") {
            None | Some(Value::Null) => None,
            Some(card) => Some(self.answered_card(click, card).map_err(|text| (code::BAD_CARD, text))?),
        };
        if toast.is_none() && card.is_none() && !members.is_empty() {
            let only_empty = members.values().all(Value::is_null);
            if !only_empty {
                return Err(bad("the answer has neither toast nor card; the card of an old callback stands in `card`"));
            }
        }
        if let Some(toast) = &toast {
            self.write(What::Toast {
                message_id: click.message_id.clone(),
                person: click.person.clone(),
                level: toast.level.clone(),
                text: toast.text.clone(),
            });
        }
        let changed = card.is_some();
        if let Some(resolved) = card {
            // "While streaming no updates through interaction callbacks" (official documentation).
            if self.messages.get(&click.message_id).is_some_and(|message| message.streaming) {
                return Err((code::STREAMING, "the card is streaming, and takes no update from a callback".into()));
            }
            self.answer_card(&click.message_id, resolved);
        }
        Ok(ClickResult::Answered { toast, card: changed })
    }

    fn answered_card(&self, click: &Click, card: &Value) -> Result<Resolved, String> {
        let data = card.get("data").unwrap_or(&Value::Null);
        let app = self.apps.find(&click.app_id).unwrap_or(AppKey::FIRST);
        let parsed;
        let resolved = match card.get("type").and_then(Value::as_str) {
            Some("raw") if data.is_object() => self.resolve(data, app),
            Some("template") => self.template(data).map(|card| Resolved { card, card_id: None }),
            // The text of a card, for entities (inferred).
            Some("card_json") => {
                parsed = data.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
                self.resolve(parsed.as_ref().unwrap_or(data), app)
            }
            _ => return Err("card must be {\"type\":\"raw\",\"data\":{card}} or of type template".into()),
        };
        resolved.map_err(|error| error.text)
    }

    /// Lets a message show another card, and its entity if it has one.
    pub(super) fn answer_card(&mut self, message_id: &str, resolved: Resolved) {
        let Some(message) = self.messages.get(message_id) else { return };
        if let Some(card_id) = message.card_id.clone() {
            if let Some(entity) = self.entities.get_mut(&card_id) {
                entity.card = resolved.card;
            }
            return self.entity_changed(&card_id);
        }
        let unix_ms = self.unix_ms();
        self.change_message(message_id, Change::Card, |message| {
            Platform::show(message, resolved);
            message.update_ms = unix_ms;
        });
    }
}

fn read_toast(toast: &Value) -> Option<Toast> {
    /// Nobody reads more over a chat.
    const MOST_LETTERS: usize = 1000;
    let level = toast.get("type").and_then(Value::as_str).unwrap_or("info");
    let translated = toast.get("i18n").and_then(Value::as_object).and_then(|texts| texts.values().next());
    let text = toast.get("content").or(translated)?.as_str()?;
    ["info", "success", "error", "warning"]
        .contains(&level)
        .then(|| Toast { level: level.to_owned(), text: text.chars().take(MOST_LETTERS).collect() })
}
