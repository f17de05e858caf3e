//! Proxies: which one leads to a URL, and how it is asked for a tunnel.
//!
//! There is one policy for endpoint discovery, the connection and API calls: the proxy that was set, or none if that was
//! set, or else what the environment says, as curl reads it:
//!
//! - `https` and `wss` go by `https_proxy`, `http` and `ws` by `http_proxy`; where that is not set, by `all_proxy`. The lower
//!   case goes before the upper case, and an empty variable is one that is not set.
//! - `http_proxy` does not count where `REQUEST_METHOD` is set: in a CGI program it may be the client's `Proxy` header (in
//!   upper case, but Windows does not tell the cases apart).
//! - `no_proxy` names what is reached without one (see [`NoProxy`]); so is this machine itself.
//!
//! A proxy is only ever asked for a tunnel, for `http` and `ws` too (HTTP CONNECT): there is one way to do it, and no proxy
//! gets to read what it could leave alone.

mod connect;
mod no_proxy;
mod socks;

use std::fmt;

use larkwire_core::{LinkError, LinkErrorKind, Secret, Url, UrlError};

use crate::runtime::Io;
use no_proxy::NoProxy;

/// A proxy. Shown without its credentials.
#[derive(Clone)]
pub struct Proxy {
    protocol: Protocol,
    /// Where it is, as an `http` URL without a path.
    place: Url,
    credentials: Option<Credentials>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Http,
    /// Names are resolved here.
    Socks5,
    /// Names are resolved by the proxy.
    Socks5h,
}

#[derive(Clone)]
struct Credentials {
    user: String,
    password: Secret,
}

impl Proxy {
    /// Reads `[scheme://][user:password@]host[:port]`. The scheme is `http` (and is so if there is none), `socks5` or
    /// `socks5h`; desktops write `socks` for the last one. The ports are 80 and 1080 unless given; user and password are
    /// percent-decoded.
    pub(crate) fn parse(text: &str) -> Result<Proxy, BadProxy> {
        let (scheme, rest) = text.trim().split_once("://").unwrap_or(("http", text.trim()));
        let (protocol, port) = match scheme.to_ascii_lowercase().as_str() {
            "http" => (Protocol::Http, 80),
            "socks5" => (Protocol::Socks5, 1080),
            "socks5h" | "socks" => (Protocol::Socks5h, 1080),
            _ => return Err(BadProxy::Scheme),
        };
        let rest = rest.split('/').next().unwrap_or_default();
        let (credentials, authority) = match rest.rsplit_once('@') {
            Some((credentials, authority)) => (Some(Credentials::parse(credentials)?), authority),
            None => (None, rest),
        };
        // Where another port can be appended there is none yet.
        let place = Url::parse(&format!("http://{authority}:{port}"));
        let place = place.or_else(|_| Url::parse(&format!("http://{authority}"))).map_err(BadProxy::Address)?;
        Ok(Proxy { protocol, place, credentials })
    }

    /// Its host name or address.
    pub fn host(&self) -> &str {
        self.place.host()
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.place.port()
    }

    /// Whether names are to be resolved before it is asked.
    pub(crate) fn wants_addresses(&self) -> bool {
        self.protocol == Protocol::Socks5
    }

    /// Asks for a tunnel, on a stream that leads to the proxy. The peer at its other end has not said a word when this
    /// ends: in all protocols that go through here the client speaks first.
    pub(crate) async fn tunnel(&self, stream: &mut dyn Io, host: &str, port: u16) -> Result<(), LinkError> {
        let credentials = self.credentials.as_ref();
        let outcome = match self.protocol {
            Protocol::Http => connect::tunnel(stream, host, port, credentials).await,
            Protocol::Socks5 | Protocol::Socks5h => socks::tunnel(stream, host, port, credentials).await,
        };
        outcome.map_err(|why| LinkError::new(LinkErrorKind::Proxy, why))
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = match self.protocol {
            Protocol::Http => "http",
            Protocol::Socks5 => "socks5",
            Protocol::Socks5h => "socks5h",
        };
        write!(f, "{protocol} proxy {}", self.place.authority())
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

impl Credentials {
    fn parse(text: &str) -> Result<Credentials, BadProxy> {
        let (user, password) = text.split_once(':').unwrap_or((text, ""));
        let decoded = |part| percent_decoded(part).ok_or(BadProxy::Credentials);
        Ok(Credentials { user: decoded(user)?, password: Secret::new(decoded(password)?) })
    }
}

/// None if the result is not UTF-8, or a percent sign does not begin an escape.
fn percent_decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut out = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        let plain = digits.bytes().all(|b| b.is_ascii_hexdigit());
        out.push(u8::from_str_radix(digits, 16).ok().filter(|_| plain)?);
        out.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(out).ok()
}

/// Why a text does not name a proxy that can be used. Shows nothing of the text: it may hold a password.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadProxy {
    /// The scheme is not one of those that larkwire speaks.
    Scheme,
    /// Host or port are not usable.
    Address(UrlError),
    /// User or password are not percent-encoded as they have to be.
    Credentials,
}

impl fmt::Display for BadProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadProxy::Scheme => f.write_str("the scheme of a proxy has to be http, socks5 or socks5h"),
            BadProxy::Address(error) => write!(f, "not the address of a proxy: {error}"),
            BadProxy::Credentials => f.write_str("the proxy's user or password is not percent-encoded: write % as %25"),
        }
    }
}

impl std::error::Error for BadProxy {}

/// The way to a URL. Displayed without credentials: `direct`, `http proxy 10.0.0.1:3128`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Route {
    /// Straight to the host.
    Direct,
    /// Through a proxy.
    Proxy(Proxy),
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Route::Direct => f.write_str("direct"),
            Route::Proxy(proxy) => proxy.fmt(f),
        }
    }
}

/// The policy.
#[derive(Clone, Debug)]
pub(crate) enum Policy {
    Direct,
    Always(Proxy),
    Environment(Environment),
}

/// What the environment said when it was asked.
#[derive(Clone, Debug)]
pub(crate) struct Environment {
    plain: Found,
    secure: Found,
    except: NoProxy,
}

/// A proxy of the environment, if there is one, and if it is one that can be used.
type Found = Result<Option<Proxy>, LinkError>;

impl Policy {
    /// What the environment says, `lookup` being the environment.
    pub(crate) fn from_env(lookup: impl Fn(&str) -> Option<String>) -> Policy {
        let set = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
        let find = |names: &[&str]| -> Found {
            let Some((name, value)) = names.iter().find_map(|name| Some((name, set(name)?))) else { return Ok(None) };
            let bad = |error| LinkError::new(LinkErrorKind::Proxy, format!("the environment's {name}: {error}"));
            Proxy::parse(&value).map(Some).map_err(bad)
        };
        let is_cgi = lookup("REQUEST_METHOD").is_some();
        let plain: &[&str] = if is_cgi { &[] } else { &["http_proxy", "HTTP_PROXY"] };
        let all = ["all_proxy", "ALL_PROXY"];
        Policy::Environment(Environment {
            plain: find(&[plain, &all].concat()),
            secure: find(&[&["https_proxy", "HTTPS_PROXY"][..], &all].concat()),
            except: NoProxy::parse(&set("no_proxy").or_else(|| set("NO_PROXY")).unwrap_or_default()),
        })
    }

    /// The way to this URL.
    pub(crate) fn route(&self, url: &Url) -> Result<Route, LinkError> {
        let found = match self {
            Policy::Direct => None,
            Policy::Always(proxy) => Some(proxy.clone()),
            Policy::Environment(environment) => environment.proxy(url)?,
        };
        Ok(found.map_or(Route::Direct, Route::Proxy))
    }

    /// What is wrong with the environment, whatever the URL.
    pub(crate) fn check(&self) -> Result<(), LinkError> {
        match self {
            Policy::Environment(Environment { plain, secure, .. }) => {
                secure.as_ref().and(plain.as_ref()).map(drop).map_err(LinkError::clone)
            }
            Policy::Direct | Policy::Always(_) => Ok(()),
        }
    }
}

impl Environment {
    fn proxy(&self, url: &Url) -> Found {
        if url.is_loopback() || self.except.matches(url.host(), url.port()) {
            return Ok(None);
        }
        if url.scheme().is_secure() { self.secure.clone() } else { self.plain.clone() }
    }
}

#[cfg(test)]
mod tests;
