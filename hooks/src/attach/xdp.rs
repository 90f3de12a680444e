//! XDP: in the driver, or in the network stack where the driver cannot.

use aya::programs::xdp::XdpLink;
use aya::programs::{ProgramError, Xdp, XdpMode};

use super::claim::Claim;
use super::kernel::Attachment;
use crate::engine::ebpf::{EbpfError, Errno};
use crate::spec::{AttachPoint, InterfaceName};

const NATIVE: (AttachPoint, XdpMode) = (AttachPoint::XdpNative, XdpMode::Driver);
const GENERIC: (AttachPoint, XdpMode) = (AttachPoint::XdpGeneric, XdpMode::Skb);

/// Attaches `program` in the mode of `wanted`; [`AttachPoint::Xdp`] takes the better one that the interface can do.
pub(super) fn attach(
    program: &mut Xdp,
    wanted: AttachPoint,
    interface: &InterfaceName,
) -> Result<Attachment, EbpfError> {
    // One name for all modes, because an interface has one XDP program, whatever its mode.
    let claim = Claim::new(interface, AttachPoint::Xdp)?;
    let (got, link) = match wanted {
        AttachPoint::XdpNative => attach_in(program, NATIVE, interface),
        AttachPoint::XdpGeneric => attach_in(program, GENERIC, interface),
        _ => match attach_in(program, NATIVE, interface) {
            // Why the driver refused is its own business; what generic XDP then says is the answer.
            Err(EbpfError::Kernel { .. }) => attach_in(program, GENERIC, interface),
            decided => decided,
        },
    }?;
    Ok(Attachment { place: format!("{got} on {interface}"), guard: Box::new((link, claim)) })
}

fn attach_in(
    program: &mut Xdp,
    (attach, mode): (AttachPoint, XdpMode),
    interface: &InterfaceName,
) -> Result<(AttachPoint, XdpLink), EbpfError> {
    let link = program.attach(interface.as_str(), mode).and_then(|id| program.take_link(id));
    link.map(|link| (attach, link)).map_err(|error| explain(&error, attach, interface))
}

fn explain(error: &ProgramError, attach: AttachPoint, interface: &InterfaceName) -> EbpfError {
    match (error, error.errno()) {
        (ProgramError::UnknownInterface { .. }, _) => EbpfError::NoInterface(interface.to_string()),
        // Busy: a program of this mode is attached. Exists: one of the other mode is.
        (_, Some(libc::EBUSY | libc::EEXIST)) => EbpfError::Occupied { interface: interface.to_string(), attach },
        _ => EbpfError::from_kernel("attaching to XDP", error),
    }
}
