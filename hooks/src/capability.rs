//! What this host can do, and why not: the table of hooks against the process, the kernel and the programs here.
//!
//! A hook that cannot run should say so before a measurement starts, and name what is missing.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::named::Named;
use crate::spec::{AttachPoint, Engine};
use crate::table::{Capability, Feature, Need, TABLE, engine_needs, row};

const STATUS: &str = "/proc/self/status";
const KERNEL_RELEASE: &str = "/proc/sys/kernel/osrelease";
/// Where a kernel's modules are listed, loaded or not, below its release.
const MODULES: &str = "/lib/modules";
const MODULE_LISTS: [&str; 2] = ["modules.dep", "modules.builtin"];

/// Behind the table, for whoever wants to try a measurement on something known.
const CALIBRATION: &str = "native with burn=NANOSECONDS takes so long a call: a known cost to try a measurement on\n";

/// What was found out about this host and process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Effective capabilities, one bit each.
    capabilities: u64,
    /// The kernel's release, such as `6.18.2-arch1`.
    release: String,
    /// The directories that programs are looked for in.
    search_path: Vec<PathBuf>,
}

impl Host {
    /// Looks at this host. What cannot be found out counts as missing.
    #[must_use]
    pub fn probe() -> Host {
        let status = fs::read_to_string(STATUS).unwrap_or_default();
        Host {
            capabilities: effective_capabilities(&status).unwrap_or(0),
            release: fs::read_to_string(KERNEL_RELEASE).unwrap_or_default().trim().to_owned(),
            search_path: env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default(),
        }
    }

    /// What an engine at an attach point needs and does not find here; empty when the hook can run.
    #[must_use]
    pub fn missing(&self, engine: Engine, attach: AttachPoint) -> Vec<String> {
        let needs = row(attach).needs.iter().chain(engine_needs(engine));
        needs.filter(|need| !self.has(**need)).map(|need| self.complaint(*need)).collect()
    }

    /// The table of hooks with what this host makes of it, for a terminal.
    #[must_use]
    pub fn describe(&self) -> String {
        let mut text = String::new();
        for row in TABLE {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{:<12} {}", row.attach.name(), row.place);
            for engine in row.engines {
                let missing = self.missing(*engine, row.attach);
                let answer = if missing.is_empty() { "yes".to_owned() } else { format!("no: {}", missing.join("; ")) };
                let _ = writeln!(text, "  {:<10} {answer}", engine.name());
            }
        }
        text.push_str(CALIBRATION);
        text
    }

    fn has(&self, need: Need) -> bool {
        match need {
            Need::Capability(new @ (Capability::Bpf | Capability::Perfmon)) => {
                self.may(new) || self.may(Capability::SysAdmin)
            }
            Need::Capability(capability) => self.may(capability),
            Need::Kernel(major, minor) => kernel_version(&self.release).is_some_and(|kernel| kernel >= (major, minor)),
            Need::Module(name, evidence) => Path::new(evidence).exists() || self.lists_module(name),
            Need::Program(names) => names.iter().any(|name| self.finds(name)),
            Need::Feature(Feature::Ebpf) => cfg!(feature = "ebpf"),
            Need::Feature(Feature::Lua) => cfg!(feature = "script"),
        }
    }

    fn may(&self, capability: Capability) -> bool {
        self.capabilities >> (capability as u8) & 1 == 1
    }

    fn finds(&self, program: &str) -> bool {
        self.search_path.iter().any(|directory| directory.join(program).is_file())
    }

    /// Whether the kernel has a module that it would load when asked.
    fn lists_module(&self, name: &str) -> bool {
        let file = format!("/{name}.ko");
        let lists = MODULE_LISTS.iter().map(|list| Path::new(MODULES).join(&self.release).join(list));
        lists.filter_map(|list| fs::read_to_string(list).ok()).any(|list| list.contains(&file))
    }

    fn complaint(&self, need: Need) -> String {
        match need {
            Need::Capability(capability) => {
                format!("{} is missing (run as root, or grant it with setcap)", capability_name(capability))
            }
            Need::Kernel(major, minor) => format!("needs Linux {major}.{minor} or later, this is {}", self.release),
            Need::Module(name, _) => format!("this kernel has no {name}"),
            Need::Program(names) => format!("needs {}, which is not installed", names.join(" or ")),
            Need::Feature(Feature::Ebpf) => "this build is without eBPF (feature ebpf)".to_owned(),
            Need::Feature(Feature::Lua) => "this build is without Lua (feature lua, luajit or luau)".to_owned(),
        }
    }
}

/// The name in capabilities(7).
fn capability_name(capability: Capability) -> &'static str {
    match capability {
        Capability::NetAdmin => "CAP_NET_ADMIN",
        Capability::SysAdmin => "CAP_SYS_ADMIN",
        Capability::Perfmon => "CAP_PERFMON",
        Capability::Bpf => "CAP_BPF",
    }
}

/// The `CapEff` line of `/proc/PID/status`.
fn effective_capabilities(status: &str) -> Option<u64> {
    let digits = status.lines().find_map(|line| line.strip_prefix("CapEff:"))?;
    u64::from_str_radix(digits.trim(), 16).ok()
}

/// The first two numbers of a release.
fn kernel_version(release: &str) -> Option<(u16, u16)> {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(capabilities: u64, release: &str) -> Host {
        Host { capabilities, release: release.to_owned(), search_path: vec![] }
    }

    const NET_ADMIN: u64 = 1 << Capability::NetAdmin as u8;

    #[test]
    fn message_hooks_run_everywhere() {
        let nobody = host(0, "");
        assert_eq!(nobody.missing(Engine::Native, AttachPoint::Message), Vec::<String>::new());
        assert_eq!(nobody.missing(Engine::Lua, AttachPoint::Message).is_empty(), cfg!(feature = "script"));
    }

    #[test]
    fn what_is_missing_is_named() {
        let missing = host(NET_ADMIN, "5.4.0-generic").missing(Engine::Ebpf, AttachPoint::Xdp).join("; ");
        assert!(missing.contains("CAP_BPF is missing") && !missing.contains("CAP_NET_ADMIN"), "{missing}");
        assert!(missing.contains("needs Linux 5.11 or later, this is 5.4.0-generic"), "{missing}");
        let missing = host(0, "6.1").missing(Engine::Null, AttachPoint::Nfqueue).join("; ");
        assert!(missing.contains("needs iptables or iptables-legacy, which is not installed"), "{missing}");
    }

    #[test]
    fn the_old_capability_stands_for_the_new() {
        let old = host(NET_ADMIN | 1 << Capability::SysAdmin as u8, "6.1.0");
        assert_eq!(old.missing(Engine::Ebpf, AttachPoint::TcxEgress).is_empty(), cfg!(feature = "ebpf"));
    }

    #[test]
    fn the_kernel_s_files_are_read() {
        assert_eq!(effective_capabilities("Name:\tx\nCapEff:\t000001ffffffffff\n"), Some(0x1ff_ffff_ffff));
        assert_eq!(effective_capabilities("CapEff: none"), None);
        assert_eq!(kernel_version("6.18.44-fc"), Some((6, 18)));
        assert_eq!(kernel_version("5.11"), Some((5, 11)));
        assert_eq!(kernel_version("99999999.1"), None);
        assert!(!Host::probe().release.is_empty());
    }

    #[test]
    fn the_description_has_a_line_for_every_cell() {
        let text = host(0, "6.1").describe();
        let cells: usize = TABLE.iter().map(|row| row.engines.len()).sum();
        assert_eq!(text.lines().count(), TABLE.len() + cells + 1, "and one about calibration");
        assert!(text.starts_with("message      in the process's own loop, per received message\n  null       yes\n"));
    }
}
