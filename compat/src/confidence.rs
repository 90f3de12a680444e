//! Repeating a test until its mean is known well enough (`-i`, `-I`, `-r`).
//!
//! netperf decides after every iteration whether to run another one, and prints the means of all of them. The
//! decision, the means and the widths reached are its own arithmetic: running sums in double precision, a table
//! of Student's t, and comparisons whose order decides what a NaN does.

#[cfg(test)]
mod tests;

use crate::args::{Confidence, Ends};
use crate::text::warning::ConfidenceWarning;

/// Student's t for 95 % two-sided, by degrees of freedom from 1.
#[rustfmt::skip]
const T95: [f64; 30] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/// Student's t for 99 % two-sided, by degrees of freedom from 1.
#[rustfmt::skip]
const T99: [f64; 30] = [
    63.657, 9.925, 5.841, 4.604, 4.032, 3.707, 3.499, 3.355, 3.250, 3.169, 3.106, 3.055, 3.012, 2.977, 2.947,
    2.921, 2.898, 2.878, 2.861, 2.845, 2.831, 2.819, 2.807, 2.797, 2.787, 2.779, 2.771, 2.763, 2.756, 2.750,
];

/// The level [`T95`] is for; all others get [`T99`].
const LEVEL_95: u8 = 95;
/// Iterations that have a variance.
const FEWEST: u32 = 2;

const PERCENT: f64 = 100.0;

/// What one iteration came to, or the mean of several.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// Seconds.
    pub elapsed: f32,
    /// Per second, in the unit of the run.
    pub throughput: f64,
    /// What it cost either end.
    pub cpu: Ends<CpuCost>,
}

/// What a test cost one end in CPU time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CpuCost {
    /// Percent, averaged over the end's CPUs.
    pub busy: f32,
    /// Microseconds per transaction or KB.
    pub service_demand: f32,
}

impl CpuCost {
    /// What netperf puts for an end that was not measured; it has no variance, so it asks for no iteration.
    pub const UNMEASURED: Self = Self { busy: -1.0, service_demand: -1.0 };
}

/// The iterations of a run so far.
#[derive(Debug, Clone)]
pub struct Iterations {
    goal: Option<Confidence>,
    result_only: bool,
    count: u32,
    elapsed: Sums,
    throughput: Sums,
    busy: Ends<Sums>,
    service_demand: Ends<Sums>,
}

impl Iterations {
    /// None yet. Without a goal there will be one; with `result_only` (`-r`) the CPU figures do not count.
    pub fn new(goal: Option<Confidence>, result_only: bool) -> Self {
        Self {
            goal,
            result_only,
            count: 0,
            elapsed: Sums::default(),
            throughput: Sums::default(),
            busy: Ends::default(),
            service_demand: Ends::default(),
        }
    }

    /// Takes the outcome of an iteration.
    pub fn add(&mut self, outcome: Outcome) {
        let Ends { local, remote } = outcome.cpu;
        self.count = self.count.saturating_add(1);
        self.elapsed.add(outcome.elapsed.into());
        self.throughput.add(outcome.throughput);
        self.busy.local.add(local.busy.into());
        self.busy.remote.add(remote.busy.into());
        self.service_demand.local.add(local.service_demand.into());
        self.service_demand.remote.add(remote.service_demand.into());
    }

    /// How many there were.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Whether to run another one: up to the minimum, and then up to the maximum while the goal is not met.
    pub fn needs_another(&self) -> bool {
        match self.goal {
            Some(goal) => self.count < goal.min || self.count < goal.max && self.misses(goal),
            None => self.count == 0,
        }
    }

    /// The means, each rounded as netperf rounds it. Of no iteration they are NaN.
    pub fn mean(&self) -> Outcome {
        let mean = |sums: Sums| sums.mean(self.count);
        let cost =
            |busy, service_demand| CpuCost { busy: mean(busy) as f32, service_demand: mean(service_demand) as f32 };
        Outcome {
            elapsed: mean(self.elapsed) as f32,
            throughput: mean(self.throughput),
            cpu: Ends {
                local: cost(self.busy.local, self.service_demand.local),
                remote: cost(self.busy.remote, self.service_demand.remote),
            },
        }
    }

    /// The widths of the confidence intervals reached, in percent of the means; `None` without a goal.
    ///
    /// Of fewer than two iterations they are NaN; of CPU figures that were not measured they are 0.
    pub fn reached(&self) -> Option<ConfidenceWarning> {
        let goal = self.goal?;
        let [throughput, local_cpu, remote_cpu] = self.margins(goal).map(|margin| PERCENT * (goal.width - margin));
        Some(ConfidenceWarning { throughput, local_cpu, remote_cpu })
    }

    /// What to warn of if the run ends here, because the goal is not met.
    pub fn warning(&self) -> Option<ConfidenceWarning> {
        self.goal.filter(|&goal| self.misses(goal)).and_then(|_| self.reached())
    }

    /// Whether an interval that counts is wider than wanted.
    fn misses(&self, goal: Confidence) -> bool {
        let [throughput, local_cpu, remote_cpu] = self.margins(goal);
        let least = if self.result_only { throughput } else { lesser(lesser(throughput, local_cpu), remote_cpu) };
        self.count < FEWEST || least < 0.0
    }

    /// By how much each interval is narrower than wanted, as a fraction of its mean: throughput, CPU of either end.
    fn margins(&self, goal: Confidence) -> [f64; 3] {
        [self.throughput, self.busy.local, self.busy.remote]
            .map(|sums| goal.width - sums.interval(self.count, goal.level))
    }
}

/// C's `a < b ? a : b`, in which a NaN on the left gives way and one on the right does not.
fn lesser(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}

/// Running sums of one figure.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    values: f64,
    squares: f64,
}

impl Sums {
    fn add(&mut self, value: f64) {
        self.values += value;
        self.squares += value * value;
    }

    fn mean(self, count: u32) -> f64 {
        self.values / f64::from(count)
    }

    /// Full width of the confidence interval of the mean, as a fraction of the mean.
    fn interval(self, count: u32, level: u8) -> f64 {
        let freedom = count.saturating_sub(1);
        let mean = self.mean(count);
        let variance = self.squares / f64::from(count) - mean * mean;
        2.0 * student_t(level, freedom) * (variance / f64::from(freedom)).sqrt() / mean
    }
}

/// NaN where there is no degree of freedom; beyond the table its last entry.
fn student_t(level: u8, freedom: u32) -> f64 {
    let table = if level == LEVEL_95 { T95 } else { T99 };
    let entry = table.len().min(freedom as usize);
    entry.checked_sub(1).map_or(f64::NAN, |index| table[index])
}
