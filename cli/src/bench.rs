//! `larkwire bench`: whole clients under load, ours and others, and what they hold.
//!
//! Clients are processes of their own, started by a command line with the address in the environment, so that any client in
//! any language can be measured; their CPU time and memory are what the system says about them. Our own ones are this
//! program: see [`client`].

pub(crate) mod client;
mod contest;
mod generator;
mod growth;
mod memory;
mod options;
mod plan;
mod process;
mod reconnects;
mod report;
mod round;

use std::env;
use std::error::Error;
use std::fs;
use std::process::ExitCode;
use std::time::Duration;

use self::generator::Authority;
pub(crate) use self::options::Options;
use self::plan::{Bench, tell};
use self::report::Report;
use crate::exit::{Exit, Failure};

#[cfg(not(target_os = "linux"))]
compile_error!("`larkwire bench` asks /proc what a client takes, which is there on Linux only");

/// Any error of a part; one of them is that a client does not do what it should.
type BoxError = Box<dyn Error + Send + Sync>;

/// Measures what was asked for. A part that fails says so in its table, and the others go on.
pub(crate) fn run(options: &Options) -> Result<ExitCode, Failure> {
    process::open_many_files();
    let parts = options.parts();
    let names: Vec<String> = parts.iter().map(|part| part.name()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let report = Report::new(options.write.clone(), &names).map_err(|error| Exit::Usage.because(error))?;
    // Clients find its certificate in a file.
    let file = env::temp_dir().join(format!("larkwire-bench-{}.pem", std::process::id()));
    let measure = || -> Result<(), BoxError> {
        let bench = Bench {
            time: Duration::from_secs_f64(options.seconds),
            rounds: options.rounds.max(1),
            authority: Authority::new(file.clone())?,
            contestants: options.contestants()?,
            events: options.events(),
            times: options.times(),
        };
        for part in &parts {
            tell(format!("{} …", part.name()));
            report.add(&part.name(), bench.measure(*part))?;
        }
        Ok(())
    };
    let outcome = measure();
    // It is not there if it could not be written.
    let _ = fs::remove_file(&file);
    outcome.map_err(|error| Exit::Internal.because(error))?;
    Ok(ExitCode::SUCCESS)
}
