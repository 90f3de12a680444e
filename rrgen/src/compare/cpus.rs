//! Which CPUs the two ends run on. They are bound unless the user says otherwise: where a thread wanders, two
//! placements are compared and not two variants.

use std::str::FromStr;
use std::thread;

use rrserver::data::{AffinityError, pin_current_thread};
use rustix::thread::{CpuSet, sched_getaffinity};

/// CPUs of client and server; `None` leaves an end to the scheduler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cpus {
    pub(super) client: Option<u32>,
    pub(super) server: Option<u32>,
}

impl Cpus {
    /// The first two CPUs that this process may use, or twice the only one.
    pub(super) fn first_two() -> Self {
        let allowed = sched_getaffinity(None)
            .map(|set| (0..CpuSet::MAX_CPU as u32).filter(|&cpu| set.is_set(cpu as usize)).take(2).collect());
        let allowed: Vec<u32> = allowed.unwrap_or_default();
        Self { client: allowed.first().copied(), server: allowed.last().copied() }
    }

    /// Finds out now, not in the first round, whether the CPUs that are on this machine can be had.
    ///
    /// # Errors
    /// One cannot.
    pub(super) fn check(self, server_is_here: bool) -> Result<(), AffinityError> {
        let mut here = self.client.into_iter().chain(self.server.filter(|_| server_is_here));
        // On a thread that ends here, so that this one runs where it ran before.
        let check = |cpu| thread::scope(|scope| scope.spawn(|| pin_current_thread(cpu)).join().unwrap_or(Ok(())));
        here.try_for_each(check)
    }
}

impl FromStr for Cpus {
    type Err = String;

    /// netperf's `-T`: one number binds both ends, of two either may be missing.
    fn from_str(text: &str) -> Result<Self, String> {
        let cpu = |text: &str| match text {
            "" => Ok(None),
            number => number.parse().map(Some).map_err(|_| format!("{number:?} is not the number of a CPU")),
        };
        let (client, server) = text.split_once(',').unwrap_or((text, text));
        Ok(Self { client: cpu(client)?, server: cpu(server)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_bind_as_with_netperf() {
        for (text, client, server) in
            [("2", Some(2), Some(2)), ("0,1", Some(0), Some(1)), (",1", None, Some(1)), ("1,", Some(1), None)]
        {
            assert_eq!(text.parse(), Ok(Cpus { client, server }), "{text}");
        }
        for text in ["x", "0,-1", "1,2,3", "4294967296"] {
            assert!(text.parse::<Cpus>().unwrap_err().ends_with("is not the number of a CPU"), "{text}");
        }
    }

    #[test]
    fn the_default_can_be_had_and_what_cannot_is_told() {
        let cpus = Cpus::first_two();
        assert!(cpus.client.is_some() && cpus.server.is_some());
        cpus.check(true).unwrap();
        let far = Cpus { client: None, server: Some(100_000) };
        assert!(far.check(false).is_ok());
        assert!(far.check(true).unwrap_err().to_string().contains("out of range"));
    }
}
