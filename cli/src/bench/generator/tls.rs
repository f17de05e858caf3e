//! TLS for the generator, with a certificate authority that lives as long as the run.

use std::fs;
use std::io;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::bench::BoxError;

/// Who vouches for `localhost`: clients are told to believe it by variables of the environment.
pub(crate) struct Authority {
    server: Arc<ServerConfig>,
    file: PathBuf,
}

impl Authority {
    /// A new one, whose root certificate is written to this file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn new(file: PathBuf) -> Result<Authority, BoxError> {
        let mut root = CertificateParams::default();
        root.distinguished_name.push(DnType::CommonName, "larkwire bench");
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let (root_key, key) = (KeyPair::generate()?, KeyPair::generate()?);
        let localhost = CertificateParams::new(["localhost".to_owned()])?;
        let certificate = localhost.signed_by(&key, &Issuer::from_params(&root, &root_key))?;
        fs::write(&file, root.self_signed(&root_key)?.pem())?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let server = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let server = server.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key.into())?;
        Ok(Authority { server: Arc::new(server), file })
    }

    /// Where its root certificate is.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    pub(super) fn server(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.server)
    }
}

/// The server's side of TLS on this stream.
pub(super) fn accept(
    server: Arc<ServerConfig>,
    stream: TcpStream,
) -> io::Result<StreamOwned<ServerConnection, TcpStream>> {
    Ok(StreamOwned::new(ServerConnection::new(server).map_err(io::Error::other)?, stream))
}
