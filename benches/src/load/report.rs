//! Which clients are loaded with what, and the tables that come of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;
use std::{env, fs};

use super::{Authority, BoxError, Contestant, Figures, Workload, memory, reconnects, round};

/// How the command is used.
pub const USAGE: &str = "\
usage: load [OPTIONS] [NAME=COMMAND ...]    loads each client with each workload, and prints tables of medians
       load memory [EVENTS]                what our client holds, idle and after what should leave nothing behind
       load reconnects [TIMES]             how soon our client is back

  --seconds N          of each round, 2 if not said
  --rounds N           which take turns, 3 if not said
  --only NAME,...      of the workloads
  --clients NAME,...   of our own clients
  --write FILE         puts the tables into a file, between the lines <!-- load --> and <!-- end -->

Our own clients are those of the `client` program beside this one. Any other is started by a command line: it finds
LARK_APP_ID, LARK_APP_SECRET and LARK_DOMAIN in its environment, and acks im.message.receive_v1.
";

const OURS: [&str; 9] =
    ["tokio", "tokio-multi", "smol", "async-std", "async-std-multi", "raw-parse", "raw-flush", "raw-batch", "null"];
/// What the others are compared with: the raw client that does the same work with each event.
const REFERENCE: &str = "raw-parse";

/// What a run does.
pub struct Plan {
    time: Duration,
    rounds: usize,
    workloads: Vec<Workload>,
    contestants: Vec<Contestant>,
    write: Option<PathBuf>,
}

impl Plan {
    /// Reads a command line.
    ///
    /// # Errors
    /// When it is not one.
    pub fn parse(words: &[String]) -> Result<Plan, BoxError> {
        let mut plan =
            Plan { time: Duration::from_secs(2), rounds: 3, workloads: workloads(), contestants: own()?, write: None };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
            match word.as_str() {
                "--seconds" => plan.time = Duration::from_secs_f64(value()?.parse()?),
                "--rounds" => plan.rounds = value()?.parse()?,
                "--write" => plan.write = Some(value()?.into()),
                "--only" => {
                    let names: Vec<&str> = value()?.split(',').collect();
                    plan.workloads.retain(|workload| names.contains(&workload.name.as_str()));
                }
                "--clients" => {
                    let names: Vec<&str> = value()?.split(',').collect();
                    plan.contestants.retain(|contestant| names.contains(&contestant.name.as_str()));
                }
                _ => {
                    let (name, command) = word.split_once('=').ok_or_else(|| format!("what is {word}?\n{USAGE}"))?;
                    let command = command.split_whitespace().map(str::to_owned).collect();
                    plan.contestants.push(Contestant { name: name.to_owned(), command });
                }
            }
        }
        Ok(plan)
    }

    /// Loads all clients, and gives the tables.
    ///
    /// # Errors
    /// When nothing could be measured at all; a client that fails has its error in the table.
    pub fn carry_out(&self) -> Result<String, BoxError> {
        let text = with_authority(|authority| self.tables(authority))?;
        if let Some(file) = &self.write {
            let old = fs::read_to_string(file)?;
            let (before, rest) = old.split_once("<!-- load -->").ok_or("the file has no place for the tables")?;
            let (_, behind) = rest.split_once("<!-- end -->").ok_or("the file has no end of the tables")?;
            fs::write(file, format!("{before}<!-- load -->\n\n{text}<!-- end -->{behind}"))?;
        }
        Ok(text)
    }

    fn tables(&self, authority: &Authority) -> Result<String, BoxError> {
        let mut text = String::new();
        for workload in &self.workloads {
            let mut done: BTreeMap<&str, Vec<Figures>> = BTreeMap::new();
            let mut failed: BTreeMap<&str, String> = BTreeMap::new();
            for number in 1..=self.rounds {
                for Contestant { name, command } in &self.contestants {
                    if failed.contains_key(name.as_str()) || !can(name, workload) {
                        continue;
                    }
                    eprintln!("{}, round {number}: {name}", workload.name);
                    let contestant = Contestant { name: name.clone(), command: command.clone() };
                    match round(workload, &contestant, self.time, authority) {
                        Ok(figures) => done.entry(name).or_default().push(figures),
                        Err(error) => {
                            failed.insert(name, error.to_string());
                        }
                    }
                }
            }
            self.table(workload, &done, &failed, &mut text)?;
        }
        Ok(text)
    }

    fn table(
        &self,
        workload: &Workload,
        done: &BTreeMap<&str, Vec<Figures>>,
        failed: &BTreeMap<&str, String>,
        text: &mut String,
    ) -> Result<(), BoxError> {
        writeln!(text, "### {}\n", workload.name)?;
        writeln!(
            text,
            "| client | events/s | of raw-parse | CPU s per 100,000 | of raw-parse | p50 µs | of raw-parse | p99 µs | of \
             raw-parse | MB idle/peak |"
        )?;
        writeln!(text, "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")?;
        let reference = done.get(REFERENCE).map(|rounds| median(rounds));
        for Contestant { name, .. } in &self.contestants {
            if let Some(error) = failed.get(name.as_str()) {
                writeln!(text, "| {name} | {} |", error.lines().next().unwrap_or_default())?;
            }
            let Some(figures) = done.get(name.as_str()).map(|rounds| median(rounds)) else { continue };
            let of = |of: fn(&Figures) -> f64| {
                reference.as_ref().map_or("-".to_owned(), |reference| format!("{:.2}", of(&figures) / of(reference)))
            };
            let micros = |latency: Duration| latency.as_secs_f64() * 1e6;
            writeln!(
                text,
                "| {name} | {:.0} | {} | {:.3} | {} | {:.1} | {} | {:.1} | {} | {:.1}/{:.1} |",
                figures.rate,
                of(|of| of.rate),
                figures.cpu,
                of(|of| of.cpu),
                micros(figures.latency[0]),
                of(|of| of.latency[0].as_secs_f64()),
                micros(figures.latency[1]),
                of(|of| of.latency[1].as_secs_f64()),
                figures.memory[0] as f64 / 1024.0,
                figures.memory[1] as f64 / 1024.0,
            )?;
        }
        writeln!(text)?;
        Ok(())
    }
}

/// `null` knows neither TLS nor parts, and the raw clients that decode nothing take each part for a message.
fn can(name: &str, workload: &Workload) -> bool {
    match name {
        "null" => !workload.tls && workload.parts == 1,
        "raw-flush" | "raw-batch" => workload.parts == 1,
        _ => true,
    }
}

fn workloads() -> Vec<Workload> {
    let of = |name: &str, bytes, parts, window, tls, pinned| Workload {
        name: name.to_owned(),
        bytes,
        parts,
        window,
        tls,
        pinned,
    };
    vec![
        of("w1", 1024, 1, 1, false, true),
        of("w64", 1024, 1, 64, false, false),
        of("w256", 1024, 1, 256, false, false),
        of("64k", 64 * 1024, 1, 64, false, false),
        of("split", 8 * 1024, 4, 32, false, false),
        of("tls", 1024, 1, 64, true, false),
    ]
}

/// What our client holds: see [`memory`].
///
/// # Errors
/// When the client does not do what it should.
pub fn hold(events: u64) -> Result<String, BoxError> {
    with_authority(|authority| memory(&client("many")?, events, authority))
}

/// How soon our client is back: see [`reconnects`].
///
/// # Errors
/// When the client does not come back.
pub fn return_soon(times: usize) -> Result<String, BoxError> {
    with_authority(|authority| reconnects(&client("eager")?, times, authority))
}

fn with_authority<T>(work: impl FnOnce(&Authority) -> Result<T, BoxError>) -> Result<T, BoxError> {
    let file = env::temp_dir().join(format!("larkwire-load-{}.pem", std::process::id()));
    let outcome = work(&Authority::new(file.clone())?);
    fs::remove_file(file)?;
    outcome
}

/// The clients of the program beside this one.
fn own() -> Result<Vec<Contestant>, BoxError> {
    OURS.into_iter().map(client).collect()
}

fn client(name: &str) -> Result<Contestant, BoxError> {
    let program = env::current_exe()?.with_file_name("client").display().to_string();
    let words: &[&str] = match name {
        // It has a thread for each core unless it is told otherwise, where the other two are told which they have.
        "async-std" => &["env", "ASYNC_STD_THREAD_COUNT=1", &program, "async-std"],
        "async-std-multi" => &[&program, "async-std"],
        _ => &[&program, name],
    };
    Ok(Contestant { name: name.to_owned(), command: words.iter().map(|word| word.to_string()).collect() })
}

fn median(rounds: &[Figures]) -> Figures {
    let middle = |of: fn(&Figures) -> f64| {
        let mut values: Vec<f64> = rounds.iter().map(of).collect();
        values.sort_unstable_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let time = |of: fn(&Figures) -> f64| Duration::from_secs_f64(middle(of));
    Figures {
        rate: middle(|of| of.rate),
        cpu: middle(|of| of.cpu),
        latency: [time(|of| of.latency[0].as_secs_f64()), time(|of| of.latency[1].as_secs_f64())],
        memory: [middle(|of| of.memory[0] as f64) as u64, middle(|of| of.memory[1] as f64) as u64],
    }
}
