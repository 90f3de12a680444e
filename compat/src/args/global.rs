//! What netperf's global options mean.

use super::confidence::Confidence;
use super::error::ArgsError;
use super::global_table::GlobalId;
use super::host::HostArg;
use super::interval::IntervalArg;
use super::number;
use super::pair::{Directions, Ends, explicit};
use super::reader::{COUNT, Read, Reader};
use super::warning::Warning;
use crate::wire::{CONTROL_PORT, FILL_FILE_MAX, Family, TestLength};

/// The global options, as they stand after the last word.
#[derive(Debug, Clone, PartialEq)]
pub struct Global {
    /// The server (`-H`, `-4`, `-6`).
    pub host: HostArg,
    /// Where the control connection comes from (`-L`, `-4`, `-6`).
    pub local_host: HostArg,
    /// The server's control port (`-p`).
    pub port: u16,
    /// The local control port; 0 for any (`-p`).
    pub local_port: u16,
    /// Passphrase the server wants (`-Z`).
    pub passphrase: Option<String>,
    /// Run without a control connection (`-N`).
    pub no_control: bool,
    /// Name of the test in capitals (`-t`).
    pub test: Option<String>,
    /// When the test ends (`-l`).
    pub duration: TestLength,
    /// Seconds to wait between setting up and starting (`-s`).
    pub wait_before: u32,
    /// Iterations, if asked for (`-i`, `-I`).
    pub confidence: Option<Confidence>,
    /// Confidence in the result only, not in the CPU figures (`-r`).
    pub result_only: bool,
    /// Print banner and headings (`-P`).
    pub headers: bool,
    /// How much to print; 1 is normal (`-v`).
    pub verbosity: i32,
    /// Text to mark brief output with (`-B`).
    pub brand: Option<String>,
    /// Unit of the result, whatever the character; `None` is the test's own (`-f`).
    pub unit: Option<char>,
    /// Interim results (`-D`).
    pub interval: Option<IntervalArg>,
    /// Keep latency statistics (`-j`).
    pub statistics: bool,
    /// How often `-d` was given.
    pub debug: u32,
    /// CPU binding (`-T`).
    pub cpus: CpuArg,
    /// CPU to measure, and its rate in clock ticks per second; 0 finds out (`-c`, `-C`).
    pub cpu_rate: Ends<Option<f32>>,
    /// SO_KEEPALIVE on both data sockets (`-S`).
    pub keepalive: bool,
    /// SO_PRIORITY (`-y`).
    pub priority: Ends<Option<u32>>,
    /// IP_TOS or IPV6_TCLASS (`-Y`).
    pub tos: Ends<Option<u8>>,
    /// Files to fill the buffers from (`-F`).
    pub fill_file: Ends<Option<String>>,
    /// Alignment of the buffers in bytes (`-a`, `-A`).
    pub alignment: Ends<Directions<u32>>,
    /// Their offset from it in bytes (`-o`, `-O`).
    pub offset: Ends<Directions<u32>>,
    /// Buffers in the rings; 0 is 1 for a request/response test (`-W`).
    pub ring_width: Directions<u32>,
    /// Transactions per interval, of this end and to ask the server for (`-b`).
    pub interval_burst: Ends<u32>,
    /// Microseconds per interval, of this end and to ask the server for (`-w`).
    pub interval_usecs: Ends<u32>,
}

/// CPUs to bind to. A negative number binds nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CpuArg {
    /// For this end.
    pub local: Option<i32>,
    /// For the server.
    pub remote: Option<i32>,
    /// Both as they were written, for those who take lists of CPUs where netperf takes numbers.
    pub texts: Ends<Option<String>>,
    /// `-T` was given, which the banner mentions whatever came of it.
    pub given: bool,
}

/// Bytes netperf aligns its buffers to.
const ALIGNMENT: u32 = 8;

impl Default for Global {
    fn default() -> Self {
        let alignment = Directions { send: ALIGNMENT, recv: ALIGNMENT };
        Self {
            host: HostArg::default(),
            local_host: HostArg::default(),
            port: CONTROL_PORT,
            local_port: 0,
            passphrase: None,
            no_control: false,
            test: None,
            duration: TestLength::default(),
            wait_before: 0,
            confidence: None,
            result_only: false,
            headers: true,
            verbosity: 1,
            brand: None,
            unit: None,
            interval: None,
            statistics: false,
            debug: 0,
            cpus: CpuArg::default(),
            cpu_rate: Ends::default(),
            keepalive: false,
            priority: Ends::default(),
            tos: Ends::default(),
            fill_file: Ends::default(),
            alignment: Ends { local: alignment, remote: alignment },
            offset: Ends::default(),
            ring_width: Directions::default(),
            interval_burst: Ends::default(),
            interval_usecs: Ends::default(),
        }
    }
}

impl Global {
    /// Takes one option; a later one wins over an earlier.
    pub(super) fn apply(&mut self, id: GlobalId, arg: &mut Reader<'_>) -> Read<()> {
        match id {
            GlobalId::Host => self.host.read(arg)?,
            GlobalId::LocalHost => self.local_host.read(arg)?,
            GlobalId::Port => arg.explicit([&mut self.port, &mut self.local_port], Reader::port)?,
            GlobalId::Ipv4 => self.set_family(Family::Inet),
            GlobalId::Ipv6 => self.set_family(Family::Inet6),
            GlobalId::Passphrase => self.passphrase = arg.owned(),
            GlobalId::NoControl => self.no_control = true,
            GlobalId::Test => self.test = Some(arg.text().to_ascii_uppercase()),
            GlobalId::Duration => {
                let number = arg.accept(arg.text(), number::length(arg.text()));
                self.duration = TestLength::from_number(number);
            }
            GlobalId::WaitBefore => self.wait_before = arg.count(arg.text())?,
            GlobalId::Iterations => {
                self.confidence = Some(Confidence::read_iterations(self.confidence, arg)?);
            }
            GlobalId::Confidence => self.confidence = Some(Confidence::read_level(self.confidence, arg)?),
            GlobalId::ResultOnly => self.result_only = true,
            GlobalId::Headers => self.headers = arg.switch(),
            GlobalId::Verbosity => self.verbosity = arg.number(arg.text()),
            GlobalId::Brand => self.brand = arg.owned(),
            GlobalId::Unit => self.unit = arg.text().chars().next(),
            GlobalId::Interval => self.interval = Some(IntervalArg::read(self.interval, arg)?),
            GlobalId::Statistics => self.statistics = true,
            GlobalId::Debug => self.debug = self.debug.saturating_add(1),
            GlobalId::Cpus => {
                self.cpus.given = true;
                arg.both([&mut self.cpus.local, &mut self.cpus.remote], Reader::cpu)?;
                arg.both(self.cpus.texts.pair(), |_, text| Ok(Some(text.to_owned())))?;
            }
            GlobalId::LocalCpu => read_rate(&mut self.cpu_rate.local, arg)?,
            GlobalId::RemoteCpu => read_rate(&mut self.cpu_rate.remote, arg)?,
            GlobalId::Keepalive => self.keepalive = true,
            GlobalId::Priority => arg.both(self.priority.pair(), Reader::optional)?,
            GlobalId::Tos => arg.both(self.tos.pair(), Reader::tos)?,
            GlobalId::Fill => self.read_fill(arg)?,
            GlobalId::LocalAlignment => arg.both(self.alignment.local.pair(), Reader::count)?,
            GlobalId::RemoteAlignment => arg.both(self.alignment.remote.pair(), Reader::count)?,
            GlobalId::LocalOffset => arg.both(self.offset.local.pair(), Reader::count)?,
            GlobalId::RemoteOffset => arg.both(self.offset.remote.pair(), Reader::count)?,
            GlobalId::RingWidth => arg.both(self.ring_width.pair(), Reader::count)?,
            GlobalId::IntervalBurst => arg.explicit(self.interval_burst.pair(), Reader::count)?,
            GlobalId::IntervalTime => {
                arg.explicit(self.interval_usecs.pair(), |arg, text| arg.within(text, number::micros(text), COUNT))?
            }
            GlobalId::Dirty => arg.warn(Warning::NoDirtyBuffers),
            GlobalId::CpuCount => {}
        }
        Ok(())
    }

    /// `-4` and `-6` are for both ends of the control connection.
    fn set_family(&mut self, family: Family) {
        self.host.family = family;
        self.local_host.family = family;
    }

    /// The remote name has to fit the request.
    fn read_fill(&mut self, arg: &mut Reader<'_>) -> Read<()> {
        let halves = explicit(arg.text());
        if let Some(name) = halves.first {
            self.fill_file.local = Some(name.to_owned());
        }
        if let Some(name) = halves.second {
            let name = arg.name(name, FILL_FILE_MAX).map_err(|_| ArgsError::FillFileName)?;
            self.fill_file.remote = Some(name);
        }
        Ok(())
    }
}

/// `-c` and `-C`: without a rate, an earlier one stays.
fn read_rate(rate: &mut Option<f32>, arg: &mut Reader<'_>) -> Read<()> {
    let text = arg.text();
    *rate = match arg.owned() {
        Some(_) => Some(arg.magnitude(text, number::fraction(text))? as f32),
        None => Some(rate.unwrap_or_default()),
    };
    Ok(())
}
