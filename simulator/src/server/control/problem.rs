//! Why a call failed, in the form in which every call says it.

use hyper::StatusCode;
use serde_json::json;

use super::call::json_answer;
use crate::platform::ActError;
use crate::server::body::Answer;

/// A failed call: `{"error":{"code":…,"message":…,"hint":…}}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    /// Stable, for programs.
    pub(super) code: &'static str,
    /// What is wrong, for people.
    pub(super) message: String,
    /// What to do next.
    pub(super) hint: String,
}

impl From<ActError> for Problem {
    fn from(error: ActError) -> Problem {
        Problem::of_act(&error)
    }
}

impl Problem {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>, hint: &str) -> Problem {
        Problem { status, code, message: message.into(), hint: hint.to_owned() }
    }

    pub(super) fn not_found(message: impl Into<String>, hint: &str) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "not_found", message, hint)
    }

    pub(super) fn invalid(message: impl Into<String>, hint: &str) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "invalid", message, hint)
    }

    pub(super) fn forbidden(message: impl Into<String>, hint: &str) -> Problem {
        Problem::new(StatusCode::FORBIDDEN, "forbidden", message, hint)
    }

    fn of_act(error: &ActError) -> Problem {
        let text = error.to_string();
        match error {
            ActError::NoSuchApp(_)
            | ActError::NoSuchChat(_)
            | ActError::NoSuchMessage(_)
            | ActError::NoSuchElement(_) => Problem::not_found(text, "GET /_sim/v1/state shows what there is"),
            ActError::NotAMember { .. } | ActError::NotTheSender => {
                Problem::forbidden(text, "let somebody else do it: as")
            }
            _ => Problem::invalid(text, "see /_sim/v1/openapi.json"),
        }
    }

    pub(super) fn into_answer(self) -> Answer {
        let error = json!({"code": self.code, "message": self.message, "hint": self.hint});
        let mut answer = json_answer(&json!({ "error": error }));
        *answer.status_mut() = self.status;
        answer
    }
}
