//! Names to addresses, with the canonical name that netperf prints.

use std::net::SocketAddr;

use compat::wire::Family;
use dns_lookup::{AddrInfoHints, LookupError, getaddrinfo};

/// An address and what the resolver calls it: the canonical name, or the number as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The canonical name.
    pub name: String,
    /// The address, port 0.
    pub address: SocketAddr,
}

/// Every address of `host` in `family`. Where the family is open IPv4 comes first, which is where a stock
/// netperf ends up too: its own side is 0.0.0.0 unless told otherwise.
///
/// # Errors
/// What the resolver said.
pub fn resolve(host: &str, family: Family) -> Result<Vec<Resolved>, LookupError> {
    let hints = AddrInfoHints {
        flags: libc::AI_CANONNAME,
        address: match family {
            Family::Unspecified => libc::AF_UNSPEC,
            Family::Inet => libc::AF_INET,
            Family::Inet6 => libc::AF_INET6,
        },
        socktype: libc::SOCK_STREAM,
        protocol: libc::IPPROTO_TCP,
    };
    // Only the first entry of an answer carries the canonical name.
    let mut name = None;
    let mut found: Vec<Resolved> = getaddrinfo(Some(host), None, Some(hints))?
        .filter_map(Result::ok)
        .map(|entry| {
            name = name.take().or(entry.canonname);
            Resolved { name: name.clone().unwrap_or_else(|| host.to_owned()), address: entry.sockaddr }
        })
        .collect();
    found.sort_by_key(|resolved| resolved.address.is_ipv6());
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_spelling() {
        for (text, family) in [("127.0.0.1", Family::Unspecified), ("::0", Family::Inet6), ("0.0.0.0", Family::Inet)] {
            let found = resolve(text, family).expect("numeric address");
            assert_eq!(found.len(), 1, "{found:?}");
            assert_eq!(found[0].name, text);
            assert_eq!(found[0].address.port(), 0);
        }
    }

    #[test]
    fn an_open_family_prefers_ipv4() {
        let found = resolve("localhost", Family::Unspecified).expect("localhost");
        assert!(found[0].address.is_ipv4());
    }

    #[test]
    fn a_name_that_does_not_exist_is_the_resolvers_error() {
        let error = resolve("no.such.host.invalid", Family::Unspecified).expect_err("reserved name");
        assert_ne!(error.error_num(), 0);
    }
}
