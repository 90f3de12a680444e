//! Why a program did not get into the kernel, said so that the reader knows what to do next.

use std::error::Error;
use std::io;

use aya::programs::ProgramError;
use aya::util::KernelVersion;

use super::errno::Errno;
use crate::spec::AttachPoint;

/// Lines of the verifier's output that are shown; the complaint stands at its end.
const VERIFIER_LINES: usize = 16;
/// The first kernel that charges map memory to the memory cgroup instead of `RLIMIT_MEMLOCK`.
const MEMCG_ACCOUNTING: KernelVersion = KernelVersion::new(5, 11, 0);

/// Why an eBPF hook could not be prepared, attached or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EbpfError {
    /// An attach point outside the kernel.
    #[error("{0} is not in the kernel, where eBPF programs run")]
    NotInKernel(AttachPoint),
    /// An object was asked for, but there is nowhere to look for it.
    #[error("object= needs --hook-dir on the hook host: objects are only taken from there")]
    NoHookDir,
    /// The object's file cannot be read.
    #[error("cannot read the object {name}: {error}")]
    Unreadable {
        /// The file inside the hook directory.
        name: String,
        /// What the system said.
        error: io::Error,
    },
    /// The file is no eBPF object, or not one for this kernel.
    #[error(
        "{name} is no eBPF object that can be loaded: {reason}; programs are looked for in the ELF sections xdp, \
         classifier and socket"
    )]
    BadObject {
        /// The file inside the hook directory, or the name of the built-in object.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The object has no such program, or several to choose from.
    #[error("choose a program with program=; those for {attach} are: {}", listed(programs))]
    NoProgram {
        /// The attach point, which decides about the program's type.
        attach: AttachPoint,
        /// The programs of that type.
        programs: Vec<String>,
    },
    /// A parameter for a program that takes none, or counters of a program that has none.
    #[error("the object has no map {0}; port= and payload= need PARAMS, verdicts need COUNTERS")]
    NoMap(&'static str),
    /// The kernel's verifier rejected the program.
    #[error("the kernel rejected the program {program}: {io}; the verifier's last words:\n{last_words}")]
    Rejected {
        /// The program.
        program: String,
        /// The error of the system call.
        io: io::Error,
        /// The end of what the verifier said.
        last_words: String,
    },
    /// A privilege is missing.
    #[error(
        "not permitted: eBPF hooks need root, or CAP_BPF, CAP_PERFMON and for an interface CAP_NET_ADMIN{}",
        memlock_advice()
    )]
    NotPermitted,
    /// An attach point that the target does not have.
    #[error("{0} is no attach point of this target: socket hooks go on a data socket, the others on an interface")]
    Misplaced(AttachPoint),
    /// No such interface.
    #[error("there is no interface {0}; `ip link` lists them")]
    NoInterface(String),
    /// Someone else's hook is there.
    #[error("{interface} already has a hook at {attach}; wait until the other test ends, or choose another iface=")]
    Occupied {
        /// The interface.
        interface: String,
        /// The attach point.
        attach: AttachPoint,
    },
    /// A null hook whose calls nobody would count.
    #[error(
        "this program keeps no counters, and the kernel's program statistics, which could tell its calls, are off: \
             run as root or set the sysctl kernel.bpf_stats_enabled to 1"
    )]
    Uncounted,
    /// Anything else the kernel did not want.
    #[error("{what} failed: {reason}")]
    Kernel {
        /// What was tried.
        what: &'static str,
        /// The errors, outermost first.
        reason: String,
    },
}

impl EbpfError {
    /// Explains an error of `what`.
    pub(crate) fn from_kernel(what: &'static str, error: &impl Errno) -> EbpfError {
        match error.errno() {
            Some(libc::EPERM | libc::EACCES) => EbpfError::NotPermitted,
            _ => EbpfError::Kernel { what, reason: chain(error) },
        }
    }

    /// Explains why the kernel did not load `program`.
    pub(super) fn from_load(program: &str, error: ProgramError) -> EbpfError {
        match error {
            // A verdict of the verifier may come as EACCES; only without its words is it about privileges.
            ProgramError::LoadError { io_error, verifier_log } if !verifier_log.to_string().is_empty() => {
                let last_words = last_lines(&verifier_log.to_string());
                EbpfError::Rejected { program: program.to_owned(), io: io_error, last_words }
            }
            other => EbpfError::from_kernel("loading the program", &other),
        }
    }
}

/// A chain of errors as one line.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let errors = std::iter::successors(Some(error), |&error| error.source());
    let mut texts: Vec<String> = errors.map(ToString::to_string).collect();
    texts.dedup();
    texts.join(": ")
}

fn listed(programs: &[String]) -> String {
    if programs.is_empty() { "none".to_owned() } else { programs.join(", ") }
}

fn last_lines(log: &str) -> String {
    let lines: Vec<&str> = log.trim_end().lines().collect();
    lines[lines.len().saturating_sub(VERIFIER_LINES)..].join("\n")
}

/// On an old kernel a locked-memory limit looks like a missing privilege.
fn memlock_advice() -> &'static str {
    match KernelVersion::current() {
        Ok(version) if version < MEMCG_ACCOUNTING => {
            "; kernels before 5.11 also count maps as locked memory: raise the limit with `ulimit -l unlimited`"
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_verifiers_output_is_shown() {
        let log: String = (0..100).map(|line| format!("line {line}\n")).collect();
        let shown = last_lines(&log);
        assert!(shown.ends_with("line 99") && shown.contains("line 84\n") && !shown.contains("line 83\n"), "{shown}");
    }

    #[test]
    fn a_refusal_names_the_capabilities() {
        let refused = io::Error::from_raw_os_error(libc::EPERM);
        assert!(matches!(EbpfError::from_kernel("x", &refused), EbpfError::NotPermitted));
        assert!(EbpfError::NotPermitted.to_string().contains("CAP_BPF"));
        let other = io::Error::from_raw_os_error(libc::ENODEV);
        assert!(EbpfError::from_kernel("attaching", &other).to_string().starts_with("attaching failed: "));
    }
}
