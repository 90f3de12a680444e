//! Each cell of the table of hooks, on either side, over a veth pair and over loopback: the same output, calls that fit
//! the transactions, and nothing left behind.

use hooks::spec::{AttachPoint, Engine};
use hooks::table::TABLE;

use crate::bed::{Bed, assert_failed, good_ledger, is_possible};
use crate::ledger::Ledger;
use crate::support::{Finished, has_ipv6, mask};
use crate::traces::is_in_kernel;

const TRANSACTIONS: u64 = 2000;
const LENGTH: &str = "-2000";
/// Hexadecimal digits of SHA-256.
const HASH_LENGTH: usize = 64;

/// The side whose end of the connection is hooked.
#[derive(Debug, Clone, Copy)]
enum Side {
    Target,
    Client,
}

impl Side {
    fn name(self) -> &'static str {
        match self {
            Self::Target => "target",
            Self::Client => "client",
        }
    }

    fn interface(self, bed: &Bed) -> &'static str {
        match self {
            _ if bed.is_loopback() => "lo",
            Self::Target => "far0",
            Self::Client => "near0",
        }
    }
}

/// A hook and where it is tried.
struct Cell<'a> {
    bed: &'a Bed,
    side: Side,
    engine: Engine,
    attach: AttachPoint,
}

impl Cell<'_> {
    fn hook(&self) -> String {
        format!("{}@{}", self.engine, self.attach)
    }

    /// The loopback interface has no driver that XDP could run in.
    fn exists(&self) -> bool {
        !(self.bed.is_loopback() && self.attach == AttachPoint::XdpNative)
    }

    /// The place is the one asked for, with the best mode that the interface has.
    fn assert_attached(&self, attached: &str) {
        let mode = match self.attach {
            AttachPoint::Xdp if self.bed.is_loopback() => AttachPoint::XdpGeneric,
            AttachPoint::Xdp => AttachPoint::XdpNative,
            other => other,
        };
        if mode == AttachPoint::Nfqueue {
            assert!(attached.starts_with("nfqueue ") && attached.contains(" on INPUT, by ip"), "{attached}");
        } else if mode.is_on_interface() {
            assert_eq!(attached, format!("{mode} on {}", self.side.interface(self.bed)));
        } else {
            assert_eq!(attached, mode.to_string());
        }
    }

    fn assert_calls(&self, ledger: &Ledger) {
        match self.attach {
            AttachPoint::Message => assert_eq!(ledger.calls, TRANSACTIONS, "{ledger:?}"),
            // Loopback carries requests and responses in the same direction.
            attach if attach.is_on_interface() && self.bed.is_loopback() => ledger.assert_saw(2 * TRANSACTIONS),
            _ => ledger.assert_saw(TRANSACTIONS),
        }
    }

    fn assert_ledger(&self, ledger: &Ledger) {
        assert_eq!(ledger.hook, self.hook());
        self.assert_attached(&ledger.attached);
        self.assert_calls(ledger);
        let hash_length = (is_in_kernel(self.attach) || self.engine == Engine::Lua).then_some(HASH_LENGTH);
        assert_eq!(ledger.hash.as_ref().map(String::len), hash_length, "{ledger:?}");
    }
}

/// stdout is that of a run without a hook, but for the end of the banner.
fn assert_output(finished: &Finished, plain: &Finished, hook: &str) {
    let expected = plain.stdout.replacen('\n', &format!(" : hook {hook}\n"), 1);
    assert_eq!(mask(&finished.stdout), mask(&expected), "{finished}");
}

fn every_cell(bed: &Bed, side: Side) {
    let server = bed.serve();
    let before = bed.traces();
    let plain = bed.run(&server, &["-l", LENGTH]);
    assert_eq!((plain.code(), plain.stderr.as_str()), (0, ""), "{plain}");
    for row in TABLE {
        let cells = row.engines.iter().map(|&engine| Cell { bed, side, engine, attach: row.attach });
        for cell in cells.filter(Cell::exists) {
            let finished = bed.run(&server, &["-l", LENGTH, "--hook", &cell.hook(), "--hook-side", side.name()]);
            cell.assert_ledger(&good_ledger(&finished));
            assert_output(&finished, &plain, &cell.hook());
            bed.assert_clean(&before, &server);
        }
    }
    server.finish_content();
}

#[test]
fn the_target_hooks_a_veth_pair() {
    if is_possible() {
        every_cell(&Bed::veth(), Side::Target);
    }
}

#[test]
fn the_client_hooks_a_veth_pair() {
    if is_possible() {
        every_cell(&Bed::veth(), Side::Client);
    }
}

#[test]
fn the_target_hooks_loopback() {
    if is_possible() {
        every_cell(&Bed::loopback("127.0.0.1"), Side::Target);
    }
}

#[test]
fn the_client_hooks_loopback_with_ipv6() {
    if is_possible() && has_ipv6() {
        every_cell(&Bed::loopback("::1"), Side::Client);
    }
}

#[test]
fn a_mode_that_the_interface_has_not_is_refused() {
    if !is_possible() {
        return;
    }
    let bed = Bed::loopback("127.0.0.1");
    let server = bed.serve();
    let before = bed.traces();
    let finished = bed.run(&server, &["-l", LENGTH, "--hook", "ebpf@xdp-native"]);
    assert_failed(&finished, "attaching to XDP failed: ");
    bed.assert_clean(&before, &server);
}
