//! The hosts of a test-bed: namespaces, and what is set up in them before anything is measured.

use std::fs;
use std::io;
use std::path::Path;

use super::plan::{End, PathPlan};
use super::{BedError, Namespace, ip};

/// Kernel settings of every host. IPv6 would send packets of its own, which hooks would count.
const SILENCE: [&str; 2] = ["/proc/sys/net/ipv6/conf/all/disable_ipv6", "/proc/sys/net/ipv6/conf/default/disable_ipv6"];

/// What makes a host a router.
const FORWARD: &str = "/proc/sys/net/ipv4/ip_forward";

/// Step 1 on every host: pairs are made, before their far ends are set up.
const PAIRS: usize = 0;

/// Step 2 on every host: addresses, and both ends of every pair up.
const LINKS: usize = 1;

/// Step 3 on every host: what can be said of links that are up.
const ROUTES: usize = 2;

/// Hosts that are joined as planned.
#[derive(Debug)]
pub(super) struct Hosts {
    client: Host,
    router: Option<Host>,
    server: Host,
}

impl Hosts {
    /// Makes the hosts and sets everything up; returns when packets can cross.
    ///
    /// # Errors
    /// The privileges, the program `ip` or a resource of the kernel is missing.
    pub(super) fn build(paths: &[PathPlan]) -> Result<Self, BedError> {
        let with_router = paths.iter().any(|path| path.router.is_some());
        let mut hosts =
            Self { client: Host::new()?, router: with_router.then(Host::new).transpose()?, server: Host::new()? };
        paths.iter().for_each(|path| hosts.add(path));
        if let Some(router) = &hosts.router {
            router.set(FORWARD, "1").map_err(|e| BedError::Namespace("forward packets", e))?;
        }
        let all = || [Some(&hosts.client), hosts.router.as_ref(), Some(&hosts.server)].into_iter().flatten();
        for step in [PAIRS, LINKS, ROUTES] {
            all().try_for_each(|host| ip::batch(&host.namespace, &host.steps[step]))?;
        }
        all().try_for_each(|host| ip::await_links(&host.namespace))?;
        Ok(hosts)
    }

    pub(super) fn client(&self) -> &Namespace {
        &self.client.namespace
    }

    pub(super) fn server(&self) -> &Namespace {
        &self.server.namespace
    }

    pub(super) fn router(&self) -> Option<&Namespace> {
        self.router.as_ref().map(|router| &router.namespace)
    }

    fn add(&mut self, path: &PathPlan) {
        let PathPlan { client, router, server } = path;
        match (router, &mut self.router) {
            (Some([near, far]), Some(router)) => {
                join((&mut self.client, client), (router, near));
                join((router, far), (&mut self.server, server));
                self.client.route(server, near);
                self.server.route(client, far);
            }
            _ => join((&mut self.client, client), (&mut self.server, server)),
        }
    }
}

/// One host, and what `ip` is to do there.
#[derive(Debug)]
struct Host {
    namespace: Namespace,
    steps: [Vec<String>; 3],
}

impl Host {
    fn new() -> Result<Self, BedError> {
        let namespace = Namespace::new().map_err(|e| BedError::Namespace("make a network namespace", e))?;
        let host = Self { namespace, steps: [Vec::new(), vec!["link set lo up".into()], Vec::new()] };
        let settings = SILENCE.into_iter().filter(|setting| Path::new(setting).exists());
        settings
            .into_iter()
            .try_for_each(|setting| host.set(setting, "1"))
            .map_err(|e| BedError::Namespace("switch IPv6 off", e))?;
        Ok(host)
    }

    /// A setting of this host alone.
    fn set(&self, setting: &str, value: &str) -> io::Result<()> {
        self.namespace.run(|| fs::write(setting, value))
    }

    fn address(&mut self, own: &End, neighbour: &End) {
        let End { interface, address } = own;
        self.steps[LINKS].push(format!("address add {address}/30 dev {interface}"));
        self.steps[LINKS].push(format!("link set {interface} up"));
        // Nobody has to ask for hardware addresses in the middle of a measurement.
        let (far, mac) = (neighbour.address, neighbour.mac());
        self.steps[ROUTES].push(format!("neighbour replace {far} lladdr {mac} dev {interface} nud permanent"));
    }

    fn route(&mut self, to: &End, via: &End) {
        self.steps[ROUTES].push(format!("route add {} via {}", to.network(), via.address));
    }
}

/// Joins two hosts by a veth pair.
fn join((host, end): (&mut Host, &End), (far_host, far_end): (&mut Host, &End)) {
    let (name, mac, far_name, far_mac) = (&end.interface, end.mac(), &far_end.interface, far_end.mac());
    let far_path = far_host.namespace.path();
    host.steps[PAIRS].push(format!(
        "link add {name} address {mac} type veth peer name {far_name} address {far_mac} netns {}",
        far_path.display()
    ));
    host.address(end, far_end);
    far_host.address(far_end, end);
}
