//! Making many connections: several at a time, within limits that are known before.

use std::fs;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use compat::text::failure::Failure;
use rrserver::data::{self, SocketOptions};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use socket2::Socket;

use crate::run::RunFailure;
use crate::run::watchdog::CONNECT_PATIENCE;

/// Connections under way at once: enough that a round trip is not waited for each, few enough that no listen queue
/// overflows.
const BATCH: usize = 128;

/// The ports that the kernel gives to connections.
const PORT_RANGE: &str = "/proc/sys/net/ipv4/ip_local_port_range";

/// A socket and where it is to go.
#[derive(Debug)]
pub(in crate::run) struct Pending {
    pub(in crate::run) socket: Socket,
    pub(in crate::run) destination: SocketAddr,
}

/// Sees to it that there are as many ports as flows to one destination.
///
/// # Errors
/// There are not.
pub(in crate::run) fn check_ports(flows: u32) -> Result<(), RunFailure> {
    let text = fs::read_to_string(PORT_RANGE).unwrap_or_default();
    match ports(&text) {
        Some(ports) if ports < flows => Err(RunFailure::Setup(format!(
            "--flows: {flows} flows need as many ports of ours, and the kernel has {ports}; widen the range, such as by \
             `sysctl net.ipv4.ip_local_port_range=\"1024 65535\"`"
        ))),
        // A kernel that does not say lets us try.
        _ => Ok(()),
    }
}

/// How many ports a range has.
fn ports(range: &str) -> Option<u32> {
    let mut ends = range.split_ascii_whitespace().map(str::parse::<u32>);
    let (first, last) = (ends.next()?.ok()?, ends.next()?.ok()?);
    Some(last.checked_sub(first)? + 1)
}

/// So many further sockets like the one that the server was asked with, from `source` and any port.
///
/// # Errors
/// The kernel has no more.
pub(in crate::run) fn open_more(
    count: usize,
    source: SocketAddr,
    destination: SocketAddr,
    options: &SocketOptions,
) -> Result<Vec<Pending>, RunFailure> {
    let options = SocketOptions { late_port: true, ..options.clone() };
    let open = || data::open(source, &options).and_then(|socket| data::bind(&socket, source, &options).map(|_| socket));
    (0..count)
        .map(|_| open().map(|socket| Pending { socket, destination }).map_err(|e| RunFailure::Setup(e.to_string())))
        .collect()
}

/// Makes all connections, each batch within [`CONNECT_PATIENCE`]; the sockets do not block afterwards.
///
/// # Errors
/// One of them cannot be made.
pub(in crate::run) fn connect(pending: Vec<Pending>) -> Result<Vec<Socket>, RunFailure> {
    for batch in pending.chunks(BATCH) {
        connect_batch(batch, CONNECT_PATIENCE).map_err(|(destination, e)| refused(destination, e))?;
    }
    Ok(pending.into_iter().map(|pending| pending.socket).collect())
}

fn refused(destination: SocketAddr, error: io::Error) -> RunFailure {
    let advice = match error.kind() {
        ErrorKind::AddrNotAvailable => {
            "no port of ours is left: earlier connections hold theirs for a minute (TIME-WAIT); wait, or widen \
             net.ipv4.ip_local_port_range"
        }
        _ => "if a firewall is in between, choose an open port with `-- -P ,PORT`; the server's log may say more",
    };
    let hint = format!("the control connection works, but a flow to data port {destination} does not; {advice}");
    RunFailure::hinted(Failure::DataConnect(error), hint)
}

fn connect_batch(batch: &[Pending], patience: Duration) -> Result<(), (SocketAddr, io::Error)> {
    for Pending { socket, destination } in batch {
        begin(socket, *destination).map_err(|e| (*destination, e))?;
    }
    let deadline = Instant::now() + patience;
    let mut waiting: Vec<&Pending> = batch.iter().collect();
    while let Some(first) = waiting.first() {
        let destination = first.destination;
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err((destination, io::Error::from_raw_os_error(libc::ETIMEDOUT)));
        }
        let mut polled: Vec<_> = waiting.iter().map(|pending| PollFd::new(&pending.socket, PollFlags::OUT)).collect();
        match poll(&mut polled, Timespec::try_from(left).ok().as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(e) => return Err((destination, e.into())),
        }
        let done: Vec<bool> = polled.iter().map(|polled| !polled.revents().is_empty()).collect();
        for (pending, _) in waiting.iter().zip(&done).filter(|(_, done)| **done) {
            if let Some(e) = pending.socket.take_error().unwrap_or_else(Some) {
                return Err((pending.destination, e));
            }
        }
        let mut done = done.into_iter();
        waiting.retain(|_| !done.next().unwrap_or_default());
    }
    Ok(())
}

fn begin(socket: &Socket, destination: SocketAddr) -> io::Result<()> {
    socket.set_nonblocking(true)?;
    match socket.connect(&destination.into()) {
        Err(e) if e.raw_os_error() == Some(libc::EINPROGRESS) => Ok(()),
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn pending(count: usize, destination: SocketAddr) -> Vec<Pending> {
        let source = SocketAddr::from(([0, 0, 0, 0], 0));
        open_more(count, source, destination, &SocketOptions::default()).expect("sockets")
    }

    #[test]
    fn more_than_a_batch_of_connections_come_about_and_all_are_different() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("listener");
        let address = listener.local_addr().expect("address");
        let accepting = std::thread::spawn(move || (0..BATCH + 3).map(|_| listener.accept().expect("flow")).collect());
        let sockets = connect(pending(BATCH + 3, address)).expect("connected");
        let accepted: Vec<_> = accepting.join().expect("listener");
        let ours: std::collections::HashSet<_> = data::ports(&sockets).into_iter().map(|(_, own)| own).collect();
        let theirs: std::collections::HashSet<_> = accepted.iter().map(|(_, peer)| peer.port()).collect();
        assert_eq!(ours.len(), BATCH + 3);
        assert_eq!(ours, theirs);
    }

    #[test]
    fn a_port_that_nobody_listens_on_is_an_error_that_names_it() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("listener");
        let address = listener.local_addr().expect("address");
        drop(listener);
        let failure = connect(pending(2, address)).expect_err("refused").to_string();
        assert!(failure.contains(&format!("data port {address}")), "{failure}");
    }

    #[test]
    fn a_listener_that_never_answers_is_given_up() {
        // A full queue drops further handshakes: the second or third connection never comes about.
        let listener = Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("socket");
        listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("bound");
        listener.listen(0).expect("listening");
        let address = listener.local_addr().expect("address").as_socket().expect("IPv4");
        let (_, error) = connect_batch(&pending(8, address), Duration::from_millis(200)).expect_err("given up");
        assert_eq!(error.raw_os_error(), Some(libc::ETIMEDOUT));
    }

    #[test]
    fn a_range_is_counted_and_nonsense_is_not() {
        assert_eq!(ports("32768\t60999\n"), Some(28_232));
        assert_eq!(ports("5 5"), Some(1));
        for text in ["", "7", "9 1", "a b"] {
            assert_eq!(ports(text), None, "{text}");
        }
    }
}
