//! Proxies that others have written: tinyproxy and microsocks, where they are installed.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use larkwire::{Egress, LinkErrorKind};
use larkwire_sim::Sim;

use crate::bots::{LIMIT, answers, fails};
use crate::support::{Front, Kind};

/// A program that listens. Dropping it ends it.
struct Program {
    child: Child,
    address: SocketAddr,
    config: Option<PathBuf>,
}

impl Program {
    /// tinyproxy with these further lines in its configuration.
    fn tinyproxy(lines: &str) -> Program {
        let address = free_address();
        let path = std::env::temp_dir().join(format!("larkwire-tinyproxy-{}.conf", address.port()));
        let text = format!("Listen {}\nPort {}\nTimeout 60\nMaxClients 20\n{lines}\n", address.ip(), address.port());
        std::fs::write(&path, text).expect("a temporary file");
        Program::start(Command::new("tinyproxy").arg("-d").arg("-c").arg(&path), address, Some(path))
    }

    /// microsocks with these further arguments.
    fn microsocks(arguments: &[&str]) -> Program {
        let address = free_address();
        let mut command = Command::new("microsocks");
        command.args(["-i", "127.0.0.1", "-p", &address.port().to_string()]).args(arguments);
        Program::start(&mut command, address, None)
    }

    fn start(command: &mut Command, address: SocketAddr, config: Option<PathBuf>) -> Program {
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("an installed program");
        let program = Program { child, address, config };
        let until = Instant::now() + LIMIT;
        while TcpStream::connect(address).is_err() {
            assert!(Instant::now() < until, "{command:?} does not listen");
            std::thread::sleep(Duration::from_millis(10));
        }
        program
    }

    fn egress(&self, scheme: &str, credentials: &str) -> Egress {
        Egress::new().proxy(&format!("{scheme}://{credentials}{}", self.address)).expect("a proxy URL")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(path) = &self.config {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// An address that was free a moment ago.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound socket")
}

/// Both plain text and TLS go through.
async fn carries(egress: &Egress) {
    let sim = Sim::start().await;
    answers(&sim, &sim.domain(), egress.clone()).await;
    let front = Front::start(&sim, Kind::Tls).await;
    answers(&sim, &front.domain(), egress.clone().trust(front.ca_der().unwrap()).unwrap()).await;
}

async fn refuses(egress: &Egress, words: &str) {
    let sim = Sim::start().await;
    let error = fails(&sim, &sim.domain(), egress).await;
    assert_eq!(error.kind, LinkErrorKind::Proxy);
    assert!(error.detail.contains(words) && !error.detail.contains("hunter"), "{error}");
}

#[tokio::test]
#[ignore = "needs: tinyproxy"]
async fn tinyproxy_lets_us_through() {
    carries(&Program::tinyproxy("").egress("http", "")).await;
}

#[tokio::test]
#[ignore = "needs: tinyproxy"]
async fn tinyproxy_takes_our_credentials_and_refuses_others() {
    let proxy = Program::tinyproxy("BasicAuth bot p-ss");
    carries(&proxy.egress("http", "bot:p%2Dss@")).await;
    refuses(&proxy.egress("http", "bot:hunter2@"), "it answered 4").await;
    refuses(&proxy.egress("http", ""), "it answered 407: it wants a user and password").await;
}

#[tokio::test]
#[ignore = "needs: tinyproxy"]
async fn tinyproxy_says_no_to_ports_that_it_does_not_serve() {
    refuses(&Program::tinyproxy("ConnectPort 443").egress("http", ""), "it answered 403 to CONNECT 127.0.0.1:").await;
}

#[tokio::test]
#[ignore = "needs: microsocks"]
async fn microsocks_lets_us_through_with_names_and_with_addresses() {
    let proxy = Program::microsocks(&[]);
    carries(&proxy.egress("socks5", "")).await;
    carries(&proxy.egress("socks5h", "")).await;
}

#[tokio::test]
#[ignore = "needs: microsocks"]
async fn microsocks_takes_our_credentials_and_refuses_others() {
    let proxy = Program::microsocks(&["-u", "bot", "-P", "p@ss"]);
    carries(&proxy.egress("socks5h", "bot:p%40ss@")).await;
    refuses(&proxy.egress("socks5h", "bot:hunter2@"), "it does not take this user and password").await;
    refuses(&proxy.egress("socks5h", ""), "it wants a user and password").await;
}

#[tokio::test]
#[ignore = "needs: microsocks"]
async fn microsocks_says_why_it_cannot_reach_a_host() {
    let proxy = Program::microsocks(&[]);
    let sim = Sim::start().await;
    let error = fails(&sim, &format!("http://{}", free_address()), &proxy.egress("socks5", "")).await;
    assert!(error.detail.contains("it answered 5 to the request for 127.0.0.1:"), "{error}");
    assert!(error.detail.ends_with("connection refused"), "{error}");
}
