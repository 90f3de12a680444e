//! What the options about load mean together: `--flows`, `--threads`, `--control-per-flow`, and lists of CPUs in `-T`.

use compat::args::{CpuArg, Ends};
use compat::text::Test;
use compat::text::failure::Report;
use rrserver::LoadTerms;
use rrserver::data::{CpuList, Engine, Wait};

use super::own::{Own, OwnId, last};
use super::refused;
use crate::plan::{HookPlace, Load, Plan};

/// Most requests in flight over all flows; each takes twelve bytes of memory.
const MAX_IN_FLIGHT: u64 = 1 << 22;

/// The load that was asked for.
///
/// # Errors
/// A number or list is out of range, or the options contradict each other.
pub(super) fn load(own: &Own, cpus: &CpuArg, wait: Ends<Wait>, stock: bool) -> Result<Load, Report> {
    let number = |text: &str, option: &str| {
        text.parse::<u32>().map_err(|_| refused(format!("{option}: '{text}' is no number of them")))
    };
    let flows = last(own, OwnId::Flows).map_or(Ok(1), |text| number(text, "--flows"))?;
    let threads = last(own, OwnId::Threads).unwrap_or_default();
    let halves = compat::args::both(threads);
    let threads = |half: Option<&str>| half.map(|text| number(text, "--threads")).transpose();
    let engine = |text| super::ends::read(text).map_err(|e| refused(format!("--engine: {e}")));
    let engine: Ends<Engine> = last(own, OwnId::Engine).map_or(Ok(Ends::default()), engine)?;
    let terms = |half, text: &Option<String>, number, wait, engine| {
        let cpus = cpu_list(text.as_deref().filter(|_| !stock), number)?;
        let refusal = |e| refused(format!("--flows, --threads, -T: {e}"));
        let terms = LoadTerms::new(flows, threads(half)?, cpus, wait).map_err(refusal)?;
        terms.by(engine).map_err(|e| refused(format!("--{e}")))
    };
    let local = terms(halves.first, &cpus.texts.local, cpus.local, wait.local, engine.local)?;
    let remote = terms(halves.second, &cpus.texts.remote, cpus.remote, wait.remote, engine.remote)?;
    let control_per_flow = own.iter().any(|(id, _)| *id == OwnId::ControlPerFlow);
    if control_per_flow && flows == 1 {
        return Err(refused("--control-per-flow means nothing without --flows"));
    }
    if control_per_flow && remote.threads > 1 && last(own, OwnId::Threads).is_some() {
        return Err(refused(
            "--control-per-flow: every flow has a thread of its own at the server; leave out its --threads",
        ));
    }
    Ok(Load { local, remote, control_per_flow })
}

/// The CPUs of one end. A text that netperf reads as one number stays what netperf makes of it: negative binds nothing,
/// and one that is not there is told at the end; one that can be nowhere no server of ours would take.
fn cpu_list(text: Option<&str>, number: Option<i32>) -> Result<CpuList, Report> {
    let number = number.and_then(|number| u32::try_from(number).ok());
    let is_list = |text: &str| text.trim_start_matches('-').contains(['-', '+']);
    let parsed = match (text, number) {
        (Some(text), _) if is_list(text) => text.parse(),
        (Some(_), Some(number)) => number.to_string().parse(),
        _ => Ok(number.into()),
    };
    parsed.map_err(|e| refused(format!("-T: {e}")))
}

/// What one flow can have and many cannot.
///
/// # Errors
/// `plan` has both.
pub(super) fn check(plan: &Plan) -> Result<(), Report> {
    let Load { local, remote, control_per_flow } = &plan.test.load;
    let test = &plan.test;
    if !test.is_scheduled() {
        let refusal = "--ramp: one flow has nothing to bring up: ask for more by --flows, or for a --rate";
        return if test.ramp.is_some() { Err(refused(refusal)) } else { Ok(()) };
    }
    if test.open.is_some() {
        check_open_loop(plan)?;
    }
    let in_flight = u64::from(local.flows) * (u64::from(test.burst) + 1);
    let contradictions = [
        (test.kind != Test::TcpRr, "--flows is for TCP_RR: leave out -t and -c, or leave out --flows"),
        (plan.target.no_control, "--flows needs a control connection: leave out -N, or leave out --flows"),
        (plan.target.single_port, "--single-port carries one flow: leave it out, or leave out --flows"),
        (
            *control_per_flow && remote.wait != Wait::Block,
            "--wait: with --control-per-flow the server chooses how it waits; leave out its half",
        ),
        (
            *control_per_flow && remote.engine != Engine::Epoll,
            "--engine: with --control-per-flow the server has one flow in each test; leave out its half, as in `uring,`",
        ),
        (test.pace.is_some(), "-w paces one flow: leave it out, or leave out --flows"),
        (
            test.local_data_port != 0 && local.flows > 1,
            "-- -P: many flows cannot come from one port; leave out its first half",
        ),
        (
            in_flight > MAX_IN_FLIGHT,
            "-b: the flows would have more than 4194304 requests in flight; choose less of either",
        ),
        (
            *control_per_flow && plan.hook.is_some(),
            "--hook is for one test, and with --control-per-flow every flow is one: leave out either",
        ),
    ];
    if let Some((_, text)) = contradictions.into_iter().find(|(contradicts, _)| *contradicts) {
        return Err(refused(text));
    }
    let unfit = plan.hook.as_ref().and_then(|hook| {
        let terms = if matches!(hook.place, HookPlace::Client { .. }) { local } else { remote };
        terms.unfit_for(hook.spec.attach, hook.whole_host)
    });
    unfit.map_or(Ok(()), |reason| Err(refused(format!("--hook: {reason}"))))
}

/// What an open loop cannot have.
fn check_open_loop(plan: &Plan) -> Result<(), Report> {
    let test = &plan.test;
    let contradictions = [
        (test.kind != Test::TcpRr, "--rate is for TCP_RR: leave out -t and -c, or leave out --rate"),
        (plan.target.no_control, "--rate needs a control connection: leave out -N, or leave out --rate"),
        (plan.target.single_port, "--single-port has no open loop: leave it out, or leave out --rate"),
        (test.burst > 0, "-- -b: with --rate a flow has one request in flight; leave it out, and ask for more --flows"),
        (test.pace.is_some(), "-w paces a closed loop: leave it out, or leave out --rate"),
    ];
    let contradiction = contradictions.into_iter().find(|(contradicts, _)| *contradicts);
    contradiction.map_or(Ok(()), |(_, text)| Err(refused(text)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{meaning, own};
    use compat::args::parse;

    fn read(words: &[&str]) -> Result<Plan, Report> {
        let invocation = parse(&[&["rrgen"], words].concat(), own::OPTIONS).expect("options");
        meaning::plan(&invocation, &meaning::Surroundings::default())
    }

    fn terms(words: &[&str]) -> (String, String) {
        let load = read(words).expect("plan").test.load;
        (load.local.to_string(), load.remote.to_string())
    }

    #[test]
    fn netperfs_forms_of_cpus_mean_what_they_meant_and_lists_are_ours() {
        let one = "flows=1 threads=1 wait=block";
        for (text, local, remote) in [
            ("1", " cpus=1", " cpus=1"),
            ("1,", " cpus=1", ""),
            (",2", "", " cpus=2"),
            ("1,2", " cpus=1", " cpus=2"),
            ("-1,2", "", " cpus=2"),
            ("0-3,", " cpus=0-3", ""),
            (",0+2", "", " cpus=0+2"),
        ] {
            assert_eq!(terms(&["-T", text]), (format!("{one}{local}"), format!("{one}{remote}")), "-T {text}");
        }
        let plan = read(&["-T", "2-3,1+0"]).expect("plan");
        assert_eq!((plan.test.local_cpu, plan.test.remote_cpu), (Some(2), Some(1)));
    }

    #[test]
    fn threads_are_one_for_each_cpu_of_their_end() {
        let (local, remote) = terms(&["--flows", "64", "-T", "0-1,3"]);
        assert_eq!(local, "flows=64 threads=2 wait=block cpus=0-1");
        assert_eq!(remote, "flows=64 threads=1 wait=block cpus=3");
        let (local, remote) = terms(&["--flows", "64", "--threads", "4,2"]);
        assert_eq!(
            (local.as_str(), remote.as_str()),
            ("flows=64 threads=4 wait=block", "flows=64 threads=2 wait=block")
        );
    }

    #[test]
    fn either_end_has_its_engine() {
        let flows = "flows=8 threads=1 wait=block";
        for (text, local, remote) in [
            ("uring", " engine=uring", " engine=uring"),
            ("uring,", " engine=uring", ""),
            ("epoll,uring", "", " engine=uring"),
            ("epoll", "", ""),
        ] {
            let expected = (format!("{flows}{local}"), format!("{flows}{remote}"));
            assert_eq!(terms(&["--flows", "8", "--engine", text]), expected, "--engine {text}");
        }
    }

    #[test]
    fn what_many_flows_cannot_have_is_refused_by_name() {
        for (words, culprit) in [
            (&["--flows", "0"][..], "flows: '0'"),
            (&["--flows", "x"], "--flows: 'x'"),
            (&["--flows", "65537"], "flows: '65537'"),
            (&["--threads", "2"], "2 threads are more than 1 flows"),
            (&["--flows", "4", "-T", "0-"], "-T: '0-'"),
            (&["--flows", "4", "-T", "3-1"], "-T: '3-1'"),
            (&["--flows", "4", "-T", "1024"], "-T: '1024' is neither a CPU (0 to 1023)"),
            (&["-T", "0,4294"], "-T: '4294'"),
            (&["--flows", "4", "-t", "UDP_RR"], "TCP_RR"),
            (&["--flows", "4", "-N"], "-N"),
            (&["--flows", "4", "-w", "5"], "-w"),
            (&["--rate", "5k", "-t", "UDP_RR"], "--rate is for TCP_RR"),
            (&["--rate", "5k", "-t", "TCP_CRR"], "--rate is for TCP_RR"),
            (&["--rate", "5k", "-N"], "-N"),
            (&["--rate", "5k", "-w", "5"], "-w"),
            (&["--rate", "5k", "--single-port"], "--single-port"),
            (&["--rate", "5k", "--", "-b", "4"], "-b"),
            (&["--ramp", "1s"], "--ramp"),
            (&["--ramp", "1", "--flows", "4"], "--ramp: '1'"),
            (&["--flows", "4", "--single-port"], "--single-port"),
            (&["--flows", "4", "--", "-P", "5,"], "-P"),
            (&["--flows", "65536", "--", "-b", "64"], "-b"),
            (&["--control-per-flow"], "--control-per-flow"),
            (&["--flows", "4", "--control-per-flow", "--hook", "lua"], "--control-per-flow"),
            (&["--flows", "4", "--threads", "2", "--hook", "lua"], "one interpreter"),
            (&["--engine", "uring"], "--engine: uring is for many flows"),
            (&["--rate", "5k", "--engine", "uring,"], "--engine: uring is for many flows"),
            (&["--flows", "4", "--engine", "steam"], "--engine: 'steam'"),
            (&["--flows", "4", "--engine", "uring", "--wait", "busy-poll:9"], "--engine: uring waits by block or spin"),
            (&["--flows", "4", "--engine", "uring", "--control-per-flow"], "--engine: with --control-per-flow"),
            (&["--flows", "4", "--hook", "ebpf@socket"], "one flow"),
            (&["--flows", "4", "--hook", "lua@nfqueue"], "--hook-scope host"),
        ] {
            let refusal = read(words).expect_err(culprit);
            assert!(refusal.stderr.contains(culprit) && refusal.status == 1, "{words:?}: {refusal:?}");
        }
        for words in [
            &["--flows", "4", "--hook", "ebpf"][..],
            &["--flows", "4", "--threads", "2,1", "--hook", "lua"],
            &["--flows", "4", "--ramp", "1s", "--warmup", "5"],
            &["--rate", "5k", "--ramp", "1s", "--hook", "lua", "--", "-P", "5,"],
            &["--flows", "4", "--warmup", "1s", "-D", "1", "--interim-latency"],
            &["--rate", "5k", "-D", "1", "--interim-latency"],
            &["--flows", "4", "--warmup", "100"],
            &["--engine", "epoll"],
            &["--flows", "4", "--engine", "uring,", "--control-per-flow"],
            &["--flows", "4", "--engine", "uring", "--wait", "spin", "--hook", "lua"],
        ] {
            read(words).expect("plan");
        }
    }
}
