//! CPU utilization of the whole host over a test, from `/proc/stat` (netperf's `-c` and `-C`).
//!
//! Both ends measure in the same way, or their service demands could not be compared: netperf's arithmetic, per CPU
//! in single precision and then the mean over all CPUs.

mod proc_stat;
mod usage;

use std::{fs, io};

use compat::wire::{METHOD_PROC_STAT, RemoteCpu};

use proc_stat::{CpuTimes, parse};
pub use usage::CpuUsage;

/// Where the kernel keeps the times.
const PROC_STAT: &str = "/proc/stat";

/// What netperf reports as the rate of this method: clock ticks per second.
pub const CPU_RATE: f32 = 100.0;

/// The CPU times of the host at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CpuSnapshot(Vec<CpuTimes>);

impl CpuSnapshot {
    /// Reads the times now.
    ///
    /// # Errors
    /// There is no readable `/proc/stat`, or it names no CPU.
    pub fn take() -> io::Result<Self> {
        let cpus = parse(&fs::read(PROC_STAT)?);
        if cpus.is_empty() { Err(io::ErrorKind::InvalidData.into()) } else { Ok(Self(cpus)) }
    }

    /// Where the time since `earlier` went. CPUs that came or went in between do not count.
    #[must_use]
    pub fn time_since(&self, earlier: &Self) -> CpuUsage {
        let mut usage = CpuUsage::default();
        for now in &self.0 {
            if let Some(before) = earlier.0.iter().find(|before| before.id == now.id) {
                now.add_time_since(before, &mut usage);
            }
        }
        usage
    }

    /// How busy the CPUs have been since `earlier`. CPUs that came or went in between do not count.
    #[must_use]
    pub fn usage_since(&self, earlier: &Self) -> RemoteCpu {
        let mut usage = RemoteCpu { method: METHOD_PROC_STAT, ..RemoteCpu::default() };
        for now in &self.0 {
            if let Some(before) = earlier.0.iter().find(|before| before.id == now.id) {
                add(&mut usage, now.id, &now.shares_since(before));
            }
        }
        let cpus = usage.cpus.max(1) as f32;
        for sum in
            [&mut usage.busy, &mut usage.user, &mut usage.system, &mut usage.iowait, &mut usage.irq, &mut usage.softirq]
        {
            *sum /= cpus;
        }
        usage
    }
}

fn add(usage: &mut RemoteCpu, id: u32, shares: &proc_stat::Shares) {
    usage.busy += shares.busy;
    usage.user += shares.user;
    usage.system += shares.system;
    usage.iowait += shares.iowait;
    usage.irq += shares.irq;
    usage.softirq += shares.softirq;
    if usage.cpus == 0 || shares.busy > usage.peak_busy {
        usage.peak_busy = shares.busy;
        usage.peak_cpu = id as i32;
    }
    usage.cpus += 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(text: &str) -> CpuSnapshot {
        CpuSnapshot(parse(text.as_bytes()))
    }

    #[test]
    fn means_are_over_all_cpus_and_the_busiest_is_named() {
        let before = snapshot("cpu 9 9 9 9\ncpu0 0 0 0 0 0 0 0 0 0 0\ncpu1 0 0 0 0 0 0 0 0 0 0\n");
        let after = snapshot("cpu 9 9 9 9\ncpu0 10 0 10 80 0 0 0 0 0 0\ncpu1 20 0 20 40 4 6 10 0 0 0\n");
        let usage = after.usage_since(&before);
        assert_eq!((usage.cpus, usage.method, usage.peak_cpu, usage.peak_busy), (2, METHOD_PROC_STAT, 1, 60.0));
        assert_eq!((usage.busy, usage.user, usage.system), (40.0, 15.0, 15.0));
        assert_eq!((usage.iowait, usage.irq, usage.softirq), (2.0, 3.0, 5.0));
    }

    #[test]
    fn times_are_sums_over_all_cpus_that_were_there_all_the_time() {
        let before = snapshot("cpu0 5 0 0 0 0 0 0 0 0 0\ncpu1 0 0 0 0 0 0 0 0 0 0\n");
        let after = snapshot("cpu0 15 1 2 3 4 5 6 7 9 9\ncpu1 0 0 0 8 0 0 0 0 0 0\ncpu2 9 9 9 9 9 9 9 9 9 9\n");
        let ms = |ms: u64| ms * 1_000_000;
        let expected = CpuUsage {
            cpus: 2,
            total_ns: ms(460),
            user_ns: ms(110),
            system_ns: ms(20),
            irq_ns: ms(50),
            softirq_ns: ms(60),
            steal_ns: ms(70),
        };
        assert_eq!(after.time_since(&before), expected);
    }

    #[test]
    fn no_time_passed_is_no_load_and_no_nan() {
        let now = snapshot("cpu0 1 2 3 4 5 6 7 8 9 10\n");
        let usage = now.usage_since(&now);
        assert_eq!((usage.busy, usage.cpus, usage.peak_cpu), (0.0, 1, 0));
        assert_eq!(now.usage_since(&snapshot("")).cpus, 0);
    }

    #[test]
    fn this_host_has_cpus_and_they_are_at_most_all_busy() {
        let before = CpuSnapshot::take().expect("/proc/stat");
        let usage = CpuSnapshot::take().expect("/proc/stat").usage_since(&before);
        assert!(usage.cpus >= 1 && (0.0..=100.0).contains(&usage.busy), "{usage:?}");
    }
}
