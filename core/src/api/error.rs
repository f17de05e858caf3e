//! How an API call fails, who is at fault, and what to do next.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use serde_json::Value;

use super::codes::{self, Code, Kind};
use super::read::{Read, member};
use crate::failure::LinkError;
use crate::url::UrlError;

/// Why an API call has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApiError {
    /// The domain of the configuration cannot be used. The application's to mend.
    Domain(UrlError),
    /// The path cannot be used. The application's to mend.
    Path(UrlError),
    /// What stands for this segment of the path is missing or empty, or is `.` or `..`. The application's to mend.
    Segment(String),
    /// The app proves itself with client assertions, and these calls need its secret.
    NoSecret,
    /// The call is made in the name of a user, and the client acts for none.
    NoUser,
    /// The way to the platform failed. Whether the call took effect is not known, unless it never began.
    Link(LinkError),
    /// There was no answer in the time that a call may take. Whether the call took effect is not known.
    Timeout,
    /// The platform refused.
    Refused(Box<Refused>),
    /// The answer makes no sense. Whether the call took effect is not known.
    BadAnswer {
        /// The HTTP status.
        status: u16,
        /// What is wrong with it.
        what: &'static str,
        /// `X-Tt-Logid`.
        log_id: Option<String>,
        /// How long to wait before another try.
        retry_after: Option<Duration>,
    },
}

/// A refusal by the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refused {
    /// The platform's code.
    pub code: i64,
    /// The platform's words.
    pub message: String,
    /// The HTTP status. The code says more.
    pub status: u16,
    /// `X-Tt-Logid`: what the platform's support asks for.
    pub log_id: Option<String>,
    /// The platform's name of the endpoint that was called, or of its family.
    pub endpoint: String,
    /// The code inside the words, as in those of 230099 about a card.
    pub inner_code: Option<i64>,
    /// What was missing or wrong: a permission, or a field.
    pub violations: Vec<Violation>,
    /// Where the platform explains it.
    pub help_url: Option<String>,
    /// How long to wait before another try.
    pub retry_after: Option<Duration>,
}

/// One thing that was missing or wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// The permission, such as `im:message`, or the field.
    pub subject: String,
    /// What is wrong about it; the kind of permission.
    pub description: String,
}

impl ApiError {
    /// What a program does about a refusal: none for the other errors and for codes that are not in the table.
    pub fn kind(&self) -> Option<Kind> {
        match self {
            ApiError::Refused(refused) => refused.kind(),
            _ => None,
        }
    }

    /// The platform's code, if it was the platform that refused.
    pub fn code(&self) -> Option<i64> {
        match self {
            ApiError::Refused(refused) => Some(refused.code),
            _ => None,
        }
    }

    /// What the platform's support asks for.
    pub fn log_id(&self) -> Option<&str> {
        match self {
            ApiError::Refused(refused) => refused.log_id.as_deref(),
            ApiError::BadAnswer { log_id, .. } => log_id.as_deref(),
            _ => None,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            ApiError::Domain(_) => "correct Config::domain",
            ApiError::Path(_) => "correct the path: it begins with /open-apis/ and is percent-encoded",
            ApiError::Segment(_) => "give the id that stands in the path",
            ApiError::NoSecret => "make the configuration with the app secret",
            ApiError::NoUser => "make the call with a client that acts for a user",
            ApiError::Link(_) => "see to the network, the proxy or TLS",
            ApiError::Timeout | ApiError::BadAnswer { .. } => {
                "look whether the call took effect before you repeat it, unless it only reads or has a uuid"
            }
            ApiError::Refused(refused) => refused.hint(),
        }
    }

    /// Whether it is as good as if the call had never been made.
    pub(crate) fn never_began(&self) -> bool {
        use crate::failure::{LinkErrorKind, Phase};
        let ApiError::Link(error) = self else { return false };
        matches!(
            error.kind,
            LinkErrorKind::Dns
                | LinkErrorKind::Connect
                | LinkErrorKind::Timeout(Phase::Tcp | Phase::Proxy | Phase::Tls)
        )
    }
}

impl Refused {
    /// Reads it from the body of an answer. `shown` makes a text of the peer fit to be shown.
    pub(super) fn read(endpoint: &str, code: i64, body: &Value, shown: impl Fn(&str) -> String) -> Refused {
        let message = body.get("msg").and_then(|text| String::read(text).ok()).unwrap_or_default();
        let error = body.get("error").unwrap_or(&Value::Null);
        let text = |object: &Value, name: &str| member::<Option<String>>(object, name, "").ok().flatten();
        let list = |name: &str| error.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let permission = |violation: &Value| Violation {
            subject: shown(&text(violation, "subject").unwrap_or_default()),
            description: shown(&text(violation, "description").or(text(violation, "type")).unwrap_or_default()),
        };
        let field = |violation: &Value| Violation {
            subject: shown(&text(violation, "field").unwrap_or_default()),
            description: shown(&text(violation, "description").or(text(violation, "value")).unwrap_or_default()),
        };
        let permissions = list("permission_violations").iter().map(permission);
        let fields = list("field_violations").iter().map(field);
        let help = list("helps").iter().find_map(|help| text(help, "url"));
        Refused {
            code,
            inner_code: inner_code(&message),
            message: shown(&message),
            status: 0,
            log_id: text(error, "log_id").map(|id| shown(&id)),
            endpoint: endpoint.to_owned(),
            violations: permissions.chain(fields).take(MOST_VIOLATIONS).collect(),
            help_url: help.or_else(|| text(error, "troubleshooter")).map(|url| shown(&url)),
            retry_after: None,
        }
    }

    /// What is known about the code: of the code inside if there is one, as it says more.
    pub fn explain(&self) -> Option<Code> {
        let inner = self.inner_code.and_then(|code| codes::explain(code, "card"));
        inner.or_else(|| codes::explain(self.code, &self.endpoint))
    }

    /// What a program does about it.
    pub fn kind(&self) -> Option<Kind> {
        // 429 is HTTP's own word for it, whatever code comes with it.
        if self.status == 429 { Some(Kind::RateLimit) } else { self.explain().map(|code| code.kind) }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match (self.explain(), self.kind()) {
            (Some(code), _) => code.hint,
            (None, Some(kind)) => kind.hint(),
            (None, None) => "look the code up in the platform's documentation, or ask its support with the log id",
        }
    }
}

/// Most of what an answer says is missing that is kept.
const MOST_VIOLATIONS: usize = 32;

/// The number after `ErrCode:`.
fn inner_code(message: &str) -> Option<i64> {
    let (_, after) = message.split_once("ErrCode:")?;
    let after = after.trim_start();
    let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
    after.get(..end)?.parse().ok()
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ApiError::Domain(error) => write!(f, "the domain cannot be used: {error}"),
            ApiError::Path(error) => write!(f, "the path cannot be used: {error}"),
            ApiError::Segment(name) => write!(f, "the path parameter {name} is missing, empty, or not an id"),
            ApiError::NoSecret => f.write_str("API calls need the app secret"),
            ApiError::NoUser => f.write_str("the call needs the token of a user"),
            ApiError::Link(error) => error.fmt(f),
            ApiError::Timeout => f.write_str("the platform did not answer in time"),
            ApiError::Refused(refused) => refused.fmt(f),
            ApiError::BadAnswer { status, what, log_id, .. } => {
                write!(f, "the answer makes no sense: {what} (HTTP status {status}")?;
                log_id.iter().try_for_each(|id| write!(f, ", log id {id}"))?;
                f.write_str(")")
            }
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Refused { code, message, status, log_id, violations, .. } = self;
        write!(f, "the platform refused: {code} {message} (HTTP status {status}")?;
        log_id.iter().try_for_each(|id| write!(f, ", log id {id}"))?;
        f.write_str(")")?;
        for violation in violations {
            write!(f, "; {}: {}", violation.subject, violation.description)?;
        }
        write!(f, "; {}", self.hint())
    }
}

impl core::error::Error for ApiError {}

impl core::error::Error for Refused {}

impl From<LinkError> for ApiError {
    fn from(error: LinkError) -> ApiError {
        ApiError::Link(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use serde_json::json;

    fn refused(endpoint: &str, code: i64, body: &Value) -> Refused {
        let read = Refused::read(endpoint, code, body, ToOwned::to_owned);
        Refused { status: 400, ..read }
    }

    #[test]
    fn a_missing_permission_is_named() {
        let violations = json!([{"type": "action_scope_required", "subject": "im:message"}]);
        let body = json!({"msg": "Access denied.", "error": {"permission_violations": violations, "log_id": "l-1"}});
        let refused = refused("im.v1.message.create", 99_991_672, &body);
        assert_eq!(refused.kind(), Some(Kind::Permission));
        assert_eq!(
            refused.to_string(),
            "the platform refused: 99991672 Access denied. (HTTP status 400, log id l-1); im:message: \
             action_scope_required; add one of the permissions that the answer names in the developer console, and publish \
             a version"
        );
    }

    #[test]
    fn a_wrong_field_is_named() {
        let violations = json!([{"field": "receive_id_type", "value": "x", "description": "not an option"}]);
        let refused = refused("im.v1.message.create", 99_992_402, &json!({"error": {"field_violations": violations}}));
        assert_eq!(refused.violations[0].subject, "receive_id_type");
        assert_eq!(refused.violations[0].description, "not an option");
    }

    #[test]
    fn the_code_inside_says_more_than_the_one_around_it() {
        let msg =
            "Failed to create card content, ext=ErrCode: 11310; ErrMsg: element exceeds the limit; ErrorValue: ; ";
        let refused = refused("im.v1.message.create", 230_099, &json!({"msg": msg}));
        assert_eq!((refused.inner_code, refused.kind()), (Some(11310), Some(Kind::TooLarge)));
        let odd = json!({"msg": "ErrCode: many"});
        assert_eq!(super::Refused::read("im.v1.message.create", 230_099, &odd, ToOwned::to_owned).inner_code, None);
    }

    #[test]
    fn too_many_calls_are_that_whatever_the_code_is() {
        let limited = Refused { status: 429, ..refused("im.v1", 4711, &json!({})) };
        assert_eq!((limited.kind(), limited.hint()), (Some(Kind::RateLimit), Kind::RateLimit.hint()));
    }

    #[test]
    fn nothing_that_the_error_may_have_is_necessary() {
        for error in [json!(null), json!([]), json!("x"), json!({"permission_violations": {}, "helps": [1]})] {
            let refused = refused("im.v1", 7, &json!({"msg": 5, "error": error}));
            assert_eq!((refused.message.as_str(), refused.kind()), ("5", None));
            assert!(refused.violations.is_empty() && refused.hint().contains("log id"));
        }
    }

    #[test]
    fn each_error_says_what_to_do() {
        let errors = [
            ApiError::Domain(UrlError::Scheme),
            ApiError::Path(UrlError::Host),
            ApiError::Segment("message_id".into()),
            ApiError::NoSecret,
            ApiError::NoUser,
            ApiError::Timeout,
            ApiError::BadAnswer { status: 502, what: "not JSON", log_id: Some("l".into()), retry_after: None },
        ];
        for error in errors {
            assert!(error.hint().len() > 10 && error.to_string().len() > 10, "{error}");
            assert_eq!((error.code(), error.kind()), (None, None));
        }
    }
}
