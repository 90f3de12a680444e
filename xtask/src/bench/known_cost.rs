//! A hook of known cost: lock-step must find it, with its size, where separate runs of the same length do not.

use std::path::Path;

use anyhow::Context;
use clap::{Args, ValueEnum};

use super::comparison::{Contrast, compare};
use super::programs::build;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// What a call of the hook takes, ns
    #[arg(long, value_name = "NS", default_values_t = [300, 1000])]
    burn: Vec<u32>,
    /// CPU bindings to measure, as netperf's -T takes them
    #[arg(long, value_name = "LOCAL,REMOTE", default_values = ["0,0", "0,1"])]
    cpus: Vec<String>,
    /// Rounds of each comparison, in either design
    #[arg(long, default_value_t = 12)]
    rounds: u16,
    /// Measuring time per variant and round, whole seconds
    #[arg(long, default_value_t = 1)]
    length: u16,
}

/// A design of the comparison, by its name on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Design {
    Lockstep,
    Slots,
}

/// What the hook is compared with: the same attach point with nothing to do.
const NULL: &str = "null@message";

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let folder = build()?;
    println!("{} rounds of {} s per variant in either design; against {NULL}", options.rounds, options.length);
    println!(
        "{:<6} {:>7} {:<9} {:>10} {:>22} {:>9} {:>12}  found",
        "-T", "burn", "design", "effect", "95 % interval", "own cost", "effect/cost"
    );
    for cpus in &options.cpus {
        for &burn in &options.burn {
            for design in [Design::Lockstep, Design::Slots] {
                println!("{cpus:<6} {burn:>4} ns {}", measure(&folder, options, cpus, burn, design)?);
            }
        }
    }
    Ok(())
}

/// A line of the table.
fn measure(folder: &Path, options: &Options, cpus: &str, burn: u32, design: Design) -> anyhow::Result<String> {
    let name = design.to_possible_value().context("a design without a name")?.get_name().to_owned();
    let hook = format!("native:burn={burn}");
    let (rounds, length) = (options.rounds.to_string(), options.length.to_string());
    let words = ["--design", &name, "-T", cpus, "--rounds", &rounds, "-l", &length, "--hook", NULL, "--hook", &hook];
    let report = compare(folder, &words)?;
    let of_hook = |contrast: &&Contrast| contrast.variant.contains("burn=") && contrast.reference == NULL;
    let contrast = report.contrasts.iter().find(of_hook).context("the report lacks the contrast")?;
    let own_cost_ns = contrast.own_cost_ns.context("the hook was not timed")?;
    let effect_ns = contrast.time_ns.estimate;
    let (interval, found) = match &contrast.time_ns.interval_95 {
        Some(interval) => (format!("[{:+.0}, {:+.0}] ns", interval.low, interval.high), interval.low > 0.0),
        None => ("none".to_owned(), false),
    };
    let ratio = effect_ns / own_cost_ns;
    let found = if found { "yes" } else { "no" };
    Ok(format!("{name:<9} {effect_ns:>+7.0} ns {interval:>22} {own_cost_ns:>6.0} ns {ratio:>12.2}  {found}"))
}
