//! `rrgen compare` against servers of others: hooks on the target, on a router between, in the client; and what becomes
//! of it when one of them goes.

use std::fs;
use std::process::Command;

use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use crate::bed::{HookServer, PASSPHRASE, is_possible, start_in};
use crate::netns::Namespace;
use crate::router::{Chain, ROUTER, TARGET};
use crate::support::{Finished, Running, Server, ServerKind, rrgen, run};
use crate::traces::{Traces, eventually};

const LOCAL: &str = "127.0.0.1";

/// More rounds than anybody waits for.
const ENDLESS: [&str; 4] = ["--rounds", "1000", "-l", "0.05"];

/// What is told when the first round is over.
const SECOND_ROUND: &str = "round 2 of ";

/// What a comparison says that is interrupted in its second round.
fn after_one_round(mut running: Running) -> Finished {
    running.wait_for(SECOND_ROUND);
    running.signal(Signal::INT);
    running.finish()
}

/// The command line of a comparison with the server at `address`.
fn compare(address: &str, port: &str, options: &[&str]) -> Command {
    let mut command = rrgen();
    command.args(["compare", "-H", address, "-p", port, "-Z", PASSPHRASE]).args(options);
    command
}

/// The report has a line that begins so.
#[track_caller]
fn assert_says(finished: &Finished, line: &str) {
    assert!(finished.stdout.lines().any(|said| said.starts_with(line)), "{line}: {finished}");
}

#[track_caller]
fn assert_compared(finished: &Finished, contrast: &str) {
    assert_eq!(finished.code(), 0, "{finished}");
    assert_says(finished, &format!("{contrast} / baseline "));
    assert!(!finished.stdout.contains("the ledger of"), "{finished}");
}

#[track_caller]
fn assert_refused(finished: &Finished, words: &str) {
    assert_eq!((finished.code(), finished.stdout.as_str()), (1, ""), "{finished}");
    assert!(finished.stderr.contains(words), "{words}: {finished}");
}

#[test]
fn what_a_plain_server_allows_is_compared_and_the_rest_is_told() {
    let server = Server::rrserver(&[]);
    let finished = run(&mut compare(LOCAL, &server.port(), &["--rounds", "2", "-l", "0.05", "--single-port"]));
    for variant in ["native@message", "lua@message"] {
        assert_compared(&finished, variant);
    }
    assert_says(&finished, "skipped  lua@nfqueue: the hook host does not allow lua@nfqueue; its operator can, by ");
    assert_says(&finished, "skipped  ebpf@xdp: it is on an interface that variants share");
    assert_says(&finished, &format!("target   rrserver {} at 127.0.0.1:{}", env!("CARGO_PKG_VERSION"), server.port()));
    let named = run(&mut compare(LOCAL, &server.port(), &["--hook", "lua:port=5"]));
    assert_refused(&named, "lua@message:port=5 cannot be had: the hook host does not allow lua@message: it runs with");
}

#[test]
fn a_stock_netserver_has_the_baseline_and_the_clients_own_hooks() {
    let Some(server) = Server::start(ServerKind::Netserver, LOCAL, &[]) else { return };
    let short = ["--rounds", "1", "-l", "0.05"];
    let without = run(&mut compare(LOCAL, &server.port(), &short));
    assert_compared(&without, "baseline'");
    assert_says(&without, "target   a stock netserver at 127.0.0.1:");
    assert_says(
        &without,
        "skipped  lua@message: the peer is a stock netserver, which has no hooks: run rrserver there",
    );
    let refused = run(&mut compare(LOCAL, &server.port(), &[&short[..], &["--hook", "lua"]].concat()));
    assert_refused(&refused, "lua@message cannot be had: the peer is a stock netserver, which has no hooks");
    let on_the_client = ["--hook-side", "client", "--hook", "null", "--hook", "lua"];
    let hooked = run(&mut compare(LOCAL, &server.port(), &[&short[..], &on_the_client].concat()));
    assert_compared(&hooked, "lua@message");
    assert_says(&hooked, "hooks    in the client");
    let slots = ["--design", "slots", "--hook-side", "client", "--hook", "lua"];
    let running = Running::start(&mut compare(LOCAL, &server.port(), &slots));
    assert_compared(&after_one_round(running), "lua@message");
}

#[test]
fn what_a_comparison_cannot_have_is_refused_by_its_option() {
    let server = Server::rrserver(&[]);
    let itself = format!("{LOCAL},{}", server.port());
    for (options, words) in [
        (&["-v", "2"][..], "rrgen compare: -v, --verbosity: "),
        (&["-t", "UDP_RR"], "rrgen compare: -t, --test: "),
        (&["-b", "5", "-w", "5ms"], "-b, -w: lock-step paces by its blocks"),
        (&["--", "-c"], "-- -c: a comparison measures TCP_RR"),
        (&["--", "-P", "5000,"], "-- -P: one port of our own is not enough"),
        (&["--hook-side", "middle"], "--hook-side: 'middle' is neither target nor client"),
        (&["--hook-scope", "world"], "--hook-scope: 'world' is neither connection nor host"),
        (&["--hook-dir", "/tmp"], "--hook-dir is a folder of the hook host"),
        (&["--hook-host", "x", "--hook-side", "client"], "leave out --hook-host, or leave out --hook-side"),
        (
            &["--hook-host", &itself, "--hook", "lua"],
            "lua@message hooks an end of the connection, which a router is not",
        ),
        (&["--hook", "ebpf", "--design", "lockstep", "--hook-side", "client"], "leave out --design lockstep"),
    ] {
        assert_refused(&run(&mut compare(LOCAL, &server.port(), options)), words);
    }
}

#[test]
fn scripts_come_from_the_folder_on_either_side() {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("mine.lua"), "function on_packet(pkt) return PASS end").expect("a script");
    let hook_dir = folder.path().to_str().expect("a path of ours");
    for side in ["target", "client"] {
        let mut command = rrgen();
        command.args(["compare", "--topology", "loopback", "--rounds", "1", "-l", "0.05", "--hook-side", side]);
        let finished = run(command.args(["--hook", "lua:script=mine.lua", "--hook-dir", hook_dir]));
        assert_compared(&finished, "lua@message:script=mine.lua");
    }
}

/// There a transaction crosses the hook twice.
#[test]
fn on_the_loopback_device_a_program_takes_its_turn_in_slots() {
    if !is_possible() {
        return;
    }
    let host = Namespace::new();
    let mut command = rrgen();
    command.args(["compare", "--topology", "loopback", "--hook", "null@xdp", "-T", "0"]);
    let finished = after_one_round(start_in(&host, command));
    assert_compared(&finished, "null@xdp");
    assert_says(&finished, "design   slots, each a whole run");
    assert_says(&finished, "skipped  lock-step: null@xdp sees all that crosses an interface");
    assert!(finished.stdout.contains("; last xdp-generic on lo\n"), "{finished}");
}

/// An address of the client that it comes from only when it is told to.
const SECOND_ADDRESS: &str = "10.0.1.3";

/// A router between that is a hook host, with its servers.
struct Between {
    chain: Chain,
    server: HookServer,
    hook_host: HookServer,
}

impl Between {
    fn new() -> Self {
        let chain = Chain::new();
        let server = HookServer::permissive(&chain.target, TARGET);
        let hook_host = HookServer::permissive(&chain.router, ROUTER);
        Self { chain, server, hook_host }
    }

    fn start(&self, options: &[&str]) -> Running {
        let hook_host = format!("{ROUTER},{}", self.hook_host.port());
        let options = [options, &["--hook-host", &hook_host]].concat();
        start_in(&self.chain.client, compare(TARGET, self.server.port(), &options))
    }

    fn traces(&self) -> [Traces; 3] {
        [&self.chain.client, &self.chain.router, &self.chain.target].map(Traces::of)
    }
}

#[test]
fn hooks_on_a_router_between_are_compared_in_lock_step_or_in_slots() {
    if !is_possible() {
        return;
    }
    let between = Between::new();
    let before = between.traces();
    between.chain.client.ip(&format!("address add {SECOND_ADDRESS}/24 dev host0"));
    let queues = between.start(&["--rounds", "6", "-l", "0.2", "-L", SECOND_ADDRESS]).finish();
    for variant in ["null@nfqueue", "lua@nfqueue"] {
        assert_compared(&queues, variant);
    }
    assert_says(&queues, &format!("global     --local-host {SECOND_ADDRESS}"));
    assert!(queues.stdout.contains(" on FORWARD, by iptables\n"), "{queues}");
    assert_says(&queues, &format!("hooks      on the hook host {ROUTER},{}", between.hook_host.port()));
    assert_says(&queues, &format!("hook host  rrserver {} at {ROUTER}:", env!("CARGO_PKG_VERSION")));
    let program = after_one_round(between.start(&["--hook", "ebpf", "--format", "json"]));
    assert_eq!(program.code(), 0, "{program}");
    let report: Value = serde_json::from_str(&program.stdout).expect("JSON");
    assert_eq!(report["header"]["settings"]["design"]["name"], "slots", "{program}");
    let slots = report["slots"].as_array().expect("slots");
    let ledgers: Vec<&Value> = slots.iter().map(|slot| &slot["ledger"]).filter(|ledger| !ledger.is_null()).collect();
    assert!(!ledgers.is_empty(), "{program}");
    assert!(ledgers.iter().all(|ledger| ledger["attached"] == "xdp-native on left0"), "{program}");
    assert_eq!(report["header"]["hook_host"]["machine"], report["header"]["machine"], "{program}");
    assert_eq!(between.traces(), before);
    between.hook_host.finish_content();
    between.server.finish_content();
}

#[test]
fn a_hook_host_that_is_killed_ends_the_comparison_with_what_was_measured() {
    if !is_possible() {
        return;
    }
    let between = Between::new();
    let before = between.traces();
    let mut running = between.start(&[&ENDLESS[..], &["--hook", "lua@nfqueue"]].concat());
    running.wait_for(SECOND_ROUND);
    let Between { chain, server, hook_host } = between;
    hook_host.kill();
    let finished = running.finish();
    assert_eq!(finished.code(), 1, "{finished}");
    assert!(finished.stdout.starts_with("variant ") && finished.stderr.contains("rrgen compare: round "), "{finished}");
    // Whatever it allows, it cleans up after the dead.
    let plain = HookServer::start(&chain.router, ROUTER, &[]);
    assert_eq!([&chain.client, &chain.router, &chain.target].map(Traces::of), before);
    plain.finish_content();
    drop(server);
}

#[test]
fn a_server_that_is_killed_ends_the_comparison_which_goes_on_when_it_is_back() {
    let folder = TempDir::new().expect("a folder");
    let out = folder.path().to_str().expect("a path of ours");
    let mut server = Server::rrserver(&["-Z", PASSPHRASE]);
    let port = server.port();
    let options = ["--rounds", "8", "-l", "0.02", "--hook", "lua", "--out", out];
    let mut running = Running::start(&mut compare(LOCAL, &port, &options));
    running.wait_for(SECOND_ROUND);
    server.kill();
    let finished = running.finish();
    assert_eq!(finished.code(), 1, "{finished}");
    assert!(finished.stdout.starts_with("variant "), "{finished}");
    let _again = Server::rrserver(&["-Z", PASSPHRASE, "-p", &port]);
    let resume = |options: &[&str]| run(rrgen().args(["compare", "--resume", out]).args(options));
    assert_refused(&resume(&[]), "passphrase");
    assert_refused(&resume(&["-Z", PASSPHRASE, "-Y", "af11"]), "cannot be used with '--tos");
    let file = folder.path().join("results.jsonl");
    let saved = fs::read_to_string(&file).expect("results");
    assert!(!saved.contains(PASSPHRASE));
    fs::write(&file, saved.replace("\"program\":\"rrserver ", "\"program\":\"rrserver 0.")).expect("other results");
    assert_refused(&resume(&["-Z", PASSPHRASE]), "measured against other servers, or they have changed");
    fs::write(&file, saved).expect("the results again");
    assert_compared(&resume(&["-Z", PASSPHRASE]), "lua@message");
}

#[test]
fn an_interrupt_leaves_nothing_on_the_hook_host() {
    if !is_possible() {
        return;
    }
    let between = Between::new();
    let before = between.traces();
    for (options, signal) in [
        (&["--hook", "null@nfqueue"][..], Signal::INT),
        (&["--hook", "null@nfqueue"], Signal::KILL),
        (&["--hook", "ebpf", "-l", "1"], Signal::INT),
    ] {
        let mut running = between.start(&[&ENDLESS[..2], &["-D", "0.1"], options].concat());
        eventually("there is no hook yet", || between.traces() != before);
        assert!(!running.has_ended());
        running.signal(signal);
        let finished = running.finish();
        assert!(signal == Signal::KILL || finished.stderr.contains("interrupted after "), "{finished}");
        eventually("its hook is still there", || between.traces() == before);
    }
}
