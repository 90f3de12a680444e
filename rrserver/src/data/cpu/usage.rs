//! Where a host's CPU time went, in nanoseconds: exact to a clock tick, and additive, as percentages are not.

use serde::{Deserialize, Serialize};

/// CPU time of a whole host over a test, summed over its CPUs. Idle time and waiting for I/O are the rest of the total.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CpuUsage {
    /// CPUs it is summed over.
    pub cpus: u32,
    /// All of it, idle time included, ns.
    pub total_ns: u64,
    /// User mode, ns; guests of this host are in it.
    pub user_ns: u64,
    /// The kernel, on behalf of threads, ns.
    pub system_ns: u64,
    /// Hard interrupts, ns.
    pub irq_ns: u64,
    /// Soft interrupts, ns: most of receiving.
    pub softirq_ns: u64,
    /// Taken by the hypervisor, ns.
    pub steal_ns: u64,
}

impl CpuUsage {
    /// Time that was spent on something, ns.
    #[must_use]
    pub fn busy_ns(&self) -> u64 {
        [self.system_ns, self.irq_ns, self.softirq_ns, self.steal_ns]
            .into_iter()
            .fold(self.user_ns, u64::saturating_add)
    }

    /// `part_ns` of the total, percent; 0 if no time has passed.
    #[must_use]
    pub fn percent(&self, part_ns: u64) -> f64 {
        if self.total_ns == 0 { 0.0 } else { 100.0 * part_ns as f64 / self.total_ns as f64 }
    }

    /// Busy time per transaction, µs: the service demand, of everything that ran on the host. `None` without transactions.
    #[must_use]
    pub fn service_demand_us(&self, transactions: u64) -> Option<f64> {
        (transactions > 0).then(|| self.busy_ns() as f64 / NS_PER_US / transactions as f64)
    }
}

const NS_PER_US: f64 = 1000.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busy_is_all_but_idle_and_nothing_divides_by_nothing() {
        let usage = CpuUsage {
            cpus: 2,
            total_ns: 4000,
            user_ns: 100,
            system_ns: 200,
            irq_ns: 10,
            softirq_ns: 40,
            steal_ns: 50,
        };
        assert_eq!((usage.busy_ns(), usage.percent(usage.busy_ns()), usage.percent(usage.user_ns)), (400, 10.0, 2.5));
        assert_eq!(usage.service_demand_us(4), Some(0.1));
        assert_eq!((usage.service_demand_us(0), CpuUsage::default().percent(0)), (None, 0.0));
        let most = CpuUsage { total_ns: u64::MAX, user_ns: u64::MAX, steal_ns: u64::MAX, ..usage };
        assert_eq!(most.busy_ns(), u64::MAX);
    }
}
