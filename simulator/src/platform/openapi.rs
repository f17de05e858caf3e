//! The OpenAPI calls that a bot needs: a tenant token, a message, a reply, and binding a user to its connection.

use std::time::Duration;

use larkwire_core::Time;
use serde_json::{Value, json};

use super::Platform;
use super::app::AppKey;
use super::connection::Phase;
use super::content;
use super::fault::ApiFault;
use super::people::{BotMessage, Person, Stored};
use super::vocabulary::{ExchangeId, Request, Response};

/// Platform codes, with the meaning that the official documentation gives them.
mod code {
    pub(super) const INVALID_PARAMETER: i64 = 10_003;
    pub(super) const WRONG_SECRET: i64 = 10_015;
    pub(super) const NO_SUCH_PATH: i64 = 99_991_201;
    pub(super) const METHOD_MISMATCH: i64 = 99_991_301;
    pub(super) const TOKEN_MISSING: i64 = 99_991_661;
    pub(super) const TENANT_TOKEN_INVALID: i64 = 99_991_663;
    pub(super) const USER_TOKEN_INVALID: i64 = 99_991_668;
    pub(super) const TOKEN_FORMAT: i64 = 99_991_671;
    pub(super) const FIELD_VALIDATION: i64 = 99_992_402;
    pub(super) const BAD_MESSAGE: i64 = 230_001;
    pub(super) const NOT_IN_CHAT: i64 = 230_002;
    pub(super) const RECALLED: i64 = 230_011;
    pub(super) const TOO_LONG: i64 = 230_025;
    pub(super) const RECEIVE_ID_INVALID: i64 = 230_034;
}

/// While a token has more than this left, asking again gives the same one (recalled, not verified).
const RENEW_BEFORE: Duration = Duration::from_secs(30 * 60);
/// One success per idempotency key (official documentation).
const KEY_LIFE: Duration = Duration::from_secs(3600);

/// A tenant token.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) app: AppKey,
    pub(crate) value: String,
    pub(crate) expires: Time,
}

/// A call that failed, as the platform words it.
struct Refusal {
    status: u16,
    code: i64,
    msg: String,
}

fn refuse<T>(code: i64, msg: impl Into<String>) -> Result<T, Refusal> {
    let status = if code == code::NO_SUCH_PATH { 404 } else { 400 };
    Err(Refusal { status, code, msg: msg.into() })
}

impl Platform {
    /// Answers a request under `/open-apis`, or any other that is not endpoint discovery.
    pub(super) fn call(&mut self, exchange: ExchangeId, request: &Request) {
        self.stats.api_calls = self.stats.api_calls.saturating_add(1);
        let mut delay = Duration::ZERO;
        let fault = self.api_fault(request);
        match &fault {
            None | Some(ApiFault::TemplateCard | ApiFault::Truncate) => {}
            Some(ApiFault::ExpireTokens) => self.tokens.clear(),
            Some(ApiFault::Hang) => return,
            Some(ApiFault::Answer(answer)) => return self.respond(exchange, answer.clone()),
            Some(ApiFault::Delay(late)) => delay = *late,
        }
        let answer = match self.dispatch(request) {
            Ok(mut body) => {
                if let Some(ApiFault::TemplateCard) = fault {
                    show_template(&mut body);
                }
                Response::json(200, body.to_string())
            }
            Err(Refusal { status, code, msg }) => {
                let log_id = self.dice.digits(32);
                Response::json(status, json!({"code": code, "msg": msg, "error": {"log_id": log_id}}).to_string())
            }
        };
        match fault {
            Some(ApiFault::Truncate) => self.respond_half(exchange, answer),
            _ => self.respond_after(delay, exchange, answer),
        }
    }

    fn dispatch(&mut self, request: &Request) -> Result<Value, Refusal> {
        let segments: Vec<&str> = request.path().split('/').filter(|segment| !segment.is_empty()).collect();
        let post = request.method == "POST";
        match segments.as_slice() {
            ["open-apis", "auth", "v3", "tenant_access_token", "internal"] if post => self.tenant_token(request),
            ["open-apis", "im", "v1", "messages"] if post => self.create_message(request),
            ["open-apis", "im", "v1", "messages", message_id, "reply"] if post => {
                self.reply_message(request, message_id)
            }
            ["open-apis", "event", "v1", "connections", device_id, "bind_user" | "unbind_user"] if post => {
                self.bind_user(request, device_id)
            }
            ["open-apis", "auth", "v3", "tenant_access_token", "internal"]
            | ["open-apis", "event", "v1", "connections", _, "bind_user" | "unbind_user"]
            | ["open-apis", "im", "v1", "messages", _, "reply"] => {
                refuse(code::METHOD_MISMATCH, "the method does not fit the path")
            }
            _ => {
                let call = format!("{} {}", request.method, self.redactor.target(request.path()));
                let counts = &mut self.stats.not_simulated;
                // Any client can invent paths without end.
                if counts.len() < 1000 || counts.contains_key(&call) {
                    let count = counts.entry(call).or_default();
                    *count = count.saturating_add(1);
                }
                refuse(code::NO_SUCH_PATH, "this path is unknown, or not simulated")
            }
        }
    }

    /// `POST /open-apis/auth/v3/tenant_access_token/internal`; the answer is flat.
    fn tenant_token(&mut self, request: &Request) -> Result<Value, Refusal> {
        let body = object(request)?;
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        let Some(app) = self.apps.find(text("app_id")) else {
            return refuse(code::INVALID_PARAMETER, "invalid param: app_id");
        };
        if !self.apps.get(app).has_secret(text("app_secret")) {
            return refuse(code::WRONG_SECRET, "app secret invalid");
        }
        let now = self.now;
        self.tokens.retain(|token| token.expires > now);
        let fresh = |token: &&Token| token.app == app && token.expires.since(now) > RENEW_BEFORE;
        let fresh = self.tokens.iter().rev().find(fresh).cloned();
        let token = match fresh {
            Some(token) => token,
            None => {
                let value = format!("t-{}", self.dice.hex(32));
                let token = Token { app, value, expires: now.after(self.profile.token_life) };
                // Short-lived tokens make a new one per request.
                if self.tokens.len() >= self.profile.records.max(1) {
                    self.tokens.remove(0);
                }
                self.tokens.push(token.clone());
                token
            }
        };
        let expire = token.expires.since(now).as_secs();
        Ok(json!({"code": 0, "expire": expire, "msg": "ok", "tenant_access_token": token.value}))
    }

    /// `POST /open-apis/event/v1/connections/:device_id/bind_user` and `unbind_user` (sources of the Go SDK of 2026 and of
    /// sdk-rs). Any token of the right form will do. That a connection must be open, and the code if it is not, are assumed.
    fn bind_user(&self, request: &Request, device_id: &str) -> Result<Value, Refusal> {
        if !bearer(request)?.starts_with("u-") {
            return refuse(code::USER_TOKEN_INVALID, "Invalid access token for authorization.");
        }
        if !object(request)?.get("channel_tag").is_none_or(Value::is_string) {
            return refuse(code::FIELD_VALIDATION, "channel_tag is not a text");
        }
        let mut connections = self.connections.values();
        match connections.any(|open| open.phase == Phase::Open && open.device_id == device_id) {
            true => Ok(json!({"code": 0, "msg": "success"})),
            false => refuse(code::INVALID_PARAMETER, "this connection is not open"),
        }
    }

    /// The app whose token the request carries.
    fn authorize(&self, request: &Request) -> Result<AppKey, Refusal> {
        let token = bearer(request)?;
        if token.starts_with("u-") {
            return refuse(code::USER_TOKEN_INVALID, "Invalid access token for authorization.");
        }
        if !token.starts_with("t-") {
            return refuse(code::TOKEN_FORMAT, "Invalid access token for authorization: it must start with t- or u-.");
        }
        match self.tokens.iter().find(|known| known.value == token && known.expires > self.now) {
            Some(token) => Ok(token.app),
            None => {
                let msg = "Invalid access token for authorization. Please make a test attempt with another token.";
                refuse(code::TENANT_TOKEN_INVALID, msg)
            }
        }
    }

    /// `POST /open-apis/im/v1/messages?receive_id_type=`
    fn create_message(&mut self, request: &Request) -> Result<Value, Refusal> {
        let app = self.authorize(request)?;
        let body = object(request)?;
        let receive_id = body.get("receive_id").and_then(Value::as_str).unwrap_or_default();
        let find = |same: fn(&Person, &str) -> bool| self.chats.people().find(|person| same(person, receive_id));
        let person = match request.query("receive_id_type") {
            Some("chat_id") => find(|person, id| person.chat_id == id),
            Some("open_id") => find(|person, id| person.open_id == id),
            Some("union_id") => find(|person, id| person.union_id == id),
            Some("user_id") => find(|person, id| person.user_id == id),
            Some("email") => None,
            _ => return refuse(code::FIELD_VALIDATION, "receive_id_type is missing or unknown"),
        };
        let Some(chat_id) = person.map(|person| person.chat_id.clone()) else {
            return if receive_id.starts_with("oc_") {
                refuse(code::NOT_IN_CHAT, "Bot/User can NOT be out of the chat.")
            } else {
                refuse(code::RECEIVE_ID_INVALID, "receive_id is unknown or of another kind")
            };
        };
        self.send_message(app, &body, chat_id, None)
    }

    /// `POST /open-apis/im/v1/messages/:message_id/reply`
    fn reply_message(&mut self, request: &Request, message_id: &str) -> Result<Value, Refusal> {
        let app = self.authorize(request)?;
        let body = object(request)?;
        let Some(parent) = self.chats.messages.get(message_id).cloned() else {
            return refuse(code::RECALLED, "The message was withdrawn, or never existed.");
        };
        self.send_message(app, &body, parent.chat_id.clone(), Some((message_id, parent)))
    }

    fn send_message(
        &mut self,
        app: AppKey,
        body: &Value,
        chat_id: String,
        parent: Option<(&str, Stored)>,
    ) -> Result<Value, Refusal> {
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (msg_type, content, uuid) = (text("msg_type"), text("content"), text("uuid"));
        check_message(&msg_type, &content, &uuid)?;
        let now = self.now;
        self.chats.done.retain(|_, (ends, _)| *ends > now);
        // What a repeat answers is not documented; the first answer is the likeliest.
        let key = (app, uuid);
        if let Some((_, answer)) = self.chats.done.get(&key) {
            return Ok(answer.clone());
        }
        let (message_id, app_id) = (self.message_id(), self.apps.get(app).id.clone());
        let create_time = self.unix_ms().to_string();
        let (shown, mentions) = content::stored(&msg_type, &content, &self.profile.tenant_key, |id| {
            self.chats
                .people()
                .find(|person| [person.open_id.as_str(), &person.union_id, &person.user_id].contains(&id))
        });
        let mut data = json!({
            "message_id": message_id,
            "msg_type": msg_type,
            "create_time": create_time,
            "update_time": create_time,
            "deleted": false,
            "updated": false,
            "chat_id": chat_id,
            "sender": {
                "id": app_id,
                "id_type": "app_id",
                "sender_type": "app",
                "tenant_key": self.profile.tenant_key,
            },
            "body": {"content": shown},
        });
        if !mentions.is_empty() {
            insert(&mut data, "mentions", json!(mentions));
        }
        let mut stored = Stored { chat_id: chat_id.clone(), root_id: None, thread_id: None };
        if let Some((parent_id, parent)) = &parent {
            let root_id = parent.root_id.clone().unwrap_or_else(|| (*parent_id).to_owned());
            let asked = body.get("reply_in_thread").and_then(Value::as_bool).unwrap_or(false);
            let thread_id = parent.thread_id.clone().or_else(|| asked.then(|| format!("omt_{}", self.dice.hex(16))));
            insert(&mut data, "root_id", json!(root_id));
            insert(&mut data, "parent_id", json!(parent_id));
            if let Some(thread_id) = &thread_id {
                insert(&mut data, "thread_id", json!(thread_id));
            }
            stored.root_id = Some(root_id);
            stored.thread_id = thread_id;
        }
        let position = self.chats.store(&message_id, stored, self.profile.records);
        insert(&mut data, "message_position", json!(position.to_string()));
        let replied_to = parent.map(|(parent_id, _)| parent_id.to_owned());
        let (number, at_ms) = (0, 0);
        self.keep_bot_message(BotMessage { number, at_ms, message_id, app_id, chat_id, msg_type, content, replied_to });
        let answer = json!({"code": 0, "msg": "success", "data": data});
        if !key.1.is_empty() && self.chats.done.len() < self.profile.records {
            self.chats.done.insert(key, (now.after(KEY_LIFE), answer.clone()));
        }
        Ok(answer)
    }

    fn keep_bot_message(&mut self, message: BotMessage) {
        let number = self.chats.bot_messages;
        self.chats.bot_messages = number.saturating_add(1);
        while self.chats.bot.len() >= self.profile.records.max(1) {
            self.chats.bot.pop_front();
        }
        self.chats.bot.push_back(BotMessage { number, at_ms: self.at_ms(), ..message });
    }
}

fn insert(data: &mut Value, name: &str, value: Value) {
    if let Some(members) = data.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}

/// Puts a card of a template in place of the content of each message in an answer.
fn show_template(answer: &mut Value) {
    let content = json!({"type": "template", "data": {"template_id": "AAqsimulated", "template_variable": {}}});
    for message in answer.pointer_mut("/data/items").and_then(Value::as_array_mut).into_iter().flatten() {
        if message.get("msg_type").and_then(Value::as_str) == Some("interactive")
            && let Some(shown) = message.pointer_mut("/body/content")
        {
            *shown = Value::from(content.to_string());
        }
    }
}

fn bearer(request: &Request) -> Result<&str, Refusal> {
    match request.header("Authorization").and_then(|value| value.strip_prefix("Bearer ")) {
        Some(token) => Ok(token),
        None => refuse(code::TOKEN_MISSING, "Missing access token for authorization."),
    }
}

fn object(request: &Request) -> Result<Value, Refusal> {
    match serde_json::from_slice::<Value>(&request.body) {
        Ok(body) if body.is_object() => Ok(body),
        _ => refuse(code::INVALID_PARAMETER, "the body is not a JSON object"),
    }
}

fn check_message(msg_type: &str, content: &str, uuid: &str) -> Result<(), Refusal> {
    const TYPES: [&str; 11] = [
        "text",
        "post",
        "image",
        "file",
        "audio",
        "media",
        "sticker",
        "interactive",
        "share_chat",
        "share_user",
        "system",
    ];
    if !TYPES.contains(&msg_type) {
        return refuse(code::BAD_MESSAGE, format!("msg_type {msg_type:?} is unknown"));
    }
    // Official documentation: 150 KB of text, 30 KB of post and card.
    let limit: usize = if msg_type == "text" { 150 * 1024 } else { 30 * 1024 };
    if content.len() > limit {
        return refuse(code::TOO_LONG, "The length of the message content reaches its limit.");
    }
    let content: Value = serde_json::from_str(content).unwrap_or_default();
    if !content.is_object() || (msg_type == "text" && !content.get("text").is_some_and(Value::is_string)) {
        return refuse(code::BAD_MESSAGE, "content is not the JSON text that msg_type asks for");
    }
    if uuid.chars().count() > 50 {
        return refuse(code::FIELD_VALIDATION, "uuid has more than 50 characters");
    }
    Ok(())
}
