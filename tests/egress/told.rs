//! What the log says of the way out.

use std::io;
use std::sync::{Arc, Mutex};

use larkwire::Url;
use larkwire_sim::Sim;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::bots::answers;
use crate::support::{Front, Kind};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Log;

    fn make_writer(&'a self) -> Log {
        self.clone()
    }
}

#[tokio::test]
async fn the_route_is_told_at_connect_and_no_credentials_at_any_level() {
    // Of the whole process: tracing offers no way to log one of several tests alone. The proxies' ports tell them apart.
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_max_level(LevelFilter::TRACE);
    subscriber.with_writer(log.clone()).init();
    for kind in [Kind::Plain, Kind::Connect, Kind::Socks5] {
        let sim = Sim::start().await;
        let front = Front::start(&sim, kind).await;
        answers(&sim, &front.domain(), front.egress()).await;
        let route = front.egress().route(&Url::parse(&front.domain()).unwrap()).unwrap();
        let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        let told = |line: &str| line.contains(" INFO ") && line.contains(&format!("route={route}"));
        assert!(logged.lines().any(told), "{route}\n{logged}");
        for credential in ["p@ss", "p%40ss", "dXNlcjpwQHNz", "user:", "hunter"] {
            assert!(logged.lines().all(|line| !line.contains(credential)), "{credential}\n{logged}");
        }
    }
}
