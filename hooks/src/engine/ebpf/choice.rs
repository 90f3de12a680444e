//! Which program of an object a hook means.

use aya::Ebpf;
use aya::programs::ProgramType;

use super::error::EbpfError;
use crate::named::Named;
use crate::spec::{AttachPoint, Engine, HookSpec};

/// The null engine's programs have this in their names where the others have their rung.
const NULL: &str = "null";

/// An attach point as the kernel sees it: the type of its programs, and how the built-in ones' names begin.
fn kernel_type(attach: AttachPoint) -> Result<(ProgramType, &'static str), EbpfError> {
    match attach {
        AttachPoint::Xdp | AttachPoint::XdpNative | AttachPoint::XdpGeneric => Ok((ProgramType::Xdp, "xdp")),
        AttachPoint::TcxIngress | AttachPoint::TcxEgress => Ok((ProgramType::SchedClassifier, "tc")),
        AttachPoint::Socket => Ok((ProgramType::SocketFilter, "socket")),
        AttachPoint::Message | AttachPoint::Nfqueue => Err(EbpfError::NotInKernel(attach)),
    }
}

/// The name of the program that `spec` means: the one it names, else the only one that fits its attach point.
pub(super) fn choose(ebpf: &Ebpf, spec: &HookSpec) -> Result<String, EbpfError> {
    let attach = spec.attach;
    let (wanted_type, prefix) = kernel_type(attach)?;
    let fitting = ebpf.programs().filter(|(_, program)| program.prog_type() == wanted_type);
    let mut programs: Vec<String> = fitting.map(|(name, _)| name.to_owned()).collect();
    programs.sort();
    let wanted = match (&spec.params.object, &spec.params.program, spec.engine) {
        (Some(_), Some(program), _) => Some(program.to_string()),
        (Some(_), None, _) => None,
        (None, _, Engine::Null) => Some(format!("{prefix}_{NULL}")),
        (None, _, _) => Some(format!("{prefix}_{}", spec.params.filter().rung.name())),
    };
    match (wanted, programs.as_slice()) {
        (Some(name), _) if programs.contains(&name) => Ok(name),
        (None, [only]) => Ok(only.clone()),
        _ => Err(EbpfError::NoProgram { attach, programs }),
    }
}
