//! Beds that are really built, where the machine allows it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use super::*;

/// How long the kernel may take to remove what nobody holds any more.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why a bed cannot be built here, if so; in CI that is a failure.
fn skipped() -> bool {
    let Err(e) = Namespace::new() else { return false };
    assert!(std::env::var_os("RRGEN_CI").is_none(), "no namespaces in CI: {e}");
    eprintln!("skipped: no network namespace: {e}");
    true
}

/// Whether the server of `path` that is at `host` answers: a control message in another language is no reason to hang up.
fn answers(bed: &TestBed, path: &Path, host: SocketAddr) -> bool {
    let connect = || {
        let mut stream = TcpStream::connect_timeout(&host, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        if let Some(passphrase) = &path.passphrase {
            stream.write_all(compat::wire::passphrase_message(passphrase, None).unwrap().as_bytes())?;
        }
        stream.write_all(compat::wire::Message::from_bytes([0; compat::wire::MESSAGE_LEN]).as_bytes())?;
        stream.read(&mut [0])
    };
    match bed.client() {
        Some(client) => client.run(connect).unwrap() == 1,
        None => connect().unwrap() == 1,
    }
}

fn ip(namespace: &Namespace, words: &[&str]) -> String {
    let output = namespace.run(|| Command::new("ip").args(words).output()).unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_path_of_every_topology_reaches_the_server() {
    if skipped() {
        return;
    }
    for topology in [Topology::Direct, Topology::Router, Topology::Loopback] {
        let bed = TestBed::build(topology, 3, None).unwrap();
        assert_eq!(bed.paths().len(), 3);
        for path in bed.paths() {
            assert_eq!(path.hook_host.is_some(), topology == Topology::Router);
            assert!([path.server].into_iter().chain(path.hook_host).all(|host| answers(&bed, path, host)), "{path:?}");
        }
    }
}

#[test]
fn hosts_are_silent_and_know_their_neighbours() {
    if skipped() {
        return;
    }
    let bed = TestBed::build(Topology::Router, 2, None).unwrap();
    let client = bed.client().unwrap();
    let neighbours = ip(client, &["neighbour"]);
    assert_eq!(neighbours.matches("PERMANENT").count(), 2, "{neighbours}");
    assert!(!ip(client, &["address"]).contains("inet6"));
}

/// A veth pair dies with either end: its end out here tells when the bed is gone.
#[test]
fn nothing_is_left_of_a_bed_that_is_dropped() {
    if skipped() {
        return;
    }
    let outside = Namespace::new().unwrap();
    let bed = TestBed::build(Topology::Direct, 1, None).unwrap();
    let inside = bed.client().unwrap().path();
    let probe = ["link", "add", "probe", "type", "veth", "peer", "name", "tell", "netns", inside.to_str().unwrap()];
    ip(&outside, &probe);
    assert!(ip(&outside, &["link"]).contains("probe"));
    drop(bed);
    let deadline = Instant::now() + PATIENCE;
    while ip(&outside, &["link"]).contains("probe") {
        assert!(Instant::now() < deadline, "the namespace is still there");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_line_that_ip_refuses_is_told_in_its_own_words() {
    if skipped() {
        return;
    }
    let namespace = Namespace::new().unwrap();
    let error = ip::batch(&namespace, &["link set nothing up".into()]).unwrap_err().to_string();
    assert!(error.starts_with("`ip` failed: ") && error.contains("nothing"), "{error}");
}
