//! What a command line means: everything a run needs, checked, with nothing left to look up in options.

use std::path::PathBuf;
use std::time::Duration;

use compat::args::{Directions, Ends};
use compat::text::interim::IntervalMeter;
use compat::units::Unit;
use compat::wire::{Family, TestLength};
use hooks::HookSpec;
use rrserver::data::SocketOptions;

/// A host as the user named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Name or number.
    pub name: String,
    /// The family to look it up in.
    pub family: Family,
}

/// One run of the request/response test.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where the server is.
    pub target: Target,
    /// The test itself.
    pub test: RrTest,
    /// The hook to run it with (`--hook`).
    pub hook: Option<HookPlan>,
    /// How results are printed.
    pub style: Style,
}

/// How to reach the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The server (`-H`).
    pub host: Host,
    /// Somebody named the server; netperf's messages tell that apart from its default.
    pub named: bool,
    /// Its control port (`-p`, first value).
    pub port: u16,
    /// Our own address for the control connection (`-L`).
    pub local: Option<Host>,
    /// Our own control port (`-p`, second value); 0 for any.
    pub local_port: u16,
    /// Sent first (`-Z`).
    pub passphrase: Option<String>,
}

/// The request/response test.
#[derive(Debug, Clone)]
pub struct RrTest {
    /// When it ends (`-l`).
    pub length: TestLength,
    /// When interim results are due (`-D`).
    pub interim: Option<IntervalMeter>,
    /// CPU of the client's data thread (`-T`, first value).
    pub local_cpu: Option<u32>,
    /// CPU of the server's data thread (`-T`, second value).
    pub remote_cpu: Option<u32>,
    /// Pause between set-up and start (`-s`).
    pub wait_before: Duration,
    /// Bytes per request (test `-r`).
    pub request_size: u32,
    /// Bytes per response (test `-r`).
    pub response_size: u32,
    /// Requests in flight beyond the first (test `-b`).
    pub burst: u32,
    /// What is asked of the client's data socket.
    pub local_socket: SocketOptions,
    /// What is asked of the server's data socket.
    pub remote_socket: SocketOptions,
    /// Where netperf would place its buffers; told to the server and printed, without effect here.
    pub buffers: BufferPlacement,
    /// Where the data connection goes, if not to the target (test `-H`).
    pub data_host: Option<Host>,
    /// Where the data connection comes from (test `-L`).
    pub data_local: Option<Host>,
    /// The client's data port (test `-P`, first value); 0 for any.
    pub local_data_port: u16,
    /// The server's data port (test `-P`, second value); 0 for any.
    pub remote_data_port: u16,
}

/// netperf's placement of message buffers in memory (`-a`, `-A`, `-o`, `-O`, `-W`), bytes and buffers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BufferPlacement {
    /// Alignment of either end's buffers.
    pub alignment: Ends<Directions<u32>>,
    /// Offset from it.
    pub offset: Ends<Directions<u32>>,
    /// Buffers used in turn.
    pub ring_width: Directions<u32>,
}

/// A hook, and where it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookPlan {
    /// Engine, attach point, parameters.
    pub spec: HookSpec,
    /// It may see all traffic of its host (`--hook-scope host`).
    pub whole_host: bool,
    /// The hook host.
    pub place: HookPlace,
}

/// Which host a hook runs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookPlace {
    /// The server of the test.
    Target,
    /// Another rrserver, such as a router between (`--hook-host`).
    HookHost {
        /// Its name.
        host: Host,
        /// Its control port.
        port: u16,
    },
    /// This process (`--hook-side client`).
    Client {
        /// Where scripts and objects are taken from (`--hook-dir`).
        hook_dir: Option<PathBuf>,
    },
}

/// How results are printed.
#[derive(Debug, Clone, PartialEq)]
pub struct Style {
    /// `-v`.
    pub verbosity: i32,
    /// Banner and headings (`-P`).
    pub headings: bool,
    /// `-B`.
    pub brand: Option<String>,
    /// `-f`.
    pub unit: Unit,
    /// `-T` was given in some form, which the banner says.
    pub cpu_bind: bool,
}
