//! The layout of the 2019 record: a heading per variant, netperf's output of each run, the mean; last the conclusion.

use std::fmt;

use super::Record;
use super::findings::Findings;
use crate::stats::scale;

/// The 2019 record has the mean of its first variant in words of its own.
const BASELINE: &str = "baseline";

/// How the headings of variants begin that do nothing.
const NULL: &str = "Null";

/// What the conclusion of 2019 calls the variant that its heading calls EBPF.
const SHORT_NAME: (&str, &str) = ("EBPF", "BPF");

/// A record in the layout of 2019. Its findings must be its own.
#[derive(Debug, Clone, Copy)]
pub struct Layout<'a> {
    /// What was measured.
    pub record: &'a Record,
    /// What it shows.
    pub findings: &'a Findings,
}

impl fmt::Display for Layout<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (group, summary) in self.record.groups.iter().zip(&self.findings.groups) {
            writeln!(f, "{}:\n", group.name)?;
            for run in &group.runs {
                writeln!(f, "{}\n", run.text.trim_end_matches('\n'))?;
            }
            match &*group.name {
                name if name.eq_ignore_ascii_case(BASELINE) => {
                    writeln!(f, "Mean baseline: {:.2}\n", summary.mean_rate)?
                }
                name => writeln!(f, "{name} mean: {:.2}\n", summary.mean_rate)?,
            }
        }
        match conclusion(self.findings) {
            Some(conclusion) => writeln!(f, "Conclusion: {conclusion}"),
            None => Ok(()),
        }
    }
}

/// The faster of the last two variants against the slower one; whole percent, cut off as in 2019. What an attach point
/// costs by itself is there for comparison, and no conclusion is drawn about it.
fn conclusion(findings: &Findings) -> Option<String> {
    let contenders: Vec<_> = findings.groups.iter().filter(|group| !group.name.starts_with(NULL)).collect();
    let [.., a, b] = contenders[..] else { return None };
    let (faster, slower) = if a.mean_rate < b.mean_rate { (b, a) } else { (a, b) };
    let percent = scale::rate_percent((faster.mean_rate / slower.mean_rate).ln()).trunc();
    Some(format!("{} is {percent}% faster than {}", short(&faster.name), short(&slower.name)))
}

fn short(name: &str) -> &str {
    if name == SHORT_NAME.0 { SHORT_NAME.1 } else { name }
}
