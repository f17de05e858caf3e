//! The update of a card by the token of a callback.

use serde_json::{Value, json};

use super::call::{Answer, Call, Outcome, refuse};
use super::code::update as code;
use crate::platform::Platform;
use crate::platform::entity::Resolved;

/// Largest card (official documentation).
const CARD_BYTES: usize = 100 * 1024;

impl Platform {
    /// `POST /interactive/v1/card/update`; the answer has no data.
    pub(super) fn update_card(&mut self, call: &Call<'_>) -> Outcome {
        call.object(code::JSON)?;
        let token = call.text("token");
        if !token.starts_with("c-") {
            return refuse(code::TOKEN_FORMAT, "token must look like c-...");
        }
        let card = call.body.get("card").unwrap_or(&Value::Null);
        // Old clients send the card as text.
        let parsed = card.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
        let card = parsed.as_ref().unwrap_or(card);
        if !card.is_object() {
            return refuse(code::INVALID, "card is missing");
        }
        if card.to_string().len() > CARD_BYTES {
            return refuse(code::TOO_LARGE, "the card has more than 100 KB");
        }
        let now = self.now;
        let Some(kept) = self.clicks.tokens.get(token).filter(|kept| kept.expires > now) else {
            return refuse(code::TOKEN_EXPIRED, "the token is unknown or older than 30 min");
        };
        if kept.app != call.app {
            return refuse(code::OTHER_APP, "the card belongs to another app");
        }
        if kept.uses >= self.profile.update_token_uses {
            return refuse(code::TOKEN_USED_UP, "the token was used too often");
        }
        let message_id = kept.message_id.clone();
        if self.messages.get(&message_id).is_some_and(|message| message.recalled) {
            return refuse(code::RECALLED, "the card was recalled");
        }
        let resolved = match self.resolve(card, call.app) {
            Ok(Resolved { card, .. }) => Resolved { card, card_id: None },
            Err(error) => return refuse(code::FORMAT, error.text),
        };
        if let Some(kept) = self.clicks.tokens.get_mut(token) {
            kept.uses = kept.uses.saturating_add(1);
        }
        self.answer_card(&message_id, resolved);
        Ok(Answer::Flat(json!({"code": 0, "msg": "ok"})))
    }
}
