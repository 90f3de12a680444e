//! However a comparison ends, nothing of it stays: no namespace, no interface, no rule, no program, no process.

use std::process::Command;
use std::thread;
use std::time::Duration;

use rrgen::stats::order::slot_order;
use rrgen::testbed::Namespace;
use rustix::process::Signal;

use crate::netns;
use crate::possible::{without_kernel_hooks, without_namespaces};
use crate::program::{Running, await_that, await_within, compare, run};
use crate::traces::{Traces, are_loaded, programs_of};

/// Variants with a program and with a rule.
const HOOKS: [&str; 2] = ["--hooks", "none,ebpf,lua@nfqueue"];

/// How long the kernel may hold a namespace for connections whose other end is gone already: it says good-bye eight
/// times (`tcp_orphan_retries`), each after twice as long.
const TEARDOWN: Duration = Duration::from_secs(180);

/// Which of them has the program, after two baselines.
const EBPF: usize = 2;

/// A comparison in a bed that would go on for hours, in the middle of what its design is made of.
fn in_the_middle(topology: &str, design: &str) -> Running {
    let seed = (0..).find(|&seed| slot_order(seed, 0, 4)[0] == EBPF).unwrap().to_string();
    let words = ["--topology", topology, "--design", design, "--seed", &seed, "--rounds", "1000", "-l", "60"];
    let running = Running::spawn(&[&words[..], &HOOKS].concat());
    if design == "slots" {
        await_that(|| !running.children().is_empty(), "the run of the first slot");
    }
    await_that(|| has_a_link(&running), "the program of a hook");
    running
}

/// Whether a program is attached, and not only loaded to see what the kernel can do.
fn has_a_link(running: &Running) -> bool {
    let descriptors = std::fs::read_dir(format!("/proc/{}/fdinfo", running.process().as_raw_nonzero())).unwrap();
    let texts = descriptors.flatten().filter_map(|descriptor| std::fs::read_to_string(descriptor.path()).ok());
    texts.into_iter().any(|text| text.contains("link_type:"))
}

/// A veth pair dies with either end: its end out here tells when a namespace of the bed is gone.
struct Probe(Namespace);

impl Probe {
    fn into_a_namespace_of(running: &Running) -> Self {
        let probe = Self(Namespace::new().unwrap());
        let inside = a_namespace_of(running);
        let added = probe.ip(&["link", "add", "probe", "type", "veth", "peer", "name", "tell", "netns", &inside]);
        assert_eq!(added, "", "the probe is in");
        probe
    }

    fn is_there(&self) -> bool {
        self.ip(&["link"]).contains("probe")
    }

    fn ip(&self, words: &[&str]) -> String {
        let output = self.0.run(|| Command::new("ip").args(words).output()).unwrap();
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
    }
}

/// The path of a network namespace that a process has open.
fn a_namespace_of(running: &Running) -> String {
    let descriptors = std::fs::read_dir(format!("/proc/{}/fd", running.process().as_raw_nonzero())).unwrap();
    let paths = descriptors.map(|entry| entry.unwrap().path());
    let is_namespace = |path: &std::path::PathBuf| {
        std::fs::read_link(path).is_ok_and(|target| target.to_string_lossy().starts_with("net:"))
    };
    paths.into_iter().find(is_namespace).unwrap().to_str().unwrap().to_owned()
}

/// Whether a process still does something; whoever inherits an orphan may take his time to bury it.
fn is_alive(process: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    status.lines().any(|line| line.starts_with("State:") && !line.contains('Z'))
}

fn leaves_nothing(topology: &str, design: &str, signal: Signal) {
    let running = in_the_middle(topology, design);
    let probe = Probe::into_a_namespace_of(&running);
    let children = running.children();
    let mut programs = Vec::new();
    // A hook is also loaded once to see whether its host takes it: what that left is gone a moment later.
    let attached = || {
        programs = programs_of(running.process());
        are_loaded(&programs)
    };
    await_that(attached, "a program that stays");
    assert!(probe.is_there(), "{topology} {design}");
    running.signal(signal);
    let (status, _, told) = running.finish();
    if signal == Signal::INT {
        assert!(
            status.success() == told.contains("interrupted after") || told.contains("no round is finished"),
            "{told}"
        );
    }
    await_within(TEARDOWN, || !probe.is_there(), "the end of the namespace");
    await_that(|| !are_loaded(&programs), "the end of the programs");
    await_that(|| !children.iter().any(|child| is_alive(child)), "the end of the slot's run");
    let (report, _) = run(&[&["--topology", topology, "--rounds", "1", "-l", "0.02"][..], &HOOKS].concat());
    assert!(report.contains("\nlua@nfqueue / baseline "), "the next start: {report}");
}

#[test]
fn nothing_is_left_of_a_bed_however_it_ends() {
    if without_namespaces() || without_kernel_hooks() {
        return;
    }
    thread::scope(|scope| {
        for (topology, design) in
            [("direct", "lockstep"), ("router", "lockstep"), ("direct", "slots"), ("router", "slots")]
        {
            for signal in [Signal::INT, Signal::KILL] {
                scope.spawn(move || leaves_nothing(topology, design, signal));
            }
        }
    });
}

/// Rules outside a bed are the only thing that nobody but us removes: they go at the next start.
#[test]
fn rules_of_a_killed_comparison_on_the_loopback_device_go_at_the_next_start() {
    if without_namespaces() || without_kernel_hooks() || !Traces::are_visible() {
        return;
    }
    let host = netns::Namespace::new();
    let before = Traces::of(&host);
    let start = |rounds: &'static str| {
        let words = ["--topology", "loopback", "--hooks", "none,lua@nfqueue", "--rounds", rounds, "-l", "0.05"];
        host.run(move || Running::start(compare(&words)))
    };
    let running = start("1000");
    await_that(|| Traces::of(&host) != before, "the rule of a hook");
    running.signal(Signal::KILL);
    running.finish();
    assert_ne!(Traces::of(&host), before, "the rule of the killed one");
    let (status, _, told) = start("1").finish();
    assert!(status.success(), "{told}");
    assert_eq!(Traces::of(&host), before);
}
