//! Loads clients, and writes down what they did. See `--help`.

use std::process::ExitCode;

use larkwire_benches::load::BoxError;
use larkwire_benches::load::report::{self, Plan, USAGE};

fn main() -> Result<ExitCode, BoxError> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "--help") {
        print!("{USAGE}");
        return Ok(ExitCode::SUCCESS);
    }
    let number = || words.get(1).map(|word| word.parse()).transpose();
    let text = match words.first().map(String::as_str) {
        Some("memory") => report::hold(number()?.unwrap_or(10_000_000) as u64)?,
        Some("reconnects") => report::return_soon(number()?.unwrap_or(5_000))?,
        _ => Plan::parse(&words)?.carry_out()?,
    };
    print!("{text}");
    Ok(ExitCode::SUCCESS)
}
