//! `interactive.v1`: known from the documentation only.

/// Cards.
pub mod card {
    use alloc::string::String;
    use alloc::vec::Vec;

    use serde_json::{Value, json};

    use crate::Secret;
    use crate::api::{Answer, ApiError, Call, Identity, Request};

    /// `interactive.v1.card.update`: changes the card that a person has acted on, by the token of the callback.
    ///
    /// Only after the callback was answered, within 30 min, and twice at most (older pages: three times). What was a reply
    /// to the callback is better given as such.
    #[derive(Clone, Debug)]
    pub struct Update {
        token: Secret,
        card: Value,
        open_ids: Vec<String>,
    }

    impl Update {
        /// With the `token` of the callback, `c-…`.
        pub fn new(token: impl Into<Secret>, card: impl Into<Value>) -> Update {
            Update { token: token.into(), card: card.into(), open_ids: Vec::new() }
        }

        /// For these people only. Needed for a card that is not shared.
        #[must_use]
        pub fn only_for(mut self, open_ids: impl IntoIterator<Item = impl Into<String>>) -> Update {
            self.open_ids.extend(open_ids.into_iter().map(Into::into));
            self
        }
    }

    impl Call for Update {
        type Answer = ();

        fn request(&self) -> Request {
            let mut card = self.card.clone();
            if let (Value::Object(card), false) = (&mut card, self.open_ids.is_empty()) {
                card.insert("open_ids".into(), json!(self.open_ids));
            }
            Request::post("/open-apis/interactive/v1/card/update")
                .named("interactive.v1.card.update")
                .json(json!({"token": self.token.expose(), "card": card}))
                .identity(Identity::App)
                .secret(self.token.clone())
        }

        fn read(&self, answer: &Answer) -> Result<(), ApiError> {
            answer.done()
        }
    }
}
