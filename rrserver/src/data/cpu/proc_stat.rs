//! The per-CPU lines of `/proc/stat`.

use std::ops::Range;

use super::CpuUsage;

/// Columns of a line: user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice. Old kernels have fewer.
const COLUMNS: usize = 10;

const USER: usize = 0;
const NICE: usize = 1;
const SYSTEM: usize = 2;
const IDLE: usize = 3;
const IOWAIT: usize = 4;
const IRQ: usize = 5;
const SOFTIRQ: usize = 6;
const STEAL: usize = 7;

/// The columns that add up to all time: guests are in user time already.
const WHOLE: usize = STEAL + 1;

/// Length of a clock tick as the kernel's interfaces have it (`USER_HZ`), ns.
const TICK_NS: u64 = 10_000_000;

/// How a line of one CPU begins; without a number it is the sum of all.
const PREFIX: &str = "cpu";

/// The times of one CPU since boot, in clock ticks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CpuTimes {
    pub(super) id: u32,
    ticks: [u64; COLUMNS],
}

/// Where the time of one CPU went, in percent.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Shares {
    pub(super) busy: f32,
    pub(super) user: f32,
    pub(super) system: f32,
    pub(super) iowait: f32,
    pub(super) irq: f32,
    pub(super) softirq: f32,
}

impl CpuTimes {
    /// Adds the time since `earlier` to `usage`. A counter that ran backwards stood still.
    pub(super) fn add_time_since(&self, earlier: &Self, usage: &mut CpuUsage) {
        let passed = |column: usize| self.ticks[column].saturating_sub(earlier.ticks[column]).saturating_mul(TICK_NS);
        let add = |sum: &mut u64, columns: Range<usize>| {
            *sum = columns.map(passed).fold(*sum, u64::saturating_add);
        };
        usage.cpus += 1;
        add(&mut usage.total_ns, 0..WHOLE);
        add(&mut usage.user_ns, USER..NICE + 1);
        add(&mut usage.system_ns, SYSTEM..SYSTEM + 1);
        add(&mut usage.irq_ns, IRQ..IRQ + 1);
        add(&mut usage.softirq_ns, SOFTIRQ..SOFTIRQ + 1);
        add(&mut usage.steal_ns, STEAL..STEAL + 1);
    }

    /// Where the time since `earlier` went; nowhere if none has passed. A counter that ran backwards, as iowait
    /// may, stood still.
    pub(super) fn shares_since(&self, earlier: &Self) -> Shares {
        let passed = |column: usize| self.ticks[column].saturating_sub(earlier.ticks[column]);
        let total: f32 = (0..COLUMNS).map(|column| passed(column) as f32).sum();
        if total == 0.0 {
            return Shares::default();
        }
        let percent = |column| 100.0 * passed(column) as f32 / total;
        Shares {
            busy: 100.0 - percent(IDLE),
            user: percent(USER),
            system: percent(SYSTEM),
            iowait: percent(IOWAIT),
            irq: percent(IRQ),
            softirq: percent(SOFTIRQ),
        }
    }
}

/// The CPUs that `text` names, in its order; whatever else is in it is skipped.
pub(super) fn parse(text: &[u8]) -> Vec<CpuTimes> {
    String::from_utf8_lossy(text).lines().filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<CpuTimes> {
    let mut words = line.strip_prefix(PREFIX)?.split_ascii_whitespace();
    let id = words.next().filter(|_| !line[PREFIX.len()..].starts_with(' '))?.parse().ok()?;
    let mut ticks = [0; COLUMNS];
    for (tick, word) in ticks.iter_mut().zip(words) {
        *tick = word.parse().ok()?;
    }
    Some(CpuTimes { id, ticks })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_lines_of_single_cpus_count() {
        let cpus = parse(b"cpu  1 2 3\ncpu0 1 2 3 4\ncpu12 9 9 9 9 9 9 9 9 9 9 9\nintr 5\ncpux 1\ncpu7 1 x\n");
        assert_eq!(cpus.iter().map(|cpu| cpu.id).collect::<Vec<_>>(), [0, 12]);
        assert_eq!(cpus[0].ticks, [1, 2, 3, 4, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn a_counter_that_runs_backwards_stands_still() {
        let times = |iowait| CpuTimes { id: 0, ticks: [0, 0, 0, 10, iowait, 0, 0, 0, 0, 0] };
        assert_eq!(times(3).shares_since(&times(5)), Shares::default());
    }

    proptest! {
        #[test]
        fn any_bytes_parse_to_shares_between_nothing_and_all(
            before in ".{0,60}", ticks in proptest::collection::vec(any::<u64>(), 10),
        ) {
            let line = ticks.iter().fold("cpu3".to_owned(), |line, tick| format!("{line} {tick}"));
            let cpus = parse(format!("{before}\n{line}\n").as_bytes());
            let last = cpus.last().expect("the line that is sound");
            let zero = CpuTimes { id: 3, ticks: [0; COLUMNS] };
            let shares = last.shares_since(&zero);
            // Single precision.
            prop_assert!((-0.01..=100.01).contains(&shares.busy), "{shares:?}");
        }
    }
}
