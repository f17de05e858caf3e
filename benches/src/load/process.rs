//! A client as the system sees it.

use std::cell::RefCell;
use std::fs;
use std::io;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::thread::{CpuSet, sched_setaffinity};

use super::{Authority, BoxError, Contestant};
use crate::samples::APP_ID;

/// What Linux counts CPU time in, on every machine that it runs on today (`getconf CLK_TCK`).
const TICK: Duration = Duration::from_millis(10);
/// The CPU of those that are pinned.
const CPU: usize = 0;

/// A client that runs. It is killed when this is dropped.
pub struct Process(RefCell<Child>);

impl Process {
    /// Starts a client with the address of the platform in its environment.
    pub(super) fn start(contestant: &Contestant, domain: &str, authority: &Authority) -> Result<Process, BoxError> {
        let mut words = contestant.command.iter();
        let mut command = Command::new(words.next().ok_or("an empty command line")?);
        command
            .args(words)
            .env("LARK_APP_ID", APP_ID)
            .env("LARK_APP_SECRET", "the app secret")
            .env("LARK_DOMAIN", domain);
        for variable in ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"] {
            command.env(variable, authority.file());
        }
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        let child = child.map_err(|error| format!("{}: {error}", contestant.command.join(" ")))?;
        Ok(Process(RefCell::new(child)))
    }

    /// An error if it has ended.
    pub(super) fn lives(&self) -> Result<(), BoxError> {
        match self.0.borrow_mut().try_wait()? {
            Some(status) => Err(format!("the client ended: {status}").into()),
            None => Ok(()),
        }
    }

    /// CPU time of all its threads, in the kernel and out of it.
    pub(super) fn cpu(&self) -> Result<Duration, BoxError> {
        let stat = fs::read_to_string(self.file("stat"))?;
        // The name of the program comes before, in parentheses, and may contain anything.
        let fields: Vec<&str> = stat.rsplit_once(')').ok_or("/proc without a name")?.1.split_whitespace().collect();
        let ticks =
            |field: usize| fields.get(field).and_then(|ticks| ticks.parse::<u32>().ok()).ok_or("/proc without times");
        Ok(TICK * (ticks(11)? + ticks(12)?))
    }

    /// Its resident memory, in KiB.
    pub(super) fn resident(&self) -> Result<u64, BoxError> {
        self.status("VmRSS:")
    }

    /// The most resident memory that it ever had, in KiB.
    pub(super) fn peak(&self) -> Result<u64, BoxError> {
        self.status("VmHWM:")
    }

    fn status(&self, name: &str) -> Result<u64, BoxError> {
        let status = fs::read_to_string(self.file("status"))?;
        let value = status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok());
        Ok(value.ok_or("/proc without memory")?)
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

/// Keeps this thread, and the processes that it starts from now on, on one CPU.
pub(super) fn pin() -> io::Result<()> {
    let mut cpus = CpuSet::new();
    cpus.set(CPU);
    Ok(sched_setaffinity(None, &cpus)?)
}

/// Lets this thread run anywhere again.
pub(super) fn unpin() -> io::Result<()> {
    let mut cpus = CpuSet::new();
    for cpu in 0..CpuSet::MAX_CPU {
        cpus.set(cpu);
    }
    Ok(sched_setaffinity(None, &cpus)?)
}
