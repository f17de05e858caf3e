//! The OpenAPI calls that bots make.
//!
//! Each call passes the same checks in the same order (inferred): path and method, rate, token, permission; then its own
//! parameters, the objects and the rights; then it has its effect.

mod auth;
mod call;
mod card_update;
mod cardkit;
mod chats;
mod check;
mod code;
mod contact;
mod elements;
mod members;
mod messages;
mod multipart;
mod paging;
mod rates;
mod reactions;
mod routes;
mod send;
mod uploads;

use std::time::Duration;

use serde_json::{Value, json};

pub(crate) use self::auth::TokenTable;
use self::call::{Answer, Call, Outcome, Refusal, refuse};
pub(crate) use self::rates::Rates;
use self::routes::{ROUTES, Route};
use super::Platform;
use super::fault::ApiFault;
use super::transcript::What;
use super::uri;
use super::vocabulary::{ExchangeId, Request, Response};

/// Paths that are counted as not simulated; any client can invent paths without end.
const MOST_UNKNOWN: usize = 1000;

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
            Some(ApiFault::Answer(answer)) => {
                let said = serde_json::from_slice::<Value>(&answer.body).unwrap_or_default();
                let code = said.get("code").and_then(Value::as_i64).unwrap_or_default();
                self.tell_call(exchange, request, answer, code, Duration::ZERO, None);
                return self.respond(exchange, answer.clone());
            }
            Some(ApiFault::Delay(late)) => delay = *late,
        }
        let mut app_id = None;
        let mut outcome = self.dispatch(request, &mut app_id);
        if let (Some(ApiFault::TemplateCard), Ok(Answer::Data(data))) = (&fault, &mut outcome) {
            show_template(data);
        }
        let code = outcome.as_ref().err().map_or(0, |refusal| refusal.code);
        let response = match outcome {
            Ok(answer) => answer.response(),
            Err(refusal) => refusal.response(&self.dice.digits(32)),
        };
        self.tell_call(exchange, request, &response, code, delay, app_id);
        match fault {
            Some(ApiFault::Truncate) => self.respond_half(exchange, response),
            _ => self.respond_after(delay, exchange, response),
        }
    }

    fn tell_call(
        &mut self,
        exchange: ExchangeId,
        request: &Request,
        response: &Response,
        code: i64,
        delay: Duration,
        app_id: Option<String>,
    ) {
        self.write(What::Api {
            exchange,
            method: request.method.clone(),
            path: self.redactor.target(request.path()),
            status: response.status,
            code,
            ms: u64::try_from(delay.as_millis()).unwrap_or(u64::MAX),
            app_id,
            not_simulated: code == code::NO_SUCH_PATH,
        });
    }

    fn dispatch(&mut self, request: &Request, app_id: &mut Option<String>) -> Outcome {
        let (route, path) = self.route_of(request)?;
        if let Some(app) = self.app_of_token(request) {
            self.rate_call(app, route)?;
        }
        let (app, caller) = self.authorize(request, route.tokens)?;
        if route.tokens != routes::Tokens::None {
            *app_id = Some(self.apps.get(app).id.clone());
        }
        self.permit(route)?;
        let path = path.into_iter().map(uri::decode).collect();
        let body = serde_json::from_slice::<Value>(&request.body).unwrap_or_default();
        (route.run)(self, &Call { request, path, body, app, caller })
    }

    /// The route of a request, and the variable parts of its path.
    fn route_of<'a>(&mut self, request: &'a Request) -> Result<(&'static Route, Vec<&'a str>), Refusal> {
        let segments: Vec<&str> = request.path().split('/').filter(|segment| !segment.is_empty()).collect();
        let mut known = false;
        if let Some((&"open-apis", path)) = segments.split_first() {
            for route in ROUTES {
                let Some(parts) = route.fits(path) else { continue };
                known = true;
                if route.method == request.method {
                    return Ok((route, parts));
                }
            }
        }
        if known {
            return refuse(code::METHOD_MISMATCH, "the method does not fit the path");
        }
        let call = format!("{} {}", request.method, self.redactor.target(request.path()));
        let counts = &mut self.stats.not_simulated;
        if counts.len() < MOST_UNKNOWN || counts.contains_key(&call) {
            let count = counts.entry(call).or_default();
            *count = count.saturating_add(1);
        }
        refuse(code::NO_SUCH_PATH, "this path is unknown, or not simulated")
    }

    /// Refuses what needs a permission that the apps do not have.
    fn permit(&self, route: &Route) -> Result<(), Refusal> {
        if route.scope.is_empty() || !self.profile.denied_scopes.iter().any(|denied| denied == route.scope) {
            return Ok(());
        }
        let scope = route.scope;
        let msg = format!("Access denied. One of the following scopes is required: [{scope}].");
        let violation = json!([{"type": "action_scope_required", "subject": scope}]);
        Err(Refusal::new(code::SCOPE_MISSING, msg).because("permission_violations", violation))
    }
}

/// Puts a card of a template in place of the content of each card in an answer.
fn show_template(data: &mut Value) {
    let content = json!({"type": "template", "data": {"template_id": "AAqsimulated", "template_variable": {}}});
    for message in data.get_mut("items").and_then(Value::as_array_mut).into_iter().flatten() {
        if message.get("msg_type").and_then(Value::as_str) == Some("interactive")
            && let Some(shown) = message.pointer_mut("/body/content")
        {
            *shown = Value::from(content.to_string());
        }
    }
}
