//! Loads clients, and writes down what they did. See `--help`.

use std::process::ExitCode;

use larkwire_benches::load::BoxError;
use larkwire_benches::load::report::{Plan, USAGE};

fn main() -> Result<ExitCode, BoxError> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "--help") {
        print!("{USAGE}");
        return Ok(ExitCode::SUCCESS);
    }
    let plan = Plan::parse(&words)?;
    print!("{}", plan.carry_out()?);
    Ok(ExitCode::SUCCESS)
}
