//! What keeps a result from being that of the run that was asked for.

use crate::run::{RunResult, dropped};

const CUT_SHORT: &str =
    "the server closed the data connection early: these results cover only the time until then; its log may say why";

const NOTHING: &str = "not one transaction was completed; with a burst, fewer or smaller messages may fit the buffers";

const UNSEEN: &str =
    "the hook saw no frame: it was not on the way of this test; name its interface by iface=, or its host";

/// Everything wrong with `result`, in words; nothing if it is what was asked for.
#[must_use]
pub fn faults(result: &RunResult) -> Vec<String> {
    let ledger = result.ledger.as_ref();
    let cut_short = result.last.cut_short;
    let nothing = result.last.flow.transactions == 0;
    let mut faults = Vec::new();
    if cut_short {
        faults.push(ledger.filter(|ledger| ledger.drops > 0).map_or(CUT_SHORT.into(), dropped));
    }
    if nothing && !cut_short {
        faults.push(NOTHING.into());
    }
    if !nothing && ledger.is_some_and(|ledger| ledger.calls == 0) {
        faults.push(UNSEEN.into());
    }
    faults
}
