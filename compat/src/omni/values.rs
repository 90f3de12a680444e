//! Everything a run knows that a selector can show.
//!
//! Plain counts and settings; whatever follows from them (rates, bytes per call, units) is computed here, in netperf's
//! precision, so that no caller computes it differently.

use super::end::{End, Side};
use super::latency::{Latency, Percentiles};
use crate::confidence::Outcome;
use crate::elapsed;
use crate::text::direction;
use crate::text::printf::cut;
use crate::text::warning::ConfidenceWarning;
use crate::units::Unit;
use crate::wire::{Family, SocketType};

/// Longest identifier of a run that netperf keeps, in bytes.
const UUID_MAX: usize = 37;

/// A figure of a confidence that was not asked for.
const UNUSED: f64 = -1.0;
const PERCENT: f64 = 100.0;
/// A figure of latencies that were not kept.
const NOT_KEPT: i64 = -1;
/// The longest latency that netperf's integers hold, about 36 minutes.
const LATENCY_MAX_US: u64 = i32::MAX as u64;

/// A run, as the selectors show it. Where a count or a time is of one iteration, it is the last one's.
#[derive(Debug, Clone, PartialEq)]
pub struct Values {
    /// The type netperf tells of the data socket: by the test's name, or test `-t` of the test `omni`.
    pub socket_type: SocketType,
    /// The data connection's protocol.
    pub protocol: Protocol,
    /// A connection per transaction (TCP_CRR, test `-c`).
    pub connection_test: bool,
    /// Bytes per request.
    pub request_size: u32,
    /// Bytes per response.
    pub response_size: u32,
    /// Test `-b`: requests beyond the first, as given.
    pub first_burst: i32,
    /// Connections at once; netperf has one.
    pub flows: u32,
    /// Mean microseconds of a transaction, where the rate does not tell: netperf's loop is a closed one.
    pub open_loop_round_trip_us: Option<f64>,
    /// `-f`.
    pub unit: Unit,
    /// Means over the iterations.
    pub mean: Outcome,
    /// How many iterations there were.
    pub iterations: u32,
    /// What was asked for with `-i` or `-I`, and what came of it.
    pub confidence: Option<Confidence>,
    /// Transactions the client completed in the last iteration.
    pub transactions: u64,
    /// Seconds the last iteration took the client.
    pub elapsed: f32,
    /// Latencies over all iterations, if statistics were kept (`-j`, [`Selection::wants`](super::Selection::wants)).
    pub latency: Option<Latency>,
    /// TCP_MAXSEG in bytes, read at the end of the first iteration; −1 if the protocol has none.
    pub max_segment: i32,
    /// The client's settings and counts.
    pub local: End,
    /// The server's settings and counts.
    pub remote: End,
    /// Where the data connection starts.
    pub source: DataAddress,
    /// Where the data connection ends.
    pub destination: DataAddress,
    /// `-B`.
    pub brand: Option<String>,
    /// Test `-u`, or a fresh one; no more than 37 bytes are shown.
    pub uuid: String,
    /// The words of the command line, joined by single blanks.
    pub command_line: String,
}

/// The protocols of the request/response tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// The confidence asked for and reached.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Confidence {
    /// 95 or 99 percent.
    pub level: u8,
    /// Full width of the interval as a fraction of the mean.
    pub width: f64,
    /// Widths reached ([`Iterations::reached`](crate::confidence::Iterations::reached)).
    pub reached: ConfidenceWarning,
}

/// One end's address of the data connection, as asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataAddress {
    /// Name or address, as given or defaulted.
    pub host: String,
    /// As asked for with test `-P`; 0 for any.
    pub port: u16,
    /// Of a source as it was given, of a destination as it was resolved.
    pub family: Family,
}

impl Values {
    pub(super) fn direction(&self) -> &'static str {
        direction(self.connection_test)
    }

    pub(super) fn socket_type(&self) -> &'static str {
        match self.socket_type {
            SocketType::Stream => "Stream",
            SocketType::Datagram => "Datagram",
            SocketType::Dccp => "DCCP",
            SocketType::SeqPacket => "Seqpacket",
            SocketType::Other(_) => "Unknown",
        }
    }

    pub(super) fn protocol_name(&self) -> &'static str {
        match self.protocol {
            Protocol::Tcp => "TCP",
            Protocol::Udp => "UDP",
        }
    }

    pub(super) fn service_demand_unit(&self) -> &'static str {
        match self.unit {
            Unit::Transactions => "usec/Tran",
            _ => "usec/KB",
        }
    }

    /// Per second, whatever the unit.
    pub(super) fn transaction_rate(&self) -> f64 {
        Unit::Transactions.rate(self.transactions as f64, self.elapsed.into())
    }

    /// Microseconds per transaction by the rate. A connection test has one transaction at a time, whatever the burst.
    pub(super) fn round_trip_usec(&self) -> f64 {
        let burst = if self.connection_test { 0 } else { self.first_burst };
        let by_rate = || elapsed::rt_latency_usec(self.transactions, self.elapsed, burst) * f64::from(self.flows);
        self.open_loop_round_trip_us.unwrap_or_else(by_rate)
    }

    /// The rate of what one end sent or received.
    pub(super) fn one_way_rate(&self, side: Side) -> f64 {
        self.unit.one_way().rate(side.bytes as f64, self.elapsed.into())
    }

    /// The width of the confidence interval asked for, in percent; −1 if none was.
    pub(super) fn width_wanted(&self) -> f64 {
        self.confidence.map_or(UNUSED, |confidence| confidence.width * PERCENT)
    }

    /// A width reached, in percent; −1 if none was asked for.
    pub(super) fn reached(&self, width: impl Fn(ConfidenceWarning) -> f64) -> f64 {
        self.confidence.map_or(UNUSED, |confidence| width(confidence.reached))
    }

    /// A figure of the latencies; −1 if none were kept.
    pub(super) fn latency(&self, figure: impl Fn(&Latency) -> f64) -> f64 {
        self.latency.as_ref().map_or(NOT_KEPT as f64, figure)
    }

    /// The same in whole microseconds, of which netperf counts no more than fit its integer.
    pub(super) fn latency_us(&self, figure: impl Fn(&Latency) -> u64) -> i64 {
        self.latency.as_ref().map_or(NOT_KEPT, |latency| figure(latency).min(LATENCY_MAX_US).cast_signed())
    }

    pub(super) fn percentile_us(&self, percentile: impl Fn(Percentiles) -> u64) -> i64 {
        self.latency_us(|latency| percentile(latency.percentiles))
    }

    /// Every latency with its count; empty if none were kept.
    pub(super) fn histogram(&self) -> String {
        self.latency.as_ref().map(Latency::histogram_text).unwrap_or_default()
    }

    /// As much of the identifier as netperf keeps.
    pub(super) fn shown_uuid(&self) -> &str {
        cut(&self.uuid, UUID_MAX)
    }
}
