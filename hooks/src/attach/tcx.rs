//! The interface's tc hook: a tcx link, or on kernels before 6.6 a filter of the clsact qdisc.

use std::process::{Command, Stdio};

use aya::programs::tc::{NlOptions, TcAttachOptions, qdisc_add_clsact};
use aya::programs::{LinkOrder, ProgramError, SchedClassifier, TcAttachType};
use aya::util::KernelVersion;

use super::claim::Claim;
use super::kernel::Attachment;
use crate::engine::ebpf::{EbpfError, Errno};
use crate::spec::{AttachPoint, InterfaceName};

/// The first kernel with tcx links.
const TCX: KernelVersion = KernelVersion::new(6, 6, 0);

/// Attaches `program` to the side of the interface's tc hook that `attach` names, behind what is there already.
pub(super) fn attach(
    program: &mut SchedClassifier,
    attach: AttachPoint,
    interface: &InterfaceName,
) -> Result<Attachment, EbpfError> {
    if KernelVersion::current().is_ok_and(|version| version >= TCX) {
        attach_link(program, attach, interface)
    } else {
        attach_filter(program, attach, interface)
    }
}

fn attach_link(
    program: &mut SchedClassifier,
    attach: AttachPoint,
    interface: &InterfaceName,
) -> Result<Attachment, EbpfError> {
    let claim = Claim::new(interface, attach)?;
    let link = link(program, attach, interface, TcAttachOptions::TcxOrder(LinkOrder::last()))?;
    Ok(Attachment { place: format!("{attach} on {interface}"), guard: Box::new((link, claim)) })
}

/// The way of old kernels. They do not remove a filter whose process died.
fn attach_filter(
    program: &mut SchedClassifier,
    attach: AttachPoint,
    interface: &InterfaceName,
) -> Result<Attachment, EbpfError> {
    let claim = Claim::new(interface, attach)?;
    let qdisc = Clsact::ensure(interface)?;
    let filter = link(program, attach, interface, TcAttachOptions::Netlink(NlOptions::default()))?;
    Ok(Attachment {
        place: format!("{attach} on {interface} (clsact filter)"),
        guard: Box::new((filter, qdisc, claim)),
    })
}

fn link(
    program: &mut SchedClassifier,
    attach: AttachPoint,
    interface: &InterfaceName,
    options: TcAttachOptions,
) -> Result<impl Send + use<>, EbpfError> {
    let side = if attach == AttachPoint::TcxEgress { TcAttachType::Egress } else { TcAttachType::Ingress };
    program
        .attach_with_options(interface.as_str(), side, options)
        .and_then(|id| program.take_link(id))
        .map_err(|error: ProgramError| explain(&error, interface))
}

fn explain(error: &impl Errno, interface: &InterfaceName) -> EbpfError {
    match error.errno() {
        Some(libc::ENODEV) => EbpfError::NoInterface(interface.to_string()),
        _ => EbpfError::from_kernel("attaching to tc", error),
    }
}

/// A clsact qdisc that was not there before, removed when this is dropped.
struct Clsact {
    ours: Option<InterfaceName>,
}

impl Clsact {
    fn ensure(interface: &InterfaceName) -> Result<Clsact, EbpfError> {
        match qdisc_add_clsact(interface.as_str()) {
            Ok(()) => Ok(Clsact { ours: Some(interface.clone()) }),
            Err(error) if error.errno() == Some(libc::EEXIST) => Ok(Clsact { ours: None }),
            Err(error) => Err(explain(&error, interface)),
        }
    }
}

impl Drop for Clsact {
    fn drop(&mut self) {
        let Some(interface) = &self.ours else { return };
        // The loader can add the qdisc but not remove it. If `tc` is missing, an empty qdisc stays behind.
        let _ = Command::new("tc")
            .args(["qdisc", "del", "dev", interface.as_str(), "clsact"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ebpf::EbpfProgram;

    /// What `tc` says in this thread's namespace.
    fn tc(arguments: &str) -> String {
        let output = Command::new("tc").args(arguments.split(' ')).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Attaches as an old kernel makes us, and detaches.
    fn filter_comes_and_goes() {
        let before = tc("qdisc show dev lo");
        let mut program = EbpfProgram::load(&"ebpf@tcx-egress".parse().unwrap(), None).unwrap();
        let attached =
            attach_filter(program.attachable().unwrap(), AttachPoint::TcxEgress, &"lo".parse().unwrap()).unwrap();
        assert_eq!(attached.place, "tcx-egress on lo (clsact filter)");
        assert!(tc("filter show dev lo egress").contains("tc_port"));
        drop(attached);
        assert_eq!(tc("filter show dev lo egress"), "");
        assert_eq!(tc("qdisc show dev lo"), before);
    }

    #[test]
    fn old_kernels_get_a_filter_and_keep_the_qdisc_they_had() {
        let in_namespace = std::thread::spawn(|| {
            // SAFETY: changes the network namespace of this thread only, which ends with the test.
            if unsafe { libc::unshare(libc::CLONE_NEWNET) } != 0 {
                assert!(std::env::var_os("RRGEN_CI").is_none(), "root is missing");
                eprintln!("skipped: it needs root");
                return;
            }
            filter_comes_and_goes();
            tc("qdisc add dev lo clsact");
            filter_comes_and_goes();
        });
        in_namespace.join().unwrap();
    }
}
