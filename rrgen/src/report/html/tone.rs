//! What a verdict looks like. Never the colour alone: the words stand beside it, and a withheld one is hollow.

use crate::stats::verdict::Verdict;

/// The class of a verdict's colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Slower,
    Faster,
    Same,
    Open,
    Withheld,
}

impl Tone {
    /// The tone of a verdict, or of reasons against one.
    pub(super) fn of<E>(verdict: &Result<Verdict, E>) -> Self {
        match verdict {
            Ok(Verdict::Slower | Verdict::SlowerSizeUnresolved) => Self::Slower,
            Ok(Verdict::Faster | Verdict::FasterSizeUnresolved) => Self::Faster,
            Ok(Verdict::Equivalent { .. }) => Self::Same,
            Ok(Verdict::Inconclusive { .. }) => Self::Open,
            Err(_) => Self::Withheld,
        }
    }

    /// What the style sheet calls it.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Slower => "slower",
            Self::Faster => "faster",
            Self::Same => "same",
            Self::Open => "open",
            Self::Withheld => "withheld",
        }
    }
}
