//! Who may use the control API: programs on this machine, and pages that came from here.
//!
//! A web page of somebody else can make a browser send requests to the loopback interface, either under its own name
//! (DNS rebinding: then `Host` is that name) or across origins (CSRF: then `Origin` is another one). Both are refused.

use std::net::IpAddr;

use hyper::header::{HOST, HeaderName, ORIGIN};
use hyper::http::request::Parts;

use super::problem::Problem;

/// Lets a request pass or says why not. `local` is the address that the client connected to, `allowed` are names that
/// somebody has allowed.
pub(super) fn admit(head: &Parts, local: Option<IpAddr>, allowed: &[String]) -> Result<(), Problem> {
    let header = |name: HeaderName| head.headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let host = header(HOST).unwrap_or_default();
    let name = without_port(host);
    let is_allowed = allowed.iter().any(|allowed| name.eq_ignore_ascii_case(allowed));
    if !is_allowed && !is_ours(name, local) {
        let text = format!("the Host {host:?} is not a name of this simulator");
        return Err(Problem::forbidden(
            text,
            "use http://127.0.0.1 or http://localhost with the port, or --allow-host",
        ));
    }
    // What somebody has allowed may have TLS in front of it.
    let is_same = |origin: &str| {
        origin.strip_prefix("http://").or(origin.strip_prefix("https://").filter(|_| is_allowed)) == Some(host)
    };
    if let Some(origin) = header(ORIGIN)
        && !is_same(origin)
    {
        let text = format!("a page of {origin:?} may not use this simulator");
        return Err(Problem::forbidden(text, "only the simulator's own page may, or programs that send no Origin"));
    }
    Ok(())
}

fn without_port(host: &str) -> &str {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name)
}

/// Whether it is a loopback name or the address that the client connected to.
fn is_ours(name: &str, local: Option<IpAddr>) -> bool {
    match name.parse::<IpAddr>() {
        Ok(address) => address.is_loopback() || Some(address) == local,
        Err(_) => name.eq_ignore_ascii_case("localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(host: &str, origin: Option<&str>) -> Option<String> {
        let mut request = hyper::Request::builder().uri("/_sim/v1/state").header(HOST, host);
        if let Some(origin) = origin {
            request = request.header(ORIGIN, origin);
        }
        let (head, ()) = request.body(()).ok()?.into_parts();
        admit(&head, "192.0.2.7".parse().ok(), &["sim.internal".to_owned()]).err().map(|problem| problem.message)
    }

    #[test]
    fn names_of_this_machine_pass() {
        let mine = ["127.0.0.1:9380", "127.0.0.1", "localhost:9380", "LOCALHOST", "[::1]:9380", "[::1]", "192.0.2.7:1"];
        for host in mine {
            assert_eq!(verdict(host, None), None, "{host}");
            assert_eq!(verdict(host, Some(&format!("http://{host}"))), None, "{host}");
        }
    }

    #[test]
    fn other_names_do_not_even_if_they_look_alike() {
        for host in ["", "evil.example:9380", "127.0.0.1.evil.example", "localhost.evil.example", "192.0.2.8", "[::2]"]
        {
            assert!(verdict(host, None).is_some(), "{host}");
        }
    }

    #[test]
    fn an_allowed_name_passes_with_or_without_tls_in_front_of_it() {
        for host in ["sim.internal", "SIM.internal:9380"] {
            for origin in [None, Some(format!("http://{host}")), Some(format!("https://{host}"))] {
                assert_eq!(verdict(host, origin.as_deref()), None, "{host} {origin:?}");
            }
            assert!(verdict(host, Some("https://evil.example")).is_some(), "{host}");
        }
        assert!(verdict("sim.internal.evil.example", None).is_some());
    }

    #[test]
    fn pages_from_elsewhere_do_not_pass() {
        let elsewhere = ["http://evil.example", "https://127.0.0.1:9380", "http://127.0.0.1:3000", "null", ""];
        for origin in elsewhere {
            assert!(verdict("127.0.0.1:9380", Some(origin)).is_some(), "{origin}");
        }
    }
}
