//! How the program ends.

use std::fmt::Display;
use std::io::Write as _;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};

/// What the exit codes mean. Codes of a command that was run are passed on as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// An argument, or a file that one names, cannot be used.
    Usage = 2,
    /// The network: the port is taken, for example.
    Network = 4,
    /// Nobody's fault but ours.
    Internal = 5,
    /// `--strict`, and something was not as it should be.
    Strict = 6,
    /// The command cannot be run (as shells have it).
    NotExecutable = 126,
    /// There is no such command (as shells have it).
    NoSuchCommand = 127,
}

impl Exit {
    pub(crate) fn because(self, cause: impl Display) -> Failure {
        Failure { exit: self, cause: cause.to_string(), next: None }
    }

    pub(crate) fn code(self) -> ExitCode {
        ExitCode::from(self as u8)
    }
}

/// The end after a failure: what went wrong, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    exit: Exit,
    cause: String,
    next: Option<String>,
}

impl Failure {
    pub(crate) fn then(mut self, next: impl Display) -> Failure {
        self.next = Some(next.to_string());
        self
    }

    /// Tells it on stderr.
    pub(crate) fn report(&self) -> ExitCode {
        const RED: Style = AnsiColor::Red.on_default().bold();
        let mut stderr = anstream::stderr();
        // Where nobody can read it, there is nobody to tell.
        let _ = writeln!(stderr, "{RED}error{RED:#}: {}", self.cause);
        if let Some(next) = &self.next {
            let _ = writeln!(stderr, "  try: {next}");
        }
        self.exit.code()
    }
}
