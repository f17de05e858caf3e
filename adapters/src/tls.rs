//! TLS by rustls, with a provider that is named and never taken from the process: two crates that each turn on another
//! provider make `ClientConfig::builder()` panic.

use std::io;
use std::sync::Arc;

use futures_rustls::TlsConnector;
use larkwire_core::{LinkError, LinkErrorKind};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::ServerName;
use rustls::{CertificateError, ClientConfig};

use crate::net::io_kind;
use crate::roots::Trust;
use crate::runtime::Io;

/// The client side of TLS.
#[derive(Clone)]
pub(crate) struct Tls {
    /// Or why there is none.
    connector: Result<TlsConnector, LinkError>,
}

impl Tls {
    pub(crate) fn new(trust: &Trust) -> Tls {
        Tls { connector: config(trust).map(|config| TlsConnector::from(Arc::new(config))) }
    }

    /// The handshake with `host`, whose certificate has to be for that name.
    pub(crate) async fn handshake(&self, host: &str, tcp: Box<dyn Io>) -> Result<Box<dyn Io>, LinkError> {
        let connector = self.connector.as_ref().map_err(LinkError::clone)?;
        let name =
            ServerName::try_from(host.to_owned()).map_err(|_| no("the host is no name that a certificate has"))?;
        let stream = connector.connect(name, tcp).await.map_err(|error| handshake_error(host, &error))?;
        Ok(Box::new(stream))
    }
}

fn config(trust: &Trust) -> Result<ClientConfig, LinkError> {
    let provider = provider().ok_or_else(|| no("built without TLS: turn on the feature `ring` or `aws-lc-rs`"))?;
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config = trust.verify(builder.map_err(|error| no(&error.to_string()))?)?.with_no_client_auth();
    // Offering nothing else keeps a front end from choosing h2, which neither the upgrade nor our HTTP speaks.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn no(detail: &str) -> LinkError {
    LinkError::new(LinkErrorKind::Tls, detail)
}

fn handshake_error(host: &str, error: &io::Error) -> LinkError {
    match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(rustls::Error::InvalidCertificate(wrong)) => no(&in_words(host, wrong)),
        // What answers in plain text sends no TLS message.
        Some(error @ rustls::Error::InvalidMessage(_)) => no(&format!(
            "{host} does not speak TLS at this port: a platform without it has a domain that begins with http:// ({error})"
        )),
        Some(error) => no(&error.to_string()),
        // A handshake that was cut off is not a fault of TLS.
        None => LinkError::new(io_kind(error), error.to_string()),
    }
}

/// What is wrong with a certificate, and what to do about it.
fn in_words(host: &str, wrong: &CertificateError) -> String {
    let what = match wrong {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "has expired, or the clock of this machine is wrong"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "is not valid yet, or the clock of this machine is wrong"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "is for another name: something else than the platform answered"
        }
        CertificateError::UnknownIssuer => {
            "has an issuer that is not trusted: if it is your company's or a proxy's, add its root certificate with \
             Egress::trust_pem_file, or name a file of roots in SSL_CERT_FILE"
        }
        CertificateError::Revoked => "was revoked",
        _ => "is not acceptable",
    };
    format!("the certificate of {host} {what} ({wrong})")
}

#[cfg(feature = "ring")]
fn provider() -> Option<Arc<CryptoProvider>> {
    Some(Arc::new(rustls::crypto::ring::default_provider()))
}

#[cfg(all(feature = "aws-lc-rs", not(feature = "ring")))]
fn provider() -> Option<Arc<CryptoProvider>> {
    Some(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
}

#[cfg(not(any(feature = "ring", feature = "aws-lc-rs")))]
fn provider() -> Option<Arc<CryptoProvider>> {
    None
}
