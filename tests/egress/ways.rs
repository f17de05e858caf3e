//! TLS, proxies, and both together.

use larkwire::{Egress, LinkErrorKind};
use larkwire_sim::Sim;

use crate::bots::{answers, fails};
use crate::support::proxy::Proxy;
use crate::support::tls::{Authority, Terminator};
use crate::support::{Front, Kind};

#[tokio::test]
async fn whatever_the_way_events_come_and_replies_go() {
    for kind in Kind::ALL {
        let sim = Sim::start().await;
        let front = Front::start(&sim, kind).await;
        answers(&sim, &front.domain(), front.egress()).await;
        // Discovery, the connection and API calls: what goes past the proxy is missing here.
        let expected = if matches!(kind, Kind::Plain | Kind::Tls) { 0 } else { 3 };
        assert_eq!(front.reached(), vec![sim.address().to_string(); expected], "{kind:?}");
        assert_eq!(front.ca_der().is_some(), kind == Kind::Tls);
    }
}

#[tokio::test]
async fn tls_goes_through_proxies_to_the_end() {
    for (scheme, proxy, resolved) in [
        ("http", Proxy::connect(None), "localhost"),
        ("socks5", Proxy::socks5(None), "127.0.0.1"),
        ("socks5h", Proxy::socks5(None), "localhost"),
    ] {
        let sim = Sim::start().await;
        let front = Front::start(&sim, Kind::Tls).await;
        let egress = front.egress().proxy(&format!("{scheme}://{}", proxy.address())).unwrap();
        answers(&sim, &front.domain(), egress).await;
        let port = front.domain().rsplit(':').next().unwrap().to_owned();
        assert_eq!(proxy.reached(), vec![format!("{resolved}:{port}"); 3], "{scheme}");
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_right_is_refused_and_the_error_says_why() {
    let sim = Sim::start().await;
    let authority = Authority::new("ours");
    let stranger = Authority::new("stranger");
    let trusting = Egress::new().direct().trust(authority.der()).unwrap();
    for (server, words) in [
        (authority.server(&authority.expired()), "has expired"),
        (authority.server(&authority.for_elsewhere()), "is for another name"),
        (stranger.server(&stranger.good()), "has an issuer that is not trusted"),
    ] {
        let terminator = Terminator::start(sim.address(), server);
        let error = fails(&sim, &format!("https://{}", terminator.authority()), &trusting).await;
        assert_eq!(error.kind, LinkErrorKind::Tls);
        assert!(error.detail.contains(words), "{error}");
    }
}

#[tokio::test]
async fn the_roots_can_come_from_the_environment() {
    let sim = Sim::start().await;
    let authority = Authority::new("ours");
    let terminator = Terminator::start(sim.address(), authority.server(&authority.good()));
    sim.act(|platform, _| platform.set_socket_base(format!("wss://{}", terminator.authority())));
    let path = std::env::temp_dir().join(format!("larkwire-roots-{}.pem", std::process::id()));
    std::fs::write(&path, authority.pem()).unwrap();
    let value = path.display().to_string();
    let egress = Egress::with_env(|name| (name == "SSL_CERT_FILE").then(|| value.clone()));
    std::fs::remove_file(&path).unwrap();
    answers(&sim, &format!("https://{}", terminator.authority()), egress).await;
}
