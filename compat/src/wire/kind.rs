//! What word 0 of a message says it is.

/// The message types this crate knows by name; a server answers any other with
/// [`ERRNO_UNKNOWN_REQUEST`](super::ERRNO_UNKNOWN_REQUEST).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// 1: asks the server to log debugging text.
    DebugOn,
    /// 2: asks it to stop.
    DebugOff,
    /// 3: the answer to both.
    DebugReply,
    /// 5: asks for, and answers with, the CPU rate.
    Calibrate,
    /// 6: a passphrase; never answered.
    Passphrase,
    /// 97: asks for one test.
    Omni,
    /// 98: what the server has set up for it.
    OmniResponse,
    /// 99: what the server counted.
    OmniResults,
    /// Any other number.
    Other(u32),
}

impl Kind {
    /// The kind with this number.
    pub fn from_number(number: u32) -> Self {
        match number {
            1 => Self::DebugOn,
            2 => Self::DebugOff,
            3 => Self::DebugReply,
            5 => Self::Calibrate,
            6 => Self::Passphrase,
            97 => Self::Omni,
            98 => Self::OmniResponse,
            99 => Self::OmniResults,
            other => Self::Other(other),
        }
    }

    /// The number in word 0.
    pub fn number(self) -> u32 {
        match self {
            Self::DebugOn => 1,
            Self::DebugOff => 2,
            Self::DebugReply => 3,
            Self::Calibrate => 5,
            Self::Passphrase => 6,
            Self::Omni => 97,
            Self::OmniResponse => 98,
            Self::OmniResults => 99,
            Self::Other(number) => number,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_names_its_kind_and_back() {
        for number in (0..=600).chain([0x6200_0000, u32::MAX]) {
            assert_eq!(Kind::from_number(number).number(), number);
        }
        assert_eq!(Kind::from_number(97), Kind::Omni);
        assert_eq!(Kind::from_number(600), Kind::Other(600));
    }
}
