//! Interim results (`-D TIME[,UNITS]`).

use super::number;
use super::pair::explicit;
use super::reader::{Read, Reader};

/// When to print an interim result (samples `03-D1` to `08-D1u`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IntervalArg {
    /// Seconds between two results.
    pub seconds: f64,
    /// Look at the clock after every transaction (a negative time), not only where netperf expects the
    /// interval to end.
    pub exact: bool,
    /// Units expected in the first interval; `None` leaves netperf's guess.
    pub first_guess: Option<u32>,
}

impl Default for IntervalArg {
    fn default() -> Self {
        Self { seconds: 1.0, exact: false, first_guess: None }
    }
}

impl IntervalArg {
    /// Takes the option; a half that is left out stays as it is.
    pub(super) fn read(known: Option<Self>, arg: &mut Reader<'_>) -> Read<Self> {
        let mut interval = known.unwrap_or_default();
        let halves = explicit(arg.text());
        if let Some(text) = halves.first {
            let seconds = number::fraction(text);
            interval.exact = seconds.value < 0.0;
            let magnitude = number::Reading { value: seconds.value.abs(), ..seconds };
            interval.seconds = arg.magnitude(text, magnitude)?;
        }
        if let Some(text) = halves.second {
            interval.first_guess = Some(arg.count(text)?);
        }
        Ok(interval)
    }
}
