//! The deliberate differences from netperf: each row of compat/DEVIATIONS.md has its test.

use std::fs::{self, File};
use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use rrgen::local::LocalServer;
use rrserver::{Config, Limits, Listen};

use crate::support::{
    Client, Finished, Mock, Pairing, Running, Sample, Server, data_listener, read_message, rows, rrgen, rrserver, run,
    serve_data,
};

/// The table.
pub(crate) fn deviations() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../compat/DEVIATIONS.md");
    fs::read_to_string(path).expect("the table")
}

#[test]
fn every_row_of_the_table_has_its_test() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = deviations();
    let tests: Vec<&str> = table.lines().filter_map(|line| line.rsplit('|').nth(1)).map(str::trim).skip(2).collect();
    assert!(tests.len() > 10, "{tests:?}");
    for test in tests {
        let (file, name) = test.split_once(": ").unwrap_or_else(|| panic!("no test in '{test}'"));
        let place = if file.starts_with("rrgen/") { package.join("..") } else { package.join("tests/end_to_end") };
        let text = fs::read_to_string(place.join(file)).unwrap_or_else(|e| panic!("{file}: {e}"));
        assert!(text.contains(&format!("#[test]\nfn {name}()")), "{test}");
    }
}

fn as_netperf(server: &Server, arguments: &[&str]) -> Finished {
    let mut command = Client::RrgenAsNetperf.command().expect("always there");
    run(command.args(["-H", "127.0.0.1", "-p", &server.port()]).args(arguments))
}

#[test]
fn usage_has_netperfs_first_line_and_our_list() {
    for name in ["84-bad-global", "86-missing-arg", "87-h", "88-testh"] {
        let sample = Sample::load(name);
        let mut command = Client::RrgenAsNetperf.command().expect("always there");
        let finished = run(command.args(sample.arguments(&[])));
        assert_eq!(finished.code(), sample.status, "{name}: {finished}");
        let heading = "Usage: netperf [global options] -- [test options] \n";
        for (printed, captured) in [(&finished.stdout, &sample.stdout), (&finished.stderr, &sample.stderr)] {
            let expected = captured.find(heading).map_or("", |at| &captured[..at + heading.len()]);
            assert!(printed.starts_with(expected), "{name}: {finished}");
            assert_eq!(printed.is_empty(), captured.is_empty(), "{name}: {finished}");
            assert!(!printed.contains("rrgen"), "{name}: {finished}");
        }
    }
}

#[test]
fn a_pace_is_kept() {
    let server = Server::rrserver(&[]);
    let finished = as_netperf(&server, &["-t", "TCP_RR", "-l", "-21", "-b", "2", "-w", "20", "-P", "0"]);
    assert_eq!((finished.code(), finished.stderr.as_str()), (0, ""), "{finished}");
    // Ten whole intervals of 20 ms come before the last transaction.
    let seconds: f64 = rows(&finished.stdout)[0][4].parse().expect("a number");
    assert!(seconds >= 0.2, "{finished}");
}

#[test]
fn a_counted_burst_ends_cleanly() {
    for pairing in [Pairing::AS_NETPERF_RRSERVER, Pairing::NETPERF_RRSERVER, Pairing::AS_NETPERF_NETSERVER] {
        let Some((mut command, server)) = pairing.start("127.0.0.1", &[]) else { continue };
        command.args(["-H", "127.0.0.1", "-p", &server.port(), "-t", "TCP_RR", "-l", "-1000", "--", "-b", "4"]);
        let finished = run(&mut command);
        assert_eq!((finished.code(), rows(&finished.stdout).len()), (0, 2), "{pairing:?}: {finished}");
    }
}

#[test]
fn a_fill_file_without_a_byte_is_refused() {
    let server = Server::rrserver(&[]);
    for (file, complaint) in [("/dev/null", "the file is empty"), ("/no/such/file", "No such file or directory")] {
        let finished = as_netperf(&server, &["-t", "TCP_RR", "-l", "-10", "-F", file]);
        assert_eq!(finished.code(), 1, "{finished}");
        assert!(finished.stderr.contains(complaint) && finished.stderr.contains(file), "{finished}");
        assert!(!finished.stderr.contains("rrgen"), "{finished}");
    }
}

#[test]
fn a_selection_file_without_a_name_is_refused() {
    let server = Server::rrserver(&[]);
    for layout in ["-o", "-k", "-O"] {
        let finished = as_netperf(&server, &["-t", "TCP_RR", "-l", "-10", "--", layout, "/dev/zero"]);
        assert_eq!((finished.code(), finished.stderr.as_str()), (255, ""), "{finished}");
        assert!(finished.stdout.starts_with("Output selection file '/dev/zero' has none"), "{finished}");
    }
}

#[test]
fn a_server_opens_no_file_for_a_client() {
    let server = Server::rrserver(&[]);
    let finished = as_netperf(&server, &["-t", "TCP_RR", "-l", "-10", "-F", ",/no/such/file"]);
    assert_eq!((finished.code(), finished.stderr.as_str()), (0, ""), "{finished}");
}

#[test]
fn fast_open_works() {
    let server = Server::rrserver(&[]);
    for test in ["TCP_RR", "TCP_CRR"] {
        let finished = as_netperf(&server, &["-t", test, "-l", "-50", "--", "-F"]);
        assert_eq!((finished.code(), finished.stderr.as_str()), (0, ""), "{test}: {finished}");
    }
}

/// What netserver waits for after a test's time is an hour away here, and would be waited for.
#[test]
fn a_timed_connection_test_ends_soon_after_its_time() {
    let limits = Limits::default();
    assert!(limits.last_connection < limits.backstop);
    let limits = Limits { backstop: Duration::from_secs(3600), ..limits };
    let listen = Listen::Address(Ipv4Addr::LOCALHOST.into());
    let config = Config { listen, port: 0, limits, ..Config::default() };
    let server = LocalServer::start_in(config, || Ok(())).expect("a server");
    let port = server.address().port().to_string();
    for client in [Client::RrgenAsNetperf, Client::Netperf] {
        let Some(mut command) = client.command() else { continue };
        let finished = run(command.args(["-H", "127.0.0.1", "-p", &port, "-t", "TCP_CRR", "-l", "1"]));
        assert_eq!(finished.code(), 0, "{client:?}: {finished}");
    }
}

#[test]
fn omni_knows_crr() {
    let server = Server::rrserver(&[]);
    let finished = as_netperf(&server, &["-t", "omni", "-l", "-50", "--", "-d", "crr", "-k", "DIRECTION"]);
    assert_eq!(finished.stdout.lines().last(), Some("DIRECTION=Connect|Send|Recv"), "{finished}");
}

#[test]
fn omni_says_what_its_sockets_are() {
    let server = Server::rrserver(&[]);
    for options in [["-T", "udp"], ["-t", "dgram"]] {
        let arguments = [&["-t", "omni", "-l", "-50", "--", "-d", "rr", "-k", "SOCKET_TYPE,PROTOCOL"], &options[..]];
        let finished = as_netperf(&server, &arguments.concat());
        assert!(finished.stdout.ends_with("SOCKET_TYPE=Datagram\nPROTOCOL=UDP\n"), "{finished}");
    }
}

#[test]
fn a_protocol_that_is_named_is_the_one_that_is_measured() {
    let server = Server::rrserver(&[]);
    let udp = as_netperf(&server, &["-t", "TCP_RR", "-l", "-50", "--", "-T", "udp", "-k", "PROTOCOL"]);
    assert!(udp.stdout.starts_with("MIGRATED UDP ") && udp.stdout.ends_with("PROTOCOL=UDP\n"), "{udp}");
    let none = as_netperf(&server, &["-t", "TCP_RR", "-l", "-50", "--", "-t", "seqpacket"]);
    let text = Sample::load("82-unknown-test").replace("FOO_RR", "TCP_RR");
    assert_eq!((none.code(), none.stdout), (text.status, text.stdout));
}

/// netperf measures from wherever the kernel likes, and says nothing.
#[test]
fn an_end_that_cannot_be_had_is_not_replaced() {
    let server = Server::rrserver(&[]);
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    for end in [["-P", &format!("{port},")], ["-L", "192.0.2.1"]] {
        let refused =
            as_netperf(&server, &[&["-t", "TCP_RR", "-l", "-50", "--", "-L", "127.0.0.1"][..], &end].concat());
        assert_eq!((refused.code(), rows(&refused.stdout).len()), (1, 0), "{refused}");
        assert!(refused.stderr.starts_with("netperf: cannot bind the data socket to "), "{refused}");
    }
}

#[test]
fn what_was_not_measured_is_zero() {
    let server = Server::rrserver(&[]);
    let finished = as_netperf(&server, &["-t", "TCP_RR", "-l", "-50", "--", "-k", "REMOTE_CPU_PERCENT_SWINTR"]);
    assert_eq!(finished.stdout.lines().last(), Some("REMOTE_CPU_PERCENT_SWINTR=0.00"), "{finished}");
}

#[test]
fn streams_are_unknown() {
    let server = Server::rrserver(&[]);
    let finished = as_netperf(&server, &[]);
    let text = Sample::load("82-unknown-test").replace("FOO_RR", "TCP_STREAM");
    assert_eq!((finished.code(), &finished.stdout, &finished.stderr), (text.status, &text.stdout, &text.stderr));
    let own = run(rrgen().args(["-t", "TCP_STREAM"]));
    assert!(own.stdout.starts_with(&text.stdout) && own.stdout.contains("TCP_CRR"), "{own}");
}

#[test]
fn a_test_cut_short_is_a_failure() {
    let server = Mock::start(|mut control: TcpStream| {
        let (listener, answer) = data_listener();
        read_message(&mut control)?;
        control.write_all(answer.as_bytes())?;
        drop(listener.accept()?);
        control.write_all(compat::wire::OmniResults::default().encode().as_bytes())
    });
    let mut command = Client::RrgenAsNetperf.command().expect("always there");
    let finished = run(command.args(["-H", "127.0.0.1", "-p", &server.port(), "-t", "TCP_RR", "-l", "10"]));
    assert_eq!(finished.code(), 1, "{finished}");
    assert!(!finished.stderr.contains("rrgen"), "{finished}");
}

#[test]
fn nothing_at_all_is_a_failure_also_among_iterations() {
    let server = Mock::start(|mut control: TcpStream| {
        for answers in [false, true, true] {
            let (listener, answer) = data_listener();
            read_message(&mut control)?;
            control.write_all(answer.as_bytes())?;
            match answers {
                true => serve_data(&listener)?,
                false => drop(io::copy(&mut listener.accept()?.0, &mut io::sink())?),
            }
            control.write_all(compat::wire::OmniResults::default().encode().as_bytes())?;
        }
        Ok(())
    });
    let mut command = Client::RrgenAsNetperf.command().expect("always there");
    let finished = run(command.args(["-H", "127.0.0.1", "-p", &server.port(), "-t", "TCP_RR", "-l", "1", "-i", "3,3"]));
    assert_eq!((finished.code(), finished.stderr.as_str()), (1, ""), "{finished}");
    assert!(rows(&finished.stdout).iter().any(|row| row[5] == "0.00"), "{finished}");
}

#[test]
fn a_misread_length_is_refused_under_our_own_name() {
    let server = Server::rrserver(&[]);
    let own = run(rrgen().args(["-H", "127.0.0.1", "-p", &server.port(), "-l", "-1k0"]));
    assert_eq!((own.code(), own.stdout.as_str()), (1, ""), "{own}");
    let netperf = as_netperf(&server, &["-t", "TCP_RR", "-l", "-1k0"]);
    assert_eq!(netperf.code(), 0, "{netperf}");
}

#[test]
fn output_that_cannot_be_written_is_a_failure() {
    let server = Server::rrserver(&[]);
    let port = server.port();
    let test = ["-H", "127.0.0.1", "-p", &port, "-l", "-10"];
    let as_netperf = || Client::RrgenAsNetperf.command().expect("always there");
    let own_server = || rrserver("127.0.0.1");
    for (name, mut command, words) in [
        ("netperf", as_netperf(), &["-V"][..]),
        ("netperf", as_netperf(), &test),
        ("rrgen", rrgen(), &["-V"]),
        ("rrgen", rrgen(), &["--help"]),
        ("rrgen", rrgen(), &test),
        ("rrgen", rrgen(), &["compare", "--help"]),
        ("rrserver", own_server(), &["-V"]),
        ("rrserver", own_server(), &["--help"]),
    ] {
        let full = File::create("/dev/full").expect("a device that is always full");
        let finished = Running::start_with_stdout(command.args(words), full).finish();
        let told = format!("{name}: cannot write to stdout: No space left on device (os error 28)\n");
        assert_eq!((finished.code(), finished.stderr), (1, told), "{name} {words:?}");
    }
}
