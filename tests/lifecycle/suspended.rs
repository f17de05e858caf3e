//! A process that is suspended, as by a laptop's lid or a container's freezer, and wakes.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use larkwire::{Bot, Config, Domain, Stop};
use larkwire_sim::{ClientConfig, Push};
use serde_json::json;

use crate::bots::{LIMIT, acking, eager, platform};

/// Where the other process finds the platform.
const DOMAIN: &str = "LARKWIRE_TEST_DOMAIN";
const PONG_TIMEOUT: Duration = Duration::from_millis(700);

/// A bot in a process of its own. Dropping it ends that.
struct Process(Child);

impl Process {
    /// Runs the test below in another process, where it is a bot.
    fn start(domain: &str) -> Process {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "suspended::the_bot_in_the_other_process", "--ignored"]);
        Process(command.env(DOMAIN, domain).stdout(Stdio::null()).spawn().unwrap())
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("sh").args(["-c", &format!("kill {signal} {}", self.0.id())]).status();
        assert!(status.unwrap().success());
    }

    /// Whether all its threads stand still: the signal was sent before, and takes effect a moment later.
    fn is_stopped(&self) -> bool {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.0.id())).unwrap();
        let state = |thread: std::fs::DirEntry| std::fs::read_to_string(thread.path().join("stat")).unwrap();
        threads.flatten().all(|thread| state(thread).rsplit(')').next().is_some_and(|rest| rest.starts_with(" T")))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
#[ignore = "is run by another test, in a process of its own"]
async fn the_bot_in_the_other_process() {
    let Ok(domain) = std::env::var(DOMAIN) else { return };
    let profile = larkwire_sim::Profile::default();
    let mut config = Config::new(profile.app_id, profile.app_secret);
    config.domain = Domain::Custom(domain);
    config.liveness.pong_timeout = PONG_TIMEOUT;
    config.reconnect.stable_after = Duration::ZERO;
    assert_eq!(Bot::new(config, acking()).run().await, Stop::Shutdown);
}

#[tokio::test]
async fn a_process_suspended_for_longer_than_the_pong_timeout_serves_at_once_when_it_wakes() {
    let sim = platform().await;
    sim.set_client_config(ClientConfig { ping_interval: 1, ..eager() });
    let process = Process::start(&sim.domain());
    let event = || sim.push(Push::event("t", json!({})));
    assert_eq!(event().await.acked(LIMIT).await.unwrap().code, 200);
    process.signal("-STOP");
    let sent = Instant::now();
    while !process.is_stopped() {
        assert!(sent.elapsed() < LIMIT, "it does not stop");
        tokio::task::yield_now().await;
    }
    let asleep = event().await;
    // Time itself is what is tested here: pings become due, their timeouts pass, and 6 s are a jump for the machine.
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(asleep.record().is_some_and(|record| record.ack().is_none()), "it is suspended");
    process.signal("-CONT");
    let woken = Instant::now();
    // On the old connection or on a new one: if the old one was given up, a later push takes the place of the redelivery.
    while sim.push(Push::event("t", json!({}))).await.acked(Duration::from_millis(500)).await.is_err() {
        assert!(woken.elapsed() < LIMIT, "{}", sim.transcript_json_lines());
    }
    assert!(woken.elapsed() < Duration::from_secs(3), "it took {:?}", woken.elapsed());
    sim.advance(Duration::from_secs(15));
    assert_eq!(asleep.acked(LIMIT).await.unwrap().code, 200);
}
