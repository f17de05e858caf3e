//! `--list-faults`: what can go wrong on purpose.

use std::io::{self, Write};

use larkwire_sim::{NamedFault, Preset};
use serde_json::Value;

/// Tells it on stdout: that is what was asked for.
pub(super) fn show() {
    // Where nobody reads it, nothing is lost.
    let _ = write(&mut anstream::stdout());
}

fn write(to: &mut impl Write) -> io::Result<()> {
    let title = |title: &Value| title.get("en").and_then(Value::as_str).unwrap_or_default().to_owned();
    for kind in NamedFault::catalogue() {
        let parameters = kind.parameters.iter();
        let parameters: Vec<String> = parameters
            .map(|(name, parameter)| format!("{name}={}", plain(parameter.get("default").unwrap_or(&Value::Null))))
            .collect();
        let colon = if parameters.is_empty() { "" } else { ":" };
        writeln!(to, "{}{colon}{}", kind.name, parameters.join(","))?;
        writeln!(to, "    {}", title(&kind.title))?;
    }
    writeln!(to, "\npresets:")?;
    for preset in Preset::all() {
        let value = serde_json::to_value(&preset).unwrap_or_default();
        let faults: Vec<String> = preset.faults.iter().map(|(fault, _)| fault.name()).collect();
        let shown = if faults.len() > 8 { format!("{} faults", faults.len()) } else { faults.join(", ") };
        writeln!(to, "{}\n    {}: {shown}", preset.name, title(value.get("title").unwrap_or(&Value::Null)))?;
    }
    Ok(())
}

/// A default as a flag spells it.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
