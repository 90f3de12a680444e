//! `--help`, rendered by clap from the tables that the parser uses.

use clap::{Arg, ArgAction, Command};
use compat::args::{Argument, OptionDef, global_options, heading, test_options};

use super::meaning::NO_EFFECT;
use super::own;

/// Heading of the test-specific options.
const TEST_SPECIFIC: &str = "Test-specific (by long name anywhere, by letter after --)";

/// Heading of what changes nothing.
const COMPATIBILITY: &str = "Accepted for netperf's sake, without effect here";

/// Headings where the options stand apart.
const GLOBAL_OPTIONS: &str = "Global options";
const TEST_OPTIONS: &str = "Test options";

/// Width of the text, whatever the terminal: it is read in pagers, too.
const HELP_COLUMNS: usize = 100;

const USAGE: &str = "rrgen [OPTIONS] [-- TEST-SPECIFIC OPTIONS]\n       rrgen compare [OPTIONS]\n       rrgen report FILE...\n       rrgen merge FILE...";

const ABOUT: &str =
    "Measure request/response transactions (netperf's TCP_RR, TCP_CRR, UDP_RR) against rrserver or netserver.";

const EXAMPLES: &str = "\
Examples:
  rrgen --local -l 5 -D 1                       everything on this machine, a line each second
  rrserver                                      on the target, then:
  rrgen -H 10.0.0.1 -l 20 -D 1 -T 2,2           20 s, both ends bound to CPU 2
  rrgen -H 10.0.0.1 --flows 1000 -T 0-3,0-3     1000 connections, four threads at each end
  rrgen -H 10.0.0.1 --rate 20k --flows 64       an open loop: 20,000/s, timed from when each was due
  rrgen -H 10.0.0.1 -l -1000 -v 2 -- -r 64,128  1000 transactions, with round-trip percentiles
  rrgen compare                                 what a path differs from itself, in its own test-bed
  rrgen compare -H 10.0.0.1 --hooks lua,null    what Lua costs on that server, with intervals
  rrgen -H 10.0.0.1 -D 1 --hdr-log a.hlog       all round trips in a histogram log, second by second
  rrgen merge a.hlog b.hlog                     the logs of two clients as one
  rrgen report runs.txt                         means and verdict of netperf's output under headings

A first word that is exactly `compare`, `report` or `merge` is a command of its own
(`rrgen compare --help`); netperf ignores stray words, and so does rrgen for any other.

  rrgen -H 10.0.0.1 -t UDP_RR -c -C -- -k       CPU utilization too, printed as NAME=value

Of two values with a comma either may be missing: `,2` sets the second alone, `1,` the first alone.
Without a comma one value sets both; of -b, -D, -F, -H, -L, -p and -w it sets the first.
In place of a CPU -T takes a list, as in 0-3, 0+2 or 0-3+8, for as many threads of --flows.
A closed loop's percentiles (without --rate) tell how long the requests took that were sent. They
cannot tell how long users would have waited who come during a stall: a flow asks nothing until it
is answered.
stdout is netperf's, line for line; what netperf does not say goes to stderr.
Exit status: 0 success (also when SIGINT or SIGALRM ended the run), 1 or 255 failure, as netperf
has them.
";

/// The whole help text.
pub(super) fn text() -> String {
    let own = own::OPTIONS.iter().map(|option| argument(*option, option.short, option.heading));
    let global = global_options().map(|option| argument(option, option.short, option.heading));
    // Their letters mean something else before `--`.
    let test = test_options().map(|option| argument(option, None, TEST_SPECIFIC));
    let mut arguments: Vec<Arg> = own.chain(global).chain(test).collect();
    arguments.sort_by_key(|argument| argument.get_help_heading() == Some(COMPATIBILITY));
    let mut command = command(arguments).about(ABOUT).override_usage(USAGE).after_help(EXAMPLES);
    command.render_help().to_string()
}

/// netperf's options alone, by their letters.
pub(super) fn options() -> String {
    let global = global_options().filter(|option| option.short.is_some());
    let global = global.map(|option| lettered(option, GLOBAL_OPTIONS)).collect();
    let test = test_options().map(|option| lettered(option, TEST_OPTIONS)).collect();
    [global, test].map(|arguments| command(arguments).help_template("{options}\n\n").render_help().to_string()).concat()
}

fn command(arguments: Vec<Arg>) -> Command {
    Command::new("rrgen").disable_help_flag(true).disable_version_flag(true).term_width(HELP_COLUMNS).args(arguments)
}

fn lettered(option: OptionDef<()>, listed_under: &'static str) -> Arg {
    with_value(Arg::new(option.long).short(option.short).help(option.help).help_heading(listed_under), option.argument)
}

fn argument<I: Copy>(option: OptionDef<I>, letter: Option<char>, listed_under: &'static str) -> Arg {
    let effective = option.heading != heading::COMPAT && !NO_EFFECT.contains(&option.long);
    let help = match option.short {
        Some(short) if letter.is_none() => format!("[-- -{short}] {}", option.help),
        _ => option.help.to_owned(),
    };
    let argument = Arg::new(option.long).long(option.long).short(letter).help(help).help_heading(if effective {
        listed_under
    } else {
        COMPATIBILITY
    });
    with_value(argument, option.argument)
}

/// One of netperf's options by letter and name, for a command of ours that takes it.
pub(crate) fn netperf_argument(option: OptionDef<()>) -> Arg {
    with_value(Arg::new(option.long).long(option.long).short(option.short).help(option.help), option.argument)
}

fn with_value(argument: Arg, takes: Argument) -> Arg {
    match takes {
        Argument::Nothing => argument.action(ArgAction::SetTrue),
        Argument::Required(name) => argument.value_name(name),
        Argument::IfDigit(name) | Argument::UnlessDash(name) => argument.value_name(name).num_args(0..=1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_broken_by_the_width() {
        assert!(EXAMPLES.lines().all(|line| line.len() <= HELP_COLUMNS), "{EXAMPLES}");
    }

    #[test]
    fn every_option_is_listed_once() {
        let text = text();
        let names = global_options().map(|option| option.long).chain(test_options().map(|option| option.long));
        let mut seen = std::collections::HashSet::new();
        for long in names.filter(|long| seen.insert(*long)) {
            let listed = text.lines().filter(|line| {
                let name = line.split("--").nth(1).and_then(|rest| rest.split([' ', '[', '<']).next());
                line.starts_with(' ') && name == Some(long)
            });
            assert_eq!(listed.count(), 1, "--{long} in\n{text}");
        }
    }
}
