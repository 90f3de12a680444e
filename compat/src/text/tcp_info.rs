//! What netperf shows of a connection on stderr when `DUMP_TCP_INFO` is in its environment.

use std::fmt;

/// The variable that asks for it, whatever its value.
pub const DUMP_TCP_INFO: &str = "DUMP_TCP_INFO";

/// The fields of TCP_INFO that are shown, under the kernel's names. Times are in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub struct TcpInfoDump {
    pub rto: u32,
    pub ato: u32,
    pub pmtu: u32,
    pub rcv_ssthresh: u32,
    pub rtt: u32,
    pub rttvar: u32,
    pub snd_ssthresh: u32,
    pub snd_cwnd: u32,
    pub reordering: u32,
    pub total_retrans: u32,
}

impl fmt::Display for TcpInfoDump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `tpci` is netperf's.
        write!(
            f,
            "tcpi_rto {} tcpi_ato {} tcpi_pmtu {} tcpi_rcv_ssthresh {}\n\
             tcpi_rtt {} tcpi_rttvar {} tcpi_snd_ssthresh {} tpci_snd_cwnd {}\n\
             tcpi_reordering {} tcpi_total_retrans {}\n",
            self.rto,
            self.ato,
            self.pmtu,
            self.rcv_ssthresh,
            self.rtt,
            self.rttvar,
            self.snd_ssthresh,
            self.snd_cwnd,
            self.reordering,
            self.total_retrans,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_lines_as_stock_prints_them() {
        let info = TcpInfoDump {
            rto: 204_000,
            ato: 40_000,
            pmtu: 65_535,
            rcv_ssthresh: 65_495,
            rtt: 11,
            rttvar: 1,
            snd_ssthresh: 2_147_483_647,
            snd_cwnd: 18,
            reordering: 3,
            total_retrans: 0,
        };
        assert_eq!(
            info.to_string(),
            "tcpi_rto 204000 tcpi_ato 40000 tcpi_pmtu 65535 tcpi_rcv_ssthresh 65495\n\
             tcpi_rtt 11 tcpi_rttvar 1 tcpi_snd_ssthresh 2147483647 tpci_snd_cwnd 18\n\
             tcpi_reordering 3 tcpi_total_retrans 0\n"
        );
    }
}
