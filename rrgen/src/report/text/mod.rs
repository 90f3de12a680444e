//! Reports for people.

mod comparison;
mod footer;
mod record;
mod table;

pub(super) use comparison::of_comparison;
pub(super) use record::of_record;

use crate::stats::interval::Interval;
use table::signed;

/// An interval in percent.
fn percent_interval(interval: Option<Interval>) -> String {
    let ends = |Interval { low, high, .. }| format!("[{}, {}] %", signed(low, 2), signed(high, 2));
    interval.map_or("none".into(), ends)
}

/// What stands in the table for a verdict or for reasons against one.
fn verdict_or_withheld<E>(verdict: &Result<impl ToString, E>) -> String {
    verdict.as_ref().map_or_else(|_| "withheld".into(), ToString::to_string)
}

/// Every reason once, in the order in which they come; nothing if there is none.
fn reasons(all: impl Iterator<Item = String>) -> String {
    let mut told: Vec<String> = Vec::new();
    for reason in all {
        let line = format!("  {reason}\n");
        if !told.contains(&line) {
            told.push(line);
        }
    }
    if told.is_empty() { String::new() } else { format!("\nWhy there is no verdict:\n{}", told.concat()) }
}
