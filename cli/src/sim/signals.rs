//! Signals that ask for an end.

use std::io;

/// Which one it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// What a supervisor sends.
    Terminate,
}

impl Signal {
    /// Of a process that it ended.
    pub(super) fn exit_code(self) -> u8 {
        match self {
            Signal::Interrupt => 130,
            Signal::Terminate => 143,
        }
    }
}

#[cfg(unix)]
mod system {
    use tokio::signal::unix::{self, SignalKind, signal};

    use super::{Signal, io};

    /// Waits for signals; from its making on, they do not end the process any more.
    #[derive(Debug)]
    pub(in crate::sim) struct Signals {
        interrupt: unix::Signal,
        terminate: unix::Signal,
    }

    impl Signals {
        pub(in crate::sim) fn listen() -> io::Result<Signals> {
            let (interrupt, terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
            Ok(Signals { interrupt, terminate })
        }

        pub(in crate::sim) async fn next(&mut self) -> Signal {
            tokio::select! {
                _ = self.interrupt.recv() => Signal::Interrupt,
                _ = self.terminate.recv() => Signal::Terminate,
            }
        }
    }

    /// Passes a signal on to a process of ours that is still there.
    pub(in crate::sim) fn pass_on(signal: Signal, process: u32) {
        let process = i32::try_from(process).ok().and_then(rustix::process::Pid::from_raw);
        let signal = match signal {
            Signal::Interrupt => rustix::process::Signal::INT,
            Signal::Terminate => rustix::process::Signal::TERM,
        };
        // It may just have ended.
        let _ = process.map(|process| rustix::process::kill_process(process, signal));
    }
}

#[cfg(not(unix))]
mod system {
    use super::{Signal, io};

    /// Waits for Ctrl-C.
    #[derive(Debug)]
    pub(in crate::sim) struct Signals;

    impl Signals {
        pub(in crate::sim) fn listen() -> io::Result<Signals> {
            Ok(Signals)
        }

        pub(in crate::sim) async fn next(&mut self) -> Signal {
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
            Signal::Interrupt
        }
    }

    /// Ctrl-C reaches every process of the console by itself.
    pub(in crate::sim) fn pass_on(_: Signal, _: u32) {}
}

pub(super) use system::{Signals, pass_on};
