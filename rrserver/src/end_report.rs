//! What one end of a test says of itself beyond netperf's results: CPU, context switches, what the kernel knows of the
//! connection, and counts that do not end at 32 bits.
//!
//! A server sends it as a part of its [`LoadReport`](crate::load::LoadReport); a client fills in its own.

use serde::{Deserialize, Serialize};

use crate::data::{AtEnd, CpuUsage, TcpInfo, ThreadUsage, Traffic};

/// What one end of a test was and took. What it does not know is missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EndReport {
    /// Completed transactions.
    pub transactions: u64,
    /// Bytes sent.
    pub bytes_sent: u64,
    /// Bytes received.
    pub bytes_received: u64,
    /// From the first packet, or the end of the warm-up, ns.
    pub elapsed_ns: u64,
    /// CPU time of the whole host.
    pub cpu: Option<CpuUsage>,
    /// The data threads.
    pub threads: ThreadUsage,
    /// The connection.
    pub tcp: Option<TcpReport>,
    /// Why it did not wait as it was asked to.
    pub shortfall: Option<String>,
}

/// What the kernel knows of a TCP connection when its test is over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TcpReport {
    /// Segments sent again during the test.
    pub retransmits: u64,
    /// Smoothed round-trip time, ns, to a microsecond.
    pub rtt_ns: u64,
    /// Its mean deviation, ns.
    pub rttvar_ns: u64,
    /// Shortest round-trip time of late, ns.
    pub min_rtt_ns: Option<u64>,
    /// TCP_MAXSEG, bytes.
    pub max_segment: Option<u32>,
    /// TCP_CONGESTION.
    pub congestion_control: String,
}

impl EndReport {
    /// What was counted on the connection that `at_end` tells of, of whose retransmits `before` belong to a warm-up.
    #[must_use]
    pub fn of_connection(transactions: u64, traffic: &Traffic, at_end: &AtEnd, before: u64) -> Self {
        Self {
            transactions,
            bytes_sent: traffic.bytes_sent,
            bytes_received: traffic.bytes_received,
            tcp: at_end.tcp_info.map(|info| TcpReport::new(&info, at_end, before)),
            ..Self::default()
        }
    }
}

impl TcpReport {
    fn new(info: &TcpInfo, at_end: &AtEnd, before: u64) -> Self {
        let ns = |time: std::time::Duration| time.as_nanos() as u64;
        Self {
            retransmits: u64::from(info.total_retransmits).saturating_sub(before),
            rtt_ns: ns(info.rtt),
            rttvar_ns: ns(info.rttvar),
            min_rtt_ns: info.min_rtt.map(ns),
            max_segment: at_end.max_segment,
            congestion_control: at_end.congestion_control.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data;

    #[test]
    fn a_newer_peer_may_say_more_and_an_older_one_less() {
        let report: EndReport = serde_json::from_str("{\"transactions\": 5, \"weather\": \"fine\"}").expect("a report");
        assert_eq!(report, EndReport { transactions: 5, ..EndReport::default() });
    }

    #[test]
    fn what_a_connection_sent_again_before_is_not_the_tests() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("listener");
        let stream = std::net::TcpStream::connect(listener.local_addr().expect("address")).expect("connected");
        let mut at_end = data::at_end(&socket2::SockRef::from(&stream));
        at_end.tcp_info.as_mut().expect("TCP").total_retransmits = u32::MAX;
        let retransmits = |before| {
            let report = EndReport::of_connection(u64::MAX, &Traffic::default(), &at_end, before);
            assert_eq!(report.transactions, u64::MAX);
            report.tcp.expect("TCP").retransmits
        };
        assert_eq!(
            (retransmits(0), retransmits(5), retransmits(u64::MAX)),
            (u32::MAX.into(), u64::from(u32::MAX) - 5, 0)
        );
    }
}
