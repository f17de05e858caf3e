//! How larkwire gets out: one policy for endpoint discovery, the connection and API calls.

use std::fmt;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

/// How larkwire gets out. The default is straight, with Mozilla's root certificates.
#[derive(Clone)]
pub struct Egress {
    pub(crate) roots: RootCertStore,
}

impl Egress {
    /// The default.
    pub fn new() -> Egress {
        Egress { roots: RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() } }
    }

    /// Trusts one more root certificate, in DER form: that of a private deployment, or of a proxy that looks into TLS.
    ///
    /// # Errors
    /// When it is not a certificate.
    pub fn trust(mut self, der: &[u8]) -> Result<Egress, BadCertificate> {
        self.roots.add(CertificateDer::from(der)).map_err(|error| BadCertificate(error.to_string()))?;
        Ok(self)
    }
}

impl Default for Egress {
    fn default() -> Egress {
        Egress::new()
    }
}

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Egress").field("roots", &self.roots.len()).finish()
    }
}

/// The bytes given to [`Egress::trust`] are not a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadCertificate(String);

impl fmt::Display for BadCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a root certificate: {}", self.0)
    }
}

impl std::error::Error for BadCertificate {}
