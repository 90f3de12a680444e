//! What the kernel knows of a connection (TCP_INFO).

use std::io;
use std::mem;
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

use compat::text::tcp_info::TcpInfoDump;

/// The counters of TCP_INFO that results and the stall watch need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TcpInfo {
    /// Segments retransmitted since the connection was made.
    pub total_retransmits: u32,
    /// Time since the last segment with data arrived.
    pub since_last_data: Duration,
    /// Smoothed round-trip time as the kernel sees it.
    pub rtt: Duration,
    /// Its mean deviation.
    pub rttvar: Duration,
    /// Shortest round-trip time of late; `None` where the kernel does not keep it.
    pub min_rtt: Option<Duration>,
    /// What netperf shows of the connection with `DUMP_TCP_INFO`.
    pub dump: TcpInfoDump,
}

/// Reads TCP_INFO of a TCP socket.
///
/// # Errors
/// The socket is not a TCP socket.
pub fn tcp_info(socket: &impl AsFd) -> io::Result<TcpInfo> {
    // SAFETY: tcp_info is a plain C struct of integers, for which all-zero is a value.
    let mut info: libc::tcp_info = unsafe { mem::zeroed() };
    let mut len = mem::size_of::<libc::tcp_info>() as libc::socklen_t;
    // SAFETY: no safe wrapper offers TCP_INFO; `info` is writable for `len` bytes, and an older kernel
    // that knows fewer fields writes less and leaves the rest zero.
    let rc = unsafe {
        libc::getsockopt(
            socket.as_fd().as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            (&raw mut info).cast(),
            &raw mut len,
        )
    };
    if rc != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(TcpInfo {
        total_retransmits: info.tcpi_total_retrans,
        since_last_data: Duration::from_millis(info.tcpi_last_data_recv.into()),
        rtt: micros(info.tcpi_rtt),
        rttvar: micros(info.tcpi_rttvar),
        // An older kernel leaves it 0, a newer one at its largest until it has one.
        min_rtt: (!matches!(info.tcpi_min_rtt, 0 | u32::MAX)).then(|| micros(info.tcpi_min_rtt)),
        dump: TcpInfoDump {
            rto: info.tcpi_rto,
            ato: info.tcpi_ato,
            pmtu: info.tcpi_pmtu,
            rcv_ssthresh: info.tcpi_rcv_ssthresh,
            rtt: info.tcpi_rtt,
            rttvar: info.tcpi_rttvar,
            snd_ssthresh: info.tcpi_snd_ssthresh,
            snd_cwnd: info.tcpi_snd_cwnd,
            reordering: info.tcpi_reordering,
            total_retrans: info.tcpi_total_retrans,
        },
    })
}

/// Segments that all of `sockets` have sent again since each was connected; what is no TCP socket has sent none.
pub fn retransmits<S: AsFd>(sockets: impl IntoIterator<Item = S>) -> u64 {
    let infos = sockets.into_iter().filter_map(|socket| tcp_info(&socket).ok());
    infos.map(|info| u64::from(info.total_retransmits)).sum()
}

fn micros(us: u32) -> Duration {
    Duration::from_micros(us.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream, UdpSocket};

    #[test]
    fn a_fresh_loopback_connection_has_no_retransmits() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("listener");
        let stream = TcpStream::connect(listener.local_addr().expect("address")).expect("connect");
        assert_eq!(tcp_info(&stream).expect("TCP_INFO").total_retransmits, 0);
    }

    #[test]
    fn other_sockets_are_an_error() {
        assert!(tcp_info(&UdpSocket::bind("127.0.0.1:0").expect("socket")).is_err());
    }
}
