//! One call of the OpenAPI: what it asks, who makes it, and how it is answered.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::code;
use crate::platform::app::AppKey;
use crate::platform::people::{Actor, IdType};
use crate::platform::vocabulary::{Request, Response};

/// A call that passed the checks that all calls have in common.
pub(crate) struct Call<'a> {
    pub(crate) request: &'a Request,
    /// The variable parts of the path, decoded.
    pub(crate) path: Vec<String>,
    /// The body as JSON; null if it is not JSON.
    pub(crate) body: Value,
    /// The app of the token; the first one where no token is needed.
    pub(crate) app: AppKey,
    /// Whose token it is: the bot's or a person's.
    pub(crate) caller: Actor,
}

impl Call<'_> {
    /// A variable part of the path.
    pub(crate) fn part(&self, index: usize) -> &str {
        self.path.get(index).map(String::as_str).unwrap_or_default()
    }

    /// A text in the body; empty if there is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.body.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// A list of texts in the body.
    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        let list = self.body.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// A query parameter; empty if there is none.
    pub(crate) fn query(&self, name: &str) -> String {
        self.request.parameter(name).unwrap_or_default()
    }

    /// A boolean query parameter. Python writes `True`, the others `true`.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.query(name).eq_ignore_ascii_case("true")
    }

    /// The body, if it is an object; otherwise the call is refused with `invalid`.
    pub(crate) fn object(&self, invalid: i64) -> Result<&Map<String, Value>, Refusal> {
        self.body.as_object().ok_or_else(|| Refusal::new(invalid, "the body is not a JSON object"))
    }

    /// The kind of ids that a query parameter asks for; by default open ids.
    pub(crate) fn id_type(&self, name: &str, invalid: i64) -> Result<IdType, Refusal> {
        match self.query(name).as_str() {
            "" => Ok(IdType::Open),
            kind => IdType::named(kind).ok_or_else(|| Refusal::new(invalid, format!("{name} {kind:?} is unknown"))),
        }
    }
}

/// The answer to a call that succeeded.
#[derive(Debug)]
pub(crate) enum Answer {
    /// `{"code":0,"msg":"success","data":…}`
    Data(Value),
    /// Members that stand beside `code` and `msg`.
    Flat(Value),
    /// Bytes, with their type and name.
    File { bytes: Bytes, media_type: String, name: String },
}

impl Answer {
    /// Success with nothing to say.
    pub(crate) fn done() -> Answer {
        Answer::Data(json!({}))
    }

    pub(crate) fn response(self) -> Response {
        match self {
            Answer::Data(data) => Response::json(200, json!({"code": 0, "msg": "success", "data": data}).to_string()),
            Answer::Flat(members) => Response::json(200, members.to_string()),
            Answer::File { bytes, media_type, name } => {
                let plain: String = name
                    .chars()
                    .map(|letter| if letter.is_ascii_graphic() && letter != '"' { letter } else { '_' })
                    .collect();
                let encoded: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
                let encoded = encoded.replace('+', "%20");
                Response::status(200)
                    .with_header("Content-Type", media_type)
                    .with_header(
                        "Content-Disposition",
                        format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"),
                    )
                    .with_body(bytes)
            }
        }
    }
}

/// A call that failed, as the platform words it.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: u16,
    pub(crate) code: i64,
    msg: String,
    /// More members of `error`.
    error: Map<String, Value>,
    headers: Vec<(&'static str, String)>,
}

impl Refusal {
    pub(crate) fn new(code: i64, msg: impl Into<String>) -> Refusal {
        let status = match code {
            code::NO_SUCH_PATH => 404,
            code::RATE_LIMIT => 429,
            _ => 400,
        };
        Refusal { status, code, msg: msg.into(), error: Map::new(), headers: Vec::new() }
    }

    /// The same refusal with one more member of `error`.
    pub(crate) fn because(mut self, name: &str, value: Value) -> Refusal {
        self.error.insert(name.to_owned(), value);
        self
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: String) -> Refusal {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn response(mut self, log_id: &str) -> Response {
        self.error.insert("log_id".into(), json!(log_id));
        let body = json!({"code": self.code, "msg": self.msg, "error": self.error}).to_string();
        let response = Response::json(self.status, body);
        self.headers.into_iter().fold(response, |response, (name, value)| response.with_header(name, value))
    }
}

pub(crate) type Outcome = Result<Answer, Refusal>;

pub(crate) fn refuse<T>(code: i64, msg: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::new(code, msg))
}

/// A parameter is missing or malformed.
pub(crate) fn invalid_field<T>(field: &str, description: &str) -> Result<T, Refusal> {
    let violation = json!([{"field": field, "description": description}]);
    let refusal = Refusal::new(code::FIELD_VALIDATION, format!("field validation failed: {field} {description}"));
    Err(refusal.because("field_violations", violation))
}
