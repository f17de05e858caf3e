//! A command around which the platform runs.

use std::ffi::OsString;
use std::io;
use std::process::{ExitCode, ExitStatus};

use larkwire_sim::Sim;
use tokio::process::Command;

use super::signals::{Signal, Signals, pass_on};
use crate::exit::{Exit, Failure};

/// Runs it to its end; its exit code is the result. The first signal is passed on to it, the second one ends it. When `done`
/// is ready, it is asked to end as well, and how it does is no matter.
pub(super) async fn run(
    sim: &Sim,
    program: &OsString,
    arguments: &[OsString],
    signals: &mut Signals,
    done: impl Future<Output = ()>,
) -> Result<ExitCode, Failure> {
    let mut child = Command::new(program)
        .args(arguments)
        .env("LARK_APP_ID", sim.app_id())
        .env("LARK_APP_SECRET", sim.app_secret())
        .env("LARK_DOMAIN", sim.domain())
        .env("LARKWIRE_SIM", sim.control())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| cannot_run(program, &error))?;
    let (mut asked, mut over) = (false, false);
    tokio::pin!(done);
    loop {
        tokio::select! {
            status = child.wait() => {
                let status = status.map_err(|error| Exit::Internal.because(error))?;
                return Ok(if over { ExitCode::SUCCESS } else { exit_code(status) });
            }
            () = &mut done, if !over => {
                (asked, over) = (true, true);
                if let Some(process) = child.id() {
                    pass_on(Signal::Terminate, process);
                }
            }
            signal = signals.next() => {
                if asked {
                    // Dropping it kills it.
                    return Ok(ExitCode::from(signal.exit_code()));
                }
                asked = true;
                if let Some(process) = child.id() {
                    pass_on(signal, process);
                }
            }
        }
    }
}

fn cannot_run(program: &OsString, error: &io::Error) -> Failure {
    let text = format!("cannot run {}: {error}", program.display());
    if error.kind() == io::ErrorKind::NotFound {
        Exit::NoSuchCommand.because(text)
    } else {
        Exit::NotExecutable.because(text)
    }
}

/// As shells have it: 128 and the signal for a command that one ended.
fn exit_code(status: ExitStatus) -> ExitCode {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal: Option<i32> = None;
    let code = status.code().or(signal.map(|signal| signal.saturating_add(128)));
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}
