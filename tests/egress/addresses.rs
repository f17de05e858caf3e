//! Hosts with several addresses, and IPv6.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::{BoxFuture, FutureExt, pending, ready};
use larkwire::runtime::{Io, Runtime, Task};
use larkwire::tokio::Tokio;
use larkwire::{Driver, Egress, LinkErrorKind, Notice, Phase};
use larkwire_sim::Sim;
use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;

use crate::bots::{LIMIT, answers, config, failure, first_failure};
use crate::support::server::Server;

/// tokio, where every name has these addresses, and connections to the port 1 hang as if packets were swallowed.
struct Names(Vec<SocketAddr>);

impl Runtime for Names {
    fn resolve<'a>(&'a self, _: &'a str, _: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        ready(Ok(self.0.clone())).boxed()
    }

    fn connect(&self, to: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn Io>>> {
        if to.port() == 1 { pending().boxed() } else { Tokio.connect(to) }
    }

    fn sleep_until(&self, when: Instant) -> BoxFuture<'static, ()> {
        Tokio.sleep_until(when)
    }

    fn spawn(&self, future: BoxFuture<'static, ()>) -> Task {
        Tokio.spawn(future)
    }

    fn spawn_blocking(&self, work: Box<dyn FnOnce() + Send>) -> BoxFuture<'static, ()> {
        Tokio.spawn_blocking(work)
    }
}

/// Whether a client gets through if its hosts have these addresses before the right one.
async fn connects(before: &[SocketAddr]) {
    let sim = Sim::start().await;
    let addresses = before.iter().copied().chain([sim.address()]).collect();
    let mut config = config(&sim, "http://localhost:9");
    config.deadlines.tcp = Duration::from_millis(500);
    let mut driver = Driver::new(config, Arc::new(Names(addresses)), &Egress::new());
    let story = async {
        loop {
            match driver.next().await {
                Some(Notice::Connected { .. }) => return,
                Some(Notice::Settings(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    };
    tokio::time::timeout(LIMIT, story).await.expect("this does not take so long");
}

/// An address where nobody listens.
fn closed() -> SocketAddr {
    Server::start(|_| ready(())).address()
}

#[tokio::test]
async fn an_address_that_refuses_does_not_hide_the_next_one() {
    connects(&[closed()]).await;
    connects(&["[::1]:9".parse().unwrap(), closed()]).await;
}

#[tokio::test]
async fn an_address_that_swallows_packets_does_not_hide_the_next_one() {
    connects(&["192.0.2.1:1".parse().unwrap(), closed(), "[2001:db8::1]:1".parse().unwrap()]).await;
}

#[tokio::test]
async fn if_no_address_answers_the_error_names_the_last_one() {
    let sim = Sim::start().await;
    let gone = closed();
    let error = first_failure(config(&sim, &format!("http://{gone}")), &Egress::new()).await;
    assert_eq!(error.kind, LinkErrorKind::Connect);
    assert!(error.detail.starts_with(&gone.to_string()), "{error}");

    let mut config = config(&sim, "http://localhost:9");
    config.deadlines.tcp = Duration::from_millis(50);
    let silent = "192.0.2.1:1".parse().unwrap();
    let mut driver = Driver::new(config, Arc::new(Names(vec![gone, silent])), &Egress::new());
    let error = tokio::time::timeout(LIMIT, failure(&mut driver)).await.unwrap();
    assert_eq!(error.kind, LinkErrorKind::Timeout(Phase::Tcp));
    assert!(error.detail.starts_with("192.0.2.1:1: limit "), "{error}");
}

#[tokio::test]
async fn ipv6_addresses_work_in_urls_and_through_proxies() {
    let sim = Sim::start().await;
    let inside = sim.address();
    let forward = move |mut outside: TcpStream| async move {
        let Ok(mut inside) = TcpStream::connect(inside).await else { return };
        let _ = copy_bidirectional(&mut outside, &mut inside).await;
    };
    let server = Server::start_at("[::1]:0", forward);
    sim.act(|platform, _| platform.set_socket_base(format!("ws://{}", server.address())));
    let domain = format!("http://{}", server.address());
    answers(&sim, &domain, Egress::new().direct()).await;
    for (scheme, proxy) in
        [("http", crate::support::proxy::Proxy::connect(None)), ("socks5", crate::support::proxy::Proxy::socks5(None))]
    {
        let egress = Egress::new().proxy(&format!("{scheme}://{}", proxy.address())).unwrap();
        answers(&sim, &domain, egress).await;
        assert_eq!(proxy.reached().len(), 3);
    }
}
