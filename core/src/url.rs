//! URLs, split by hand into scheme, authority and the rest.
//!
//! The rest is kept byte for byte: the platform signs nothing in it, but a client that re-encodes a query has to be right
//! about every character, and one that keeps it need not be. Only `http`, `https`, `ws` and `wss` exist here.

use alloc::borrow::{Cow, ToOwned};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};

/// An absolute URL without user information and fragment.
///
/// Its Display and Debug show scheme, host, port and path, but of the query only the names: the query of a connection URL
/// carries the `ticket` and the `access_key`. [`Url::path_and_query`] gives all of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    scheme: Scheme,
    authority: String,
    /// Where the host ends in `authority`; it begins after a `[` if there is one.
    host_end: usize,
    port: Option<u16>,
    rest: String,
}

/// The scheme of a [`Url`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scheme {
    /// `http`
    Http,
    /// `https`
    Https,
    /// `ws`
    Ws,
    /// `wss`
    Wss,
}

impl Scheme {
    /// As in the URL, without `://`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
            Scheme::Ws => "ws",
            Scheme::Wss => "wss",
        }
    }

    /// Whether the connection is inside TLS.
    pub const fn is_secure(self) -> bool {
        matches!(self, Scheme::Https | Scheme::Wss)
    }

    const fn default_port(self) -> u16 {
        if self.is_secure() { 443 } else { 80 }
    }
}

/// Why a text is not a URL that larkwire would connect to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlError {
    /// Neither `http`, `https`, `ws` nor `wss`, or not the kind that is needed here.
    Scheme,
    /// No host, or one with characters that no host has.
    Host,
    /// The port is not a number from 1 to 65535.
    Port,
    /// It carries a user name or password.
    UserInfo,
    /// It carries a `#` part.
    Fragment,
    /// It contains a space, a control character, one beyond ASCII, or a backslash in its path.
    Character,
    /// It carries a `?` part, where none is expected.
    Query,
    /// Without TLS to a host that is not this machine.
    Insecure,
    /// Longer than 8 KiB.
    TooLong,
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            UrlError::Scheme => "the scheme is missing or not the expected one",
            UrlError::Host => "the host is missing or malformed",
            UrlError::Port => "the port is not a number from 1 to 65535",
            UrlError::UserInfo => "a user name or password is in the URL",
            UrlError::Fragment => "a fragment (#) is in the URL",
            UrlError::Character => "a space, backslash, control or non-ASCII character is in the URL",
            UrlError::Query => "a query (?) is in the URL",
            UrlError::Insecure => "plain text to a host that is not loopback: use TLS, or set Config::allow_insecure",
            UrlError::TooLong => "the URL is longer than 8 KiB",
        })
    }
}

impl core::error::Error for UrlError {}

/// Longest URL that is looked at. Those seen in the field have about 250 bytes.
const LONGEST: usize = 8 * 1024;

impl Url {
    /// Splits an absolute URL.
    ///
    /// # Errors
    /// When it is not one of the four schemes, or has something in it that it must not have.
    pub fn parse(text: &str) -> Result<Url, UrlError> {
        if text.len() > LONGEST {
            return Err(UrlError::TooLong);
        }
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(UrlError::Character);
        }
        let (scheme, after) = text.split_once("://").ok_or(UrlError::Scheme)?;
        let scheme = [Scheme::Http, Scheme::Https, Scheme::Ws, Scheme::Wss]
            .into_iter()
            .find(|known| known.as_str().eq_ignore_ascii_case(scheme))
            .ok_or(UrlError::Scheme)?;
        let (authority, rest) = after.split_at(after.find(['/', '?', '#', '\\']).unwrap_or(after.len()));
        if rest.contains('#') {
            return Err(UrlError::Fragment);
        }
        if authority.contains('@') {
            return Err(UrlError::UserInfo);
        }
        // Browsers take it for a slash, HTTP servers do not: nobody shall see another host or path than we do.
        if rest.split('?').next().is_some_and(|path| path.contains('\\')) {
            return Err(UrlError::Character);
        }
        let (host_end, port) = split_authority(authority)?;
        Ok(Url { scheme, authority: authority.to_owned(), host_end, port, rest: rest.to_owned() })
    }

    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host name or address; an IPv6 address without its brackets.
    pub fn host(&self) -> &str {
        let host = self.authority.get(..self.host_end).unwrap_or_default();
        host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
    }

    /// The port, that of the scheme if none is given.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(self.scheme.default_port())
    }

    /// Host and port as they stand in the URL: the value of the HTTP Host header.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Host, with the port only if it is not the scheme's own.
    pub fn host_and_unusual_port(&self) -> &str {
        match self.port {
            Some(port) if port != self.scheme.default_port() => &self.authority,
            _ => self.authority.get(..self.host_end).unwrap_or_default(),
        }
    }

    /// Path and query as they stand in the URL; `/` if there is neither. Contains the secrets of a connection URL.
    pub fn path_and_query(&self) -> Cow<'_, str> {
        match self.rest.as_bytes().first() {
            None => Cow::Borrowed("/"),
            Some(b'?') => Cow::Owned(format!("/{}", self.rest)),
            Some(_) => Cow::Borrowed(&self.rest),
        }
    }

    /// The whole URL, secrets included.
    pub fn expose(&self) -> String {
        format!("{}://{}{}", self.scheme.as_str(), self.authority, self.rest)
    }

    /// Whether the host is this machine: `localhost`, 127.0.0.0/8 or ::1.
    pub fn is_loopback(&self) -> bool {
        let host = self.host();
        host.eq_ignore_ascii_case("localhost")
            || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
            || host.parse::<Ipv6Addr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// The decoded value of the first query parameter of that name.
    pub fn query_value(&self, name: &str) -> Option<String> {
        self.pairs().find(|(key, _)| decode(key) == name).map(|(_, value)| decode(value))
    }

    /// The names of the query parameters, as they stand in the URL.
    pub fn query_names(&self) -> impl Iterator<Item = &str> {
        self.pairs().map(|(key, _)| key)
    }

    /// The raw values of the named query parameters: what a redaction has to look for.
    pub(crate) fn raw_values<'a>(&'a self, names: &'a [&'a str]) -> impl Iterator<Item = &'a str> {
        self.pairs().filter(move |(key, _)| names.contains(&&*decode(key))).map(|(_, value)| value)
    }

    fn query(&self) -> Option<&str> {
        self.rest.split_once('?').map(|(_, query)| query)
    }

    fn path(&self) -> &str {
        self.rest.split_once('?').map_or(self.rest.as_str(), |(path, _)| path)
    }

    fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
    }

    /// Sets query parameters: a value takes the place of the first of its name and removes the others, or goes last.
    /// What is not named stays byte for byte. Empty names are ignored.
    #[must_use]
    pub(crate) fn with_query(mut self, set: &[(String, String)]) -> Url {
        for (name, value) in set.iter().filter(|(name, _)| !name.is_empty()) {
            let new = format!("{}={}", encode(name), encode(value));
            let mut placed = false;
            let mut query: Vec<Cow<'_, str>> = Vec::new();
            for pair in self.query().filter(|query| !query.is_empty()).into_iter().flat_map(|query| query.split('&')) {
                let key = pair.split_once('=').map_or(pair, |(key, _)| key);
                if pair.is_empty() || decode(key) != *name {
                    query.push(Cow::Borrowed(pair));
                } else if !placed {
                    placed = true;
                    query.push(Cow::Owned(new.clone()));
                }
            }
            if !placed {
                query.push(Cow::Owned(new));
            }
            self.rest = format!("{}?{}", self.path(), query.join("&"));
        }
        self
    }

    /// The same URL at another host: path and query stay byte for byte.
    pub(crate) fn with_authority(self, authority: &str) -> Result<Url, UrlError> {
        let (host_end, port) = split_authority(authority)?;
        Ok(Url { authority: authority.to_owned(), host_end, port, ..self })
    }

    /// The same place with a path appended after the one it has, less its trailing slashes.
    pub(crate) fn join(&self, path: &str) -> Url {
        let base = self.path().trim_end_matches('/');
        Url { rest: format!("{base}{path}"), ..self.clone() }
    }

    /// Refuses plain text to other machines, unless that is allowed.
    pub(crate) fn require_secure(self, allow_insecure: bool) -> Result<Url, UrlError> {
        if self.scheme.is_secure() || self.is_loopback() || allow_insecure { Ok(self) } else { Err(UrlError::Insecure) }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme.as_str(), self.authority, self.path())
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        let pairs = self.query().unwrap_or_default().split('&');
        for (index, pair) in pairs.filter(|pair| !pair.is_empty()).enumerate() {
            // What has no name may be all value.
            let name = pair.split_once('=').map_or("", |(name, _)| name);
            write!(f, "{}{name}=***", if index == 0 { '?' } else { '&' })?;
        }
        Ok(())
    }
}

/// Where the host ends, and the port.
fn split_authority(authority: &str) -> Result<(usize, Option<u16>), UrlError> {
    let host_end = match authority.find(']') {
        Some(bracket) => bracket.saturating_add(1),
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at_checked(host_end).ok_or(UrlError::Host)?;
    check_host(host)?;
    let port = match port.strip_prefix(':') {
        None if port.is_empty() => None,
        None => return Err(UrlError::Host),
        // `Url::port` gives the default for `host:`, as browsers do.
        Some("") => None,
        Some(digits) => Some(parse_port(digits)?),
    };
    Ok((host_end, port))
}

fn parse_port(digits: &str) -> Result<u16, UrlError> {
    let plain = digits.bytes().all(|b| b.is_ascii_digit());
    match digits.parse() {
        Ok(port) if plain && port != 0 => Ok(port),
        _ => Err(UrlError::Port),
    }
}

fn check_host(host: &str) -> Result<(), UrlError> {
    if let Some(inner) = host.strip_prefix('[') {
        let address = inner.strip_suffix(']').ok_or(UrlError::Host)?;
        return address.parse::<Ipv6Addr>().map(drop).map_err(|_| UrlError::Host);
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    if host.is_empty() || !host.bytes().all(plain) || (is_numeric(host) && host.parse::<Ipv4Addr>().is_err()) {
        return Err(UrlError::Host);
    }
    Ok(())
}

/// Whether the last label is a number: such a host is an address or nothing (WHATWG URL, "ends in a number"). Resolvers read
/// `127.1`, `0x7f.1` and `2130706433` as 127.0.0.1.
fn is_numeric(host: &str) -> bool {
    let label = host.strip_suffix('.').unwrap_or(host).rsplit('.').next().unwrap_or_default();
    let hex = label.strip_prefix("0x").or_else(|| label.strip_prefix("0X"));
    match hex {
        Some(digits) => digits.bytes().all(|b| b.is_ascii_hexdigit()),
        None => !label.is_empty() && label.bytes().all(|b| b.is_ascii_digit()),
    }
}

/// Whether `text` is a strict `host[:port]`: DNS labels of at most 63 characters and 253 in all, an IPv4 address without
/// leading zeros, or a bracketed IPv6 address; a port without leading zeros (the rule of oapi-sdk-go, 2026, 33810c4).
pub(crate) fn is_strict_authority(text: &str) -> bool {
    let Ok((host_end, port)) = split_authority(text) else { return false };
    let (Some(host), Some(after)) = (text.get(..host_end), text.get(host_end..)) else { return false };
    if after.starts_with(":0") || after == ":" || (port.is_none() && !after.is_empty()) {
        return false;
    }
    if host.starts_with('[') {
        return true;
    }
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    host.len() <= 253 && host.split('.').all(label)
}

/// Percent-decodes a query part; `+` is a space. What is not valid stays as it is.
fn decode(text: &str) -> String {
    decode_percent(&text.replace('+', " "))
}

/// Percent-decodes a text. What is not valid stays as it is.
pub(crate) fn decode_percent(text: &str) -> String {
    let hex = |b: Option<&u8>| b.and_then(|b| char::from(*b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&b, after)) = rest.split_first() {
        rest = after;
        match (b, hex(after.first()), hex(after.get(1))) {
            (b'%', Some(high), Some(low)) => {
                out.push(high << 4 | low);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => out.push(b),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Percent-encodes everything but the unreserved characters of RFC 3986.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for b in text.bytes() {
        match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(b)),
            _ => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests;
