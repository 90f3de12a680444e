//! Reading what a peer still has on its way, so that closing resets nothing under it.

use std::io::{self, ErrorKind, Read};
use std::time::{Duration, Instant};

use socket2::Socket;

/// The most that is read, bytes: a peer that sends for ever is closed as it is.
const MOST: usize = 64 << 20;

/// Reads and throws away until the peer closes, `patience` is over, or too much has come; how many bytes there were.
///
/// # Errors
/// The connection broke.
pub fn drain(mut socket: &Socket, patience: Duration) -> io::Result<u64> {
    let deadline = Instant::now() + patience;
    let mut scrap = [0; 4096];
    let mut drained = 0;
    while drained < MOST {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        socket.set_read_timeout(Some(left))?;
        match socket.read(&mut scrap) {
            Ok(0) => break,
            Ok(n) => drained += n,
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) if e.kind() == ErrorKind::WouldBlock => break,
            Err(e) => return Err(e),
        }
    }
    Ok(drained as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn it_ends_with_the_peer_and_with_its_patience() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("listener");
        let mut peer = TcpStream::connect(listener.local_addr().expect("address")).expect("connect");
        let socket = Socket::from(listener.accept().expect("peer").0);
        peer.write_all(&[7; 9000]).expect("sent");
        let brief = Duration::from_millis(20);
        assert_eq!(drain(&socket, brief).expect("the peer is silent and there"), 9000);
        drop(peer);
        let started = Instant::now();
        let long = Duration::from_secs(3600);
        drain(&socket, long).expect("the peer has closed");
        assert!(started.elapsed() < long);
    }

    #[test]
    fn a_peer_that_trickles_for_ever_is_not_heard_out() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("listener");
        let mut peer = TcpStream::connect(listener.local_addr().expect("address")).expect("connect");
        let socket = Socket::from(listener.accept().expect("peer").0);
        // Until nobody is there to read it.
        let trickle = std::thread::spawn(move || while peer.write_all(&[7]).is_ok() {});
        drain(&socket, Duration::from_millis(20)).expect("the peer sends and is there");
        drop(socket);
        trickle.join().expect("it ends with us");
    }
}
