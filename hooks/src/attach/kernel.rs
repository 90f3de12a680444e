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

/// The kernel's program statistics, kept until this is dropped.
///
/// They are where a ledger's cost comes from, and they are dear: two clock readings a call, which often take longer than
/// the program between them, for every program of the host. Who measures round trips keeps them for a sample and then
/// does without; the calls of a program that does not count ([`EbpfProgram::counts`]) are known for that sample only.
#[derive(Debug)]
pub struct ProgramClock {
    _statistics: OwnedFd,
}

impl ProgramClock {
    /// Has the kernel time programs from now on.
    ///
    /// # Errors
    ///
    /// [`EbpfError::NotPermitted`] when this process may not.
    pub fn start() -> Result<Self, EbpfError> {
        let statistics = enable_stats(Stats::RunTime)
            .map_err(|error| EbpfError::from_kernel("switching program statistics on", &error.io_error))?;
        Ok(Self { _statistics: statistics })
    }
}

/// A program that sees frames until this is dropped.
pub struct KernelHook {
    attachment: Attachment,
    program: EbpfProgram,
    _clock: Option<ProgramClock>,
}

impl KernelHook {
    /// Attaches a program to the interface, in this thread's network namespace, that its hook spec is about.
    ///
    /// # Errors
    ///
    /// [`EbpfError::Occupied`] when another hook is there, and the other [`EbpfError`]s of the kernel.
    pub fn on_interface(mut program: EbpfProgram, interface: &InterfaceName) -> Result<KernelHook, EbpfError> {
        let _clock = clock(&program)?;
        let attach = program.spec().attach;
        let attachment = match attach {
            AttachPoint::Xdp | AttachPoint::XdpNative | AttachPoint::XdpGeneric => {
                xdp::attach(program.attachable()?, attach, interface)
            }
            AttachPoint::TcxIngress | AttachPoint::TcxEgress => tcx::attach(program.attachable()?, attach, interface),
            AttachPoint::Message | AttachPoint::Socket | AttachPoint::Nfqueue => Err(EbpfError::Misplaced(attach)),
        }?;
        Ok(KernelHook { attachment, program, _clock })
    }

    /// Attaches a program to a data socket.
    ///
    /// The hook keeps a duplicate of the descriptor, so the connection ends when both are closed, or by `shutdown`.
    ///
    /// # Errors
    ///
    /// The [`EbpfError`]s of the kernel.
    pub fn on_socket(mut program: EbpfProgram, socket: impl AsFd) -> Result<KernelHook, EbpfError> {
        let _clock = clock(&program)?;
        let attachment = match program.spec().attach {
            AttachPoint::Socket => socket::attach(program.attachable()?, socket.as_fd()),
            attach => Err(EbpfError::Misplaced(attach)),
        }?;
        Ok(KernelHook { attachment, program, _clock })
    }

    /// The attach point and mode really got, and on what, such as `xdp-generic on lo`.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.attachment.place
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
        let KernelHook { attachment: Attachment { place, guard }, program, _clock } = self;
        drop(guard);
        program.ledger(&place)
    }
}

/// The clock that the program is to be attached with: its own, if the kernel lets us have one and the program is not
/// timed by somebody else. A program that does not count needs the one or the other.
fn clock(program: &EbpfProgram) -> Result<Option<ProgramClock>, EbpfError> {
    let clock = ProgramClock::start().ok();
    let possible = clock.is_some() || fs::read_to_string(STATISTICS_SYSCTL).is_ok_and(|text| text.trim() == "1");
    let needed = clock.filter(|_| program.is_timed());
    if possible || program.counts() { Ok(needed) } else { Err(EbpfError::Uncounted) }
}
