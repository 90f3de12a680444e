//! The baseline against itself, again and again: how often a comparison finds a difference that is not there.

use clap::Args;

use super::comparison::compare;
use super::programs::build;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Comparisons
    #[arg(long, default_value_t = 20)]
    comparisons: u16,
    /// Measuring time per variant and round, s
    #[arg(long, default_value = "0.5")]
    length: String,
    /// CPU bindings to measure, as netperf's -T takes them
    #[arg(long, value_name = "LOCAL,REMOTE", default_values = ["0,0", "0,1"])]
    cpus: Vec<String>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let folder = build()?;
    println!("{} quick comparisons of the baseline with itself, {} s per round", options.comparisons, options.length);
    for cpus in &options.cpus {
        println!("\n-T {cpus}\n{:>9} {:>20}  verdict", "rate", "95 % interval");
        let (mut differences, mut verdicts) = (0, 0);
        for _ in 0..options.comparisons {
            let report =
                compare(&folder, &["--hooks", "none", "--preset", "quick", "-l", &options.length, "-T", cpus])?;
            for contrast in &report.contrasts {
                let interval = contrast.rate_percent.interval_95.as_ref();
                let verdict = contrast.verdict.as_deref().unwrap_or("withheld");
                differences += u32::from(interval.is_some_and(|interval| interval.excludes_zero()));
                verdicts += u32::from(verdict.starts_with("slower") || verdict.starts_with("faster"));
                let shown = interval.map_or("none".to_owned(), |i| format!("[{:+.2}, {:+.2}] %", i.low, i.high));
                println!("{:>+7.2} % {shown:>20}  {verdict}", contrast.rate_percent.estimate);
            }
        }
        println!("{differences} intervals without 0, {verdicts} verdicts of a difference");
    }
    Ok(())
}
