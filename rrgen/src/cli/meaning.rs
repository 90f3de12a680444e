//! From options to a plan: defaults, ranges, and what this program does not do.

use std::time::Duration;

use compat::args::{Ends, Global, HostArg, Invocation, TestOptions, Warning};
use compat::text::Test;
use compat::text::failure::Report;
use compat::text::interim::IntervalMeter;
use compat::units::Unit;
use compat::wire::{Family, TestLength};
use rrserver::data::{DataProtocol, FastOpen, MAX_DATAGRAM, MAX_MESSAGE, SocketOptions, Wait};

use super::hook::hook_plan;
use super::named::Named;
use super::own::{Own, OwnId, last};
use super::{chosen, forms, load, open_loop, refused};
use crate::output::DETAILS;
use crate::plan::{BufferPlacement, Host, Load, Pace, Plan, RrTest, Style, Target, WarmUp};
use crate::run;

/// The largest number of requests in flight beyond the first; each takes eight bytes of memory.
const MAX_BURST: u32 = 1 << 20;

const NS_PER_US: u64 = 1_000;

/// netperf's options that change nothing about a request/response test here, by long name, beside those that it lists
/// itself.
pub(super) const NO_EFFECT: &[&str] = &["debug", "connected-remote", "use-write", "copy-avoidance", "pktinfo"];

/// What surrounds the words of a command line.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Surroundings<'a> {
    /// The server is inside.
    pub(super) local: bool,
    /// We pass for a stock netperf.
    pub(super) stock: bool,
    /// `DUMP_TCP_INFO` is in the environment.
    pub(super) dump_tcp_info: bool,
    /// All words, the program's name first.
    pub(super) command_line: &'a str,
}

/// What `invocation` asks for.
///
/// # Errors
/// A text to print instead: an option that is not available, a text that netperf would misread, a size or number out
/// of range, a question that is answered.
pub(super) fn plan(invocation: &Invocation<OwnId>, around: &Surroundings<'_>) -> Result<Plan, Report> {
    let Invocation { global, test, .. } = invocation;
    let misread = invocation.warnings.iter().find(|warning| matches!(warning, Warning::Misread { .. }));
    if let Some(misread) = misread.filter(|_| !around.stock) {
        return Err(refused(format!("{misread} by netperf; write what you mean")));
    }
    let named = Named::read(global, test, around.stock)?;
    if around.local && (global.host.name.is_some() || global.port != Global::default().port) {
        return Err(refused("--local runs its own server; leave out -H and -p, or leave out --local"));
    }
    let hook = hook_plan(&invocation.own, global, around.local)?;
    if hook.is_some() && (named.kind != Test::TcpRr || global.no_control || global.confidence.is_some()) {
        return Err(refused("--hook runs with one TCP_RR: leave out -t, -N, -i and -I, or leave out --hook"));
    }
    let single_port = invocation.own.iter().any(|(id, _)| *id == OwnId::SinglePort);
    if single_port && (named.kind != Test::TcpRr || global.no_control) {
        return Err(refused("--single-port is for TCP_RR: leave out -t and -N, or leave out --single-port"));
    }
    let ramp = open_loop::ramp(&invocation.own)?;
    let warm_up = warm_up(&invocation.own, named.kind, global, ramp)?;
    let wait = wait(&invocation.own, named.kind, global)?;
    let given = |wanted| invocation.own.iter().any(|(id, _)| *id == wanted);
    let output = chosen::read(test.output.as_ref(), named.omni, global.cpu_rate)?;
    let wanted_flags = output.as_ref().map_or(0, |chosen| chosen.selection.request_flags());
    let load = load::load(&invocation.own, &global.cpus, wait, around.stock)?;
    // Where the server's threads really ran only its report tells.
    let binds_server = !around.stock && !load.remote.cpus.is_empty();
    let plan = Plan {
        target: Target { single_port, ..target(global) },
        test: RrTest {
            wanted_flags,
            warm_up,
            ramp,
            open: open_loop::open_loop(&invocation.own)?,
            load,
            report: shows_reports(global, around) || given(OwnId::Json) || binds_server,
            ..rr_test(named.kind, global, test)?
        },
        hook,
        confidence: global.confidence,
        result_only: global.result_only,
        style: forms::add(
            Style { omni_title: named.omni, output, ..style(global, test, around) },
            &invocation.own,
            global.interval,
        )?,
    };
    load::check(&plan)?;
    Ok(plan)
}

/// The warm-up that was asked for.
///
/// # Errors
/// It is none, or no server can be told of it.
fn warm_up(own: &Own, kind: Test, global: &Global, ramp: Option<Duration>) -> Result<Option<WarmUp>, Report> {
    let read = |text| super::warm_up::read(text).map_err(|e| refused(format!("--warmup: {e}")));
    let warm_up = last(own, OwnId::WarmUp).map(read).transpose()?;
    if warm_up.is_none() && ramp.is_none() {
        return Ok(None);
    }
    let told = run::told(global.duration, ramp, warm_up);
    // The end of a connection says nothing where every transaction has its own.
    if kind == Test::TcpCrr && told == TestLength::UntilClosed {
        return Err(refused("--warmup: a TCP_CRR takes --warmup and -l as times both, or as counts both"));
    }
    // The longest length that a message has room for stands for everything beyond it, too.
    if i32::try_from(told_number(told)).is_err() {
        return Err(refused(format!("--warmup, --ramp: with -l it is more than {} in all", i32::MAX)));
    }
    Ok(warm_up)
}

/// How the two ends are to wait.
///
/// # Errors
/// There is no such way, or not in this test.
fn wait(own: &Own, kind: Test, global: &Global) -> Result<Ends<Wait>, Report> {
    let Some(text) = last(own, OwnId::Wait) else { return Ok(Ends::default()) };
    let wait = super::ends::read(text).map_err(|e| refused(format!("--wait: {e}")))?;
    if kind == Test::TcpCrr && wait != Ends::default() {
        return Err(refused("--wait: a TCP_CRR waits for connections, which only block can; leave out --wait, or -t"));
    }
    if global.no_control && wait.remote != Wait::Block {
        return Err(refused(
            "--wait: nobody can tell the server without a control connection: leave out -N, or its half",
        ));
    }
    Ok(wait)
}

/// Whether what the test took at either end will be shown.
fn shows_reports(global: &Global, around: &Surroundings<'_>) -> bool {
    !around.stock && global.verbosity >= DETAILS
}

fn told_number(length: TestLength) -> u32 {
    match length {
        TestLength::Seconds(number) | TestLength::Transactions(number) => number,
        TestLength::UntilClosed => 0,
    }
}

fn target(global: &Global) -> Target {
    Target {
        host: target_host(global),
        named: global.host.name.is_some(),
        port: global.port,
        local: host(&global.local_host),
        local_family: global.local_host.family,
        local_port: global.local_port,
        passphrase: global.passphrase.clone(),
        no_control: global.no_control,
        single_port: false,
    }
}

fn target_host(global: &Global) -> Host {
    let family = global.host.family;
    let at_either_end = [family, global.local_host.family];
    let default = if at_either_end.contains(&Family::Inet6) { "::1" } else { "localhost" };
    host(&global.host).unwrap_or_else(|| Host { name: default.into(), family })
}

fn host(arg: &HostArg) -> Option<Host> {
    arg.name.as_ref().map(|name| Host { name: name.clone(), family: arg.family })
}

fn rr_test(kind: Test, global: &Global, test: &TestOptions) -> Result<RrTest, Report> {
    let limit = if kind == Test::UdpRr { MAX_DATAGRAM } else { MAX_MESSAGE };
    for (what, size) in [("request", test.size.request), ("response", test.size.response)] {
        if size as usize > limit {
            return Err(refused(format!("-r: a {what} of {size} bytes is too large; the limit is {limit}")));
        }
    }
    if test.burst > MAX_BURST {
        return Err(refused(format!("-b: a burst of {} is too large; the limit is {MAX_BURST}", test.burst)));
    }
    // A negative number asks for no binding.
    let cpu = |number: Option<i32>| number.and_then(|number| u32::try_from(number).ok());
    Ok(RrTest {
        kind,
        length: global.duration,
        warm_up: None,
        ramp: None,
        open: None,
        report: false,
        load: Load::default(),
        interim: global.interval.map(|interval| match interval.exact {
            true => IntervalMeter::exact(interval.seconds),
            false => IntervalMeter::guessing(interval.seconds, interval.first_guess),
        }),
        local_cpu: cpu(global.cpus.local),
        remote_cpu: cpu(global.cpus.remote),
        wait_before: Duration::from_secs(global.wait_before.into()),
        request_size: test.size.request,
        response_size: test.size.response,
        burst: test.burst,
        pace: pace(global),
        remote_pace: (global.interval_burst.remote, global.interval_usecs.remote),
        cpu_rate: global.cpu_rate,
        fill: global.fill_file.clone(),
        copy_avoidance: test.copy_avoidance,
        pktinfo: test.pktinfo,
        wanted_flags: 0,
        client_ports: test.client_ports,
        retry_connect: test.retry_connect,
        connected: test.connected.local,
        recv_timeout: test.recv_timeout.filter(|&seconds| seconds > 0).map(|s| Duration::from_secs(s.into())),
        local_socket: local_socket(kind, global, test),
        remote_socket: remote_socket(kind, global, test),
        buffers: BufferPlacement { alignment: global.alignment, offset: global.offset, ring_width: global.ring_width },
        data_host: data_host(global, &test.data_host),
        data_host_named: test.data_host.name.is_some(),
        data_local: host(&test.data_local),
        local_data_port: test.data_ports.local,
        remote_data_port: test.data_ports.remote,
    })
}

/// The destination of the data connection, where a name or a family for it was given.
fn data_host(global: &Global, arg: &HostArg) -> Option<Host> {
    let family_alone = (arg.family != Family::Unspecified).then(|| Host { family: arg.family, ..target_host(global) });
    host(arg).or(family_alone)
}

fn local_socket(kind: Test, global: &Global, test: &TestOptions) -> SocketOptions {
    SocketOptions {
        send_buffer: test.local_buffers.send,
        recv_buffer: test.local_buffers.recv,
        cork: test.cork,
        max_segment: test.max_segment,
        debug: test.socket_debug,
        fast_open: test.fast_open.then_some(FastOpen::Client),
        priority: global.priority.local,
        tos: global.tos.local.map(u32::from),
        congestion_control: test.congestion.local.clone().unwrap_or_default(),
        ..both_sockets(kind, global, test)
    }
}

fn remote_socket(kind: Test, global: &Global, test: &TestOptions) -> SocketOptions {
    SocketOptions {
        defer_accept: test.defer_accept,
        fast_open: test.fast_open.then_some(FastOpen::Server),
        send_buffer: test.remote_buffers.send,
        recv_buffer: test.remote_buffers.recv,
        priority: global.priority.remote,
        tos: global.tos.remote.map(u32::from),
        congestion_control: test.congestion.remote.clone().unwrap_or_default(),
        ..both_sockets(kind, global, test)
    }
}

/// What netperf sets at both ends by one option.
fn both_sockets(kind: Test, global: &Global, test: &TestOptions) -> SocketOptions {
    SocketOptions {
        protocol: if kind == Test::UdpRr { DataProtocol::Udp } else { DataProtocol::Tcp },
        nodelay: test.nodelay,
        keepalive: global.keepalive,
        direct_route: !test.allow_routing,
        ..SocketOptions::default()
    }
}

/// `-b` alone paces nothing, as in a netperf built with intervals; `-w` alone means one transaction at a time.
fn pace(global: &Global) -> Option<Pace> {
    let interval_usecs = global.interval_usecs.local;
    (interval_usecs > 0).then(|| Pace {
        transactions: global.interval_burst.local.max(1),
        interval_ns: u64::from(interval_usecs) * NS_PER_US,
    })
}

fn style(global: &Global, test: &TestOptions, around: &Surroundings<'_>) -> Style {
    Style {
        stock: around.stock,
        omni_title: false,
        output: None,
        json: false,
        interim_latency: false,
        hdr_log: None,
        statistics: global.statistics,
        dump_tcp_info: around.dump_tcp_info,
        uuid: test.uuid.clone(),
        command_line: around.command_line.to_owned(),
        cpus: Ends { local: global.cpus.local, remote: global.cpus.remote },
        verbosity: global.verbosity,
        headings: global.headers,
        brand: global.brand.clone(),
        unit: global.unit.map_or(Unit::Transactions, Unit::from_option),
        cpu_bind: global.cpus.given,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::own;
    use compat::args::{Argument, global_options, parse, test_options};

    fn read(words: &[&str]) -> Result<Plan, Report> {
        let invocation = parse(&[&["rrgen"], words].concat(), own::OPTIONS).expect("options");
        plan(&invocation, &Surroundings::default())
    }

    #[test]
    fn without_options_it_is_ten_seconds_of_one_byte_against_localhost() {
        let plan = read(&[]).expect("plan");
        assert_eq!(plan.target.host.name, "localhost");
        assert_eq!((plan.test.request_size, plan.test.response_size, plan.test.burst), (1, 1, 0));
        assert_eq!(plan.test.length, compat::wire::TestLength::Seconds(10));
    }

    #[test]
    fn every_option_is_accepted() {
        for option in global_options().chain(test_options()) {
            let name = format!("--{}", option.long);
            let words = match option.argument {
                // One that every option can read.
                Argument::Required(_) if option.long == "confidence" => vec!["95"],
                Argument::Required(_) if option.long == "congestion" => vec!["cubic"],
                Argument::Required(_) if option.long == "protocol" => vec!["udp"],
                Argument::Required(_) if option.long == "socket-type" => vec!["stream"],
                Argument::Required(_) => vec!["3"],
                _ => vec![],
            };
            let words: Vec<&str> = std::iter::once(name.as_str()).chain(words).collect();
            if option.long != "test" {
                read(&words).expect(&name);
            }
        }
    }

    #[test]
    fn a_pace_needs_an_interval() {
        let pace = |words: &[&str]| read(words).expect("plan").test.pace;
        assert_eq!(pace(&["-b", "5"]), None);
        assert_eq!(pace(&["-w", "10us"]), Some(Pace { transactions: 1, interval_ns: 10_000 }));
        assert_eq!(pace(&["-b", "5,7", "-w", "10"]), Some(Pace { transactions: 5, interval_ns: 10_000_000 }));
    }

    #[test]
    fn the_letters_of_the_two_sides_of_dashes_do_not_mix() {
        let plan =
            read(&["-S", "-T", "2,3", "-y", "1,2", "--", "-S", "64K", "-D", "-s", "1,2", "-P", ",7"]).expect("plan");
        let test = plan.test;
        assert_eq!((test.local_cpu, test.remote_cpu), (Some(2), Some(3)));
        assert!(test.local_socket.keepalive && test.remote_socket.keepalive);
        assert!(test.local_socket.nodelay && test.remote_socket.nodelay);
        assert_eq!(test.remote_socket.send_buffer, Some(65536));
        assert_eq!((test.local_socket.send_buffer, test.local_socket.recv_buffer), (Some(1), Some(2)));
        assert_eq!((test.local_socket.priority, test.remote_socket.priority), (Some(1), Some(2)));
        assert_eq!((test.local_data_port, test.remote_data_port), (0, 7));
    }

    #[test]
    fn a_family_for_the_data_connection_alone_keeps_the_host() {
        let plan = read(&["-H", "somewhere", "--", "-6"]).expect("plan");
        let host = plan.test.data_host.expect("data host");
        assert_eq!((host.name.as_str(), host.family), ("somewhere", Family::Inet6));
    }

    #[test]
    fn a_warm_up_is_one_that_the_server_can_be_told_of() {
        let warm_up = |words: &[&str]| read(words).map(|plan| plan.test.warm_up);
        assert_eq!(warm_up(&[]), Ok(None));
        assert_eq!(warm_up(&["--warmup", "50ms"]), Ok(Some(WarmUp::Time(Duration::from_millis(50)))));
        assert_eq!(warm_up(&["--warmup", "7", "-l", "0"]), Ok(Some(WarmUp::Transactions(7))));
        assert!(warm_up(&["--warmup", "7", "-l", "-5", "-t", "TCP_CRR"]).is_ok());
        for words in [
            &["--warmup", "soon"][..],
            &["--warmup", "7", "-t", "TCP_CRR"],
            &["--warmup", "1s", "-l", "-5", "-t", "TCP_CRR"],
            &["--warmup", "1", "-l", "-2147483647"],
            &["--warmup", "1s", "-l", "2147483647"],
        ] {
            let refusal = warm_up(words).expect_err("refused");
            assert!(refusal.stderr.contains("--warmup"), "{refusal:?}");
        }
    }

    #[test]
    fn what_netperf_would_misread_or_hang_on_is_refused() {
        for words in [
            &["-l", "1m0s"][..],
            &["-l", "200ms"],
            &["--", "-r", "17000000"],
            &["--", "-b", "2000000"],
            &["-t", "UDP_RR", "--", "-r", "65508"],
        ] {
            let refusal = read(words).expect_err("refused");
            assert_eq!((refusal.status, refusal.stdout.as_str()), (1, ""), "{words:?}");
        }
        assert_eq!(read(&["-l", "10s"]).expect("plan").test.length, compat::wire::TestLength::Seconds(10));
    }
}
