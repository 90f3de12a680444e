//! Binding a data thread to one CPU.
//!
//! A measurement on an unbound thread measures the load balancer too; netperf's `-T` exists for the same reason.

use rustix::thread::{sched_getaffinity, sched_setaffinity};
use thiserror::Error;

/// Highest CPU number + 1 that the kernel interface of the C library can express (`CPU_SETSIZE`).
pub(super) const CPU_SET_SIZE: u32 = libc::CPU_SETSIZE as u32;

/// Why a thread could not be bound.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum AffinityError {
    /// The number does not fit a CPU mask.
    #[error("CPU {0} is out of range (0 to {max})", max = CPU_SET_SIZE - 1)]
    OutOfRange(u32),
    /// The kernel refused: no such CPU, or not in this process' cpuset.
    #[error("cannot bind to CPU {0}: it does not exist, is offline, or is outside this process' cpuset")]
    Refused(u32),
}

/// Binds the calling thread to `cpu`.
///
/// # Errors
/// The CPU number is out of range, or the kernel refused it; the thread then runs where it ran before.
pub fn pin_current_thread(cpu: u32) -> Result<(), AffinityError> {
    // core_affinity indexes the mask unchecked; a number from the network must not reach it.
    if cpu >= CPU_SET_SIZE {
        return Err(AffinityError::OutOfRange(cpu));
    }
    if core_affinity::set_for_current(core_affinity::CoreId { id: cpu as usize }) {
        Ok(())
    } else {
        Err(AffinityError::Refused(cpu))
    }
}

/// Does `job` while the calling thread is bound to `cpu`. A thread that `job` starts inherits that, and stays there; if the
/// CPU cannot be had, both run where they may.
pub fn while_pinned<T>(cpu: Option<u32>, job: impl FnOnce() -> T) -> T {
    let pin = |cpu| {
        let before = sched_getaffinity(None).ok()?;
        pin_current_thread(cpu).ok().map(|()| before)
    };
    let before = cpu.and_then(pin);
    let done = job();
    if let Some(before) = before {
        // What was allowed a moment ago; were it not, one CPU is better than none.
        let _ = sched_setaffinity(None, &before);
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed() -> Vec<u32> {
        core_affinity::get_core_ids().expect("affinity mask").iter().map(|core| core.id as u32).collect()
    }

    #[test]
    fn threads_of_a_job_stay_on_its_cpu_and_the_caller_does_not() {
        let before = allowed();
        let last = *before.last().expect("a CPU");
        let of_a_thread = || std::thread::spawn(allowed).join().expect("a thread");
        assert_eq!(while_pinned(Some(last), of_a_thread), [last]);
        assert_eq!(allowed(), before);
        for none in [None, Some(CPU_SET_SIZE - 1), Some(u32::MAX)] {
            assert_eq!(while_pinned(none, of_a_thread), before, "{none:?}");
        }
    }

    #[test]
    fn a_thread_pinned_to_its_own_cpu_stays_there() {
        std::thread::spawn(|| {
            let cpu = allowed()[0];
            assert_eq!(pin_current_thread(cpu), Ok(()));
            assert_eq!(allowed(), [cpu]);
        })
        .join()
        .expect("pinned thread");
    }

    #[test]
    fn numbers_beyond_the_mask_are_refused_not_indexed() {
        for cpu in [CPU_SET_SIZE, u32::MAX] {
            assert_eq!(pin_current_thread(cpu), Err(AffinityError::OutOfRange(cpu)));
        }
        assert_eq!(pin_current_thread(CPU_SET_SIZE - 1), Err(AffinityError::Refused(CPU_SET_SIZE - 1)));
    }
}
