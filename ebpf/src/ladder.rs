//! The ladder of work, as `hooks/src/filter/` defines it, and the maps it counts in and reads from.

use aya_ebpf::{
    macros::map,
    maps::{Array, PerCpuArray},
};

use crate::{
    abi::{Counters, Params},
    frame::Frame,
    parse::{Tcp, find_tcp},
};

/// Per CPU, so that counting is an addition and never a contended cache line.
#[map]
static COUNTERS: PerCpuArray<Counters> = PerCpuArray::with_max_entries(1, 0);

#[map]
static PARAMS: Array<Params> = Array::with_max_entries(1, 0);

/// What becomes of a frame.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Pass,
    Drop,
}

/// Does nothing, as the null engine does.
#[inline(always)]
pub(crate) fn pass<F: Frame>(_: &F) -> Verdict {
    Verdict::Pass
}

/// Counts.
#[inline(always)]
pub(crate) fn count<F: Frame>(_: &F) -> Verdict {
    counted(Verdict::Pass, false)
}

/// Counts and walks to TCP.
#[inline(always)]
pub(crate) fn parse<F: Frame>(frame: &F) -> Verdict {
    counted(Verdict::Pass, find_tcp(frame).is_some())
}

/// Drops one TCP source port: the reference filter.
#[inline(always)]
pub(crate) fn port<F: Frame>(frame: &F) -> Verdict {
    judged(frame, from_port)
}

/// Also drops what carries one byte string.
#[inline(always)]
pub(crate) fn payload<F: Frame>(frame: &F) -> Verdict {
    judged(frame, |tcp, params| from_port(tcp, params) || frame.payload_matches(tcp, &params.pattern))
}

#[inline(always)]
fn from_port(tcp: &Tcp, params: &Params) -> bool {
    u64::from(tcp.source_port) == params.port
}

/// Drops a frame with TCP that is unwanted.
#[inline(always)]
fn judged<F: Frame>(frame: &F, unwanted: impl Fn(&Tcp, &Params) -> bool) -> Verdict {
    let tcp = find_tcp(frame);
    let verdict = match (&tcp, PARAMS.get(0)) {
        (Some(tcp), Some(params)) if unwanted(tcp, params) => Verdict::Drop,
        _ => Verdict::Pass,
    };
    counted(verdict, tcp.is_some())
}

/// Enters one frame in this CPU's counters.
#[inline(always)]
fn counted(verdict: Verdict, tcp: bool) -> Verdict {
    if let Some(counters) = COUNTERS.get_ptr_mut(0) {
        // SAFETY: the element is this CPU's own, and a program is not preempted by another on its CPU.
        let counters = unsafe { &mut *counters };
        counters.calls += 1;
        match verdict {
            Verdict::Pass => counters.passes += 1,
            Verdict::Drop => counters.drops += 1,
        }
        counters.tcp += u64::from(tcp);
    }
    verdict
}
