//! Which addresses and interfaces the paths have: fixed, so that two comparisons differ in nothing.
//!
//! All in 10.0.0.0/24 as in 2019. Each link is a /30 of its own, so that routing needs no help to tell paths apart.

use std::fmt;
use std::net::Ipv4Addr;

/// Addresses of a /30, usable or not.
const LINK_ADDRESSES: u8 = 4;

/// One end of a veth pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct End {
    /// Name of the interface.
    pub(super) interface: String,
    /// Its address, in a /30.
    pub(super) address: Ipv4Addr,
}

impl End {
    fn new(interface: String, host: u8) -> Self {
        Self { interface, address: Ipv4Addr::new(10, 0, 0, host) }
    }

    /// Its hardware address: locally administered, with the IP address inside.
    pub(super) fn mac(&self) -> impl fmt::Display + use<> {
        let [a, b, c, d] = self.address.octets();
        format!("02:00:{a:02x}:{b:02x}:{c:02x}:{d:02x}")
    }

    /// The link that it is on.
    pub(super) fn network(&self) -> impl fmt::Display + use<> {
        format!("{}/30", Ipv4Addr::from_bits(self.address.to_bits() & !u32::from(LINK_ADDRESSES - 1)))
    }
}

/// The veth pairs of one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PathPlan {
    /// The client's interface.
    pub(super) client: End,
    /// The router's two interfaces, towards the client and towards the server; `None` without a router.
    pub(super) router: Option<[End; 2]>,
    /// The server's interface.
    pub(super) server: End,
}

impl PathPlan {
    /// Where requests reach the router, if there is one.
    pub(super) fn towards_client(&self) -> Option<&End> {
        self.router.as_ref().map(|[towards_client, _]| towards_client)
    }
}

/// Client and server, joined by a veth pair per path.
pub(super) fn direct(paths: usize) -> Vec<PathPlan> {
    let path = |path: u8| {
        let [server, client] = hosts(path);
        PathPlan {
            client: End::new(format!("client{path}"), client),
            router: None,
            server: End::new(format!("server{path}"), server),
        }
    };
    numbers(paths).map(path).collect()
}

/// Client, router and server, joined by two veth pairs per path.
pub(super) fn router(paths: usize) -> Vec<PathPlan> {
    let path = |path: u8| {
        let [server, far] = hosts(2 * path);
        let [near, client] = hosts(2 * path + 1);
        PathPlan {
            client: End::new(format!("client{path}"), client),
            router: Some([End::new(format!("near{path}"), near), End::new(format!("far{path}"), far)]),
            server: End::new(format!("server{path}"), server),
        }
    };
    numbers(paths).map(path).collect()
}

/// The last octets of both ends of a link.
fn hosts(link: u8) -> [u8; 2] {
    [1, 2].map(|end| link * LINK_ADDRESSES + end)
}

/// The numbers of the paths.
///
/// # Panics
/// There are more than comparisons have variants, for which the addresses suffice.
fn numbers(paths: usize) -> impl Iterator<Item = u8> {
    assert!(paths <= crate::results::MAX_VARIANTS, "{paths} paths");
    0..paths as u8
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::results::MAX_VARIANTS;

    fn ends(paths: &[PathPlan]) -> Vec<&End> {
        paths
            .iter()
            .flat_map(|path| [&path.client, &path.server].into_iter().chain(path.router.iter().flatten()))
            .collect()
    }

    #[test]
    fn the_first_server_is_where_it_was_in_2019() {
        for plan in [direct(1), router(1)] {
            assert_eq!(plan[0].server.address, Ipv4Addr::new(10, 0, 0, 1));
            assert_eq!(plan[0].server.mac().to_string(), "02:00:0a:00:00:01");
        }
    }

    #[test]
    fn nothing_is_used_twice_and_both_ends_share_a_network() {
        for plan in [direct(MAX_VARIANTS), router(MAX_VARIANTS)] {
            let ends = ends(&plan);
            let addresses: BTreeSet<_> = ends.iter().map(|end| end.address).collect();
            let names: BTreeSet<_> = ends.iter().map(|end| &end.interface).collect();
            let networks: BTreeSet<_> = ends.iter().map(|end| end.network().to_string()).collect();
            assert_eq!((addresses.len(), names.len()), (ends.len(), ends.len()));
            assert_eq!(2 * networks.len(), ends.len());
        }
    }

    #[test]
    fn requests_reach_the_router_where_there_is_one() {
        assert_eq!(direct(2)[1].towards_client(), None);
        assert_eq!(router(2)[1].towards_client().unwrap().interface, "near1");
        let far = &router(2)[1].router.clone().unwrap()[1];
        assert_eq!((far.network().to_string().as_str(), far.address.octets()[3]), ("10.0.0.8/30", 10));
    }
}
