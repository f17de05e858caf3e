//! What `no_proxy` says: which hosts are reached without a proxy.

use std::net::IpAddr;

/// A list, separated by commas or spaces, of:
///
/// - `*`: every host,
/// - `example.com`, `.example.com` or `*.example.com`: the domain and all below it,
/// - `10.0.0.1`, `[2001:db8::1]`: an address, as it stands in the URL; names are not resolved for this,
/// - `10.0.0.0/8`, `2001:db8::/32`: all addresses of a network,
///
/// each but a network with `:port` behind it if only that port is meant. What is none of these matches nothing.
#[derive(Clone, Debug)]
pub(super) struct NoProxy(Vec<Entry>);

#[derive(Clone, Debug)]
struct Entry {
    hosts: Hosts,
    port: Option<u16>,
}

#[derive(Clone, Debug)]
enum Hosts {
    All,
    /// In lower case, without dots at its ends.
    Domain(String),
    /// The addresses that begin with the same bits.
    Network(IpAddr, u32),
}

impl NoProxy {
    pub(super) fn parse(text: &str) -> NoProxy {
        let entries = text.split(|c: char| c == ',' || c.is_whitespace()).filter(|entry| !entry.is_empty());
        NoProxy(entries.filter_map(Entry::parse).collect())
    }

    pub(super) fn matches(&self, host: &str, port: u16) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        let address = address(&host);
        self.0.iter().any(|entry| entry.port.is_none_or(|only| only == port) && entry.hosts.contain(&host, address))
    }
}

impl Entry {
    fn parse(text: &str) -> Option<Entry> {
        if let Some((network, bits)) = text.split_once('/') {
            let (network, bits) = (address(network)?, bits.parse().ok()?);
            let most = if network.is_ipv4() { 32 } else { 128 };
            return (bits <= most).then_some(Entry { hosts: Hosts::Network(network, bits), port: None });
        }
        // Without brackets the colons of an IPv6 address are its own.
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if address(text).is_none() => (host, Some(port.parse().ok()?)),
            _ => (text, None),
        };
        Some(Entry { hosts: Hosts::parse(host)?, port })
    }
}

impl Hosts {
    fn parse(host: &str) -> Option<Hosts> {
        if let Some(address) = address(host) {
            return Some(Hosts::Network(address, if address.is_ipv4() { 32 } else { 128 }));
        }
        let domain = host.strip_prefix('*').unwrap_or(host).trim_matches('.').to_ascii_lowercase();
        match (host, domain.is_empty()) {
            ("*", _) => Some(Hosts::All),
            (_, true) => None,
            (_, false) => Some(Hosts::Domain(domain)),
        }
    }

    fn contain(&self, host: &str, address: Option<IpAddr>) -> bool {
        match (self, address) {
            (Hosts::All, _) => true,
            (Hosts::Domain(domain), None) => {
                host.strip_suffix(domain.as_str()).is_some_and(|above| above.is_empty() || above.ends_with('.'))
            }
            (Hosts::Network(network, bits), Some(address)) => match (network, address) {
                (IpAddr::V4(a), IpAddr::V4(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros() >= *bits,
                (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros() >= *bits,
                _ => false,
            },
            _ => false,
        }
    }
}

/// The address that a host is, with brackets or without.
fn address(host: &str) -> Option<IpAddr> {
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    inner.unwrap_or(host).parse().ok()
}
