//! TLS against a certificate authority of our own.

use std::path::PathBuf;
use std::sync::Arc;

use futures_rustls::TlsAcceptor;
use larkwire::{BadCertificate, Domain, Driver, Egress, Failure, LinkErrorKind, Notice};
use rcgen::{BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::io::AsyncWriteExt as _;
use tokio_util::compat::{FuturesAsyncReadCompatExt, TokioAsyncReadCompatExt};

use crate::support::*;

/// A root certificate, and a server with a certificate that it vouches for. The server's provider is ring whatever the
/// client's is, so that with the other one there are two in the process, and none of them is installed as its default.
fn authority(name: &str, until: i32) -> (Certificate, TlsAcceptor) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root_key = KeyPair::generate().unwrap();
    // Each is somebody else.
    params.distinguished_name.push(DnType::CommonName, format!("{:?}", root_key.public_key_raw()));
    let root = params.self_signed(&root_key).unwrap();
    let key = KeyPair::generate().unwrap();
    let mut leaf = CertificateParams::new(vec![name.to_owned()]).unwrap();
    (leaf.not_before, leaf.not_after) = (date_time_ymd(2000, 1, 1), date_time_ymd(until, 1, 1));
    let leaf = leaf.signed_by(&key, &Issuer::from_params(&params, &root_key)).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    let mut server = server.with_no_client_auth().with_single_cert(vec![leaf.der().clone()], key.into()).unwrap();
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    (root, TlsAcceptor::from(Arc::new(server)))
}

/// What becomes of an endpoint discovery over TLS.
async fn discovery(egress: &Egress, acceptor: TlsAcceptor) -> Notice {
    let (wire, mut peers) = Wire::new();
    let mut config = config();
    config.domain = Domain::Custom("https://localhost:7".into());
    let mut driver = Driver::new(config, Arc::new(wire), egress);
    let peer = tokio::spawn(async move {
        let Ok(tls) = acceptor.accept(peers.accept().await.0.compat()).await else { return };
        assert_eq!(tls.get_ref().1.alpn_protocol(), Some(b"http/1.1".as_slice()));
        let (mut inside, outside) = tokio::io::duplex(64 * 1024);
        let mut tls = tls.compat();
        let copying = tokio::spawn(async move { tokio::io::copy_bidirectional(&mut tls, &mut inside).await });
        let mut peer = Peer(outside);
        peer.request().await;
        peer.answer_json(200, &endpoint()).await;
        peers.accept().await.upgrade(b"").await;
        copying.abort();
    });
    let notice = next(&mut driver).await;
    peer.abort();
    notice
}

#[tokio::test(start_paused = true)]
async fn a_port_that_speaks_no_tls_is_named_as_that() {
    let (wire, mut peers) = Wire::new();
    let mut config = config();
    config.domain = Domain::Custom("https://localhost:7".into());
    let mut driver = Driver::new(config, Arc::new(wire), &Egress::new());
    let peer = tokio::spawn(async move {
        let mut plain = peers.accept().await;
        // nginx of a port that takes plain HTTP, when a ClientHello comes.
        plain.0.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").await.unwrap();
        plain
    });
    tls_error(next(&mut driver).await, "localhost does not speak TLS at this port: a platform without it has a domain");
    peer.abort();
}

/// A file for the time of a test.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> File {
        let path = std::env::temp_dir().join(format!("larkwire-{}-{name}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        File(path)
    }

    /// An environment that names it.
    fn as_roots(&self) -> Egress {
        let path = self.0.display().to_string();
        Egress::with_env(|name| (name == "SSL_CERT_FILE").then(|| path.clone()))
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

const LONG: i32 = 4000;

fn connected(notice: &Notice) {
    assert!(matches!(notice, Notice::Connected { .. }), "{notice:?}");
}

fn tls_error(notice: Notice, words: &str) {
    match notice {
        Notice::Disconnected { failure: Failure::Link(error), .. } => {
            assert_eq!(error.kind, LinkErrorKind::Tls);
            assert!(error.detail.contains(words), "{}", error.detail);
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_of_a_trusted_authority_is_taken() {
    let (root, acceptor) = authority("localhost", LONG);
    connected(&discovery(&Egress::new().trust(root.der()).unwrap(), acceptor).await);
}

#[tokio::test(start_paused = true)]
async fn a_certificate_of_an_unknown_authority_is_refused_with_a_way_out() {
    let (_, acceptor) = authority("localhost", LONG);
    let words = "the certificate of localhost has an issuer that is not trusted: if it is your company's or a proxy's, add \
                 its root certificate with Egress::trust_pem_file";
    tls_error(discovery(&Egress::new(), acceptor).await, words);
}

#[tokio::test(start_paused = true)]
async fn a_certificate_for_another_name_is_refused_with_that_name() {
    let (root, acceptor) = authority("elsewhere.example", LONG);
    let egress = Egress::new().trust(root.der()).unwrap();
    tls_error(discovery(&egress, acceptor.clone()).await, "the certificate of localhost is for another name");
    tls_error(discovery(&egress, acceptor).await, "elsewhere.example");
}

#[tokio::test(start_paused = true)]
async fn an_expired_certificate_is_refused_as_expired() {
    let (root, acceptor) = authority("localhost", 2020);
    let egress = Egress::new().trust(root.der()).unwrap();
    tls_error(discovery(&egress, acceptor).await, "the certificate of localhost has expired");
}

#[tokio::test(start_paused = true)]
async fn a_file_of_certificates_adds_to_the_roots() {
    let (first, acceptor) = authority("localhost", LONG);
    let (second, other_acceptor) = authority("localhost", LONG);
    let file = File::new("two.pem", &format!("Two roots:\n{}\n{}", first.pem(), second.pem()));
    let egress = Egress::new().trust_pem_file(&file.0).unwrap();
    connected(&discovery(&egress, acceptor).await);
    connected(&discovery(&egress, other_acceptor).await);
}

#[tokio::test(start_paused = true)]
async fn the_file_that_the_environment_names_replaces_the_roots() {
    let (root, acceptor) = authority("localhost", LONG);
    let (other, other_acceptor) = authority("localhost", LONG);
    let file = File::new("roots.pem", &root.pem());
    let egress = file.as_roots();
    assert_eq!(egress.check(), Ok(()));
    connected(&discovery(&egress, acceptor).await);
    tls_error(discovery(&egress, other_acceptor.clone()).await, "issuer that is not trusted");
    // What is added still counts.
    connected(&discovery(&egress.trust(other.der()).unwrap(), other_acceptor).await);
}

#[tokio::test(start_paused = true)]
async fn a_file_of_the_environment_that_cannot_be_used_is_an_error_and_not_another_choice_of_roots() {
    let (_, acceptor) = authority("localhost", LONG);
    for (text, words) in [
        ("", "no certificate in PEM form is in it"),
        ("nothing here\n", "no certificate in PEM form is in it"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "none of its certificates can be a root"),
        ("-----BEGIN CERTIFICATE-----\nAAAA", "no root certificates from "),
    ] {
        let file = File::new("bad.pem", text);
        let egress = file.as_roots();
        let error = egress.check().unwrap_err();
        assert!(error.detail.starts_with("the environment's SSL_CERT_FILE: "), "{error}");
        tls_error(discovery(&egress, acceptor.clone()).await, words);
    }
    let gone = Egress::with_env(|name| (name == "SSL_CERT_FILE").then(|| "/no/such/file".to_owned()));
    tls_error(discovery(&gone, acceptor).await, "no root certificates from /no/such/file: ");
}

#[test]
fn what_is_not_a_certificate_is_not_trusted() {
    let bytes = Egress::new().trust(b"-----BEGIN NONSENSE-----").unwrap_err();
    assert!(matches!(bytes, BadCertificate::Malformed(_)), "{bytes}");
    let file = File::new("odd.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    for path in [file.0.clone(), "/no/such/file".into()] {
        let error = Egress::new().trust_pem_file(&path).unwrap_err();
        assert!(error.to_string().starts_with(&format!("no root certificates from {}: ", path.display())), "{error}");
    }
}

#[cfg(feature = "platform-verifier")]
#[tokio::test(start_paused = true)]
async fn the_platform_and_what_is_added_can_be_trusted_together() {
    let (root, acceptor) = authority("localhost", LONG);
    tls_error(discovery(&Egress::new().platform_roots(), acceptor.clone()).await, "issuer that is not trusted");
    connected(&discovery(&Egress::new().platform_roots().trust(root.der()).unwrap(), acceptor).await);
}
