//! What may be repeated, and that a repeat is told.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;

use rrgen::local::LocalServer;
use serde_json::Value;

use crate::program::run;

/// A way to a server on which the second connection breaks.
fn flaky_way_to(server: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // Ends with the test's process, as the connections do that it relays.
    thread::spawn(move || {
        for (number, client) in listener.incoming().flatten().enumerate() {
            if number != 1 {
                let server = TcpStream::connect(server).unwrap();
                relay(client.try_clone().unwrap(), server.try_clone().unwrap());
                relay(server, client);
            }
        }
    });
    address
}

fn relay(mut from: TcpStream, mut to: TcpStream) {
    thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
}

#[test]
fn a_broken_connection_is_a_repeat_that_is_reported() {
    let server = LocalServer::start(false, None, None).unwrap();
    for (format, options) in [("text", ["-l", "0.02"].as_slice()), ("json", &["--design", "slots", "-l", "1"])] {
        let port = flaky_way_to(server.address()).port().to_string();
        let words = ["-H", "127.0.0.1", "-p", &port, "--hooks", "none", "--rounds", "2", "--format", format];
        let (report, _) = run(&[&words[..], options].concat());
        if format == "text" {
            assert_eq!(report.matches("\nrepeated  round 1: ").count(), 1, "{report}");
        } else {
            let report: Value = serde_json::from_str(&report).unwrap();
            let repeats =
                report["slots"].as_array().unwrap().iter().map(|slot| slot["repeats"].as_array().unwrap().len());
            assert_eq!(repeats.sum::<usize>(), 1, "{report}");
        }
    }
}
