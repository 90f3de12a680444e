//! What netperf's test-specific options mean.

use super::host::HostArg;
use super::number;
use super::pair::{Directions, Ends, both};
use super::reader::{COUNT, Read, Reader};
use super::test_table::TestId;
use super::warning::Warning;
use crate::wire::{CONGESTION_CONTROL_MAX, Family};

/// The test-specific options, as they stand after the last word.
#[derive(Debug, Clone, PartialEq)]
pub struct TestOptions {
    /// Bytes per transaction (`-r`).
    pub size: Sizes,
    /// Requests outstanding besides the one being waited for (`-b`).
    pub burst: u32,
    /// A connection per transaction (`-c`).
    pub connection_test: bool,
    /// Keep trying to connect, in a connection test (`-U`).
    pub retry_connect: bool,
    /// Seconds to wait for a datagram (`-e`).
    pub recv_timeout: Option<u32>,
    /// Where the data connection goes (`-H`, `-4`, `-6`).
    pub data_host: HostArg,
    /// Where the data connection comes from (`-L`, `-4`, `-6`).
    pub data_local: HostArg,
    /// Ports of the data connection; 0 for any (`-P`).
    pub data_ports: Ends<u16>,
    /// Local ports of a connection test (`-p`).
    pub client_ports: PortRange,
    /// How to print the result (`-k`, `-o`, `-O`).
    pub output: Option<OutputArg>,
    /// Identifies the run (`-u`).
    pub uuid: Option<String>,
    /// TCP_NODELAY on both ends (`-D`).
    pub nodelay: bool,
    /// TCP_CORK on this end (`-C`).
    pub cork: bool,
    /// This end's socket buffers in bytes (`-s`).
    pub local_buffers: Directions<Option<u32>>,
    /// The server's socket buffers in bytes (`-S`).
    pub remote_buffers: Directions<Option<u32>>,
    /// Congestion control algorithm (`-K`).
    pub congestion: Ends<Option<String>>,
    /// TCP_MAXSEG on this end (`-G`).
    pub max_segment: Option<u32>,
    /// The server may route (`-R`).
    pub allow_routing: bool,
    /// TCP_DEFER_ACCEPT on the server (`-a`).
    pub defer_accept: bool,
    /// TCP fast open (`-F`).
    pub fast_open: bool,
    /// IP_PKTINFO on the server (`-B`).
    pub pktinfo: bool,
    /// SO_DEBUG on this end (`-g`).
    pub socket_debug: bool,
    /// `write` instead of `send` (`-I`).
    pub use_write: bool,
    /// Avoid copies (`-V`).
    pub copy_avoidance: bool,
    /// Connect datagram sockets (`-n`, `-N`).
    pub connected: Ends<bool>,
    /// Direction of an omni test, as it was typed (`-d`).
    pub direction: Option<String>,
    /// Socket type of an omni test, as it was typed (`-t`).
    pub socket_type: Option<String>,
    /// Protocol of an omni test, as it was typed (`-T`).
    pub protocol: Option<String>,
    /// Bytes per send of a stream test (`-m`).
    pub send_size: Ends<Option<u32>>,
    /// Bytes per receive of a stream test (`-M`).
    pub recv_size: Ends<Option<u32>>,
    /// Send buffers to use in turn, if not as global `-W` says (`-W`).
    pub send_width: Option<u32>,
}

/// Bytes per transaction; never 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Bytes per request.
    pub request: u32,
    /// Bytes per response.
    pub response: u32,
}

/// A range of ports; an end that is `None` is netperf's to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PortRange {
    /// The first port.
    pub min: Option<u16>,
    /// The last port.
    pub max: Option<u16>,
}

/// An output of chosen values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputArg {
    /// The layout.
    pub format: OutputFormat,
    /// Names of values, or a file or `?`; `None` for the default values.
    pub selection: Option<String>,
}

/// The layouts of chosen values (samples `40-o`, `41-k`, `42-O`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputFormat {
    /// `-k`: one `NAME=value` per line.
    KeyVal,
    /// `-o`: comma-separated values.
    Csv,
    /// `-O`: columns.
    Columns,
}

/// Bytes that stock wants a remote algorithm's name to have; it ignores shorter ones.
const REMOTE_CONGESTION_MIN: usize = 3;

impl Default for TestOptions {
    fn default() -> Self {
        Self {
            size: Sizes { request: 1, response: 1 },
            burst: 0,
            connection_test: false,
            retry_connect: false,
            recv_timeout: None,
            data_host: HostArg::default(),
            data_local: HostArg::default(),
            data_ports: Ends::default(),
            client_ports: PortRange::default(),
            output: None,
            uuid: None,
            nodelay: false,
            cork: false,
            local_buffers: Directions::default(),
            remote_buffers: Directions::default(),
            congestion: Ends::default(),
            max_segment: None,
            allow_routing: true,
            defer_accept: false,
            fast_open: false,
            pktinfo: false,
            socket_debug: false,
            use_write: false,
            copy_avoidance: false,
            connected: Ends::default(),
            direction: None,
            socket_type: None,
            protocol: None,
            send_size: Ends::default(),
            recv_size: Ends::default(),
            send_width: None,
        }
    }
}

impl TestOptions {
    /// Takes one option; a later one wins over an earlier.
    pub(super) fn apply(&mut self, id: TestId, arg: &mut Reader<'_>) -> Read<()> {
        match id {
            TestId::Size => arg.both([&mut self.size.request, &mut self.size.response], Reader::size)?,
            TestId::Burst => self.burst = arg.within(arg.text(), number::plain(arg.text()), COUNT)?,
            TestId::ConnectionTest => self.connection_test = true,
            TestId::RetryConnect => self.retry_connect = true,
            TestId::RecvTimeout => self.recv_timeout = Some(arg.count(arg.text())?),
            TestId::DataHost => self.data_host.read_masked(arg)?,
            TestId::DataLocal => self.data_local.read_masked(arg)?,
            TestId::EndPorts => arg.both(self.data_ports.pair(), Reader::port)?,
            TestId::ClientPorts => {
                let range = [&mut self.client_ports.min, &mut self.client_ports.max];
                arg.both(range, |arg, text| arg.port(text).map(Some))?;
            }
            TestId::DataIpv4 => self.set_family(Family::Inet),
            TestId::DataIpv6 => self.set_family(Family::Inet6),
            TestId::KeyVal => self.set_output(OutputFormat::KeyVal, arg),
            TestId::Csv => self.set_output(OutputFormat::Csv, arg),
            TestId::Columns => self.set_output(OutputFormat::Columns, arg),
            TestId::Uuid => self.uuid = arg.owned(),
            TestId::Nodelay => self.nodelay = true,
            TestId::Cork => self.cork = true,
            TestId::LocalBuffers => arg.both(self.local_buffers.pair(), Reader::optional)?,
            TestId::RemoteBuffers => arg.both(self.remote_buffers.pair(), Reader::optional)?,
            TestId::Congestion => self.read_congestion(arg)?,
            TestId::MaxSegment => self.max_segment = Some(arg.count(arg.text())?),
            TestId::Route => self.allow_routing = arg.switch(),
            TestId::DeferAccept => self.defer_accept = true,
            TestId::FastOpen => self.fast_open = true,
            TestId::Pktinfo => self.pktinfo = true,
            TestId::SocketDebug => self.socket_debug = true,
            TestId::UseWrite => self.use_write = true,
            TestId::CopyAvoidance => self.copy_avoidance = true,
            TestId::ConnectedLocal => self.connected.local = true,
            TestId::ConnectedRemote => self.connected.remote = true,
            TestId::Direction => self.direction = arg.owned(),
            TestId::SocketType => self.socket_type = arg.owned(),
            TestId::Protocol => self.protocol = arg.owned(),
            TestId::SendSize => arg.explicit(self.send_size.pair(), Reader::optional)?,
            TestId::RecvSize => {
                let Ends { local, remote } = &mut self.recv_size;
                arg.explicit([remote, local], Reader::optional)?;
            }
            TestId::SendWidth => self.send_width = Some(arg.count(arg.text())?),
            TestId::CheckInterval => arg.warn(Warning::NoCheckInterval),
            TestId::Ignored => {}
        }
        Ok(())
    }

    /// `-4` and `-6` are for both ends of the data connection.
    fn set_family(&mut self, family: Family) {
        self.data_host.family = family;
        self.data_local.family = family;
    }

    fn set_output(&mut self, format: OutputFormat, arg: &Reader<'_>) {
        self.output = Some(OutputArg { format, selection: arg.owned() });
    }

    fn read_congestion(&mut self, arg: &mut Reader<'_>) -> Read<()> {
        let halves = both(arg.text());
        if let Some(name) = halves.first {
            self.congestion.local = Some(arg.name(name, CONGESTION_CONTROL_MAX)?);
        }
        match halves.second {
            Some(name) if name.len() < REMOTE_CONGESTION_MIN => arg.misread(name, "not set"),
            Some(name) => self.congestion.remote = Some(arg.name(name, CONGESTION_CONTROL_MAX)?),
            None => {}
        }
        Ok(())
    }
}
