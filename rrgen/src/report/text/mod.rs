//! Reports for people.

mod comparison;
mod footer;
mod record;
mod table;

pub(super) use comparison::of_comparison;
pub(super) use record::of_record;

use super::words::{each_once, signed};
use crate::stats::interval::Interval;

/// An interval in percent.
fn percent_interval(interval: Option<Interval>) -> String {
    let ends = |Interval { low, high, .. }| format!("[{}, {}] %", signed(low, 2), signed(high, 2));
    interval.map_or("none".into(), ends)
}

/// Every reason once; nothing if there is none.
fn reasons(all: impl Iterator<Item = String>) -> String {
    let lines: String = each_once(all).iter().map(|reason| format!("  {reason}\n")).collect();
    if lines.is_empty() { lines } else { format!("\nWhy there is no verdict:\n{lines}") }
}
