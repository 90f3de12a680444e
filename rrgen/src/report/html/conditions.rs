//! Under which conditions all this was measured, and what was not.

use super::markup::{Element, element};
use super::table::{Column, table, words};
use crate::report::facts::{Fact, facts, repeats};
use crate::results::Results;
use crate::stats::verdict::Margin;

/// The conditions of a comparison.
pub(super) fn conditions(results: &Results, margin: Margin) -> Vec<Element> {
    let line = |Fact { name, text }: Fact| [element("dt").text(name), element("dd").text(text)];
    let list = element("dl").holding(facts(results, margin).into_iter().flat_map(line));
    let not_measured: Vec<_> =
        results.header.skipped.iter().map(|skipped| (words(&skipped.what), vec![words(&skipped.why)])).collect();
    let again: Vec<_> =
        repeats(results).map(|(round, cause)| (words(format!("round {round}")), vec![words(cause)])).collect();
    let tables = [
        ("Not measured", [Column::Text("what"), Column::Text("why, and how to get it")], not_measured),
        ("Measured again", [Column::Text("when"), Column::Text("what had failed")], again),
    ];
    let filled = tables.into_iter().filter(|(_, _, rows)| !rows.is_empty());
    [list].into_iter().chain(filled.map(|(caption, columns, rows)| table(caption, &columns, rows))).collect()
}
