//! A client that would connect to itself.
//!
//! With the same data port at both ends (test `-P N`) and the server on this host, both ends of the connection would be
//! one and the same address: the kernel then connects the client's socket to itself, netperf measures that, and its
//! server waits for ever. Another loopback address for the client keeps the ends apart.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

use super::RunFailure;

/// A loopback address that nothing comes from unless it is told to.
const OTHER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// Where to come from instead of the wildcard address `source`, if that would be `destination` itself; the ports are
/// those of the data connection.
///
/// # Errors
/// IPv6 has one loopback address only.
pub(super) fn apart_from(source: SocketAddr, destination: SocketAddr) -> Result<Option<SocketAddr>, RunFailure> {
    let same_port = source.port() != 0 && source.port() == destination.port();
    if !same_port || !source.ip().is_unspecified() || !is_ours(destination.ip()) {
        return Ok(None);
    }
    if destination.is_ipv6() {
        return Err(RunFailure::Setup(format!(
            "-- -P: with port {} at both ends on one host the client would connect to itself; leave one of them out",
            source.port()
        )));
    }
    Ok(Some(SocketAddr::new(OTHER.into(), source.port())))
}

/// Whether `ip` belongs to this host: packets to it then come from it.
pub(super) fn is_ours(ip: IpAddr) -> bool {
    let any: IpAddr = if ip.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { std::net::Ipv6Addr::UNSPECIFIED.into() };
    // Connecting a datagram socket sends nothing; any port will do.
    let route = || {
        let socket = UdpSocket::bind((any, 0))?;
        socket.connect((ip, 1))?;
        socket.local_addr()
    };
    route().is_ok_and(|own| own.ip() == ip)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apart(source: &str, destination: &str) -> Option<String> {
        let parse = |text: &str| text.parse().expect("address");
        apart_from(parse(source), parse(destination)).expect("possible").map(|other| other.to_string())
    }

    #[test]
    fn only_the_same_port_on_this_host_needs_another_address() {
        assert_eq!(apart("0.0.0.0:7", "127.0.0.1:7").as_deref(), Some("127.0.0.2:7"));
        for (source, destination) in [
            ("0.0.0.0:0", "127.0.0.1:0"),
            ("0.0.0.0:7", "127.0.0.1:8"),
            ("127.0.0.5:7", "127.0.0.1:7"),
            // The kernel comes from 127.0.0.1 to all others of its kind.
            ("0.0.0.0:7", "127.0.0.9:7"),
            ("0.0.0.0:7", "192.0.2.1:7"),
        ] {
            assert_eq!(apart(source, destination), None, "{source} {destination}");
        }
    }

    #[test]
    fn ipv6_has_nowhere_else_to_come_from() {
        let [source, destination] = ["[::]:7", "[::1]:7"].map(|text| text.parse().expect("address"));
        assert!(!is_ours("::1".parse().expect("address")) || apart_from(source, destination).is_err());
    }
}
