//! What the log says of the way out.

use larkwire::Url;
use larkwire_sim::Sim;
use tracing_subscriber::filter::LevelFilter;

use crate::bots::answers;
use crate::log::Log;
use crate::support::{Front, Kind};

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
        let logged = log.take();
        let told = |line: &str| line.contains(" INFO ") && line.contains(&format!("route={route}"));
        assert!(logged.lines().any(told), "{route}\n{logged}");
        for credential in ["p@ss", "p%40ss", "dXNlcjpwQHNz", "user:", "hunter"] {
            assert!(logged.lines().all(|line| !line.contains(credential)), "{credential}\n{logged}");
        }
    }
}
