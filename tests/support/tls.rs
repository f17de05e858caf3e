//! A certificate authority of our own, and a server that takes TLS off what it forwards.

use std::net::SocketAddr;
use std::sync::Arc;

use futures_rustls::TlsAcceptor;
use rcgen::{BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;
use tokio_util::compat::{FuturesAsyncReadCompatExt, TokioAsyncReadCompatExt};

use super::server::Server;

/// A certificate authority that nobody knows but those who are given its root.
pub(crate) struct Authority {
    params: CertificateParams,
    key: KeyPair,
    root: Certificate,
    /// The key of all servers.
    server_key: KeyPair,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Authority {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let root = params.self_signed(&key).expect("a root");
        Authority { params, key, root, server_key: KeyPair::generate().expect("a key") }
    }

    /// The root certificate.
    pub(crate) fn der(&self) -> &[u8] {
        self.root.der()
    }

    /// The root certificate as PEM text.
    pub(crate) fn pem(&self) -> String {
        self.root.pem()
    }

    /// A certificate for `localhost`.
    pub(crate) fn good(&self) -> Certificate {
        self.sign(&Authority::named("localhost"))
    }

    /// One for `localhost` that ended long ago.
    pub(crate) fn expired(&self) -> Certificate {
        let mut params = Authority::named("localhost");
        params.not_before = date_time_ymd(2019, 1, 1);
        params.not_after = date_time_ymd(2020, 1, 1);
        self.sign(&params)
    }

    /// One for another host.
    pub(crate) fn for_elsewhere(&self) -> Certificate {
        self.sign(&Authority::named("elsewhere.example"))
    }

    /// A server that shows this certificate. It would rather speak h2.
    pub(crate) fn server(&self, certificate: &Certificate) -> TlsAcceptor {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let server = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let key = PrivatePkcs8KeyDer::from(self.server_key.serialize_der());
        let server = server.expect("versions").with_no_client_auth();
        let mut server = server.with_single_cert(vec![certificate.der().clone()], key.into()).expect("a certificate");
        server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        TlsAcceptor::from(Arc::new(server))
    }

    fn named(name: &str) -> CertificateParams {
        CertificateParams::new(vec![name.to_owned()]).expect("a name")
    }

    fn sign(&self, params: &CertificateParams) -> Certificate {
        let issuer = Issuer::from_params(&self.params, &self.key);
        params.clone().signed_by(&self.server_key, &issuer).expect("a certificate")
    }
}

/// Takes TLS off and forwards what is inside.
#[derive(Debug)]
pub(crate) struct Terminator(Server);

impl Terminator {
    pub(crate) fn start(to: SocketAddr, acceptor: TlsAcceptor) -> Terminator {
        Terminator(Server::start(move |outside| forward(outside, to, acceptor.clone())))
    }

    /// Host and port by the name that the certificate is for.
    pub(crate) fn authority(&self) -> String {
        format!("localhost:{}", self.0.address().port())
    }
}

async fn forward(outside: TcpStream, to: SocketAddr, acceptor: TlsAcceptor) {
    // A client that does not like the certificate says so and leaves.
    let Ok(tls) = acceptor.accept(outside.compat()).await else { return };
    assert_eq!(tls.get_ref().1.alpn_protocol(), Some(b"http/1.1".as_slice()));
    let Ok(mut inside) = TcpStream::connect(to).await else { return };
    let _ = inside.set_nodelay(true);
    let _ = copy_bidirectional(&mut tls.compat(), &mut inside).await;
}
