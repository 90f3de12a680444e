//! What the hooks counted themselves: the reason to believe that they saw the test's packets, and those only.

use super::markup::{Element, element};
use super::table::{Column, count, table, words};
use crate::report::facts::{LedgerSum, ledgers, timed};
use crate::results::Results;

const COLUMNS: [Column; 5] = [
    Column::Text("variant"),
    Column::Number("calls"),
    Column::Number("transactions"),
    Column::Number("errors"),
    Column::Text("attached, at last"),
];

/// The ledgers of all hooks; nothing without hooks.
pub(super) fn ledger(results: &Results) -> Vec<Element> {
    let rows: Vec<_> = ledgers(results).map(|sum| (words(sum.name), cells(&sum))).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let about = |text: String| element("p").class("about").text(text);
    let timed = timed(&results.header).map(|timed| about(format!("Timed: {timed}.")));
    let hashed = ledgers(results).filter(|sum| !sum.hashes.is_empty());
    let hashes = hashed.map(|sum| about(format!("SHA-256 of {}: {}.", sum.name, sum.hashes.join(", then "))));
    let sums = table("Calls that the hooks counted, and the transactions that should have caused them", &COLUMNS, rows);
    [sums].into_iter().chain(timed).chain(hashes).collect()
}

fn cells(sum: &LedgerSum) -> Vec<Element> {
    vec![count(sum.calls), count(sum.transactions), count(sum.errors), words(sum.attached)]
}
