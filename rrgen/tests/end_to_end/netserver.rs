//! rrserver by the name of netserver: what it says, and that it goes to the background.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::fs::symlink;
use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Finished, Running, Sample, rows, rrgen, rrserver, run};

/// A link named netserver, in a folder of its own.
struct Link(tempfile::TempDir);

impl Link {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let program = rrserver("127.0.0.1").get_program().to_owned();
        symlink(program, folder.path().join("netserver")).expect("a link");
        Self(folder)
    }

    fn run(&self, arguments: &[&str]) -> Finished {
        run(Command::new(self.0.path().join("netserver")).args(arguments))
    }
}

/// The process with this word on its command line.
fn process_with(word: &str) -> Option<Pid> {
    let processes = fs::read_dir("/proc").expect("/proc").filter_map(Result::ok);
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let found = |id: &i32| {
        let line = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        line.split(|&byte| byte == 0).any(|own| own == word.as_bytes())
    };
    ids.filter(found).find_map(Pid::from_raw)
}

#[test]
fn it_goes_to_the_background_and_serves() {
    let link = Link::new();
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let word = format!("-p{}", free.port());
    let finished = link.run(&["-L", "127.0.0.1", "-4", &word]);
    let id = process_with(&word).expect("it goes on");
    let served = TcpStream::connect(free).is_ok();
    let name = fs::read_to_string(format!("/proc/{}/comm", id.as_raw_nonzero())).expect("its name");
    kill_process(id, Signal::TERM).expect("a process of our own");
    let said = format!("Starting netserver with host '127.0.0.1' port '{}' and family AF_INET\n", free.port());
    assert_eq!((finished.code(), finished.stdout, finished.stderr), (0, said, String::new()));
    assert!(served, "the port is open when the command returns");
    assert_eq!(name, "netserver\n", "killall finds it");
}

/// As inetd does it: the connection is standard input, output and error. Nothing but the protocol may be on it.
#[test]
fn started_by_inetd_it_serves_the_client_on_its_standard_input() {
    let inetd = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = inetd.local_addr().expect("an address").port().to_string();
    for single_port in [false, true] {
        let mut client = rrgen();
        client.args(["-H", "127.0.0.1", "-p", &port, "-l", "-100", "-P", "0"]);
        let client = Running::start(if single_port { client.arg("--single-port") } else { &mut client });
        let connection = OwnedFd::from(inetd.accept().expect("the client").0);
        let [output, errors] = [(); 2].map(|()| connection.try_clone().expect("a descriptor"));
        let link = Link::new();
        let mut netserver = Command::new(link.0.path().join("netserver"));
        netserver.stdin(connection).stdout(output).stderr(errors);
        let mut server = netserver.spawn().expect("a server");
        // It holds the connection alone.
        drop(netserver);
        let finished = client.finish();
        let ended = server.wait().expect("a child of our own");
        assert_eq!(ended.code(), Some(0), "it leaves with its client: {finished}");
        if single_port {
            assert!(finished.code() == 1 && finished.stderr.contains("inetd"), "{finished}");
        } else {
            assert_eq!((finished.code(), rows(&finished.stdout).len()), (0, 2), "{finished}");
        }
    }
}

#[test]
fn a_taken_port_is_netservers_text() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let sample = Sample::load("99-ns-inuse").replace("12865", &port);
    let arguments = sample.arguments(&[]);
    let finished = Link::new().run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!((finished.code(), &finished.stdout, &finished.stderr), (sample.status, &sample.stdout, &sample.stderr));
}

/// Each was checked with netserver 2.7.0.
#[test]
fn what_it_cannot_do_is_told_in_netservers_words_and_name() {
    let link = Link::new();
    let nowhere = link.run(&["-p", "1", "-L-no.such.host.invalid"]);
    let text = "Unable to start netserver with  '-no.such.host.invalid' port '1' and family AF_UNSPEC\n";
    assert_eq!((nowhere.code(), nowhere.stdout.as_str(), nowhere.stderr.as_str()), (1, "", text));
    let unknown = link.run(&["-q"]);
    assert!(unknown.stderr.contains("netserver: invalid option -- 'q'\n\nUsage: netserver [options] \n"), "{unknown}");
    for refused in [unknown, link.run(&["-Z", ""]), link.run(&["-p", "99999"])] {
        assert_eq!((refused.code(), refused.stdout.as_str()), (1, ""), "{refused}");
        assert!(!refused.stderr.contains("rrserver"), "{refused}");
    }
}

#[test]
fn version_and_usage_come_where_netservers_come() {
    let link = Link::new();
    let sample = Sample::load("98-ns-V");
    let version = link.run(&["-V"]);
    assert_eq!((version.code(), version.stdout), (sample.status, sample.stdout));
    let sample = Sample::load("97-ns-h");
    let usage = link.run(&["-h"]);
    let head = |text: &str| text.lines().take(2).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!((usage.code(), usage.stdout.as_str(), head(&usage.stderr)), (sample.status, "", head(&sample.stderr)));
    assert!(!usage.stderr.contains("rrserver"), "{usage}");
}
