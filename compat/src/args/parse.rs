//! From words to meaning: both passes of netperf, the caller's own options, and long names anywhere.

use std::ffi::OsStr;

use super::error::ArgsError;
use super::getopt::{Event, ScanError, scan};
use super::global::Global;
use super::global_table::{GLOBAL, GlobalId};
use super::info::{GLOBAL_INFO, Info, TEST_INFO};
use super::option::OptionDef;
use super::reader::Reader;
use super::test_options::TestOptions;
use super::test_table::{TEST_SPECIFIC, TestId};
use super::warning::Warning;

/// A whole command line, understood. `I` identifies the caller's own options.
#[derive(Debug, Clone, PartialEq)]
pub struct Invocation<I> {
    /// The word the program was called by; empty if there was none.
    pub program: String,
    /// The global options.
    pub global: Global,
    /// The test-specific options.
    pub test: TestOptions,
    /// The caller's own options with their arguments, in order.
    pub own: Vec<(I, Option<String>)>,
    /// Words that are neither option nor argument; netperf ignores them.
    pub strays: Vec<String>,
    /// What to tell before the test, in order.
    pub warnings: Vec<Warning>,
    /// Set if a piece of information was asked for; what stands behind that on the line is not looked at.
    pub info: Option<Info>,
}

/// What any option can turn out to be.
#[derive(Debug, Clone, Copy)]
enum Id<I> {
    Info(Info),
    Global(GlobalId),
    Test(TestId),
    Own(I),
}

/// netperf's global options, for a help text.
pub fn global_options() -> impl Iterator<Item = OptionDef<()>> {
    let options = GLOBAL.iter().map(|option| option.with_id(|_| ()));
    options.chain(GLOBAL_INFO.iter().map(|option| option.with_id(|_| ())))
}

/// netperf's test-specific options, for a help text.
pub fn test_options() -> impl Iterator<Item = OptionDef<()>> {
    let options = TEST_SPECIFIC.iter().map(|option| option.with_id(|_| ()));
    options.chain(TEST_INFO.iter().map(|option| option.with_id(|_| ())))
}

/// Understands the words of a command line, the program's name first.
///
/// Up to the first `--` all global options, all of `own`, and the long names of the test-specific options
/// are taken; after it the test-specific options. Names in `own` must not be netperf's.
///
/// # Errors
///
/// A word that is not UTF-8; a global option that is unknown or lacks its argument; a value that no test
/// can be run with.
pub fn parse<S: AsRef<OsStr>, I: Copy>(argv: &[S], own: &[OptionDef<I>]) -> Result<Invocation<I>, ArgsError> {
    let mut words = argv.iter().map(|word| unicode(word.as_ref())).collect::<Result<Vec<_>, _>>()?;
    let program = if words.is_empty() { String::new() } else { words.remove(0) };
    let mut invocation = Invocation::new(program);

    let global = scan(&words, &before_dashes(own));
    invocation.ignore(global.strays);
    invocation.take(global.events, |invocation, error| {
        Err(ArgsError::Getopt { program: invocation.program.clone(), error })
    })?;
    if invocation.info.is_some() {
        return Ok(invocation);
    }

    let test = scan(global.rest, &after_dashes());
    invocation.ignore(test.strays.into_iter().chain(test.rest.iter().map(String::as_str)));
    invocation.take(test.events, |invocation, error| {
        invocation.warnings.push(Warning::TestOption { program: invocation.program.clone(), error });
        Ok(())
    })?;
    Ok(invocation)
}

fn unicode(word: &OsStr) -> Result<String, ArgsError> {
    let text = word.to_str().ok_or_else(|| ArgsError::NotUnicode(word.to_string_lossy().into_owned()))?;
    Ok(text.to_owned())
}

fn before_dashes<I: Copy>(own: &[OptionDef<I>]) -> Vec<OptionDef<Id<I>>> {
    let global = GLOBAL.iter().map(|option| option.with_id(Id::Global));
    let info = GLOBAL_INFO.iter().map(|option| option.with_id(Id::Info));
    let test = after_dashes().into_iter().map(OptionDef::without_short);
    let own = own.iter().map(|option| option.with_id(Id::Own));
    global.chain(info).chain(test).chain(own).collect()
}

fn after_dashes<I>() -> Vec<OptionDef<Id<I>>> {
    let test = TEST_SPECIFIC.iter().map(|option| option.with_id(Id::Test));
    test.chain(TEST_INFO.iter().map(|option| option.with_id(Id::Info))).collect()
}

impl<I> Invocation<I> {
    fn new(program: String) -> Self {
        Self {
            program,
            global: Global::default(),
            test: TestOptions::default(),
            own: Vec::new(),
            strays: Vec::new(),
            warnings: Vec::new(),
            info: None,
        }
    }

    fn ignore<'a>(&mut self, strays: impl IntoIterator<Item = &'a str>) {
        self.strays.extend(strays.into_iter().map(str::to_owned));
    }

    /// Folds the events of one pass; information asked for ends it.
    fn take(
        &mut self,
        events: Vec<Result<Event<'_, Id<I>>, ScanError>>,
        refuse: impl Fn(&mut Self, ScanError) -> Result<(), ArgsError>,
    ) -> Result<(), ArgsError> {
        for event in events {
            match event {
                Ok(event) => self.apply(event)?,
                Err(error) => refuse(self, error)?,
            }
            if self.info.is_some() {
                break;
            }
        }
        Ok(())
    }

    fn apply(&mut self, (id, given): Event<'_, Id<I>>) -> Result<(), ArgsError> {
        match id {
            Id::Info(info) => self.info = Some(info),
            Id::Global(id) => self.global.apply(id, &mut Reader::new(given, &mut self.warnings))?,
            Id::Test(id) => self.test.apply(id, &mut Reader::new(given, &mut self.warnings))?,
            Id::Own(id) => self.own.push((id, given.value.map(str::to_owned))),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::option::Argument;
    use crate::args::pair::{Directions, Ends};
    use crate::args::{HostArg, IntervalArg, OutputArg, OutputFormat, Sizes};
    use crate::wire::{Family, TestLength};

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Mine {
        Local,
        Hook,
    }

    const OWN: &[OptionDef<Mine>] = &[
        OptionDef::long_only(Mine::Local, "local", Argument::Nothing, "", ""),
        OptionDef::long_only(Mine::Hook, "hook", Argument::Required("SPEC"), "", ""),
    ];

    fn try_line(line: &str) -> Result<Invocation<Mine>, ArgsError> {
        parse(&line.split(' ').collect::<Vec<_>>(), OWN)
    }

    /// A line that is understood without a warning.
    fn line(line: &str) -> Invocation<Mine> {
        let invocation = try_line(line).unwrap();
        assert_eq!(invocation.warnings, [], "{line}");
        invocation
    }

    /// The message a line is refused with.
    fn refusal(line: &str) -> String {
        try_line(line).unwrap_err().to_string()
    }

    #[test]
    fn nothing_said_is_all_defaults() {
        let empty: [&str; 0] = [];
        let invocation = parse::<_, ()>(&empty, &[]).unwrap();
        assert_eq!(invocation.program, "");
        assert_eq!(invocation.global, Global::default());
        assert_eq!(invocation.test, TestOptions::default());
    }

    #[test]
    fn a_script_line_means_what_it_meant() {
        let invocation =
            line("netperf -Hsut,4 -p50000 -ttcp_rr -l -1K -jCc -D -0.2,500 -P0 -- -r80000,80000 -o -D -P ,7");
        let Global { host, port, test, duration, interval, headers, statistics, cpu_rate, .. } = invocation.global;
        assert_eq!(host, HostArg { name: Some("sut".to_owned()), family: Family::Inet, mask_bits: None });
        assert_eq!((port, test.as_deref()), (50000, Some("TCP_RR")));
        assert_eq!(duration, TestLength::Transactions(1024));
        assert_eq!(interval, Some(IntervalArg { seconds: 0.2, exact: true, first_guess: Some(500) }));
        assert!(!headers && statistics);
        assert_eq!(cpu_rate, Ends { local: Some(0.0), remote: Some(0.0) });
        let TestOptions { size, output, nodelay, data_ports, .. } = invocation.test;
        assert_eq!(size, Sizes { request: 80000, response: 80000 });
        assert_eq!(output, Some(OutputArg { format: OutputFormat::Csv, selection: None }));
        assert!(nodelay);
        assert_eq!(data_ports, Ends { local: 0, remote: 7 });
    }

    #[test]
    fn one_letter_means_two_things() {
        let invocation = line("netperf -r -S -- -r 64,128 -S 32K,");
        assert!(invocation.global.result_only && invocation.global.keepalive);
        assert_eq!(invocation.test.size, Sizes { request: 64, response: 128 });
        assert_eq!(invocation.test.remote_buffers, Directions { send: Some(32768), recv: None });
    }

    #[test]
    fn long_names_need_no_dashes_before_them() {
        let before = line("rrgen --size 64,128 --nodelay --csv RT_LATENCY");
        let after = line("rrgen -- -r 64,128 -D -o RT_LATENCY");
        assert_eq!(before, after);
        assert_eq!(line("rrgen -- --size=64,128 --nodelay --csv=RT_LATENCY"), after);
    }

    #[test]
    fn pairs_add_up_and_the_last_word_wins() {
        let invocation = line("netperf -y 2 -y ,3 -l 5 -l 6 -T 1, -- -K reno,cubic -K bbr, -P 1,2 -P ,3");
        assert_eq!(invocation.global.priority, Ends { local: Some(2), remote: Some(3) });
        assert_eq!(invocation.global.duration, TestLength::Seconds(6));
        assert_eq!((invocation.global.cpus.local, invocation.global.cpus.remote), (Some(1), None));
        let congestion = Ends { local: Some("bbr".to_owned()), remote: Some("cubic".to_owned()) };
        assert_eq!(invocation.test.congestion, congestion);
        assert_eq!(invocation.test.data_ports, Ends { local: 1, remote: 3 });
    }

    #[test]
    fn own_options_come_back_in_order() {
        let invocation = line("rrgen --hook lua --local -j --hook=ebpf@xdp");
        let expected = [(Mine::Hook, Some("lua")), (Mine::Local, None), (Mine::Hook, Some("ebpf@xdp"))];
        let own: Vec<_> = invocation.own.iter().map(|(id, value)| (*id, value.as_deref())).collect();
        assert_eq!(own, expected);
        assert!(invocation.global.statistics);
    }

    #[test]
    fn values_no_test_can_use_are_refused() {
        assert_eq!(refusal("x -- -r 0"), "-r: '0' is not possible; allowed: 1 to 2147483647");
        assert_eq!(refusal("x --size 1,x"), "--size: 'x' is not possible; allowed: 1 to 2147483647");
        assert_eq!(refusal("x -p 70000"), "-p: '70000' is not possible; allowed: 0 to 65535");
        assert_eq!(refusal("x -- -P ,http"), "-P: 'http' is not possible; allowed: 0 to 65535");
        assert_eq!(refusal("x -- -b -4"), "-b: '-4' is not possible; allowed: 0 to 2147483647");
        assert_eq!(refusal("x -D 1e99"), "-D: '1e99' is not possible; allowed: 0 to 2147483647");
        assert_eq!(refusal("x -- -H a/129"), "-H: '129' is not possible; allowed: 0 to 128");
        assert_eq!(
            refusal("x -- -K abcdefghijklmnop"),
            "-K: 'abcdefghijklmnop' is not possible; allowed: at most 15 bytes"
        );
    }

    #[test]
    fn netperfs_own_refusals_keep_text_and_status() {
        let level = try_line("x -I 90").unwrap_err();
        assert_eq!(level.to_string(), "Only 95% and 99% confidence level is supported");
        let file = try_line("x -F ,12345678901234567890123456789012").unwrap_err();
        assert_eq!(file.to_string(), "Remote fill file name must be less than 32 characters");
        assert_eq!((level.status(), file.status()), (255, 255));
    }

    #[test]
    fn what_is_misread_is_told() {
        let misread = |option: &str, text: &str, read_as: &str| Warning::Misread {
            option: option.to_owned(),
            text: text.to_owned(),
            read_as: read_as.to_owned(),
        };
        let invocation = try_line("x -l 200ms -Y af99 -- -K cubic,ab -b 1K").unwrap();
        assert_eq!(
            invocation.warnings,
            [
                misread("-l", "200ms", "200000000"),
                misread("-Y", "af99", "not set"),
                misread("-Y", "af99", "not set"),
                misread("-K", "ab", "not set"),
                misread("-b", "1K", "1"),
            ]
        );
    }

    #[test]
    fn information_ends_the_line() {
        for (words, info) in [
            ("x -V -q", Info::Version),
            ("x -jh", Info::Usage),
            ("x --help --size 0", Info::Help),
            ("x -- -h -r 0", Info::TestUsage),
        ] {
            assert_eq!(try_line(words).unwrap().info, Some(info), "{words}");
        }
    }

    #[test]
    fn unknown_options_stop_the_first_pass_only() {
        assert_eq!(refusal("netperf -q"), "netperf: invalid option -- 'q'");
        assert_eq!(refusal("netperf -H"), "netperf: option requires an argument -- 'H'");
        assert_eq!(refusal("netperf --foo"), "netperf: unrecognized option '--foo'");
        let invocation = try_line("netperf a -- b -q -D -- c -r 0").unwrap();
        assert!(invocation.test.nodelay);
        assert_eq!(invocation.strays, ["a", "b", "c", "-r", "0"]);
        let told: Vec<_> = invocation.warnings.iter().map(Warning::to_string).collect();
        assert_eq!(told, ["netperf: invalid option -- 'q'"]);
    }

    #[cfg(unix)]
    #[test]
    fn words_must_be_text() {
        use std::os::unix::ffi::OsStrExt;
        let argv = [OsStr::new("x"), OsStr::from_bytes(b"-B\xff")];
        assert_eq!(parse::<_, ()>(&argv, &[]), Err(ArgsError::NotUnicode("-B\u{fffd}".to_owned())));
    }
}
