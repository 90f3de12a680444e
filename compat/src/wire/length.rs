//! How long a test runs: netperf's one signed number, taken apart.

/// When a test ends (field 14 of a request, and the argument of `-l`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestLength {
    /// After this many seconds.
    Seconds(u32),
    /// After this many transactions.
    Transactions(u32),
    /// When the client closes the data connection.
    UntilClosed,
}

/// Seconds a test runs unless told otherwise.
const DEFAULT_SECONDS: u32 = 10;

impl Default for TestLength {
    fn default() -> Self {
        Self::Seconds(DEFAULT_SECONDS)
    }
}

impl TestLength {
    /// Positive numbers are seconds, negative ones a count of transactions, 0 sets no limit.
    pub fn from_number(number: i32) -> Self {
        match number {
            0 => Self::UntilClosed,
            1.. => Self::Seconds(number.unsigned_abs()),
            ..0 => Self::Transactions(number.unsigned_abs()),
        }
    }

    /// The number netperf uses; a length it cannot express becomes the longest it can.
    pub fn number(self) -> i32 {
        match self {
            Self::Seconds(seconds) => i32::try_from(seconds).unwrap_or(i32::MAX),
            Self::Transactions(count) => 0_i32.saturating_sub_unsigned(count),
            Self::UntilClosed => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sign_decides() {
        assert_eq!(TestLength::from_number(10), TestLength::Seconds(10));
        assert_eq!(TestLength::from_number(-20), TestLength::Transactions(20));
        assert_eq!(TestLength::from_number(0), TestLength::UntilClosed);
        assert_eq!(TestLength::from_number(i32::MIN), TestLength::Transactions(1 << 31));
    }

    #[test]
    fn any_number_survives() {
        for number in [i32::MIN, -1, 0, 1, i32::MAX] {
            assert_eq!(TestLength::from_number(number).number(), number);
        }
        assert_eq!(TestLength::Seconds(u32::MAX).number(), i32::MAX);
        assert_eq!(TestLength::Transactions(u32::MAX).number(), i32::MIN);
    }
}
