//! Which interface a connection comes in by: the one that has the address it was made to.

use std::net::IpAddr;

use nix::ifaddrs::getifaddrs;

use super::HostError;
use crate::spec::InterfaceName;

/// The interface that has `address`, in this thread's network namespace.
///
/// # Errors
/// No interface has it, or they cannot be listed.
pub(super) fn interface_of(address: IpAddr) -> Result<InterfaceName, HostError> {
    let address = address.to_canonical();
    let owner = getifaddrs()
        .map_err(|errno| HostError::Interfaces(errno.into()))?
        .find(|entry| entry.address.as_ref().and_then(ip) == Some(address));
    owner.and_then(|entry| entry.interface_name.parse().ok()).ok_or(HostError::NoInterface(address))
}

fn ip(address: &nix::sys::socket::SockaddrStorage) -> Option<IpAddr> {
    let v4 = address.as_sockaddr_in().map(|address| IpAddr::V4(address.ip()));
    v4.or_else(|| address.as_sockaddr_in6().map(|address| IpAddr::V6(address.ip())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_has_its_address_and_nobody_has_a_documentation_address() {
        let loopback = interface_of(IpAddr::from([127, 0, 0, 1])).unwrap();
        assert_eq!(loopback.as_str(), "lo");
        assert!(matches!(interface_of(IpAddr::from([192, 0, 2, 1])), Err(HostError::NoInterface(_))));
    }
}
