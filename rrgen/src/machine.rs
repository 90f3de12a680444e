//! What is known of this machine: numbers mean nothing without it.

use std::fs;
use std::thread;

use crate::results::Machine;

/// Longest text that is taken from the machine, characters.
const TEXT_MAX: usize = 120;

/// This machine, as far as it says.
pub(crate) fn this_machine() -> Machine {
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

fn clean(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(TEXT_MAX).collect()
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
        assert_eq!(clean("a\u{1b}b\n"), "ab");
    }

    #[test]
    fn this_machine_has_a_kernel_and_a_cpu() {
        let machine = this_machine();
        assert!(machine.cpus > 0 && machine.kernel.contains('.'), "{machine:?}");
        assert_eq!(this_machine(), machine);
    }
}
