//! `larkwire`: a local Feishu/Lark on the command line, and how fast clients are.
//!
//! stdout is data and stderr is talk. Secrets come from files and the environment, never from arguments, which every
//! process of the machine can read. [`Exit`] lists the exit codes.

#[cfg(feature = "bench")]
mod bench;
mod exit;
mod sim;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::exit::{Exit, Failure};

/// Feishu/Lark long connections: a local platform to chat with, and to break on purpose.
#[derive(Debug, Parser)]
#[command(name = "larkwire", version, propagate_version = true)]
#[cfg_attr(
    not(feature = "bench"),
    command(after_help = "`larkwire bench`, which compares clients under load, is in builds with --features bench.")
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a local Feishu that bots in any language connect to
    Sim(sim::Options),
    /// Load clients, ours and others, and compare them
    #[cfg(feature = "bench")]
    Bench(bench::Options),
}

fn main() -> ExitCode {
    #[cfg(feature = "bench")]
    if let Some(code) = bench::client::run() {
        return code;
    }
    // Ends the process itself after --help and after mistakes, the latter with code 2.
    let cli = Cli::parse();
    let outcome = match cli.command {
        Command::Sim(options) => simulate(options),
        #[cfg(feature = "bench")]
        Command::Bench(options) => bench::run(&options),
    };
    outcome.unwrap_or_else(|failure| failure.report())
}

fn simulate(options: sim::Options) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime =
        runtime.map_err(|error| Exit::Internal.because(format!("the system gives no event loop: {error}")))?;
    runtime.block_on(sim::run(options))
}
