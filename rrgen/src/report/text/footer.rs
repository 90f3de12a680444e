//! The conditions under a comparison, a line each.

use super::table::Table;
use crate::report::facts::{facts, ledgers, repeats, timed};
use crate::results::Results;
use crate::stats::verdict::Margin;

/// The conditions of `results`, judged by `margin`.
pub(super) fn footer(results: &Results, margin: Margin) -> Table {
    let mut lines = Lines(Table::unlabelled());
    facts(results, margin).into_iter().for_each(|fact| lines.add(fact.name, fact.text));
    for ledger in ledgers(results) {
        let (calls, transactions, errors) = (ledger.calls, ledger.transactions, ledger.errors);
        let counts = format!("{calls} calls, {transactions} transactions, {errors} errors");
        lines.add("ledger", format!("{}: {counts}; last {}", ledger.name, ledger.attached));
        if !ledger.hashes.is_empty() {
            lines.add("sha256", format!("{}: {}", ledger.name, ledger.hashes.join(", then ")));
        }
    }
    timed(&results.header).for_each(|timed| lines.add("timed", timed));
    for skipped in &results.header.skipped {
        lines.add("skipped", format!("{}: {}", skipped.what, skipped.why));
    }
    for (round, cause) in repeats(results) {
        lines.add("repeated", format!("round {round}: {cause}"));
    }
    lines.0
}

struct Lines(Table);

impl Lines {
    fn add(&mut self, name: &str, text: String) {
        self.0.row([name.to_owned(), text]);
    }
}
