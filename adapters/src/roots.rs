//! Whose word is taken for who a server is: the root certificates.

use std::fmt;
use std::path::Path;

use larkwire_core::{LinkError, LinkErrorKind};
use rustls::client::WantsClientCert;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};

/// Who is trusted.
#[derive(Clone, Debug)]
pub(crate) struct Trust {
    base: Base,
    /// What the application added.
    added: Vec<CertificateDer<'static>>,
}

#[derive(Clone, Debug)]
enum Base {
    Mozilla,
    /// Those of `SSL_CERT_FILE`.
    File(Result<RootCertStore, BadCertificate>),
    #[cfg(feature = "platform-verifier")]
    Platform,
}

impl Trust {
    /// Mozilla's roots, or those of the file that the environment names.
    pub(crate) fn from_env(lookup: impl Fn(&str) -> Option<String>) -> Trust {
        let file = lookup("SSL_CERT_FILE").filter(|path| !path.is_empty());
        let base = file.map_or(Base::Mozilla, |path| Base::File(bundle(Path::new(&path))));
        Trust { base, added: Vec::new() }
    }

    #[cfg(feature = "platform-verifier")]
    pub(crate) fn use_platform(&mut self) {
        self.base = Base::Platform;
    }

    pub(crate) fn add(&mut self, der: CertificateDer<'static>) -> Result<(), BadCertificate> {
        RootCertStore::empty().add(der.clone()).map_err(|error| BadCertificate::Malformed(error.to_string()))?;
        self.added.push(der);
        Ok(())
    }

    pub(crate) fn add_pem_file(&mut self, path: &Path) -> Result<(), BadCertificate> {
        for der in pem_file(path)? {
            self.add(der).map_err(|error| BadCertificate::file(path, &error))?;
        }
        Ok(())
    }

    pub(crate) fn check(&self) -> Result<(), LinkError> {
        match &self.base {
            Base::File(Err(error)) => Err(bad_file(error)),
            _ => Ok(()),
        }
    }

    /// Has servers verified by whom is trusted.
    pub(crate) fn verify(
        &self,
        builder: ConfigBuilder<ClientConfig, WantsVerifier>,
    ) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, LinkError> {
        let mut store = match &self.base {
            Base::Mozilla => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
            Base::File(store) => store.clone().map_err(|error| bad_file(&error))?,
            #[cfg(feature = "platform-verifier")]
            Base::Platform => return platform::verify(builder, &self.added),
        };
        // All of them were parsed when they came.
        store.add_parsable_certificates(self.added.iter().cloned());
        Ok(builder.with_root_certificates(store))
    }
}

#[cfg(feature = "platform-verifier")]
mod platform {
    use std::sync::Arc;

    use rustls_platform_verifier::Verifier;

    use super::*;

    pub(super) fn verify(
        builder: ConfigBuilder<ClientConfig, WantsVerifier>,
        added: &[CertificateDer<'static>],
    ) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, LinkError> {
        let provider = Arc::clone(builder.crypto_provider());
        let verifier = Verifier::new_with_extra_roots(added.iter().cloned(), provider);
        let no = |error: rustls::Error| {
            LinkError::new(LinkErrorKind::Tls, format!("the platform's root certificates cannot be used: {error}"))
        };
        Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier.map_err(no)?)))
    }
}

fn bad_file(error: &BadCertificate) -> LinkError {
    LinkError::new(LinkErrorKind::Tls, format!("the environment's SSL_CERT_FILE: {error}"))
}

/// The roots of a bundle. Those of operating systems hold certificates that rustls does not take; these are left out.
fn bundle(path: &Path) -> Result<RootCertStore, BadCertificate> {
    let mut store = RootCertStore::empty();
    match store.add_parsable_certificates(pem_file(path)?) {
        (0, _) => Err(BadCertificate::file(path, &"none of its certificates can be a root")),
        _ => Ok(store),
    }
}

fn pem_file(path: &Path) -> Result<Vec<CertificateDer<'static>>, BadCertificate> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match read {
        Ok(found) if found.is_empty() => Err(BadCertificate::file(path, &"no certificate in PEM form is in it")),
        Ok(found) => Ok(found),
        Err(error) => Err(BadCertificate::file(path, &error)),
    }
}

/// Why a certificate cannot be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadCertificate {
    /// The bytes are not a certificate, or not one that can be a root.
    Malformed(String),
    /// A file cannot be read, or does not hold what it should.
    File {
        /// Which.
        path: String,
        /// What is wrong with it.
        why: String,
    },
}

impl BadCertificate {
    fn file(path: &Path, why: &dyn fmt::Display) -> BadCertificate {
        BadCertificate::File { path: path.display().to_string(), why: why.to_string() }
    }
}

impl fmt::Display for BadCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadCertificate::Malformed(why) => write!(f, "not a root certificate: {why}"),
            BadCertificate::File { path, why } => write!(f, "no root certificates from {path}: {why}"),
        }
    }
}

impl std::error::Error for BadCertificate {}
