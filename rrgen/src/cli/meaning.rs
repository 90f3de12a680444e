//! From options to a plan: defaults, ranges, and what this program does not do.

use std::time::Duration;

use compat::args::{Ends, Global, HostArg, Invocation, OutputFormat, TestOptions, Warning};
use compat::text::failure::{Failure, Report};
use compat::text::interim::IntervalMeter;
use compat::units::Unit;
use compat::wire::Family;
use rrserver::data::{MAX_MESSAGE, SocketOptions};

use super::hook::hook_plan;
use super::own::OwnId;
use super::refused;
use crate::plan::{BufferPlacement, Host, Plan, RrTest, Style, Target};
use crate::run::RunFailure;

/// The test that rrgen runs when nobody says which.
const TCP_RR: &str = "TCP_RR";

/// The largest number of requests in flight beyond the first; each takes eight bytes of memory.
const MAX_BURST: u32 = 1 << 20;

/// An option of netperf's that would change a TCP_RR and is not available.
pub(super) struct NotHere {
    /// Its long name.
    pub(super) long: &'static str,
    /// What it is, as the refusal names it.
    what: &'static str,
    /// Whether it was given.
    given: fn(&Global, &TestOptions) -> bool,
}

/// Shorthand for the table.
const fn not_here(long: &'static str, what: &'static str, given: fn(&Global, &TestOptions) -> bool) -> NotHere {
    NotHere { long, what, given }
}

fn output_is(test: &TestOptions, format: OutputFormat) -> bool {
    test.output.as_ref().is_some_and(|output| output.format == format)
}

/// Every such option.
pub(super) const NOT_HERE: &[NotHere] = &[
    not_here("no-control", "-N (no control connection)", |global, _| global.no_control),
    not_here("iterations", "-i/-I (confidence iterations)", |global, _| global.confidence.is_some()),
    not_here("confidence", "-i/-I (confidence iterations)", |global, _| global.confidence.is_some()),
    not_here("result-only", "-r (confidence in the result only)", |global, _| global.result_only),
    not_here("local-cpu", "-c (CPU utilization)", |global, _| global.cpu_rate.local.is_some()),
    not_here("remote-cpu", "-C (CPU utilization)", |global, _| global.cpu_rate.remote.is_some()),
    not_here("fill", "-F (fill files)", |global, _| global.fill_file != Ends::default()),
    not_here("connection-test", "-- -c (connection per transaction)", |_, test| test.connection_test),
    not_here("retry-connect", "-- -U (retry connect)", |_, test| test.retry_connect),
    not_here("keyval", "-- -k (omni output)", |_, test| output_is(test, OutputFormat::KeyVal)),
    not_here("csv", "-- -o (omni output)", |_, test| output_is(test, OutputFormat::Csv)),
    not_here("columns", "-- -O (omni output)", |_, test| output_is(test, OutputFormat::Columns)),
    not_here("max-segment", "-- -G (TCP_MAXSEG)", |_, test| test.max_segment.is_some()),
    not_here("route", "-- -R 0 (SO_DONTROUTE)", |_, test| !test.allow_routing),
    not_here("defer-accept", "-- -a (TCP_DEFER_ACCEPT)", |_, test| test.defer_accept),
    not_here("fast-open", "-- -F (TCP fast open)", |_, test| test.fast_open),
    not_here("pktinfo", "-- -B (IP_PKTINFO)", |_, test| test.pktinfo),
    not_here("socket-debug", "-- -g (SO_DEBUG)", |_, test| test.socket_debug),
    not_here("use-write", "-- -I (write instead of send)", |_, test| test.use_write),
    not_here("copy-avoidance", "-- -V (copy avoidance)", |_, test| test.copy_avoidance),
];

/// netperf's options that change nothing about a TCP_RR, by long name, beside those that it lists itself.
pub(super) const NO_EFFECT: &[&str] =
    &["statistics", "debug", "recv-timeout", "client-ports", "connected-local", "connected-remote", "uuid"];

/// What `invocation` asks for.
///
/// # Errors
/// An option that is not available, a text that netperf would misread, a size or number out of range.
pub(super) fn plan(invocation: &Invocation<OwnId>, local: bool) -> Result<Plan, Report> {
    let Invocation { global, test, .. } = invocation;
    if let Some(misread) = invocation.warnings.iter().find(|warning| matches!(warning, Warning::Misread { .. })) {
        return Err(refused(format!("{misread} by netperf; write what you mean")));
    }
    check_test(global)?;
    if let Some(NotHere { what, .. }) = NOT_HERE.iter().find(|option| (option.given)(global, test)) {
        return Err(refused(format!("{what} is not available in this version; leave it out")));
    }
    if local && (global.host.name.is_some() || global.port != Global::default().port) {
        return Err(refused("--local runs its own server; leave out -H and -p, or leave out --local"));
    }
    Ok(Plan {
        target: target(global),
        test: rr_test(global, test)?,
        hook: hook_plan(&invocation.own, global, local)?,
        style: style(global),
    })
}

fn check_test(global: &Global) -> Result<(), Report> {
    match global.test.as_deref() {
        None | Some(TCP_RR) => Ok(()),
        Some(other) => Err(RunFailure::Netperf {
            failure: Failure::UnknownTest(other.to_owned()),
            hint: format!("available: {TCP_RR}"),
        }
        .report()),
    }
}

fn target(global: &Global) -> Target {
    Target {
        host: target_host(global),
        named: global.host.name.is_some(),
        port: global.port,
        local: host(&global.local_host),
        local_port: global.local_port,
        passphrase: global.passphrase.clone(),
    }
}

fn target_host(global: &Global) -> Host {
    let family = global.host.family;
    let default = if family == Family::Inet6 { "::1" } else { "localhost" };
    host(&global.host).unwrap_or_else(|| Host { name: default.into(), family })
}

fn host(arg: &HostArg) -> Option<Host> {
    arg.name.as_ref().map(|name| Host { name: name.clone(), family: arg.family })
}

fn rr_test(global: &Global, test: &TestOptions) -> Result<RrTest, Report> {
    for (what, size) in [("request", test.size.request), ("response", test.size.response)] {
        if size as usize > MAX_MESSAGE {
            return Err(refused(format!("-r: a {what} of {size} bytes is too large; the limit is {MAX_MESSAGE}")));
        }
    }
    if test.burst > MAX_BURST {
        return Err(refused(format!("-b: a burst of {} is too large; the limit is {MAX_BURST}", test.burst)));
    }
    // A negative number asks for no binding.
    let cpu = |number: Option<i32>| number.and_then(|number| u32::try_from(number).ok());
    Ok(RrTest {
        length: global.duration,
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
        local_socket: SocketOptions {
            send_buffer: test.local_buffers.send,
            recv_buffer: test.local_buffers.recv,
            cork: test.cork,
            priority: global.priority.local,
            tos: global.tos.local.map(u32::from),
            congestion_control: test.congestion.local.clone().unwrap_or_default(),
            ..both_sockets(global, test)
        },
        remote_socket: SocketOptions {
            send_buffer: test.remote_buffers.send,
            recv_buffer: test.remote_buffers.recv,
            priority: global.priority.remote,
            tos: global.tos.remote.map(u32::from),
            congestion_control: test.congestion.remote.clone().unwrap_or_default(),
            ..both_sockets(global, test)
        },
        buffers: BufferPlacement { alignment: global.alignment, offset: global.offset, ring_width: global.ring_width },
        data_host: data_host(global, &test.data_host),
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

/// What netperf sets at both ends by one option.
fn both_sockets(global: &Global, test: &TestOptions) -> SocketOptions {
    SocketOptions { nodelay: test.nodelay, keepalive: global.keepalive, ..SocketOptions::default() }
}

fn style(global: &Global) -> Style {
    Style {
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
        plan(&invocation, false)
    }

    #[test]
    fn without_options_it_is_ten_seconds_of_one_byte_against_localhost() {
        let plan = read(&[]).expect("plan");
        assert_eq!(plan.target.host.name, "localhost");
        assert_eq!((plan.test.request_size, plan.test.response_size, plan.test.burst), (1, 1, 0));
        assert_eq!(plan.test.length, compat::wire::TestLength::Seconds(10));
    }

    #[test]
    fn every_option_that_is_not_here_is_refused_by_its_name() {
        for option in global_options().chain(test_options()) {
            let Some(NotHere { what, .. }) = NOT_HERE.iter().find(|row| row.long == option.long) else { continue };
            let name = format!("--{}", option.long);
            let sample = match option.long {
                "confidence" => "95",
                "route" => "0",
                _ => "3",
            };
            let refusal = match option.argument {
                Argument::Required(_) => read(&[&name, sample]),
                _ => read(&[&name]),
            }
            .expect_err(&name);
            assert_eq!(
                (refusal.status, refusal.stderr),
                (1, format!("rrgen: {what} is not available in this version; leave it out\n"))
            );
        }
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
    fn what_netperf_would_misread_or_hang_on_is_refused() {
        for words in [&["-l", "1m0s"][..], &["-l", "200ms"], &["--", "-r", "17000000"], &["--", "-b", "2000000"]] {
            let refusal = read(words).expect_err("refused");
            assert_eq!((refusal.status, refusal.stdout.as_str()), (1, ""), "{words:?}");
        }
        assert_eq!(read(&["-l", "10s"]).expect("plan").test.length, compat::wire::TestLength::Seconds(10));
    }

    #[test]
    fn an_unknown_test_is_netperfs_text_and_the_list_of_what_there_is() {
        let refusal = read(&["-t", "TCP_STREAM"]).expect_err("refused");
        assert_eq!(refusal.status, 1);
        assert!(refusal.stdout.starts_with("The test you requested (TCP_STREAM) is unknown"));
        assert!(refusal.stdout.ends_with("rrgen: available: TCP_RR\n"));
    }
}
