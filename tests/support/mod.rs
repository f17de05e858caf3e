//! Ways to a simulator: straight, through TLS, through an HTTP proxy, through a SOCKS5 proxy.
//!
//! A test target includes this with `#[path = "../support/mod.rs"] mod support;`. A [`Front`] stands before a simulator and
//! says how to get there: the domain for the [`Config`](larkwire::Config), and the [`Egress`] for the bot. It lives on a
//! thread of its own, as the simulator does, so that the client's side may be any async runtime; it ends when it is dropped.

#![allow(dead_code, reason = "each test target uses its part")]

pub(crate) mod proxy;
pub(crate) mod server;
pub(crate) mod tls;

use larkwire::Egress;
use larkwire_sim::Sim;

use self::proxy::Proxy;
use self::tls::{Authority, Terminator};

/// A way to the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `http` and `ws`, straight.
    Plain,
    /// `https` and `wss`, straight, with a certificate of an authority of our own.
    Tls,
    /// `http` and `ws` through an HTTP proxy that wants credentials.
    Connect,
    /// `http` and `ws` through a SOCKS5 proxy that wants credentials and resolves names.
    Socks5,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Kind; 4] = [Kind::Plain, Kind::Tls, Kind::Connect, Kind::Socks5];
}

/// What stands before a simulator.
#[derive(Debug)]
pub(crate) struct Front {
    domain: String,
    egress: Egress,
    ca_der: Option<Vec<u8>>,
    _terminator: Option<Terminator>,
    proxy: Option<Proxy>,
}

impl Front {
    /// Builds the way to this simulator. Have one front for a simulator: TLS changes the URLs that it hands out.
    pub(crate) async fn start(sim: &Sim, kind: Kind) -> Front {
        let plain = Egress::new().direct();
        let front = Front { domain: sim.domain(), egress: plain, ca_der: None, _terminator: None, proxy: None };
        match kind {
            Kind::Plain => front,
            Kind::Tls => {
                let authority = Authority::new("a front");
                let terminator = Terminator::start(sim.address(), authority.server(&authority.good()));
                sim.act(|platform, _| platform.set_socket_base(format!("wss://{}", terminator.authority())));
                Front {
                    domain: format!("https://{}", terminator.authority()),
                    egress: front.egress.trust(authority.der()).expect("a root certificate"),
                    ca_der: Some(authority.der().to_vec()),
                    _terminator: Some(terminator),
                    proxy: None,
                }
            }
            Kind::Connect => front.through("http", Proxy::connect(Some("Basic dXNlcjpwQHNz"))),
            Kind::Socks5 => front.through("socks5h", Proxy::socks5(Some(("user", "p@ss")))),
        }
    }

    fn through(self, scheme: &str, proxy: Proxy) -> Front {
        let url = format!("{scheme}://user:p%40ss@{}", proxy.address());
        Front { egress: self.egress.proxy(&url).expect("a proxy URL"), proxy: Some(proxy), ..self }
    }

    /// What a client takes for `https://open.feishu.cn`.
    pub(crate) fn domain(&self) -> String {
        self.domain.clone()
    }

    /// How a client gets out.
    pub(crate) fn egress(&self) -> Egress {
        self.egress.clone()
    }

    /// The root certificate that the egress trusts, with TLS.
    pub(crate) fn ca_der(&self) -> Option<&[u8]> {
        self.ca_der.as_deref()
    }

    /// What the proxy was asked to reach, as `host:port`, the first first. Empty without a proxy.
    pub(crate) fn reached(&self) -> Vec<String> {
        self.proxy.as_ref().map(Proxy::reached).unwrap_or_default()
    }
}
