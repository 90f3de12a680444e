//! What programs read of a hook, and a hook that nobody times.

use std::path::Path;

use rrgen::output::Account;

use crate::bed::{Bed, good_ledger, is_possible};
use crate::support::{Finished, rrgen, run};

/// A counted run, so that both ends know what there was.
const TRANSACTIONS: u64 = 1_000;

fn run_with_ledger(hook: &str, file: &Path) -> Finished {
    let length = format!("-{TRANSACTIONS}");
    run(rrgen().args(["--local", "-l", &length, "--hook", hook, "--hook-ledger"]).arg(file))
}

#[test]
fn a_saved_ledger_has_the_transactions_to_hold_it_against() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ledger.json");
    good_ledger(&run_with_ledger("lua", &file));
    let account: Account = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(
        (account.transactions, account.ledger.calls, account.ledger.drops),
        (TRANSACTIONS, TRANSACTIONS, Some(0))
    );
    assert_eq!((account.ledger.hook.as_str(), account.ledger.only_timed), ("lua@message", false));
}

#[test]
fn a_ledger_that_cannot_be_saved_is_no_success() {
    let finished = run_with_ledger("null", "/nonexistent/ledger.json".as_ref());
    assert_eq!(finished.code(), 1, "{finished}");
    assert!(finished.stderr.contains("rrgen: --hook-ledger: cannot write the file: "), "{finished}");
}

/// A hook that is known to take its time is seen to take it, by its own clock and not by the test's.
#[test]
fn a_known_cost_is_in_the_ledger() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ledger.json");
    good_ledger(&run_with_ledger("native:burn=50000", &file));
    let account: Account = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let cost = account.ledger.cost.expect("sampled calls");
    // Never less than was asked for but for the clock itself; how much more is up to the machine.
    assert!(cost.ns_per_call > 40_000.0, "{cost:?}");
}

/// Others on this host may have programs timed, so nothing is said about who does not.
#[test]
fn programs_are_counted_or_passed_over_without_a_clock() {
    if !is_possible() {
        return;
    }
    let bed = Bed::veth();
    let server = bed.serve();
    let length = format!("-{TRANSACTIONS}");
    let untimed = |hook: &str| bed.run(&server, &["-l", &length, "--hook", hook, "--hook-untimed"]);
    good_ledger(&untimed("ebpf@xdp")).assert_saw(TRANSACTIONS);
    let finished = untimed("null@xdp");
    assert_eq!(finished.code(), 0, "{finished}");
}
