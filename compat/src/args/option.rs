//! How an option is declared: one row says how it is typed and what its help line reads.

/// One option. `I` says what it means to whoever declares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionDef<I> {
    /// What comes back when the option is found.
    pub id: I,
    /// The letter after one dash.
    pub short: Option<char>,
    /// The name after two dashes.
    pub long: &'static str,
    /// What the option takes.
    pub argument: Argument,
    /// Heading to list it under.
    pub heading: &'static str,
    /// One line of help.
    pub help: &'static str,
}

/// What an option takes, with the name its help gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// Nothing.
    Nothing,
    /// The rest of the word, or the whole next word whatever it looks like.
    Required(&'static str),
    /// The next word if it starts with a digit (netperf's `-c` and `-C`).
    IfDigit(&'static str),
    /// The next word unless it starts with a dash (netperf's test-specific `-k`, `-o` and `-O`).
    UnlessDash(&'static str),
}

/// Headings netperf's options are listed under; a program's own options may use them, or others.
pub mod heading {
    /// Where to connect, and as whom.
    pub const TARGET: &str = "Target";
    /// What to do there, and for how long.
    pub const TEST: &str = "Test";
    /// What to print.
    pub const OUTPUT: &str = "Output";
    /// CPU binding and utilization.
    pub const CPU: &str = "CPU";
    /// Options of the sockets.
    pub const SOCKET: &str = "Socket";
    /// Accepted because netperf accepts them.
    pub const COMPAT: &str = "Compatibility";
}

impl<I> OptionDef<I> {
    /// An option without a letter.
    pub const fn long_only(
        id: I,
        long: &'static str,
        argument: Argument,
        heading: &'static str,
        help: &'static str,
    ) -> Self {
        Self { id, short: None, long, argument, heading, help }
    }

    /// The same option under another id.
    pub(super) fn with_id<J>(self, id: impl FnOnce(I) -> J) -> OptionDef<J> {
        let Self { id: old, short, long, argument, heading, help } = self;
        OptionDef { id: id(old), short, long, argument, heading, help }
    }

    /// The same option, to be found by its long name only.
    pub(super) fn without_short(self) -> Self {
        Self { short: None, ..self }
    }
}

/// One row of netperf's tables, whose options all have a letter.
pub(super) const fn row<I>(
    heading: &'static str,
    id: I,
    short: char,
    long: &'static str,
    argument: Argument,
    help: &'static str,
) -> OptionDef<I> {
    OptionDef { id, short: Some(short), long, argument, heading, help }
}
