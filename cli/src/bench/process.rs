//! A client as the system sees it.

use std::cell::RefCell;
use std::fs;
use std::io;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use super::BoxError;
use super::generator::{Authority, samples};

/// What Linux counts CPU time in, on every machine that it runs on today (`getconf CLK_TCK`).
const TICK: Duration = Duration::from_millis(10);

/// A client that can be started.
#[derive(Clone, Debug)]
pub(crate) struct Contestant {
    /// How the tables call it.
    pub(crate) name: String,
    /// Program and arguments.
    pub(crate) command: Vec<String>,
    /// What it finds in its environment beside the address.
    pub(crate) variables: Vec<(&'static str, &'static str)>,
}

impl Contestant {
    /// Reads `NAME=COMMAND`, whose words are parted by blanks.
    pub(crate) fn parse(text: &str) -> Result<Contestant, String> {
        let (name, command) = text.split_once('=').ok_or("a client is NAME=COMMAND")?;
        let command: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
        if name.is_empty() || command.is_empty() {
            return Err("a client is NAME=COMMAND, and neither is empty".to_owned());
        }
        Ok(Contestant { name: name.to_owned(), command, variables: Vec::new() })
    }
}

/// A client that runs. It is killed when this is dropped.
pub(crate) struct Process(RefCell<Child>);

impl Process {
    /// Starts a client with the address of the platform in its environment.
    pub(crate) fn start(contestant: &Contestant, domain: &str, authority: &Authority) -> Result<Process, BoxError> {
        let mut words = contestant.command.iter();
        let mut command = Command::new(words.next().ok_or("an empty command line")?);
        command
            .args(words)
            .env("LARK_APP_ID", samples::APP_ID)
            .env("LARK_APP_SECRET", "the app secret")
            .env("LARK_DOMAIN", domain)
            .envs(contestant.variables.iter().copied());
        for variable in ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"] {
            command.env(variable, authority.file());
        }
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        let child = child.map_err(|error| format!("{}: {error}", contestant.command.join(" ")))?;
        Ok(Process(RefCell::new(child)))
    }

    /// An error if it has ended.
    pub(crate) fn lives(&self) -> Result<(), BoxError> {
        match self.0.borrow_mut().try_wait()? {
            Some(status) => Err(format!("the client ended: {status}").into()),
            None => Ok(()),
        }
    }

    /// CPU time of all its threads, in the kernel and out of it.
    pub(crate) fn cpu(&self) -> Result<Duration, BoxError> {
        let stat = fs::read_to_string(self.file("stat"))?;
        // The name of the program comes before, in parentheses, and may contain anything.
        let fields: Vec<&str> = stat.rsplit_once(')').ok_or("/proc without a name")?.1.split_whitespace().collect();
        let ticks =
            |field: usize| fields.get(field).and_then(|ticks| ticks.parse::<u32>().ok()).ok_or("/proc without times");
        Ok(TICK * (ticks(11)? + ticks(12)?))
    }

    /// Its resident memory, in MB.
    pub(crate) fn resident(&self) -> Result<f64, BoxError> {
        self.status("VmRSS:")
    }

    /// The most resident memory that it ever had, in MB.
    pub(crate) fn peak(&self) -> Result<f64, BoxError> {
        self.status("VmHWM:")
    }

    fn status(&self, name: &str) -> Result<f64, BoxError> {
        let status = fs::read_to_string(self.file("status"))?;
        let kib = status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok());
        let kib: u32 = kib.ok_or("/proc without memory")?;
        Ok(f64::from(kib) / 1024.0)
    }

    fn file(&self, name: &str) -> String {
        format!("/proc/{}/{name}", self.0.borrow().id())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let child = self.0.get_mut();
        // It may have ended already.
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// Keeps this thread, and the processes that it starts from now on, on one CPU until this is dropped.
pub(crate) struct Pinned(CpuSet);

impl Pinned {
    pub(crate) fn new() -> io::Result<Pinned> {
        let before = sched_getaffinity(None)?;
        let first = (0..CpuSet::MAX_CPU).find(|cpu| before.is_set(*cpu)).unwrap_or(0);
        let mut one = CpuSet::new();
        one.set(first);
        sched_setaffinity(None, &one)?;
        Ok(Pinned(before))
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        // Those CPUs were allowed before.
        let _ = sched_setaffinity(None, &self.0);
    }
}

/// Lets this process, and those that it starts, open as many files as it may allow itself: each connection is one.
pub(crate) fn open_many_files() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Where this does not succeed, a client with many connections fails, and says so.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}
