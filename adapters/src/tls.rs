//! TLS by rustls, with a provider that is named and never taken from the process: two crates that each turn on another
//! provider make `ClientConfig::builder()` panic.

use std::io;
use std::sync::Arc;

use futures_rustls::TlsConnector;
use larkwire_core::{LinkError, LinkErrorKind};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};

use crate::net::io_kind;
use crate::runtime::Io;

/// The client side of TLS.
#[derive(Clone)]
pub(crate) struct Tls {
    /// None without a provider.
    connector: Option<TlsConnector>,
}

impl Tls {
    pub(crate) fn new(roots: &RootCertStore) -> Tls {
        let config = provider().and_then(|provider| {
            let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().ok()?;
            let mut config = builder.with_root_certificates(roots.clone()).with_no_client_auth();
            // Offering nothing else keeps a front end from choosing h2, which neither the upgrade nor our HTTP speaks.
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
            Some(config)
        });
        Tls { connector: config.map(|config| TlsConnector::from(Arc::new(config))) }
    }

    /// The handshake with `host`, whose certificate has to be for that name.
    pub(crate) async fn handshake(&self, host: &str, tcp: Box<dyn Io>) -> Result<Box<dyn Io>, LinkError> {
        let no = |detail: &str| LinkError::new(LinkErrorKind::Tls, detail);
        let connector = self.connector.as_ref().ok_or_else(|| no("built without TLS: turn on the feature `ring`"))?;
        let name =
            ServerName::try_from(host.to_owned()).map_err(|_| no("the host is no name that a certificate has"))?;
        let stream = connector.connect(name, tcp).await.map_err(handshake_error)?;
        Ok(Box::new(stream))
    }
}

/// A handshake that was cut off is not a fault of TLS.
fn handshake_error(error: io::Error) -> LinkError {
    let by_rustls = error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>());
    LinkError::new(if by_rustls { LinkErrorKind::Tls } else { io_kind(&error) }, error.to_string())
}

#[cfg(feature = "ring")]
fn provider() -> Option<Arc<CryptoProvider>> {
    Some(Arc::new(rustls::crypto::ring::default_provider()))
}

#[cfg(not(feature = "ring"))]
fn provider() -> Option<Arc<CryptoProvider>> {
    None
}
