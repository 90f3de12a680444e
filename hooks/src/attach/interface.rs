//! Which interface carries a connection: where a hook goes whose spec does not say `iface=`.

use std::io;
use std::net::IpAddr;

use nix::ifaddrs::{InterfaceAddress, getifaddrs};
use nix::net::if_::InterfaceFlags;

use crate::spec::InterfaceName;

/// The interface on which packets from `peer` to `local` arrive, in this thread's network namespace; `None` when no
/// interface has the local address, or its name is no [`InterfaceName`].
///
/// Packets from one of the host's own addresses travel over loopback, whatever interface has the addresses.
///
/// # Errors
///
/// When the interfaces cannot be listed.
pub fn carrying(local: IpAddr, peer: IpAddr) -> io::Result<Option<InterfaceName>> {
    let interfaces: Vec<InterfaceAddress> = getifaddrs()?.collect();
    let with = |wanted: IpAddr| {
        interfaces.iter().find(|interface| address(interface).is_some_and(|address| address == wanted.to_canonical()))
    };
    let loopback = || interfaces.iter().find(|interface| interface.flags.contains(InterfaceFlags::IFF_LOOPBACK));
    let carrier = with(local).and_then(|own| if with(peer).is_some() { loopback() } else { Some(own) });
    Ok(carrier.and_then(|interface| interface.interface_name.parse().ok()))
}

/// The IP address of an entry that has one.
fn address(interface: &InterfaceAddress) -> Option<IpAddr> {
    let address = interface.address.as_ref()?;
    match (address.as_sockaddr_in(), address.as_sockaddr_in6()) {
        (Some(v4), _) => Some(v4.ip().into()),
        (None, Some(v6)) => Some(v6.ip().into()),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carrier(local: &str, peer: &str) -> Option<String> {
        let carrier = carrying(local.parse().unwrap(), peer.parse().unwrap()).unwrap();
        carrier.map(|name| name.to_string())
    }

    #[test]
    fn loopback_carries_what_stays_on_the_host() {
        assert_eq!(carrier("127.0.0.1", "127.0.0.1").as_deref(), Some("lo"));
        assert_eq!(carrier("::ffff:127.0.0.1", "::ffff:127.0.0.1").as_deref(), Some("lo"));
    }

    #[test]
    fn an_address_of_another_host_is_on_no_interface() {
        assert_eq!(carrier("192.0.2.1", "127.0.0.1"), None);
    }
}
