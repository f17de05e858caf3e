//! `GET /metrics`: the counters, in the text format of Prometheus.

use std::fmt::Write as _;

use super::call::{Call, typed_answer};
use super::problem::Problem;
use crate::platform::Platform;
use crate::server::body::Answer;

/// The content type of that format's version.
const TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) fn show(call: &Call) -> Result<Answer, Problem> {
    Ok(typed_answer(TYPE, call.hub.look(text)))
}

fn text(platform: &Platform) -> String {
    let stats = platform.stats();
    let counters = [
        ("discoveries", stats.discoveries, "Endpoint discovery requests"),
        ("api_calls", stats.api_calls, "OpenAPI requests, those not simulated included"),
        ("not_simulated", stats.not_simulated.values().sum(), "OpenAPI requests for something that is not simulated"),
        ("upgrades", stats.upgrades, "Upgrade requests"),
        ("refused_upgrades", stats.refused_upgrades, "Upgrade requests that were refused"),
        ("messages_in", stats.messages_in, "WebSocket messages from clients"),
        ("messages_out", stats.messages_out, "WebSocket messages to clients"),
        ("pings", stats.pings, "Application pings from clients"),
        ("pushes", stats.pushes, "Events and callbacks that were pushed"),
        ("deliveries", stats.deliveries, "Deliveries of them, redeliveries and copies included"),
        ("redeliveries", stats.redeliveries, "Redeliveries"),
        ("acks", stats.acks, "Acks that were accepted"),
        ("late_acks", stats.late_acks, "Accepted acks that came too late"),
        ("refused_acks", stats.refused_acks, "Acks that broke a rule and do not count"),
        ("violations", stats.violations, "Breaches of the protocol"),
        ("notes", stats.notes, "Unusual things that clients did"),
    ];
    let mut text = String::new();
    // Writing to a String does not fail.
    for (name, value, help) in counters {
        let name = format!("larkwire_sim_{name}_total");
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} counter\n{name} {value}");
    }
    let name = "larkwire_sim_open_connections";
    let _ = writeln!(text, "# HELP {name} Open connections of an app\n# TYPE {name} gauge");
    for app in platform.apps() {
        let open = platform.open_count(app);
        let _ = writeln!(text, "{name}{{app_id=\"{}\"}} {open}", escaped(&app.id));
    }
    text
}

/// A label's value: any client chooses the id of its app where a platform takes all of them.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
