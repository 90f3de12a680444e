//! The set-up of 2019: client, router, server, and the hook on the router.

use std::fs;

use crate::bed::{HookServer, client, good_ledger, is_possible, start_in};
use crate::netns::Namespace;
use crate::traces::Traces;

const TRANSACTIONS: u64 = 1000;
const LENGTH: &str = "-1000";
/// The router as the client sees it.
pub(crate) const ROUTER: &str = "10.0.1.254";
/// The target as everybody sees it.
pub(crate) const TARGET: &str = "10.0.2.2";

/// Client, router and target in a row.
pub(crate) struct Chain {
    pub(crate) client: Namespace,
    pub(crate) router: Namespace,
    pub(crate) target: Namespace,
}

impl Chain {
    /// All three, with the routes between them.
    pub(crate) fn new() -> Self {
        let chain = Self { client: Namespace::new(), router: Namespace::new(), target: Namespace::new() };
        chain.join(&chain.client, "10.0.1.2", ("left0", ROUTER));
        chain.join(&chain.target, TARGET, ("right0", "10.0.2.254"));
        chain.router.run(|| fs::write("/proc/sys/net/ipv4/ip_forward", "1")).expect("a router");
        chain
    }

    /// Joins `host` to the router, which is its way to everywhere.
    fn join(&self, host: &Namespace, address: &str, (interface, router): (&str, &str)) {
        let thread = host.run(|| fs::read_link("/proc/thread-self")).expect("a thread");
        let thread = thread.file_name().and_then(|name| name.to_str()).expect("a number").to_owned();
        self.router.ip(&format!("link add {interface} type veth peer name host0 netns {thread}"));
        for (namespace, interface, address) in [(&self.router, interface, router), (host, "host0", address)] {
            namespace.ip(&format!("address add {address}/24 dev {interface}"));
            namespace.ip(&format!("link set {interface} up"));
        }
        self.router.await_carrier(interface);
        host.await_carrier("host0");
        host.ip(&format!("route add default via {router}"));
    }
}

#[test]
fn a_router_between_hosts_the_hook() {
    if !is_possible() {
        return;
    }
    let chain = Chain::new();
    let server = HookServer::permissive(&chain.target, TARGET);
    let before = Traces::of(&chain.router);
    // Also where it listens everywhere: the interface is that of the address by which it was reached.
    let anywhere = HookServer::permissive(&chain.router, "0.0.0.0");
    for hook_host in [HookServer::permissive(&chain.router, ROUTER), anywhere, HookServer::everywhere(&chain.router)] {
        for (hook, place) in [("ebpf@xdp", "xdp-native on left0"), ("lua@nfqueue", "on FORWARD, by iptables")] {
            let mut command = client(TARGET, &server);
            command.args(["-l", LENGTH, "--hook", hook, "--hook-host", &format!("{ROUTER},{}", hook_host.port())]);
            let ledger = good_ledger(&start_in(&chain.client, command).finish());
            assert!(ledger.attached.ends_with(place), "{ledger:?}");
            ledger.assert_saw(TRANSACTIONS);
            assert_eq!(Traces::of(&chain.router), before);
        }
        hook_host.finish_content();
    }
    server.finish_content();
}
