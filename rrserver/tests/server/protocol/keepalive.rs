//! What the kernel does about a control connection that is silent.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::Process;

/// Within this the server has accepted.
const PATIENCE: Duration = Duration::from_secs(10);

/// The kernel's name for a timer of keepalive, and its ticks in a second, in /proc/net/tcp.
const KEEPALIVE: &str = "02";
const TICKS_PER_S: u64 = 100;

/// In how many seconds the kernel probes the connection between these ports, as its first one has it.
fn probed_in(local: u16, remote: u16) -> Option<u64> {
    let table = fs::read_to_string("/proc/net/tcp").expect("the kernel's connections");
    let (local, remote) = (format!(":{local:04X}"), format!(":{remote:04X}"));
    let ours = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let row = ours.into_iter().find(|row| row[1].ends_with(&local) && row[2].ends_with(&remote))?;
    let (timer, ticks) = row[5].split_once(':')?;
    (timer == KEEPALIVE).then(|| u64::from_str_radix(ticks, 16).expect("ticks") / TICKS_PER_S)
}

#[test]
fn a_control_connection_is_probed_after_a_minute_of_silence() {
    let server = Process::start(&["-L", "127.0.0.1"]);
    let SocketAddr::V4(address) = server.address() else { panic!("an address of IPv4") };
    let client = TcpStream::connect(address).expect("connected");
    let own = client.local_addr().expect("an address").port();
    let deadline = Instant::now() + PATIENCE;
    let seconds = loop {
        match probed_in(address.port(), own) {
            Some(seconds) => break seconds,
            None => assert!(Instant::now() < deadline, "nobody probes the connection"),
        }
        thread::sleep(Duration::from_millis(10));
    };
    assert!(seconds <= 60, "{seconds} s");
}
