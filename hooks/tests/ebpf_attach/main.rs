//! Kernel hooks where they belong: on interfaces and sockets in network namespaces, with TCP running through them.
#![cfg(feature = "ebpf")]

#[path = "../support/netns.rs"]
mod netns;
#[path = "../support/mod.rs"]
mod support;

mod counts;
mod drops;
mod foreign;
mod lifetime;
mod traffic;

use std::time::{Duration, Instant};

use aya::programs::{SchedClassifier, TcAttachType};
use hooks::attach::kernel::KernelHook;
use hooks::engine::ebpf::{EbpfError, EbpfProgram};

use netns::Namespace;

/// The kernel removes what nobody holds any more in its own time, which is much less than this. Until a child that
/// another test just forked calls `exec`, the child holds it too.
const PATIENCE: Duration = Duration::from_secs(10);

/// Waits until the kernel has done its part.
#[track_caller]
fn eventually(what: &str, done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "{what}");
        std::thread::yield_now();
    }
}

/// Attaches a hook to an interface of a namespace.
fn attach(namespace: &Namespace, spec: &str, interface: &str) -> Result<KernelHook, EbpfError> {
    let (spec, interface) = (spec.parse().unwrap(), interface.parse().unwrap());
    namespace.run(move || KernelHook::on_interface(EbpfProgram::load(&spec, None)?, &interface))
}

/// What an operator would find out about the hooks on an interface.
fn hooks_on(namespace: &Namespace, interface: &'static str) -> String {
    let tcx = namespace.run(move || {
        [TcAttachType::Ingress, TcAttachType::Egress].map(|side| {
            let (_, programs) = SchedClassifier::query_tcx(interface, side).unwrap();
            let names: Vec<_> = programs.iter().map(|program| program.name_as_str().map(str::to_owned)).collect();
            format!("{side:?}: {names:?}\n")
        })
    });
    let link = namespace.ip(&format!("-d link show {interface}"));
    link + &namespace.output("tc", &format!("qdisc show dev {interface}")) + &tcx.concat()
}
