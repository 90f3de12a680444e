//! Wording that every report for people shares.

use crate::record::findings::{Findings, Order};

/// What stands where there is nothing.
pub(super) const NOTHING: &str = "-";

/// What to do when a record gives no verdict.
pub(super) const ADVICE: &str = "`rrgen compare` measures in rounds, with the baseline twice.";

/// A number with its sign; what rounds to zero is +0.
pub(super) fn signed(number: f64, decimals: usize) -> String {
    let text = format!("{number:+.decimals$}");
    if text.bytes().any(|byte| byte.is_ascii_digit() && byte != b'0') { text } else { text.replace('-', "+") }
}

/// What stands in a table for a verdict or for reasons against one.
pub(super) fn verdict_or_withheld<E>(verdict: &Result<impl ToString, E>) -> String {
    verdict.as_ref().map_or_else(|_| "withheld".into(), ToString::to_string)
}

/// Every text once, in the order in which they come.
pub(super) fn each_once(all: impl Iterator<Item = String>) -> Vec<String> {
    let mut told = Vec::new();
    for text in all {
        if !told.contains(&text) {
            told.push(text);
        }
    }
    told
}

/// How much a record holds.
pub(super) fn extent(findings: &Findings) -> String {
    let runs: usize = findings.groups.iter().map(|group| group.rates.len()).sum();
    let interim: usize = findings.groups.iter().map(|group| group.interim_lines).sum();
    let order = match findings.order {
        Order::Rounds => "in rounds",
        Order::Blocks => "in blocks",
    };
    format!("{} variants, {runs} runs {order}, {interim} interim lines", findings.groups.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_no_minus() {
        assert_eq!([-0.004, 0.0, -0.005_1, 12.0].map(|x| signed(x, 2)), ["+0.00", "+0.00", "-0.01", "+12.00"]);
    }

    #[test]
    fn what_is_said_twice_is_told_once() {
        assert_eq!(each_once(["b", "a", "b"].map(str::to_owned).into_iter()), ["b", "a"]);
    }
}
