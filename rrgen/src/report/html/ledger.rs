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
    let timed = timed(&results.header).map(|timed| element("p").class("about").text(format!("Timed: {timed}.")));
    let sums = table("Calls that the hooks counted, and the transactions that should have caused them", &COLUMNS, rows);
    [sums].into_iter().chain(timed).collect()
}

fn cells(sum: &LedgerSum) -> Vec<Element> {
    vec![count(sum.calls), count(sum.transactions), count(sum.errors), words(sum.attached)]
}
