//! How larkwire gets out: one policy for endpoint discovery, the connection and API calls.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use larkwire_core::{LinkError, Url};
use rustls::pki_types::CertificateDer;

use crate::proxy::{BadProxy, Policy, Proxy, Route};
use crate::roots::{BadCertificate, Trust};
use crate::tls::Tls;

/// How larkwire gets out: through which proxy, and whom it believes that a server is the platform.
///
/// The default goes by the environment, which is read once, when this is made:
///
/// | variable, in lower or upper case | says |
/// | --- | --- |
/// | `https_proxy` | the proxy for `https` and `wss`, so for the platform |
/// | `http_proxy` | the one for `http` and `ws` |
/// | `all_proxy` | the one for both, where the others say nothing |
/// | `no_proxy` | what is reached without: `*`, domains, addresses, networks (`10.0.0.0/8`), each with a port or without |
/// | `SSL_CERT_FILE`, upper case only | the root certificates, in PEM form, instead of Mozilla's |
///
/// The lower case goes before the upper case. `http_proxy` does not count in a CGI program, where a client could set it, and
/// `localhost` needs no proxy. A proxy is `http://`, `socks5://` or `socks5h://` (the proxy resolves names), with
/// `user:password@` if it wants them, percent-encoded. Of an `http` proxy only CONNECT is used.
///
/// ```
/// use larkwire::{Egress, Url};
///
/// let egress = Egress::new().proxy("http://bot:pa%40ss@proxy.example:3128")?;
/// let url = Url::parse("https://open.feishu.cn").unwrap();
/// assert_eq!(egress.route(&url).unwrap().to_string(), "http proxy proxy.example:3128");
/// # Ok::<_, larkwire::BadProxy>(())
/// ```
#[derive(Clone)]
pub struct Egress {
    pub(crate) policy: Arc<Policy>,
    trust: Trust,
    /// Made when it is needed first, and shared by all that goes out this way.
    tls: Arc<OnceLock<Tls>>,
}

impl Egress {
    /// What the environment says.
    pub fn new() -> Egress {
        // What is not Unicode becomes an error where it is used, and not a variable that is not set.
        Egress::with_env(|name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()))
    }

    /// What an environment of one's own says: `lookup` gives the values of its variables.
    pub fn with_env(lookup: impl Fn(&str) -> Option<String>) -> Egress {
        let (policy, trust) = (Arc::new(Policy::from_env(&lookup)), Trust::from_env(&lookup));
        Egress { policy, trust, tls: Arc::default() }
    }

    /// Goes through this proxy, whatever the environment says: `[scheme://][user:password@]host[:port]`.
    ///
    /// # Errors
    /// When it is not one that larkwire can use.
    pub fn proxy(mut self, url: &str) -> Result<Egress, BadProxy> {
        self.policy = Arc::new(Policy::Always(Proxy::parse(url)?));
        Ok(self)
    }

    /// Goes through no proxy, whatever the environment says.
    #[must_use]
    pub fn direct(mut self) -> Egress {
        self.policy = Arc::new(Policy::Direct);
        self
    }

    /// Trusts one more root certificate, in DER form: that of a private deployment, or of a proxy that looks into TLS.
    ///
    /// # Errors
    /// When it is not a certificate.
    pub fn trust(mut self, der: &[u8]) -> Result<Egress, BadCertificate> {
        self.trust.add(CertificateDer::from(der).into_owned())?;
        self.tls = Arc::default();
        Ok(self)
    }

    /// Trusts all certificates of a file in PEM form too.
    ///
    /// # Errors
    /// When it cannot be read, or something in it is not a certificate.
    pub fn trust_pem_file(mut self, path: impl AsRef<Path>) -> Result<Egress, BadCertificate> {
        self.trust.add_pem_file(path.as_ref())?;
        self.tls = Arc::default();
        Ok(self)
    }

    /// Asks the operating system whom to trust, instead of Mozilla's list and of `SSL_CERT_FILE`. What
    /// [`trust`](Egress::trust) adds counts too.
    #[cfg(feature = "platform-verifier")]
    #[must_use]
    pub fn platform_roots(mut self) -> Egress {
        self.trust.use_platform();
        self.tls = Arc::default();
        self
    }

    pub(crate) fn tls(&self) -> Tls {
        self.tls.get_or_init(|| Tls::new(&self.trust)).clone()
    }

    /// The way to this URL.
    ///
    /// # Errors
    /// When the environment names a proxy that cannot be used. Each connection to the URL would end in that error.
    pub fn route(&self, url: &Url) -> Result<Route, LinkError> {
        self.policy.route(url)
    }

    /// Whether what the environment says can be used. Connections that need what is wrong end in the same error.
    ///
    /// # Errors
    /// When a variable names a proxy, or a file of certificates, that cannot be used.
    pub fn check(&self) -> Result<(), LinkError> {
        self.policy.check().and(self.trust.check())
    }
}

impl Default for Egress {
    fn default() -> Egress {
        Egress::new()
    }
}

/// Shows proxies without their credentials.
impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Egress").field("proxy", &self.policy).finish_non_exhaustive()
    }
}
