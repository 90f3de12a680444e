//! A run as the crate is told of it: settings from a captured command line, measurements from what it shows.

use std::str::FromStr;

use compat::args::{Ends, Global, Invocation, TestOptions, parse};
use compat::confidence::{CpuCost, Outcome};
use compat::elapsed;
use compat::omni::{Confidence, Cpu, DataAddress, End, Latency, Percentiles, Protocol, Side, Values};
use compat::text::Test;
use compat::text::warning::ConfidenceWarning;
use compat::units::Unit;
use compat::wire::{Family, METHOD_PROC_STAT, SocketType, TestLength};

use super::shown::Shown;
use crate::command::{Command, words};

/// What a command line asks for.
pub(crate) struct Line {
    pub global: Global,
    pub test: TestOptions,
    words: Vec<String>,
}

impl Line {
    pub(crate) fn read(line: &str) -> Self {
        let words = words(line);
        let Invocation { global, test, .. } = parse::<_, ()>(&words, &[]).unwrap();
        Self { global, test, words }
    }

    pub(crate) fn measures_cpu(&self) -> bool {
        self.global.cpu_rate.local.is_some() || self.global.cpu_rate.remote.is_some()
    }
}

/// The run that must show what is shown.
pub(crate) fn values(line: &Line, command: &Command, shown: &Shown) -> Values {
    let Line { global, test, words } = line;
    let shown = Lookup(shown);
    let (transactions, elapsed) = last_iteration(global, &shown);
    let udp = command.test == Test::UdpRr;
    Values {
        socket_type: if udp { SocketType::Datagram } else { SocketType::Stream },
        protocol: if udp { Protocol::Udp } else { Protocol::Tcp },
        connection_test: command.test == Test::TcpCrr,
        request_size: test.size.request,
        response_size: test.size.response,
        first_burst: test.burst.cast_signed(),
        flows: 1,
        open_loop_round_trip_us: None,
        unit: command.unit,
        mean: Outcome {
            elapsed: shown.number("ELAPSED_TIME"),
            throughput: shown.number("THROUGHPUT"),
            cpu: Ends { local: cost("LOCAL", &shown), remote: cost("REMOTE", &shown) },
        },
        iterations: shown.get("CONFIDENCE_ITERATION").unwrap_or(1),
        confidence: global.confidence.map(|goal| Confidence {
            level: goal.level,
            width: goal.width,
            reached: ConfidenceWarning {
                throughput: shown.number("THROUGHPUT_CONFID"),
                local_cpu: shown.number("LOCAL_CPU_CONFID"),
                remote_cpu: shown.number("REMOTE_CPU_CONFID"),
            },
        }),
        transactions,
        elapsed,
        latency: latency(&shown),
        max_segment: shown.number("TRANSPORT_MSS"),
        local: local(line, &shown),
        remote: remote(line, &shown),
        source: DataAddress {
            host: command.banner.source.name.clone(),
            port: test.data_ports.local,
            family: test.data_local.family,
        },
        destination: DataAddress {
            host: command.banner.destination.name.clone(),
            port: test.data_ports.remote,
            family: Family::Inet,
        },
        brand: global.brand.clone(),
        uuid: shown.text("UUID"),
        command_line: words.join(" "),
    }
}

/// Values by name; zeros and empty texts for what is not shown.
struct Lookup<'a>(&'a Shown);

impl Lookup<'_> {
    fn get<T: FromStr>(&self, name: &str) -> Option<T> {
        self.0.get(name).map(|text| text.parse().unwrap_or_else(|_| panic!("{name}: {text}")))
    }

    fn number<T: FromStr + Default>(&self, name: &str) -> T {
        self.get(name).unwrap_or_default()
    }

    fn text(&self, name: &str) -> String {
        self.number(name)
    }
}

/// Transactions and time of the last iteration, from its rate: whole numbers of both that give the rate shown.
fn last_iteration(global: &Global, shown: &Lookup<'_>) -> (u64, f32) {
    let (text, decimals) = match (shown.0.get("TRANSACTION_RATE"), shown.0.get("RT_LATENCY")) {
        (Some(rate), _) => (rate, 3),
        (None, Some(_)) => (&shown.0["THROUGHPUT"], 2),
        (None, None) => return (0, 0.0),
    };
    let rate: f64 = text.parse().unwrap();
    let counts = match (global.duration, shown.get("LOCAL_RECV_CALLS")) {
        (TestLength::Transactions(count), _) => u64::from(count)..=u64::from(count),
        (_, Some(calls)) => calls..=calls,
        // Of a second; 1 % allows for the time it takes to stop.
        _ => rate as u64..=(rate * 1.01) as u64,
    };
    let candidates = counts.map(|count| {
        let micros = (count as f64 / rate * 1e6).round() as u64;
        (count, elapsed::seconds(0, micros * 1_000))
    });
    let fits = |&(count, seconds): &(u64, f32)| {
        format!("{:.decimals$}", Unit::Transactions.rate(count as f64, seconds.into())) == *text
    };
    candidates.into_iter().find(fits).unwrap_or_else(|| panic!("nothing gives {text}"))
}

fn cost(end: &str, shown: &Lookup<'_>) -> CpuCost {
    CpuCost { busy: shown.number(&format!("{end}_CPU_UTIL")), service_demand: shown.number(&format!("{end}_SD")) }
}

/// What is shown of the CPU of an end that shows its method.
fn cpu(end: &str, shown: &Lookup<'_>) -> Option<Cpu> {
    let share = |name: &str| shown.number(&format!("{end}_CPU_PERCENT_{name}"));
    Some(Cpu {
        user: share("USER"),
        system: share("SYSTEM"),
        iowait: share("IOWAIT"),
        irq: share("IRQ"),
        softirq: share("SWINTR"),
        method: match shown.get::<char>(&format!("{end}_CPU_METHOD"))? {
            'S' => METHOD_PROC_STAT,
            _ => 0,
        },
        count: shown.number(&format!("{end}_CPU_COUNT")),
        peak: shown.number(&format!("{end}_CPU_PEAK_ID")),
        peak_busy: shown.number(&format!("{end}_CPU_PEAK_UTIL")),
    })
}

fn latency(shown: &Lookup<'_>) -> Option<Latency> {
    let kept = |name: &&str| shown.0.get(*name).is_some_and(|text| !text.starts_with('-'));
    ["MIN_LATENCY", "P50_LATENCY", "P99_LATENCY"].iter().find(|name| kept(name))?;
    Some(Latency {
        min_us: shown.number("MIN_LATENCY"),
        max_us: shown.number("MAX_LATENCY"),
        mean_us: shown.number("MEAN_LATENCY"),
        stddev_us: shown.number("STDDEV_LATENCY"),
        percentiles: Percentiles {
            p50_us: shown.number("P50_LATENCY"),
            p90_us: shown.number("P90_LATENCY"),
            p99_us: shown.number("P99_LATENCY"),
            ..Percentiles::default()
        },
        histogram: Vec::new(),
    })
}

/// The client's end; its CPU only if it was measured.
fn local(line: &Line, shown: &Lookup<'_>) -> End {
    let Line { global, test, .. } = line;
    let buffers = test.local_buffers;
    End {
        send: side(["LSS", "LOCAL", "SEND", "SENT"], buffers.send, global.alignment.local.send, shown),
        recv: side(["LSR", "LOCAL", "RECV", "RECVD"], buffers.recv, global.alignment.local.recv, shown),
        cpu: global.cpu_rate.local.and_then(|_| cpu("LOCAL", shown)),
        cpu_bind: global.cpus.local,
        nodelay: test.nodelay,
        priority: setting(global.priority.local),
        tos: setting(global.tos.local.map(u32::from)),
        ..end("LOCAL", shown)
    }
}

/// The server's end. What stock netperf shows of its CPU unasked are the remains of another message, not zeros.
fn remote(line: &Line, shown: &Lookup<'_>) -> End {
    let Line { global, test, .. } = line;
    let buffers = test.remote_buffers;
    End {
        send: side(["RSS", "REMOTE", "SEND", "SENT"], buffers.send, global.alignment.remote.send, shown),
        recv: side(["RSR", "REMOTE", "RECV", "RECVD"], buffers.recv, global.alignment.remote.recv, shown),
        cpu: cpu("REMOTE", shown),
        cpu_bind: global.cpus.remote,
        nodelay: test.nodelay,
        priority: setting(global.priority.remote),
        tos: setting(global.tos.remote.map(u32::from)),
        ..end("REMOTE", shown)
    }
}

fn end(end: &str, shown: &Lookup<'_>) -> End {
    End {
        send: Side::default(),
        recv: Side::default(),
        cpu: None,
        cpu_bind: None,
        retransmits: shown.number(&format!("{end}_TRANSPORT_RETRANS")),
        nodelay: false,
        cork: false,
        interval_burst: 0,
        interval_usecs: 0,
        priority: -1,
        tos: -1,
        congestion: shown.text(&format!("{end}_CONG_CONTROL")),
        fill_file: String::new(),
    }
}

/// One side of an end, by its names for buffers, end, calls and bytes.
fn side(names: [&str; 4], buffer_asked: Option<u32>, alignment: u32, shown: &Lookup<'_>) -> Side {
    let [buffer, end, call, bytes] = names;
    Side {
        buffer_asked,
        buffer_initial: shown.number(&format!("{buffer}_SIZE")),
        buffer_final: shown.number(&format!("{buffer}_SIZE_END")),
        call_size: shown.number(&format!("{end}_{call}_SIZE")),
        calls: shown.number(&format!("{end}_{call}_CALLS")),
        bytes: shown.number(&format!("{end}_BYTES_{bytes}")),
        alignment,
        offset: 0,
        width: 1,
    }
}

fn setting(asked: Option<u32>) -> i32 {
    asked.map_or(-1, u32::cast_signed)
}
