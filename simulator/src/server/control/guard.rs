//! Who may use the control API: programs on this machine, and pages that came from here.
//!
//! A web page of somebody else can make a browser send requests to the loopback interface, either under its own name
//! (DNS rebinding: then `Host` is that name) or across origins (CSRF: then `Origin` is another one). Both are refused.

use std::net::IpAddr;

use hyper::header::{HOST, HeaderName, ORIGIN};
use hyper::http::request::Parts;

use super::problem::Problem;

/// Lets a request pass or says why not. `local` is the address that the client connected to.
pub(super) fn admit(head: &Parts, local: Option<IpAddr>) -> Result<(), Problem> {
    let header = |name: HeaderName| head.headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let host = header(HOST).unwrap_or_default();
    if !is_ours(host, local) {
        let text = format!("the Host {host:?} is not a name of this simulator");
        return Err(Problem::forbidden(text, "use http://127.0.0.1 or http://localhost with the port"));
    }
    if let Some(origin) = header(ORIGIN)
        && origin.strip_prefix("http://") != Some(host)
    {
        let text = format!("a page of {origin:?} may not use this simulator");
        return Err(Problem::forbidden(text, "only the simulator's own page may, or programs that send no Origin"));
    }
    Ok(())
}

/// Whether `host`, with or without a port, is a loopback name or the address that the client connected to.
fn is_ours(host: &str, local: Option<IpAddr>) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
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
        admit(&head, "192.0.2.7".parse().ok()).err().map(|problem| problem.message)
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
    fn pages_from_elsewhere_do_not_pass() {
        let elsewhere = ["http://evil.example", "https://127.0.0.1:9380", "http://127.0.0.1:3000", "null", ""];
        for origin in elsewhere {
            assert!(verdict("127.0.0.1:9380", Some(origin)).is_some(), "{origin}");
        }
    }
}
