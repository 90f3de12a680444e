//! A hook in the kernel from attach to detach: one type for every attach point there, so that its host need not care.
//!
//! Detaching is dropping. Nothing here survives the process either: the kernel removes links and socket filters
//! with the file descriptors that hold them (the clsact filters of kernels before 6.6 are the exception).

use std::fs;
use std::os::fd::{AsFd, OwnedFd};

use aya::sys::{Stats, enable_stats};

use super::{socket, tcx, xdp};
use crate::engine::ebpf::{EbpfError, EbpfProgram};
use crate::ledger::Ledger;
use crate::spec::{AttachPoint, InterfaceName};

/// Says `1` while program statistics are on for everyone.
const STATISTICS_SYSCTL: &str = "/proc/sys/kernel/bpf_stats_enabled";

/// Something that is attached until it is dropped.
pub(super) struct Attachment {
    /// The attach point and mode really got, and on what.
    pub(super) place: String,
    /// Detaches when dropped.
    pub(super) guard: Box<dyn Send>,
}

/// A program that sees frames until this is dropped.
pub struct KernelHook {
    attachment: Attachment,
    program: EbpfProgram,
    /// While this is open the kernel times programs: two clock readings a call, for every program of the host.
    statistics: Option<OwnedFd>,
}

impl KernelHook {
    /// Attaches a program to the interface, in this thread's network namespace, that its hook spec is about.
    ///
    /// # Errors
    ///
    /// [`EbpfError::Occupied`] when another hook is there, and the other [`EbpfError`]s of the kernel.
    pub fn on_interface(mut program: EbpfProgram, interface: &InterfaceName) -> Result<KernelHook, EbpfError> {
        let statistics = statistics(&program)?;
        let attach = program.spec().attach;
        let attachment = match attach {
            AttachPoint::Xdp | AttachPoint::XdpNative | AttachPoint::XdpGeneric => {
                xdp::attach(program.attachable()?, attach, interface)
            }
            AttachPoint::TcxIngress | AttachPoint::TcxEgress => tcx::attach(program.attachable()?, attach, interface),
            AttachPoint::Message | AttachPoint::Socket | AttachPoint::Nfqueue => Err(EbpfError::Misplaced(attach)),
        }?;
        Ok(KernelHook { attachment, program, statistics })
    }

    /// Attaches a program to a data socket.
    ///
    /// The hook keeps a duplicate of the descriptor, so the connection ends when both are closed, or by `shutdown`.
    ///
    /// # Errors
    ///
    /// The [`EbpfError`]s of the kernel.
    pub fn on_socket(mut program: EbpfProgram, socket: impl AsFd) -> Result<KernelHook, EbpfError> {
        let statistics = statistics(&program)?;
        let attachment = match program.spec().attach {
            AttachPoint::Socket => socket::attach(program.attachable()?, socket.as_fd()),
            attach => Err(EbpfError::Misplaced(attach)),
        }?;
        Ok(KernelHook { attachment, program, statistics })
    }

    /// The attach point and mode really got, and on what, such as `xdp-generic on lo`.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.attachment.place
    }

    /// Switches the kernel's program statistics on, as they are after attaching, or off again.
    ///
    /// They are where the ledger's cost comes from, and they are dear: two clock readings often take longer than the
    /// program between them. Who measures round trips takes them for a sample and then does without. The calls of a
    /// program that does not count ([`EbpfProgram::counts`]) are known only while they are on.
    ///
    /// # Errors
    ///
    /// [`EbpfError::NotPermitted`] when this process may not switch them on.
    pub fn keep_statistics(&mut self, on: bool) -> Result<(), EbpfError> {
        self.statistics = match (on, self.statistics.take()) {
            (true, None) => Some(
                enable_stats(Stats::RunTime)
                    .map_err(|error| EbpfError::from_kernel("switching program statistics on", &error.io_error))?,
            ),
            (true, kept) => kept,
            (false, _) => None,
        };
        Ok(())
    }

    /// What the hook did so far.
    ///
    /// # Errors
    ///
    /// [`EbpfError::Kernel`] when the kernel's records of the program cannot be read.
    pub fn ledger(&self) -> Result<Ledger, EbpfError> {
        self.program.ledger(&self.attachment.place)
    }

    /// Detaches, and says what the hook did.
    ///
    /// # Errors
    ///
    /// As [`KernelHook::ledger`]; the hook is detached in any case.
    pub fn detach(self) -> Result<Ledger, EbpfError> {
        let KernelHook { attachment: Attachment { place, guard }, program, statistics: _ } = self;
        drop(guard);
        program.ledger(&place)
    }
}

/// Switches the kernel's program statistics on, which only some may; who counts for itself can do without.
fn statistics(program: &EbpfProgram) -> Result<Option<OwnedFd>, EbpfError> {
    let statistics = enable_stats(Stats::RunTime).ok();
    let on = statistics.is_some() || fs::read_to_string(STATISTICS_SYSCTL).is_ok_and(|text| text.trim() == "1");
    if on || program.counts() { Ok(statistics) } else { Err(EbpfError::Uncounted) }
}
