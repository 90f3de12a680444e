//! What this machine allows a comparison to use; what it does not is skipped by name, and in CI a failure.

use hooks::capability::Host;
use hooks::{AttachPoint, Engine};
use rrgen::testbed::Namespace;

/// Whether this machine gives no namespaces; in CI that is a failure.
pub(crate) fn without_namespaces() -> bool {
    let Err(e) = Namespace::new() else { return false };
    assert!(std::env::var_os("RRGEN_CI").is_none(), "no namespaces in CI: {e}");
    eprintln!("skipped: no network namespace: {e}");
    true
}

/// Whether this process cannot have hooks in the kernel; in CI that is a failure.
pub(crate) fn without_kernel_hooks() -> bool {
    let host = Host::probe();
    let needed = [(Engine::Ebpf, AttachPoint::Xdp), (Engine::Lua, AttachPoint::Nfqueue)];
    let missing: Vec<_> = needed.into_iter().flat_map(|(engine, attach)| host.missing(engine, attach)).collect();
    assert!(missing.is_empty() || std::env::var_os("RRGEN_CI").is_none(), "no hooks in CI: {missing:?}");
    if !missing.is_empty() {
        eprintln!("skipped: {}", missing.join("; "));
    }
    !missing.is_empty()
}
