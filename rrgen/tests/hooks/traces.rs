//! What a hook could leave behind: in a network namespace, and in the kernel.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use aya::programs::{SchedClassifier, TcAttachType, loaded_programs};
use hooks::spec::{AttachPoint, Engine};
use hooks::table::engines_at;
use rustix::process::Pid;

use crate::netns::Namespace;
use crate::support::{PATIENCE, is_installed};

/// Everything that hooks are made of there. Tables are waited for: their lock belongs to the whole machine.
const LISTINGS: [(&str, &str); 6] = [
    ("ip", "-d link show"),
    ("tc", "qdisc show"),
    ("iptables", "-w 10 -S"),
    ("iptables-legacy", "-w 10 -S"),
    ("ip6tables", "-w 10 -S"),
    ("ip6tables-legacy", "-w 10 -S"),
];

/// Pause between two looks at something that takes its time.
const POLL: Duration = Duration::from_millis(5);

/// The interfaces, their programs and the netfilter rules of a namespace.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Traces(Vec<String>);

impl Traces {
    /// Whether they can be seen here; skips if not.
    pub(crate) fn are_visible() -> bool {
        LISTINGS.iter().all(|(program, _)| is_installed(program))
    }

    /// Those in `namespace` now.
    pub(crate) fn of(namespace: &Namespace) -> Self {
        let listings = LISTINGS.iter().map(|(program, arguments)| namespace.output(program, arguments));
        Self(listings.chain([tcx_programs(namespace)]).collect())
    }
}

/// The programs on the tc hooks of all interfaces, of which `tc` says nothing.
fn tcx_programs(namespace: &Namespace) -> String {
    let links = namespace.ip("-o link show");
    let name = |line: &str| Some(line.split(": ").nth(1)?.split('@').next()?.to_owned());
    let interfaces: Vec<String> = links.lines().filter_map(name).collect();
    namespace.run(move || {
        let sides = [TcAttachType::Ingress, TcAttachType::Egress];
        let hooks = interfaces.iter().flat_map(|interface| sides.map(|side| (interface, side)));
        // Kernels before 6.6 know no such query; there the qdisc tells.
        let programs = hooks.flat_map(|(interface, side)| SchedClassifier::query_tcx(interface.as_str(), side));
        programs.flat_map(|(_, programs)| programs).map(|program| format!("{}\n", program.id())).collect()
    })
}

/// Whether hooks are programs in the kernel there.
pub(crate) fn is_in_kernel(attach: AttachPoint) -> bool {
    engines_at(attach).contains(&Engine::Ebpf)
}

/// The eBPF programs that a process holds, itself or by a link, by their numbers.
pub(crate) fn programs_of(process: Pid) -> Vec<u32> {
    let folder = format!("/proc/{}/fdinfo", process.as_raw_nonzero());
    // A descriptor may be closed between the listing and the look.
    let descriptors = fs::read_dir(folder).into_iter().flatten().flatten();
    let texts = descriptors.filter_map(|descriptor| fs::read_to_string(descriptor.path()).ok());
    texts.filter_map(|text| text.lines().find_map(|line| line.strip_prefix("prog_id:")?.trim().parse().ok())).collect()
}

/// Whether the kernel still has one of these programs.
pub(crate) fn are_loaded(programs: &[u32]) -> bool {
    loaded_programs().any(|program| program.is_ok_and(|program| programs.contains(&program.id())))
}

/// Waits until it is so; `complaint` says what is wrong if it never is.
pub(crate) fn eventually(complaint: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{complaint}");
        thread::sleep(POLL);
    }
}
