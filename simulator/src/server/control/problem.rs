//! Why a call failed, in the form in which every call says it.

use hyper::StatusCode;
use serde_json::json;

use super::call::json_answer;
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

    pub(super) fn into_answer(self) -> Answer {
        let error = json!({"code": self.code, "message": self.message, "hint": self.hint});
        let mut answer = json_answer(&json!({ "error": error }));
        *answer.status_mut() = self.status;
        answer
    }
}
