//! Two ends that spin on one CPU: neither gives it up while it waits for the other, and what is measured is the scheduler.
//!
//! It works, and may be what somebody wants to see; so it is said, not refused.

use std::net::IpAddr;

use rrserver::LoadTerms;
use rrserver::data::Wait;

use super::own_host::is_ours;
use crate::plan::Load;

/// What to say of a test on these terms with the server at `server`, if anything.
pub(super) fn remark(load: &Load, server: IpAddr) -> Option<String> {
    let Load { local, remote, .. } = load;
    let both_spin = local.wait == Wait::Spin && remote.wait == Wait::Spin;
    let shared = cpus(local).find(|cpu| cpus(remote).any(|other| other == *cpu)).filter(|_| both_spin)?;
    is_ours(server).then(|| {
        format!(
            "--wait: both ends spin on CPU {shared} of this host, where each waits for the other's time slice to end; \
             give them CPUs of their own, as in -T 0,1, or let one of them block"
        )
    })
}

/// The CPUs that threads are bound to.
fn cpus(terms: &LoadTerms) -> impl Iterator<Item = u32> {
    (0..terms.threads as usize).filter_map(|thread| terms.cpus.of_thread(thread))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(local: &str, remote: &str, server: &str) -> Option<String> {
        let terms = |text: &str| text.parse().expect("terms");
        let load = Load { local: terms(local), remote: terms(remote), control_per_flow: false };
        remark(&load, server.parse().expect("address"))
    }

    #[test]
    fn only_two_spinning_ends_that_share_a_cpu_of_one_host_are_told() {
        let (spin_0, elsewhere) = ("wait=spin cpus=0", "192.0.2.1");
        for server in ["127.0.0.1", "::1"] {
            assert!(said(spin_0, spin_0, server).expect("a remark").contains("on CPU 0"));
        }
        let many = said("flows=4 wait=spin cpus=0-1", "flows=4 wait=spin cpus=1+2", "127.0.0.1");
        assert!(many.expect("a remark").contains("on CPU 1"));
        for (local, remote, server) in [
            (spin_0, spin_0, elsewhere),
            (spin_0, "wait=spin cpus=1", "127.0.0.1"),
            (spin_0, "wait=spin", "127.0.0.1"),
            (spin_0, "wait=block cpus=0", "127.0.0.1"),
            ("wait=busy-poll:5 cpus=0", spin_0, "127.0.0.1"),
            ("flows=4 threads=1 wait=spin cpus=0-1", "flows=4 wait=spin cpus=1", "127.0.0.1"),
        ] {
            assert_eq!(said(local, remote, server), None, "{local} {remote} {server}");
        }
    }
}
