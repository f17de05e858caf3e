//! Tokens: who gets one, how long it works, and what it opens.

use std::collections::BTreeMap;
use std::time::Duration;

use larkwire_core::Time;
use serde_json::json;

use super::call::{Answer, Call, Outcome, Refusal, invalid_field, refuse};
use super::code;
use super::routes::Tokens;
use crate::platform::Platform;
use crate::platform::app::AppKey;
use crate::platform::connection::Phase;
use crate::platform::people::Actor;
use crate::platform::vocabulary::Request;

/// While a token has more than this left, asking again gives the same one (recalled, not verified).
const RENEW_BEFORE: Duration = Duration::from_secs(30 * 60);

/// A token that works.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    app: AppKey,
    /// The bot of the app, or a person.
    of: Actor,
    expires: Time,
}

/// All of them, by value.
#[derive(Clone, Default)]
pub(crate) struct TokenTable {
    by_value: BTreeMap<String, Token>,
    /// The newest of each app.
    newest: BTreeMap<AppKey, String>,
}

impl TokenTable {
    /// Makes all of them invalid.
    pub(crate) fn clear(&mut self) {
        *self = TokenTable::default();
    }
}

/// Shows no token.
impl std::fmt::Debug for TokenTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenTable").field("tokens", &self.by_value.len()).finish_non_exhaustive()
    }
}

impl Platform {
    /// `POST /auth/v3/tenant_access_token/internal`; the answer is flat.
    pub(super) fn tenant_token(&mut self, call: &Call<'_>) -> Outcome {
        let (token, expire) = self.issue(call)?;
        Ok(Answer::Flat(json!({"code": 0, "expire": expire, "msg": "ok", "tenant_access_token": token})))
    }

    /// `POST /auth/v3/app_access_token/internal`: for a self-built app, both tokens are the same (field reports).
    pub(super) fn app_token(&mut self, call: &Call<'_>) -> Outcome {
        let (token, expire) = self.issue(call)?;
        Ok(Answer::Flat(json!({
            "code": 0,
            "expire": expire,
            "msg": "ok",
            "app_access_token": token,
            "tenant_access_token": token,
        })))
    }

    fn issue(&mut self, call: &Call<'_>) -> Result<(String, u64), Refusal> {
        call.object(code::INVALID_PARAMETER)?;
        let Some(app) = self.apps.find(call.text("app_id")) else {
            return refuse(code::INVALID_PARAMETER, "invalid param: app_id");
        };
        if !self.apps.get(app).has_secret(call.text("app_secret")) {
            return refuse(code::WRONG_SECRET, "app secret invalid");
        }
        let now = self.now;
        let newest = self.tokens.newest.get(&app);
        let newest = newest.and_then(|value| Some((value.clone(), self.tokens.by_value.get(value)?.expires)));
        let (value, expires) = match newest.filter(|(_, expires)| expires.since(now) > RENEW_BEFORE) {
            Some(newest) => newest,
            None => {
                let (value, expires) = (format!("t-{}", self.dice.hex(32)), now.after(self.profile.token_life));
                let of = Actor::App(self.apps.get(app).id.clone());
                self.keep_token(value.clone(), Token { app, of, expires });
                self.tokens.newest.insert(app, value.clone());
                (value, expires)
            }
        };
        Ok((value, expires.since(now).as_secs()))
    }

    /// A token that acts for a person in the first app: `u-…`.
    pub fn user_token(&mut self, now: Time, name: &str) -> String {
        self.advance(now);
        let of = Actor::User(self.person(name).name);
        let (value, expires) = (format!("u-{}", self.dice.hex(32)), now.after(self.profile.token_life));
        self.keep_token(value.clone(), Token { app: AppKey::FIRST, of, expires });
        value
    }

    fn keep_token(&mut self, value: String, token: Token) {
        let (now, limit) = (self.now, self.profile.records.max(1));
        let tokens = &mut self.tokens.by_value;
        // Short-lived tokens make a new one per request.
        if tokens.len() >= limit {
            tokens.retain(|_, token| token.expires > now);
        }
        while tokens.len() >= limit {
            tokens.pop_first();
        }
        tokens.insert(value, token);
    }

    /// The app of a token, even if that works no more: a limit of frequency comes before the token (inferred).
    pub(super) fn app_of_token(&self, request: &Request) -> Option<AppKey> {
        let token = request.header("Authorization")?.strip_prefix("Bearer ")?;
        self.tokens.by_value.get(token).map(|token| token.app)
    }

    /// Whom the token of a request stands for.
    pub(super) fn authorize(&self, request: &Request, tokens: Tokens) -> Result<(AppKey, Actor), Refusal> {
        let anybody = (AppKey::FIRST, Actor::App(self.profile.app_id.clone()));
        if tokens == Tokens::None {
            return Ok(anybody);
        }
        let Some(token) = request.header("Authorization").and_then(|value| value.strip_prefix("Bearer ")) else {
            return refuse(code::TOKEN_MISSING, "Missing access token for authorization.");
        };
        let is_user = token.starts_with("u-");
        if tokens == Tokens::AnyUser && !is_user {
            return refuse(code::USER_TOKEN_INVALID, "Invalid access token for authorization.");
        }
        if !is_user && !token.starts_with("t-") {
            return refuse(code::TOKEN_FORMAT, "Invalid access token for authorization: it must start with t- or u-.");
        }
        // The number of an invalid token is also that of a kind of token that the call does not take.
        let invalid = if is_user { code::USER_TOKEN_INVALID } else { code::TENANT_TOKEN_INVALID };
        let msg = "Invalid access token for authorization. Please make a test attempt with another token.";
        let known = self.tokens.by_value.get(token).filter(|token| token.expires > self.now);
        match (tokens, known) {
            (Tokens::AnyUser, _) => Ok(anybody),
            (Tokens::Any, Some(token)) => Ok((token.app, token.of.clone())),
            (Tokens::Tenant, Some(token)) if !is_user => Ok((token.app, token.of.clone())),
            _ => refuse(invalid, msg),
        }
    }

    /// `POST /event/v1/connections/:device_id/bind_user` and `unbind_user` (sources of the Go SDK of 2026 and of sdk-rs).
    /// Any token of the right form will do. That a connection must be open, and the code if it is not, are assumed.
    pub(super) fn bind_user(&mut self, call: &Call<'_>) -> Outcome {
        let body = call.object(code::INVALID_PARAMETER)?;
        if !body.get("channel_tag").is_none_or(serde_json::Value::is_string) {
            return invalid_field("channel_tag", "is not a text");
        }
        let mut connections = self.connections.values();
        match connections.any(|open| open.phase == Phase::Open && open.device_id == call.part(0)) {
            true => Ok(Answer::Flat(json!({"code": 0, "msg": "success"}))),
            false => refuse(code::INVALID_PARAMETER, "this connection is not open"),
        }
    }

    /// `GET /event/v1/connection`
    pub(super) fn online_connections(&mut self, call: &Call<'_>) -> Outcome {
        let count = self.live_connections(call.app).saturating_add(usize::from(self.faults.have_another_instance()));
        Ok(Answer::Data(json!({"online_instance_cnt": count})))
    }
}
