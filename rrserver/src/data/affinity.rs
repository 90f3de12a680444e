//! Binding a data thread to one CPU.
//!
//! A measurement on an unbound thread measures the load balancer too; netperf's `-T` exists for the same reason.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_pinned_to_its_own_cpu_stays_there() {
        std::thread::spawn(|| {
            let cpu = core_affinity::get_core_ids().expect("affinity mask")[0].id as u32;
            assert_eq!(pin_current_thread(cpu), Ok(()));
            let now = core_affinity::get_core_ids().expect("affinity mask");
            assert_eq!(now.iter().map(|c| c.id as u32).collect::<Vec<_>>(), [cpu]);
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
