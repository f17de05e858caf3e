//! What an application can ask of a bot from its first attempt to its end: options, notices, a bound user, metrics, many
//! bots in one process, and how it bears a peer that hangs and a process that was suspended. Over real sockets; each test
//! waits for what happens, and sleeps only where a process has to be suspended for a while.

mod bots;
mod many;
mod meters;
mod notices;
mod options;
mod stalls;
#[cfg(unix)]
mod suspended;
mod user;
