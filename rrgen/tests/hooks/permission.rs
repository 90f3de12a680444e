//! Who may run which hook: each refusal names the option that would allow it.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use compat::wire::{MESSAGE_LEN, Message};
use rrserver::extension::{HookRequest, Reply};

use crate::bed::{Bed, assert_refused, good_ledger, is_possible};
use crate::support::{Server, ServerKind, rrgen, run};

const HOST: &str = "127.0.0.1";
const TRANSACTIONS: u64 = 5;
const LENGTH: &str = "-5";

fn assert_refused_by(server: &Server, hook: &str, words: &str) {
    let finished = run(rrgen().args(["-H", HOST, "-p", &server.port(), "-l", LENGTH, "--hook", hook]));
    assert_refused(&finished, words);
}

#[test]
fn a_plain_server_refuses_with_the_option_that_would_allow_it() {
    let server = Server::rrserver(&[]);
    for (hook, option) in [
        ("ebpf", "--allow-hook ebpf@xdp --hook-scope host"),
        ("null@socket", "--allow-hook null@socket"),
        ("lua:port=5", "--allow-hook lua@message"),
        ("lua:script=mine.lua", "--allow-hook lua@message --hook-dir DIR"),
        ("lua@nfqueue", "--allow-hook lua@nfqueue"),
    ] {
        assert_refused_by(&server, hook, &format!("by {option}\n"));
    }
}

#[test]
fn interfaces_and_files_need_a_word_of_their_own() {
    let server = Server::rrserver(&["--allow-hook", "all"]);
    assert_refused_by(&server, "ebpf@tcx-ingress", "by --hook-scope host\n");
    assert_refused_by(&server, "lua:script=mine.lua", "by --hook-dir DIR\n");
}

#[test]
fn another_host_needs_the_passphrase() {
    if !is_possible() {
        return;
    }
    let bed = Bed::veth();
    let server = bed.serve_with(&["--allow-hook", "all", "--hook-scope", "host"]);
    for hook in ["ebpf", "lua:port=5", "native@nfqueue"] {
        assert_refused(&bed.run(&server, &["-l", LENGTH, "--hook", hook]), "by -Z TEXT");
    }
    let plain = bed.serve_with(&[]);
    let everything = "by --allow-hook ebpf@xdp -Z TEXT (which the client gives, too) --hook-scope host";
    assert_refused(&bed.run(&plain, &["-l", LENGTH, "--hook", "ebpf"]), everything);
    let finished = bed.run(&server, &["-l", LENGTH, "--hook", "lua"]);
    assert_eq!(finished.code(), 0, "{finished}");
}

#[test]
fn a_stock_netserver_has_no_hooks_but_its_client_may() {
    let Some(server) = Server::start(ServerKind::Netserver, HOST, &[]) else { return };
    assert_refused_by(&server, "lua", "the peer is a stock netserver, which has no hooks: run rrserver there");
    let mut hooked = rrgen();
    hooked.args(["-H", HOST, "-p", &server.port(), "-l", LENGTH, "--hook", "lua", "--hook-side", "client"]);
    assert_eq!(good_ledger(&run(&mut hooked)).calls, TRANSACTIONS);
}

/// What a server says to a client that does not check its own words.
fn prepare(server: &Server, hook: &str) -> io::Result<Reply> {
    let mut control = TcpStream::connect((HOST, server.port().parse().expect("a port")))?;
    let request = HookRequest::Prepare { hook: hook.to_owned(), whole_host: false, timed: true };
    control.write_all(request.encode().as_bytes())?;
    let mut answer = [0; MESSAGE_LEN];
    control.read_exact(&mut answer)?;
    Reply::decode(&Message::from_bytes(answer)).map_err(io::Error::other)
}

#[test]
fn a_path_is_refused_by_the_client_and_by_the_server() {
    let server = Server::rrserver(&["--allow-hook", "all", "--hook-scope", "host", "--hook-dir", "/"]);
    for hook in [
        "lua:script=/etc/passwd",
        "lua:script=../mine.lua",
        "lua:script=..",
        "ebpf:object=a/b.o",
        "ebpf:object=.hidden",
    ] {
        assert_refused_by(&server, hook, "expected a bare name");
        let answer = prepare(&server, hook).expect("an answer");
        assert!(matches!(&answer, Reply::Refused(reason) if reason.contains("expected a bare name")), "{answer:?}");
    }
}
