//! What rrgen prints, taken apart and judged.

use super::common::mask::is_row;
use super::{Finished, Sample};

/// Begins what netperf would not have said.
const OWN: &str = "rrgen: ";

/// Begin the lines on what the test took at either end.
const ENDS: [&str; 4] = ["client CPU: ", "server CPU: ", "client TCP: ", "server TCP: "];

/// The figures of `-v 2`, in their order.
const FIGURES: [&str; 7] = ["min", "mean", "p50", "p90", "p99", "p99.9", "max"];

/// The words of every row of numbers.
pub(crate) fn rows(stdout: &str) -> Vec<Vec<&str>> {
    stdout.lines().filter(|line| is_row(line)).map(|line| line.split_whitespace().collect()).collect()
}

/// The line of round-trip times that `-v 2` adds.
#[derive(Debug)]
pub(crate) struct RoundTrips {
    pub(crate) transactions: u64,
    /// Microseconds, as in [`FIGURES`].
    figures: [f64; FIGURES.len()],
}

impl RoundTrips {
    /// Reads a stderr that begins with this line, and goes on with what else `-v 2` adds.
    pub(crate) fn read(stderr: &str) -> Self {
        let (line, rest) = stderr.split_once('\n').unwrap_or((stderr, ""));
        let is_known =
            |line: &str| line.strip_prefix(OWN).is_some_and(|line| ENDS.iter().any(|end| line.starts_with(end)));
        assert!(rest.lines().all(is_known), "'{stderr}'");
        Self::parse(line).unwrap_or_else(|| panic!("no line of round-trip times: '{stderr}'"))
    }

    fn parse(line: &str) -> Option<Self> {
        let (head, tail) = line.strip_prefix(OWN)?.strip_prefix("round trip (us, ")?.split_once(" transactions): ")?;
        let words: Vec<&str> = tail.split(' ').collect();
        let mut figures = [0.0; FIGURES.len()];
        for ((figure, name), pair) in figures.iter_mut().zip(FIGURES).zip(words.chunks(2)) {
            *figure = pair.get(1).filter(|_| pair[0] == name)?.parse().ok()?;
        }
        let complete = words.len() == 2 * FIGURES.len();
        complete.then_some(Self { transactions: head.parse().ok()?, figures })
    }

    /// Fails if the figures cannot be those of one sample.
    pub(crate) fn assert_consistent(&self) {
        let [min, mean, p50, p90, p99, p999, max] = self.figures;
        assert!(min > 0.0 && [min, p50, p90, p99, p999, max].is_sorted(), "{self:?}");
        assert!((min..=max).contains(&mean), "{self:?}");
    }
}

/// The run failed as the captured one did: text, streams and exit status; then rrgen said what to do, on the stream
/// that netperf ended with.
pub(crate) fn assert_failed_like(sample: &Sample, run: &Finished, advice: &str) {
    assert_eq!(run.code(), sample.status, "{run}");
    if sample.stderr.is_empty() {
        assert_eq!(run.stderr, "", "{run}");
        assert_advised(&run.stdout, &sample.stdout, advice);
    } else {
        assert_eq!(run.stdout, sample.stdout, "{run}");
        assert_advised(&run.stderr, &sample.stderr, advice);
    }
}

/// `printed` is `expected` and then lines of rrgen's own, which say `advice`.
pub(crate) fn assert_advised(printed: &str, expected: &str, advice: &str) {
    let own = printed.strip_prefix(expected).unwrap_or_else(|| panic!("'{printed}'\n-- is not\n'{expected}'"));
    assert!(own.ends_with('\n') && own.lines().all(|line| line.starts_with(OWN)), "'{printed}'");
    assert!(own.contains(advice), "'{advice}' is not in\n'{own}'");
}

#[test]
fn a_line_of_round_trips_is_read_whole_or_not_at_all() {
    let line =
        "rrgen: round trip (us, 42 transactions): min 1.00 mean 2.50 p50 2.00 p90 3.00 p99 4.00 p99.9 5.00 max 6.00";
    let read = RoundTrips::read(&format!("{line}\nrrgen: client CPU: 1.0 %\n"));
    assert_eq!(read.transactions, 42);
    read.assert_consistent();
    for broken in [
        &line[1..],
        &line.replace(" max 6.00", ""),
        &line.replace("p50", "p51"),
        &line.repeat(2),
        "",
        &format!("{line}\n"),
    ] {
        assert!(RoundTrips::parse(broken).is_none(), "{broken}");
    }
}
