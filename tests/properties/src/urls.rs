use std::net::{Ipv4Addr, Ipv6Addr};

use larkwire_core::{Scheme, Url};
use url::Host;

/// A text as a URL, with the crate `url` as the oracle.
///
/// What is accepted is one of four schemes, without user information and fragment, kept byte for byte. Where the oracle
/// accepts it too, both agree on host, port and query values; what counts as this machine is this machine for the oracle.
/// Neither Debug nor Display shows a value of the query.
pub fn url(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(ours) = Url::parse(text) else { return };
    let (scheme, rest) = text.split_once("://").expect("an absolute URL");
    assert!(ours.scheme().as_str().eq_ignore_ascii_case(scheme));
    assert_eq!(ours.expose(), format!("{}://{rest}", ours.scheme().as_str()), "not kept byte for byte");
    assert!(!text.contains('#') && !ours.authority().contains('@'));
    assert!(text.len() <= 8 * 1024 && text.bytes().all(|b| b.is_ascii_graphic()));
    assert_eq!(Url::parse(&ours.expose()).as_ref(), Ok(&ours));
    let path = ours.path_and_query();
    assert!(path.starts_with(['/', '\\']), "{path}");
    shows_no_values(&ours);

    let Ok(theirs) = url::Url::parse(text) else { return };
    assert!(theirs.username().is_empty() && theirs.password().is_none() && theirs.fragment().is_none());
    assert_eq!(theirs.port_or_known_default().filter(|port| *port != 0), Some(ours.port()));
    match theirs.host().expect("a host") {
        Host::Domain(domain) => {
            assert!(domain.eq_ignore_ascii_case(ours.host()));
            assert_eq!(ours.is_loopback(), domain == "localhost");
        }
        // The oracle also reads 0x7f.1 as an address; to us it is a name, and not this machine.
        Host::Ipv4(address) => match ours.host().parse::<Ipv4Addr>() {
            Ok(ours) => assert_eq!(ours, address),
            Err(_) => assert!(!ours.is_loopback()),
        },
        Host::Ipv6(address) => assert_eq!(ours.host().parse::<Ipv6Addr>(), Ok(address)),
    }
    if ours.is_loopback() {
        assert!(match theirs.host() {
            Some(Host::Domain(domain)) => domain == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        });
    }
    for (name, _) in theirs.query_pairs() {
        let first = theirs.query_pairs().find(|(other, _)| *other == name).map(|(_, value)| value.into_owned());
        assert_eq!(ours.query_value(&name), first, "the value of {name:?}");
    }
    assert!(matches!(ours.scheme(), Scheme::Http | Scheme::Https | Scheme::Ws | Scheme::Wss));
}

/// Display ends before the query; Debug goes on with the names in it.
fn shows_no_values(url: &Url) {
    let all = url.expose();
    let (visible, query) = all.split_once('?').unwrap_or((&all, ""));
    assert_eq!(url.to_string(), visible);
    let pairs: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    let named = |pair: &&'_ str| pair.split_once('=').map_or(pair.to_string(), |(name, _)| name.to_owned());
    assert_eq!(url.query_names().map(str::to_owned).collect::<Vec<_>>(), pairs.iter().map(named).collect::<Vec<_>>());
    // What has no name may be all value.
    let shown = |pair: &&str| format!("{}=***", pair.split_once('=').map_or("", |(name, _)| name));
    let names: Vec<String> = pairs.iter().map(shown).collect();
    let mark = if names.is_empty() { "" } else { "?" };
    assert_eq!(format!("{url:?}"), format!("{visible}{mark}{}", names.join("&")));
}
