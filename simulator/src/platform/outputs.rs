//! What goes out, at once or later, and what is written down of it and of everything else.

use std::time::Duration;

use super::Platform;
use super::connection::Phase;
use super::profile::Strictness;
use super::timer::Timer;
use super::transcript::{What, Wire};
use super::verdict::{Finding, Severity, Violation};
use super::vocabulary::{ConnectionId, ExchangeId, Output, Response};

impl Platform {
    /// Puts an output out and into the transcript. What is meant for a connection that cannot take it is dropped.
    pub(super) fn emit(&mut self, output: Output) {
        match &output {
            Output::Respond { exchange, response } | Output::RespondHalf { exchange, response } => {
                let body = self.redactor.body(&response.body);
                self.write(What::Response { exchange: *exchange, status: response.status, body });
            }
            Output::Accept { connection } => self.write_with(|platform| {
                let app_id = platform.connections.get(connection).map(|connection| connection.app_id.clone());
                What::Accepted { connection: *connection, app_id: app_id.unwrap_or_default() }
            }),
            Output::Refuse { connection, response } => {
                self.stats.refused_upgrades = self.stats.refused_upgrades.saturating_add(1);
                let headers = self.redactor.headers(&response.headers);
                self.write(What::Refused { connection: *connection, status: response.status, headers });
            }
            Output::Send { connection, message } => {
                if !self.connections.get(connection).is_some_and(|connection| connection.phase == Phase::Open) {
                    return;
                }
                self.stats.messages_out = self.stats.messages_out.saturating_add(1);
                self.write_with(|_| What::Sent { connection: *connection, message: Wire::sent(message) });
            }
            Output::Close { connection, code, reason } => {
                self.write(What::Closing { connection: *connection, code: *code, reason: reason.clone() });
            }
            Output::Abort { connection, .. } => self.write(What::Aborted { connection: *connection }),
            Output::Freeze { connection } => self.write(What::Frozen { connection: *connection }),
            Output::Thaw { connection } => self.write(What::Thawed { connection: *connection }),
            Output::Pace { .. } | Output::Jump { .. } => {}
            Output::Wait(_) => return,
        }
        self.outputs.push_back(output);
    }

    pub(super) fn emit_after(&mut self, delay: Duration, output: Output) {
        if delay.is_zero() {
            self.emit(output);
        } else {
            self.timers.set(self.now.after(delay), Timer::Release(output));
        }
    }

    pub(super) fn respond(&mut self, exchange: ExchangeId, response: Response) {
        self.respond_after(Duration::ZERO, exchange, response);
    }

    pub(super) fn respond_after(&mut self, delay: Duration, exchange: ExchangeId, response: Response) {
        let response = self.labelled(response);
        self.emit_after(delay, Output::Respond { exchange, response });
    }

    pub(super) fn respond_half(&mut self, exchange: ExchangeId, response: Response) {
        let response = self.labelled(response);
        self.emit(Output::RespondHalf { exchange, response });
    }

    /// "Every answer carries `X-Tt-Logid`", in this spelling, because the Python SDK looks it up case-sensitively.
    pub(super) fn labelled(&mut self, response: Response) -> Response {
        response.with_header("X-Tt-Logid", self.dice.digits(32)).with_header("X-Request-Id", &*self.dice.uuid())
    }

    /// Lists a finding; whether it is a violation is the result.
    pub(super) fn list(&mut self, connection: Option<ConnectionId>, finding: Finding) -> bool {
        let Finding { mut severity, rule, explanation } = finding;
        if self.profile.strictness == Strictness::Lenient {
            severity = Severity::Note;
        }
        let count = match severity {
            Severity::Violation => &mut self.stats.violations,
            Severity::Note => &mut self.stats.notes,
        };
        *count = count.saturating_add(1);
        let text = explanation.clone();
        self.write(match severity {
            Severity::Violation => What::Violation { connection, rule, explanation: text },
            Severity::Note => What::Note { connection, rule, explanation: text },
        });
        let breach = Violation { at_ms: self.at_ms(), connection, severity, rule, explanation };
        self.verdicts.add(breach, self.profile.records);
        severity == Severity::Violation
    }

    pub(super) fn write(&mut self, what: What) {
        if self.profile.transcript {
            self.transcript.add(self.at_ms(), what);
        }
    }

    /// Writes down what costs something to make.
    pub(super) fn write_with(&mut self, what: impl FnOnce(&Platform) -> What) {
        if self.profile.transcript {
            let what = what(self);
            self.write(what);
        }
    }
}
