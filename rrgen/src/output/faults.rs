//! What keeps a result from being that of the run that was asked for.

use hooks::Ledger;

use crate::run::{Fairness, RunResult, dropped};

const CUT_SHORT: &str =
    "the server closed the data connection early: these results cover only the time until then; its log may say why";

const NOTHING: &str = "not one transaction was completed; with a burst, fewer or smaller messages may fit the buffers";

const NOTHING_CAME: &str = "no transaction came due within the test: ask for a longer -l, or a higher --rate";

const ONLY_WARMED_UP: &str = "the run ended in its warm-up, or just after it: there is nothing to report";

const UNSEEN: &str =
    "the hook saw no frame: it was not on the way of this test; name its interface by iface=, or its host";

/// Everything wrong with `result`, in words; nothing if it is what was asked for.
#[must_use]
pub fn faults(result: &RunResult) -> Vec<String> {
    let cut_short = result.last.cut_short;
    let nothing = result.last.flow.transactions == 0;
    let mut faults = Vec::new();
    if cut_short {
        faults.push(dropped_by(result).map_or(CUT_SHORT.into(), dropped));
    }
    if nothing && !cut_short {
        let open = result.last.flow.open.as_ref();
        faults.push(match result.last.flow.warmed_up {
            _ if open.is_some_and(|open| open.counts.arrivals == 0) => NOTHING_CAME.into(),
            Some(_) => ONLY_WARMED_UP.into(),
            None => NOTHING.into(),
        });
    }
    // An open loop has work for as many flows as its rate takes.
    let fairness = result.last.flow.fairness.filter(|fairness| fairness.silent > 0 && result.open.is_none());
    if let Some(Fairness { silent, flows, .. }) = fairness.filter(|_| !nothing && !cut_short) {
        faults.push(format!("{silent} of {flows} flows completed not one transaction: the test was too short"));
    }
    if !nothing && result.ledger.as_ref().is_some_and(|ledger| ledger.calls == 0 && !ledger.only_timed) {
        faults.push(UNSEEN.into());
    }
    faults
}

/// The ledger of the hook that ended the test by dropping of it.
fn dropped_by(result: &RunResult) -> Option<&Ledger> {
    result.ledger.as_ref().filter(|ledger| result.last.cut_short && ledger.drops > Some(0))
}

/// Whether a hook let nothing happen at all.
pub(super) fn dropped_at_once(result: &RunResult) -> bool {
    result.last.flow.transactions == 0 && dropped_by(result).is_some()
}
