//! The one answer every engine gives, so that their answers can be compared frame by frame.

use std::fmt;

/// What becomes of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The frame goes on.
    Pass,
    /// The frame ends here.
    Drop,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Pass => "pass",
            Verdict::Drop => "drop",
        })
    }
}
