//! Which parts a run has, and which clients.

use std::env;
use std::fmt::Display;
use std::io::Write as _;
use std::time::Duration;

use clap::ValueEnum;

use super::BoxError;
use super::generator::Authority;
use super::process::Contestant;
use super::report::Findings;
use super::round::{Figures, Workload, round};
use super::{contest, growth, memory, reconnects};

/// A part of a run: a table of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// All clients: 1 KiB, one event at a time
    W1,
    /// All clients: 1 KiB, 64 events without an ack
    W64,
    /// All clients: 1 KiB, 256 events without an ack
    W256,
    /// All clients: 64 KiB, 64 events without an ack
    #[value(name = "64k")]
    K64,
    /// All clients: 8 KiB in 4 parts, 32 events without an ack
    Split,
    /// All clients: 1 KiB over TLS, 64 events without an ack
    Tls,
    /// How cost grows with the length of an event
    Payload,
    /// How cost grows with the number of events without an ack
    Window,
    /// How cost grows with the number of connections in one process
    Connections,
    /// How cost grows with the number of handlers, and what they wait for
    Handlers,
    /// What our client holds, idle and after what should leave nothing behind
    Memory,
    /// How soon our client is back, and a thousand of them
    Reconnects,
}

impl Part {
    pub(crate) fn name(self) -> String {
        name(self)
    }
}

/// One of our own clients, or a raw one, that all parts with all clients load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Own {
    Tokio,
    TokioMulti,
    Smol,
    AsyncStd,
    AsyncStdMulti,
    RawParse,
    RawFlush,
    RawBatch,
    Null,
}

impl Own {
    pub(crate) fn contestant(self) -> Result<Contestant, BoxError> {
        let name = name(self);
        let contestant = match self {
            // One thread, as the others have.
            Own::AsyncStd => Contestant { variables: vec![("ASYNC_STD_THREAD_COUNT", "1")], ..client(&name, &[])? },
            Own::AsyncStdMulti => client("async-std", &[])?,
            _ => client(&name, &[])?,
        };
        Ok(Contestant { name, ..contestant })
    }
}

fn name(value: impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// This program as a client: see [`super::client`].
pub(crate) fn client(name: &str, arguments: &[&str]) -> Result<Contestant, BoxError> {
    let program = env::current_exe()?.display().to_string();
    let words = [super::client::COMMAND, name].into_iter().chain(arguments.iter().copied());
    let command = [program].into_iter().chain(words.map(str::to_owned)).collect();
    Ok(Contestant { name: name.to_owned(), command, variables: Vec::new() })
}

/// How it is measured.
pub(crate) struct Bench {
    /// Of each round.
    pub(crate) time: Duration,
    pub(crate) rounds: usize,
    pub(crate) authority: Authority,
    /// Those that are compared with each other.
    pub(crate) contestants: Vec<Contestant>,
    /// In the longest part of the memory table.
    pub(crate) events: u64,
    /// Drops of the connection in the table of reconnects.
    pub(crate) times: usize,
}

/// What came of all rounds of a client.
#[derive(Clone, Debug, Default)]
pub(crate) struct Measured {
    /// The medians of the rounds that went well.
    pub(crate) figures: Option<Figures>,
    /// Why others did not.
    pub(crate) failure: Option<String>,
}

impl Bench {
    pub(crate) fn measure(&self, part: Part) -> Result<Findings, BoxError> {
        match part {
            Part::Memory => memory::memory(self),
            Part::Reconnects => reconnects::reconnects(self),
            Part::Payload | Part::Window | Part::Connections | Part::Handlers => growth::grow(self, part),
            Part::W1 | Part::W64 | Part::W256 | Part::K64 | Part::Split | Part::Tls => contest::contest(self, part),
        }
    }

    /// Loads each client with its workload, in rounds that take turns.
    pub(crate) fn rounds(&self, part: Part, cases: &[(Workload, Contestant)]) -> Vec<Measured> {
        /// A client that failed so often does not get another round: it may have taken its time to fail.
        const PATIENCE: usize = 2;
        let mut done: Vec<(Vec<Figures>, Vec<String>)> = vec![Default::default(); cases.len()];
        for number in 1..=self.rounds {
            for ((workload, contestant), (figures, failures)) in cases.iter().zip(&mut done) {
                if failures.len() == PATIENCE {
                    continue;
                }
                match round(workload, contestant, self.time, &self.authority) {
                    Ok(of_this) => figures.push(of_this),
                    Err(error) => {
                        tell(format!("{}, round {number}: {}: {error}", part.name(), contestant.name));
                        failures.push(error.to_string());
                    }
                }
            }
        }
        let measured = |(figures, mut failures): (Vec<Figures>, Vec<String>)| {
            let rounds = figures.len() + failures.len();
            let failure =
                failures.pop().map(|last| format!("{} of {rounds} rounds failed: {last}", failures.len() + 1));
            Measured { figures: Figures::median(&figures), failure }
        };
        done.into_iter().map(measured).collect()
    }
}

/// Says something beside the tables.
pub(crate) fn tell(text: impl Display) {
    // Where nobody can read it, there is nobody to tell.
    let _ = writeln!(anstream::stderr(), "{text}");
}
