//! TLS against a certificate authority of our own.

use std::sync::Arc;

use futures_rustls::TlsAcceptor;
use larkwire::{Domain, Driver, Egress, Failure, LinkErrorKind, Notice};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_util::compat::{FuturesAsyncReadCompatExt, TokioAsyncReadCompatExt};

use crate::support::*;

/// A root certificate in DER form, and a server with a certificate that it vouches for.
fn authority(name: &str) -> (Vec<u8>, TlsAcceptor) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root_key = KeyPair::generate().unwrap();
    let root = params.self_signed(&root_key).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &Issuer::from_params(&params, &root_key)).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    let mut server = server.with_no_client_auth().with_single_cert(vec![leaf.der().clone()], key.into()).unwrap();
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    (root.der().to_vec(), TlsAcceptor::from(Arc::new(server)))
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
async fn a_certificate_of_a_trusted_authority_is_taken() {
    let (root, acceptor) = authority("localhost");
    let egress = Egress::new().trust(&root).unwrap();
    let notice = discovery(&egress, acceptor).await;
    assert!(matches!(notice, Notice::Connected { .. }), "{notice:?}");
}

#[tokio::test(start_paused = true)]
async fn a_certificate_of_an_unknown_authority_is_refused() {
    let (_, acceptor) = authority("localhost");
    tls_error(discovery(&Egress::new(), acceptor).await, "UnknownIssuer");
}

#[tokio::test(start_paused = true)]
async fn a_certificate_for_another_name_is_refused() {
    let (root, acceptor) = authority("elsewhere");
    let egress = Egress::new().trust(&root).unwrap();
    tls_error(discovery(&egress, acceptor).await, "not valid for name");
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

#[test]
fn what_is_not_a_certificate_is_not_trusted() {
    assert!(Egress::new().trust(b"-----BEGIN NONSENSE-----").is_err());
}
