//! netperf's global options in a comparison: each is passed on to every connection, or refused by its name.
//!
//! Whoever knows netperf's letters tries them here, too. One that was ignored would compare something else than what
//! was asked for.

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};
use compat::args::{Argument, OptionDef, global_options, heading};

use crate::cli::netperf_argument;

/// Where the help lists what is passed on.
const HEADING: &str = "netperf's options for every connection";

/// Why nothing arrives by the clock.
const CLOSED: &str = "a comparison is a closed loop: its rate tells what a hook takes; leave it out";

/// What a run of ours has and a comparison has not, and why.
const OF_A_RUN: [(&str, &str); 10] = [
    ("threads", "a comparison has one data thread at each end, so that variants differ in nothing else"),
    ("engine", "a comparison has its flows by epoll at both ends: leave it out"),
    ("control-per-flow", "the flows of a variant are one test with one count and one hook: run rrserver there"),
    ("rate", CLOSED),
    ("arrivals", CLOSED),
    ("ramp", "every block begins with all flows at once; `rrgen --ramp` brings them up"),
    ("warmup", "every connection is warmed up already"),
    ("wait", "both ends block, as netperf does; leave it out"),
    ("json", "ask for --format json"),
    ("hdr-log", "the report has percentiles, and --out keeps its rows; `rrgen --hdr-log` writes histograms"),
];

/// The argument by which the words behind `--resume` are known.
const RESUME: &str = "resume";

/// What a comparison makes of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// It has an option of its own for that.
    Own,
    /// Every connection gets it.
    Passed,
    /// It cannot be had.
    Refused(&'static str),
}

/// What becomes of the option with this long name.
fn use_of(long: &str) -> Use {
    match long {
        "host" | "port" | "passphrase" | "duration" | "interval" | "cpus" | "help" | "help-short" | "version" => {
            Use::Own
        }
        "test" => Use::Refused("a comparison measures TCP_RR, over connections that stay open"),
        "no-control" => Use::Refused("counts and hooks are agreed upon over the control connection"),
        "wait-before" => Use::Refused("every connection is warmed up instead"),
        "iterations" | "confidence" | "result-only" => {
            Use::Refused("rounds are repeated instead: --rounds, or --precision PERCENT")
        }
        "headers" | "verbosity" | "brand" | "unit" | "statistics" | "debug" => {
            Use::Refused("a comparison prints a report of its own (--format)")
        }
        "local-cpu" | "remote-cpu" => {
            Use::Refused("a comparison reports no CPU utilization; `rrgen -c -C --hook HOOK` does")
        }
        _ => Use::Passed,
    }
}

/// `command` with every option of netperf's that it does not have itself.
pub(super) fn extend(command: Command) -> Command {
    let taken: Vec<char> = command.get_arguments().filter_map(Arg::get_short).collect();
    let further = global_options().filter(|option| use_of(option.long) != Use::Own).map(|option| {
        let is_passed = use_of(option.long) == Use::Passed && option.heading != heading::COMPAT;
        let argument = netperf_argument(option).short(option.short.filter(|short| !taken.contains(short)));
        let argument = argument.help_heading(HEADING).hide(!is_passed).conflicts_with(RESUME);
        // Our own end of the way, and the family of addresses, in a test-bed are its own.
        if option.heading == heading::TARGET { argument.requires("host") } else { argument }
    });
    let of_a_run = OF_A_RUN.iter().map(|(long, _)| Arg::new(*long).long(*long).num_args(0..=1).hide(true));
    command.args(further.chain(of_a_run).collect::<Vec<_>>())
}

/// The words that pass on what `matches` has.
///
/// # Errors
/// An option that is refused, and why.
pub(super) fn words(matches: &ArgMatches) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    if let Some((long, why)) = OF_A_RUN.iter().find(|(long, _)| is_given(matches, long)) {
        return Err(format!("--{long}: {why}"));
    }
    for option in global_options().filter(|option| was_given(matches, option)) {
        match use_of(option.long) {
            Use::Own => {}
            Use::Refused(why) => return Err(format!("{}: {why}", name(&option))),
            Use::Passed => {
                words.push(format!("--{}", option.long));
                if option.argument != Argument::Nothing {
                    words.extend(matches.get_one::<String>(option.long).cloned());
                }
            }
        }
    }
    Ok(words)
}

fn was_given(matches: &ArgMatches, option: &OptionDef<()>) -> bool {
    use_of(option.long) != Use::Own && is_given(matches, option.long)
}

fn is_given(matches: &ArgMatches, long: &str) -> bool {
    matches.value_source(long) == Some(ValueSource::CommandLine)
}

fn name(option: &OptionDef<()>) -> String {
    option.short.map_or_else(String::new, |short| format!("-{short}, ")) + "--" + option.long
}

#[cfg(test)]
mod tests {
    use super::*;
    use compat::args::heading::COMPAT;

    /// What the options in `line` come to, for a comparison with one of its own.
    fn words_of(line: &[&str]) -> Result<Vec<String>, String> {
        let command = extend(Command::new("compare").args(["host", RESUME].map(|name| Arg::new(name).long(name))));
        let argv = ["compare", "--host", "there"].iter().chain(line);
        words(&command.try_get_matches_from(argv).unwrap())
    }

    #[test]
    fn every_option_of_netperfs_is_passed_on_or_refused_by_its_name() {
        for option in global_options().filter(|option| use_of(option.long) != Use::Own) {
            let name = format!("--{}", option.long);
            let takes_value = option.argument != Argument::Nothing;
            let line: Vec<&str> = [name.as_str()].into_iter().chain(takes_value.then_some("1")).collect();
            match (words_of(&line), use_of(option.long)) {
                (Ok(words), Use::Passed) => assert_eq!(words, line),
                (Err(refusal), Use::Refused(why)) => {
                    assert!(refusal.contains(&name) && refusal.ends_with(why), "{refusal}");
                }
                (result, planned) => panic!("{name}: {result:?}, not {planned:?}"),
            }
        }
    }

    #[test]
    fn what_a_run_of_ours_has_and_a_comparison_has_not_is_refused_by_its_name() {
        for (line, refusal) in [
            (&["--threads", "2,1"][..], "--threads: a comparison has one data thread at each end"),
            (&["--control-per-flow"], "--control-per-flow: the flows of a variant are one test"),
            (&["--engine", "uring"], "--engine: a comparison has its flows by epoll"),
            (&["--rate", "20k"], "--rate: a comparison is a closed loop"),
            (&["--warmup", "1s"], "--warmup: every connection is warmed up already"),
            (&["--json"], "--json: ask for --format json"),
        ] {
            assert!(words_of(line).unwrap_err().starts_with(refusal), "{line:?}");
        }
    }

    #[test]
    fn letters_work_and_what_changes_nothing_is_taken_for_scripts_sake() {
        assert_eq!(words_of(&["-Y", "af11", "-S"]).unwrap(), ["--keepalive", "--tos", "af11"]);
        assert!(global_options().filter(|option| option.heading == COMPAT).all(|o| use_of(o.long) == Use::Passed));
    }
}
