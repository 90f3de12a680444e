//! netperf's arithmetic between the clock and the tables, with its precision.
//!
//! netperf keeps the elapsed time of a test in a single-precision float, which shows in the sixth digit of
//! every rate it prints. The rest of the program keeps nanoseconds; this is where they become netperf's.

use crate::units::Unit;

pub(crate) const NS_PER_US: u64 = 1_000;
pub(crate) const US_PER_SEC: u64 = 1_000_000;
/// Bytes in the KB of a service demand per KB.
const BYTES_PER_KB: f64 = 1024.0;
/// Turns percent of a CPU-second into microseconds: 10^6 / 100.
const USEC_PER_PERCENT: f64 = 10_000.0;

/// Whole microseconds between two stamps of one clock, each cut to microseconds first, as the difference of
/// two `gettimeofday` stamps is. A clock that ran backwards gives 0.
pub(crate) fn micros_between(start_ns: u64, stop_ns: u64) -> u64 {
    (stop_ns / NS_PER_US).saturating_sub(start_ns / NS_PER_US)
}

/// Elapsed seconds between two stamps in nanoseconds, in netperf's single precision.
pub fn seconds(start_ns: u64, stop_ns: u64) -> f32 {
    let micros = micros_between(start_ns, stop_ns);
    (micros / US_PER_SEC) as f32 + (micros % US_PER_SEC) as f32 / US_PER_SEC as f32
}

/// Requests in flight with an initial burst of `first_burst` (test `-b`); a negative burst is none.
fn in_flight(first_burst: i32) -> f64 {
    1.0 + f64::from(first_burst.max(0))
}

/// Microseconds per transaction as `-v 2` derives them from the transaction rate (per second).
pub fn round_trip_usec(transaction_rate: f64, first_burst: i32) -> f64 {
    1.0 / transaction_rate * US_PER_SEC as f64 * in_flight(first_burst)
}

/// The omni selector RT_LATENCY: the same, from a rate of single precision.
pub fn rt_latency_usec(transactions: u64, elapsed: f32, first_burst: i32) -> f64 {
    round_trip_usec(f64::from(transactions as f32 / elapsed), first_burst)
}

/// How busy one end was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CpuLoad {
    /// Percent, averaged over all CPUs.
    pub busy: f32,
    /// CPUs it is averaged over.
    pub cpus: u32,
}

impl CpuLoad {
    /// What netperf reckons the remote end's service demand with: it takes a zero from the server as
    /// "not told" and puts the local figure in its place.
    pub fn or_local(self, local: CpuLoad) -> Self {
        Self {
            busy: if self.busy == 0.0 { local.busy } else { self.busy },
            cpus: if self.cpus == 0 { local.cpus } else { self.cpus },
        }
    }
}

/// CPU microseconds per transaction, or per KB of requests and responses if the unit counts bytes.
///
/// `elapsed` is the client's, in seconds, for either end.
pub fn service_demand(unit: Unit, transactions: u64, bytes: u64, elapsed: f32, load: CpuLoad) -> f32 {
    let per = match unit {
        Unit::Transactions => 1.0,
        _ => BYTES_PER_KB,
    };
    let throughput = unit.count(transactions, bytes) / per / f64::from(elapsed);
    (f64::from(load.busy) * USEC_PER_PERCENT / throughput * f64::from(load.cpus)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_cut_to_microseconds_before_the_difference() {
        assert_eq!(micros_between(1_999, 2_000), 1);
        assert_eq!(micros_between(1_000, 1_999), 0);
        assert_eq!(micros_between(5_000, 1_000), 0);
    }

    #[test]
    fn elapsed_time_has_single_precision() {
        // 3.000012 s is not a float; the nearest ones are 3.0000119 and 3.0000122.
        assert_eq!(seconds(0, 3_000_012_000), 3.0 + 0.000_012_f32);
        assert_eq!(seconds(7, 7), 0.0);
        assert_eq!(seconds(u64::MAX, 0), 0.0);
    }

    #[test]
    fn a_burst_multiplies_the_latency_and_a_negative_one_does_not() {
        assert_eq!(round_trip_usec(10_000.0, 0), 100.0);
        assert_eq!(round_trip_usec(10_000.0, 4), 500.0);
        assert_eq!(round_trip_usec(10_000.0, -5), 100.0);
        assert_eq!(rt_latency_usec(100, 0.5, 1), 10_000.0);
        assert_eq!(round_trip_usec(0.0, i32::MAX), f64::INFINITY);
    }

    #[test]
    fn a_zero_from_the_server_means_the_local_figure() {
        let local = CpuLoad { busy: 40.0, cpus: 8 };
        let silent = CpuLoad { busy: 0.0, cpus: 0 };
        let remote = CpuLoad { busy: 10.0, cpus: 2 };
        assert_eq!(silent.or_local(local), local);
        assert_eq!(remote.or_local(local), remote);
    }

    #[test]
    fn service_demand_is_cpu_time_per_unit_of_work() {
        let load = CpuLoad { busy: 50.0, cpus: 2 };
        // One CPU-second per second for 10,000 transactions of 1 KB a second.
        let demand = |unit| service_demand(unit, 20_000, 20_000 * 1024, 2.0, load);
        assert_eq!(demand(Unit::Transactions), 100.0);
        assert_eq!(demand(Unit::Megabits), 100.0);
    }
}
