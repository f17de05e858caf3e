//! `larkwire`: a local Feishu/Lark on the command line.
//!
//! stdout is data and stderr is talk. Secrets come from files and the environment, never from arguments, which every
//! process of the machine can read. [`Exit`] lists the exit codes.

mod exit;
mod sim;

use clap::{Parser, Subcommand};

use self::exit::Exit;

/// Feishu/Lark long connections: a local platform to chat with, and to break on purpose.
#[derive(Debug, Parser)]
#[command(name = "larkwire", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a local Feishu that bots in any language connect to
    Sim(sim::Options),
}

fn main() -> std::process::ExitCode {
    // Ends the process itself after --help and after mistakes, the latter with code 2.
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Exit::Internal.because(format!("the system gives no event loop: {error}")).report(),
    };
    let outcome = match cli.command {
        Command::Sim(options) => runtime.block_on(sim::run(options)),
    };
    match outcome {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}
