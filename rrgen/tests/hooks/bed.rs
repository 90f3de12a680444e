//! Where hooks are tried: a client and a target in network namespaces, and rrservers in them.

use std::net::TcpListener;
use std::process::Command;

use rustix::process::{Pid, Signal, geteuid};

use crate::ledger::Ledger;
use crate::netns::Namespace;
use crate::support::{Finished, Running, listening_port, rrgen, rrserver, skip};
use crate::traces::{Traces, programs_of};

/// What clients from another address have to say.
pub(crate) const PASSPHRASE: &str = "open sesame";
/// Options of a server that allows everything.
const PERMISSIVE: [&str; 6] = ["--allow-hook", "all", "--hook-scope", "host", "-Z", PASSPHRASE];
/// What `-D` prints.
const INTERIM: &str = "Interim result:";

/// Whether this test may make namespaces and see what is in them; skips if not.
pub(crate) fn is_possible() -> bool {
    let is_root = geteuid().is_root();
    if !is_root {
        skip("hooks outside the process need root");
    }
    is_root && Traces::are_visible()
}

/// Starts `command` in `namespace`.
pub(crate) fn start_in(namespace: &Namespace, mut command: Command) -> Running {
    namespace.run(move || Running::start(&mut command))
}

/// An rrserver in a namespace.
pub(crate) struct HookServer {
    running: Running,
    port: String,
}

impl HookServer {
    /// Starts an rrserver at `address`, a port of the kernel's choice.
    pub(crate) fn start(namespace: &Namespace, address: &str, options: &[&str]) -> Self {
        let mut command = rrserver(address);
        command.args(options);
        Self::start_command(namespace, command)
    }

    /// One that allows everything to those who know the passphrase, on every address of both families.
    pub(crate) fn everywhere(namespace: &Namespace) -> Self {
        let mut command = Command::new(rrserver("").get_program());
        command.args(["-p", "0"]).args(PERMISSIVE);
        Self::start_command(namespace, command)
    }

    fn start_command(namespace: &Namespace, command: Command) -> Self {
        let mut running = start_in(namespace, command);
        let port = listening_port(&running.wait_for("rrserver: listening")).to_string();
        Self { running, port }
    }

    /// One that allows everything to those who know the passphrase.
    pub(crate) fn permissive(namespace: &Namespace, address: &str) -> Self {
        Self::start(namespace, address, &PERMISSIVE)
    }

    /// The port of its control connection, as an option's value.
    pub(crate) fn port(&self) -> &str {
        &self.port
    }

    /// Its number as a process.
    pub(crate) fn process(&self) -> Pid {
        self.running.process()
    }

    /// Kills it without warning.
    pub(crate) fn kill(self) {
        self.running.signal(Signal::KILL);
    }

    /// Ends it, whose clients gave it nothing to complain about.
    pub(crate) fn finish_content(self) {
        self.running.signal(Signal::TERM);
        let finished = self.running.finish();
        assert_eq!((finished.code(), finished.stderr.as_str()), (0, ""), "{finished}");
    }
}

/// A client and a target, and what is between them.
pub(crate) struct Bed {
    client: Namespace,
    /// A namespace of its own, or the client's.
    target: Option<Namespace>,
    address: &'static str,
}

impl Bed {
    /// Two hosts joined by a veth pair: `near0` at the client, `far0` at the target.
    pub(crate) fn veth() -> Self {
        let (near, far) = Namespace::pair();
        Self { client: near, target: Some(far), address: "10.0.0.2" }
    }

    /// One host, over its loopback interface, at one of its addresses.
    pub(crate) fn loopback(address: &'static str) -> Self {
        Self { client: Namespace::new(), target: None, address }
    }

    /// Whether both ends are on one host.
    pub(crate) fn is_loopback(&self) -> bool {
        self.target.is_none()
    }

    fn target(&self) -> &Namespace {
        self.target.as_ref().unwrap_or(&self.client)
    }

    /// An rrserver on the target that allows everything.
    pub(crate) fn serve(&self) -> HookServer {
        HookServer::permissive(self.target(), self.address)
    }

    /// An rrserver on the target with these options.
    pub(crate) fn serve_with(&self, options: &[&str]) -> HookServer {
        HookServer::start(self.target(), self.address, options)
    }

    /// Starts rrgen on the client.
    pub(crate) fn start(&self, server: &HookServer, options: &[&str]) -> Running {
        let mut command = client(self.address, server);
        command.args(options);
        start_in(&self.client, command)
    }

    /// Runs rrgen on the client to its end.
    pub(crate) fn run(&self, server: &HookServer, options: &[&str]) -> Finished {
        self.start(server, options).finish()
    }

    /// Starts rrgen with a hook, and waits until it is in the middle of its measuring.
    pub(crate) fn measuring(&self, server: &HookServer, options: &[&str]) -> Running {
        let mut running = self.start(server, &[options, &["-D", "-0.05"]].concat());
        running.wait_for(INTERIM);
        running
    }

    /// A port that nobody uses on the client.
    pub(crate) fn free_client_port(&self) -> u16 {
        let probe = || TcpListener::bind(("0.0.0.0", 0)).and_then(|listener| listener.local_addr());
        self.client.run(probe).expect("a free port").port()
    }

    /// What hooks could have left on the two hosts.
    pub(crate) fn traces(&self) -> [Traces; 2] {
        [Traces::of(&self.client), Traces::of(self.target())]
    }

    /// Fails unless the hosts are as they were `before`, and the server holds no program.
    pub(crate) fn assert_clean(&self, before: &[Traces; 2], server: &HookServer) {
        assert_eq!(self.traces(), *before);
        assert!(programs_of(server.process()).is_empty(), "the server keeps a program");
    }
}

/// rrgen's command line up to the test's own options.
pub(crate) fn client(address: &str, server: &HookServer) -> Command {
    let mut command = rrgen();
    command.args(["-H", address, "-p", server.port(), "-Z", PASSPHRASE]);
    command
}

/// The ledger of a run that went well, with a hook that passed everything.
pub(crate) fn good_ledger(finished: &Finished) -> Ledger {
    assert_eq!(finished.code(), 0, "{finished}");
    let ledger = Ledger::read(&finished.stderr);
    assert_eq!((ledger.passes, ledger.drops, ledger.errors), (Some(ledger.calls), Some(0), 0), "{finished}");
    assert_eq!((&ledger.first_error, finished.stderr.lines().count()), (&None, 1), "{finished}");
    ledger
}

/// A run that failed for a reason that contains these words.
pub(crate) fn assert_failed(finished: &Finished, words: &str) {
    assert_eq!(finished.code(), 1, "{finished}");
    assert!(finished.stderr.starts_with("rrgen: ") && finished.stderr.contains(words), "{finished}");
}

/// A run that failed before it began.
pub(crate) fn assert_refused(finished: &Finished, words: &str) {
    assert_failed(finished, words);
    assert_eq!(finished.stdout, "", "{finished}");
}
