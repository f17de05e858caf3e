//! What can be chosen on the command line.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum as _};

use super::BoxError;
use super::plan::{Own, Part};
use super::process::Contestant;

/// Load larkwire's client, raw WebSockets and other SDKs on this machine, and compare them.
///
/// A load generator pushes im.message.receive_v1 events and checks every ack. Each client is a process of its own, whose CPU
/// time and memory are what the system says. Any client can be loaded: it is started by its command line, finds LARK_APP_ID,
/// LARK_APP_SECRET and LARK_DOMAIN in its environment, and acks the events. Tables are printed as they are made.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:\n  larkwire bench\n  larkwire bench --only w64,64k --clients tokio,raw-parse\n  \
                        larkwire bench --write PERFORMANCE.md \"python=python bot.py\"\n  larkwire bench memory --events 100000")]
pub(crate) struct Options {
    /// Seconds of each round
    #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = seconds)]
    pub(crate) seconds: f64,

    /// Rounds, which take turns; the tables have the medians
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) rounds: usize,

    /// Parts of the run; without it, all of them
    #[arg(long, value_name = "PART,…", value_enum, value_delimiter = ',')]
    only: Vec<Part>,

    /// Those of our own clients to compare; without it, all of them
    #[arg(long, value_name = "CLIENT,…", value_enum, value_delimiter = ',')]
    clients: Vec<Own>,

    /// Put each table into this file, between the lines <!-- bench PART --> and <!-- end -->
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) write: Option<PathBuf>,

    /// Other clients to compare, as NAME=COMMAND
    #[arg(value_name = "NAME=COMMAND", value_parser = Contestant::parse)]
    others: Vec<Contestant>,

    #[command(subcommand)]
    alone: Option<Alone>,
}

/// Parts that can be told how long to go on.
#[derive(Clone, Copy, Debug, Subcommand)]
enum Alone {
    /// Only what our client holds, idle and after what should leave nothing behind
    Memory {
        /// Events in the longest part
        #[arg(long, value_name = "N", default_value_t = EVENTS)]
        events: u64,
    },
    /// Only how soon our client is back
    Reconnects {
        /// Drops of its connection
        #[arg(long, value_name = "N", default_value_t = TIMES)]
        times: usize,
    },
}

const EVENTS: u64 = 10_000_000;
const TIMES: usize = 5_000;

impl Options {
    /// The parts that were asked for, in the order of the report.
    pub(crate) fn parts(&self) -> Vec<Part> {
        match self.alone {
            Some(Alone::Memory { .. }) => vec![Part::Memory],
            Some(Alone::Reconnects { .. }) => vec![Part::Reconnects],
            None => {
                let wanted = |part: &&Part| self.only.is_empty() || self.only.contains(part);
                Part::value_variants().iter().filter(wanted).copied().collect()
            }
        }
    }

    /// The clients that are compared.
    pub(crate) fn contestants(&self) -> Result<Vec<Contestant>, BoxError> {
        let wanted = |own: &&Own| self.clients.is_empty() || self.clients.contains(own);
        let own = Own::value_variants().iter().filter(wanted).map(|own| own.contestant());
        own.chain(self.others.iter().cloned().map(Ok)).collect()
    }

    /// Events in the longest part of the memory table.
    pub(crate) fn events(&self) -> u64 {
        if let Some(Alone::Memory { events }) = self.alone { events } else { EVENTS }
    }

    /// Drops of the connection in the table of reconnects.
    pub(crate) fn times(&self) -> usize {
        if let Some(Alone::Reconnects { times }) = self.alone { times } else { TIMES }
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.05..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err("a round takes 0.05 to 3600 seconds".to_owned()),
    }
}
