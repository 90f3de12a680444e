//! The netfilter queue in a network namespace of its own: real connections pass it, and nothing of it is left behind.

#[path = "support/netns.rs"]
mod netns;
mod support;

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hooks::attach::nfqueue::{Chain, NfqueueHook, Scope};
use hooks::engine::{NativeEngine, NullEngine, PacketEngine};
use hooks::ledger::Ledger;
use hooks::spec::HookSpec;
use netns::Namespace;
use support::{is_root, skip};

const TRANSACTIONS: u64 = 200;
/// Longer than the kernel takes to send a lost segment again.
const PATIENCE: Duration = Duration::from_secs(10);
/// Set in the child process that is killed with its hook in place.
const HOLD: &str = "RRGEN_TEST_HOLD";
const HOLDING: &str = "the hook is in place";

/// Whether there may be queues here.
fn is_possible() -> bool {
    if !is_root() {
        return false;
    }
    if Command::new("iptables").arg("--version").output().is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        skip("iptables is not installed");
        return false;
    }
    true
}

/// A namespace, where there may be queues.
fn namespace() -> Option<Namespace> {
    is_possible().then(Namespace::new)
}

/// Everything in the filter tables, whatever program put it there.
fn rules(namespace: &Namespace) -> Vec<String> {
    ["iptables", "iptables-legacy", "ip6tables", "ip6tables-legacy"]
        .map(|program| namespace.output(program, "-S"))
        .into()
}

/// Both ends of a connection over loopback.
struct Connection {
    client: TcpStream,
    server: TcpStream,
}

impl Connection {
    fn over(loopback: &str) -> Connection {
        let listener = TcpListener::bind((loopback, 0)).unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        Connection::of(client, &listener)
    }

    /// From `near` to `far`, which has this address.
    fn between(near: &Namespace, far: &Namespace, address: &'static str) -> Connection {
        let listener = far.run(move || TcpListener::bind((address, 0)).unwrap());
        let server = listener.local_addr().unwrap();
        Connection::of(near.run(move || TcpStream::connect(server).unwrap()), &listener)
    }

    fn of(client: TcpStream, listener: &TcpListener) -> Connection {
        let (server, _) = listener.accept().unwrap();
        for end in [&client, &server] {
            end.set_nodelay(true).unwrap();
            end.set_read_timeout(Some(PATIENCE)).unwrap();
        }
        Connection { client, server }
    }

    fn source(&self) -> SocketAddr {
        self.client.local_addr().unwrap()
    }

    /// What a hook on the requests of this connection sees.
    fn scope(&self) -> Scope {
        Scope::Connection { source: self.source(), destination: self.server.local_addr().unwrap() }
    }

    fn transact(&mut self) {
        for _ in 0..TRANSACTIONS {
            self.client.write_all(b"q").unwrap();
            self.server.read_exact(&mut [0]).unwrap();
            self.server.write_all(b"a").unwrap();
            self.client.read_exact(&mut [0]).unwrap();
        }
    }
}

fn attach<E: PacketEngine + 'static>(spec: &str, engine: E, scope: Scope, chain: Chain) -> NfqueueHook<E> {
    NfqueueHook::attach(spec.parse().unwrap(), engine, scope, chain).unwrap()
}

/// The ledger of a hook on one connection, whose transactions it must all have seen.
fn ledger_of<E: PacketEngine + 'static>(spec: &str, engine: E, loopback: &str) -> Ledger {
    let mut connection = Connection::over(loopback);
    let hook = attach(spec, engine, connection.scope(), Chain::Input);
    connection.transact();
    hook.detach().unwrap()
}

#[track_caller]
fn check(ledger: &Ledger) {
    // A request is one segment; acknowledgements of their own may come on top of them.
    assert!((TRANSACTIONS..=2 * TRANSACTIONS).contains(&ledger.calls), "{ledger}");
    assert_eq!((ledger.passes, ledger.drops, ledger.errors), (Some(ledger.calls), Some(0), 0), "{ledger}");
    assert!(ledger.cost.is_some() && ledger.attached.starts_with("nfqueue "), "{ledger}");
}

#[test]
fn every_engine_sees_the_requests_and_leaves_nothing_behind() {
    let Some(namespace) = namespace() else { return };
    let before = rules(&namespace);
    namespace.run(|| {
        for loopback in ["127.0.0.1", "::1"] {
            check(&ledger_of("null@nfqueue", NullEngine, loopback));
            let spec: HookSpec = "native@nfqueue".parse().unwrap();
            let ledger = ledger_of("native@nfqueue", NativeEngine::new(spec.params.filter()), loopback);
            check(&ledger);
            assert_eq!(ledger.tcp, Some(ledger.calls));
        }
    });
    assert_eq!(rules(&namespace), before);
}

#[test]
fn the_target_of_a_connection_can_host_the_hook() {
    if !is_possible() {
        return;
    }
    let (near, far) = Namespace::pair();
    let mut connection = Connection::between(&near, &far, "10.0.0.2");
    let scope = connection.scope();
    let hook = far.run(move || attach("null@nfqueue", NullEngine, scope, Chain::Input));
    connection.transact();
    check(&far.run(|| hook.detach().unwrap()));
}

#[test]
#[cfg(feature = "script")]
fn a_script_sees_whole_frames() {
    use hooks::engine::{LuaEngine, Script};
    use hooks::filter::Filter;

    let Some(namespace) = namespace() else { return };
    namespace.run(|| {
        let script = Script::new(
            "t.lua",
            "function on_packet(pkt)\n  if pkt:u16(12) ~= 0x0800 then error('no frame') end\n  return PASS\nend",
        );
        let engine = LuaEngine::load(&script, &Filter::default()).unwrap();
        let ledger = ledger_of("lua@nfqueue:script=t.lua", engine, "127.0.0.1");
        check(&ledger);
        assert_eq!(ledger.hash, Some(script.hash()));
    });
}

#[test]
fn dropped_packets_are_lost_until_the_hook_is_gone() {
    let Some(namespace) = namespace() else { return };
    let drops = namespace.run(|| {
        let mut connection = Connection::over("127.0.0.1");
        let spec = format!("native@nfqueue:port={}", connection.source().port());
        let filter = spec.parse::<HookSpec>().unwrap().params.filter();
        let hook = attach(&spec, NativeEngine::new(filter), connection.scope(), Chain::Input);
        // Loopback queues the packet before `write` returns, and detaching gives the queued their verdict.
        connection.client.write_all(b"q").unwrap();
        let ledger = hook.detach().unwrap();
        connection.server.read_exact(&mut [0]).expect("the request is sent again");
        ledger.drops
    });
    assert!(drops >= Some(1));
}

#[test]
fn two_hooks_have_a_queue_each() {
    let Some(namespace) = namespace() else { return };
    namespace.run(|| {
        let mut connections = [Connection::over("127.0.0.1"), Connection::over("127.0.0.1")];
        let hooks = connections.each_ref().map(|own| attach("null@nfqueue", NullEngine, own.scope(), Chain::Output));
        assert_ne!(hooks[0].place(), hooks[1].place());
        connections[0].transact();
        let [first, second] = hooks.map(|hook| hook.detach().unwrap());
        check(&first);
        assert_eq!(second.calls, 0, "a hook acts on its own connection only");
    });
}

#[test]
fn the_host_scope_sees_every_packet() {
    let Some(namespace) = namespace() else { return };
    namespace.run(|| {
        let hook = attach("null@nfqueue", NullEngine, Scope::Host, Chain::Input);
        Connection::over("::1").transact();
        Connection::over("127.0.0.1").transact();
        let ledger = hook.detach().unwrap();
        assert!(ledger.calls >= 4 * TRANSACTIONS, "{ledger}");
    });
}

#[test]
fn a_dropped_hook_is_detached() {
    if std::env::var_os(HOLD).is_some() {
        return hold();
    }
    let Some(namespace) = namespace() else { return };
    let before = rules(&namespace);
    let hook = namespace.run(|| attach("null@nfqueue", NullEngine, Scope::Host, Chain::Forward));
    assert_ne!(rules(&namespace), before);
    // In the namespace, as the rules are there.
    namespace.run(|| drop(hook));
    assert_eq!(rules(&namespace), before);
}

/// What the child does: attach, say so, and wait to be killed.
fn hold() {
    let _hook = attach("null@nfqueue", NullEngine, Scope::Host, Chain::Input);
    println!("{HOLDING}");
    let _ = std::io::stdin().read(&mut [0]);
}

#[test]
fn a_killed_process_blocks_nothing_and_its_rules_go_at_the_next_start() {
    let Some(namespace) = namespace() else { return };
    let before = rules(&namespace);
    let mut child = namespace.run(holder);
    let held = rules(&namespace);
    assert_ne!(held, before);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(rules(&namespace), held, "nobody was there to remove them");
    namespace.run(|| {
        Connection::over("127.0.0.1").transact();
        drop(attach("null@nfqueue", NullEngine, Scope::Host, Chain::Input));
    });
    assert_eq!(rules(&namespace), before);
}

/// This test program again, with a hook in place.
fn holder() -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_dropped_hook_is_detached", "--nocapture"])
        .env(HOLD, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    assert!(output.lines().any(|line| line.unwrap().contains(HOLDING)), "the child did not attach");
    child
}
