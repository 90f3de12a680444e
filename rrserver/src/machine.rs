//! What is known of a machine: numbers mean nothing without it.

use std::fs;
use std::thread;

use serde::{Deserialize, Serialize};

/// Longest text that is taken from a machine, bytes: what a kernel has room for in its own name.
const TEXT_MAX: usize = 64;

/// A machine that measures, or is measured against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// Kernel release.
    pub kernel: String,
    /// Model of its CPUs.
    pub cpu_model: String,
    /// CPUs that are online.
    pub cpus: usize,
    /// Frequency governor; `None` where there is none to choose.
    pub governor: Option<String>,
    /// The hypervisor, as far as the machine knows; `None` on bare metal.
    pub virtualisation: Option<String>,
}

impl Machine {
    /// The same with texts that fit a message and do nothing to a terminal, whoever wrote them.
    #[must_use]
    pub fn cleaned(self) -> Self {
        let Self { kernel, cpu_model, cpus, governor, virtualisation } = self;
        Self {
            kernel: clean(&kernel),
            cpu_model: clean(&cpu_model),
            cpus,
            governor: governor.as_deref().map(clean),
            virtualisation: virtualisation.as_deref().map(clean),
        }
    }
}

/// This machine, as far as it says.
#[must_use]
pub fn this_machine() -> Machine {
    let cpu_info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    Machine {
        kernel: text("/proc/sys/kernel/osrelease").unwrap_or_else(unknown),
        cpu_model: field(&cpu_info, "model name").map_or_else(unknown, clean),
        cpus: thread::available_parallelism().map_or(1, usize::from),
        governor: text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        virtualisation: virtualisation(&cpu_info),
    }
}

/// The product that pretends to be the machine; without a hypervisor flag there is none.
fn virtualisation(cpu_info: &str) -> Option<String> {
    field(cpu_info, "flags")?.split(' ').find(|&flag| flag == "hypervisor")?;
    Some(text("/sys/class/dmi/id/sys_vendor").unwrap_or_else(|| "a hypervisor without a name".into()))
}

fn field<'a>(cpu_info: &'a str, name: &str) -> Option<&'a str> {
    let line = cpu_info.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim())
}

fn text(file: &str) -> Option<String> {
    fs::read_to_string(file).ok().map(|text| clean(text.trim())).filter(|text| !text.is_empty())
}

/// Printable ASCII that JSON writes as it is: every letter is one byte of a message.
pub(crate) fn clean(text: &str) -> String {
    text.chars().filter(|letter| matches!(letter, ' '..='~') && !matches!(letter, '"' | '\\')).take(TEXT_MAX).collect()
}

fn unknown() -> String {
    "unknown".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hypervisor_is_told_by_its_flag() {
        let with = "model name\t: A CPU @ 1 GHz\nflags\t\t: fpu hypervisor sse\n";
        assert!(virtualisation(with).is_some());
        assert_eq!(virtualisation(&with.replace("hypervisor ", "")), None);
        assert_eq!(field(with, "model name"), Some("A CPU @ 1 GHz"));
        assert_eq!(clean("a\u{1b}b\n\"é"), "ab");
        assert_eq!(clean(&"x".repeat(99)).len(), TEXT_MAX);
    }

    #[test]
    fn this_machine_has_a_kernel_and_a_cpu() {
        let machine = this_machine();
        assert!(machine.cpus > 0 && machine.kernel.contains('.'), "{machine:?}");
        assert_eq!(this_machine(), machine);
    }
}
